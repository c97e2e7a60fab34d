"""What a front end says of a name that it does not have.

    __getattr__ = absent(__name__)

at the end of each of its modules: the error names the name as the program wrote it, the program's
line, why it is not there, and what Pentad has in its place. The reasons stand in the front end's
module `notes`: ABSENT and PARTLY, name -> sentence; a key that ends in `.*` speaks for all names
below it. RENAMED there: older name -> name, of versions of the framework that are older still.
"""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

import pentad as pt
from pentad.static import message, user_line

ROOM = __name__.rpartition(".")[0]
SERVED = {
    "theano": "theano", "tensorflow1": "tensorflow", "torch": "torch",
    "torchvision": "torchvision",
}
"""The package of a front end -> the name under which programs import it."""
SHORT = {"tensorflow": "tf"}
"""What programs call it where they do not use its own name."""
_PLACES = ("", "nn.functional", "linalg", "fft", "special", "signal", "nn", "optim",
           "distributions", "nn.init", "optim.lr_scheduler", "data")


class MissingName(pt.PentadError, AttributeError):
    """A name of another framework that its front end does not have."""

    def __init__(self, module: ModuleType, name: str) -> None:
        super().__init__(module, name)
        self.module, self.missing, self.where = module, name, user_line()

    def __str__(self) -> str:
        """The text is made when it is read: programs probe for names with hasattr."""
        return explanation(self.module, self.missing, self.where)


def absent(module: str, lazy: Mapping[str, str] | None = None) -> Callable[[str], Any]:
    """The module's `__getattr__`: imports what is listed in `lazy` (name -> module), and refuses
    the rest with a MissingName."""

    def __getattr__(name: str) -> Any:
        if lazy and name in lazy:
            found = importlib.import_module(lazy[name])
            setattr(sys.modules[module], name, found)
            return found
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        raise MissingName(sys.modules[module], name)

    return __getattr__


def shown_name(module: str) -> str:
    """`pentad.frontends.tensorflow1.nn` -> `tensorflow.nn`; other names stay as they are."""
    if not module.startswith(ROOM + "."):
        return module
    package, _, rest = module[len(ROOM) + 1:].partition(".")
    return ".".join(filter(None, (SERVED.get(package, package), rest)))


def explanation(module: ModuleType, name: str, where: str | None = None) -> str:
    """The text of the error: what is missing, why, what there is."""
    full = f"{shown_name(module.__name__)}.{name}"
    instead = equivalent(name)
    near = difflib.get_close_matches(name, public(module), 1, 0.8)
    hint = f"Pentad has {instead}" if instead else "Pentad has no equivalent of that name"
    if renamed := note(full, "RENAMED"):
        hint = f"it is {renamed} in the version that the front end serves"
    elif near:
        hint = f"did you mean {near[0]}? " + hint
    return message(
        f"{full} is not supported by Pentad's front end", got=reason(full), hint=hint,
        where=where,
    )


def public(module: ModuleType) -> list[str]:
    """The names of a module that programs may use."""
    return [n for n in dir(module) if not n.startswith("_")]


# -- notes -----------------------------------------------------------------------------------------


def notes(framework: str, table: str) -> Mapping[str, str]:
    """A table of the front end's module `notes`, empty if it has none."""
    package = next((p for p, served in SERVED.items() if served == framework), framework)
    try:
        module = importlib.import_module(f"{ROOM}.{package}.notes")
    except ModuleNotFoundError:
        return {}
    found: Mapping[str, str] = getattr(module, table, {})
    return found


def note(full: str, table: str) -> str | None:
    """The note on `tensorflow.a.b`: its own, or the nearest of those above it."""
    framework = full.partition(".")[0]
    rows = notes(framework, table)
    for key in keys(full):
        if key in rows:
            return rows[key]
    return None


def keys(full: str) -> Iterator[str]:
    """`tensorflow.a.b` -> tensorflow.a.b, tf.a.b, tensorflow.a.*, tf.a.*, ..."""
    framework = full.partition(".")[0]
    names = [full]
    above = full
    while "." in above:
        above = above.rpartition(".")[0]
        names.append(above + ".*")
    for name in names:
        yield name
        if framework in SHORT:
            yield SHORT[framework] + name[len(framework):]


def reason(full: str) -> str | None:
    """Why a name is absent, as the front end's notes say."""
    return note(full, "ABSENT")


# -- what Pentad has -------------------------------------------------------------------------------


def equivalent(name: str) -> str | None:
    """The public name of Pentad that is spelled alike, `reduce_` and such words apart."""
    wanted = spellings(name)
    for place in _PLACES:
        module: Any = pt
        for part in filter(None, place.split(".")):
            module = getattr(module, part)
        for found in public(module):
            if plain(found) in wanted:
                return ".".join(filter(None, ("pentad", place, found)))
    return None


def plain(name: str) -> str:
    """Lower case, without underscores."""
    return name.replace("_", "").lower()


def spellings(name: str) -> set[str]:
    """A name without the words that other frameworks put around it."""
    found = {plain(name)}
    for word in ("reduce", "optimizer", "initializer", "cell", "layer"):
        found |= {f.removeprefix(word) for f in found} | {f.removesuffix(word) for f in found}
    return {f for f in found if len(f) > 1}

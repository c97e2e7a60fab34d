"""Serving the module names of other frameworks: `import theano` finds Pentad's front end.

    serve(["theano", "tensorflow"])

A served name and the front end's own are one module. What a front end does not have is an
ImportError with its text (missing.py).
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

import pentad as pt
from pentad.frontends.missing import ROOM, SERVED, explanation
from pentad.static import message, present_as


@dataclass(frozen=True)
class FrontEnd:
    """Where the modules of a framework are.

    package: the front end. elsewhere: modules that do not lie where their name says; None for a
    package that only holds others. gathered: below these, modules that the front end does not have
    give every public name of it; rooms: where these names are looked for. inner: the front end's
    module that knows the framework's inner modules: `is_inner`, `is_within`, `holds_modules`,
    `homes`. presented: once it is imported, tensors show themselves as the framework's
    (`torch.float32`, `torch.Size([2])`).
    """

    package: str
    elsewhere: dict[str, str | None] = field(default_factory=dict)
    gathered: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    inner: str | None = None
    presented: bool = False

    def knows(self) -> Any:
        """The module `inner`."""
        return importlib.import_module(self.inner) if self.inner else None


_TF = ROOM + ".tensorflow1"
SIX = ROOM + ".six"
FRONT_ENDS = {
    "theano": FrontEnd(ROOM + ".theano"),
    "tensorflow": FrontEnd(
        _TF,
        {
            "compat.v1": _TF,
            "examples": None,
            "examples.tutorials": None,
            "examples.tutorials.mnist": None,
            "examples.tutorials.mnist.input_data": _TF + ".mnist",
            "examples.tutorials.mnist.mnist": _TF + ".mnist_model",
        },
        (),
        ("", "nn", "nn.rnn_cell", "train", "layers", "summary", "errors", "estimator", "data",
         "app", "gfile", "io", "saved_model", "graph_util", "math", "image", "linalg", "sparse",
         "losses", "metrics", "nest", "test", "contrib.rnn", "contrib.layers",
         "contrib.framework", "contrib.util", "inner_names"),
        _TF + ".inner",
    ),
    "torch": FrontEnd(
        ROOM + ".torch", {},
        ("nn.modules", "nn.parallel", "nn.utils", "optim", "utils.data", "distributions"),
        ("", "nn", "nn.functional", "nn.parameter", "nn.utils", "nn.utils.rnn", "optim",
         "optim.lr_scheduler", "utils.data", "distributions"),
        presented=True,
    ),
    "torchvision": FrontEnd(ROOM + ".torchvision"),
}
"""The frameworks, by the name that programs import. A new front end is one row."""


class MissingModule(pt.PentadError, ModuleNotFoundError):
    """A module of another framework that its front end does not have."""


class MissingImport(pt.PentadError, ImportError):
    """A name that a program imports from a front end that does not have it."""


def available() -> list[str]:
    """The frameworks whose front end is there."""
    return [n for n, f in FRONT_ENDS.items() if _exists(f.package)]


def serve(names: Sequence[str]) -> None:
    """From now on, these names are served in this process, whatever is installed."""
    there = available()
    for name in names:
        if name not in there:
            raise pt.ArgumentError(
                message(f"no front end serves '{name}'", expected=", ".join(there), got=name,
                        hint="leave --as out to serve all of them")
            )
    withdraw()
    sys.meta_path[:0] = [Finder(names), StandIn()]


def withdraw() -> None:
    """Names are no longer served; programs that imported them keep what they have."""
    present_as("pentad", sizes=False)
    for stand in [f for f in sys.meta_path if isinstance(f, StandIn)]:
        sys.meta_path.remove(stand)
        if getattr(sys.modules.get("six"), "__name__", "") == SIX:
            for name in [n for n in sys.modules if n.partition(".")[0] == "six"]:
                del sys.modules[name]
    for finder in [f for f in sys.meta_path if isinstance(f, Finder)]:
        sys.meta_path.remove(finder)
        for module in [m for m in sys.modules if m.partition(".")[0] in finder.names]:
            del sys.modules[module]


class Finder(MetaPathFinder):
    """Finds the modules of the served frameworks."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a served module; None for all that is not served."""
        top, _, rest = fullname.partition(".")
        if top in self.names and FRONT_ENDS[top].presented and not rest:
            present_as(top, sizes=True)
        if top in self.names:
            return self._served(fullname, FRONT_ENDS[top], rest)
        self._refuse(fullname, path)
        return None

    def _served(self, fullname: str, front: FrontEnd, rest: str) -> ModuleSpec:
        place = front.elsewhere.get(rest, f"{front.package}.{rest}" if rest else front.package)
        if place is None:
            return ModuleSpec(fullname, _Empty(), is_package=True)
        inner = front.knows()
        if inner is not None and inner.is_inner(rest):
            above, _, name = rest.rpartition(".")
            below = [_within(front.package, room, name) for room in inner.homes(above)]
            if inner.is_inner(above) and not inner.is_within(above, name) and not any(
                    isinstance(found, ModuleType) for found in below):
                parent = sys.modules[fullname.rpartition(".")[0]]
                raise MissingImport(explanation(parent, name), name=parent.__name__)
            return ModuleSpec(
                fullname, _Gathering(front, inner.homes(rest), inner.holds_modules(rest)),
                is_package=True)
        if _exists(place):
            return ModuleSpec(fullname, _Alias(place), is_package=True)
        above, _, name = fullname.rpartition(".")
        parent = sys.modules[above]
        within = getattr(parent, name, None)
        if isinstance(within, ModuleType):
            return ModuleSpec(fullname, _Alias(within.__name__, within), is_package=True)
        if any(f"{rest}.".startswith(f"{inner}.") for inner in front.gathered):
            if name.lstrip("_")[:1].isupper():  # a class, which the module above has not
                raise MissingImport(explanation(parent, name), name=parent.__name__)
            return ModuleSpec(fullname, _Gathering(front), is_package=True)
        raise MissingModule(explanation(parent, name), name=fullname)

    def _refuse(self, fullname: str, path: Sequence[str] | None) -> None:
        """`from theano import x` asks for the module x of the front end: if there is none, say
        what is missing, since Python itself would not."""
        above, _, name = fullname.rpartition(".")
        packages = [FRONT_ENDS[n].package for n in self.names]
        if name == "notes" or not any(above == p or above.startswith(p + ".") for p in packages):
            return  # the notes of a front end (missing.py) are its own, and need not be there
        if PathFinder.find_spec(fullname, path) is None and above in sys.modules:
            raise MissingImport(explanation(sys.modules[above], name), name=above)


def _exists(module: str) -> bool:
    """Is there a file for a module of a front end? (What stands above it is imported.)"""
    above, _, _ = module.rpartition(".")
    if not above:
        return PathFinder.find_spec(module) is not None
    if not _exists(above):
        return False
    path = getattr(importlib.import_module(above), "__path__", None)
    return path is not None and PathFinder.find_spec(module, path) is not None


class _Alias(Loader):
    """Loads a module that goes by another name too; it becomes a package if it was none, so that
    Python asks the finder, which explains, for names that it lacks."""

    def __init__(self, place: str, module: ModuleType | None = None) -> None:
        self.place, self.module = place, module

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        self.module = self.module or importlib.import_module(self.place)
        self.spec = self.module.__spec__
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        """It has run already, and keeps the spec of its own name."""
        module.__spec__ = self.spec


class StandIn(MetaPathFinder):
    """Finds `six` where it is not installed: it came with the frameworks."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of six, of six.moves, of the modules of Python in it."""
        top, _, rest = fullname.partition(".")
        if top != "six" or (not rest and PathFinder.find_spec(top) is not None):
            return None
        if rest and sys.modules[top].__name__ != SIX:
            return None
        if rest in ("", "moves"):
            return ModuleSpec(fullname, _Alias(f"{SIX}.{rest}".rstrip(".")), is_package=True)
        moved = importlib.import_module(f"{SIX}.moves").MODULES
        _, first, *others = rest.split(".") if rest.startswith("moves.") else ("", "")
        if first not in moved:
            return None
        module = importlib.import_module(".".join([moved[first], *others]))
        return ModuleSpec(fullname, _Alias(module.__name__, module),
                          is_package=hasattr(module, "__path__"))


class _Empty(Loader):
    """A package that only holds others."""

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Nothing runs."""


class _Gathering(_Empty):
    """An inner module of a framework, such as tensorflow.python.framework.ops: programs take
    public names from it."""

    def __init__(self, front: FrontEnd, homes: Sequence[str] = (), folder: bool = False) -> None:
        self.front, self.homes, self.folder = front, tuple(homes), folder

    def exec_module(self, module: ModuleType) -> None:
        """Its names are those of the front end."""
        module.__dict__["__getattr__"] = self._lookup(module)

    def _lookup(self, module: ModuleType) -> Any:
        front = self.front

        def __getattr__(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            if self.folder and name[0].islower():
                return importlib.import_module(f"{module.__name__}.{name}")
            for room in (*self.homes, *front.rooms):
                found = _within(front.package, room, name)
                if isinstance(found, ModuleType) and front.inner:
                    return importlib.import_module(f"{module.__name__}.{name}")
                if found is not None:
                    return found
            raise AttributeError(explanation(module, name))

        return __getattr__


def _within(package: str, room: str, name: str) -> Any:
    """What a room of the front end has by that name, None if nothing."""
    found: Any = importlib.import_module(package)
    for part in filter(None, room.split(".")):
        found = getattr(found, part, None)
        if not isinstance(found, ModuleType):
            return None
    return getattr(found, name, None)


__all__ = ["FRONT_ENDS", "SERVED", "FrontEnd", "MissingImport", "MissingModule", "available",
           "serve", "withdraw"]

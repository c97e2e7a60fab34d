"""How functions are run: the modes by their names."""

from __future__ import annotations

import copy
from typing import Any

from pentad import static
from pentad.frontends.theano.configparser import config

NEVER = 2 ** 62
"""Calls after which a function that stays eager would be compiled."""


WHOLE = frozenset({"fast_run", "stabilize", "canonicalize", "specialize"})
"""The tags of Theano's rewritings that stand for most of them."""


class Mode:
    """How a function is run. eager_first: so many calls run node by node before it is compiled."""

    def __init__(
        self, linker: Any = None, optimizer: Any = "default", eager_first: int | None = None
    ) -> None:
        self.linker = config.linker if linker is None else linker
        if eager_first is None:
            plain = self.linker == "py" or getattr(self.linker, "eager", False)
            eager_first = NEVER if plain else 0
        self.optimizer = config.optimizer if optimizer == "default" else optimizer
        self.eager_first = eager_first
        self.tags: tuple[tuple[str, ...], ...] = ()

    def _with(self, kind: str, tags: tuple[str, ...]) -> Mode:
        made = copy.copy(self)
        made.tags = (*self.tags, (kind, *tags))
        if kind == "excluding" and WHOLE & set(tags):
            made.eager_first = NEVER
        elif kind in ("including", "requiring") and WHOLE & set(tags):
            made.eager_first = 0
        return made

    def including(self, *tags: str) -> Mode:
        """A mode that rewrites graphs by rules of these tags too.

        Pentad's compiler applies all of its rules or none: `fast_run` and `stabilize` turn it on,
        tags of single rules change nothing.
        """
        return self._with("including", tags)

    def excluding(self, *tags: str) -> Mode:
        """A mode without rules of these tags: without `fast_run` or `stabilize` functions run node
        by node, as they were written; tags of single rules change nothing."""
        return self._with("excluding", tags)

    def requiring(self, *tags: str) -> Mode:
        """As `including`."""
        return self._with("requiring", tags)

    def clone(self, link_kwargs: Any = None, optimizer: Any = "", **kwargs: Any) -> Mode:
        """A mode like this one, with another optimizer if one is given."""
        made = self._with("clone", ())
        if optimizer not in ("", None):
            made.optimizer = optimizer
        return made

    def __str__(self) -> str:
        return f"{type(self).__name__}(linker = {self.linker}, optimizer = {self.optimizer})"


FAST_RUN = Mode("cvm", "fast_run")
FAST_COMPILE = Mode("py", "fast_compile", NEVER)
predefined_modes: dict[str, Any] = {"FAST_RUN": FAST_RUN, "FAST_COMPILE": FAST_COMPILE}
predefined_linkers = dict.fromkeys(("py", "c", "c|py", "c|py_nogc", "vm", "cvm", "vm_nogc",
                                    "cvm_nogc"))
"""The names that are taken; only `py` changes something: it compiles nothing."""
predefined_optimizers = dict.fromkeys((None, "None", "merge", "o4", "o3", "o2", "o1", "unsafe",
                                       "fast_compile", "fast_run"))
"""The names that are taken likewise: `None` and `fast_compile` compile nothing."""


def get_mode(orig_string: Any) -> Any:
    """The mode that a name stands for; a mode stays what it is."""
    name = config.mode if orig_string is None else orig_string
    if not isinstance(name, str):
        return name
    if name in ("Mode", "FAST_RUN"):
        eager = config.optimizer in ("None", "fast_compile") or config.linker == "py"
        return _as_set(FAST_COMPILE if eager else FAST_RUN)
    if name not in predefined_modes:
        raise Exception(
            static.message(f"No predefined mode exist for string: {name}",
                           expected=", ".join(predefined_modes), got=name)
        )
    return predefined_modes[name]


def _as_set(mode: Mode) -> Mode:
    """The mode with the tags that `optimizer_including` and its like name."""
    for kind in ("including", "excluding", "requiring"):
        tags = [t for t in getattr(config, f"optimizer_{kind}").split(":") if t]
        if tags:
            mode = mode._with(kind, tuple(tags))
    return mode


def get_default_mode() -> Any:
    """The mode of functions that are given none."""
    return get_mode(None)


def register_mode(name: str, mode: Any) -> None:
    """Give a mode a name."""
    if name in predefined_modes:
        raise ValueError(static.message("Mode name already taken", got=name))
    predefined_modes[name] = mode


__all__ = [
    "FAST_COMPILE", "FAST_RUN", "Mode", "get_default_mode", "get_mode", "predefined_linkers",
    "predefined_modes", "predefined_optimizers", "register_mode",
]

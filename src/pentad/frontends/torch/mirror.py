"""Modules of the front end that give the names of a module of Pentad's.

    __getattr__, __dir__, __all__ = mirror(__name__, pt.linalg)

at the end of each: names that it has itself go first, then modules of the front end below it, then
those of Pentad's module; what none of them has is refused with a reason (missing.py).
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

from pentad.frontends.missing import MissingName, public


def mirror(
    module: str, *sources: Any, without: Sequence[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """(`__getattr__`, `__dir__`, `__all__`) of a front end's module over modules of Pentad.

    without: names of theirs that PyTorch does not have there.
    """
    names = {
        name: source
        for source in reversed(sources)
        for name in public_names(source)
        if name not in without
    }

    def __getattr__(name: str) -> Any:
        own = sys.modules[module]
        path = vars(own).get("__path__")
        if path is not None and PathFinder.find_spec(f"{module}.{name}", path) is not None:
            return importlib.import_module(f"{module}.{name}")
        if name in names:
            value = getattr(names[name], name)
            setattr(own, name, value)
            return value
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        raise MissingName(own, name)

    def __dir__() -> list[str]:
        return sorted({*vars(sys.modules[module]), *names})

    return __getattr__, __dir__, sorted({*names, *own_names(module)})


def public_names(source: Any) -> list[str]:
    """What a module says that it offers, or what it has."""
    return list(getattr(source, "__all__", None) or public(source))


def own_names(module: str) -> list[str]:
    """The names that a module has from the front end itself, modules apart."""
    room = __name__.rpartition(".")[0]
    return [
        name for name, value in vars(sys.modules[module]).items()
        if not name.startswith("_") and value is not mirror and not isinstance(value, ModuleType)
        and str(getattr(value, "__module__", None) or room).startswith(room)
    ]

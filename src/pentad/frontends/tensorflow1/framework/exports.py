"""Public modules are tables of names: where each one lives. A name is imported when it is used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from importlib.machinery import PathFinder
from typing import Any

from pentad.frontends.missing import MissingName

ROOT = __name__.rsplit(".", 2)[0]


def exports(
    module: str, table: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a public module.

    table: for each module below `pentad.frontends.tensorflow1` the names that it lends, separated
    by blanks; `a=b` lends its `b` as `a`. The module "" is `tensorflow` itself.
    """
    places: dict[str, tuple[str, str]] = {}
    for home, names in table.items():
        for entry in names.split():
            public, _, real = entry.partition("=")
            places[public] = (home, real or public)

    def __getattr__(name: str) -> Any:
        if name in places:
            home, real = places[name]
            value = getattr(importlib.import_module(f"{ROOT}.{home}".rstrip(".")), real)
        elif (sub := _submodule(module, name)) is not None:
            value = sub
        else:
            if name.startswith("__"):
                raise AttributeError(f"module {module!r} has no attribute {name!r}")
            raise MissingName(sys.modules[module], name)
        setattr(sys.modules[module], name, value)
        return value

    def __dir__() -> list[str]:
        return sorted({*places, *vars(sys.modules[module])})

    return __getattr__, __dir__


def _submodule(module: str, name: str) -> Any:
    """The submodule of that name, if there is one and it is public."""
    package = sys.modules[module]
    if name.startswith("_") or not hasattr(package, "__path__"):
        return None
    full = f"{module}.{name}"
    if PathFinder.find_spec(full, package.__path__) is None:  # no other finder: they would refuse
        return None
    return importlib.import_module(full)


__all__ = ["ROOT", "exports"]

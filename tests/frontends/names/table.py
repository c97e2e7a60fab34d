"""Which public names of a framework are called by a test.

A framework's names stand in NAME.txt beside this file. Rows of checks stand in the files
tests/frontends/NAME/calls_*.py:

    calls = Calls("theano")

    @calls("theano.tensor", "exp log sqrt")
    def elementwise(function, name):
        assert value(function(x)) == approx(getattr(np, name)(array))

    calls("theano.tensor", "erf", lambda erf: approx(value(erf(0.5)), 0.5204999))

A check is called with the object, and with the last part of its name if it takes two arguments. It
fails by raising, or by giving False. A name that is the very same object as a checked one is
checked with it.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from pentad.frontends import missing

HERE = Path(__file__).parent
ROOTS = {
    "theano": {"theano": "theano", "TensorVariable": "theano.tensor.TensorVariable"},
    "tensorflow1": {"tf": "tensorflow1"},
    "torch": {"torch": "torch"},
}
"""The frameworks: what the names begin with -> where that is, within the room of front ends."""
FOUND_BY_VALUE = (int, float, str, bytes, tuple, bool, type(None))
"""Of these, equal objects may be one by chance."""


@dataclass(frozen=True)
class Row:
    """A check of some names."""

    names: tuple[str, ...]
    check: Callable[..., Any]
    place: str
    around: Callable[[], AbstractContextManager[Any]] = nullcontext


@dataclass
class Calls:
    """The rows of a framework in one file."""

    framework: str
    around: Callable[[], AbstractContextManager[Any]] = nullcontext
    """Within which each check is made."""
    rows: list[Row] = field(default_factory=list)

    def __call__(self, module: str, names: str, check: Callable[..., Any] | None = None) -> Any:
        """Add a row: names of a module (its path in front of each), with their check."""
        full = tuple(".".join(filter(None, (module, n))) for n in names.split())

        def add(function: Callable[..., Any]) -> Callable[..., Any]:
            frame = sys._getframe(1 if check is None else 2)
            file = Path(frame.f_code.co_filename).stem
            self.rows.append(Row(full, function, f"{file}:{full[0]}", self.around))
            return function

        return add if check is None else add(check)


@cache
def rows(framework: str) -> tuple[Row, ...]:
    """All rows of a framework."""
    files = sorted(HERE.parent.joinpath(framework).glob("calls_*.py"))
    modules = [importlib.import_module(f"tests.frontends.{framework}.{f.stem}") for f in files]
    return tuple(row for module in modules for row in module.calls.rows)


@cache
def names(framework: str) -> tuple[str, ...]:
    """The public names of a framework."""
    return tuple((HERE / f"{framework}.txt").read_text(encoding="utf-8").split())


def resolve(framework: str, name: str) -> Any:
    """The object of that name; AttributeError or ImportError if there is none."""
    first, *rest = name.split(".")
    path = ROOTS[framework][first].split(".") + rest
    module = f"{missing.ROOM}.{path[0]}"
    found: Any = importlib.import_module(module)
    for part in path[1:]:
        module += "." + part
        try:
            found = getattr(found, part)
        except AttributeError:
            if not isinstance(found, ModuleType):
                raise
            found = importlib.import_module(module)
    return found


@cache
def existing(framework: str) -> dict[str, Any]:
    """The names that there are, with their objects."""
    found = {}
    for name in names(framework):
        try:
            found[name] = resolve(framework, name)
        except (AttributeError, ImportError):
            continue
    return found


@cache
def checked(framework: str) -> dict[str, str]:
    """name -> the checked name that is the same object, often itself."""
    objects = existing(framework)
    own = [n for row in rows(framework) for n in row.names if n in objects]
    by_id = {id(objects[n]): n for n in own if not isinstance(objects[n], FOUND_BY_VALUE)}
    found = {n: by_id[id(value)] for n, value in objects.items() if id(value) in by_id}
    return found | {n: n for n in own}


def run(framework: str, row: Row) -> Iterator[str]:
    """Do a row's checks; what failed, in words. What is not there waits, and is not counted."""
    takes = len(inspect.signature(row.check).parameters)
    for name in row.names:
        if name not in existing(framework):
            continue
        try:
            given = (resolve(framework, name), name.rpartition(".")[2])
            with row.around():
                if row.check(*given[:takes]) is False:
                    yield f"{name}: the check gave False"
        except Exception as error:
            yield f"{name}: {type(error).__name__}: {error}"

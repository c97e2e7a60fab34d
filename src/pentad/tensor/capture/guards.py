"""What a traced function read from its surroundings, to notice when that has changed.

Watched are the closure and global values that the function's code names, and those of the
functions it names (outside the package): plain values by value, short lists and dicts of them,
tensors and functions by identity. Modules and their parts are covered by the epoch.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from pentad.tensor.tensor import Tensor

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_PLAIN = (type(None), bool, int, float, complex, str, bytes)
_MISSING = object()
_MANY = 64


def snapshot(value: Any, depth: int = 3) -> Any:
    """What of a value is compared at the next call."""
    if isinstance(value, _PLAIN):
        return type(value), repr(value)
    if depth and isinstance(value, (list, tuple)) and len(value) <= _MANY:
        return type(value), tuple(snapshot(v, depth - 1) for v in value)
    if depth and type(value) is dict and len(value) <= _MANY:
        return dict, tuple((repr(k), snapshot(v, depth - 1)) for k, v in value.items())
    return type(value), id(value)


def is_settled(value: Any) -> bool:
    """Is the same object the same value, for `snapshot`?"""
    return isinstance(value, _PLAIN) or snapshot(value) == (type(value), id(value))


class Guard:
    """One name that the function read: where, how to read it again, what it was."""

    __slots__ = ("expected", "keep", "name", "place", "read", "settled")

    def __init__(self, name: str, read: Callable[[], Any], value: Any, place: Any) -> None:
        self.name = name
        self.place = place  # a cell, or a dict whose key is the last part of the name
        self.read = read
        self.expected = snapshot(value)
        self.keep = value
        # The same object is then the same value: it cannot change, or is compared by identity.
        self.settled = is_settled(value)

    def holds(self) -> bool:
        """Is the value what it was?"""
        value = self.read()
        if self.settled and value is self.keep:
            return True
        return bool(snapshot(value) == self.expected)

    def reason(self) -> str:
        """What changed, in words."""
        old = repr(self.keep) if isinstance(self.keep, _PLAIN) else type(self.keep).__name__
        value = self.read()
        new = repr(value) if isinstance(value, _PLAIN) else type(value).__name__
        return f"the value of {self.name} changed from {old} to {new}"


def guards_of(function: Any, host: Sequence[Any] = ()) -> list[Guard]:
    """Guards on what the code of a function names, but for what the functions `host` read anew
    at each call."""
    cells, names = _read_by(host)
    found: list[Guard] = []
    seen: set[int] = set()
    stack = [function]
    while stack:
        current = stack.pop()
        if isinstance(current, MethodType):
            found += _of_self(current.__self__, current.__func__.__code__)
            current = current.__func__
        current = getattr(current, "__wrapped__", current)
        if not isinstance(current, FunctionType) or id(current) in seen:
            continue
        seen.add(id(current))
        if current.__code__.co_filename.startswith(_PACKAGE):
            continue
        for name, read, cell in _names(current):
            if id(cell) in cells or (cell is None and name in names):
                continue
            value = read()
            if value is _MISSING or isinstance(value, (ModuleType, type)):
                continue
            place = current.__globals__ if cell is None else cell
            found.append(Guard(name, read, value, place))
            if isinstance(value, (FunctionType, MethodType)):
                stack.append(value)
    return found


def _read_by(host: Sequence[Any]) -> tuple[set[int], set[str]]:
    """The closure cells and the global names of functions."""
    plain = [f for f in host if isinstance(f, FunctionType)]
    cells = {id(c) for f in plain for c in f.__closure__ or ()}
    return cells, set().union(*(_global_names(f.__code__) for f in plain))


def _names(function: FunctionType) -> Iterator[tuple[str, Callable[[], Any], Any]]:
    """(name, how to read it, its cell if it is of the closure) of what a function's code names."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        yield name, lambda cell=cell: _contents(cell), cell  # type: ignore[misc]
    space = function.__globals__
    for name in sorted(_global_names(function.__code__)):
        if name in space:
            yield name, lambda name=name: space.get(name, _MISSING), None  # type: ignore[misc]


def _contents(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return _MISSING


def _global_names(code: CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _global_names(constant)
    return names


def _of_self(owner: Any, code: CodeType) -> list[Guard]:
    """Guards on the plain attributes of a method's object."""
    fields = getattr(owner, "__dict__", {})
    return [
        Guard(f"self.{name}", lambda name=name: fields.get(name, _MISSING), fields[name], fields)
        for name in sorted(_global_names(code))
        if isinstance(fields.get(name, _MISSING), (*_PLAIN, list, tuple, dict, Tensor))
    ]

"""What a traced function read from its surroundings, to notice when that has changed.

Watched are the closure and global values that the function's code names, and those of the
functions it names (outside the package): plain values by value, short lists and dicts of them,
tensors and functions by identity. Of other objects (a settings object, the `self` of a method, an
argument), the attributes that the code names. Modules and their parts are covered by the epoch.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from pentad.tensor.tensor import Tensor

_PACKAGE = str(Path(__file__).absolute().parents[2]) + os.sep
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
        self.place = place  # a cell, a dict whose key is the last part of the name, or None
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


def guards_of(
    function: Any, host: Sequence[Any] = (), arguments: Sequence[Any] = ()
) -> list[Guard]:
    """Guards on what the code of a function names, but for what the functions `host` read anew
    at each call; arguments: what it was called with besides tensors."""
    cells, names = _read_by(host)
    found: list[Guard] = []
    objects = [("an argument", value) for value in arguments]
    attributes: set[str] = set()
    seen: set[int] = set()
    stack = [function]
    while stack:
        current = stack.pop()
        if isinstance(current, MethodType):
            objects.append(("self", current.__self__))
            current = current.__func__
        current = getattr(current, "__wrapped__", current)
        if not isinstance(current, FunctionType) or id(current) in seen:
            continue
        seen.add(id(current))
        if current.__code__.co_filename.startswith(_PACKAGE):
            continue
        attributes |= _global_names(current.__code__)
        for name, read, cell in _names(current):
            if id(cell) in cells or (cell is None and name in names):
                continue
            value = read()
            if value is _MISSING or isinstance(value, (ModuleType, type)):
                continue
            place = current.__globals__ if cell is None else cell
            found.append(Guard(name, read, value, place))
            objects.append((name, value))
            if isinstance(value, (FunctionType, MethodType)):
                stack.append(value)
    return [*found, *_of_objects(objects, sorted(attributes))]


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


def _of_objects(objects: Sequence[tuple[str, Any]], names: Sequence[str]) -> Iterator[Guard]:
    """Guards on the attributes `names` of objects, and of the objects that these hold."""
    stack, seen = list(objects), set()
    while stack:
        label, owner = stack.pop()
        if id(owner) in seen or not _is_open(owner):
            continue
        seen.add(id(owner))
        for name in names:
            value = _attribute(owner, name)
            path = f"{label}.{name}"
            if isinstance(value, (*_PLAIN, list, tuple, dict, Tensor)):
                place = vars(owner) if name in vars(owner) else None
                yield Guard(path, partial(_attribute, owner, name), value, place)
            elif name in vars(owner):
                stack.append((path, value))


def _is_open(value: Any) -> bool:
    """Can anybody set attributes of this object unseen? (A module counts an epoch.)"""
    kind = type(value)
    ours = kind.__module__.partition(".")[0] == __name__.partition(".")[0]
    named = isinstance(value, (type, ModuleType, FunctionType, MethodType, Tensor))
    told = isinstance(kind.__setattr__, FunctionType)
    return not (ours or named or told) and hasattr(value, "__dict__")


def _attribute(owner: Any, name: str) -> Any:
    """An attribute of the object or its class, no descriptor called."""
    fields = vars(owner)
    if name in fields:
        return fields[name]
    return next((vars(k)[name] for k in type(owner).__mro__ if name in vars(k)), _MISSING)

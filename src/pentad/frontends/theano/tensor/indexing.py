"""What stands between the brackets of `x[...]`, as a pattern.

("i", 3) or ("i", "?") is an index, ("s", a, b, c) a slice, ("a",) an array, ("n",) a new axis; "?"
stands for a value that the graph computes, and those come as inputs in their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.graph import Variable
from pentad.frontends.theano.scalar.types import DISCRETE
from pentad.frontends.theano.tensor.constants import as_tensor_variable, known_value

Pattern = tuple[tuple[Any, ...], ...]


# -- patterns ----------------------------------------------------------------------------------


def as_index_variable(value: Any) -> Any:
    """A scalar whole number, as a variable; TypeError if it is none."""
    found = as_tensor_variable(value)
    if found.dtype not in DISCRETE or found.dtype == "bool":
        raise TypeError(
            static.message("index must be integers", got=str(found.type), where=found.node.line,
                           hint="cast it: T.cast(i, 'int64')")
        )
    return found


def _bound(value: Any, inputs: list[Any]) -> Any:
    if value is None:
        return None
    if isinstance(value, int | np.integer):
        return int(value)
    found = as_index_variable(value)
    if found.ndim:
        raise TypeError(
            static.message("the bounds of a slice must be scalars", got=str(found.type),
                           where=found.node.line)
        )
    number = known_value(found)
    if number is not None and number.dtype != object:
        return int(number)
    inputs.append(found)
    return "?"


def pattern_of(x: Any, args: Any) -> tuple[Pattern, list[Any]]:
    """The pattern of an index of a tensor, and the variables in it."""
    # As NumPy did then, a list with slices in it is taken for a tuple.
    listed = isinstance(args, list) and any(isinstance(a, slice) or a is Ellipsis for a in args)
    given = list(args) if isinstance(args, tuple) or listed else [args]
    for i, a in enumerate(given):
        if isinstance(a, np.ndarray | list):
            given[i] = as_tensor_variable(np.asarray(a) if _plain(a) else a)
    used = sum(
        a.ndim if is_mask(a) else 1 for a in given if a is not None and a is not Ellipsis
    )
    if used > x.ndim:
        raise IndexError(
            static.message("too many indices for array", expected=f"at most {x.ndim}",
                           got=str(used), where=x.node.line)
        )
    if sum(a is Ellipsis for a in given) > 1:
        raise IndexError(static.message("an index can only have a single Ellipsis"))
    missing = [slice(None)] * (x.ndim - used)
    place = next((i for i, a in enumerate(given) if a is Ellipsis), None)
    given = given + missing if place is None else given[:place] + missing + given[place + 1:]
    pattern: list[tuple[Any, ...]] = []
    inputs: list[Any] = []
    for a in given:
        pattern.append(_entry(a, inputs))
    return tuple(pattern), inputs


def _plain(a: Any) -> bool:
    return not isinstance(a, list) or not any(
        isinstance(v, Variable) or (isinstance(v, list) and not _plain(v)) for v in a
    )


def is_mask(a: Any) -> bool:
    """Is it a tensor of booleans?"""
    return isinstance(a, Variable) and a.dtype == "bool" and a.ndim > 0


def _entry(a: Any, inputs: list[Any]) -> tuple[Any, ...]:
    if a is None:
        return ("n",)
    if isinstance(a, slice):
        return ("s", *[_bound(v, inputs) for v in (a.start, a.stop, a.step)])
    if isinstance(a, bool | np.bool_):
        raise TypeError(
            static.message("TensorType does not support Python bools for indexing", got=repr(a),
                           hint="such as tensor[[True, False]]; use an array of booleans")
        )
    if isinstance(a, int | np.integer):
        return ("i", int(a))
    found = as_tensor_variable(a)
    if found.dtype not in DISCRETE:
        raise TypeError(
            static.message("Expected an integer", got=str(found.type), where=found.node.line,
                           hint="indices are whole numbers or booleans")
        )
    inputs.append(found)
    return ("a",) if found.ndim or found.dtype == "bool" else ("i", "?")


# -- keys --------------------------------------------------------------------------------------


def _number(value: Any) -> Any:
    return value.item() if getattr(value, "dtype", None) is not object and hasattr(
        value, "item") else value


def _stepped(x: Any, axis: int, entry: tuple[Any, ...], values: Any) -> tuple[Any, Any]:
    """The tensor turned where the step is negative, and the slice for it."""
    start, stop, step = (_number(next(values)) if v == "?" else v for v in entry[1:])
    if step is None or step > 0:
        return x, slice(start, stop, step)
    n = x.shape[axis]
    first = None if start is None else n - 1 - (start if start >= 0 else start + n)
    last = None if stop is None else n - 1 - (stop if stop >= 0 else stop + n)
    if first is not None and first < 0:
        first = 0
    if last is not None and last < 0:
        last = 0
    return x.flip(axis), slice(first, last, -step)


def _beside(index: Any) -> Any:
    """An index beside arrays: an array of one, so that it is stretched with them as in NumPy."""
    return pt.tensor([index]) if isinstance(index, int) else index.reshape((1,))


def taken_at(x: Any, pattern: Pattern, values: Sequence[Any]) -> Any:
    """x at a pattern, by Pentad's indexing."""
    rest = iter(values)
    arrays = any(e[0] == "a" for e in pattern)
    key: list[Any] = []
    axis = 0
    for e in pattern:
        if e[0] == "s":
            x, found = _stepped(x, axis, e, rest)
            key.append(found)
        elif e[0] == "n":
            key.append(None)
        elif e[0] == "a":
            key.append(next(rest))
        else:
            at = next(rest) if e[1] == "?" else e[1]
            key.append(_beside(at) if arrays else at)
        axis += 0 if e[0] == "n" else key[-1].ndim if e[0] == "a" and (
            key[-1].dtype is pt.bool) else 1
    return x[tuple(key)]


def known_at(x: Any, *values: Any, pattern: Pattern) -> Any:
    """The same of a known array."""
    rest = iter(values)
    key: list[Any] = []
    for e in pattern:
        if e[0] == "s":
            key.append(slice(*[_number(next(rest)[()]) if v == "?" else v for v in e[1:]]))
        elif e[0] == "n":
            key.append(None)
        else:
            key.append(next(rest) if "?" in e or e[0] == "a" else e[1])
    found = x[tuple(key)]
    return found if isinstance(found, np.ndarray) else np.asarray(found, x.dtype)


def bound_places(pattern: Pattern, before: int) -> list[int]:
    """The places among the inputs of values that decide sizes."""
    found, place = [], before
    for e in pattern:
        for v in e[1:] if e[0] in "si" else ("?",) if e[0] == "a" else ():
            if v == "?":
                if e[0] == "s":
                    found.append(place)
                place += 1
    return found


def pattern_text(pattern: Pattern) -> str:
    """What printing says of a pattern."""
    parts = []
    for e in pattern:
        if e[0] == "s":
            text = ":".join("" if v is None else "int64" for v in e[1:3]) + ":"
            parts.append(text + ("" if e[3] is None else "int64"))
        else:
            parts.append("int64" if e[0] == "i" else "array" if e[0] == "a" else "None")
    while parts and parts[-1] == "::":
        parts.pop()
    return ", ".join(parts)

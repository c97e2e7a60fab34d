"""Slices whose bounds are fed: `data[i * 20:(i + 1) * 20]`.

Code made for one `i` would be of use once. Where both bounds are whole multiples of what is fed,
plus constants, and their difference is a constant, a slice is a *window*: as long as it lies within
the data, which is looked at before each call, its length is known and its start is computed at run
time. Otherwise (the shorter last batch) the code is made for the values, as for other sizes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from pentad.static.graph import Node, Op, Symbol
from pentad.static.ops import CONSTANT, VARIABLE
from pentad.static.probing import apply
from pentad.static.replay import Replay
from pentad.static.values import Known, Type
from pentad.tensor.functions.ranges import arange
from pentad.tensor.misfit import guarded


class _Slice(Op):
    """x[start:stop] along attrs["axis"], by Python's rules for bounds outside of x."""

    def __init__(self) -> None:
        super().__init__("slice", sizes=(1, 2))

    def evaluate(self, replay: Replay, node: Node, inputs: Sequence[Any]) -> Any:
        x, axis = replay.tensor(inputs[0]), node.attrs["axis"]
        length = replay.windows.get(node)
        if length is not None:
            start = replay.tensor(inputs[1])
            return x.index_select(axis, start + arange(length, dtype=start.dtype))
        bounds = [replay.array(v, node, i).item() for i, v in enumerate(inputs[1:], 1)]
        return x[(slice(None),) * axis + (slice(*bounds),)]


SLICE = _Slice()


@guarded
def dynamic_slice(
    x: Symbol, start: Symbol, stop: Symbol, axis: int = 0, name: str | None = None
) -> Symbol:
    """`x[start:stop]` along an axis, for whole numbers that are known when the graph runs."""
    types = None
    if not (_fixed(start) and _fixed(stop)):
        shape = x.static_type.shape
        known = None if shape is None else (*shape[:axis], None, *shape[axis + 1:])
        types = [Type(x.static_type.dtype, known)]
    node = apply(x.graph, SLICE, [x, start, stop], {"axis": axis}, name=name, types=types)
    return node.outputs[0]


def _fixed(symbol: Symbol) -> bool:
    """Is it one number, whatever is fed?"""
    values = [p.array for p in symbol.probes if isinstance(p, Known)]
    return len(values) == len(symbol.probes) and all(np.array_equal(values[0], v) for v in values)


class Line(NamedTuple):
    """A constant and whole multiples of what is fed."""

    slopes: dict[Symbol, int]
    constant: int

    def at(self, values: Mapping[Symbol, int]) -> int:
        """Its value."""
        return self.constant + sum(a * values[s] for s, a in self.slopes.items())


class Window(NamedTuple):
    """A slice of constant length of something whose size is known before the graph runs."""

    node: Node
    source: Symbol
    start: Line
    length: int


def windows_of(
    nodes: Sequence[Node], fed: frozenset[Symbol], replaced: Mapping[Symbol, Symbol]
) -> list[Window]:
    """The windows among nodes."""
    found = []
    for node in nodes:
        if node.op is not SLICE:
            continue
        source = _root(node.inputs[0], fed, replaced)
        start, stop = (_line(s, fed, replaced) for s in node.inputs[1:])
        if start is None or stop is None or not (source in fed or source.node.op is VARIABLE):
            continue
        if start.slopes == stop.slopes and start.slopes and stop.constant > start.constant:
            found.append(Window(node, source, start, stop.constant - start.constant))
    return found


def _root(
    symbol: Symbol, fed: frozenset[Symbol], replaced: Mapping[Symbol, Symbol]
) -> Symbol:
    """What a symbol is the same as but for its dtype: its sizes are the same too."""
    symbol = replaced.get(symbol, symbol)
    while symbol not in fed and symbol.node.op.linear == "same":
        inner = symbol.node.inputs[0]
        symbol = replaced.get(inner, inner)
    return symbol


def _line(
    symbol: Symbol, fed: frozenset[Symbol], replaced: Mapping[Symbol, Symbol]
) -> Line | None:
    symbol = replaced.get(symbol, symbol)
    node = symbol.node
    if symbol in fed:
        whole = symbol.static_type.shape == () and symbol.static_type.dtype.is_integer
        return Line({symbol: 1}, 0) if whole else None
    if node.op is CONSTANT:
        value = node.extra["value"]
        return Line({}, int(value)) if value.ndim == 0 and value.dtype.kind in "iu" else None
    if node.op.linear is None:
        return None
    parts = [_line(s, fed, replaced) for s in node.inputs]
    if any(p is None for p in parts):
        return None
    return _combined(node.op.linear, [p for p in parts if p is not None])


def _combined(how: str, parts: Sequence[Line]) -> Line | None:
    if how == "same":
        return parts[0]
    if how == "mul":
        scalars = [p.constant for p in parts if not p.slopes]
        lines = [p for p in parts if p.slopes]
        if len(lines) > 1:
            return None
        factor = int(np.prod(scalars, dtype=np.int64))
        line = lines[0] if lines else Line({}, 1)
        return _scaled(line, factor)
    if how == "neg":
        return _scaled(parts[0], -1)
    signs = [1] + [-1 if how == "sub" else 1] * (len(parts) - 1)
    slopes: dict[Symbol, int] = {}
    constant = 0
    for sign, part in zip(signs, parts):
        constant += sign * part.constant
        for s, a in part.slopes.items():
            slopes[s] = slopes.get(s, 0) + sign * a
    return Line({s: a for s, a in slopes.items() if a}, constant)


def _scaled(line: Line, factor: int) -> Line:
    slopes = {s: a * factor for s, a in line.slopes.items() if factor}
    return Line(slopes, line.constant * factor)

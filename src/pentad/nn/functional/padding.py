"""pad: more elements at the borders, by a value or by those inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.tensor.dispatch import surface

MODES = ("constant", "reflect", "replicate", "circular")


@surface
def pad(
    input: Node, pad: Sequence[int], mode: str = "constant", value: complex | None = None
) -> Node:
    """`input` with (low, high) more elements along the last dimensions, the last one first.

    mode: "constant" (`value`, else 0), "reflect" without the border,
    "replicate" the border, or "circular"; negative amounts cut.
    """
    if isinstance(value, complex) and not input.dtype.is_complex:
        raise DTypeError(
            message("pad: value", expected=f"a number that {input.dtype.name} holds",
                    got=repr(value))
        )
    if mode not in MODES:
        raise ArgumentError(
            message("pad: unknown mode", expected=", ".join(map(repr, MODES)), got=repr(mode))
        )
    if len(pad) % 2 or len(pad) > 2 * input.ndim:
        raise ShapeError(
            message("pad: amounts do not fit", expected=f"up to {input.ndim} pairs (low, high)",
                    got=str(tuple(pad)))
        )
    pairs = [(0, 0)] * input.ndim
    for i in range(len(pad) // 2):
        pairs[input.ndim - 1 - i] = (pad[2 * i], pad[2 * i + 1])
    if mode == "constant":
        low, high = zip(*pairs, strict=True) if pairs else ((), ())
        if isinstance(value, complex):
            parts = (ops.real(input), value.real), (ops.imag(input), value.imag)
            return ops.complex_(*(ops.pad(x, low, high, None, v) for x, v in parts))
        return ops.pad(input, low, high, None, 0 if value is None else value)
    for axis, (low, high) in enumerate(pairs):
        if low or high:
            input = _taken(input, axis, low, high, mode)
    return input


def constant_pad_nd(input: Any, pad: Sequence[int], value: complex = 0) -> Any:
    """`pad` by one value: the older form, a function of the package itself."""
    return _pad(input, tuple(pad), "constant", value)


_pad = pad


def _cut(x: Node, axis: int, low: int, high: int) -> Node:
    """x without -low elements at the beginning of an axis and -high at its end."""
    amounts = [[0] * x.ndim, [0] * x.ndim]
    amounts[0][axis], amounts[1][axis] = low, high
    return ops.pad(x, *amounts)


def _taken(x: Node, axis: int, low: int, high: int, mode: str) -> Node:
    """`x` grown along one axis by elements of its own."""
    if mode == "circular" and min(low, high) < 0:
        x = _cut(x, axis, min(low, 0), min(high, 0))
        low, high = max(low, 0), max(high, 0)
    n = x.shape[axis]
    largest = {"reflect": n - 1, "circular": n}.get(mode)
    room = n + low + high
    short = isinstance(room, int) and room < 1
    if short or (largest is not None and max(low, high) > largest) or n == 0:
        limit = "any amount" if largest is None else f"at most {largest}"
        raise ShapeError(
            message(f"pad: mode {mode!r} cannot pad so much",
                    expected=f"{limit}, and something left", got=f"({low}, {high}) for size {n}")
        )
    position = ops.iota((n + low + high,), 0, dtypes.int64)
    position = ops.sub(position, ops.full_like(low, position))
    zero, size, last = (ops.full_like(v, position) for v in (0, n, n - 1))
    if mode == "replicate":
        index = ops.minimum(ops.maximum(position, zero), last)
    elif mode == "circular":
        index = ops.remainder(position, size)
    else:
        index = ops.sub(last, ops.abs(ops.sub(last, ops.abs(position))))
    rows = ops.gather(x, index, axes=(axis,), mode="check")
    return ops.transpose(rows, [*range(1, axis + 1), 0, *range(axis + 1, x.ndim)])

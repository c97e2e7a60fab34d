"""scatter_reduce: elements multiplied by, or limited by, updates at positions that are data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.ops.comparison import eq, logical_and, where
from pentad.ops.conversion import cast
from pentad.ops.define import F32, define, quiet
from pentad.ops.indexing import gather, require_updates, resolve_indices, scatter, spread_places
from pentad.ops.indexing_batching import batch_scatter
from pentad.ops.sources import full_like

I64 = dtypes.int64
KINDS = ("mul", "max", "min")
_UFUNCS = {"mul": np.multiply, "max": np.maximum, "min": np.minimum}


def _infer(
    x: TensorType,
    updates: TensorType,
    *indices: TensorType,
    axes: tuple[int, ...],
    mode: str,
    kind: str,
) -> TensorType:
    if kind not in KINDS:
        raise ArgumentError(
            message("scatter_reduce: unknown kind", expected=", ".join(KINDS), got=repr(kind))
        )
    require_updates("scatter_reduce", x, updates, indices, axes, mode, dtypes.NUMERIC)
    return x


def _reference(
    x: np.ndarray,
    updates: np.ndarray,
    *indices: np.ndarray,
    axes: tuple[int, ...],
    mode: str,
    kind: str,
) -> np.ndarray:
    resolved = resolve_indices("scatter_reduce", x.shape, indices, axes, mode)
    result = x.copy()
    _UFUNCS[kind].at(result, spread_places(x.ndim, axes, resolved, x.shape), updates)
    return result


class _Places:
    """Values carried between the operand's places and the updates'."""

    def __init__(self, indices: Sequence[Node], axes: tuple[int, ...], mode: str) -> None:
        self.indices, self.axes, self.mode = indices, axes, mode

    def total(self, x: Node, updates: Node) -> Node:
        """`x` plus the updates at their places."""
        return scatter(x, updates, *self.indices, axes=self.axes, mode=self.mode)

    def at(self, x: Node) -> Node:
        """What the updates see of `x`."""
        return gather(x, *self.indices, axes=self.axes, mode=self.mode)


def _factors(
    places: _Places, y: Node, x: Node, updates: Node, kind: str
) -> tuple[Node, Node]:
    """By how much the result at an element's place changes with it: (operand's, updates')."""
    if kind != "mul":
        own = cast(eq(x, y), x.dtype)
        theirs = cast(eq(updates, places.at(y)), x.dtype)
        share = full_like(1, x) / places.total(own, theirs)
        return own * share, theirs * places.at(share)
    # The product of the others: without division where there are zeros.
    zero, zeros = full_like(0, x), full_like(0, updates)
    lost, losses = eq(x, zero), eq(updates, zeros)
    rest = where(lost, full_like(1, x), x)
    others = where(losses, full_like(1, updates), updates)
    whole = scatter_reduce(
        rest, others, *places.indices, axes=places.axes, mode=places.mode, kind="mul"
    )
    count = places.total(cast(lost, x.dtype), cast(losses, x.dtype))

    def factor(value: Node, is_lost: Node, product: Node, lost_here: Node) -> Node:
        none = full_like(0, value)
        alone = logical_and(is_lost, eq(lost_here, full_like(1, value)))
        kept = where(eq(lost_here, none), product / value, none)
        return where(alone, product, where(is_lost, none, kept))

    return (
        where(lost, factor(full_like(1, x), lost, whole, count), factor(rest, lost, whole, count)),
        factor(others, losses, places.at(whole), places.at(count)),
    )


def _vjp(
    g: Node,
    y: Node,
    x: Node,
    updates: Node,
    *indices: Node,
    axes: tuple[int, ...],
    mode: str,
    kind: str,
) -> tuple[Node | None, ...]:
    places = _Places(indices, axes, mode)
    own, theirs = _factors(places, y, x, updates, kind)
    return (g * own, places.at(g) * theirs, *(None for _ in indices))


def _jvp(
    t: Sequence[Node | None],
    y: Node,
    x: Node,
    updates: Node,
    *indices: Node,
    axes: tuple[int, ...],
    mode: str,
    kind: str,
) -> Node | None:
    if t[0] is None and t[1] is None:
        return None
    places = _Places(indices, axes, mode)
    own, theirs = _factors(places, y, x, updates, kind)
    first = full_like(0, x) if t[0] is None else t[0] * own
    return places.total(first, full_like(0, updates) if t[1] is None else t[1] * theirs)


def _samples() -> Iterable[Sample]:
    cases: tuple[tuple[tuple[int, ...], ...], ...] = (
        ((5,), (7,), (0,)), ((5, 4), (3,), (0,)), ((3, 4), (2, 3), (1,)), ((3, 2), (6,), (0, 1)),
    )  # fmt: skip
    for kind in KINDS:
        for shape, index, axes in cases:
            rest = tuple(n for i, n in enumerate(shape) if i not in axes)
            operands = ((shape, F32), (index + rest, F32), *((index, I64) for _ in axes))
            ranges = (None, None, *((-shape[a], shape[a]) for a in axes))
            yield Sample(operands, {"axes": axes, "mode": "check", "kind": kind}, ranges=ranges)
        for dtype in dtypes.NUMERIC:
            operands = (((4, 3), dtype), ((2, 3), dtype), ((2,), I64))
            attrs = {"axes": (0,), "mode": "clip", "kind": kind}
            yield Sample(operands, attrs, ranges=(None, None, (0, 4)))


def _errors() -> Iterable[Sample]:
    x, index = ((4, 3), F32), ((2,), I64)
    for updates, kind, error, text in (
        (((2, 4), F32), "max", ShapeError, "updates do not fit"),
        (((2, 3), I64), "mul", DTypeError, "different dtypes"),
        (((2, 3), F32), "add", ArgumentError, "unknown kind"),
    ):
        attrs = {"axes": (0,), "mode": "check", "kind": kind}
        yield Sample((x, updates, index), attrs, error, text)


_scatter_reduce = define(
    "scatter_reduce",
    "The first operand with its elements at integer positions multiplied by the updates (kind "
    "'mul'), or made the largest ('max') or smallest ('min') of both. Equal extrema share the "
    "gradient; the second derivative by two zeros of one product counts as 0.",
    kind="structured",
    kernel="scatter",
    infer=_infer,
    reference=quiet(_reference),
    vjp=_vjp,
    jvp=_jvp,
    batch=batch_scatter,
    samples=_samples,
    errors=_errors,
)


def scatter_reduce(
    x: Node, updates: Node, *indices: Node, axes: Sequence[int], mode: str = "check", kind: str
) -> Node:
    """`x` combined with `updates` at `indices`, one index tensor for each of `axes` (in order)."""
    return _scatter_reduce(x, updates, *indices, axes=tuple(axes), mode=mode, kind=kind)

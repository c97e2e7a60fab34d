"""Parts and wholes: slice, pad and concatenate. Semantics follow StableHLO."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.graph.sizes import Size
from pentad.ops.batching import BATCH, later_axes, one_more_axis
from pentad.ops.define import F32, define, normalize_axis, require_same
from pentad.ops.sources import full_like

F64 = dtypes.float64

def _infer_slice(
    x: TensorType,
    *,
    start: tuple[Size, ...],
    limit: tuple[Size, ...],
    step: tuple[int, ...],
) -> TensorType:
    good = len(start) == len(limit) == len(step) == x.ndim and all(s >= 1 for s in step)
    if not good or any(
        a < 0 or b > n or a > b for a, b, n in zip(start, limit, x.shape, strict=True)
    ):
        raise ShapeError(
            message(
                "slice: bounds outside the operand",
                expected=f"0 <= start <= limit <= size for {list(x.shape)}, step >= 1",
                got=f"start {start}, limit {limit}, step {step}",
            )
        )
    sizes = tuple((b - a + s - 1) // s for a, b, s in zip(start, limit, step, strict=True))
    return TensorType(sizes, x.dtype)


def _vjp_slice(
    g: Node,
    y: Node,
    x: Node,
    *,
    start: tuple[Size, ...],
    limit: tuple[Size, ...],
    step: tuple[int, ...],
) -> tuple[Node]:
    high = []
    for n, a, m, s in zip(x.shape, start, g.shape, step, strict=True):
        covered = (m - 1) * s + 1 if m != 0 else 0
        high.append(n - a - covered)
    return (pad(g, start, high, [s - 1 for s in step]),)


_slice = define(
    "slice",
    "The elements start, start + step, ... below limit along each axis.",
    kind="view",
    infer=_infer_slice,
    reference=lambda x, *, start, limit, step: x[
        tuple(slice(a, b, s) for a, b, s in zip(start, limit, step, strict=True))
    ],
    vjp=_vjp_slice,
    linear=(0,),
    batch=one_more_axis(start=0, limit=BATCH, step=1),
    samples=lambda: [
        Sample(((s, F32),), {"start": a, "limit": b, "step": c})
        for s, a, b, c in (
            ((5, 7), (1, 2), (4, 7), (1, 1)),
            ((9,), (1,), (9,), (3,)),
            ((4,), (2,), (2,), (1,)),
        )
    ],
    errors=lambda: [
        Sample(
            (((3,), F32),), {"start": (0,), "limit": (4,), "step": (1,)}, ShapeError, "bounds"
        )
    ],
)


def slice_(
    x: Node, start: Sequence[Size], limit: Sequence[Size], step: Sequence[int] | None = None
) -> Node:
    """A strided part of `x`."""
    step = tuple(step) if step is not None else (1,) * x.ndim
    whole = all(s == 1 for s in step) and tuple(limit) == x.shape
    if whole and all(isinstance(a, int) and a == 0 for a in start):
        return x
    return _slice(x, start=tuple(start), limit=tuple(limit), step=step)


# -- pad, concatenate --------------------------------------------------------------------------


def _infer_pad(
    x: TensorType,
    *,
    low: tuple[Size, ...],
    high: tuple[Size, ...],
    interior: tuple[int, ...],
    value: float,
) -> TensorType:
    if not len(low) == len(high) == len(interior) == x.ndim or any(i < 0 for i in interior):
        raise ShapeError(
            message(
                "pad: amounts do not fit the operand",
                expected=f"low, high and interior >= 0 for each of {x.ndim} axes",
                got=f"low {low}, high {high}, interior {interior}",
            )
        )
    sizes = []
    for n, a, b, i in zip(x.shape, low, high, interior, strict=True):
        spread = n + (n - 1) * i if i and n != 0 else n
        sizes.append(spread + a + b)
        if sizes[-1] < 0:
            raise ShapeError(
                message(
                    "pad: negative padding leaves no elements",
                    expected="sizes >= 0",
                    got=f"size {n} with padding ({a}, {b})",
                )
            )
    return TensorType(tuple(sizes), x.dtype)


def _reference_pad(
    x: np.ndarray,
    *,
    low: tuple[int, ...],
    high: tuple[int, ...],
    interior: tuple[int, ...],
    value: float,
) -> np.ndarray:
    for axis, (a, b, i) in enumerate(zip(low, high, interior, strict=True)):
        n = x.shape[axis]
        spread = n + (n - 1) * i if n else 0
        shape = list(x.shape)
        shape[axis] = spread + a + b
        out = np.full(shape, value, dtype=x.dtype)
        at = a + np.arange(n) * (i + 1)
        keep = (at >= 0) & (at < shape[axis])
        index: list[Any] = [slice(None)] * x.ndim
        index[axis] = at[keep]
        out[tuple(index)] = np.compress(keep, x, axis)
        x = out
    return x


def _vjp_pad(g: Node, y: Node, x: Node, *, low: Any, high: Any, interior: Any, value: float) -> Any:
    back = pad(g, [-a for a in low], [-b for b in high], [0] * x.ndim)
    if any(interior):
        zeros = (0,) * x.ndim
        back = slice_(back, zeros, back.shape, [i + 1 for i in interior])
    return (back,)


_pad = define(
    "pad",
    "Add `value` before, after and between the elements along each axis (StableHLO pad); "
    "negative amounts cut.",
    kind="structured",
    kernel="pad",
    infer=_infer_pad,
    reference=_reference_pad,
    vjp=_vjp_pad,
    batch=one_more_axis(low=0, high=0, interior=0),
    wirtinger=True,
    jvp=lambda t, y, x, *, low, high, interior, value: pad(t[0], low, high, interior),
    samples=lambda: [
        Sample(((s, F32),), {"low": a, "high": b, "interior": i, "value": v})
        for s, a, b, i, v in (
            ((3,), (1,), (2,), (0,), 0.0),
            ((2, 3), (0, 1), (1, 0), (2, 0), 0.0),
            ((4, 4), (-1, 0), (0, -2), (0, 0), 0.0),
            ((3,), (-2,), (1,), (1,), 0.0),
            ((0,), (2,), (1,), (3,), 0.0),
        )
    ],
    errors=lambda: [
        Sample(
            (((3,), F32),),
            {"low": (-4,), "high": (0,), "interior": (0,), "value": 0.0},
            ShapeError,
            "negative padding",
        ),
        Sample(
            (((3,), F32),),
            {"low": (0, 0), "high": (0,), "interior": (0,), "value": 0.0},
            ShapeError,
            "amounts",
        ),
    ],
)


def pad(
    x: Node,
    low: Sequence[Size],
    high: Sequence[Size],
    interior: Sequence[int] | None = None,
    value: float = 0.0,
) -> Node:
    """`x` with `value` around (and between) its elements."""
    inside = tuple(interior) if interior is not None else (0,) * x.ndim
    if not any(inside) and all(isinstance(a, int) and a == 0 for a in (*low, *high)):
        return x
    return _pad(x, low=tuple(low), high=tuple(high), interior=inside, value=value)


def _infer_concatenate(*types: TensorType, axis: int) -> TensorType:
    if not types:
        raise ShapeError(message("concatenate: no operands", expected="at least one", got="none"))
    axis = normalize_axis("concatenate", axis, types[0].ndim)
    rest = [TensorType((*t.shape[:axis], *t.shape[axis + 1 :]), t.dtype) for t in types]
    if any(t.ndim != types[0].ndim for t in types):
        raise ShapeError(
            message(
                "concatenate: operands have different numbers of dimensions",
                expected="one number of dimensions",
                got=", ".join(str(list(t.shape)) for t in types),
            )
        )
    require_same("concatenate", rest)
    total: Size = 0
    for t in types:
        total = total + t.shape[axis]
    shape = (*types[0].shape[:axis], total, *types[0].shape[axis + 1 :])
    return TensorType(shape, types[0].dtype)


def _vjp_concatenate(g: Node, y: Node, *xs: Node, axis: int) -> Iterable[Node]:
    at: Size = 0
    for x in xs:
        start: list[Size] = [0] * g.ndim
        limit = list(g.shape)
        start[axis], limit[axis] = at, at + x.shape[axis]
        yield slice_(g, start, limit)
        at = limit[axis]


def _jvp_concatenate(ts: Sequence[Node | None], y: Node, *xs: Node, axis: int) -> Node:
    filled = [full_like(0, x) if t is None else t for t, x in zip(ts, xs, strict=True)]
    return concatenate(filled, axis)


_concatenate = define(
    "concatenate",
    "The operands one after the other along an axis.",
    kind="structured",
    kernel="concatenate",
    infer=_infer_concatenate,
    reference=lambda *xs, axis: np.concatenate(xs, axis),
    vjp=_vjp_concatenate,
    batch=later_axes("axis"),
    wirtinger=True,
    jvp=_jvp_concatenate,
    samples=lambda: [
        Sample(tuple((s, F32) for s in shapes), {"axis": a})
        for shapes, a in ((((2, 3), (4, 3)), 0), (((2, 3), (2, 0), (2, 5)), 1), (((3,),), 0))
    ],
    errors=lambda: [
        Sample((((2, 3), F32), ((2, 4), F32)), {"axis": 0}, ShapeError, "different shapes"),
        Sample((((2, 3), F32), ((2,), F32)), {"axis": 0}, ShapeError, "numbers of dimensions"),
        Sample((((2,), F32), ((2,), F64)), {"axis": 0}, DTypeError, "different dtypes"),
        Sample((), {"axis": 0}, ShapeError, "no operands"),
    ],
)


def concatenate(xs: Sequence[Node], axis: int) -> Node:
    """`xs` joined along `axis`."""
    axis = normalize_axis("concatenate", axis, xs[0].ndim) if xs else axis
    return xs[0] if len(xs) == 1 else _concatenate(*xs, axis=axis)

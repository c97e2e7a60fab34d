"""Attention without its matrix of scores: one kernel forward, one for the three gradients.

Dao, Fu, Ermon, Rudra, Re, FlashAttention, 2022. A kernel has one result: what belongs together
lies side by side along the last axis, and is taken apart by views.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pentad.graph import dtypes
from pentad.graph.errors import ShapeError, message
from pentad.graph.node import Node, apply
from pentad.graph.op import Sample, TensorType
from pentad.graph.sizes import Size
from pentad.ops.arithmetic import log
from pentad.ops.batching import all_batched
from pentad.ops.broadcast import reduce_sum, spread
from pentad.ops.comparison import le, where
from pentad.ops.contraction import dot_general
from pentad.ops.define import F32, define, require_count, require_dtype, require_same_dtype
from pentad.ops.movement import concatenate, slice_
from pentad.ops.reduce import reduce_max
from pentad.ops.sources import full_like, iota
from pentad.ops.transcendental import exp
from pentad.ops.views import reshape, stop_gradient

WIDEST = 256
"""The longest queries, keys and values that the kernels hold in their scratch memory."""
FEWEST = 8
"""With fewer queries, products of a matrix and a vector are faster."""
_DTYPES = (dtypes.float32, dtypes.float64)


def fits(q: Node, k: Node, v: Node) -> bool:
    """Are there kernels for this attention, and do they pay?"""
    widths = (q.shape[-1], v.shape[-1])
    if q.dtype not in _DTYPES or not all(isinstance(w, int) and 0 < w <= WIDEST for w in widths):
        return False
    queries = q.shape[-2]
    known = [n for n in (*q.shape, *k.shape) if isinstance(n, int)]
    return 0 not in known and not (isinstance(queries, int) and queries < FEWEST)


def scores_of(q: Node, k: Node, *, scale: float, causal: bool) -> Node:
    """q k^T * scale, -inf where a query may not look."""
    lead, last = tuple(range(q.ndim - 2)), q.ndim - 1
    scores = dot_general(q * scale, k, ((last,), (last,)), (lead, lead))
    return causally(scores) if causal else scores


def causally(scores: Node) -> Node:
    """-inf where a key comes after the query."""
    rows = iota(scores.shape, scores.ndim - 2, dtypes.int64)
    columns = iota(scores.shape, scores.ndim - 1, dtypes.int64)
    return where(le(columns, rows), scores, full_like(-float("inf"), scores))


def _flat(x: Node) -> Node:
    """The last two axes as one."""
    return reshape(x, (*x.shape[:-2], x.shape[-2] * x.shape[-1]))


def _part(x: Node, start: Size, shape: Sequence[Size]) -> Node:
    """A piece of the last axis, from `start`, as the last axes `shape`."""
    size: Size = 1
    for n in shape:
        size = size * n
    lead = x.shape[:-1]
    piece = slice_(x, [0] * len(lead) + [start], [*lead, start + size])
    return reshape(piece, (*lead, *shape))


# -- forward -----------------------------------------------------------------------------------


def _infer(*types: TensorType, scale: float, causal: bool) -> TensorType:
    require_count("flash_attention", types, 3)
    _require_fit("flash_attention", types)
    q, _, v = types
    rows = q.shape[-2]
    return TensorType((*q.shape[:-2], rows * v.shape[-1] + rows), q.dtype)


def _require_fit(name: str, types: Sequence[TensorType]) -> None:
    require_same_dtype(name, types)
    require_dtype(name, types[0].dtype, _DTYPES)
    q, k, v = (t.shape for t in types[:3])
    if not (
        len(q) == len(k) == len(v) >= 2
        and q[:-2] == k[:-2] == v[:-2]
        and q[-1] == k[-1]
        and k[-2] == v[-2]
    ):
        raise ShapeError(
            message(
                f"{name}: operands do not fit",
                expected="queries [..., L, d], keys [..., S, d], values [..., S, e]",
                got=f"{list(q)}, {list(k)}, {list(v)}",
            )
        )


def _composed(q: Node, k: Node, v: Node, *, scale: float, causal: bool) -> Node:
    """The same by ops whose derivatives are known: for second derivatives, and as its meaning."""
    scores = scores_of(q, k, scale=scale, causal=causal)
    lead, last = tuple(range(q.ndim - 2)), (q.ndim - 1,)
    peak = stop_gradient(reduce_max(scores, last))
    weights = exp(scores - spread(peak, scores, last))
    total = reduce_sum(weights, last)
    found = dot_general(weights / spread(total, weights, last), v, (last, (q.ndim - 2,)),
                        (lead, lead))  # fmt: skip
    return concatenate([_flat(found), peak + log(total)], q.ndim - 2)


def _vjp(
    g: Node, y: Node, q: Node, k: Node, v: Node, *, scale: float, causal: bool
) -> tuple[Node, Node, Node]:
    rows, keys, width, length = q.shape[-2], k.shape[-2], v.shape[-1], q.shape[-1]
    g_out = _part(g, 0, (rows, width))
    g_sums = _part(g, rows * width, (rows,))
    grads = flash_attention_grad(q, k, v, y, g_out, g_sums, scale=scale, causal=causal)
    cuts = (rows * length, rows * length + keys * length)
    return (
        _part(grads, 0, (rows, length)),
        _part(grads, cuts[0], (keys, length)),
        _part(grads, cuts[1], (keys, width)),
    )


def _batch(node: Node, operands: Sequence[Node], batched: Sequence[bool], n: Size) -> Node:
    return apply(node.op, *all_batched(operands, batched, n), **node.attrs)


_CASES: tuple[tuple[tuple[int, ...], int, int, int, bool], ...] = (
    ((2,), 9, 4, 3, False), ((2, 2), 9, 5, 8, True), ((), 33, 3, 2, True), ((1,), 5, 20, 17, False),
    ((), 2, 2, 1, True), ((), 2, 1, 2, False),
)  # fmt: skip
"""(lead axes, queries, d, e, causal); there are two keys more than queries."""


def _cases(gradient: bool) -> Iterable[Sample]:
    for dtype in _DTYPES:
        for lead, rows, d, e, causal in _CASES:
            keys = rows + 2
            types: list[Any] = [
                ((*lead, rows, d), dtype), ((*lead, keys, d), dtype), ((*lead, keys, e), dtype),
            ]  # fmt: skip
            if gradient:
                types += [((*lead, rows * e + rows), dtype), ((*lead, rows, e), dtype),
                          ((*lead, rows), dtype)]  # fmt: skip
            yield Sample(tuple(types), {"scale": 0.5, "causal": causal}, ranges=_RANGES)


_RANGES = ((-1.0, 1.0),) * 3 + ((1.0, 2.0),) + ((-1.0, 1.0),) * 2


def _wrong(operands: int) -> Iterable[Sample]:
    attrs = {"scale": 1.0, "causal": False}
    q = ((2, 9, 4), F32)
    rest = (q,) * (operands - 2)
    yield Sample((q, ((2, 9, 5), F32), *rest), attrs, ShapeError, "operands do not fit")
    yield Sample((q, q), attrs, ShapeError, "number of operands")


flash_attention = define(
    "flash_attention",
    "softmax(q k^T * scale) v over the last two axes, then the logarithms of the sums of the "
    "exponentials: [..., L * e + L]. causal: query i attends to keys 0..i.",
    kind="structured",
    kernel="attention",
    infer=_infer,
    vjp=_vjp,
    decompose=_composed,
    batch=_batch,
    samples=lambda: _cases(gradient=False),
    errors=lambda: _wrong(3),
)


def taken_apart(q: Node, k: Node, v: Node, *, scale: float, causal: bool) -> Node:
    """Attention [..., L, e], by the kernel."""
    both = flash_attention(q, k, v, scale=scale, causal=causal)
    return _part(both, 0, (q.shape[-2], v.shape[-1]))


# -- gradients ---------------------------------------------------------------------------------


def _infer_grad(*types: TensorType, scale: float, causal: bool) -> TensorType:
    require_count("flash_attention_grad", types, 6)
    _require_fit("flash_attention_grad", types)
    (*lead, rows, d), (*_, keys, _), (*_, e) = (t.shape for t in types[:3])
    return TensorType((*lead, rows * d + keys * d + keys * e), types[0].dtype)


def _composed_grad(
    q: Node, k: Node, v: Node, y: Node, g: Node, g_sums: Node, *, scale: float, causal: bool
) -> Node:
    lead, last = tuple(range(q.ndim - 2)), q.ndim - 1
    rows, width = q.shape[-2], v.shape[-1]
    found, sums = _part(y, 0, (rows, width)), _part(y, rows * width, (rows,))
    scores = scores_of(q, k, scale=scale, causal=causal)
    weights = exp(scores - spread(sums, scores, (last,)))
    mean = reduce_sum(g * found, (last,)) - g_sums
    inner = dot_general(g, v, ((last,), (last,)), (lead, lead))
    change = weights * (inner - spread(mean, inner, (last,))) * scale
    over = (last - 1,)
    of_q = dot_general(change, k, ((last,), over), (lead, lead))
    of_k = dot_general(change, q, (over, over), (lead, lead))
    of_v = dot_general(weights, g, (over, over), (lead, lead))
    return concatenate([_flat(of_q), _flat(of_k), _flat(of_v)], last - 1)


flash_attention_grad = define(
    "flash_attention_grad",
    "The gradients of flash_attention by q, k and v, side by side, from q, k, v, its result and "
    "the cotangents of both parts of it.",
    kind="structured",
    kernel="attention_grad",
    infer=_infer_grad,
    decompose=_composed_grad,
    batch=_batch,
    samples=lambda: _cases(gradient=True),
    errors=lambda: _wrong(6),
)

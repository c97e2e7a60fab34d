"""Scaled dot-product attention (Vaswani et al., Attention is all you need, 2017)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, ShapeError, message
from pentad.graph.node import Node, apply
from pentad.graph.op import Sample
from pentad.graph.sizes import Size
from pentad.ops.batching import all_batched
from pentad.ops.broadcast import broadcast
from pentad.ops.comparison import where
from pentad.ops.contraction import dot_general
from pentad.ops.conversion import cast
from pentad.ops.define import F32, composite, require_count, require_dtype, require_same_dtype
from pentad.ops.flash_attention import causally, fits, taken_apart
from pentad.ops.precision import SHORT
from pentad.ops.softmax import masked_softmax, softmax
from pentad.ops.sources import full_like
from pentad.ops.views import reshape


def _require_operands(q: Node, k: Node, v: Node) -> None:
    require_same_dtype("attention", (q.type, k.type, v.type))
    require_dtype("attention", q.dtype, dtypes.FLOATS)
    ranks = {q.ndim, k.ndim, v.ndim}
    good = len(ranks) == 1 and q.ndim >= 2
    if not good or not (
        q.shape[:-2] == k.shape[:-2] == v.shape[:-2]
        and q.shape[-1] == k.shape[-1]
        and k.shape[-2] == v.shape[-2]
    ):
        raise ShapeError(
            message(
                "attention: operands do not fit",
                expected="queries [..., L, d], keys [..., S, d], values [..., S, e]",
                got=f"{list(q.shape)}, {list(k.shape)}, {list(v.shape)}",
                hint="broadcast the leading axes first",
            )
        )


def _masked(scores: Node, mask: Node) -> Node:
    """Where a bool mask is False nothing is attended to; a float mask is added."""
    trailing = scores.shape[scores.ndim - mask.ndim :] if mask.ndim <= scores.ndim else None
    if trailing is None or any(
        m != 1 and m != n for m, n in zip(mask.shape, trailing, strict=True)
    ):
        raise ShapeError(
            message(
                "attention: the mask does not fit",
                expected=f"a shape that broadcasts to {list(scores.shape)}",
                got=str(list(mask.shape)),
            )
        )
    wide = broadcast(mask, scores.shape)
    if mask.dtype is dtypes.bool_:
        return where(wide, scores, full_like(-float("inf"), scores))
    return scores + cast(wide, scores.dtype)


def _attention(*operands: Node, scale: float | None, causal: bool) -> Node:
    require_count("attention", [n.type for n in operands], 3, 4)
    q, k, v, *mask = operands
    _require_operands(q, k, v)
    lead = tuple(range(q.ndim - 2))
    last = q.ndim - 1
    width = q.shape[-1]
    empty = isinstance(width, int) and width == 0  # then every score is an empty sum
    factor = scale if scale is not None else 1.0 if empty else 1 / math.sqrt(width)
    if not mask and fits(q, k, v):
        return taken_apart(q, k, v, scale=factor, causal=causal)
    scores = dot_general(q * factor, k, ((last,), (last,)), (lead, lead))
    # The weights of 16-bit operands are worked out in float32; only the products are short.
    scores = cast(scores, F32) if q.dtype in SHORT else scores
    if mask:
        require_dtype("attention mask", mask[0].dtype, (dtypes.bool_, *dtypes.FLOATS))
        scores = _masked(scores, mask[0])
    if causal:
        scores = causally(scores)
    weights = (masked_softmax if mask else softmax)(scores, axis=last)
    return dot_general(cast(weights, q.dtype), v, ((last,), (last - 1,)), (lead, lead))


def _batch(node: Node, operands: Sequence[Node], batched: Sequence[bool], n: Size) -> Node:
    """One more leading axis; a mask with one has it in front of all axes of the scores."""
    wide = all_batched(operands[:3], batched[:3], n)
    for mask, each in zip(operands[3:], batched[3:], strict=True):
        missing = node.inputs[0].ndim + 1 - mask.ndim
        lone = (1,) * missing
        wide.append(reshape(mask, (mask.shape[0], *lone, *mask.shape[1:])) if each else mask)
    return apply(node.op, *wide, **node.attrs)


def _samples() -> Iterable[Sample]:
    plain: dict[str, Any] = {"scale": None, "causal": False}
    q, k, v = ((2, 3, 2), F32), ((2, 4, 2), F32), ((2, 4, 3), F32)
    yield Sample((q, k, v), plain)
    yield Sample((q, k, v), {"scale": 0.3, "causal": True})
    yield Sample((((3, 2), F32), ((5, 2), F32), ((5, 2), F32)), plain)
    yield Sample((q, k, v, ((3, 4), dtypes.bool_)), plain)
    yield Sample((q, k, v, ((3, 4), F32)), {"scale": None, "causal": True})
    for dtype in dtypes.FLOATS:
        yield Sample((((2, 2, 3, 2), dtype),) * 3, {"scale": None, "causal": True})


def _errors() -> Iterable[Sample]:
    plain = {"scale": None, "causal": False}
    q = ((2, 3, 4), F32)
    yield Sample((q, ((2, 3, 5), F32), q), plain, ShapeError, "operands do not fit")
    yield Sample((q, ((2, 5, 4), F32), q), plain, ShapeError, "operands do not fit")
    yield Sample((q, q), plain, ShapeError, "number of operands")
    yield Sample((q, q, q, ((4, 3), F32)), plain, ShapeError, "mask does not fit")
    yield Sample((q, q, q, ((3, 3), dtypes.int32)), plain, DTypeError, "not supported")
    yield Sample((q, q, ((2, 3, 4), dtypes.float64)), plain, DTypeError, "different dtypes")


_attention_op = composite(
    "attention",
    "softmax(q k^T * scale + mask) v over the last two axes. A bool mask says what may be "
    "attended to, a float mask is added; a query that may attend to nothing gets zeros. causal: "
    "query i attends to keys 0..i. scale None: 1 / sqrt(d).",
    decompose=_attention,
    batch=_batch,
    samples=_samples,
    errors=_errors,
)


def attention(
    q: Node,
    k: Node,
    v: Node,
    mask: Node | None = None,
    *,
    scale: float | None = None,
    causal: bool = False,
) -> Node:
    """Attention of queries [..., L, d] to keys [..., S, d] with values [..., S, e].

    What a causal query may not look at has the weight 0, or is not read at all: an infinity or NaN
    there may make the result NaN.
    """
    operands = (q, k, v) if mask is None else (q, k, v, mask)
    return _attention_op(*operands, scale=scale, causal=causal)

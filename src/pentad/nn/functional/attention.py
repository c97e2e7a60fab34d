"""Scaled dot-product attention."""

from __future__ import annotations

import math
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.nn.functional.common import require_fraction, require_same_dtype
from pentad.nn.functional.dropout import dropout
from pentad.tensor.dispatch import surface
from pentad.tensor.promotion import broadcast_shapes


def _aligned(q: Node, k: Node, v: Node) -> tuple[Node, Node, Node]:
    """Queries, keys and values with the same leading sizes; ShapeError if they do not fit."""
    require_same_dtype("scaled_dot_product_attention", q, k, v)
    fit = min(q.ndim, k.ndim, v.ndim) >= 2
    if not fit or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise ShapeError(
            message(
                "scaled_dot_product_attention: operands do not fit",
                expected="queries [..., L, d], keys [..., S, d], values [..., S, e]",
                got=f"{list(q.shape)}, {list(k.shape)}, {list(v.shape)}",
            )
        )
    lead = broadcast_shapes("scaled_dot_product_attention", [x.shape[:-2] for x in (q, k, v)])
    q, k, v = (ops.broadcast(x, (*lead, *x.shape[-2:])) for x in (q, k, v))
    return q, k, v


@surface
def _attended(
    q: Node, k: Node, v: Node, mask: Node | None, causal: bool, scale: float | None
) -> Node:
    q, k, v = _aligned(q, k, v)
    return ops.attention(q, k, v, mask, scale=scale, causal=causal)


@surface
def attention_weights(
    q: Node, k: Node, mask: Node | None = None, causal: bool = False, scale: float | None = None
) -> Node:
    """softmax(q k^T * scale + mask): the weight [..., L, S] of each key for each query."""
    q, k, _ = _aligned(q, k, k)
    n = q.ndim
    lead = tuple(range(n - 2))
    scores = ops.dot_general(q, k, contract=((n - 1,), (n - 1,)), batch=(lead, lead))
    factor = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    scores = scores * factor
    low = ops.full_like(-math.inf, scores)
    if mask is not None:
        wide = ops.broadcast(mask, scores.shape)
        if mask.dtype is dtypes.bool_:
            scores = ops.where(wide, scores, low)
        else:
            scores = ops.add(scores, ops.cast(wide, scores.dtype))
    if causal:
        row, column = (ops.iota(scores.shape, n - i, dtypes.int64) for i in (2, 1))
        scores = ops.where(ops.le(column, row), scores, low)
    return ops.masked_softmax(scores, axis=n - 1)


@surface
def _grouped(x: Node, heads: int) -> Node:
    """[..., h, S, d] with each head repeated to fill `heads`."""
    own = x.shape[-3] if x.ndim > 2 else 0
    if own == 0 or heads % own != 0:
        raise ShapeError(
            message("scaled_dot_product_attention: heads of keys and values",
                    expected=f"a divisor of {heads}, the heads of the queries", got=str(own))
        )
    n = x.ndim - 3
    wide = (*x.shape[:n], own, heads // own, *x.shape[n + 1 :])
    repeated = ops.broadcast(x, wide, [i for i in range(x.ndim + 1) if i != n + 1])
    return ops.reshape(repeated, (*x.shape[:n], heads, *x.shape[n + 1 :]))


_attended.surface.name = _grouped.surface.name = "scaled_dot_product_attention"


def scaled_dot_product_attention(
    query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0,
    is_causal: bool = False, scale: float | None = None, enable_gqa: bool = False,
) -> Any:
    """softmax(query key^T * scale + mask) value (Vaswani et al., 2017).

    query [..., L, d], key [..., S, d], value [..., S, e]; leading dimensions broadcast. A bool
    mask says what may be attended to, a float mask is added; a query that may attend to nothing
    gets zeros. scale defaults to 1 / sqrt(d). dropout_p drops weights. enable_gqa: keys and
    values [..., heads, S, d] may have fewer heads, each for as many neighbouring heads of the
    queries (grouped-query attention, Ainslie et al., 2023).
    """
    require_fraction("scaled_dot_product_attention", "dropout_p", dropout_p)
    if is_causal and attn_mask is not None:
        raise ArgumentError(
            message("scaled_dot_product_attention: masks", expected="attn_mask or is_causal",
                    got="both")
        )
    if enable_gqa:
        heads = query.shape[-3] if query.ndim > 2 else 1
        key, value = (_grouped(x, heads) for x in (key, value))
    if dropout_p == 0:
        return _attended(query, key, value, attn_mask, is_causal, scale)
    weights = attention_weights(query, key, attn_mask, is_causal, scale)
    return dropout(weights, dropout_p).matmul(value)

"""multi_head_attention_forward: attention by several heads on parts of the features."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.nn.functional.attention import attention_weights, scaled_dot_product_attention
from pentad.nn.functional.dropout import dropout
from pentad.nn.functional.linear import linear
from pentad.nn.functional.padding import pad
from pentad.tensor.functions.creation import full_like, zeros
from pentad.tensor.functions.pointwise import where
from pentad.tensor.functions.shaping import cat


class Projections(NamedTuple):
    """The weights of queries, keys and values: one matrix [3 E, E], or three; their biases."""

    together: Any
    separate: tuple[Any, Any, Any] | None
    bias: Any


def _added(mask: Any, dtype: Any) -> Any:
    """A mask as what is added to scores; True means: not to be attended to."""
    if mask.dtype is not dtypes.bool_:
        return mask.to(dtype)
    nothing = zeros(mask.shape, dtype=dtype)
    return where(mask, full_like(nothing, -math.inf), nothing)


def joined_mask(attn_mask: Any, key_padding_mask: Any, heads: int, dtype: Any) -> Any:
    """Both masks as one for `attention` that broadcasts to [N, heads, L, S], or None."""
    parts = []
    if attn_mask is not None:
        by_head = attn_mask.ndim == 3
        parts.append(attn_mask.unflatten(0, (-1, heads)) if by_head else attn_mask)
    if key_padding_mask is not None:
        parts.append(key_padding_mask.unsqueeze(1).unsqueeze(1))
    if not parts:
        return None
    if all(p.dtype is dtypes.bool_ for p in parts):
        hidden = parts[0] if len(parts) == 1 else parts[0] | parts[1]
        return ~hidden
    added = [_added(p, dtype) for p in parts]
    return added[0] if len(added) == 1 else added[0] + added[1]


def projected(operands: tuple[Any, Any, Any], weights: Projections) -> list[Any]:
    """Queries, keys and values [N, length, E] from [N, length, size]."""
    q, k, v = operands
    if weights.separate is None and q is k and k is v:  # one product instead of three
        return list(linear(q, weights.together, weights.bias).chunk(3, -1))
    biases = (None,) * 3 if weights.bias is None else weights.bias.chunk(3, 0)
    matrices = weights.together.chunk(3, 0) if weights.separate is None else weights.separate
    return [linear(x, w, b) for x, w, b in zip(operands, matrices, biases, strict=True)]


def _extended(k: Any, v: Any, own: tuple[Any, Any], extra: bool) -> tuple[Any, Any]:
    """Keys and values [N, S, E] with a trained row and (extra) a row of zeros at the end."""
    if own[0] is not None:
        k, v = (cat([x, b.reshape(1, 1, -1).expand(x.shape[0], 1, x.shape[2])], 1)
                for x, b in zip((k, v), own, strict=True))
    if extra:
        k, v = pad(k, (0, 0, 0, 1)), pad(v, (0, 0, 0, 1))
    return k, v


def _joined_heads(static: Any, like: Any, heads: int) -> Any:
    """[N, S, E] of [N * heads, S, E / heads]."""
    n, _, width = like.shape
    if static.ndim != 3 or static.shape[0] != n * heads or static.shape[2] * heads != width:
        raise ShapeError(
            message("multi_head_attention_forward: static_k, static_v",
                    expected=f"[{n * heads}, S, {width // heads}]", got=str(list(static.shape)))
        )
    return static.unflatten(0, (n, heads)).transpose(1, 2).flatten(2)


def attend(
    operands: tuple[Any, Any, Any], heads: int, weights: Projections, own: tuple[Any, Any],
    add_zero_attn: bool, out: tuple[Any, Any], rate: float, masks: tuple[Any, Any, bool],
    need_weights: bool, static: tuple[Any, Any] = (None, None),
) -> tuple[Any, Any]:
    """(outputs [N, L, E], weights [N, heads, L, S] or None) of operands [N, length, size].

    own: the trained key and value rows, or None; out: the last projection; masks: attn_mask,
    key_padding_mask, is_causal; static: keys and values [N * heads, S, E / heads], or None.
    """
    q, k, v = projected(operands, weights)
    k, v = (x if s is None else _joined_heads(s, x, heads)
            for x, s in zip((k, v), static, strict=True))
    length = k.shape[1]
    k, v = _extended(k, v, own, add_zero_attn)
    attn_mask, key_padding_mask, causal = masks
    more = k.shape[1] - length
    if more:
        attn_mask, key_padding_mask = (
            None if m is None else pad(m, (0, more)) for m in (attn_mask, key_padding_mask)
        )
    split = (heads, q.shape[-1] // heads)
    q, k, v = (x.unflatten(-1, split).transpose(1, 2) for x in (q, k, v))
    mask = joined_mask(attn_mask, key_padding_mask, heads, q.dtype)
    causal = causal and attn_mask is None
    found = None
    if need_weights:
        found = dropout(attention_weights(q, k, mask, causal), rate)
        mixed = found.matmul(v)
    elif causal and mask is not None:
        weight = dropout(attention_weights(q, k, mask, True), rate)
        mixed = weight.matmul(v)
    else:
        mixed = scaled_dot_product_attention(q, k, v, mask, rate, causal)
    return linear(mixed.transpose(1, 2).flatten(2), *out), found


def _require(query: Any, key: Any, value: Any, embed_dim: int, num_heads: int) -> None:
    dims = {x.ndim for x in (query, key, value)}
    paired = key.shape[:-1] == value.shape[:-1]
    fits = dims in ({2}, {3}) and query.shape[-1] == embed_dim and paired
    if not fits or (query.ndim == 3 and query.shape[1] != key.shape[1]):
        raise ShapeError(
            message(
                "multi_head_attention_forward: the operands do not fit",
                expected=f"query [L, N, {embed_dim}], key and value [S, N, ...], or without N",
                got=", ".join(str(list(x.shape)) for x in (query, key, value)),
            )
        )
    if num_heads < 1 or embed_dim % num_heads:
        raise ArgumentError(
            message("multi_head_attention_forward: num_heads",
                    expected=f"a divisor of {embed_dim}", got=str(num_heads))
        )


def multi_head_attention_forward(
    query: Any, key: Any, value: Any, embed_dim_to_check: int, num_heads: int,
    in_proj_weight: Any, in_proj_bias: Any, bias_k: Any, bias_v: Any, add_zero_attn: bool,
    dropout_p: float, out_proj_weight: Any, out_proj_bias: Any, training: bool = True,
    key_padding_mask: Any = None, need_weights: bool = True, attn_mask: Any = None,
    use_separate_proj_weight: bool = False, q_proj_weight: Any = None, k_proj_weight: Any = None,
    v_proj_weight: Any = None, static_k: Any = None, static_v: Any = None,
    average_attn_weights: bool = True, is_causal: bool = False,
) -> tuple[Any, Any]:
    """(outputs [L, N, E], weights or None) of queries [L, N, E], keys and values [S, N, ...].

    The function behind nn.MultiheadAttention (Vaswani et al., 2017), with PyTorch's arguments.
    Bool masks are True where nothing is attended to, float masks are added. static_k and static_v
    [N * heads, S, E / heads] take the place of the projected keys and values.
    """
    _require(query, key, value, embed_dim_to_check, num_heads)
    single = query.ndim == 2
    operands = batch_first((query, key, value), single)
    if single and key_padding_mask is not None:
        key_padding_mask = key_padding_mask.unsqueeze(0)
    separate = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else None
    result, weights = attend(
        operands, num_heads, Projections(in_proj_weight, separate, in_proj_bias), (bias_k, bias_v),
        add_zero_attn, (out_proj_weight, out_proj_bias), dropout_p if training else 0.0,
        (attn_mask, key_padding_mask, is_causal), need_weights, (static_k, static_v),
    )
    if weights is not None and average_attn_weights:
        weights = weights.mean(1)
    if single:
        return result.squeeze(0), None if weights is None else weights.squeeze(0)
    return result.transpose(0, 1), weights


def batch_first(
    operands: tuple[Any, Any, Any], single: bool, already: bool = False
) -> tuple[Any, Any, Any]:
    """The operands as [N, length, size]; equal ones stay one object."""
    made: dict[int, Any] = {}
    for x in operands:
        if id(x) not in made:
            made[id(x)] = x.unsqueeze(0) if single else x if already else x.transpose(0, 1)
    return tuple(made[id(x)] for x in operands)  # type: ignore[return-value]

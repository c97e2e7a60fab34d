"""MultiheadAttention and the transformer's encoder."""

from __future__ import annotations

import copy
import math
from typing import Any

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.nn import functional as F
from pentad.nn import init
from pentad.nn.containers import ModuleList
from pentad.nn.functional.common import require_fraction
from pentad.nn.linear import Linear, require_positive
from pentad.nn.module import Module
from pentad.nn.normalization import Dropout, LayerNorm
from pentad.nn.parameter import Parameter
from pentad.tensor.creation import empty, full_like, zeros
from pentad.tensor.pointwise import where


def _added(mask: Any, dtype: Any) -> Any:
    """A mask as what is added to scores; True means: not to be attended to."""
    if mask.dtype is not dtypes.bool_:
        return mask.to(dtype)
    nothing = zeros(mask.shape, dtype=dtype)
    return where(mask, full_like(nothing, -math.inf), nothing)


class MultiheadAttention(Module):
    """Attention by several heads on parts of the features (Vaswani et al., 2017).

    state_dict keys are PyTorch's: in_proj_weight [3 E, E] (or q_, k_ and v_proj_weight if keys or
    values have sizes of their own), in_proj_bias, out_proj.weight, out_proj.bias.
    """

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True,
        kdim: int | None = None, vdim: int | None = None, batch_first: bool = False,
        device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        require_positive("MultiheadAttention", embed_dim=embed_dim, num_heads=num_heads)
        require_fraction("MultiheadAttention", "dropout", dropout)
        if embed_dim % num_heads:
            raise ArgumentError(
                message("MultiheadAttention: num_heads", expected=f"a divisor of {embed_dim}",
                        got=str(num_heads))
            )
        self.embed_dim, self.num_heads, self.dropout = embed_dim, num_heads, dropout
        self.batch_first, self.head_dim = batch_first, embed_dim // num_heads
        self.kdim, self.vdim = kdim or embed_dim, vdim or embed_dim
        self._one_size = self.kdim == self.vdim == embed_dim
        shapes: dict[str, tuple[int, ...] | None] = {
            "in_proj_weight": (3 * embed_dim, embed_dim) if self._one_size else None,
            "q_proj_weight": None if self._one_size else (embed_dim, embed_dim),
            "k_proj_weight": None if self._one_size else (embed_dim, self.kdim),
            "v_proj_weight": None if self._one_size else (embed_dim, self.vdim),
            "in_proj_bias": (3 * embed_dim,) if bias else None,
        }
        for name, shape in shapes.items():
            value = None if shape is None else Parameter(empty(shape, dtype=dtype))
            self.register_parameter(name, value)
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the values anew: Xavier uniform weights, biases 0."""
        for name, p in self._parameters.items():
            if p is not None and name.endswith("weight"):
                init.xavier_uniform_(p)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)

    def _weights(self) -> tuple[Any, ...]:
        if self._one_size:
            return self.in_proj_weight.chunk(3, 0)  # type: ignore[no-any-return]
        return self.q_proj_weight, self.k_proj_weight, self.v_proj_weight

    def _projected(self, operands: tuple[Any, Any, Any]) -> list[Any]:
        """Queries, keys and values [N, heads, length, head_dim] from [N, length, size]."""
        q, k, v = operands
        biases = (None,) * 3 if self.in_proj_bias is None else self.in_proj_bias.chunk(3, 0)
        if q is k and k is v and self._one_size:  # one product instead of three
            found = F.linear(q, self.in_proj_weight, self.in_proj_bias).chunk(3, -1)
        else:
            found = [F.linear(x, w, b) for x, w, b in zip(operands, self._weights(), biases,
                                                          strict=True)]
        split = (self.num_heads, self.head_dim)
        return [x.unflatten(-1, split).transpose(1, 2) for x in found]

    def _mask(self, attn_mask: Any, key_padding_mask: Any, q: Any) -> Any:
        """Both masks as one that broadcasts to [N, heads, L, S], or None."""
        parts = []
        if attn_mask is not None:
            by_head = attn_mask.ndim == 3
            parts.append(attn_mask.unflatten(0, (-1, self.num_heads)) if by_head else attn_mask)
        if key_padding_mask is not None:
            parts.append(key_padding_mask.unsqueeze(1).unsqueeze(1))
        if not parts:
            return None
        if all(p.dtype is dtypes.bool_ for p in parts):
            hidden = parts[0] if len(parts) == 1 else parts[0] | parts[1]
            return ~hidden
        added = [_added(p, q.dtype) for p in parts]
        return added[0] if len(added) == 1 else added[0] + added[1]

    def _check(self, query: Any, key: Any, value: Any) -> None:
        sizes = (self.embed_dim, self.kdim, self.vdim)
        got = (query, key, value)
        dims = {x.ndim for x in got}
        if dims not in ({2}, {3}) or tuple(x.shape[-1] for x in got) != sizes:
            raise ShapeError(
                message(
                    "MultiheadAttention: the operands do not fit",
                    expected="query, key and value of 2 or 3 dimensions, the last of sizes "
                    f"{sizes}",
                    got=", ".join(str(list(x.shape)) for x in got),
                )
            )

    def forward(
        self, query: Any, key: Any, value: Any, key_padding_mask: Any = None,
        need_weights: bool = True, attn_mask: Any = None, average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        """(outputs, weights or None) of queries [L, N, E], keys and values [S, N, ...].

        With batch_first [N, L, E]; without a batch [L, E]. Bool masks are True where nothing is
        attended to, float masks are added: attn_mask [L, S] or [N * heads, L, S],
        key_padding_mask [N, S]. Weights [N, L, S] are averaged over the heads unless told
        otherwise ([N, heads, L, S]).
        """
        self._check(query, key, value)
        single = query.ndim == 2
        operands = self._batch_first((query, key, value), single)
        if single and key_padding_mask is not None:
            key_padding_mask = key_padding_mask.unsqueeze(0)
        q, k, v = self._projected(operands)
        mask = self._mask(attn_mask, key_padding_mask, q)
        causal = is_causal and attn_mask is None
        rate = self.dropout if self.training else 0.0
        weights = None
        if need_weights:
            weights = F.dropout(F.attention_weights(q, k, mask, causal), rate)
            mixed = weights.matmul(v)
        else:
            mixed = F.scaled_dot_product_attention(q, k, v, mask, rate, causal)
        result = self.out_proj(mixed.transpose(1, 2).flatten(2))
        if weights is not None and average_attn_weights:
            weights = weights.mean(1)
        if single:
            return result.squeeze(0), None if weights is None else weights.squeeze(0)
        return result if self.batch_first else result.transpose(0, 1), weights

    def _batch_first(self, operands: tuple[Any, Any, Any], single: bool) -> tuple[Any, Any, Any]:
        """The operands as [N, length, size]; equal ones stay one object."""
        made: dict[int, Any] = {}
        for x in operands:
            if id(x) not in made:
                made[id(x)] = (
                    x.unsqueeze(0) if single else x if self.batch_first else x.transpose(0, 1)
                )
        q, k, v = (made[id(x)] for x in operands)
        return q, k, v

    def extra_repr(self) -> str:
        """The sizes."""
        return f"embed_dim={self.embed_dim}, num_heads={self.num_heads}"


class TransformerEncoderLayer(Module):
    """Self-attention and a two-layer network, each with a residual and a layer norm."""

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Any = "relu", layer_norm_eps: float = 1e-5, batch_first: bool = False,
        norm_first: bool = False, bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype
        )
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout1, self.dropout2 = Dropout(dropout), Dropout(dropout)
        known = {"relu": F.relu, "gelu": F.gelu}
        if not callable(activation) and activation not in known:
            raise ArgumentError(
                message("TransformerEncoderLayer: activation",
                        expected='"relu", "gelu" or a function', got=repr(activation))
            )
        self.activation = known.get(activation, activation) if isinstance(
            activation, str) else activation

    def forward(
        self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None,
        is_causal: bool = False,
    ) -> Any:
        """[L, N, d_model] ([N, L, d_model] with batch_first) to the same shape."""
        def attend(x: Any) -> Any:
            found, _ = self.self_attn(
                x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal
            )
            return self.dropout1(found)

        def feed(x: Any) -> Any:
            inner = self.dropout(self.activation(self.linear1(x)))
            return self.dropout2(self.linear2(inner))

        if self.norm_first:
            src = src + attend(self.norm1(src))
            return src + feed(self.norm2(src))
        src = self.norm1(src + attend(src))
        return self.norm2(src + feed(src))


class TransformerEncoder(Module):
    """Copies of an encoder layer one after the other, and a norm at the end if one is given."""

    def __init__(self, encoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        require_positive("TransformerEncoder", num_layers=num_layers)
        self.layers = ModuleList([copy.deepcopy(encoder_layer) for _ in range(num_layers)])
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False
    ) -> Any:
        """The input through every layer."""
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, is_causal)
        return src if self.norm is None else self.norm(src)

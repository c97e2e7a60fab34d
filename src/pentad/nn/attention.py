"""MultiheadAttention."""

from __future__ import annotations

from typing import Any

from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.nn import init
from pentad.nn.functional.common import require_fraction
from pentad.nn.functional.multihead import Projections, attend, batch_first
from pentad.nn.linear import Linear, require_positive
from pentad.nn.module import Module
from pentad.nn.parameter import Parameter
from pentad.tensor.functions.creation import empty


class NonDynamicallyQuantizableLinear(Linear):
    """Linear, by the name that PyTorch prints for the last projection of attention."""


class MultiheadAttention(Module):
    """Attention by several heads on parts of the features (Vaswani et al., 2017).

    state_dict keys are PyTorch's: in_proj_weight [3 E, E] (or q_, k_ and v_proj_weight if keys or
    values have sizes of their own), in_proj_bias, out_proj.weight, out_proj.bias.
    """

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True,
        add_bias_kv: bool = False, add_zero_attn: bool = False, kdim: int | None = None,
        vdim: int | None = None, batch_first: bool = False, device: Any = None,
        dtype: Any = None,
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
        self.add_zero_attn = add_zero_attn
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
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias, dtype=dtype)
        for name in ("bias_k", "bias_v"):
            row = Parameter(empty(1, 1, embed_dim, dtype=dtype)) if add_bias_kv else None
            self.register_parameter(name, row)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the values anew: Xavier uniform weights, biases 0."""
        for name, p in self._parameters.items():
            if p is not None and name.endswith("weight"):
                init.xavier_uniform_(p)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        if self.bias_k is not None:
            init.xavier_normal_(self.bias_k)
            init.xavier_normal_(self.bias_v)

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
        operands = batch_first((query, key, value), single, self.batch_first)
        if single and key_padding_mask is not None:
            key_padding_mask = key_padding_mask.unsqueeze(0)
        separate = None
        if not self._one_size:
            separate = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        result, weights = attend(
            operands, self.num_heads,
            Projections(self.in_proj_weight, separate, self.in_proj_bias),
            (self.bias_k, self.bias_v), self.add_zero_attn,
            (self.out_proj.weight, self.out_proj.bias), self.dropout if self.training else 0.0,
            (attn_mask, key_padding_mask, is_causal), need_weights,
        )
        if weights is not None and average_attn_weights:
            weights = weights.mean(1)
        if single:
            return result.squeeze(0), None if weights is None else weights.squeeze(0)
        return result if self.batch_first else result.transpose(0, 1), weights

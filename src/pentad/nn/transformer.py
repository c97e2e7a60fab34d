"""The transformer (Vaswani et al., 2017): encoder, decoder, and both together."""

from __future__ import annotations

import copy
import math
from typing import Any

from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.nn import functional as F
from pentad.nn import init
from pentad.nn.attention import MultiheadAttention
from pentad.nn.containers import ModuleList
from pentad.nn.dropout import Dropout
from pentad.nn.linear import Linear, require_positive
from pentad.nn.module import Module
from pentad.nn.normalization import LayerNorm
from pentad.tensor.functions.creation import full
from pentad.tensor.functions.rearranging import triu


def _activation(name: str, given: Any) -> Any:
    known = {"relu": F.relu, "gelu": F.gelu}
    if not callable(given) and given not in known:
        raise ArgumentError(
            message(f"{name}: activation", expected='"relu", "gelu" or a function',
                    got=repr(given))
        )
    return known[given] if isinstance(given, str) else given


def require_module(name: str, value: object) -> None:
    """DTypeError unless the value is a module."""
    if not isinstance(value, Module):
        raise DTypeError(
            message(f"{name}: not a module", expected="Module", got=type(value).__name__)
        )


class _Layer(Module):
    """What the layers of encoder and decoder share: a network of two linear layers, norms."""

    def _build(
        self, d_model: int, nhead: int, dim_feedforward: int, dropout: float, activation: Any,
        layer_norm_eps: float, batch_first: bool, norm_first: bool, bias: bool, dtype: Any,
        crossed: bool,
    ) -> None:
        def attention() -> MultiheadAttention:
            return MultiheadAttention(
                d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype
            )

        self.self_attn = attention()
        if crossed:
            self.multihead_attn = attention()
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype)
        self.norm_first = norm_first
        count = 3 if crossed else 2
        for i in range(1, count + 1):
            self.add_module(f"norm{i}", LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype))
        for i in range(1, count + 1):
            self.add_module(f"dropout{i}", Dropout(dropout))
        self.activation = _activation(type(self).__name__, activation)

    def _feed(self, x: Any, dropout: Any) -> Any:
        return dropout(self.linear2(self.dropout(self.activation(self.linear1(x)))))

    def _attend(
        self, attention: Any, x: Any, memory: Any, mask: Any, padding: Any, causal: bool,
        dropout: Any,
    ) -> Any:
        found, _ = attention(x, memory, memory, padding, False, mask, is_causal=causal)
        return dropout(found)


class TransformerEncoderLayer(_Layer):
    """Self-attention and a two-layer network, each with a residual and a layer norm."""

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Any = "relu", layer_norm_eps: float = 1e-5, batch_first: bool = False,
        norm_first: bool = False, bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        self._build(d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps,
                    batch_first, norm_first, bias, dtype, crossed=False)

    def forward(
        self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None,
        is_causal: bool = False,
    ) -> Any:
        """[L, N, d_model] ([N, L, d_model] with batch_first) to the same shape."""
        def attend(x: Any) -> Any:
            return self._attend(self.self_attn, x, x, src_mask, src_key_padding_mask, is_causal,
                                self.dropout1)

        if self.norm_first:
            src = src + attend(self.norm1(src))
            return src + self._feed(self.norm2(src), self.dropout2)
        src = self.norm1(src + attend(src))
        return self.norm2(src + self._feed(src, self.dropout2))


class TransformerDecoderLayer(_Layer):
    """Self-attention, attention to a memory, and a network, each with residual and layer norm."""

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Any = "relu", layer_norm_eps: float = 1e-5, batch_first: bool = False,
        norm_first: bool = False, bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        self._build(d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps,
                    batch_first, norm_first, bias, dtype, crossed=True)

    def forward(
        self, tgt: Any, memory: Any, tgt_mask: Any = None, memory_mask: Any = None,
        tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False, memory_is_causal: bool = False,
    ) -> Any:
        """Targets [L, N, d_model] that attend to themselves and to a memory [S, N, d_model]."""
        def itself(x: Any) -> Any:
            return self._attend(self.self_attn, x, x, tgt_mask, tgt_key_padding_mask,
                                tgt_is_causal, self.dropout1)

        def across(x: Any) -> Any:
            return self._attend(self.multihead_attn, x, memory, memory_mask,
                                memory_key_padding_mask, memory_is_causal, self.dropout2)

        if self.norm_first:
            tgt = tgt + itself(self.norm1(tgt))
            tgt = tgt + across(self.norm2(tgt))
            return tgt + self._feed(self.norm3(tgt), self.dropout3)
        tgt = self.norm1(tgt + itself(tgt))
        tgt = self.norm2(tgt + across(tgt))
        return self.norm3(tgt + self._feed(tgt, self.dropout3))


class TransformerEncoder(Module):
    """Copies of an encoder layer one after the other, and a norm at the end if one is given."""

    def __init__(
        self, encoder_layer: Module, num_layers: int, norm: Module | None = None,
        enable_nested_tensor: bool = True, mask_check: bool = True,
    ) -> None:
        super().__init__()
        require_positive("TransformerEncoder", num_layers=num_layers)
        require_module("TransformerEncoder", encoder_layer)
        self.layers = ModuleList([copy.deepcopy(encoder_layer) for _ in range(num_layers)])
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self, src: Any, mask: Any = None, src_key_padding_mask: Any = None,
        is_causal: bool | None = None,
    ) -> Any:
        """The input through every layer."""
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, bool(is_causal))
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(Module):
    """Copies of a decoder layer one after the other, and a norm at the end if one is given."""

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        require_positive("TransformerDecoder", num_layers=num_layers)
        require_module("TransformerDecoder", decoder_layer)
        self.layers = ModuleList([copy.deepcopy(decoder_layer) for _ in range(num_layers)])
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self, tgt: Any, memory: Any, tgt_mask: Any = None, memory_mask: Any = None,
        tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None,
        tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
    ) -> Any:
        """The targets through every layer."""
        for layer in self.layers:
            tgt = layer(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask,
                        memory_key_padding_mask, bool(tgt_is_causal), memory_is_causal)
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(Module):
    """An encoder of sources and a decoder of targets that attends to what it gives."""

    def __init__(
        self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6,
        num_decoder_layers: int = 6, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Any = "relu", custom_encoder: Any = None, custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False,
        bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        sizes = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
                 norm_first, bias, device, dtype)

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)

        self.encoder = custom_encoder or TransformerEncoder(
            TransformerEncoderLayer(*sizes), num_encoder_layers, norm())
        self.decoder = custom_decoder or TransformerDecoder(
            TransformerDecoderLayer(*sizes), num_decoder_layers, norm())
        for p in self.parameters():
            if p.ndim > 1:
                init.xavier_uniform_(p)
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def forward(
        self, src: Any, tgt: Any, src_mask: Any = None, tgt_mask: Any = None,
        memory_mask: Any = None, src_key_padding_mask: Any = None, tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None, src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
    ) -> Any:
        """Sources [S, N, d_model] and targets [L, N, d_model] give [L, N, d_model]."""
        batch = 0 if self.batch_first else 1
        unequal = src.ndim == 3 and tgt.ndim == 3 and src.shape[batch] != tgt.shape[batch]
        if unequal or src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise ShapeError(
                message("Transformer: the operands do not fit",
                        expected=f"as many sources as targets, both of {self.d_model} features",
                        got=f"{list(src.shape)} and {list(tgt.shape)}")
            )
        memory = self.encoder(src, src_mask, src_key_padding_mask, src_is_causal)
        return self.decoder(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask,
                            memory_key_padding_mask, tgt_is_causal, memory_is_causal)

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Any:
        """[sz, sz]: -inf above the diagonal, so that no place attends to a later one."""
        return triu(full((sz, sz), -math.inf, dtype=dtype), 1)

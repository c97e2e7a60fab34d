"""Sequences of several lengths, recurrent layers over them, transformers."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pentad as pt
from pentad import nn
from pentad.graph.errors import ArgumentError, ShapeError
from pentad.nn import functional as F
from pentad.nn.utils import rnn
from tests.nn.numeric import close, normal

LENGTHS = [3, 5, 1]
PARTS = [normal(n, 4, seed=n) for n in LENGTHS]


def tensors():
    return [pt.tensor(p) for p in PARTS]


def test_padding_and_packing_are_undone():
    padded = rnn.pad_sequence(tensors(), padding_value=7.0)
    assert padded.shape == (5, 3, 4)
    assert padded[4, 0].tolist() == [7.0] * 4
    left = rnn.pad_sequence(tensors(), batch_first=True, padding_side="left")
    assert left[2, :4].abs().max().item() == 0
    packed = rnn.pack_padded_sequence(padded, LENGTHS, enforce_sorted=False)
    assert packed.batch_sizes.tolist() == [3, 2, 2, 1, 1]
    assert packed.sorted_indices.tolist() == [1, 0, 2]
    close(packed.data[:3], np.stack([PARTS[1][0], PARTS[0][0], PARTS[2][0]]))
    back, lengths = rnn.pad_packed_sequence(packed, padding_value=7.0)
    assert lengths.tolist() == LENGTHS
    assert back.tolist() == padded.tolist()
    assert rnn.pad_packed_sequence(packed, batch_first=True, total_length=8)[0].shape == (3, 8, 4)
    for part, found in zip(PARTS, rnn.unpack_sequence(packed), strict=True):
        close(found, part)
    same = rnn.pack_sequence(tensors(), enforce_sorted=False)
    assert same.data.tolist() == packed.data.tolist()


@pytest.mark.parametrize(("lengths", "error"), [
    ([3, 5, 1], ArgumentError), ([6, 2, 1], ShapeError), ([2, 1], ArgumentError),
    ([2, 1, 0], ArgumentError),
])
def test_errors_of_packing(lengths, error):
    with pytest.raises(error):
        rnn.pack_padded_sequence(pt.zeros(5, 3, 4), lengths)


@pytest.mark.parametrize("make", [
    lambda: nn.LSTM(4, 6, 2, bidirectional=True, proj_size=3), lambda: nn.GRU(4, 3),
    lambda: nn.RNN(4, 3, nonlinearity="relu", bidirectional=True),
])
def test_a_packed_sequence_is_each_sequence_by_itself(make):
    pt.manual_seed(0)
    layer = make().double()
    packed = rnn.pack_sequence(tensors(), enforce_sorted=False)
    outputs, last = layer(packed)
    for i, found in enumerate(rnn.unpack_sequence(outputs)):
        alone, state = layer(pt.tensor(PARTS[i]))
        close(found, alone.detach().numpy(), 1e-12)
        for mine, own in zip(last if isinstance(last, tuple) else (last,),
                             state if isinstance(state, tuple) else (state,), strict=True):
            close(mine[:, i], own.detach().numpy(), 1e-12)


def test_a_projected_lstm():
    layer = nn.LSTM(4, 6, proj_size=3).double()
    assert list(layer.state_dict()) == ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0",
                                        "weight_hr_l0"]
    outputs, (h, c) = layer(pt.tensor(normal(5, 2, 4)))
    assert (outputs.shape, h.shape, c.shape) == ((5, 2, 3), (1, 2, 3), (1, 2, 6))
    with pytest.raises(ArgumentError):
        nn.GRU(4, 6, proj_size=3)
    with pytest.raises(ArgumentError):
        nn.LSTM(4, 6, proj_size=6)


# -- attention -------------------------------------------------------------------------------------


def test_grouped_queries_share_keys():
    q, k, v = normal(2, 4, 3, 5), normal(2, 2, 6, 5, seed=1), normal(2, 2, 6, 5, seed=2)
    found = F.scaled_dot_product_attention(*map(pt.tensor, (q, k, v)), enable_gqa=True)
    k, v = k.repeat(2, 1), v.repeat(2, 1)
    scores = np.exp(q @ k.swapaxes(-1, -2) / math.sqrt(5))
    close(found, scores / scores.sum(-1, keepdims=True) @ v)
    with pytest.raises(ShapeError):
        F.scaled_dot_product_attention(*map(pt.tensor, (q[:, :3], k[:, :2], v[:, :2])),
                                       enable_gqa=True)
    with pytest.raises(ArgumentError):
        F.scaled_dot_product_attention(*map(pt.tensor, (q, k, v)), is_causal=True,
                                       attn_mask=pt.ones(3, 6).bool())


def test_more_keys_of_attention():
    pt.manual_seed(0)
    layer = nn.MultiheadAttention(8, 2, add_bias_kv=True, add_zero_attn=True).double()
    x = pt.tensor(normal(3, 2, 8))
    padding = pt.tensor([[False, False, True], [False, False, False]])
    out, weights = layer(x, x, x, key_padding_mask=padding)
    assert weights.shape == (2, 3, 5)
    close(weights.sum(-1), np.ones((2, 3)))
    assert weights[0, :, 2].abs().max().item() == 0
    assert (weights[..., 3:] > 0).all().item()
    other = F.multi_head_attention_forward(
        x, x, x, 8, 2, layer.in_proj_weight, layer.in_proj_bias, layer.bias_k, layer.bias_v, True,
        0.0, layer.out_proj.weight, layer.out_proj.bias, key_padding_mask=padding)
    assert other[0].tolist() == out.tolist()
    assert set(layer.state_dict()) >= {"bias_k", "bias_v"}


def test_keys_and_values_that_are_projected_already():
    pt.manual_seed(0)
    layer = nn.MultiheadAttention(8, 2)
    q, k = pt.randn(3, 2, 8), pt.randn(5, 2, 8)
    weights = (layer.in_proj_weight, layer.in_proj_bias, None, None, False, 0.0,
               layer.out_proj.weight, layer.out_proj.bias)
    made = [
        F.linear(k, layer.in_proj_weight[i : i + 8], layer.in_proj_bias[i : i + 8])
        .reshape(5, 4, 4).transpose(0, 1)
        for i in (8, 16)
    ]
    wanted = layer(q, k, k)[0].detach().numpy()
    for other in (k, k[:2]):  # of what is given as keys, nothing remains
        found = F.multi_head_attention_forward(
            q, other, other, 8, 2, *weights, static_k=made[0], static_v=made[1])[0]
        close(found, wanted, 1e-5)
    with pytest.raises(ShapeError, match=r"\[4, S, 4\]"):
        F.multi_head_attention_forward(q, k, k, 8, 2, *weights, static_k=pt.randn(2, 5, 4))


@pytest.mark.parametrize("norm_first", [False, True])
def test_a_transformer_looks_at_its_memory_and_back_only(norm_first):
    pt.manual_seed(0)
    model = nn.Transformer(8, 2, 1, 2, 16, 0.0, norm_first=norm_first).double()
    src, tgt = pt.tensor(normal(4, 2, 8)), pt.tensor(normal(3, 2, 8, seed=1))
    mask = nn.Transformer.generate_square_subsequent_mask(3, dtype=pt.float64)
    assert mask.tolist() == [[0, -math.inf, -math.inf], [0, 0, -math.inf], [0, 0, 0]]
    y = model(src, tgt, tgt_mask=mask)
    assert y.shape == (3, 2, 8)
    close(pt.compile(lambda a, b: model(a, b, tgt_mask=mask))(src, tgt), y.detach().numpy(), 1e-9)
    later = tgt.clone()
    later[2] += 1
    close(model(src, later, tgt_mask=mask)[:2], y[:2].detach().numpy(), 1e-9)
    assert np.abs((model(src.cos(), tgt, tgt_mask=mask) - y).detach().numpy()).max() > 1e-3
    keys = set(model.state_dict())
    assert {"decoder.layers.1.multihead_attn.in_proj_weight", "decoder.norm.weight",
            "encoder.layers.0.norm2.bias"} <= keys
    with pytest.raises(ShapeError):
        model(src[..., :4], tgt)

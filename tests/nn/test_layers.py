from __future__ import annotations

import math

import numpy as np
import pytest

import pentad as pt
from pentad import nn
from pentad.graph.errors import ArgumentError, ShapeError
from pentad.nn import init
from pentad.nn import utils as nn_utils
from tests.nn.numeric import close, normal


@pytest.mark.parametrize("layer,shape,expected", [
    (nn.Conv1d(2, 4, 3, stride=2, padding=1), (1, 2, 8), (1, 4, 4)),
    (nn.Conv2d(2, 4, (3, 2), groups=2, padding_mode="reflect", padding=1), (1, 2, 5, 5),
     (1, 4, 5, 6)),
    (nn.Conv3d(1, 2, 2, bias=False), (1, 1, 3, 3, 3), (1, 2, 2, 2, 2)),
    (nn.ConvTranspose2d(2, 3, 3, stride=2, output_padding=1), (1, 2, 4, 4), (1, 3, 10, 10)),
    (nn.MaxPool2d(2), (1, 2, 4, 4), (1, 2, 2, 2)),
    (nn.AvgPool1d(2, padding=1), (1, 2, 4), (1, 2, 3)),
    (nn.AdaptiveAvgPool2d((None, 2)), (1, 2, 3, 5), (1, 2, 3, 2)),
    (nn.Flatten(), (2, 3, 4), (2, 12)),
    (nn.Unflatten(1, (3, 4)), (2, 12), (2, 3, 4)),
    (nn.GroupNorm(2, 4), (2, 4, 3), (2, 4, 3)),
    (nn.RMSNorm(4), (2, 4), (2, 4)),
    (nn.InstanceNorm2d(3), (2, 3, 4, 4), (2, 3, 4, 4)),
    (nn.PReLU(3), (2, 3), (2, 3)),
    (nn.Softmax2d(), (2, 3, 2, 2), (2, 3, 2, 2)),
    (nn.Hardtanh(-2, 2), (3,), (3,)),
    (nn.Identity(1, a=2), (3,), (3,)),
])
def test_layers_give_the_shapes_of_pytorch(layer, shape, expected):
    assert layer(pt.randn(shape)).shape == expected
    assert repr(layer).startswith(type(layer).__name__ + "(")


@pytest.mark.parametrize("make,text", [
    (lambda: nn.Conv2d(1, 2, 3), "Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))"),
    (lambda: nn.LSTM(2, 3, 2, batch_first=True), "LSTM(2, 3, num_layers=2, batch_first=True)"),
    (lambda: nn.LeakyReLU(0.2), "LeakyReLU(negative_slope=0.2)"),
    (lambda: nn.Embedding(5, 2, padding_idx=-1), "Embedding(5, 2, padding_idx=4)"),
    (lambda: nn.Dropout(0.1), "Dropout(p=0.1, inplace=False)"),
    (lambda: nn.Softmax(dim=1), "Softmax(dim=1)"),
])
def test_text_of_layers(make, text):
    assert repr(make()) == text


@pytest.mark.parametrize("make", [
    lambda: nn.Linear(0, 3), lambda: nn.Linear(3, 2.5), lambda: nn.Conv2d(3, 4, 3, groups=2),
    lambda: nn.Conv2d(1, 1, 3, padding_mode="mirror"), lambda: nn.Dropout(1.5),
    lambda: nn.GroupNorm(3, 4), lambda: nn.LSTM(2, 0), lambda: nn.MultiheadAttention(6, 4),
    lambda: nn.Embedding(3, 2, padding_idx=3), lambda: nn.RNN(2, 2, nonlinearity="sin"),
])
def test_sizes_out_of_range_are_refused(make):
    with pytest.raises(ArgumentError):
        make()


def test_batch_norm_counts_and_averages():
    layer = nn.BatchNorm1d(2, momentum=None)
    batches = [normal(6, 2, seed=i, dtype=np.float32) for i in range(3)]
    for b in batches:
        layer(pt.tensor(b))
    assert layer.num_batches_tracked.item() == 3
    close(layer.running_mean, np.mean([b.mean(0) for b in batches], 0), 1e-5)
    close(layer.running_var, np.mean([b.var(0, ddof=1) for b in batches], 0), 1e-5)
    layer.eval()
    layer(pt.tensor(batches[0]))
    assert layer.num_batches_tracked.item() == 3
    with pytest.raises(ShapeError, match="BatchNorm2d: wrong number of dimensions"):
        nn.BatchNorm2d(2)(pt.zeros(3, 2))


def test_batch_norm_without_running_statistics_uses_the_batch_in_evaluation_too():
    layer = nn.BatchNorm1d(2, track_running_stats=False).eval()
    y = layer(pt.tensor(normal(50, 2, dtype=np.float32) + 3)).detach().numpy()
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-5)


# -- recurrent -------------------------------------------------------------------------------------


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def weights_of(layer, suffix):
    return [getattr(layer, f"{n}{suffix}").detach().numpy().astype(float)
            for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]


def lstm(x, h, c, wi, wh, bi, bh):
    ys = []
    for row in x:
        i, f, g, o = np.split(row @ wi.T + bi + h @ wh.T + bh, 4, -1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        ys.append(h)
    return np.stack(ys), h, c


def gru(x, h, wi, wh, bi, bh):
    ys = []
    for row in x:
        r, z, n = np.split(row @ wi.T + bi, 3, -1)
        hr, hz, hn = np.split(h @ wh.T + bh, 3, -1)
        r, z = sigmoid(r + hr), sigmoid(z + hz)
        h = (1 - z) * np.tanh(n + r * hn) + z * h
        ys.append(h)
    return np.stack(ys), h


def test_lstm_by_its_equations_in_both_directions():
    layer = nn.LSTM(3, 4, bidirectional=True).double()
    x = normal(5, 2, 3)
    y, (h, c) = layer(pt.tensor(x))
    zero = np.zeros((2, 4))
    forth, h0, c0 = lstm(x, zero, zero, *weights_of(layer, "_l0"))
    back, h1, c1 = lstm(x[::-1], zero, zero, *weights_of(layer, "_l0_reverse"))
    close(y, np.concatenate([forth, back[::-1]], -1))
    close(h, np.stack([h0, h1]))
    close(c, np.stack([c0, c1]))


def test_lstm_layers_states_and_keys():
    layer = nn.LSTM(3, 4, 2, batch_first=True).double()
    assert list(layer.state_dict()) == [
        f"{n}_l{i}" for i in range(2) for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    x, h, c = normal(2, 5, 3), normal(2, 2, 4, seed=1), normal(2, 2, 4, seed=2)
    y, (hn, _) = layer(pt.tensor(x), (pt.tensor(h), pt.tensor(c)))
    first, h0, _ = lstm(x.swapaxes(0, 1), h[0], c[0], *weights_of(layer, "_l0"))
    second, h1, _ = lstm(first, h[1], c[1], *weights_of(layer, "_l1"))
    close(y, second.swapaxes(0, 1))
    close(hn, np.stack([h0, h1]))
    single, _ = layer(pt.tensor(x[0]))
    assert single.shape == (5, 4)
    with pytest.raises(ShapeError, match="the first state does not fit"):
        layer(pt.tensor(x), (pt.tensor(h[:1]), pt.tensor(c)))
    with pytest.raises(ShapeError, match="LSTM: the input does not fit"):
        layer(pt.tensor(x[..., :2]))


def test_lstm_gradient_is_the_slope():
    layer = nn.LSTM(2, 2).double()
    x = pt.tensor(normal(3, 1, 2))
    layer(x)[0].sum().backward()
    weight = layer.weight_hh_l0
    values = []
    for step in (1e-5, -1e-5):
        with pt.no_grad():
            weight[1, 0] += step
            values.append(layer(x)[0].sum().item())
            weight[1, 0] -= step
    assert math.isclose(weight.grad[1, 0].item(), (values[0] - values[1]) / 2e-5, rel_tol=1e-6)


def test_gru_and_rnn_by_their_equations():
    x = normal(4, 2, 3)
    layer = nn.GRU(3, 5).double()
    y, h = layer(pt.tensor(x))
    expected, last = gru(x, np.zeros((2, 5)), *weights_of(layer, "_l0"))
    close(y, expected)
    close(h[0], last)
    plain = nn.RNN(3, 5, nonlinearity="relu").double()
    wi, wh, bi, bh = weights_of(plain, "_l0")
    h = np.zeros((2, 5))
    for row in x:
        h = np.maximum(row @ wi.T + bi + h @ wh.T + bh, 0)
    close(plain(pt.tensor(x))[1][0], h)


def test_cells():
    x = normal(2, 3)
    cell = nn.LSTMCell(3, 4).double()
    h, c = cell(pt.tensor(x))
    _, eh, ec = lstm(x[None], np.zeros((2, 4)), np.zeros((2, 4)), *weights_of(cell, ""))
    close(h, eh)
    close(c, ec)
    gated = nn.GRUCell(3, 4).double()
    close(gated(pt.tensor(x)), gru(x[None], np.zeros((2, 4)), *weights_of(gated, ""))[1])
    assert nn.RNNCell(3, 4)(pt.zeros(3)).shape == (4,)


# -- attention -------------------------------------------------------------------------------------


def attention(layer, x, mask):
    w, b = (getattr(layer, n).detach().numpy() for n in ("in_proj_weight", "in_proj_bias"))
    q, k, v = np.split(x @ w.T + b, 3, -1)
    heads = []
    weights = []
    for i in range(layer.num_heads):
        part = slice(i * layer.head_dim, (i + 1) * layer.head_dim)
        scores = q[..., part] @ k[..., part].swapaxes(-1, -2) / math.sqrt(layer.head_dim) + mask
        e = np.exp(scores - scores.max(-1, keepdims=True))
        weights.append(e / e.sum(-1, keepdims=True))
        heads.append(weights[-1] @ v[..., part])
    out = layer.out_proj
    y = np.concatenate(heads, -1) @ out.weight.detach().numpy().T + out.bias.detach().numpy()
    return y, np.mean(weights, 0)


def test_multihead_attention_by_its_formula_with_masks():
    layer = nn.MultiheadAttention(6, 2, batch_first=True).double()
    assert list(layer.state_dict()) == ["in_proj_weight", "in_proj_bias", "out_proj.weight",
                                        "out_proj.bias"]
    x = normal(2, 4, 6)
    hidden = np.triu(np.ones((4, 4), bool), 1)
    padding = np.array([[False] * 4, [False, False, False, True]])
    mask = np.where(hidden | padding[:, None], -np.inf, 0)
    t = pt.tensor(x)
    y, weights = layer(t, t, t, pt.tensor(padding), attn_mask=pt.tensor(hidden))
    expected = attention(layer, x, mask)
    close(y, expected[0])
    close(weights, expected[1])
    same, none = layer(t, t, t, pt.tensor(padding), False, pt.tensor(np.where(hidden, -1e9, 0.0)))
    close(same, expected[0])
    assert none is None


def test_multihead_attention_with_sizes_of_its_own_and_time_first():
    layer = nn.MultiheadAttention(4, 2, kdim=3, vdim=5).double()
    assert "q_proj_weight" in layer.state_dict()
    q, k, v = (pt.tensor(normal(*s)) for s in ((2, 1, 4), (6, 1, 3), (6, 1, 5)))
    y, weights = layer(q, k, v, average_attn_weights=False)
    assert y.shape == (2, 1, 4)
    assert weights.shape == (1, 2, 2, 6)
    with pytest.raises(ShapeError, match="the operands do not fit"):
        layer(q, v, k)


def test_transformer_encoder():
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True, norm_first=True)
    encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(8))
    assert "layers.1.self_attn.in_proj_weight" in encoder.state_dict()
    x = pt.randn(2, 3, 8)
    y = encoder(x, is_causal=True)
    changed = x.clone()
    changed[:, 2, 0] += 3
    difference = (encoder(changed, is_causal=True) - y).abs().detach().numpy().max((0, 2))
    assert difference[2] > 1e-3
    assert difference[:2].max() < 1e-6


# -- initial values --------------------------------------------------------------------------------


def drawn(function, *shape, **options):
    pt.manual_seed(0)
    return function(pt.empty(*shape), **options).numpy()


@pytest.mark.parametrize("function,options,std", [
    (init.uniform_, {"a": -1.0, "b": 1.0}, 1 / math.sqrt(3)),
    (init.normal_, {"std": 2.0}, 2.0),
    (init.xavier_uniform_, {}, math.sqrt(2 / 700)),
    (init.xavier_normal_, {"gain": 2.0}, 2 * math.sqrt(2 / 700)),
    (init.kaiming_uniform_, {"nonlinearity": "relu"}, math.sqrt(2 / 400)),
    (init.kaiming_normal_, {"mode": "fan_out", "nonlinearity": "relu"}, math.sqrt(2 / 300)),
])
def test_distributions(function, options, std):
    values = drawn(function, 300, 400, **options)
    assert abs(values.std() / std - 1) < 0.02
    assert abs(values.mean()) < 0.02 * std


def test_other_initial_values():
    assert np.abs(drawn(init.trunc_normal_, 2000)).max() <= 2
    assert abs(drawn(init.trunc_normal_, 20000).std() - 0.8796) < 0.02
    q = drawn(init.orthogonal_, 5, 3)
    np.testing.assert_allclose(q.T @ q, np.eye(3), atol=1e-5)
    np.testing.assert_array_equal(drawn(init.eye_, 2, 3), np.eye(2, 3))
    x = pt.randn(1, 3, 5)
    layer = nn.Conv1d(3, 3, 3, padding=1, bias=False)
    init.dirac_(layer.weight)
    close(layer(x), x.numpy())
    with pytest.raises(ArgumentError, match="unknown nonlinearity"):
        init.calculate_gain("sin")
    with pytest.raises(ShapeError, match="fan in"):
        init.xavier_uniform_(pt.empty(3))


def test_default_initial_values_of_linear():
    layer = nn.Linear(400, 300)
    bound = 1 / 20
    for values in (layer.weight.detach().numpy(), layer.bias.detach().numpy()):
        assert np.abs(values).max() <= bound
        assert abs(values.std() / (bound / math.sqrt(3)) - 1) < 0.1


# -- utils -----------------------------------------------------------------------------------------


def with_gradients():
    a, b = nn.Parameter(pt.zeros(3)), nn.Parameter(pt.zeros(2, 2))
    a.grad, b.grad = pt.tensor([3.0, 0.0, 4.0]), pt.full((2, 2), 6.0)
    return a, b


def test_clip_grad_norm():
    a, b = with_gradients()
    total = nn_utils.clip_grad_norm_([a, b, nn.Parameter(pt.zeros(1))], 1.3)
    assert math.isclose(total.item(), 13.0, rel_tol=1e-6)
    close(a.grad, np.array([0.3, 0, 0.4]))
    nn_utils.clip_grad_norm_([a, b], 100.0)
    close(b.grad, np.full((2, 2), 0.6))
    with pytest.raises(ArgumentError, match="max_norm"):
        nn_utils.clip_grad_norm_([a], math.nan)
    a.grad = pt.tensor([math.inf, 0.0, 0.0])
    with pytest.raises(ArgumentError, match="not finite"):
        nn_utils.clip_grad_norm_([a], 1.0, error_if_nonfinite=True)


def test_clip_grad_value_and_vectors():
    a, b = with_gradients()
    nn_utils.clip_grad_value_([a, b], 3.5)
    close(a.grad, [3, 0, 3.5])
    nn_utils.vector_to_parameters(pt.arange(7.0), [a, b])
    close(nn_utils.parameters_to_vector([a, b]), np.arange(7.0))
    with pytest.raises(ShapeError, match="does not fit"):
        nn_utils.vector_to_parameters(pt.arange(6.0), [a, b])

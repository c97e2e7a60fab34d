from __future__ import annotations

import math

import numpy as np
import pytest

import pentad as pt
from pentad.graph.errors import ArgumentError, DTypeError, IndexOutOfRange, ShapeError
from pentad.nn import functional as F
from tests.nn.numeric import check_gradients, close, convolved, normal


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


X = normal(3, 5) * 2
ERF = np.vectorize(math.erf)
ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "silu": lambda x: x * sigmoid(x),
    "gelu": lambda x: x * (1 + ERF(x / math.sqrt(2))) / 2,
    "softplus": lambda x: np.log1p(np.exp(x)),
    "hardtanh": lambda x: np.clip(x, -1, 1),
    "hardsigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "hardswish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanhshrink": lambda x: x - np.tanh(x),
    "logsigmoid": lambda x: np.log(sigmoid(x)),
    "sigmoid": sigmoid,
    "tanh": np.tanh,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name):
    close(getattr(F, name)(pt.tensor(X)), ACTIVATIONS[name](X), 1e-12)


def test_an_activation_in_place_writes_over_its_input():
    x = pt.tensor(X)
    assert F.relu(x, inplace=True) is x
    close(x, np.maximum(X, 0))
    y = pt.tensor(X)
    F.leaky_relu(y, 0.1, True)
    close(y, np.where(X > 0, X, 0.1 * X))


def test_glu_and_prelu():
    close(F.glu(pt.tensor(normal(2, 4))), normal(2, 4)[:, :2] * sigmoid(normal(2, 4)[:, 2:]))
    w = np.array([0.1, 0.2, 0.3])
    x = normal(2, 3, 2)
    close(F.prelu(pt.tensor(x), pt.tensor(w)), np.where(x > 0, x, x * w[None, :, None]))
    with pytest.raises(ShapeError, match="halved"):
        F.glu(pt.tensor(normal(2, 3)))


# -- linear, embedding ---------------------------------------------------------------------------


def test_linear():
    x, w, b = normal(2, 3, 4), normal(5, 4, seed=1), normal(5, seed=2)
    close(F.linear(pt.tensor(x), pt.tensor(w), pt.tensor(b)), x @ w.T + b)
    check_gradients(F.linear, x[0], w, b)


def test_linear_names_what_does_not_fit():
    with pytest.raises(ShapeError, match=r"features do not fit\n  expected: 4\n  got:      3"):
        F.linear(pt.zeros(2, 3), pt.zeros(5, 4))
    with pytest.raises(DTypeError, match="float32, as the input"):
        F.linear(pt.zeros(2, 4), pt.zeros(5, 4, dtype=pt.float64))


def test_embedding_and_its_padding_row():
    w = pt.tensor(normal(4, 3), requires_grad=True)
    index = pt.tensor([[0, 3], [3, 1]])
    rows = F.embedding(index, w, padding_idx=3)
    close(rows, normal(4, 3)[[[0, 3], [3, 1]]])
    rows.sum().backward()
    close(w.grad, np.array([[1.0] * 3, [1.0] * 3, [0.0] * 3, [0.0] * 3]))


@pytest.mark.parametrize("index", [4, -1])
def test_an_index_out_of_range_is_an_error(index):
    with pytest.raises(IndexOutOfRange):
        F.embedding(pt.tensor([0, index]), pt.zeros(4, 3))
    with pytest.raises(IndexOutOfRange):
        F.one_hot(pt.tensor([0, index]), 4)


def test_one_hot():
    labels = np.array([[0, 2], [1, 1]])
    found = F.one_hot(pt.tensor(labels))
    assert found.dtype is pt.int64
    close(found, np.eye(3, dtype=np.int64)[labels])


# -- convolution and pooling ---------------------------------------------------------------------


@pytest.mark.parametrize("stride,padding,dilation,groups", [(1, 0, 1, 1), (2, 1, 1, 2),
                                                            (1, 2, 2, 1)])
def test_conv2d(stride, padding, dilation, groups):
    x, w, b = normal(2, 4, 6, 5), normal(6, 4 // groups, 3, 2, seed=1), normal(6, seed=2)
    y = F.conv2d(pt.tensor(x), pt.tensor(w), pt.tensor(b), stride, padding, dilation, groups)
    close(y, convolved(x, w, stride, padding, dilation, groups) + b[:, None, None])


def test_conv2d_gradients_and_unbatched_input():
    x, w, b = normal(1, 2, 4, 3), normal(2, 2, 2, 2, seed=1), normal(2, seed=2)
    check_gradients(lambda *a: F.conv2d(*a, 1, 1), x, w, b)
    whole = F.conv2d(pt.tensor(x), pt.tensor(w))
    close(F.conv2d(pt.tensor(x[0]), pt.tensor(w)), whole.numpy()[0])


def test_padding_in_words():
    x, w = pt.tensor(normal(1, 1, 5, 6)), pt.tensor(normal(1, 1, 3, 2))
    assert F.conv2d(x, w, padding="same").shape == (1, 1, 5, 6)
    assert F.conv2d(x, w, padding="valid").shape == (1, 1, 3, 5)
    with pytest.raises(ArgumentError, match="same"):
        F.conv2d(x, w, stride=2, padding="same")


def test_a_transposed_convolution_is_the_transpose():
    x, w = normal(1, 3, 5, 4), normal(2, 3, 3, 3, seed=1)
    y = normal(1, 2, 3, 2, seed=2)
    forward = F.conv2d(pt.tensor(x), pt.tensor(w), stride=2, padding=1)
    back = F.conv_transpose2d(pt.tensor(y), pt.tensor(w), stride=2, padding=1,
                              output_padding=(0, 1))
    assert back.shape == x.shape
    assert math.isclose((forward.numpy() * y).sum(), (back.numpy() * x).sum(), rel_tol=1e-12)


def test_convolution_errors_name_the_sizes():
    with pytest.raises(ShapeError, match="channels do not fit"):
        F.conv2d(pt.zeros(1, 3, 8, 8), pt.zeros(4, 2, 3, 3))
    with pytest.raises(ShapeError, match="conv1d: wrong number of dimensions"):
        F.conv1d(pt.zeros(1, 3, 8, 8), pt.zeros(4, 3, 3))


def pooled(x, kernel, stride, padding, ceil_mode, reduce, fill):
    """PyTorch's windows over the last axis, each cut to what lies in the padded input."""
    n = x.shape[-1]
    room = n + 2 * padding - kernel
    count = -(-room // stride) + 1 if ceil_mode else room // stride + 1
    if ceil_mode and (count - 1) * stride >= n + padding:
        count -= 1
    wide = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(padding, padding)], constant_values=fill)
    return np.stack(
        [reduce(wide[..., i * stride:i * stride + kernel]) for i in range(count)], -1
    )


CASES = [(2, 2, 0, False), (3, 2, 1, False), (3, 2, 1, True), (2, 3, 0, True), (2, 2, 1, True)]


@pytest.mark.parametrize("kernel,stride,padding,ceil_mode", CASES)
def test_pooling_places_windows_as_pytorch(kernel, stride, padding, ceil_mode):
    x = normal(2, 3, 8)
    args = (pt.tensor(x), kernel, stride, padding)
    most = pooled(x, kernel, stride, padding, ceil_mode, lambda v: v.max(-1), -np.inf)
    close(F.max_pool1d(*args, ceil_mode=ceil_mode), most)
    mean = pooled(x, kernel, stride, padding, ceil_mode, lambda v: v.mean(-1), 0)
    close(F.avg_pool1d(*args, ceil_mode=ceil_mode), mean)
    inside = pooled(x, kernel, stride, padding, ceil_mode, lambda v: np.nanmean(v, -1), np.nan)
    close(F.avg_pool1d(*args, ceil_mode=ceil_mode, count_include_pad=False), inside)


def test_pooling_in_two_dimensions():
    x = normal(2, 3, 4, 6)
    blocks = x.reshape(2, 3, 2, 2, 3, 2)
    close(F.max_pool2d(pt.tensor(x), 2), blocks.max((3, 5)))
    close(F.avg_pool2d(pt.tensor(x), 2), blocks.mean((3, 5)))
    close(F.avg_pool2d(pt.tensor(x), 2, divisor_override=3), blocks.sum((3, 5)) / 3)
    check_gradients(lambda t: F.max_pool2d(t, 3, 2, 1), normal(1, 1, 4, 4))
    check_gradients(lambda t: F.avg_pool2d(t, 3, 2, 1, True, False), normal(1, 1, 4, 4))


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (5, 7), (2, 9)])
def test_adaptive_average_pooling(size):
    x = normal(2, 2, 5, 7)
    expected = np.empty((2, 2, *size))
    for i, j in np.ndindex(*size):
        rows = slice(i * 5 // size[0], -(-(i + 1) * 5 // size[0]))
        columns = slice(j * 7 // size[1], -(-(j + 1) * 7 // size[1]))
        expected[:, :, i, j] = x[:, :, rows, columns].mean((2, 3))
    close(F.adaptive_avg_pool2d(pt.tensor(x), size), expected)


@pytest.mark.parametrize("mode,numpy_mode", [("reflect", "reflect"), ("replicate", "edge"),
                                             ("circular", "wrap"), ("constant", "constant")])
def test_pad(mode, numpy_mode):
    x = normal(1, 2, 4, 5)
    found = F.pad(pt.tensor(x), (1, 2, 3, 0), mode)
    close(found, np.pad(x, [(0, 0), (0, 0), (3, 0), (1, 2)], mode=numpy_mode))


def test_pad_can_cut_and_fill():
    x = normal(2, 3)
    close(F.pad(pt.tensor(x), (-1, 1), value=7), np.pad(x[:, 1:], [(0, 0), (0, 1)],
                                                        constant_values=7))
    with pytest.raises(ShapeError, match="cannot pad so much"):
        F.pad(pt.tensor(x), (3, 0), "reflect")


# -- normalisation -------------------------------------------------------------------------------


def test_batch_norm_in_training_moves_the_running_statistics():
    x, w, b = normal(4, 3, 2) + 1, normal(3, seed=1), normal(3, seed=2)
    mean, var = pt.zeros(3, dtype=pt.float64), pt.ones(3, dtype=pt.float64)
    y = F.batch_norm(pt.tensor(x), mean, var, pt.tensor(w), pt.tensor(b), True, 0.1)
    m, v = x.mean((0, 2)), x.var((0, 2))
    row = (slice(None), None)
    close(y, (x - m[row]) / np.sqrt(v[row] + 1e-5) * w[row] + b[row])
    close(mean, 0.1 * m)
    close(var, 0.9 + 0.1 * v * 8 / 7)
    z = F.batch_norm(pt.tensor(x), mean, var, pt.tensor(w), pt.tensor(b))
    m, v = mean.numpy(), var.numpy()
    close(z, (x - m[row]) / np.sqrt(v[row] + 1e-5) * w[row] + b[row])


def test_batch_norm_gradients():
    check_gradients(lambda x, w, b: F.batch_norm(x, None, None, w, b, True),
                    normal(3, 2, 2), normal(2, seed=1), normal(2, seed=2), tolerance=1e-5)


def test_batch_norm_needs_several_values():
    with pytest.raises(ShapeError, match="more than one value for each channel"):
        F.batch_norm(pt.zeros(1, 3), None, None, training=True)
    with pytest.raises(ArgumentError, match="nothing to normalise by"):
        F.batch_norm(pt.zeros(2, 3), None, None)
    with pytest.raises(ShapeError, match="channels do not fit"):
        F.batch_norm(pt.zeros(2, 3), pt.zeros(4), pt.ones(4), training=True)


def test_layer_group_instance_and_rms_norm():
    x, w, b = normal(2, 4, 6), normal(6, seed=1), normal(6, seed=2)
    t = pt.tensor(x)
    m, v = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    close(F.layer_norm(t, (6,), pt.tensor(w), pt.tensor(b)), (x - m) / np.sqrt(v + 1e-5) * w + b)
    parts = x.reshape(2, 2, 12)
    m, v = parts.mean(-1, keepdims=True), parts.var(-1, keepdims=True)
    close(F.group_norm(t, 2), ((parts - m) / np.sqrt(v + 1e-5)).reshape(x.shape))
    m, v = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    close(F.instance_norm(t), (x - m) / np.sqrt(v + 1e-5))
    close(F.rms_norm(t, (6,), pt.tensor(w)), x / np.sqrt((x**2).mean(-1, keepdims=True)) * w)
    with pytest.raises(ShapeError, match="normalized_shape"):
        F.layer_norm(t, (5,))


# -- dropout -------------------------------------------------------------------------------------


def test_dropout_drops_a_share_and_keeps_the_mean():
    pt.manual_seed(0)
    x = pt.ones(100, 100)
    y = F.dropout(x, 0.25).numpy()
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs((y == 0).mean() - 0.25) < 0.02
    assert F.dropout(x, 0.25, training=False) is x
    assert not F.dropout(x, 1.0).numpy().any()
    with pytest.raises(ArgumentError, match="0 <= p <= 1"):
        F.dropout(x, 1.5)


def test_dropout_is_a_function_of_the_seed_and_its_gradient_has_the_same_mask():
    results = []
    for _ in range(2):
        pt.manual_seed(5)
        x = pt.ones(8, 8, requires_grad=True)
        y = F.dropout(x, 0.5)
        y.sum().backward()
        np.testing.assert_array_equal(y.detach().numpy(), x.grad.numpy())
        results.append(y.detach().numpy())
    np.testing.assert_array_equal(*results)


def test_dropout2d_drops_channels():
    pt.manual_seed(1)
    y = F.dropout2d(pt.ones(4, 8, 3, 3), 0.5).numpy()
    assert set(np.unique(y.min((2, 3)) == y.max((2, 3)))) == {True}


# -- attention -----------------------------------------------------------------------------------


def attended(q, k, v, mask=None):
    scores = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores + mask
    return softmax(scores) @ v


def test_attention_with_masks():
    q, k, v = normal(2, 3, 4), normal(2, 5, 4, seed=1), normal(2, 5, 6, seed=2)
    t = [pt.tensor(x) for x in (q, k, v)]
    close(F.scaled_dot_product_attention(*t), attended(q, k, v))
    allowed = normal(3, 5, seed=3) > -0.8
    found = F.scaled_dot_product_attention(*t, attn_mask=pt.tensor(allowed))
    close(found, attended(q, k, v, np.where(allowed, 0, -np.inf)))
    causal = np.where(np.tril(np.ones((3, 5))) > 0, 0, -np.inf)
    close(F.scaled_dot_product_attention(*t, is_causal=True), attended(q, k, v, causal))
    added = normal(3, 5, seed=4)
    close(F.scaled_dot_product_attention(*t, attn_mask=pt.tensor(added)),
          attended(q, k, v, added))
    close(F.attention_weights(t[0], t[1], pt.tensor(added)).matmul(t[2]),
          attended(q, k, v, added))
    with pytest.raises(ShapeError, match="operands do not fit"):
        F.scaled_dot_product_attention(t[0], t[2], t[2])


# -- complex numbers, and nothing ------------------------------------------------------------------


def test_functions_of_complex_numbers():
    z = normal(3, 4) + 1j * normal(3, 4)[::-1]
    x = pt.tensor(z)
    close(F.silu(x), z / (1 + np.exp(-z)))
    close(F.softsign(x), z / (1 + abs(z)))
    close(F.tanhshrink(x), z - np.tanh(z))
    for p in (1, 2, 3, math.inf):
        size = np.linalg.norm(z, p, 1, keepdims=True)
        close(F.normalize(x, p), z / size)
        apart = np.linalg.norm(z - z[::-1] + 1e-6, p, 1)
        close(F.pairwise_distance(x, x.flip(0), p), apart)
    close(F.rms_norm(x, (4,), eps=0.5), z / np.sqrt((z * z).mean(1, keepdims=True) + 0.5))
    near, far = (np.linalg.norm(z - z[i] + 1e-6, axis=1) for i in (0, 1))
    loss = F.triplet_margin_loss(x, pt.tensor(z[:1]), pt.tensor(z[1:2]), reduction="none")
    close(loss, np.maximum(near - far + 1, 0))
    assert loss.dtype is pt.float64


def test_constant_pad_nd():
    z = normal(2, 3)
    close(pt.constant_pad_nd(pt.tensor(z), (1, 2), 4.0), np.pad(z, ((0, 0), (1, 2)),
                                                               constant_values=4))
    close(pt.constant_pad_nd(pt.tensor(z + 0j), (1, 0), 2 + 1j),
          np.pad(z + 0j, ((0, 0), (1, 0)), constant_values=2 + 1j))
    with pytest.raises(DTypeError):
        F.pad(pt.tensor(z), (1, 1), value=1j)


@pytest.mark.parametrize("function", [F.softmax, F.log_softmax, F.softmin])
def test_softmax_of_nothing(function):
    x = pt.zeros(3, 0, requires_grad=True)
    y = function(x, -1)
    assert y.shape == (3, 0)
    y.sum().backward()
    assert x.grad.shape == (3, 0)

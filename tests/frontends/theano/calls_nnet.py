"""theano.tensor.nnet, signal.pool: networks."""

from __future__ import annotations

import numpy as np
import scipy.special

from tests.frontends.theano.values import A, P, close, same, table, theano, value
from tests.frontends.theano.values import T as tensor

calls = table()
M = "theano.tensor.nnet"
Q = scipy.special.softmax(A, 1)
Y = np.array([1, 0])
XENT = -np.log(Q[[0, 1], Y])
ONE_HOT = np.eye(3)[Y]
BIAS = np.array([0.5, -1.0, 0.25])
QB = scipy.special.softmax(A + BIAS, 1)
IMAGE = np.arange(2 * 3 * 4 * 4, dtype=float).reshape(2, 3, 4, 4) / 96
FILTERS = np.arange(5 * 3 * 2 * 2, dtype=float).reshape(5, 3, 2, 2) / 60
VIDEO = IMAGE[:, :, None]


def of(array=A):
    return tensor.as_tensor_variable(array)


calls(M, "sigmoid", lambda f: close(f(of()), scipy.special.expit(A)))
calls(M, "sigmoid_inplace", lambda f: close(f(of()), scipy.special.expit(A)))
calls(M, "scalar_sigmoid", lambda f: close(f(of(np.array(0.5))), scipy.special.expit(0.5)))
calls(M, "softplus", lambda f: close(f(of()), np.log1p(np.exp(A))))
calls(M, "softsign", lambda f: close(f(of()), A / (1 + abs(A))))
calls(M, "relu", lambda f: close(f(of(), 0.1), np.where(A > 0, A, 0.1 * A)))
calls(M, "elu", lambda f: close(f(of()), np.where(A > 0, A, np.expm1(A))))
calls(M, "selu", lambda f: close(f(of()), 1.0507009873554805 * np.where(
    A > 0, A, 1.6732632423543772 * np.expm1(A))))
calls(M, "hard_sigmoid", lambda f: close(f(of()), np.clip(0.2 * A + 0.5, 0, 1)))
calls(M, "ultra_fast_sigmoid", lambda f: close(f(of()), scipy.special.expit(A), 0.05))
calls(M, "softmax softmax_op softmax_graph", lambda f: close(f(of()), Q))
calls(M, "logsoftmax logsoftmax_op", lambda f: close(f(of()), np.log(Q)))
calls(M, "softmax_with_bias", lambda f: close(f(of(), of(BIAS)), QB))
calls(M, "softmax_grad", lambda f: close(
    f(of(P), of(Q)), Q * (P - (P * Q).sum(1, keepdims=True))))
calls(M, "binary_crossentropy", lambda f: close(
    f(of(P / 4), of(Q)), -(Q * np.log(P / 4) + (1 - Q) * np.log(1 - P / 4))))
calls(M, "sigmoid_binary_crossentropy", lambda f: close(
    f(of(), of(Q)), -(Q * np.log(scipy.special.expit(A))
                      + (1 - Q) * np.log(1 - scipy.special.expit(A)))))
calls(M, "categorical_crossentropy", lambda f: close(f(of(Q), of(Y)), XENT)
      and close(f(of(Q), of(ONE_HOT)), XENT))
calls(M, "crossentropy_categorical_1hot", lambda f: close(f(of(Q), of(Y)), XENT))
calls(M, "crossentropy_softmax_1hot", lambda f: close(f(of(), of(Y))[0], XENT))
calls(M, "crossentropy_softmax_1hot_with_bias", lambda f: close(
    f(of(), of(BIAS), of(Y))[0], -np.log(QB[[0, 1], Y])))
calls(M, "crossentropy_softmax_argmax_1hot_with_bias", lambda f: same(
    f(of(), of(BIAS), of(Y))[2], QB.argmax(1)))
calls(M, "crossentropy_softmax_max_and_argmax_1hot", lambda f: same(
    f(of(), of(Y))[3], Q.argmax(1)))
calls(M, "crossentropy_softmax_max_and_argmax_1hot_with_bias", lambda f: close(
    f(of(), of(BIAS), of(Y))[2], QB.max(1)))
calls(M, "crossentropy_softmax_1hot_with_bias_dx", lambda f: close(
    f(of(np.ones(2)), of(Q), of(Y)), Q - ONE_HOT))
calls(M, "crossentropy_categorical_1hot_grad", lambda f: close(
    f(of(np.ones(2)), of(Q), of(Y)), -ONE_HOT / Q))
calls(M, "prepend_0_to_each_row prepend_1_to_each_row",
      lambda f, name: same(f(of()), np.insert(A, 0, float(name[8]), 1)))
calls(M, "prepend_scalar_to_each_row", lambda f: same(f(7.0, of()), np.insert(A, 0, 7, 1)))
calls(M, "confusion_matrix", lambda f: same(f(of(np.array([1, 2, 2])), of(np.array([1, 2, 1])))[0],
                                            [[1, 0], [1, 1]]))


@calls(M, "h_softmax")
def hierarchical(f):
    rng = np.random.RandomState(0)
    w1, b1 = rng.randn(3, 2), np.zeros(2)
    w2, b2 = rng.randn(2, 3, 2), np.zeros((2, 2))
    found = value(f(of(), 2, 4, 2, 2, of(w1), of(b1), of(w2), of(b2)))
    np.testing.assert_allclose(found.sum(1), 1)


# -- convolution and pooling -----------------------------------------------------------------------


def valid(image, filters):
    """Convolution with filters flipped, as Theano has it."""
    flipped = filters[:, :, ::-1, ::-1]
    windows = np.lib.stride_tricks.sliding_window_view(image, filters.shape[2:], (2, 3))
    return np.einsum("bchwij,ocij->bohw", windows, flipped)


calls(M, "conv2d", lambda f: close(f(of(IMAGE), of(FILTERS)), valid(IMAGE, FILTERS)))
calls(M, "conv2d_transpose", lambda f: value(
    f(of(valid(IMAGE, FILTERS)), of(FILTERS), (2, 3, 4, 4))).shape == (2, 3, 4, 4))
calls(M, "conv2d_grad_wrt_inputs", lambda f: value(
    f(of(valid(IMAGE, FILTERS)), of(FILTERS), (2, 3, 4, 4))).shape == (2, 3, 4, 4))
calls(M, "conv3d", lambda f: close(f(of(VIDEO), of(FILTERS[:, :, None])),
                                   valid(IMAGE, FILTERS)[:, :, None]))
calls(M, "separable_conv2d", lambda f: value(
    f(of(IMAGE), of(np.ones((6, 1, 2, 2))), of(np.ones((5, 6, 1, 1))), 3)).shape == (2, 5, 3, 3))
calls(M, "abstract_conv2d", lambda f: close(f(of(IMAGE), of(FILTERS)), valid(IMAGE, FILTERS)))
MAX = IMAGE.reshape(2, 3, 2, 2, 2, 2).max((3, 5))
POOL = "theano.tensor.signal.pool"
calls(POOL, "pool_2d", lambda f: close(f(of(IMAGE), (2, 2), ignore_border=True), MAX))
calls(POOL, "pool_3d", lambda f: close(
    f(of(VIDEO), (1, 2, 2), ignore_border=True), MAX[:, :, None]))
calls(POOL, "max_pool_2d_same_size", lambda f: same(
    f(of(IMAGE), (2, 2)), np.where(np.kron(MAX, np.ones((2, 2))) == IMAGE, IMAGE, 0)))
NEIBS = "theano.tensor.nnet.neighbours"
calls(NEIBS, "images2neibs", lambda f: value(f(of(IMAGE), (2, 2))).shape == (24, 4))
calls(NEIBS, "neibs2images", lambda f: same(
    f(theano.tensor.nnet.neighbours.images2neibs(of(IMAGE), (2, 2)), (2, 2), IMAGE.shape), IMAGE))

# -- batch normalisation ---------------------------------------------------------------------------

NORMAL = (A - A.mean(0)) / np.sqrt(A.var(0) + 1e-4)
calls(M, "batch_normalization", lambda f: close(
    f(of(), of(np.ones(3)), of(np.zeros(3)), of(A.mean(0)), of(A.std(0))),
    (A - A.mean(0)) / A.std(0)))
calls(M + ".bn", "batch_normalization_train", lambda f: close(
    f(of(), of(np.ones((1, 3))), of(np.zeros((1, 3))), epsilon=1e-4)[0], NORMAL, 1e-5))
calls(M + ".bn", "batch_normalization_test", lambda f: close(
    f(of(), of(np.ones((1, 3))), of(np.zeros((1, 3))), of(A.mean(0)[None]), of(A.var(0)[None]),
      epsilon=1e-4), NORMAL, 1e-5))
for _module in (POOL, NEIBS):
    calls(_module, "EnumList", lambda f: f("A", ("B", "b")).fromalias("b") == 1)
calls(POOL, "PoolingMode_t", lambda t: t.POOLING_SUM == t.fromalias("sum") == 1)
calls(POOL, "bool_t", lambda t: isinstance(t, theano.Generic))
calls(POOL, "DisconnectedType", lambda f: f() == f())
calls(NEIBS, "grad_not_implemented grad_undefined",
      lambda f: "gradient" in f(None, 0, of(A)).type.why_null or f(None, 0, of(A)).type)
calls("theano.tensor.nnet.bn", "as_common_dtype",
      lambda f: {v.dtype for v in f(of(A), of(A).astype("float32"))} == {"float64"})

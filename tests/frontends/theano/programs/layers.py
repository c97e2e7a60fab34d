"""Convolutions, pools, patches and losses, each with its gradient."""

import numpy as np
import theano
import theano.tensor as T
from theano.tensor.nnet import abstract_conv, neighbours
from theano.tensor.signal import pool

rng = np.random.RandomState(5)
MODE = theano.Mode(linker="py", optimizer=None)
found = {}


def run(name, expression, given, wrt=None):
    """The value of an expression, and the gradient of the sum of its products with numbers."""
    inputs = list(given)
    weights = T.cos(T.arange(expression.size)).reshape(expression.shape)
    grads = T.grad((expression * weights).sum(), wrt or inputs)
    values = theano.function(inputs, [expression] + grads, mode=MODE)(*given.values())
    for i, value in enumerate(values):
        found[name + "_d" + str(i) if i else name] = value


def convolutions():
    x, w = T.dtensor4("x"), T.dtensor4("w")
    given = {x: rng.randn(2, 2, 6, 5), w: rng.randn(3, 2, 3, 2)}
    for name, how in {
        "valid": {}, "full": {"border_mode": "full"}, "half": {"border_mode": "half"},
        "pads": {"border_mode": (1, 2)}, "steps": {"subsample": (2, 1), "border_mode": 1},
        "plain": {"filter_flip": False}, "holes": {"filter_dilation": (2, 1)},
    }.items():
        run("conv_" + name, T.nnet.conv2d(x, w, **how), given)
    g = T.dtensor4("g")
    back = T.nnet.conv2d_grad_wrt_inputs(g, w, (2, 2, 6, 5), border_mode="half", subsample=(2, 2))
    run("back", back, {g: rng.randn(2, 3, 3, 3), w: given[w]})
    up = T.nnet.conv2d_transpose(g, w, (2, 2, 7, 6), input_dilation=(2, 2))
    run("up", up, {g: rng.randn(2, 3, 3, 3), w: given[w]})
    kernel = abstract_conv.conv2d_grad_wrt_weights(x, g, (3, 2, 3, 2))
    run("kernel", kernel, {x: given[x], g: rng.randn(2, 3, 4, 4)})
    v, k = T.tensor5("v", "float64"), T.tensor5("k", "float64")
    run("volume", T.nnet.conv3d(v, k, border_mode="half", subsample=(1, 2, 1)),
        {v: rng.randn(1, 2, 4, 4, 3), k: rng.randn(2, 2, 3, 3, 3)})


def pools():
    x = T.dtensor4("x")
    ties = np.round(rng.randn(2, 2, 7, 5))
    for mode in ("max", "sum", "average_inc_pad", "average_exc_pad"):
        for name, how in {
            "all": {"ignore_border": False},
            "over": {"ignore_border": False, "stride": (2, 1)},
            "pads": {"ignore_border": True, "pad": (1, 1)},
            "wide": {"ignore_border": False, "stride": (4, 3)},
        }.items():
            if mode in ("max", "average_exc_pad") and name == "pads":
                continue  # Theano's Python code has no such gradient, or a wrong one.
            run("pool_" + mode + name, pool.pool_2d(x, (3, 2), mode=mode, **how), {x: ties})
    v = T.tensor5("v", "float64")
    run("pool_volume", pool.pool_3d(v, (2, 2, 2), ignore_border=True),
        {v: rng.randn(1, 2, 4, 5, 4)})


def losses():
    x, b, y = T.dmatrix("x"), T.dvector("b"), T.ivector("y")
    given = {x: rng.randn(4, 3), b: rng.randn(3), y: np.array([0, 2, 1, 1], "int32")}
    nll, probabilities, most = T.nnet.crossentropy_softmax_argmax_1hot_with_bias(x, b, y)
    run("nll", nll, given, [x, b])
    run("softmax_bias", T.nnet.softmax_with_bias(x, b), {x: given[x], b: given[b]})
    for name in ("softmax", "logsoftmax", "relu", "elu", "selu", "softplus", "hard_sigmoid",
                 "softsign"):
        run(name, getattr(T.nnet, name)(x), {x: given[x]})
    run("leaky", T.nnet.relu(x, 0.1), {x: given[x]})
    p = T.nnet.sigmoid(x)
    target = theano.shared(np.round(rng.uniform(size=(4, 3))))
    run("binary", T.nnet.binary_crossentropy(p, target), {x: given[x]})
    run("classes", T.nnet.categorical_crossentropy(T.nnet.softmax(x), y),
        {x: given[x], y: given[y]}, [x])
    labels = theano.function([x, b, y], most, mode=MODE, on_unused_input="ignore")
    found["labels"] = labels(*given.values())
    w1, b1 = rng.randn(3, 2), rng.randn(2)
    w2, b2 = rng.randn(2, 3, 2), rng.randn(2, 2)
    some = T.nnet.h_softmax(x, 4, 4, 2, 2, theano.shared(w1), theano.shared(b1),
                            theano.shared(w2), theano.shared(b2), y)
    run("h_softmax", some, {x: given[x], y: given[y]}, [x])


def patches():
    i = T.dtensor4("i")
    run("patches", neighbours.images2neibs(i, (2, 2)), {i: rng.randn(2, 1, 4, 6)})
    centred = neighbours.images2neibs(i, (3, 3), (1, 1), mode="wrap_centered")
    found["centred"] = theano.function([i], centred, mode=MODE)(rng.randn(1, 1, 4, 4))


def results():
    """What is computed, by names."""
    rng.seed(5)
    found.clear()
    for part in (convolutions, pools, losses, patches):
        part()
    return found

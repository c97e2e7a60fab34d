"""LeNet on 28x28 images by minibatches of 64 of a shared array, stochastic gradient descent."""

import numpy as np
import theano
import theano.tensor as T
from theano.tensor.nnet import conv2d
from theano.tensor.signal.pool import pool_2d

BATCH, BATCHES = 64, 10


def build():
    rng = np.random.RandomState(0)

    def shared(*shape, **scale):
        values = rng.uniform(-1, 1, shape) * scale.get("by", 0.1)
        return theano.shared(values.astype(theano.config.floatX), borrow=True)

    images = shared(BATCH * BATCHES, 784, by=1.0)
    labels = T.cast(theano.shared(rng.randint(10, size=BATCH * BATCHES).astype("float32")), "int32")
    index = T.lscalar("index")
    x, y = T.matrix("x"), T.ivector("y")
    params = [shared(20, 1, 5, 5), shared(20), shared(50, 20, 5, 5), shared(50),
              shared(800, 500), shared(500), shared(500, 10), shared(10)]
    k1, c1, k2, c2, w1, b1, w2, b2 = params
    a = x.reshape((BATCH, 1, 28, 28))
    a = T.tanh(pool_2d(conv2d(a, k1), (2, 2), ignore_border=True) + c1.dimshuffle("x", 0, "x", "x"))
    a = T.tanh(pool_2d(conv2d(a, k2), (2, 2), ignore_border=True) + c2.dimshuffle("x", 0, "x", "x"))
    a = T.tanh(T.dot(a.flatten(2), w1) + b1)
    p = T.nnet.softmax(T.dot(a, w2) + b2)
    cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y])
    updates = [(w, w - np.float32(0.1) * g) for w, g in zip(params, T.grad(cost, params))]
    train = theano.function(
        [index], cost, updates=updates,
        givens={x: images[index * BATCH:(index + 1) * BATCH],
                y: labels[index * BATCH:(index + 1) * BATCH]},
    )
    turn = [0]

    def step():
        turn[0] = (turn[0] + 1) % BATCHES
        return train(turn[0])

    return step

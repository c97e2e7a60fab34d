"""An LSTM of 128 units by scan: 32 steps, batches of 16, gradient descent."""

import numpy as np
import theano
import theano.tensor as T

STEPS, BATCH, INPUTS, UNITS, CLASSES = 32, 16, 32, 128, 10


def build():
    rng = np.random.RandomState(0)

    def shared(*shape):
        return theano.shared((rng.randn(*shape) * 0.1).astype(theano.config.floatX))

    x, y = T.tensor3("x"), T.ivector("y")
    w, u, b = shared(INPUTS, 4 * UNITS), shared(UNITS, 4 * UNITS), shared(4 * UNITS)
    v, c = shared(UNITS, CLASSES), shared(CLASSES)

    def part(z, i):
        return z[:, i * UNITS:(i + 1) * UNITS]

    def cell(z, h, s):
        z = z + T.dot(h, u)
        i, f, o = (T.nnet.sigmoid(part(z, k)) for k in range(3))
        s = f * s + i * T.tanh(part(z, 3))
        return o * T.tanh(s), s

    zeros = T.zeros((BATCH, UNITS), dtype=theano.config.floatX)
    (h, _), _ = theano.scan(cell, sequences=[T.dot(x, w) + b], outputs_info=[zeros, zeros])
    p = T.nnet.softmax(T.dot(h[-1], v) + c)
    cost = T.nnet.categorical_crossentropy(p, y).mean()
    params = [w, u, b, v, c]
    updates = [(q, q - np.float32(0.1) * g) for q, g in zip(params, T.grad(cost, params))]
    train = theano.function([x, y], cost, updates=updates)
    inputs = rng.randn(STEPS, BATCH, INPUTS).astype("float32")
    labels = rng.randint(CLASSES, size=BATCH).astype("int32")
    return lambda: train(inputs, labels)

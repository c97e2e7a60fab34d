"""The article's MLP, 32 x (500-50-5): gradients from a function, the update by NumPy."""

import numpy as np
import theano
import theano.tensor as T


def build():
    x, y = T.matrix("x"), T.lvector("y")
    w1, w2 = T.matrix("w1"), T.matrix("w2")
    scores = T.nnet.relu(x.dot(w1)).dot(w2)
    loss = T.nnet.categorical_crossentropy(T.nnet.softmax(scores), y).mean()
    dw1, dw2 = T.grad(loss, [w1, w2])
    f = theano.function([x, y, w1, w2], [loss, scores, dw1, dw2])
    rng = np.random.RandomState(0)
    inputs = rng.rand(32, 500).astype("float32")
    labels = rng.randint(5, size=32)
    weights = [1e-2 * rng.randn(*s).astype("float32") for s in ((500, 50), (50, 5))]
    rate = np.float32(1e-1)

    def step():
        loss, _, g1, g2 = f(inputs, labels, *weights)
        weights[0] -= rate * g1
        weights[1] -= rate * g2
        return loss

    return step

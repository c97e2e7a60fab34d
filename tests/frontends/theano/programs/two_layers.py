"""Two layers, softmax and cross-entropy; the weights are changed outside of the graph."""

import numpy as np
import theano
import theano.tensor as T


def results():
    """What the program computes, by names."""
    x, y = T.matrix("x"), T.vector("y", dtype="int64")
    w1, w2 = T.matrix("w1"), T.matrix("w2")
    hidden = T.nnet.relu(x.dot(w1))
    scores = hidden.dot(w2)
    loss = T.nnet.categorical_crossentropy(T.nnet.softmax(scores), y).mean()
    dw1, dw2 = T.grad(loss, [w1, w2])
    f = theano.function(inputs=[x, y, w1, w2], outputs=[loss, scores, dw1, dw2])
    rng = np.random.RandomState(0)
    xx, yy = rng.rand(16, 30), rng.randint(5, size=16)
    ww1, ww2 = 1e-1 * rng.randn(30, 20), 1e-1 * rng.randn(20, 5)
    losses = []
    for _ in range(20):
        value, found, dww1, dww2 = f(xx, yy, ww1, ww2)
        losses.append(value)
        ww1 -= 1e-1 * dww1
        ww2 -= 1e-1 * dww2
    return {"losses": np.array(losses), "scores": found, "w1": ww1, "w2": ww2}

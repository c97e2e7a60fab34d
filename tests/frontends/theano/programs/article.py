"""Two layers, softmax and cross-entropy, everything an input; float64."""

import numpy as np
import theano
import theano.tensor as T


def results():
    """What the program computes, by names; every 50th row."""
    x = T.matrix("x")
    y = T.vector("y", dtype="int64")
    w1 = T.matrix("w1")
    w2 = T.matrix("w2")
    scores = T.nnet.relu(x.dot(w1)).dot(w2)
    probs = T.nnet.softmax(scores)
    loss = T.nnet.categorical_crossentropy(probs, y).mean()
    dw1, dw2 = T.grad(loss, [w1, w2])
    f = theano.function(inputs=[x, y, w1, w2], outputs=[loss, scores, dw1, dw2])
    rng = np.random.RandomState(3)
    xx, yy = rng.rand(32, 500), rng.randint(5, size=32)
    ww1, ww2 = 1e-2 * rng.randn(500, 50), 1e-2 * rng.randn(50, 5)
    outs = []
    for _ in range(20):
        outs.append(f(xx, yy, ww1, ww2))
        ww1 -= 1e-1 * outs[-1][2]
        ww2 -= 1e-1 * outs[-1][3]
    return {"losses": np.array([o[0] for o in outs]), "scores": outs[-1][1],
            "dw1": outs[0][2][::50], "dw2": outs[0][3], "w1": ww1[::50], "w2": ww2}

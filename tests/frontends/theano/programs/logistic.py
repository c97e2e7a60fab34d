"""Logistic regression as Theano's tutorial writes it, and by minibatches of shared data."""

import numpy as np
import theano
import theano.tensor as T


def results():
    """What the program computes, by names."""
    rng = np.random.RandomState(1)
    data, labels = rng.randn(40, 7), rng.randint(size=40, low=0, high=2)
    x, y = T.dmatrix("x"), T.dvector("y")
    w, b = theano.shared(rng.randn(7), name="w"), theano.shared(0.0, name="b")
    p_1 = 1 / (1 + T.exp(-T.dot(x, w) - b))
    prediction = p_1 > 0.5
    xent = -y * T.log(p_1) - (1 - y) * T.log(1 - p_1)
    cost = xent.mean() + 0.01 * (w**2).sum()
    gw, gb = T.grad(cost, [w, b])
    train = theano.function(
        inputs=[x, y], outputs=[prediction, xent], updates=((w, w - 0.1 * gw), (b, b - 0.1 * gb))
    )
    predict = theano.function(inputs=[x], outputs=prediction)
    for _ in range(30):
        _, errors = train(data, labels)
    found = {"w": w.get_value(), "b": b.get_value(), "errors": errors, "said": predict(data)}

    index = T.lscalar("index")
    shared_x = theano.shared(data, borrow=True)
    shared_y = T.cast(theano.shared(labels.astype("float64"), borrow=True), "int32")
    batch = slice(index * 10, (index + 1) * 10)
    step = theano.function(
        [index], [cost, gw], givens={x: shared_x[batch], y: T.cast(shared_y[batch], "float64")}
    )
    steps = [step(i) for i in range(4)]
    found["costs"] = np.array([s[0] for s in steps])
    found["slopes"] = np.array([s[1] for s in steps])
    return found

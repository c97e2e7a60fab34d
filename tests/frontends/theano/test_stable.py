"""Unstable formulas as Theano's users write them: values and gradients stay finite, compiled."""

from __future__ import annotations

import numpy as np
import pytest

from pentad.frontends import theano
from pentad.frontends.theano import tensor as T
from pentad.frontends.theano.compile.mode import Mode

DATA = np.array([[800.0, 0.0, -800.0], [1.0, 2.0, 3.0]])
LABELS = np.array([2, 0])


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


def softmax(x):
    return np.exp(x - np.logaddexp.reduce(x, 1)[:, None])


@pytest.mark.parametrize(
    "cost, value, slope",
    [
        (
            lambda x, y: T.log(1 + T.exp(x)).sum(),
            np.logaddexp(0, DATA).sum(),
            sigmoid(DATA),
        ),
        (
            lambda x, y: -T.log(1 / (1 + T.exp(-x))).sum(),
            np.logaddexp(0, -DATA).sum(),
            -sigmoid(-DATA),
        ),
        (
            lambda x, y: -T.sum(T.log(T.nnet.softmax(x)[T.arange(y.shape[0]), y])),
            (np.logaddexp.reduce(DATA, 1) - DATA[[0, 1], LABELS]).sum(),
            softmax(DATA) - np.eye(3)[LABELS],
        ),
    ],
    ids=["softplus", "sigmoid", "cross entropy"],
)
def test_value_and_gradient(cost, value, slope):
    x, y = T.dmatrix("x"), T.lvector("y")
    loss = cost(x, y)
    outputs = [loss, T.grad(loss, x)]
    run = theano.function([x, y], outputs, mode=Mode(eager_first=0), on_unused_input="ignore")
    found = run(DATA, LABELS)
    np.testing.assert_allclose(found[0], value, rtol=1e-12)
    np.testing.assert_allclose(found[1], slope, rtol=1e-12, atol=1e-300)

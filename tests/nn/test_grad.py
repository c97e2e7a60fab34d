"""pentad.nn.grad: gradients of convolutions by their own names."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad.graph.errors import ShapeError
from pentad.nn import functional, grad

CASES = {
    1: ((2, 4, 11), (6, 2, 3), {"stride": 2, "padding": 1, "groups": 2}),
    2: ((2, 3, 9, 8), (5, 3, 3, 2), {"stride": (2, 1), "padding": (1, 0), "dilation": 2}),
    3: ((1, 2, 5, 6, 4), (3, 2, 2, 3, 1), {"padding": 1}),
}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("rank", CASES)
def test_they_are_what_backward_computes(rank, compiled):
    shape, kernel, geometry = CASES[rank]
    x, w = pt.randn(*shape, requires_grad=True), pt.randn(*kernel, requires_grad=True)
    y = getattr(functional, f"conv{rank}d")(x, w, **geometry)
    g = pt.randn(*y.shape)
    y.backward(g)
    run = pt.compile if compiled else lambda function: function
    to_input, to_weight = (getattr(grad, f"conv{rank}d_{word}") for word in ("input", "weight"))
    found = run(lambda w, g: to_input(shape, w, g, **geometry))(w.detach(), g)
    np.testing.assert_allclose(found.numpy(), x.grad.numpy(), rtol=1e-5, atol=1e-5)
    found = run(lambda x, g: to_weight(x, kernel, g, **geometry))(x.detach(), g)
    np.testing.assert_allclose(found.numpy(), w.grad.numpy(), rtol=1e-5, atol=1e-5)


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ShapeError, match="does not fit"):
        grad.conv2d_input((1, 2, 5, 5), pt.ones(3, 2, 3, 3), pt.ones(1, 3, 5, 5))
    with pytest.raises(ShapeError, match="conv2d_weight"):
        grad.conv2d_weight(pt.ones(2, 5, 5), (3, 2, 3, 3), pt.ones(1, 3, 3, 3))

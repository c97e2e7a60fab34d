"""A program of PyTorch's tutorials, tensors by hand, with only its import changed.

The inputs are those of a frozen NumPy stream; the losses and weights were computed by PyTorch 2.13.
"""

from __future__ import annotations

import numpy as np

import pentad as torch

LOSSES = {
    0: 2517814.5, 1: 1758210.375, 2: 1355941.5, 5: 843160.875, 10: 513210.96875,
    25: 173153.890625, 50: 49879.9765625, 100: 10084.5625, 150: 3150.853271484375,
    200: 1152.0518798828125, 249: 464.43994140625,
}
W2_ROW = [-0.2021269053, 0.5201228261, 0.5833178163, -1.7620457411, 0.1171662658]


def inputs():
    stream = np.random.RandomState(4)
    sizes = ((32, 500), (32, 5), (500, 50), (50, 5))
    return [torch.from_numpy(stream.randn(*s).astype("float32")) for s in sizes]


def step(x, y, w1, w2, learning_rate):
    # Forward pass: Compute predictions and loss
    h = x.mm(w1)
    h_relu = h.clamp(min=0)
    y_pred = h_relu.mm(w2)
    loss = (y_pred - y).pow(2).sum()
    # Backward pass: Compute gradients
    grad_y_pred = 2.0 * (y_pred - y)
    grad_w2 = h_relu.t().mm(grad_y_pred)
    grad_h_relu = grad_y_pred.mm(w2.t())
    grad_h = grad_h_relu.clone()
    grad_h[h < 0] = 0
    grad_w1 = x.t().mm(grad_h)
    # Gradient descent step on weights
    w1 -= learning_rate * grad_w1
    w2 -= learning_rate * grad_w2
    return loss


def train(step):
    x, y, w1, w2 = inputs()
    losses = [step(x, y, w1, w2, 1e-6).item() for _ in range(250)]
    for t, expected in LOSSES.items():
        assert abs(losses[t] - expected) <= 1e-5 * expected
    assert np.allclose(w2[0].tolist(), W2_ROW, rtol=1e-4)


def test_the_losses_are_those_of_pytorch():
    train(step)


def test_compiled_they_are_too():
    train(torch.compile(step))


def test_the_program_begins_with_random_tensors_of_a_type():
    x = torch.randn(32, 500).type(torch.FloatTensor)
    assert x.dtype is torch.float32
    assert x.shape == (32, 500)


def test_the_gradients_by_hand_are_those_of_autograd():
    x, y, w1, w2 = inputs()
    a, b = w1.clone().requires_grad_(), w2.clone().requires_grad_()
    (x.mm(a).clamp(min=0).mm(b) - y).pow(2).sum().backward()
    step(x, y, u := w1.clone(), v := w2.clone(), 1.0)
    assert torch.allclose(w1 - u, a.grad, rtol=1e-4, atol=1e-2)
    assert torch.allclose(w2 - v, b.grad, rtol=1e-4, atol=1e-2)

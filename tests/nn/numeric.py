"""What the tests of layers share: arrays of given seeds, gradients by central differences."""

from __future__ import annotations

import numpy as np

import pentad as pt

STEP = 1e-5


def normal(*shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def check_gradients(function, *arrays, tolerance=1e-6):
    """The gradients of a random projection of function(*arrays) are the slopes of it."""
    tensors = [pt.tensor(a, requires_grad=True) for a in arrays]
    result = function(*tensors)
    weights = pt.tensor(normal(*result.shape, seed=9))
    (result * weights).sum().backward()

    def value(parts):
        with pt.no_grad():
            return (function(*map(pt.tensor, parts)) * weights).sum().item()

    for i, (array, tensor) in enumerate(zip(arrays, tensors, strict=True)):
        slopes = np.zeros_like(array)
        for at in np.ndindex(array.shape):
            ends = []
            for sign in (1, -1):
                moved = [a.copy() for a in arrays]
                moved[i][at] += sign * STEP
                ends.append(value(moved))
            slopes[at] = (ends[0] - ends[1]) / (2 * STEP)
        np.testing.assert_allclose(tensor.grad.numpy(), slopes, rtol=tolerance, atol=tolerance)


def close(tensor, expected, tolerance=1e-6):
    np.testing.assert_allclose(
        np.asarray(tensor.detach().numpy()), expected, rtol=tolerance, atol=tolerance
    )


def convolved(x, w, stride, padding, dilation, groups):
    """The convolution of [N, C, H, W] by [O, C / groups, kh, kw], by plain loops."""
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    n, c, h, width = x.shape
    o, cg, kh, kw = w.shape
    oh = (h - dilation * (kh - 1) - 1) // stride + 1
    ow = (width - dilation * (kw - 1) - 1) // stride + 1
    y = np.zeros((n, o, oh, ow))
    for k in range(o):
        g = k // (o // groups)
        part = x[:, g * cg:(g + 1) * cg]
        for i in range(oh):
            for j in range(ow):
                patch = part[:, :, i * stride:i * stride + dilation * (kh - 1) + 1:dilation,
                             j * stride:j * stride + dilation * (kw - 1) + 1:dilation]
                y[:, k, i, j] = (patch * w[k]).sum((1, 2, 3))
    return y

"""Convolutions of integers, which are exact, and of complex numbers."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad.nn import functional as F
from tests.nn.numeric import close, convolved, normal


def direct(x, w, stride, padding, dilation, groups):
    """`convolved` of each part of complex numbers; it and its transpose are linear."""
    parts = [convolved(a, b, stride, padding, dilation, groups)
             for a in (x.real, x.imag) for b in (w.real, w.imag)]
    return parts[0] - parts[3] + 1j * (parts[1] + parts[2])


@pytest.mark.parametrize("stride,padding,dilation,groups", [(1, 0, 1, 1), (2, 1, 1, 2),
                                                            (1, 2, 2, 1)])
def test_convolutions_of_integers_and_complex_numbers(stride, padding, dilation, groups):
    x, w = normal(2, 4, 6, 5), normal(6, 4 // groups, 3, 2, seed=1)
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    a, b = np.round(10 * x), np.round(10 * w)
    y = F.conv2d(pt.tensor(a).long(), pt.tensor(b).long(), **options)
    assert y.dtype is pt.int64
    close(y, convolved(a, b, stride, padding, dilation, groups))
    u, v = x + 1j * x[::-1], w - 2j * w[::-1]
    close(F.conv2d(pt.tensor(u), pt.tensor(v), **options),
          direct(u, v, stride, padding, dilation, groups))
    g = np.asarray(y.numpy())
    plain = F.conv_transpose2d(pt.tensor(g).double(), pt.tensor(b), **options)
    close(F.conv_transpose2d(pt.tensor(g), pt.tensor(b).long(), **options), plain.numpy())
    turned = F.conv_transpose2d(pt.tensor(1j * g), pt.tensor(b + 0j), **options)
    close(turned, 1j * plain.numpy())


def test_integers_too_large_for_floats_are_exact():
    big = 2**60 + 1
    found = F.conv1d(pt.tensor([[[big, 1, big]]]), pt.tensor([[[1, 3]]]))
    assert found.tolist() == [[[big + 3, 1 + 3 * big]]]
    found = F.conv_transpose1d(pt.tensor([[[big, 1]]]), pt.tensor([[[1, 3]]]), stride=2)
    assert found.tolist() == [[[big, 3 * big, 1, 3]]]


def test_gradients_of_complex_convolutions():
    x = pt.tensor(normal(1, 2, 5) + 1j * normal(1, 2, 5)[..., ::-1].copy())
    w = pt.tensor(normal(3, 2, 2, seed=1) * (1 + 2j), requires_grad=True)
    y = F.conv1d(x, w)
    g = pt.tensor(normal(*y.shape, seed=2) * (2 - 1j))
    (found,) = pt.autograd.grad(y, w, g)
    seen = np.lib.stride_tricks.sliding_window_view(x.numpy(), 2, axis=2)
    close(found, np.einsum("nop,nipk->oik", g.numpy(), seen.conj()))

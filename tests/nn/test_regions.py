"""Pooling with indices, adaptive and fractional pooling, unpooling: against plain loops."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import pentad as pt
from pentad.graph.errors import ArgumentError, DTypeError, IndexOutOfRange, ShapeError
from pentad.nn import functional as F
from tests.nn.numeric import check_gradients, close, normal


def maxima(x, regions):
    """(values, flat positions) over boxes: regions gives a list of index lists for each axis."""
    rank = len(regions)
    lead, space = x.shape[:-rank], x.shape[-rank:]
    out = tuple(len(r) for r in regions)
    values, places = np.zeros(lead + out), np.zeros(lead + out, np.int64)
    for at in np.ndindex(*lead):
        for cell in np.ndindex(*out):
            box = list(itertools.product(*(r[i] for r, i in zip(regions, cell, strict=True))))
            best = max(box, key=lambda p: x[at + p])
            values[at + cell] = x[at + best]
            places[at + cell] = np.ravel_multi_index(best, space)
    return values, places


def windows(n, kernel, stride, padding, dilation=1):
    count = (n + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    return [[j for k in range(kernel) if 0 <= (j := i * stride - padding + k * dilation) < n]
            for i in range(count)]


def adaptive(n, m):
    return [list(range(i * n // m, -(-(i + 1) * n // m))) for i in range(m)]


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_max_pool_gives_the_places_of_its_maxima(rank):
    x = normal(2, 3, *(7, 6, 5)[:rank])
    table = [windows(n, 3, 2, 1) for n in x.shape[2:]]
    pool = getattr(F, f"max_pool{rank}d")
    values, places = pool(pt.tensor(x), 3, 2, 1, return_indices=True)
    expected, where = maxima(x, table)
    close(values, expected)
    assert places.tolist() == where.tolist()
    compiled = pt.compile(lambda t: pool(t, 3, 2, 1, return_indices=True))
    assert compiled(pt.tensor(x))[1].tolist() == where.tolist()
    close(compiled(pt.tensor(x))[0], expected)


def test_max_pool_with_indices_sends_gradients_to_the_maxima():
    x = normal(1, 2, 6, 6)
    check_gradients(lambda t: F.max_pool2d(t, 2, 1, dilation=2, return_indices=True)[0], x)
    with_indices, plain = pt.tensor(x, requires_grad=True), pt.tensor(x, requires_grad=True)
    F.max_pool2d(with_indices, 3, return_indices=True)[0].sum().backward()
    F.max_pool2d(plain, 3).sum().backward()
    assert with_indices.grad.tolist() == plain.grad.tolist()


@pytest.mark.parametrize(("shape", "out"), [
    ((2, 3, 7), (3,)), ((2, 3, 7, 5), (3, 5)), ((3, 7, 5), (2, 4)), ((1, 2, 5, 6, 4), (2, 4, 3)),
])
def test_adaptive_pooling(shape, out):
    x, rank = normal(*shape), len(out)
    table = [adaptive(n, m) for n, m in zip(shape[-rank:], out, strict=True)]
    expected, where = maxima(x, table)
    pool = getattr(F, f"adaptive_max_pool{rank}d")
    values, places = pool(pt.tensor(x), out, return_indices=True)
    close(values, expected)
    assert places.tolist() == where.tolist()
    mean = x
    for i, table_of_axis in enumerate(table):
        axis = x.ndim - rank + i
        mean = np.stack([mean.take(r, axis).mean(axis) for r in table_of_axis], axis)
    close(getattr(F, f"adaptive_avg_pool{rank}d")(pt.tensor(x), out), mean)
    check_gradients(lambda t: pool(t, out), x)


def test_an_adaptive_mean_is_not_touched_by_what_lies_outside_its_region():
    x = pt.tensor([[1.0, 2.0, 3.0, float("inf"), 5.0]])
    assert F.adaptive_avg_pool1d(x, 2).tolist() == [[2.0, float("inf")]]
    assert F.adaptive_avg_pool1d(x, 3).tolist() == [[1.5, float("inf"), float("inf")]]


def test_adaptive_pooling_keeps_a_size_for_none():
    x = pt.tensor(normal(1, 2, 4, 5))
    assert F.adaptive_max_pool2d(x, (None, 2)).shape == (1, 2, 4, 2)
    assert F.adaptive_avg_pool2d(x, (3, None)).shape == (1, 2, 3, 5)


def starts(n, m, kernel, sample):
    step = (n - kernel) / (m - 1)
    return [int((i + sample) * step) - int(sample * step) for i in range(m - 1)] + [n - kernel]


def test_fractional_pooling_places_its_windows_by_the_samples():
    x, samples = normal(1, 2, 11, 9), np.random.default_rng(3).random((1, 2, 2))
    values, places = F.fractional_max_pool2d(
        pt.tensor(x), 2, (4, 3), return_indices=True, _random_samples=pt.tensor(samples))
    for c in range(2):
        rows = starts(11, 4, 2, samples[0, c, 1])  # samples are (W, H)
        columns = starts(9, 3, 2, samples[0, c, 0])
        table = [[[s, s + 1] for s in rows], [[s, s + 1] for s in columns]]
        expected, where = maxima(x[0, c], table)
        close(values[0, c], expected)
        assert places[0, c].tolist() == where.tolist()


def test_fractional_pooling_draws_its_places():
    pt.manual_seed(0)
    x = pt.tensor(normal(2, 3, 9, 9, 9))
    y = F.fractional_max_pool3d(x, 2, output_ratio=0.5)
    assert y.shape == (2, 3, 4, 4, 4)
    assert F.fractional_max_pool3d(x, 2, output_ratio=0.5).tolist() != y.tolist()
    check_gradients(
        lambda t: F.fractional_max_pool2d(t, 2, 3, _random_samples=pt.full((1, 1, 2), 0.3,
                                                                           dtype=pt.float64)),
        normal(1, 1, 7, 7))


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_max_unpool_puts_maxima_back(rank):
    x = normal(2, 3, *(6,) * rank)
    pool, unpool = getattr(F, f"max_pool{rank}d"), getattr(F, f"max_unpool{rank}d")
    values, places = pool(pt.tensor(x), 2, return_indices=True)
    back = unpool(values, places, 2)
    top = np.asarray(values.numpy())
    for axis in range(2, 2 + rank):
        top = top.repeat(2, axis)
    close(back, np.where(x == top, x, 0))
    check_gradients(lambda t: unpool(t, places, 2), np.asarray(values.numpy()))


def test_max_unpool_gathers_gradients_at_places_that_come_twice():
    x = pt.tensor([[[3.0, 3.0, math.inf]]], requires_grad=True)
    places = pt.tensor([[[1, 1, 4]]])
    y = F.max_unpool1d(x, places, 2)
    assert y.tolist() == [[[0.0, 3.0, 0.0, 0.0, math.inf, 0.0]]]
    (y * pt.tensor([0.0, 5.0, 0.0, 0.0, 2.0, 0.0])).sum().backward()
    assert x.grad.tolist()[0][0][:2] == [5.0, 5.0]


def test_pooling_of_whole_numbers_rounds_to_zero():
    x = pt.tensor([[[1, 2, -3, -4, 5, 7]]])
    assert F.avg_pool1d(x, 2).tolist() == [[[1, -3, 6]]]
    assert F.avg_pool1d(x, 3, 1, 1, count_include_pad=False).tolist() == [[[1, 0, -1, 0, 2, 6]]]
    assert F.avg_pool2d(x.unsqueeze(0), (1, 2), divisor_override=-2).tolist() == [[[[-1, 3, -6]]]]
    y = F.local_response_norm(pt.tensor([[[1], [2], [4]]]), 3, alpha=0.5, beta=1.0)
    close(y, np.array([[[1 / 1.5], [2 / 4.5], [4 / 4]]]), 1e-6)


def test_max_unpool_takes_a_size():
    values, places = F.max_pool1d(pt.tensor(normal(1, 1, 7)), 2, return_indices=True)
    assert F.max_unpool1d(values, places, 2).shape == (1, 1, 6)
    assert F.max_unpool1d(values, places, 2, output_size=(7,)).shape == (1, 1, 7)
    assert F.max_unpool1d(values, places, 2, output_size=(1, 1, 7)).shape == (1, 1, 7)


def test_lp_pool():
    x = np.abs(normal(1, 2, 6, 4))
    blocks = x.reshape(1, 2, 3, 2, 2, 2)
    close(F.lp_pool2d(pt.tensor(x), 3, 2), (blocks**3).sum((3, 5)) ** (1 / 3))
    line = x[..., 0].reshape(1, 2, 3, 2)
    close(F.lp_pool1d(pt.tensor(x[..., 0]), 2.0, 2), np.sqrt((line**2).sum(-1)))
    check_gradients(lambda t: F.lp_pool2d(t, 2.5, 2, 1), x)


@pytest.mark.parametrize(("call", "error"), [
    (lambda x: F.adaptive_max_pool2d(x, (2, 2, 2)), ShapeError),
    (lambda x: F.adaptive_max_pool2d(x, -1), ShapeError),
    (lambda x: F.adaptive_max_pool1d(x, 2), ShapeError),
    (lambda x: F.fractional_max_pool2d(x, 2), ArgumentError),
    (lambda x: F.fractional_max_pool2d(x, 2, 2, 0.5), ArgumentError),
    (lambda x: F.fractional_max_pool2d(x, 2, output_ratio=1.5), ArgumentError),
    (lambda x: F.fractional_max_pool2d(x, 4, 4), ShapeError),
    (lambda x: F.max_unpool2d(x, x, 2), DTypeError),
    (lambda x: F.max_unpool2d(x, pt.zeros(1, dtype=pt.int64), 2), ShapeError),
    (lambda x: F.max_unpool2d(x, pt.zeros(1, 2, 4, 4).long(), 2, output_size=(20, 20)), ShapeError),
    (lambda x: F.max_unpool2d(x, pt.full((1, 2, 4, 4), 64).long(), 2), IndexOutOfRange),
    (lambda x: F.lp_pool2d(x, 0, 2), ArgumentError),
])
def test_errors(call, error):
    with pytest.raises(error):
        call(pt.tensor(normal(1, 2, 4, 4)))

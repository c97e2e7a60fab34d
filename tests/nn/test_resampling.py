"""interpolate, grid_sample, fold and the shuffles: against plain formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pentad as pt
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError
from pentad.nn import functional as F
from tests.nn.numeric import check_gradients, close, normal

# -- interpolate -----------------------------------------------------------------------------------


def cubic(d, a=-0.75):
    d = abs(d)
    if d <= 1:
        return ((a + 2) * d - (a + 3)) * d * d + 1
    return a * (d**3 - 5 * d * d + 8 * d - 4) if d < 2 else 0.0


def place(i, n, m, corners):
    if corners:
        return i * (n - 1) / (m - 1) if m > 1 else 0.0
    return (i + 0.5) * n / m - 0.5


def matrix(n, m, mode, corners=False):
    """[m, n]: how much of each element each result takes."""
    w = np.zeros((m, n))
    for i in range(m):
        at = place(i, n, m, corners)
        if mode == "nearest":
            w[i, min(int(i * n / m), n - 1)] = 1
        elif mode == "nearest-exact":
            w[i, min(int((i + 0.5) * n / m), n - 1)] = 1
        elif mode == "linear":
            at = max(at, 0)
            low = min(int(at), n - 1)
            w[i, low] += 1 - (at - low)
            w[i, min(low + 1, n - 1)] += at - low
        else:
            low = math.floor(at)
            for j in range(low - 1, low + 3):
                w[i, min(max(j, 0), n - 1)] += cubic(at - j)
    return w


CASES = [("nearest", "nearest", (1, 2, 3)), ("nearest-exact", "nearest-exact", (1, 2, 3)),
         ("linear", "linear", (1,)), ("bilinear", "linear", (2,)), ("bicubic", "cubic", (2,)),
         ("trilinear", "linear", (3,))]


@pytest.mark.parametrize("out", [(3, 8, 5), (9, 4, 1)])
@pytest.mark.parametrize(("mode", "kernel", "rank"),
                         [(m, k, r) for m, k, ranks in CASES for r in ranks])
def test_interpolate(mode, kernel, rank, out):
    x = normal(2, 2, *(5, 4, 6)[:rank])
    for corners in (False, True) if kernel in ("linear", "cubic") else (None,):
        expected = x
        for i, m in enumerate(out[:rank]):
            w = matrix(x.shape[2 + i], m, kernel, corners)
            expected = np.moveaxis(np.tensordot(expected, w, ((2 + i,), (1,))), -1, 2 + i)

        def resize(t, corners=corners):
            return F.interpolate(t, out[:rank], mode=mode, align_corners=corners)

        close(resize(pt.tensor(x)), expected, 1e-12)
        close(pt.compile(resize)(pt.tensor(x)), expected, 1e-12)
    check_gradients(resize, x)


def test_interpolate_by_a_factor():
    x = pt.tensor(normal(1, 1, 5))
    assert F.interpolate(x, scale_factor=1.5).shape == (1, 1, 7)
    direct = F.interpolate(x, scale_factor=1.5, mode="linear")
    again = F.interpolate(x, scale_factor=1.5, mode="linear", recompute_scale_factor=True)
    close(again, F.interpolate(x, 7, mode="linear").numpy())
    assert direct.tolist() != again.tolist()
    assert F.interpolate(x, 3, mode="area").tolist() == F.adaptive_avg_pool1d(x, 3).tolist()
    image = pt.tensor(normal(1, 1, 4, 4))
    assert F.upsample(image, 6).tolist() == F.upsample_nearest(image, (6, 6)).tolist()
    close(F.upsample_bilinear(image, 6),
          F.interpolate(image, 6, mode="bilinear", align_corners=True).numpy())


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_an_antialiased_smaller_image_averages_wide_kernels(mode):
    n, m = 12, 5
    kernel = (lambda d: max(0.0, 1 - abs(d))) if mode == "bilinear" else (
        lambda d: cubic(d, -0.5))
    reach, step = (1 if mode == "bilinear" else 2) * n / m, n / m
    w = np.zeros((m, n))
    for i in range(m):
        centre = (i + 0.5) * step
        low, end = max(int(centre - reach + 0.5), 0), min(int(centre + reach + 0.5), n)
        for j in range(low, end):
            w[i, j] = kernel((j - centre + 0.5) / step)
    w /= w.sum(1, keepdims=True)
    x = normal(1, 2, n, n)
    close(F.interpolate(pt.tensor(x), m, mode=mode, antialias=True), w @ x @ w.T, 1e-12)


def test_nearest_takes_whole_numbers():
    x = pt.arange(4, dtype=pt.uint8).reshape(1, 1, 2, 2)
    assert F.interpolate(x, scale_factor=2).tolist()[0][0][0] == [0, 0, 1, 1]


# -- grid_sample -----------------------------------------------------------------------------------


def outside(i, n, mode, corners):
    """A real position brought into the image, for border and reflection."""
    if mode == "reflection":
        low, high = (0, n - 1) if corners else (-0.5, n - 0.5)
        if low == high:
            return 0.0
        while not low <= i <= high:
            i = 2 * low - i if i < low else 2 * high - i
    return min(max(i, 0), n - 1) if mode != "zeros" else i


def sampled(x, grid, mode, padding, corners):
    h, w = x.shape
    out = np.zeros(grid.shape[:-1])

    def read(i, j):
        return x[i, j] if 0 <= i < h and 0 <= j < w else 0.0

    for at in np.ndindex(*out.shape):
        place = [((g + 1) / 2 * (n - 1)) if corners else ((g + 1) * n - 1) / 2
                 for g, n in ((grid[at][1], h), (grid[at][0], w))]
        if mode != "bicubic":
            place = [outside(p, n, padding, corners) for p, n in zip(place, (h, w), strict=True)]
        i, j = map(math.floor, place)
        if mode == "nearest":
            out[at] = read(*(int(np.round(p)) for p in place))
        elif mode == "bilinear":
            out[at] = sum(read(a, b) * (1 - abs(place[0] - a)) * (1 - abs(place[1] - b))
                          for a in (i, i + 1) for b in (j, j + 1))
        else:
            out[at] = sum(
                read(*(int(outside(p, n, padding, corners)) for p, n in ((a, h), (b, w))))
                * cubic(place[0] - a) * cubic(place[1] - b)
                for a in range(i - 1, i + 3) for b in range(j - 1, j + 3))
    return out


@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_grid_sample(mode, padding, corners):
    x, grid = normal(2, 3, 4, 5), normal(2, 3, 2, 2, seed=1) * 1.2
    expected = [[sampled(image, g, mode, padding, corners) for image in sample]
                for sample, g in zip(x, grid, strict=True)]
    function = pt.compile(lambda a, b: F.grid_sample(a, b, mode, padding, corners))
    close(F.grid_sample(pt.tensor(x), pt.tensor(grid), mode, padding, corners), expected, 1e-10)
    close(function(pt.tensor(x), pt.tensor(grid)), expected, 1e-10)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_the_gradients_of_grid_sample(mode):
    grid = normal(1, 2, 3, 2, seed=2)
    check_gradients(lambda a, b: F.grid_sample(a, b, mode), normal(1, 2, 4, 3), grid,
                    tolerance=1e-5)


def test_the_affine_grid_of_the_identity_reads_the_image_itself():
    for x, rank in ((normal(2, 3, 4, 5), 2), (normal(2, 3, 4, 5, 2), 3)):
        theta = np.tile(np.eye(rank, rank + 1), (2, 1, 1))
        for corners in (False, True):
            grid = F.affine_grid(pt.tensor(theta), x.shape, corners)
            close(F.grid_sample(pt.tensor(x), grid, align_corners=corners), x, 1e-12)


def test_a_grid_of_no_numbers_lies_outside():
    x = pt.ones(1, 1, 2, 2)
    grid = pt.full((1, 1, 2, 2), float("nan"))
    assert F.grid_sample(x, grid).tolist() == [[[[0.0, 0.0]]]]
    assert F.grid_sample(x, pt.full((1, 1, 1, 2), 1e38)).tolist() == [[[[0.0]]]]


# -- fold and shuffles -----------------------------------------------------------------------------


def columns(x, kernel, dilation, padding, stride):
    padded = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    counts = [(n - d * (k - 1) - 1) // s + 1 for n, k, d, s in
              zip(padded.shape[2:], kernel, dilation, stride, strict=True)]
    found = [padded[:, :, i * dilation[0]:, j * dilation[1]:][
        :, :, :(counts[0] - 1) * stride[0] + 1:stride[0], :(counts[1] - 1) * stride[1] + 1:stride[1]
    ].reshape(*x.shape[:2], -1) for i in range(kernel[0]) for j in range(kernel[1])]
    return np.stack(found, 2).reshape(x.shape[0], -1, counts[0] * counts[1])


def test_unfold_and_fold():
    x = normal(2, 3, 5, 6)
    geometry = (2, 3), (2, 1), (1, 0), (1, 2)
    expected = columns(x, *geometry)
    close(F.unfold(pt.tensor(x), *geometry), expected)
    close(pt.compile(lambda t: F.unfold(t, *geometry))(pt.tensor(x)), expected)
    check_gradients(lambda t: F.unfold(t, *geometry), x)
    # fold is the transpose of unfold
    y = normal(*expected.shape, seed=4)
    back = np.asarray(F.fold(pt.tensor(y), (5, 6), *geometry).numpy())
    assert np.isclose((back * x).sum(), (y * expected).sum())
    check_gradients(lambda t: F.fold(t, (5, 6), *geometry), y[:1])
    assert F.fold(pt.tensor(y[0]), (5, 6), *geometry).shape == (3, 5, 6)


def test_shuffles():
    x = np.arange(2 * 8 * 2 * 3.0).reshape(2, 8, 2, 3)
    wide = F.pixel_shuffle(pt.tensor(x), 2)
    assert wide.shape == (2, 2, 4, 6)
    assert [wide[0, 0, i, j].item() for i in (0, 1) for j in (0, 1)] == x[0, :4, 0, 0].tolist()
    close(F.pixel_unshuffle(wide, 2), x)
    mixed = F.channel_shuffle(pt.tensor(x), 2)
    close(mixed, x[:, [0, 4, 1, 5, 2, 6, 3, 7]])


IMAGE = normal(1, 3, 4, 4)


@pytest.mark.parametrize(("call", "error"), [
    (lambda x: F.interpolate(x), ArgumentError),
    (lambda x: F.interpolate(x, 2, 2), ArgumentError),
    (lambda x: F.interpolate(x, (2, 2, 2)), ShapeError),
    (lambda x: F.interpolate(x, 0), ShapeError),
    (lambda x: F.interpolate(x, 2, mode="linear"), ShapeError),
    (lambda x: F.interpolate(x, 2, mode="cubic"), ShapeError),
    (lambda x: F.interpolate(x, 2, align_corners=True), ArgumentError),
    (lambda x: F.interpolate(x, 2, antialias=True), ArgumentError),
    (lambda x: F.interpolate(x.long(), 2, mode="bilinear"), DTypeError),
    (lambda x: F.interpolate(x, 2, recompute_scale_factor=True), ArgumentError),
    (lambda x: F.grid_sample(x, pt.zeros(2, 1, 1, 2, dtype=pt.float64)), ShapeError),
    (lambda x: F.grid_sample(x, pt.zeros(1, 1, 1, 2)), DTypeError),
    (lambda x: F.grid_sample(x, pt.zeros(1, 1, 1, 2, dtype=pt.float64), "cubic"), ArgumentError),
    (lambda x: F.affine_grid(x, (1, 1, 2, 2)), ShapeError),
    (lambda x: F.unfold(x, 6), ShapeError),
    (lambda x: F.unfold(x, 2, stride=0), ArgumentError),
    (lambda x: F.fold(x, 4, 2), ShapeError),
    (lambda x: F.fold(x[0], (4, 4), 2), ShapeError),
    (lambda x: F.pixel_shuffle(x, 2), ShapeError),
    (lambda x: F.pixel_unshuffle(x, 3), ShapeError),
    (lambda x: F.channel_shuffle(x, 2), ShapeError),
    (lambda x: F.channel_shuffle(x, 0), ArgumentError),
])
def test_errors(call, error):
    with pytest.raises(error):
        call(pt.tensor(IMAGE))

"""The families of sorting, counting, cumulating, placing and joining against NumPy: eager and
compiled."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import pentad as pt
from pentad import ArgumentError, CaptureError, DTypeError, IndexOutOfRange, PentadError, ShapeError

RNG = np.random.default_rng(5)
A = RNG.standard_normal((4, 5))
B = RNG.standard_normal((4, 5))
V = RNG.standard_normal(7)
M = RNG.standard_normal((3, 4))
K = RNG.integers(-4, 5, (4, 5))
NAN = np.array([[1.0, np.nan, -2.0, 3.0], [np.nan, np.nan, 0.5, 0.5]])
INDEX = np.array([[0, 2, 1, 0, 3], [1, 1, 2, 3, 0]])


def scattered(combine, start=None):
    """NumPy's form of scatter along dimension 0 with INDEX and B."""
    out = A.copy()
    if start is not None:
        out[INDEX, np.arange(5)] = start
    combine(out, (INDEX, np.broadcast_to(np.arange(5), INDEX.shape)), B[:2])
    return out


INDEX_T = pt.tensor(INDEX)
FUNCTIONS = {
    "cumsum": (lambda x: x.cumsum(1), lambda a: a.cumsum(1), A),
    "cumprod": (lambda x: x.cumprod(0), lambda a: a.cumprod(0), A),
    "cummax": (lambda x: x.cummax(1).values, lambda a: np.maximum.accumulate(a, 1), A),
    "cummin nan": (lambda x: x.cummin(1).values, lambda a: np.minimum.accumulate(a, 1), NAN),
    "cummax indices": (lambda x: x.cummax(0).indices, lambda a: np.array([0, 1, 1, 3, 3]),
                       np.array([1.0, 2.0, 1.5, 2.0, -1.0])),
    "logcumsumexp": (lambda x: x.logcumsumexp(1), lambda a: np.log(np.cumsum(np.exp(a), 1)), A),
    "diff": (lambda x: x.diff(n=2, dim=0), lambda a: np.diff(a, n=2, axis=0), A),
    "trapezoid": (lambda x: pt.trapezoid(x, dx=0.5), lambda a: np.trapezoid(a, dx=0.5)
                  if hasattr(np, "trapezoid") else np.trapz(a, dx=0.5), A),
    "gradient": (lambda x: pt.gradient(x, spacing=2.0, edge_order=2)[1],
                 lambda a: np.gradient(a, 2.0, edge_order=2)[1], A),
    "gradient places": (lambda x: pt.gradient(x, spacing=(pt.tensor([0.0, 1, 3, 4, 8, 9, 11]),))[0],
                        lambda a: np.gradient(a, np.array([0.0, 1, 3, 4, 8, 9, 11])), V),
    "sort": (lambda x: x.sort(0, descending=True).values, lambda a: -np.sort(-a, 0), A),
    "argsort": (lambda x: x.argsort(1), lambda a: np.argsort(a, 1, kind="stable"), K),
    "msort": (pt.msort, lambda a: np.sort(a, 0), A),
    "topk": (lambda x: x.topk(2, 1).values, lambda a: -np.sort(-a, 1)[:, :2], A),
    "kthvalue": (lambda x: x.kthvalue(2, 1).values, lambda a: np.sort(a, 1)[:, 1], A),
    "median": (lambda x: x.median(), lambda a: np.sort(a, None)[9], A),
    "median nan": (lambda x: x.median(1).values, lambda a: np.array([np.nan, np.nan]), NAN),
    "nanmedian": (lambda x: x.nanmedian(1).values, lambda a: np.array([1.0, 0.5]), NAN),
    "mode": (lambda x: x.mode(0).values, lambda a: np.array([1, 3]),
             np.array([[1, 3], [2, 3], [1, 4], [2, 5]])),
    "quantile": (lambda x: x.quantile(pt.tensor([0.2, 0.9], dtype=pt.float64), 1),
                 lambda a: np.quantile(a, [0.2, 0.9], 1), A),
    "nanquantile": (lambda x: x.nanquantile(0.4, 1), lambda a: np.nanquantile(a, 0.4, 1), NAN),
    **{
        f"quantile {how}": (lambda x, how=how: x.quantile(0.31, interpolation=how),
                            lambda a, how=how: np.quantile(a, 0.31, method=how), A)
        for how in ("lower", "higher", "midpoint", "nearest")
    },
    "searchsorted": (lambda x: pt.searchsorted(pt.tensor([-1.0, 0, 0, 1], dtype=x.dtype), x),
                     lambda a: np.searchsorted([-1, 0, 0, 1], a), A),
    "searchsorted right": (lambda x: pt.searchsorted(pt.tensor([-2, 0, 0, 1]), x, right=True),
                           lambda a: np.searchsorted([-2, 0, 0, 1], a, "right"), K),
    "isin": (lambda x: pt.isin(x, pt.tensor([1, -3])), lambda a: np.isin(a, [1, -3]), K),
    "isin many": (lambda x: pt.isin(x, pt.arange(0, 60, 3), invert=True),
                  lambda a: np.isin(a, np.arange(0, 60, 3), invert=True), K),
    "histc": (lambda x: pt.histc(x, 4, -1, 1), lambda a: np.histogram(a, 4, (-1, 1))[0], A),
    "gather": (lambda x: x.gather(0, INDEX_T), lambda a: np.take_along_axis(a, INDEX, 0), A),
    "take": (lambda x: x.take(INDEX_T), lambda a: np.take(a, INDEX), A),
    "take_along_dim": (lambda x: x.take_along_dim(pt.tensor([[1], [0], [2], [3]]), 1),
                       lambda a: np.take_along_axis(a, np.array([[1], [0], [2], [3]]), 1), A),
    "scatter": (lambda x: x.scatter(0, pt.tensor([[0, 2, 1, 0, 3]]), pt.tensor(B)),
                lambda a: np.put_along_axis(c := a.copy(), INDEX[:1], B[:1], 0) or c, A),
    "scatter number": (lambda x: x.scatter(0, INDEX_T, 2.5), lambda a: _filled(a), A),
    "scatter_add": (lambda x: x.scatter_add(0, INDEX_T, pt.tensor(B)),
                    lambda a: scattered(np.add.at), A),
    "scatter_reduce": (lambda x: x.scatter_reduce(0, INDEX_T, pt.tensor(B), "prod"),
                       lambda a: scattered(np.multiply.at), A),
    "scatter_reduce alone": (
        lambda x: x.scatter_reduce(0, INDEX_T, pt.tensor(B), "amax", include_self=False),
        lambda a: scattered(np.maximum.at, -np.inf), A,
    ),
    "index_fill": (lambda x: x.index_fill(1, pt.tensor([0, 3]), 7.0),
                   lambda a: np.where(np.isin(np.arange(5), [0, 3]), 7.0, a), A),
    "index_copy": (lambda x: x.index_copy(0, pt.tensor([2, 0]), pt.tensor(B[:2])),
                   lambda a: np.stack([B[1], a[1], B[0], a[3]]), A),
    "index_reduce": (lambda x: x.index_reduce(0, pt.tensor([1, 1]), pt.tensor(B[:2]), "mean"),
                     lambda a: np.stack([a[0], (a[1] + B[0] + B[1]) / 3, a[2], a[3]]), A),
    "put": (lambda x: x.put(pt.tensor([3, 3, -1]), pt.tensor([1.0, 2, 3], dtype=x.dtype), True),
            lambda a: a + np.eye(1, 20, 3).reshape(4, 5) * 3 + np.eye(1, 20, 19).reshape(4, 5) * 3,
            A),
    "masked_scatter": (lambda x: x.masked_scatter(x > 0, pt.tensor(B)),
                       lambda a: _masked(a), A),
    "diagonal": (lambda x: x.diagonal(1), lambda a: np.diagonal(a, 1), A),
    "diag": (lambda x: x.diag(-2), lambda a: np.diag(a, -2), V),
    "diag_embed": (lambda x: x.diag_embed(1, 0, 2),
                   lambda a: np.stack([np.diag(r, 1) for r in a], 1), A),
    "unfold": (lambda x: x.unfold(1, 3, 2),
               lambda a: np.lib.stride_tricks.sliding_window_view(a, 3, 1)[:, ::2], A),
    "as_strided": (lambda x: x.as_strided((3, 2), (2, 5), 1),
                   lambda a: np.lib.stride_tricks.as_strided(a.ravel()[1:], (3, 2), (16, 40)), A),
    "vander": (pt.vander, np.vander, V),
    "roll": (lambda x: x.roll((1, -2), (0, 1)), lambda a: np.roll(a, (1, -2), (0, 1)), A),
    "roll flat": (lambda x: x.roll(3), lambda a: np.roll(a, 3), A),
    "rot90": (lambda x: x.rot90(3), lambda a: np.rot90(a, 3), A),
    "flip": (lambda x: x.flip(0, 1), lambda a: np.flip(a), A),
    "repeat_interleave": (lambda x: x.repeat_interleave(2, 1), lambda a: np.repeat(a, 2, 1), A),
    "tensordot": (lambda x: pt.tensordot(x, pt.tensor(B), ([0], [0])),
                  lambda a: np.tensordot(a, B, ([0], [0])), A),
    "einsum trace": (lambda x: pt.einsum("ii->i", x[:, :4]), lambda a: np.diagonal(a[:, :4]), A),
    "einsum dots": (lambda x: pt.einsum("...i,ji->...j", x, pt.tensor(B)), lambda a: a @ B.T, A),
    "einsum chain": (lambda x: pt.einsum("ab,cb,cd,d->a", x, pt.tensor(B), pt.tensor(A), pt.ones(
        5, dtype=pt.float64)), lambda a: a @ B.T @ A @ np.ones(5), A),
    "einsum lists": (lambda x: pt.einsum(x, [0, 1], pt.tensor(B), [2, 1], [2, 0]),
                     lambda a: B @ a.T, A),
    "cross": (lambda x: pt.cross(x, pt.tensor(B[:3])), lambda a: np.cross(a, B[:3], axis=0), A[:3]),
    "addbmm": (lambda x: pt.addbmm(x, pt.ones(2, 4, 3).double(), pt.ones(2, 3, 5).double(),
                                   beta=2.0, alpha=0.5), lambda a: 2 * a + 3, A),
    "cov": (lambda x: x.cov(), np.cov, A),
    "corrcoef": (lambda x: x.corrcoef(), np.corrcoef, A),
    "cdist": (lambda x: pt.cdist(x, pt.tensor(B), 3.0),
              lambda a: (np.abs(a[:, None] - B) ** 3).sum(-1) ** (1 / 3), A),
    "norm": (lambda x: x.norm(3, 1), lambda a: (np.abs(a) ** 3).sum(1) ** (1 / 3), A),
    "nanmean": (lambda x: x.nanmean(1), lambda a: np.nanmean(a, 1), NAN),
    "nansum": (lambda x: x.nansum(), np.nansum, NAN),
    "renorm": (lambda x: x.renorm(2, 0, 1.0),
               lambda a: a / np.maximum(np.linalg.norm(a, axis=1, keepdims=True) + 1e-7, 1), A),
    "copysign": (lambda x: pt.copysign(x, pt.tensor(B)), lambda a: np.copysign(a, B), A),
    "nextafter": (lambda x: pt.nextafter(x, pt.tensor(B)), lambda a: np.nextafter(a, B), A),
    "hypot": (lambda x: pt.hypot(x * 1e200, pt.tensor(B) * 1e200),
              lambda a: np.hypot(a * 1e200, B * 1e200), A),
    "heaviside": (lambda x: pt.heaviside(x, pt.tensor([9])), lambda a: np.heaviside(a, 9), K),
    "gcd": (lambda x: pt.gcd(x, pt.tensor(6)), lambda a: np.gcd(a, 6), K),
    "lcm": (lambda x: pt.lcm(x, pt.tensor(6)), lambda a: np.lcm(a, 6), K),
    "frexp": (lambda x: pt.frexp(x * 1e-310).mantissa, lambda a: np.frexp(a * 1e-310)[0], A),
    "logaddexp2": (lambda x: pt.logaddexp2(x, -x), lambda a: np.logaddexp2(a, -a), A),
    "nan_to_num": (lambda x: x.nan_to_num(nan=3.0), lambda a: np.nan_to_num(a, nan=3.0), NAN),
    "fmax": (lambda x: pt.fmax(x, pt.zeros(1, dtype=x.dtype)), lambda a: np.fmax(a, 0.0), NAN),
    "float_power": (lambda x: x.float_power(2), lambda a: a.astype(float) ** 2, K),
    "shift": (lambda x: pt.bitwise_left_shift(x, 3), lambda a: np.left_shift(a, 3), K),
}


def _filled(a):
    out = a.copy()
    np.put_along_axis(out, INDEX, 2.5, 0)
    return out


def _masked(a):
    out = a.copy()
    out[a > 0] = B.ravel()[: (a > 0).sum()]
    return out


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_eager_and_compiled(name):
    function, reference, array = FUNCTIONS[name]
    expected = np.asarray(reference(array.copy()))
    x = pt.tensor(array)
    for found in (function(x), pt.compile(function)(x), function(pt.tensor(array.T.copy()).t())
                  if array.ndim == 2 and name != "as_strided" else function(x)):
        assert found.shape == expected.shape
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", [(1,), (17,), (3, 5), (5, 33), (2, 3, 18), (2, 1, 5, 4)])
def test_cumulative_kernels_over_layouts(shape):
    array = np.round(RNG.standard_normal(shape) * 3)
    for dtype in (np.float32, np.int64, np.uint8):
        a = np.abs(array).astype(dtype) if dtype is np.uint8 else array.astype(dtype)
        straight, turned = pt.tensor(a), pt.tensor(a.T.copy()).permute(*range(a.ndim)[::-1])
        for x, d in itertools.product((straight, turned), range(a.ndim)):
            whole = x.cumsum(d, dtype=x.dtype)
            assert whole.tolist() == np.cumsum(a, d, dtype=dtype).tolist()
            values, places = x.cummax(d)
            assert values.tolist() == np.maximum.accumulate(a, d).tolist()
            assert x.gather(d, places).tolist() == values.tolist()


@pytest.mark.parametrize("shape", [(1,), (40,), (41,), (5, 133), (3, 50, 2)])
def test_sorting_kernels_over_layouts(shape):
    drawn = np.round(RNG.standard_normal(shape) * 300)
    for dtype in (np.float16, np.float32, np.float64, np.int64, np.int16, np.uint8, np.uint64):
        a = (np.abs(drawn) % 200 if dtype in (np.uint8, np.uint64) else drawn).astype(dtype)
        if a.dtype.kind == "f":
            a.flat[:: 3], a.flat[1 :: 7], a.flat[2 :: 5] = -0.0, np.nan, 0.0
        straight, turned = pt.tensor(a), pt.tensor(a.T.copy()).permute(*range(a.ndim)[::-1])
        for x, d in itertools.product((straight, turned), range(a.ndim)):
            assert x.argsort(d).tolist() == np.argsort(a, d, kind="stable").tolist()
            falling = a.shape[d] - 1 - np.flip(np.argsort(np.flip(a, d), d, kind="stable"), d)
            assert x.argsort(d, descending=True).tolist() == falling.tolist()


def test_cumulative_ops_and_sorting_run_natively():
    report = str(pt.explain(pt.compile(lambda x: x.cumsum(1).sort(0)[0]), pt.ones(4, 9)))
    assert "along lines" in report
    assert "sorts lines" in report
    assert "in Python" not in report


# -- data-dependent sizes --------------------------------------------------------------------------


def test_distinct_elements():
    found, inverse, counts = pt.unique(pt.tensor(K), return_inverse=True, return_counts=True)
    values, places, times = np.unique(K, return_inverse=True, return_counts=True)
    assert (found.tolist(), counts.tolist()) == (values.tolist(), times.tolist())
    assert inverse.tolist() == places.reshape(K.shape).tolist()
    rows = np.array([[1, 2], [1, 2], [0, 5], [1, 2]])
    assert pt.unique(pt.tensor(rows), dim=0).tolist() == [[0, 5], [1, 2]]
    runs, times = pt.unique_consecutive(pt.tensor(rows), dim=0, return_counts=True)
    assert (runs.tolist(), times.tolist()) == ([[1, 2], [0, 5], [1, 2]], [2, 1, 1])
    assert pt.unique(pt.tensor([np.nan, 1.0, np.nan])).numel() == 3


def test_counts_and_histograms():
    x = pt.tensor([3, 0, 3, 1])
    assert pt.bincount(x, minlength=6).tolist() == [1, 1, 0, 2, 0, 0]
    assert pt.bincount(x, pt.tensor([0.5, 1, 2, 4])).tolist() == [1, 4, 0, 2.5]
    hist, edges = pt.histogram(pt.tensor(A), 4, density=True)
    counts, bounds = np.histogram(A, 4, density=True)
    np.testing.assert_allclose(hist.numpy(), counts)
    np.testing.assert_allclose(edges.numpy(), bounds)
    hist, _ = pt.histogramdd(pt.tensor(A[:, :2]), [2, 3])
    np.testing.assert_allclose(hist.numpy(), np.histogramdd(A[:, :2], [2, 3])[0])


@pytest.mark.parametrize("call", [pt.unique, pt.nonzero, lambda x: x[x > 0], pt.bincount,
                                  lambda x: x.masked_select(x > 0)])
def test_sizes_that_depend_on_values_are_not_captured(call):
    with pytest.raises(CaptureError, match="test_families"):
        pt.compile(lambda x: call(x))(pt.tensor([1, 0, 2]))


# -- joining and cutting ---------------------------------------------------------------------------


def test_joining():
    x, y = pt.tensor(A), pt.tensor(B)
    for name in ("hstack", "vstack", "dstack", "column_stack"):
        for a, b in ((A, B), (V, V)):
            found = getattr(pt, name)([pt.tensor(a), pt.tensor(b)])
            assert found.tolist() == getattr(np, name)([a, b]).tolist()
    blocks = pt.block_diag(pt.ones(1, 2), pt.tensor(3.0), pt.ones(2, 1))
    assert blocks.tolist() == [[1, 1, 0, 0], [0, 0, 3, 0], [0, 0, 0, 1], [0, 0, 0, 1]]
    for indexing in ("ij", "xy"):
        for found, expected in zip(pt.meshgrid(x[0], y[0, :2], indexing=indexing),
                                   np.meshgrid(A[0], B[0, :2], indexing=indexing), strict=True):
            assert found.tolist() == expected.tolist()
    assert pt.cartesian_prod(pt.arange(2), pt.arange(3)).tolist() == [
        list(p) for p in itertools.product(range(2), range(3))]
    assert pt.combinations(pt.arange(4), 3).tolist() == [
        list(p) for p in itertools.combinations(range(4), 3)]


def test_cutting():
    x = pt.tensor(A)
    for given in (3, [1, 3], [-1, 9]):
        found = pt.tensor_split(x, given, 1)
        assert [f.tolist() for f in found] == [p.tolist() for p in np.array_split(A, given, 1)]
    assert [f.shape for f in x.vsplit(2)] == [(2, 5), (2, 5)]
    assert x.tensor_split(2)[0].data_ptr() == x.data_ptr()
    with pytest.raises(ArgumentError, match="divisor"):
        x.hsplit(2)


# -- views and writes ------------------------------------------------------------------------------


@pytest.mark.parametrize("view", [
    lambda x: x.diagonal(), lambda x: x.unfold(1, 2, 2)[:, 0], lambda x: x.as_strided((2,), (6,), 1)
])
def test_views_by_strides_share_memory(view):
    def write(x):
        y = x * 1
        view(y).mul_(10)
        return y

    array = A.copy()
    expected = write(pt.tensor(array))
    shown = pt.tensor(array)
    part = view(shown)
    part *= 10
    assert shown.tolist() == expected.tolist()
    assert (shown.numpy() != array).sum() == part.numel()
    assert pt.compile(write)(pt.tensor(array)).tolist() == expected.tolist()
    x = pt.tensor(array, requires_grad=True)
    write(x).sum().backward()
    assert x.grad.tolist() == np.where(shown.numpy() != array, 10.0, 1.0).tolist()


def test_overlapping_windows_are_not_written_to():
    with pytest.raises(ShapeError, match="share one place"):
        pt.zeros(5).unfold(0, 3, 1).add_(1)


def test_in_place_forms():
    x = pt.tensor(A)
    y = x.clone()
    assert y.cumsum_(1) is y
    assert y.tolist() == x.cumsum(1).tolist()
    y.copy_(x).scatter_(0, INDEX_T, 1.5, reduce="multiply")
    expected = A.copy()
    np.multiply.at(expected, (INDEX, np.broadcast_to(np.arange(5), (2, 5))), 1.5)
    np.testing.assert_allclose(y.numpy(), expected)
    y.copy_(x).index_put_((pt.tensor([0, 0]), pt.tensor([1, 1])), pt.ones(2).double(), True)
    assert y[0, 1].item() == pytest.approx(A[0, 1] + 2)
    y.copy_(x).fill_diagonal_(0)
    assert y.diagonal().tolist() == [0] * 4
    assert y.t_().shape == (5, 4)
    assert y.unsqueeze_(0).squeeze_(0).is_contiguous() is False
    leaf = pt.ones(1, 3, requires_grad=True)
    z = leaf * 2
    z.squeeze_(0)
    z.mul_(3)
    z.sum().backward()
    assert leaf.grad.tolist() == [[6, 6, 6]]
    with pytest.raises(DTypeError):
        pt.ones(2, dtype=pt.int64).float_power_(0.5)


def test_out():
    out = pt.empty(0)
    assert pt.exp(pt.zeros(3), out=out) is out
    pt.add(out, 1, out=out)
    assert out.tolist() == [2, 2, 2]
    values, order = pt.sort(pt.tensor([3.0, 1, 2]), out=(out, pt.empty(3, dtype=pt.int64)))
    assert (values is out, out.tolist(), order.tolist()) == (True, [1, 2, 3], [1, 2, 0])
    pt.cat([out, out[:1]], out=(joined := pt.empty(4, dtype=pt.float64)))
    assert joined.tolist() == [1, 2, 3, 1]
    for call, error in (
        (lambda: pt.exp(pt.zeros(2), out=out), ShapeError),
        (lambda: pt.exp(out, out=pt.empty(3, dtype=pt.int64)), DTypeError),
        (lambda: pt.exp(pt.ones(3, requires_grad=True), out=out), pt.AutogradError),
    ):
        with pytest.raises(error):
            call()


WRONG = [
    (lambda x: x[::-1], ShapeError, "flip"),
    (lambda x: x[9], IndexOutOfRange, "out of range"),
    (lambda x: x[0, 0, 0], IndexOutOfRange, "too many"),
    (lambda x: x[pt.tensor([True])], IndexOutOfRange, "mask"),
    (lambda x: x[x], DTypeError, "floats"),
    (lambda x: x.gather(0, pt.zeros(2, 2)), DTypeError, "integers"),
    (lambda x: x.scatter(0, INDEX_T, x, reduce="mean"), ArgumentError, "multiply"),
    (lambda x: x.scatter_reduce(0, INDEX_T, x, "avg"), ArgumentError, "amax"),
    (lambda x: x.scatter_add(0, INDEX_T, x.float()), DTypeError, "float32"),
    (lambda x: x.kthvalue(0), ArgumentError, "1..5"),
    (lambda x: x.quantile(1.5), ArgumentError, "0 <= q <= 1"),
    (lambda x: x.quantile(0.5, interpolation="cubic"), ArgumentError, "linear"),
    (lambda x: x.unfold(0, 9, 1), ArgumentError, "windows"),
    (lambda x: x.as_strided((9, 9), (9, 9)), ArgumentError, "outside"),
    (lambda x: x.diagonal(0, 1, 1), ShapeError, "different"),
    (lambda x: pt.einsum("ij,jk", x, x), ShapeError, "einsum"),
    (lambda x: pt.tensordot(x, x, 3), ArgumentError, "dims"),
    (lambda x: pt.bincount(pt.tensor([-1])), ArgumentError, "negative"),
    (lambda x: x.diff(n=-1), ArgumentError, "n >= 0"),
    (lambda x: x.apply_(abs), ArgumentError, "tensor operations"),
    (lambda x: x.masked_scatter(x > -9, x[0]), IndexOutOfRange, "out of range"),
    (lambda x: pt.multinomial(-x, 2), ArgumentError, "probabilities"),
    (lambda x: x.geometric_(1.5), ArgumentError, "0 < p < 1"),
]


@pytest.mark.parametrize("case", range(len(WRONG)))
def test_wrong_arguments(case):
    call, error, words = WRONG[case]
    with pytest.raises(error, match=words.replace("(", r"\(")) as caught:
        call(pt.tensor(np.abs(A)))
    assert isinstance(caught.value, PentadError)


def test_random_fills():
    pt.manual_seed(3)
    x = pt.empty(40_000, dtype=pt.float64)
    assert x.exponential_(2.0).mean().item() == pytest.approx(0.5, abs=0.02)
    assert x.cauchy_(1.0, 2.0).median().item() == pytest.approx(1.0, abs=0.1)
    assert x.geometric_(0.25).mean().item() == pytest.approx(4.0, abs=0.1)
    assert x.log_normal_(0.0, 0.5).log().std().item() == pytest.approx(0.5, abs=0.02)
    assert sorted(set(x.random_(3, 6).tolist())) == [3, 4, 5]
    p = pt.tensor([[0.1, 0.2, 0.0, 0.7]])
    drawn = pt.multinomial(p, 40_000, True)[0].bincount(minlength=4).double() / 40_000
    np.testing.assert_allclose(drawn.numpy(), p[0].numpy(), atol=0.02)
    assert sorted(pt.multinomial(p[0], 3).tolist()) == [0, 1, 3]

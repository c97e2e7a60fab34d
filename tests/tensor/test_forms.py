"""Less usual forms of functions: more arguments, in place, edges of sizes and dtypes."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pentad as pt
from pentad import ArgumentError, DTypeError, ShapeError

FLAGS = pt.tensor([True, False])
RNG = np.random.default_rng(3)


def same(found: pt.Tensor, expected: object, dtype: pt.dtype) -> None:
    assert found.dtype is dtype
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize(("decimals", "expected"), [(1, [1.3, -3.6]), (-1, [0.0, -0.0]),
                                                    (0, [1.0, -4.0])])
def test_rounds_to_decimals(decimals, expected):
    x = pt.tensor([1.26, -3.55], dtype=pt.float64)
    same(pt.round(x, decimals=decimals), expected, pt.float64)
    assert x.round_(decimals=decimals) is x
    same(x, expected, pt.float64)


def test_whole_numbers_have_no_decimals():
    with pytest.raises(DTypeError, match="round"):
        pt.round(pt.arange(3), decimals=1)


def test_flags_in_arithmetic():
    same(pt.outer(FLAGS, FLAGS), [[1, 0], [0, 0]], pt.bool)
    same(pt.kron(FLAGS, FLAGS), [1, 0, 0, 0], pt.bool)
    same(FLAGS.square(), [1, 0], pt.int64)
    same(pt.add(FLAGS, pt.tensor([True, True]), alpha=False), [1, 0], pt.bool)
    same(FLAGS.sum_to_size(()), 1, pt.int64)


def test_subtracts_from():
    x = pt.tensor([1.0, 4.0], dtype=pt.float64)
    same(pt.rsub(x, 2, alpha=3), [-1.0, -10.0], pt.float64)
    same(x.__rdiv__(2), [2.0, 0.5], pt.float64)


def test_ranges_by_name():
    assert pt.arange(end=3).tolist() == pt.arange(start=0, end=3).tolist() == [0, 1, 2]
    assert pt.arange(1, end=3).tolist() == [1, 2]
    assert pt.arange(1, 6, step=2).tolist() == [1, 3, 5]
    for wrong in ({"start": 1}, {"end": 3, "stop": 2}):
        with pytest.raises(TypeError):
            pt.arange(**wrong)
    with pytest.raises(TypeError, match="start"):
        pt.arange(1, 2, start=0)


def test_makes_tensors_alike():
    x = pt.zeros(2, dtype=pt.float64)
    for made in (x.new_zeros(3, device="cpu", requires_grad=True),
                 x.new_full((3,), 2.0, requires_grad=True),
                 pt.rand_like(x, device="cpu", requires_grad=True),
                 x.new_empty_strided((2,), (1,), requires_grad=True)):
        assert made.requires_grad
        assert made.dtype is pt.float64
    assert pt.scalar_tensor(3).dtype is pt.float32
    assert pt.scalar_tensor(3, dtype=pt.int32).item() == 3
    assert x.half(memory_format=pt.contiguous_format).dtype is pt.float16
    turned = pt.zeros(2, 3).t().double(memory_format=pt.contiguous_format)
    assert turned.is_contiguous()


def test_empty_in_an_order():
    assert pt.empty_permuted((2, 3, 4), (1, 0, 2)).stride() == (4, 8, 1)
    with pytest.raises(ArgumentError, match="physical_layout"):
        pt.empty_permuted((2, 3), (0, 0))


def test_narrows_from_a_tensor():
    x = pt.arange(5)
    assert pt.narrow(x, 0, pt.tensor(1), 2).tolist() == [1, 2]
    copied = x.narrow_copy(0, 1, 2)
    copied.zero_()
    assert x.tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(ShapeError, match="narrow"):
        pt.narrow(x, 0, pt.tensor(4), 2)


@pytest.mark.parametrize("function", [pt.softmax, pt.log_softmax])
def test_nothing_to_normalise(function):
    assert function(pt.zeros(2, 0), 1).shape == (2, 0)
    x = pt.zeros(2, 0, requires_grad=True)
    function(x, 1).sum().backward()
    assert x.grad.shape == (2, 0)


@pytest.mark.parametrize(("name", "args"), [
    ("digamma", ()), ("lgamma", ()), ("i0", ()), ("sinc", ()), ("erfinv", ()), ("logit", (0.1,)),
    ("xlogy", (2.0,)), ("igamma", (pt.tensor([0.5, 1.0]),)), ("polygamma", (1,)),
    ("mvlgamma", (1,)),
])
def test_special_functions_in_place(name, args):
    x = pt.tensor([0.25, 0.75])
    expected = getattr(x, name)(*args)
    assert getattr(x, f"{name}_")(*args) is x
    assert (x == expected).all()
    assert math.isfinite(x.sum().item())


def test_float_power_of_complex_numbers():
    x = pt.tensor([1 + 1j, 2j])
    same(pt.float_power(x, 2), [2j, -4], pt.complex128)


def test_whole_numbers_of_fractional_bounds():
    assert pt.arange(1.5, 4.9, dtype=pt.int64).tolist() == [1, 2, 3]


def test_channels_last():
    x = pt.tensor(RNG.standard_normal((2, 3, 4, 5)))
    turned = x.float(memory_format=pt.channels_last)
    assert turned.stride() == (60, 1, 15, 3)
    assert (turned == x.float()).all()
    with pytest.raises(ArgumentError, match="5 dimensions"):
        x.float(memory_format=pt.channels_last_3d)
    with pytest.raises(ArgumentError, match="no memory format"):
        x.is_contiguous((2, 2))


def test_unravels_places():
    places = RNG.integers(0, 24, (3, 2))
    found = pt.unravel_index(pt.tensor(places), (2, 3, 4))
    for ours, theirs in zip(found, np.unravel_index(places, (2, 3, 4)), strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs)
    with pytest.raises(ShapeError, match="outside"):
        pt.unravel_index(pt.tensor(24), (2, 3, 4))
    with pytest.raises(DTypeError, match="unravel_index"):
        pt.unravel_index(pt.tensor(1.0), 3)


def test_logsumexp_of_whole_and_complex_numbers():
    same(pt.logsumexp(pt.tensor([0, 0]), 0), np.float32(np.log(2)), pt.float32)
    x = np.array([1 + 2j, 2 - 1j, 0.5j])
    same(pt.logsumexp(pt.tensor(x), 0), np.log(np.exp(x).sum()), pt.complex128)
    large = pt.logsumexp(pt.tensor([900 + 1j, 1j], dtype=pt.complex128), 0)
    same(large, 900 + 1j, pt.complex128)


@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (2, 4, 2), (0, 3)])
def test_reflections(shape):
    x = RNG.standard_normal(shape)
    a, tau = pt.geqrf(pt.tensor(x))
    m, k = shape[-2], min(shape[-2:])
    q = pt.ormqr(a, tau, pt.eye(m, dtype=pt.float64).expand(*shape[:-2], m, m)).numpy()
    np.testing.assert_allclose(q @ np.triu(a.numpy()), x, atol=1e-12)
    np.testing.assert_allclose(pt.orgqr(a[..., :k], tau).numpy(), q[..., :k], atol=1e-12)
    c = pt.tensor(RNG.standard_normal((*shape[:-2], 5, m)))
    turned = pt.ormqr(a, tau, c, left=False, transpose=True).numpy()
    np.testing.assert_allclose(turned, c.numpy() @ np.swapaxes(q, -1, -2), atol=1e-12)


def test_reflections_need_matrices_that_fit():
    a, tau = pt.geqrf(pt.ones(3, 2))
    with pytest.raises(ShapeError, match="ormqr"):
        pt.ormqr(a, tau, pt.ones(2, 2))


def test_older_name_of_lu():
    x = pt.tensor(RNG.standard_normal((3, 3)))
    both, pivots, info = pt.lu(x, get_infos=True)
    p, low, up = pt.lu_unpack(both, pivots)
    np.testing.assert_allclose((p @ low @ up).numpy(), x.numpy(), atol=1e-12)
    assert info.item() == 0
    assert len(pt.lu(x)) == 2


def test_complex_pivots_are_those_of_lapack():
    # 1.2 < |0.8| + |0.8|, though it has the larger modulus.
    x = pt.tensor([[1.2, 1.0], [0.8 + 0.8j, 2.0]], dtype=pt.complex128)
    assert pt.lu(x)[1].tolist() == [2, 2]


def test_nuclear_norm():
    x = RNG.standard_normal((2, 3, 4))
    found = pt.norm(pt.tensor(x), "nuc", (0, 2), keepdim=True)
    expected = np.linalg.norm(x, "nuc", (0, 2), keepdims=True)
    same(found, expected, pt.float64)
    with pytest.raises(ShapeError, match="nuc"):
        pt.norm(pt.tensor(x), "nuc")


COMPLEX = RNG.standard_normal((3, 5)) + 1j * RNG.standard_normal((3, 5))


def test_complex_sums_of_exponentials():
    other = COMPLEX[::-1].copy()
    same(pt.logaddexp(pt.tensor(COMPLEX), pt.tensor(other)),
         np.log(np.exp(COMPLEX) + np.exp(other)), pt.complex128)
    found = pt.logcumsumexp(pt.tensor(COMPLEX), 1)
    # The imaginary part is one of several that differ by 2 pi.
    np.testing.assert_allclose(np.exp(found.numpy()), np.exp(COMPLEX).cumsum(1), rtol=1e-12)
    far = pt.logcumsumexp(pt.tensor([0j, 900 + 1j], dtype=pt.complex128), 0)
    same(far, [0, 900 + 1j], pt.complex128)


def test_complex_covariance():
    x = pt.tensor(COMPLEX)
    same(pt.cov(x), np.cov(COMPLEX), pt.complex128)
    same(pt.corrcoef(x), np.corrcoef(COMPLEX), pt.complex128)
    weights = np.array([1, 2, 1, 3, 1])
    same(pt.cov(x, fweights=pt.tensor(weights)), np.cov(COMPLEX, fweights=weights), pt.complex128)


def test_complex_logdet():
    x = COMPLEX[:, :3]
    same(pt.logdet(pt.tensor(x)), np.log(np.linalg.det(x)), pt.complex128)


def test_next_number_has_a_derivative():
    x = pt.tensor([1.0, -0.0, math.inf], dtype=pt.float64, requires_grad=True)
    y = pt.tensor([2.0, -1.0, math.inf], dtype=pt.float64, requires_grad=True)
    found = pt.nextafter(x, y)
    np.testing.assert_array_equal(found.detach().numpy(), np.nextafter(*(
        t.detach().numpy() for t in (x, y))))
    found[:2].sum().backward()
    assert x.grad.tolist() == [1, 1, 0]
    assert y.grad is None
    least = pt.nextafter(pt.tensor(-5e-324, dtype=pt.float64), pt.tensor(0.0, dtype=pt.float64))
    assert math.copysign(1, least.item()) == -1


def test_boxes_without_points():
    counts, edges = pt.histogramdd(pt.zeros(0, 2), [1, 2])
    assert counts.tolist() == [[0, 0]]
    assert [e.tolist() for e in edges] == [[0, 1], [0, 0.5, 1]]


@pytest.mark.parametrize("dtype", [np.float32, np.int16, np.bool_, np.uint64])
def test_hash(dtype):
    x = (RNG.standard_normal((2, 5, 3)) * 9).astype(np.int64).astype(dtype)
    wide = {"f": np.float64, "u": np.uint64}.get(np.dtype(dtype).kind, np.int64)
    bits = x.astype(wide).view(np.uint64)
    found = pt.hash_tensor(pt.tensor(x), 1, keepdim=True)
    np.testing.assert_array_equal(found.numpy(), np.bitwise_xor.reduce(bits, 1, keepdims=True))
    whole = pt.hash_tensor(pt.tensor(x))
    assert whole.dtype is pt.uint64
    assert whole.item() == np.bitwise_xor.reduce(bits, None)
    with pytest.raises(ArgumentError, match="mode"):
        pt.hash_tensor(pt.tensor(x), mode=1)

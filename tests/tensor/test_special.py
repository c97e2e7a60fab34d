"""pentad.special against SciPy in float64: over the whole line, at the edges, by dtype, compiled.

The reference is SciPy; where its own error is larger than ours (its Bessel functions beyond
1,000) the arguments stay below.
"""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special as sp

import pentad as pt
from pentad import special

EDGES = [0.0, -0.0, 1.0, 2.0, -1.0, -2.0, 0.5, -0.5, np.inf, -np.inf, np.nan, 1e-300, 1e-20]


def _line() -> np.ndarray:
    rng = np.random.default_rng(0)
    scales = 10 ** rng.uniform(-12, 2.9, 300) * rng.choice([-1, 1], 300)
    return np.concatenate([rng.uniform(-20, 20, 500), scales, EDGES])


LINE = _line()
UNIT = np.concatenate([np.linspace(-1, 1, 301), 1 - 10.0 ** -np.arange(16), [1.5, np.nan, 1e-30]])
CHANCE = np.concatenate([np.linspace(0, 1, 301), 10.0 ** -np.arange(300), [-1, 2, np.nan]])

# name: (SciPy's function, arguments, tolerance of the relative or absolute error)
UNARY = {
    "gammaln": (sp.gammaln, np.abs(LINE), 2e-14), "digamma": (sp.digamma, LINE, 5e-12),
    "erfcx": (sp.erfcx, LINE, 5e-14), "erfinv": (sp.erfinv, UNIT, 2e-15),
    "ndtr": (sp.ndtr, LINE, 2e-13), "ndtri": (sp.ndtri, CHANCE, 2e-15),
    "log_ndtr": (sp.log_ndtr, LINE, 2e-15), "entr": (sp.entr, LINE, 2e-15),
    "expit": (sp.expit, LINE, 2e-15), "logit": (sp.logit, CHANCE, 1e-13),
    "i0": (sp.i0, LINE, 3e-15), "i1": (sp.i1, LINE, 3e-15),
    "i0e": (sp.i0e, LINE, 3e-15), "i1e": (sp.i1e, LINE, 3e-15),
    "modified_bessel_k0": (sp.k0, LINE, 3e-15), "modified_bessel_k1": (sp.k1, LINE, 3e-15),
    "scaled_modified_bessel_k0": (sp.k0e, LINE, 3e-15),
    "scaled_modified_bessel_k1": (sp.k1e, LINE, 3e-15),
    "bessel_j0": (sp.j0, LINE, 3e-15), "bessel_j1": (sp.j1, LINE, 3e-15),
    "bessel_y0": (sp.y0, LINE, 5e-15), "bessel_y1": (sp.y1, LINE, 5e-15),
    "airy_ai": (lambda x: sp.airy(x)[0], LINE, 2e-14),
    "sinc": (np.sinc, LINE, 3e-14), "spherical_bessel_j0": (
        lambda x: sp.spherical_jn(0, x), LINE, 3e-15),
}


def _differs(found: np.ndarray, expected: np.ndarray, tol: float) -> np.ndarray:
    """Where neither the relative nor the absolute error is within `tol`."""
    with np.errstate(all="ignore"):
        error = np.abs(found - expected)
        fits = (error <= tol * np.abs(expected)) | (error <= tol)
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    return ~(fits | same)


@pytest.mark.parametrize("name", UNARY)
def test_against_scipy(name: str) -> None:
    reference, x, tol = UNARY[name]
    with np.errstate(all="ignore"):
        expected = np.asarray(reference(x))
    # SciPy has no value at infinity for functions that have one, and overflows a little early.
    known = ~(np.isnan(expected) & np.isinf(x)) & ~(np.isinf(expected) & np.isfinite(x) & (
        np.abs(x) > 700)) & ~np.isnan(expected + (name == "airy_ai") * 0.0)
    known |= np.isnan(x)
    found = getattr(special, name)(pt.from_numpy(x.copy())).numpy()
    wrong = _differs(found, expected, tol) & known
    assert not wrong.any(), list(zip(x[wrong], found[wrong], expected[wrong], strict=True))[:5]


@pytest.mark.parametrize("name", UNARY)
def test_single_precision_is_rounded_once(name: str) -> None:
    function = getattr(special, name)
    x = np.clip(UNARY[name][1][:400], -30, 30).astype(np.float32)
    found = function(pt.from_numpy(x)).numpy()
    wide = function(pt.from_numpy(x.astype(np.float64))).numpy()
    assert found.dtype == np.float32
    with np.errstate(all="ignore"):
        assert np.array_equal(found, wide.astype(np.float32), equal_nan=True) or not _differs(
            found.astype(np.float64), wide, 3e-7).any()


def test_incomplete_gamma_and_beta() -> None:
    rng = np.random.default_rng(1)
    a = np.concatenate([rng.uniform(0, 30, 300), 10 ** rng.uniform(-5, 8, 200), [0, 1, np.inf, 2]])
    with np.errstate(invalid="ignore"):
        x = np.abs(a + np.sqrt(a) * rng.normal(size=a.size))
    x[-4:] = [1, np.inf, 3, 0]
    left, right = pt.from_numpy(a), pt.from_numpy(x)
    for name in ("gammainc", "gammaincc"):
        expected = getattr(sp, name)(a, x)
        found = getattr(special, name)(left, right).numpy()
        assert not _differs(found, expected, 2e-12).any()
    bad = special.gammainc(pt.tensor([0.0, -1.0, 1.0]), pt.tensor([0.0, 1, -1]))
    assert np.isnan(bad.numpy()).all()
    p, q = rng.uniform(0.01, 50, 300), 10 ** rng.uniform(-2, 3, 300)
    u = rng.uniform(0, 1, 300)
    found = special.betainc(*map(pt.from_numpy, (p, q, u))).numpy()
    assert not _differs(found, sp.betainc(p, q, u), 2e-11).any()


def test_zeta_and_polygamma() -> None:
    s, q = np.meshgrid([1.1, 2, 3.5, 12, 200], [0.1, 1, 7.5, 40, 1e6])
    found = special.zeta(pt.from_numpy(s.copy()), pt.from_numpy(q.copy())).numpy()
    assert np.allclose(found, sp.zeta(s, q), rtol=1e-14)
    edges = special.zeta(pt.tensor([1.0, 0.5, 2.0, 2.5, 2.0]), pt.tensor([2.0, 2, -3, -0.5, -0.5]))
    assert np.allclose(edges.numpy(), [np.inf, np.nan, np.inf, np.nan, 8.934802], equal_nan=True)
    x = np.array([0.1, 1, 5.5, 30])
    for n in range(4):
        found = special.polygamma(n, pt.from_numpy(x)).numpy()
        assert np.allclose(found, sp.polygamma(n, x), rtol=1e-13)
    assert np.allclose(pt.mvlgamma(pt.from_numpy(x + 2), 3).numpy(),
                       [sp.multigammaln(v + 2, 3) for v in x])


def test_products_with_logarithms() -> None:
    x = pt.tensor([0.0, 0.0, 2.0, 0.0], dtype=pt.float64, requires_grad=True)
    y = pt.tensor([0.0, np.nan, 3.0, 2.0], dtype=pt.float64)
    found, z = special.xlogy(x, y).detach().numpy(), y - 1
    assert np.allclose(found, sp.xlogy([0, 0, 2, 0], y.numpy()), rtol=1e-15, equal_nan=True)
    found = special.xlog1py(x, z).detach().numpy()
    assert np.allclose(found, sp.xlog1py([0, 0, 2, 0], z.numpy()), rtol=1e-15, equal_nan=True)
    special.xlogy(x, y).sum().backward()
    assert np.allclose(x.grad.numpy()[2:], np.log([3, 2]))


POLYNOMIALS = {
    "chebyshev_polynomial_t": sp.eval_chebyt, "chebyshev_polynomial_u": sp.eval_chebyu,
    "hermite_polynomial_h": sp.eval_hermite, "hermite_polynomial_he": sp.eval_hermitenorm,
    "laguerre_polynomial_l": sp.eval_laguerre, "legendre_polynomial_p": sp.eval_legendre,
    "shifted_chebyshev_polynomial_t": sp.eval_sh_chebyt,
}


@pytest.mark.parametrize("name", POLYNOMIALS)
def test_orthogonal_polynomials(name: str) -> None:
    x, n = np.meshgrid(np.linspace(-1.3, 1.4, 9), np.arange(10))
    found = getattr(special, name)(pt.from_numpy(x.copy()), pt.from_numpy(n.copy()))
    assert np.allclose(found.numpy(), POLYNOMIALS[name](n, x), rtol=1e-11, atol=1e-11)


def test_third_and_fourth_kind() -> None:
    angle = np.linspace(0.1, 3, 7)
    x = pt.from_numpy(np.cos(angle))
    v = special.chebyshev_polynomial_v(x, 3).numpy()
    w = special.chebyshev_polynomial_w(x, 3).numpy()
    assert np.allclose(v, np.cos(3.5 * angle) / np.cos(angle / 2))
    assert np.allclose(w, np.sin(3.5 * angle) / np.sin(angle / 2))


def test_compiled_gradients_and_errors() -> None:
    def loss(x: pt.Tensor) -> pt.Tensor:
        return (special.gammaln(x) + special.i0e(x) + special.erfinv(x / 9)).sum()

    x = pt.tensor([0.5, 1.5, 4.0], dtype=pt.float64, requires_grad=True)
    y = x.detach().clone().requires_grad_()
    loss(x).backward()
    pt.compile(loss)(y).backward()
    assert np.allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-14)
    u = np.array([0.5, 1.5, 4.0])
    expected = sp.digamma(u) + sp.i1e(u) - sp.i0e(u) + np.sqrt(np.pi) / 18 * np.exp(
        sp.erfinv(u / 9) ** 2)
    assert np.allclose(x.grad.numpy(), expected)
    assert special.gammaln(pt.tensor([3])).dtype is pt.float32
    for call in (lambda: special.polygamma(-1, x), lambda: special.multigammaln(x, 0)):
        with pytest.raises(pt.ArgumentError):
            call()
    a = pt.tensor([2.0], dtype=pt.float64, requires_grad=True)
    [slope] = pt.autograd.grad(special.gammainc(a, x).sum(), [a], create_graph=True)
    with pytest.raises(pt.AutogradError, match="not differentiated"):
        slope.sum().backward()

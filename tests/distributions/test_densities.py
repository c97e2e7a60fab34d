"""Densities, distribution functions, entropies, moments and samples against SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats as st

import pentad as pt
from pentad import distributions as D


def t(*values: float) -> pt.Tensor:
    return pt.tensor(list(values), dtype=pt.float64)


A, B = np.array([0.7, 2.5]), np.array([1.3, 0.4])

# (ours, SciPy's, values)
CONTINUOUS = {
    "Normal": (lambda: D.Normal(t(*A), t(*B)), st.norm(A, B), [-1, 3]),
    "LogNormal": (lambda: D.LogNormal(t(*A), t(*B)), st.lognorm(B, scale=np.exp(A)), [0.3, 9]),
    "HalfNormal": (lambda: D.HalfNormal(t(*B)), st.halfnorm(scale=B), [0.3, 1]),
    "Uniform": (lambda: D.Uniform(t(*A), t(3, 4)), st.uniform(A, [2.3, 1.5]), [1.5, 2.6]),
    "Exponential": (lambda: D.Exponential(t(*A)), st.expon(scale=1 / A), [0.2, 3]),
    "Laplace": (lambda: D.Laplace(t(*A), t(*B)), st.laplace(A, B), [-1, 3]),
    "Cauchy": (lambda: D.Cauchy(t(*A), t(*B)), st.cauchy(A, B), [-1, 3]),
    "Gumbel": (lambda: D.Gumbel(t(*A), t(*B)), st.gumbel_r(A, B), [-1, 3]),
    "Weibull": (lambda: D.Weibull(t(*A), t(*B)), st.weibull_min(B, scale=A), [0.2, 3]),
    "Pareto": (lambda: D.Pareto(t(*A), t(3, 5)), st.pareto([3, 5], scale=A), [1.2, 3]),
    "Gamma": (lambda: D.Gamma(t(*A), t(*B)), st.gamma(A, scale=1 / B), [0.2, 3]),
    "Chi2": (lambda: D.Chi2(t(*A)), st.chi2(A), [0.2, 3]),
    "Beta": (lambda: D.Beta(t(*A), t(*B)), st.beta(A, B), [0.2, 0.9]),
    "StudentT": (lambda: D.StudentT(t(3, 5), t(*A), t(*B)), st.t([3, 5], A, B), [-1, 3]),
    "FisherSnedecor": (lambda: D.FisherSnedecor(t(3, 5), t(9, 8)), st.f([3, 5], [9, 8]), [0.2, 3]),
}
DISCRETE = {
    "Bernoulli": (lambda: D.Bernoulli(t(0.2, 0.9)), st.bernoulli([0.2, 0.9]), [0, 1]),
    "Binomial": (lambda: D.Binomial(7, t(0.2, 0.9)), st.binom(7, [0.2, 0.9]), [2, 6]),
    "Geometric": (lambda: D.Geometric(t(0.2, 0.9)), st.geom([0.2, 0.9], loc=-1), [2, 1]),
    "Poisson": (lambda: D.Poisson(t(2, 90)), st.poisson([2, 90]), [3, 80]),
    "NegativeBinomial": (lambda: D.NegativeBinomial(t(3, 4.5), t(0.3, 0.6)),
                         st.nbinom([3, 4.5], [0.7, 0.4]), [2, 6]),
}
ALL = {**CONTINUOUS, **DISCRETE}
WITHOUT_CDF = {"StudentT", "FisherSnedecor"}
INVERTED = ("Normal", "LogNormal", "HalfNormal", "Uniform", "Exponential", "Laplace", "Cauchy",
            "Gumbel", "Weibull", "Pareto")


def close(found: Any, expected: Any, tol: float = 1e-9) -> None:
    assert np.allclose(found.detach().numpy(), expected, rtol=tol, atol=tol, equal_nan=True)


@pytest.mark.parametrize("name", ALL)
def test_densities(name: str) -> None:
    make, reference, values = ALL[name]
    ours, value = make(), t(*values)
    log = reference.logpmf if name in DISCRETE else reference.logpdf
    close(ours.log_prob(value), log(values))
    if name in CONTINUOUS and name not in WITHOUT_CDF:
        close(ours.cdf(value), reference.cdf(values))
    if name in INVERTED:
        close(ours.icdf(t(0.1, 0.7)), reference.ppf([0.1, 0.7]))


@pytest.mark.parametrize("name", ALL)
def test_moments(name: str) -> None:
    ours, reference = ALL[name][0](), ALL[name][1]
    if name != "Cauchy":
        close(ours.mean, reference.mean())
        close(ours.variance, reference.var())
        close(ours.stddev, reference.std())
    if name not in ("FisherSnedecor", "Poisson", "NegativeBinomial"):
        close(ours.entropy(), reference.entropy(), 1e-7)


@pytest.mark.parametrize("name", ALL)
def test_samples_follow_the_distribution(name: str) -> None:
    """Kolmogorov and Smirnov for continuous, five standard errors of the mean for whole ones."""
    pt.manual_seed(4)
    ours, reference = ALL[name][0](), ALL[name][1]
    n = 3000
    drawn = ours.sample((n,))
    assert tuple(drawn.shape) == (n, 2)
    assert not drawn.requires_grad
    values = drawn.numpy()
    pt.manual_seed(4)
    assert np.array_equal(ours.sample((n,)).numpy(), values)
    if name in DISCRETE:
        error = 5 * reference.std() / np.sqrt(n)
        assert (np.abs(values.mean(0) - reference.mean()) < error).all()
        assert np.allclose(values.var(0), reference.var(), rtol=0.25)
        return
    uniform = reference.cdf(values)
    for column in uniform.T:
        assert st.kstest(column, "uniform").pvalue > 1e-4


@pytest.mark.parametrize("rate", [25.0, 31.0, 400.0, 1e5])
def test_large_poisson_numbers(rate: float) -> None:
    pt.manual_seed(1)
    values = D.Poisson(t(rate)).sample((4000,)).numpy()[:, 0]
    assert abs(values.mean() - rate) < 5 * np.sqrt(rate / 4000)
    assert np.isclose(values.var(), rate, rtol=0.15)
    assert st.kstest(values + pt.rand(4000).numpy(), lambda x: _smeared(x, rate)).pvalue > 1e-4


def _smeared(x: np.ndarray, rate: float) -> np.ndarray:
    """The distribution function of a Poisson number plus a uniform one."""
    whole = np.floor(x)
    return st.poisson.cdf(whole - 1, rate) + (x - whole) * st.poisson.pmf(whole, rate)


@pytest.mark.parametrize("name", [n for n in CONTINUOUS if n not in ("Cauchy",)])
def test_samples_have_gradients(name: str) -> None:
    """d E[X] / d parameter from reparametrised samples against differences of the mean."""
    cases = {
        "Normal": (lambda p: D.Normal(p, 2.0), 0.7),
        "LogNormal": (lambda p: D.LogNormal(p, 0.5), 0.2),
        "HalfNormal": (D.HalfNormal, 1.3), "Uniform": (lambda p: D.Uniform(p, 3.0), 0.5),
        "Exponential": (D.Exponential, 1.5), "Laplace": (lambda p: D.Laplace(0.0 * p + 1, p), 1.5),
        "Gumbel": (lambda p: D.Gumbel(1.0, p), 2.0), "Weibull": (lambda p: D.Weibull(1.0, p), 2.0),
        "Pareto": (lambda p: D.Pareto(1.0, p), 5.0), "Gamma": (lambda p: D.Gamma(p, 2.0), 1.7),
        "Chi2": (D.Chi2, 3.0), "Beta": (lambda p: D.Beta(p, 2.0), 1.5),
        "StudentT": (lambda p: D.StudentT(8.0, p, 1.0), 0.5),
        "FisherSnedecor": (lambda p: D.FisherSnedecor(5.0, p), 12.0),
    }
    make, at = cases[name]
    pt.manual_seed(2)
    p = pt.tensor(at, dtype=pt.float64, requires_grad=True)
    made = make(p)
    assert made.has_rsample
    made.rsample((20000,)).mean().backward()
    up, down = (make(pt.tensor(at + d, dtype=pt.float64)).mean.item() for d in (1e-4, -1e-4))
    assert p.grad.item() == pytest.approx((up - down) / 2e-4, rel=0.06, abs=0.03)


def test_implicit_gradients_are_exact() -> None:
    """x(a) at a fixed probability moves as SciPy's quantile does."""
    from pentad.tensor.functions.special import standard_gamma_grad

    a = np.array([0.05, 0.3, 1.0, 2.5, 40.0, 900.0])
    for u in (1e-3, 0.3, 0.99):
        x = st.gamma.ppf(u, a)
        h = 1e-5 * a
        expected = (st.gamma.ppf(u, a + h) - st.gamma.ppf(u, a - h)) / (2 * h)
        found = standard_gamma_grad(pt.from_numpy(a), pt.from_numpy(x)).numpy()
        assert np.allclose(found, expected, rtol=1e-5)

"""Choices, vectors, mixtures, transforms, divergences, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats as st

import pentad as pt
from pentad import distributions as D


def t(*values: Any) -> pt.Tensor:
    return pt.tensor(list(values), dtype=pt.float64)


def close(found: Any, expected: Any, tol: float = 1e-9) -> None:
    assert np.allclose(found.detach().numpy(), expected, rtol=tol, atol=tol, equal_nan=True)


def test_choices() -> None:
    p = np.array([[0.2, 0.3, 0.5], [0.6, 0.4, 0.0]])
    ours = D.Categorical(pt.from_numpy(p))
    close(ours.log_prob(pt.tensor([2, 0])), np.log([0.5, 0.6]))
    close(ours.log_prob(pt.tensor([[2, 0], [1, 1]])), np.log([[0.5, 0.6], [0.3, 0.4]]))
    close(ours.entropy(), st.entropy(p, axis=1), 1e-6)
    assert ours.enumerate_support().tolist() == [[0, 0], [1, 1], [2, 2]]
    pt.manual_seed(0)
    drawn = ours.sample((4000,)).numpy()
    shares = np.stack([(drawn == k).mean(0) for k in range(3)], 1)
    assert np.abs(shares - p).max() < 0.04
    assert (drawn[:, 1] != 2).all()
    hot = D.OneHotCategorical(logits=pt.from_numpy(np.log(p[0])))
    close(hot.log_prob(t(0, 1, 0)), np.log(0.3))
    assert np.abs(hot.sample((2000,)).numpy().mean(0) - p[0]).max() < 0.05
    many = D.Multinomial(6, pt.from_numpy(p[0]))
    close(many.log_prob(t(1, 2, 3)), st.multinomial(6, p[0]).logpmf([1, 2, 3]))
    assert (many.sample((5,)).numpy().sum(-1) == 6).all()
    through = D.OneHotCategoricalStraightThrough(pt.from_numpy(p[0]).requires_grad_())
    assert through.rsample((2,)).requires_grad


def test_vectors() -> None:
    mean, matrix = np.array([1.0, -1.0]), np.array([[2.0, 0.5], [0.5, 1.0]])
    reference = st.multivariate_normal(mean, matrix)
    factor = np.linalg.cholesky(matrix)
    value = np.array([[0.0, 0.0], [2.0, 1.0]])
    for given in ({"covariance_matrix": matrix}, {"precision_matrix": np.linalg.inv(matrix)},
                  {"scale_tril": factor}):
        tensors = {k: pt.from_numpy(v) for k, v in given.items()}
        ours = D.MultivariateNormal(pt.from_numpy(mean), **tensors)
        close(ours.log_prob(pt.from_numpy(value)), reference.logpdf(value))
        close(ours.entropy(), reference.entropy())
        close(ours.covariance_matrix, matrix)
        close(ours.precision_matrix, np.linalg.inv(matrix))
    pt.manual_seed(3)
    assert np.abs(np.cov(ours.sample((5000,)).numpy().T) - matrix).max() < 0.15
    a = np.array([1.5, 2.0, 0.7])
    ours = D.Dirichlet(pt.from_numpy(a))
    close(ours.log_prob(t(0.2, 0.3, 0.5)), st.dirichlet(a).logpdf([0.2, 0.3, 0.5]))
    close(ours.entropy(), st.dirichlet(a).entropy())
    close(ours.mean, st.dirichlet(a).mean())
    close(ours.variance, st.dirichlet(a).var())
    both = D.Independent(D.Normal(t(0, 1), t(1, 2)), 1)
    close(both.log_prob(t(0.5, 0.5)), st.norm([0, 1], [1, 2]).logpdf(0.5).sum())
    assert (both.batch_shape, both.event_shape) == ((), (2,))


def test_mixtures() -> None:
    weights, means = np.array([0.3, 0.7]), np.array([-1.0, 2.0])
    ours = D.MixtureSameFamily(D.Categorical(pt.from_numpy(weights)), D.Normal(t(-1, 2), t(1, 0.5)))
    parts = st.norm(means, [1, 0.5])
    close(ours.log_prob(t(0.5)), np.log((weights * parts.pdf(0.5)).sum()))
    close(ours.cdf(t(0.5)), (weights * parts.cdf(0.5)).sum())
    close(ours.mean, (weights * means).sum())
    pt.manual_seed(0)
    drawn = ours.sample((4000,)).numpy()
    assert abs(drawn.mean() - ours.mean.item()) < 0.1
    assert np.isclose(drawn.var(), ours.variance.item(), rtol=0.1)


def test_the_circle() -> None:
    ours, reference = D.VonMises(t(1.0, -3.0), t(2.0, 20.0)), st.vonmises([2.0, 20.0], [1.0, -3.0])
    close(ours.log_prob(t(0.5, 3.0)), reference.logpdf([0.5, 3.0]))
    pt.manual_seed(0)
    drawn = ours.sample((4000,)).numpy()
    assert (np.abs(drawn) <= np.pi).all()
    resultant = np.abs(np.exp(1j * drawn).mean(0))
    assert np.allclose(1 - resultant, ours.variance.numpy(), atol=0.03)


TRANSFORMS = {
    "exp": (D.ExpTransform(), 0.7), "sigmoid": (D.SigmoidTransform(), -1.2),
    "tanh": (D.TanhTransform(), 0.4), "softplus": (D.SoftplusTransform(), -0.5),
    "affine": (D.AffineTransform(1.0, -3.0), 0.3), "power": (D.PowerTransform(3.0), 1.5),
    "several": (D.ComposeTransform([D.AffineTransform(0.5, 2.0), D.ExpTransform()]), 0.2),
    "inverse": (D.ExpTransform().inv, 1.4),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms(name: str) -> None:
    transform, at = TRANSFORMS[name]
    x = t(at).requires_grad_()
    y = transform(x)
    close(transform.inv(y), [at])
    y.sum().backward()
    close(transform.log_abs_det_jacobian(x, y), np.log(np.abs(x.grad.numpy())))


def test_stick_breaking() -> None:
    transform, x = D.StickBreakingTransform(), t(0.3, -0.5, 1.0)
    y = transform(x)
    assert y.sum().item() == pytest.approx(1)
    close(transform.inv(y), x.numpy())
    jacobian = np.stack([
        (transform(x + 1e-6 * e) - transform(x - 1e-6 * e)).numpy()[:3] / 2e-6
        for e in pt.eye(3, dtype=pt.float64)
    ])
    close(transform.log_abs_det_jacobian(x, y), np.log(abs(np.linalg.det(jacobian))), 1e-6)


def test_transformed_distributions() -> None:
    made = D.TransformedDistribution(
        D.Normal(t(0.5), t(0.8)), [D.AffineTransform(1.0, 2.0), D.ExpTransform()])
    reference = st.lognorm(1.6, scale=np.exp(2.0))
    close(made.log_prob(t(3.0)), reference.logpdf([3.0]))
    close(made.cdf(t(3.0)), reference.cdf([3.0]))
    close(made.icdf(t(0.3)), reference.ppf([0.3]))
    assert made.rsample((4,)).shape == (4, 1)


def test_relaxed_choices_integrate_to_one() -> None:
    x = np.linspace(1e-6, 1 - 1e-6, 20001)
    ours = D.RelaxedBernoulli(t(0.8), probs=t(0.3))
    density = ours.log_prob(pt.from_numpy(x)).exp().numpy()
    assert np.trapezoid(density, x) == pytest.approx(1, abs=1e-3)
    ours = D.RelaxedOneHotCategorical(0.8, probs=t(0.3, 0.7))
    pairs = pt.from_numpy(np.stack([x, 1 - x], 1))
    assert np.trapezoid(ours.log_prob(pairs).exp().numpy(), x) == pytest.approx(1, abs=1e-3)
    logits = t(0.1, 0.2).requires_grad_()
    D.RelaxedOneHotCategorical(0.5, logits=logits).rsample((3,)).square().sum().backward()
    assert np.isfinite(logits.grad.numpy()).all()


PAIRS = {
    "Normal": lambda a, b: D.Normal(t(a), t(b)), "Gamma": lambda a, b: D.Gamma(t(a), t(b)),
    "Beta": lambda a, b: D.Beta(t(a), t(b)), "Laplace": lambda a, b: D.Laplace(t(a), t(b)),
    "Exponential": lambda a, b: D.Exponential(t(a)),
    "LogNormal": lambda a, b: D.LogNormal(t(a), t(b)),
    "Poisson": lambda a, b: D.Poisson(t(a)), "Geometric": lambda a, b: D.Geometric(t(a / 3)),
    "Bernoulli": lambda a, b: D.Bernoulli(t(a / 3)),
    "Binomial": lambda a, b: D.Binomial(5, t(a / 3)),
    "Categorical": lambda a, b: D.Categorical(t(a, b, 1.0)),
    "OneHotCategorical": lambda a, b: D.OneHotCategorical(t(a, b, 1.0)),
    "Dirichlet": lambda a, b: D.Dirichlet(t(a, b, 1.0)),
    "Independent": lambda a, b: D.Independent(D.Normal(t(a, b), t(b, a)), 1),
    "MultivariateNormal": lambda a, b: D.MultivariateNormal(
        t(a, b), scale_tril=pt.tensor([[a, 0.0], [0.3, b]], dtype=pt.float64)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_divergences_against_samples(name: str) -> None:
    p, q = PAIRS[name](1.2, 0.9), PAIRS[name](0.8, 1.4)
    exact = D.kl_divergence(p, q).sum().item()
    assert D.kl_divergence(p, p).abs().sum().item() < 1e-12
    pt.manual_seed(0)
    x = p.sample((20000,))
    ratio = (p.log_prob(x) - q.log_prob(x)).numpy().ravel()
    assert exact == pytest.approx(ratio.mean(), abs=5 * ratio.std() / np.sqrt(ratio.size) + 1e-9)


def test_divergences_of_bounded_support() -> None:
    p, q = D.Uniform(t(0.0), t(1.0)), D.Uniform(t(-1.0), t(2.0))
    close(D.kl_divergence(p, q), [np.log(3)])
    close(D.kl_divergence(q, p), [np.inf])


def test_misuse_is_refused() -> None:
    for call in (
        lambda: D.Normal(0.0, -1.0), lambda: D.Gamma(-1.0, 1.0), lambda: D.Bernoulli(1.5),
        lambda: D.Bernoulli(), lambda: D.Categorical(t(0.5, 0.5), t(0.0, 0.0)),
        lambda: D.Exponential(1.0).log_prob(t(-1.0)), lambda: D.Poisson(2.0).log_prob(t(0.5)),
        lambda: D.Uniform(2.0, 1.0), lambda: D.Cauchy(0.0, 1.0).log_prob(t(float("nan"))),
        lambda: D.kl_divergence(D.Cauchy(0.0, 1.0), D.Gumbel(0.0, 1.0)),
        lambda: D.Poisson(2.0).entropy(), lambda: D.Multinomial(-1, t(0.5, 0.5)),
        lambda: D.MultivariateNormal(t(0.0)), lambda: D.Bernoulli(0.5).rsample(),
        lambda: D.Independent(D.Normal(0.0, 1.0), 1),
    ):
        with pytest.raises(pt.ArgumentError):
            call()
    assert D.Normal(0.0, -1.0, validate_args=False).loc.item() == 0


def test_expanded_and_compiled() -> None:
    wide = D.Normal(t(1.0), t(2.0)).expand((3, 1))
    assert wide.sample((2,)).shape == (2, 3, 1)
    assert wide.mean.shape == (3, 1)

    def loss(mean: pt.Tensor, x: pt.Tensor) -> pt.Tensor:
        return -D.Normal(mean, 2.0).log_prob(x).sum()

    x = t(0.5, 1.5)
    mean = t(0.1, 0.2).requires_grad_()
    pt.compile(loss)(mean, x).backward()
    close(mean.grad, (mean.detach() - x).numpy() / 4)


def test_what_has_bounds_of_its_own_is_traced() -> None:
    def density(low, high, x):
        made = pt.distributions.Uniform(low, high)
        return made.log_prob(x), made.entropy()

    low, high, x = pt.tensor([0.0, 1.0]), pt.tensor([2.0, 3.0]), pt.tensor([1.0, 2.5])
    for found, expected in zip(pt.compile(density)(low, high, x), density(low, high, x),
                               strict=True):
        assert found.tolist() == expected.tolist()

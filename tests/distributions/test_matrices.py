"""Samples of distributions of bounded numbers, vectors and matrices; constraints; registries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats as st

import pentad as pt
from pentad import distributions as D
from pentad.distributions import constraints

MATRIX = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, -0.3], [0.1, -0.3, 0.7]])


def t(*values: Any) -> pt.Tensor:
    return pt.tensor(list(values), dtype=pt.float64)


CONTINUOUS = {
    "HalfCauchy": (lambda: D.HalfCauchy(t(1.3, 0.4)), st.halfcauchy(scale=[1.3, 0.4])),
    "InverseGamma": (lambda: D.InverseGamma(t(0.7, 2.5), t(1.3, 0.4)),
                     st.invgamma([0.7, 2.5], scale=[1.3, 0.4])),
    "GeneralizedPareto": (lambda: D.GeneralizedPareto(t(0.7, 2.5), t(1.3, 0.4), t(0.3, -0.4)),
                          st.genpareto([0.3, -0.4], [0.7, 2.5], [1.3, 0.4])),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_samples_and_densities(name: str) -> None:
    made, reference = CONTINUOUS[name][0](), CONTINUOUS[name][1]
    pt.manual_seed(4)
    drawn = made.sample((3000,)).numpy()
    for column in reference.cdf(drawn).T:
        assert st.kstest(column, "uniform").pvalue > 1e-4
    assert np.allclose(made.log_prob(t(2.9, 2.8)).numpy(), reference.logpdf([2.9, 2.8]))
    assert np.allclose(made.entropy().numpy(), reference.entropy(), rtol=1e-6)


@pytest.mark.parametrize("make", [
    lambda: D.ContinuousBernoulli(t(0.2, 0.5004, 0.93)),
    lambda: D.Kumaraswamy(t(0.7, 2.5), t(1.3, 0.4)),
])
def test_samples_follow_the_distribution_function(make: Any) -> None:
    made = make()
    pt.manual_seed(1)
    drawn = made.sample((3000,))
    for column in made.cdf(drawn).numpy().T:
        assert st.kstest(column, "uniform").pvalue > 1e-4
    assert np.allclose(drawn.numpy().mean(0), made.mean.numpy(), atol=0.03)
    assert np.allclose(drawn.numpy().var(0), made.variance.numpy(), atol=0.02)
    assert np.allclose(made.icdf(made.cdf(drawn)).numpy(), drawn.numpy(), atol=1e-7)


def test_wishart_samples() -> None:
    made = D.Wishart(t(4.5)[0], pt.from_numpy(MATRIX))
    pt.manual_seed(0)
    drawn = made.rsample((4000,)).numpy()
    deviation = np.sqrt(made.variance.numpy() / 4000)
    assert (np.abs(drawn.mean(0) - made.mean.numpy()) < 5 * deviation).all()
    assert np.allclose(drawn.var(0), made.variance.numpy(), rtol=0.2, atol=0.2)
    assert (np.linalg.eigvalsh(drawn) > 0).all()
    reference = st.wishart(4.5, MATRIX)
    value = drawn[0]
    assert np.isclose(made.log_prob(pt.from_numpy(value)).item(), reference.logpdf(value))
    assert np.isclose(made.entropy().item(), reference.entropy())
    df = pt.tensor(4.5, dtype=pt.float64, requires_grad=True)
    D.Wishart(df, pt.from_numpy(MATRIX)).rsample((500,)).mean(0).sum().backward()
    assert df.grad.item() == pytest.approx(MATRIX.sum(), rel=0.2)


@pytest.mark.parametrize("concentration", [0.6, 3.0])
def test_correlations(concentration: float) -> None:
    """Each correlation of an LKJ matrix of order n is Beta(c, c) on (-1, 1), c = eta + n/2 - 1."""
    made = D.LKJCholesky(4, pt.tensor(concentration, dtype=pt.float64))
    pt.manual_seed(2)
    lower = made.sample((3000,)).numpy()
    matrices = lower @ lower.transpose(0, 2, 1)
    assert np.allclose(np.diagonal(matrices, axis1=1, axis2=2), 1)
    c = concentration + 1
    for i, j in ((1, 0), (3, 2), (3, 0)):
        assert st.kstest((matrices[:, i, j] + 1) / 2, st.beta(c, c).cdf).pvalue > 1e-4


def test_low_rank_samples() -> None:
    w, d = np.array([[1.0, 0.2], [-0.4, 0.7], [0.3, 0.1]]), np.array([0.5, 1.2, 0.8])
    made = D.LowRankMultivariateNormal(t(0.3, -0.2, 1.1), pt.from_numpy(w), pt.from_numpy(d))
    matrix = w @ w.T + np.diag(d)
    pt.manual_seed(3)
    assert np.abs(np.cov(made.sample((5000,)).numpy().T) - matrix).max() < 0.15
    for found, expected in ((made.covariance_matrix, matrix), (made.scale_tril, None),
                            (made.precision_matrix, np.linalg.inv(matrix))):
        expected = np.linalg.cholesky(matrix) if expected is None else expected
        assert np.allclose(found.numpy(), expected)


def test_exponential_families_know_their_entropy_and_divergence() -> None:
    """By the log normaliser, whatever the closed forms of the subclasses say."""
    base = D.ExponentialFamily
    for made, other in (
        (D.Normal(t(0.3), t(1.2)), D.Normal(t(-1.0), t(0.7))),
        (D.Gamma(t(0.7), t(1.3)), D.Gamma(t(1.7), t(0.6))),
        (D.Beta(t(0.7), t(1.3)), D.Beta(t(2.0), t(0.6))),
        (D.Dirichlet(t(0.7, 1.3, 2.0)), D.Dirichlet(t(1.0, 0.4, 2.5))),
        (D.Bernoulli(t(0.3)), D.Bernoulli(t(0.6))),
        (D.Exponential(t(0.3)), D.Exponential(t(0.6))),
        (D.ContinuousBernoulli(t(0.3)), D.ContinuousBernoulli(t(0.6))),
    ):
        from pentad.distributions.exponential_family import bregman

        assert np.allclose(bregman(made, other).numpy(), D.kl_divergence(made, other).numpy())
        if not isinstance(made, (D.Beta, D.Dirichlet)):
            assert np.allclose(base.entropy(made).numpy(), made.entropy().numpy())


def test_bernoulli_gradients_at_even_odds() -> None:
    x = t(0.0).requires_grad_()
    D.Bernoulli(logits=x).log_prob(t(1.0)).sum().backward()
    assert x.grad.tolist() == [0.5]


CHECKS = {
    "boolean": (constraints.boolean, [0.0, 1.0], [0.5]),
    "interval": (constraints.half_open_interval(0.0, 1.0), [0.0, 0.5], [1.0]),
    "integers": (constraints.integer_interval(1, 3), [1.0, 3.0], [2.5, 4.0]),
    "naturals": (constraints.positive_integer, [1.0, 7.0], [0.0, 1.5]),
    "less_than": (constraints.less_than(2.0), [1.0], [2.0]),
    "simplex": (constraints.simplex, [[0.2, 0.8]], [[0.2, 0.7], [1.2, -0.2]]),
    "multinomial": (constraints.multinomial(3), [[1.0, 2.0]], [[2.0, 2.0], [-1.0, 2.0]]),
    "lower": (constraints.lower_triangular, [[[1.0, 0.0], [2.0, 0.0]]], [[[1.0, 1.0], [0.0, 1.0]]]),
    "corr": (constraints.corr_cholesky, [[[1.0, 0.0], [0.6, 0.8]]], [[[1.0, 0.0], [0.6, 0.9]]]),
    "square": (constraints.square, [[[1.0, 0.0], [0.6, 0.8]]], []),
    "symmetric": (constraints.symmetric, [[[1.0, 0.6], [0.6, 0.8]]], [[[1.0, 0.5], [0.6, 0.9]]]),
    "semidefinite": (constraints.positive_semidefinite, [[[1.0, 0.0], [0.0, 0.0]]],
                     [[[1.0, 2.0], [2.0, 1.0]]]),
    "definite": (constraints.positive_definite, [[[1.0, 0.1], [0.1, 1.0]]],
                 [[[1.0, 2.0], [2.0, 1.0]], [[1.0, 0.5], [0.1, 1.0]]]),
    "independent": (constraints.independent(constraints.positive, 1), [[1.0, 2.0]], [[1.0, -2.0]]),
}


@pytest.mark.parametrize("name", CHECKS)
def test_constraints(name: str) -> None:
    constraint, inside, outside = CHECKS[name]
    for value in inside:
        assert constraint.check(t(value)).numpy().all(), value
    for value in outside:
        assert not constraint.check(t(value)).numpy().any(), value


def test_constraints_of_parts() -> None:
    parts = constraints.cat([constraints.positive, constraints.real], 0, [1, 2])
    assert parts.check(t(-1.0, -1.0, 2.0)).tolist() == [False, True, True]
    slices = constraints.stack([constraints.positive, constraints.real], 0)
    assert slices.check(t([1.0, -1.0], [-1.0, -1.0])).tolist() == [[True, False], [True, True]]
    assert constraints.is_dependent(constraints.dependent)
    assert not constraints.is_dependent(constraints.real)
    with pytest.raises(pt.ArgumentError, match="dependent"):
        constraints.dependent.check(t(1.0))


class _Cut(D.Distribution):
    """A distribution of a user's, by PyTorch's conventions."""

    arg_constraints = {"least": constraints.real}
    has_rsample = True

    def __init__(self, least: Any, validate_args: Any = None) -> None:
        self.least = least
        super().__init__(least.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        return constraints.greater_than(self.least)

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.least + D.Exponential(pt.ones_like(self.least)).rsample(sample_shape)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return self.least - value


def test_distributions_of_ones_own() -> None:
    made = _Cut(t(1.0, 2.0))
    assert made.expand((3, 2)).sample().shape == (3, 2)
    assert D.biject_to(made.support)(t(0.0, 0.0)).tolist() == [2.0, 3.0]
    with pytest.raises(pt.ArgumentError, match="outside its domain"):
        made.log_prob(t(1.5, 1.5))

    @D.register_kl(_Cut, _Cut)
    def _rule(p: Any, q: Any) -> Any:
        return p.least - q.least

    from pentad.distributions.kl import RULES
    try:
        assert D.kl_divergence(made, _Cut(t(0.0, 1.5))).tolist() == [1.0, 0.5]
    finally:
        del RULES[_Cut, _Cut]


def test_values_of_wrong_shapes_and_types() -> None:
    made = D.Dirichlet(t(1.0, 2.0, 3.0))
    with pytest.raises(pt.ShapeError, match="last dimensions"):
        made.log_prob(t(0.5, 0.5))
    with pytest.raises(pt.ShapeError):
        D.Normal(t(0.0, 1.0), 1.0).log_prob(t(1.0, 2.0, 3.0))
    with pytest.raises(pt.DTypeError, match="a tensor"):
        D.Normal(0.0, 1.0).log_prob(1.0)
    assert D.Normal(t(0.0), 1.0, validate_args=False).log_prob(t(1.0, 2.0, 3.0)).shape == (3,)


def test_validation_can_be_switched_off() -> None:
    D.Distribution.set_default_validate_args(False)
    try:
        D.Normal(0.0, -1.0)
    finally:
        D.Distribution.set_default_validate_args(True)
    with pytest.raises(pt.ArgumentError):
        D.Normal(0.0, -1.0)


@pytest.mark.parametrize("call", [
    lambda: D.LKJCholesky(1), lambda: D.Wishart(1.5, pt.eye(3)),
    lambda: D.Wishart(4.0), lambda: D.Wishart(4.0, pt.eye(3), pt.eye(3)),
    lambda: D.LowRankMultivariateNormal(pt.zeros(3), pt.zeros(2, 1), pt.ones(3)),
    lambda: D.transforms.CatTransform([], 0), lambda: D.transforms.ExpTransform(cache_size=2),
    lambda: D.transforms.ReshapeTransform((2, 2), (3,)),
    lambda: D.CatTransform([D.ExpTransform()], 0, [2])(pt.zeros(3)),
    lambda: D.CorrCholeskyTransform()(pt.zeros(4)),
    lambda: D.TransformedDistribution(D.Normal(0.0, 1.0), [D.StickBreakingTransform()]),
    lambda: D.TransformedDistribution(D.Normal(0.0, 1.0), [1]),
    lambda: D.biject_to(constraints.boolean), lambda: D.register_kl(int, D.Normal),
    lambda: D.kl_divergence(D.Normal(0.0, 1.0), D.Poisson(1.0)),
    lambda: D.StickBreakingTransform().event_dim + D.CorrCholeskyTransform().event_dim,
])
def test_misuse_is_refused(call: Any) -> None:
    with pytest.raises((pt.ArgumentError, pt.ShapeError)):
        call()
    with pytest.raises(TypeError):
        D.biject_to.register(int, lambda c: None)

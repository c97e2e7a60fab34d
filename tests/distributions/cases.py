"""Distributions, pairs and transforms, for Pentad and for PyTorch alike: `make(D, *parameters)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

A, B = [0.7, 2.5], [1.3, 0.4]
P = [0.2, 0.9]
MATRIX = [[2.0, 0.5, 0.1], [0.5, 1.0, -0.3], [0.1, -0.3, 0.7]]
LOWER = [[1.2, 0.0, 0.0], [0.3, 0.8, 0.0], [-0.5, 0.2, 1.1]]
V3 = [0.3, -0.2, 1.1]


class Case(NamedTuple):
    """make: from the module and parameters; parameters: nested lists; value: where densities are
    taken, for as many elements as the batch has."""

    make: Callable[..., Any]
    parameters: list[Any]
    value: Any


DISTRIBUTIONS = {
    "Normal": Case(lambda D, a, b: D.Normal(a, b), [A, B], [-1.0, 3.0]),
    "LogNormal": Case(lambda D, a, b: D.LogNormal(a, b), [A, B], [0.3, 9.0]),
    "HalfNormal": Case(lambda D, b: D.HalfNormal(b), [B], [0.3, 1.0]),
    "HalfCauchy": Case(lambda D, b: D.HalfCauchy(b), [B], [0.3, 1.0]),
    "Uniform": Case(lambda D, a, b: D.Uniform(a, b), [A, [3.0, 4.0]], [1.5, 2.6]),
    "Exponential": Case(lambda D, a: D.Exponential(a), [A], [0.2, 3.0]),
    "Laplace": Case(lambda D, a, b: D.Laplace(a, b), [A, B], [-1.0, 3.0]),
    "Cauchy": Case(lambda D, a, b: D.Cauchy(a, b), [A, B], [-1.0, 3.0]),
    "Gumbel": Case(lambda D, a, b: D.Gumbel(a, b), [A, B], [-1.0, 3.0]),
    "Weibull": Case(lambda D, a, b: D.Weibull(a, b), [A, B], [0.2, 3.0]),
    "Pareto": Case(lambda D, a, b: D.Pareto(a, b), [A, [3.0, 5.0]], [1.2, 3.0]),
    "GeneralizedPareto": Case(
        lambda D, a, b, c: D.GeneralizedPareto(a, b, c),
        [[0.7, 2.5, 0.1, 0.2], [1.3, 0.4, 2.0, 1.0], [0.3, -0.4, 0.0, 1.5]], [1.2, 3.0, 0.5, 4.0]),
    "Gamma": Case(lambda D, a, b: D.Gamma(a, b), [A, B], [0.2, 3.0]),
    "InverseGamma": Case(lambda D, a, b: D.InverseGamma(a, b), [A, B], [0.2, 3.0]),
    "Chi2": Case(lambda D, a: D.Chi2(a), [A], [0.2, 3.0]),
    "Beta": Case(lambda D, a, b: D.Beta(a, b), [A, B], [0.2, 0.9]),
    "Kumaraswamy": Case(lambda D, a, b: D.Kumaraswamy(a, b), [A, B], [0.2, 0.9]),
    "StudentT": Case(lambda D, n, a, b: D.StudentT(n, a, b), [[3.0, 5.0], A, B], [-1.0, 3.0]),
    "FisherSnedecor": Case(
        lambda D, a, b: D.FisherSnedecor(a, b), [[3.0, 5.0], [9.0, 8.0]], [0.2, 3.0]),
    "ContinuousBernoulli": Case(
        lambda D, p: D.ContinuousBernoulli(p), [[0.2, 0.9, 0.5002]], [0.3, 0.8, 0.4]),
    "ContinuousBernoulli.logits": Case(
        lambda D, x: D.ContinuousBernoulli(logits=x), [[-2.0, 0.0, 1.5]], [0.3, 0.8, 0.4]),
    "Bernoulli": Case(lambda D, p: D.Bernoulli(p), [P], [0.0, 1.0]),
    "Bernoulli.logits": Case(lambda D, x: D.Bernoulli(logits=x), [[-1.5, 0.0]], [0.0, 1.0]),
    "Geometric": Case(lambda D, p: D.Geometric(p), [P], [2.0, 1.0]),
    "Binomial": Case(lambda D, p: D.Binomial(7, p), [P], [2.0, 6.0]),
    "NegativeBinomial": Case(
        lambda D, n, p: D.NegativeBinomial(n, p), [[3.0, 4.5], [0.3, 0.6]], [2.0, 6.0]),
    "Poisson": Case(lambda D, a: D.Poisson(a), [A], [1.0, 4.0]),
    "Categorical": Case(
        lambda D, p: D.Categorical(p), [[[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]]], [2.0, 0.0]),
    "OneHotCategorical": Case(
        lambda D, x: D.OneHotCategorical(logits=x), [[0.1, 0.5, -1.0]], [0.0, 1.0, 0.0]),
    "Multinomial": Case(lambda D, p: D.Multinomial(6, p), [[0.2, 0.3, 0.5]], [1.0, 2.0, 3.0]),
    "Dirichlet": Case(lambda D, a: D.Dirichlet(a), [[1.5, 2.0, 0.7]], [0.2, 0.3, 0.5]),
    "VonMises": Case(lambda D, a, b: D.VonMises(a, b), [A, B], [-1.0, 3.0]),
    "RelaxedBernoulli": Case(
        lambda D, c, p: D.RelaxedBernoulli(c, p), [[0.8, 0.8], P], [0.3, 0.6]),
    "RelaxedOneHotCategorical": Case(
        lambda D, c, p: D.RelaxedOneHotCategorical(c, p), [0.8, [0.2, 0.3, 0.5]], [0.2, 0.3, 0.5]),
    "LogisticNormal": Case(
        lambda D, a, b: D.LogisticNormal(a, b), [A, B], [0.2, 0.3, 0.5]),
    "MultivariateNormal": Case(
        lambda D, a, m: D.MultivariateNormal(a, m), [V3, MATRIX], [0.5, 0.1, -0.4]),
    "MultivariateNormal.precision": Case(
        lambda D, a, m: D.MultivariateNormal(a, precision_matrix=m), [V3, MATRIX],
        [0.5, 0.1, -0.4]),
    "LowRankMultivariateNormal": Case(
        lambda D, a, w, d: D.LowRankMultivariateNormal(a, w, d),
        [V3, [[1.0, 0.2], [-0.4, 0.7], [0.3, 0.1]], [0.5, 1.2, 0.8]], [0.5, 0.1, -0.4]),
    "Wishart": Case(lambda D, n, m: D.Wishart(n, m), [5.5, MATRIX], MATRIX),
    "Wishart.scale_tril": Case(
        lambda D, n, m: D.Wishart(n, scale_tril=m.tril()), [[3.5, 4.5], LOWER], [MATRIX, MATRIX]),
    "LKJCholesky": Case(
        lambda D, c: D.LKJCholesky(3, c), [[0.7, 2.5]],
        [[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.48, 0.64, 0.6]]),
    "Independent": Case(
        lambda D, a, b: D.Independent(D.Normal(a, b), 1), [A, B], [0.4, 1.0]),
    "MixtureSameFamily": Case(
        lambda D, p, a, b: D.MixtureSameFamily(D.Categorical(p), D.Normal(a, b)),
        [[0.3, 0.7], A, B], 0.5),
    "TransformedDistribution": Case(
        lambda D, a, b: D.TransformedDistribution(
            D.Normal(a, b), [D.AffineTransform(1.0, -2.0), D.SigmoidTransform()]),
        [A, B], [0.3, 0.6]),
    "copula": Case(
        lambda D, m: D.TransformedDistribution(
            D.MultivariateNormal(m[0] * 0, m),
            [D.CumulativeDistributionTransform(D.Normal(0.0, 1.0))]),
        [MATRIX], [0.3, 0.6, 0.2]),
}

QUANTITIES = ("entropy", "mean", "mode", "variance")

# Where PyTorch 2.13 errs or has nothing, with the reason.
EXCEPT = {
    ("Kumaraswamy", "mode"): "NaN wherever both parameters are above 1",
    ("Weibull", "mode"): "NaN for concentrations below 1, where it is 0",
}

ONE = {
    "Bernoulli": lambda D, a, b: D.Bernoulli(a / 3),
    "Beta": lambda D, a, b: D.Beta(a, b),
    "Binomial": lambda D, a, b: D.Binomial(5, a / 3),
    "Categorical": lambda D, a, b: D.Categorical(logits=_pair(a, b)),
    "Cauchy": lambda D, a, b: D.Cauchy(a, b),
    "Chi2": lambda D, a, b: D.Chi2(a),
    "ContinuousBernoulli": lambda D, a, b: D.ContinuousBernoulli(a / 3),
    "Dirichlet": lambda D, a, b: D.Dirichlet(_pair(a, b)),
    "Exponential": lambda D, a, b: D.Exponential(a),
    "Gamma": lambda D, a, b: D.Gamma(a, b),
    "Geometric": lambda D, a, b: D.Geometric(a / 3),
    "Gumbel": lambda D, a, b: D.Gumbel(a, b),
    "HalfCauchy": lambda D, a, b: D.HalfCauchy(a),
    "HalfNormal": lambda D, a, b: D.HalfNormal(a),
    "Independent": lambda D, a, b: D.Independent(D.Normal(_pair(a, b), _pair(b, a)), 1),
    "InverseGamma": lambda D, a, b: D.InverseGamma(a, b),
    "Laplace": lambda D, a, b: D.Laplace(a, b),
    "LogNormal": lambda D, a, b: D.LogNormal(a, b),
    "LogisticNormal": lambda D, a, b: D.LogisticNormal(_pair(a, b), _pair(b, a)),
    "LowRankMultivariateNormal": lambda D, a, b: D.LowRankMultivariateNormal(
        _pair(a, b), _pair(b, a).unsqueeze(-1), _pair(b, b)),
    "MultivariateNormal": lambda D, a, b: D.MultivariateNormal(
        _pair(b, a), _matrix(a, b)),
    "Normal": lambda D, a, b: D.Normal(a, b),
    "OneHotCategorical": lambda D, a, b: D.OneHotCategorical(logits=_pair(a, b)),
    "Pareto": lambda D, a, b: D.Pareto(b / 4, a + 2),
    "Poisson": lambda D, a, b: D.Poisson(a),
    "Uniform": lambda D, a, b: D.Uniform(a / 2, a / 2 + b),
    "Uniform.unit": lambda D, a, b: D.Uniform(a / 5, 0.5 + b / 4),
    "Uniform.wide": lambda D, a, b: D.Uniform(-a, 2 + b),
    "Wishart": lambda D, a, b: D.Wishart(a + 3, _matrix(a, b)),
}
"""Distributions of two numbers, of one shape () (a and b are 0-d tensors), for divergences."""


def _pair(a: Any, b: Any) -> Any:
    return (a * a.new_tensor([1.0, 0.0])) + (b * a.new_tensor([0.0, 1.0]))


def _matrix(a: Any, b: Any) -> Any:
    one = a.new_tensor([[1.0, 0.0], [0.0, 0.0]])
    two = a.new_tensor([[0.0, 0.3], [0.3, 1.0]])
    return a * one + b * two


_MIXED = {
    "Bernoulli": "Poisson",
    "Beta": "ContinuousBernoulli Exponential Gamma Normal Pareto Uniform.wide Uniform",
    "ContinuousBernoulli": "Pareto Exponential Normal Uniform.wide",
    "Exponential": "Beta ContinuousBernoulli Pareto Uniform Gamma Gumbel Normal",
    "Gamma": "Beta ContinuousBernoulli Pareto Uniform Exponential Gumbel Normal",
    "Gumbel": "Beta ContinuousBernoulli Exponential Gamma Pareto Uniform Normal",
    "Laplace": "Beta ContinuousBernoulli Exponential Gamma Pareto Uniform Normal",
    "LowRankMultivariateNormal": "MultivariateNormal",
    "MultivariateNormal": "LowRankMultivariateNormal",
    "Normal": "Beta ContinuousBernoulli Exponential Gamma Pareto Uniform Gumbel Laplace",
    "Pareto": "Beta ContinuousBernoulli Uniform Exponential Gamma Normal",
    "Poisson": "Bernoulli Binomial",
    "Uniform": "Exponential Gamma Gumbel Normal Pareto Beta",
    "Uniform.unit": "Beta ContinuousBernoulli Pareto",
    "Chi2": "Normal Exponential",
}
PAIRS = [(name, name) for name in ONE if "." not in name] + [
    (p, q) for p, row in _MIXED.items() for q in row.split()
]
PAIR_PARAMETERS = ((1.2, 0.9), (0.8, 1.4))

TRANSFORMS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "Exp": (lambda D: D.ExpTransform(), [0.7, -1.0]),
    "Sigmoid": (lambda D: D.SigmoidTransform(), [-1.2, 0.0, 3.0]),
    "Tanh": (lambda D: D.TanhTransform(), [0.4, -0.1]),
    "Softplus": (lambda D: D.SoftplusTransform(), [-0.5, 0.0, 3.0]),
    "Affine": (lambda D: D.AffineTransform(1.0, -3.0), [0.3, 2.0]),
    "Affine.event": (lambda D: D.AffineTransform(1.0, -3.0, event_dim=1), [[0.3, 2.0], [1.0, 0.5]]),
    "Power": (lambda D: D.PowerTransform(3.0), [1.5, 0.2]),
    "Compose": (lambda D: D.ComposeTransform(
        [D.AffineTransform(0.5, 2.0), D.ExpTransform(), D.PowerTransform(-1.0)]), [0.2, -0.4]),
    "inverse": (lambda D: D.ExpTransform().inv, [1.4, 0.3]),
    "Independent": (
        lambda D: D.IndependentTransform(D.ExpTransform(), 1), [[0.3, 2.0], [1.0, 0.5]]),
    "Reshape": (lambda D: D.ReshapeTransform((4,), (2, 2)), [[0.3, 2.0, 1.0, 0.5]]),
    "Cat": (lambda D: D.CatTransform(
        [D.ExpTransform(), D.identity_transform], 0, [2, 1]), [0.3, -2.0, 1.0]),
    "Stack": (lambda D: D.StackTransform(
        [D.ExpTransform(), D.TanhTransform()], 1), [[0.3, -2.0], [1.0, 0.5]]),
    "Softmax": (lambda D: D.SoftmaxTransform(), [0.3, -2.0, 1.0]),
    "StickBreaking": (lambda D: D.StickBreakingTransform(), [[0.3, -0.5, 1.0], [0.0, 2.0, -3.0]]),
    "CorrCholesky": (
        lambda D: D.CorrCholeskyTransform(), [[0.3, -0.5, 1.0], [0.1, 0.2, -0.3]]),
    "LowerCholesky": (lambda D: D.LowerCholeskyTransform(), [[0.3, -2.0], [1.0, 0.5]]),
    "PositiveDefinite": (lambda D: D.PositiveDefiniteTransform(), [[0.3, 0.0], [1.0, 0.5]]),
    "CumulativeDistribution": (
        lambda D: D.CumulativeDistributionTransform(D.Normal(0.5, 2.0)), [0.7, -1.0]),
    "biject.simplex": (lambda D: D.biject_to(D.constraints.simplex), [0.3, -0.5]),
    "biject.interval": (lambda D: D.biject_to(D.constraints.interval(-1.0, 3.0)), [0.3, -0.5]),
    "biject.positive": (lambda D: D.biject_to(D.constraints.positive), [0.3, -0.5]),
    "biject.less": (lambda D: D.biject_to(D.constraints.less_than(2.0)), [0.3, -0.5]),
    "biject.real_vector": (lambda D: D.biject_to(D.constraints.real_vector), [0.3, -0.5]),
    "biject.greater": (lambda D: D.biject_to(D.constraints.greater_than_eq(2.0)), [0.3, -0.5]),
    "biject.corr": (lambda D: D.biject_to(D.constraints.corr_cholesky), [0.3]),
    "transform.simplex": (lambda D: D.transform_to(D.constraints.simplex), [0.3, -0.5]),
    "transform.matrix": (
        lambda D: D.transform_to(D.constraints.positive_definite), [[0.3, 0.0], [1.0, 0.5]]),
    "transform.lower": (
        lambda D: D.transform_to(D.constraints.lower_cholesky), [[0.3, 0.0], [1.0, 0.5]]),
}

"""kl_divergence: the expectation of log p - log q under p, where it has a closed form."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pentad.distributions.bounded import ContinuousBernoulli
from pentad.distributions.continuous import (
    Cauchy,
    Exponential,
    HalfNormal,
    Laplace,
    Normal,
    Uniform,
)
from pentad.distributions.counts import Binomial, Poisson
from pentad.distributions.discrete import Bernoulli, Categorical, Geometric, OneHotCategorical
from pentad.distributions.distribution import Distribution, NotOffered
from pentad.distributions.exponential_family import ExponentialFamily, bregman
from pentad.distributions.extremes import Gumbel, Pareto
from pentad.distributions.gamma import Beta, Dirichlet, Gamma
from pentad.distributions.matrices import NORMALS
from pentad.distributions.multivariate import Independent, MultivariateNormal
from pentad.distributions.transformed import TransformedDistribution
from pentad.distributions.utils import EULER, diagonal, sum_rightmost
from pentad.graph.errors import ArgumentError, message
from pentad.tensor.functions.pointwise import where
from pentad.tensor.functions.solving import solve_triangular
from pentad.tensor.functions.special import digamma, lgamma, xlogy

Rule = Callable[[Any, Any], Any]
RULES: dict[tuple[type, type], Rule] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Rule], Rule]:
    """Enter a rule for two types of distributions, a later one in the place of an earlier one."""
    for given in (type_p, type_q):
        if not isinstance(given, type) or not issubclass(given, Distribution):
            raise ArgumentError(
                message("register_kl", expected="two types of distributions", got=repr(given)[:60])
            )

    def enter(rule: Rule) -> Rule:
        RULES[type_p, type_q] = rule
        return rule

    return enter


def kl_divergence(p: Distribution, q: Distribution) -> Any:
    """KL(p || q). Raises NotOffered where no rule is known (see `register_kl`)."""
    found = [
        (type(p).__mro__.index(a) + type(q).__mro__.index(b), rule)
        for (a, b), rule in RULES.items()
        if isinstance(p, a) and isinstance(q, b)
    ]
    if not found:
        raise _no_rule(p, q)
    return min(found, key=lambda f: f[0])[1](p, q)


def _no_rule(p: Distribution, q: Distribution) -> NotOffered:
    return NotOffered(
        message("kl_divergence: no closed form", expected="two distributions with a rule",
                got=f"{type(p).__name__} and {type(q).__name__}",
                hint="enter one with register_kl, or take the mean of log_prob over samples")
    )


@register_kl(ExponentialFamily, ExponentialFamily)
def _one_family(p: ExponentialFamily, q: ExponentialFamily) -> Any:
    if type(p) is not type(q):
        raise _no_rule(p, q)
    return bregman(p, q)


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p: TransformedDistribution, q: TransformedDistribution) -> Any:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise _no_rule(p, q)
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(Normal, Normal)
def _normal(p: Normal, q: Normal) -> Any:
    ratio = (p.scale / q.scale).square()
    apart = ((p.loc - q.loc) / q.scale).square()
    return 0.5 * (ratio + apart - 1 - ratio.log())


@register_kl(HalfNormal, HalfNormal)
def _half_normal(p: HalfNormal, q: HalfNormal) -> Any:
    ratio = (p.scale / q.scale).square()
    return 0.5 * (ratio - 1 - ratio.log())


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Bernoulli, q: Bernoulli) -> Any:
    a, b = p.probs, q.probs
    return xlogy(a, a) - xlogy(a, b) + xlogy(1 - a, 1 - a) - xlogy(1 - a, 1 - b)


@register_kl(Binomial, Binomial)
def _binomial(p: Binomial, q: Binomial) -> Any:
    a, b = p.probs, q.probs
    each = xlogy(a, a) - xlogy(a, b) + xlogy(1 - a, 1 - a) - xlogy(1 - a, 1 - b)
    return where(p.total_count > q.total_count, math.inf, p.total_count * each)


@register_kl(Categorical, Categorical)
def _categorical(p: Categorical, q: Categorical) -> Any:
    a = p.probs
    found = where(a == 0, 0.0, a * (p.logits - q.logits))
    return where((q.probs == 0) & (a > 0), math.inf, found).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hot(p: OneHotCategorical, q: OneHotCategorical) -> Any:
    return _categorical(p._categorical, q._categorical)


@register_kl(Geometric, Geometric)
def _geometric(p: Geometric, q: Geometric) -> Any:
    return -p.entropy() - (-q.probs).log1p() / p.probs - q.logits


@register_kl(Poisson, Poisson)
def _poisson(p: Poisson, q: Poisson) -> Any:
    return xlogy(p.rate, p.rate) - xlogy(p.rate, q.rate) - (p.rate - q.rate)


@register_kl(Exponential, Exponential)
def _exponential(p: Exponential, q: Exponential) -> Any:
    ratio = q.rate / p.rate
    return ratio - 1 - ratio.log()


@register_kl(Laplace, Laplace)
def _laplace(p: Laplace, q: Laplace) -> Any:
    ratio, apart = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + apart / q.scale + ratio * (-apart / p.scale).exp() - 1


@register_kl(Uniform, Uniform)
def _uniform(p: Uniform, q: Uniform) -> Any:
    outside = (q.low > p.low) | (q.high < p.high)
    return where(outside, math.inf, ((q.high - q.low) / (p.high - p.low)).log())


@register_kl(Gamma, Gamma)
def _gamma(p: Gamma, q: Gamma) -> Any:
    a, b = p.concentration, q.concentration
    found = b * (p.rate / q.rate).log() + lgamma(b) - lgamma(a)
    return found + (a - b) * digamma(a) + (q.rate - p.rate) * (a / p.rate)


@register_kl(Beta, Beta)
def _beta(p: Beta, q: Beta) -> Any:
    a, b, c, d = p.concentration1, p.concentration0, q.concentration1, q.concentration0
    norm = lgamma(c) + lgamma(d) + lgamma(a + b) - lgamma(c + d) - lgamma(a) - lgamma(b)
    moved = (a - c) * digamma(a) + (b - d) * digamma(b)
    return norm + moved + (c + d - a - b) * digamma(a + b)


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Dirichlet, q: Dirichlet) -> Any:
    a, b = p.concentration, q.concentration
    total = a.sum(-1)
    norm = lgamma(total) - lgamma(b.sum(-1)) + (lgamma(b) - lgamma(a)).sum(-1)
    return norm + ((a - b) * (digamma(a) - digamma(total).unsqueeze(-1))).sum(-1)


@register_kl(Cauchy, Cauchy)
def _cauchy(p: Cauchy, q: Cauchy) -> Any:
    """Chyzak and Nielsen, A closed-form formula for the Kullback-Leibler divergence between Cauchy
    distributions (2019)."""
    apart = (p.scale + q.scale).square() + (p.loc - q.loc).square()
    return apart.log() - (4 * p.scale * q.scale).log()


@register_kl(Gumbel, Gumbel)
def _gumbel(p: Gumbel, q: Gumbel) -> Any:
    ratio, apart = p.scale / q.scale, (p.loc - q.loc) / q.scale
    tail = (lgamma(1 + ratio) - apart).exp()
    return -ratio.log() + apart + ratio * EULER + tail - (1 + EULER)


@register_kl(Pareto, Pareto)
def _pareto(p: Pareto, q: Pareto) -> Any:
    ratio = q.alpha / p.alpha
    found = q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1
    return where(p.scale < q.scale, math.inf, found)


@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def _continuous_bernoulli(p: ContinuousBernoulli, q: ContinuousBernoulli) -> Any:
    moved = p.mean * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p()
    return moved + p.log_norm() - q.log_norm()


def _multivariate(p: MultivariateNormal, q: MultivariateNormal) -> Any:
    n = p.event_shape[0]
    logs = diagonal(q.scale_tril).log().sum(-1) - diagonal(p.scale_tril).log().sum(-1)
    solved = solve_triangular(q.scale_tril, p.scale_tril, upper=False)
    apart = solve_triangular(q.scale_tril, (q.loc - p.loc).unsqueeze(-1), upper=False)
    squares = solved.square().sum((-2, -1)) + apart.square().sum((-2, -1))
    return logs + 0.5 * (squares - n)


for _p in NORMALS:
    for _q in NORMALS:
        register_kl(_p, _q)(_multivariate)


@register_kl(Independent, Independent)
def _independent(p: Independent, q: Independent) -> Any:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise _no_rule(p, q)
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)

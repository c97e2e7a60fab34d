"""kl_divergence of distributions of different families.

KL(p || q) = -entropy(p) - E[log q(X)], X of p. E[log q(X)] needs some moments of p: the mean, the
variance, E[log X], E[log(1 - X)], E[exp(-X)]. So a row for each q and a row for each moment of p
make the whole table. Where p's support is not within q's, the divergence is infinite; a boundary
that both share counts as within.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pentad.distributions.bounded import ContinuousBernoulli
from pentad.distributions.continuous import Exponential, Laplace, Normal, Uniform
from pentad.distributions.counts import Binomial, Poisson
from pentad.distributions.discrete import Bernoulli
from pentad.distributions.extremes import Gumbel, Pareto
from pentad.distributions.gamma import Beta, Gamma
from pentad.distributions.kl import register_kl
from pentad.distributions.utils import EULER, LOG_2PI, common
from pentad.tensor.functions.creation import full
from pentad.tensor.functions.elementary import erf
from pentad.tensor.functions.pointwise import where
from pentad.tensor.functions.special import digamma, lgamma, xlogy
from pentad.tensor.tensor import Tensor

INF = math.inf
Moment = Callable[[Any], Any]


def _x_log_x(x: Any) -> Any:
    x = x.clamp(min=0)  # what is below lies outside of q's support
    return xlogy(x, x)


def _mean_log(low: Any, high: Any) -> Any:
    return (_x_log_x(high) - _x_log_x(low)) / (high - low) - 1


LOG: dict[type, Moment] = {
    Beta: lambda p: digamma(p.concentration1) - digamma(p.concentration1 + p.concentration0),
    Exponential: lambda p: -EULER - p.rate.log(),
    Gamma: lambda p: digamma(p.concentration) - p.rate.log(),
    Pareto: lambda p: p.scale.log() + 1 / p.alpha,
    Uniform: lambda p: _mean_log(p.low, p.high),
}
"""E[log X]."""

LOG_REST: dict[type, Moment] = {Uniform: lambda p: _mean_log(1 - p.high, 1 - p.low)}
"""E[log(1 - X)]."""

EXP: dict[type, Callable[[Any, Any, Any], Any]] = {
    Exponential: lambda p, m, s: (m / s).exp() * p.rate * s / (p.rate * s + 1),
    Gamma: lambda p, m, s: (m / s).exp() * (1 + 1 / (p.rate * s)).pow(-p.concentration),
    Normal: lambda p, m, s: ((m - p.loc) / s + (p.scale / s).square() / 2).exp(),
    Uniform: lambda p, m, s: (
        s * (((m - p.low) / s).exp() - ((m - p.high) / s).exp()) / (p.high - p.low)
    ),
}
"""E[exp(-(X - m) / s)]."""


def _family(d: Any, table: dict[type, Any]) -> Any:
    """The row of a distribution's class or the nearest class above it."""
    return next((table[cls] for cls in type(d).__mro__ if cls in table), None)


def _distance(p: Normal, loc: Any) -> Any:
    """E|X - loc|."""
    apart = p.loc - loc
    ratio = apart / p.scale
    near = math.sqrt(2 / math.pi) * p.scale * (-0.5 * ratio.square()).exp()
    return near + apart * erf(math.sqrt(0.5) * ratio)


def _beta(p: Any, q: Beta) -> Any:
    a, b = q.concentration1, q.concentration0
    found = (a - 1) * _family(p, LOG)(p) + (b - 1) * _family(p, LOG_REST)(p)
    return found + lgamma(a + b) - lgamma(a) - lgamma(b)


def _gamma(p: Any, q: Gamma) -> Any:
    a = q.concentration
    return a * q.rate.log() - lgamma(a) + (a - 1) * _family(p, LOG)(p) - q.rate * p.mean


def _normal(p: Any, q: Normal) -> Any:
    squares = p.variance + (p.mean - q.loc).square()
    return -0.5 * LOG_2PI - q.scale.log() - squares / (2 * q.scale.square())


def _gumbel(p: Any, q: Gumbel) -> Any:
    tail = _family(p, EXP)(p, q.loc, q.scale)
    return -q.scale.log() - (p.mean - q.loc) / q.scale - tail


def _pareto(p: Any, q: Pareto) -> Any:
    return q.alpha.log() + q.alpha * q.scale.log() - (q.alpha + 1) * _family(p, LOG)(p)


EXPECTED: dict[type, Callable[[Any, Any], Any]] = {
    Beta: _beta,
    ContinuousBernoulli: lambda p, q: p.mean * q.logits + (-q.probs).log1p() + q.log_norm(),
    Exponential: lambda p, q: q.rate.log() - q.rate * p.mean,
    Gamma: _gamma,
    Gumbel: _gumbel,
    Laplace: lambda p, q: -(2 * q.scale).log() - _distance(p, q.loc) / q.scale,
    Normal: _normal,
    Pareto: _pareto,
    Poisson: lambda p, q: p.mean * q.rate.log() - q.rate,  # log k! = 0, for p gives 0 and 1
    Uniform: lambda p, q: -(q.high - q.low).log(),
}
"""E[log q(X)], X of p."""

BOUNDS: dict[type, Callable[[Any], tuple[Any, Any]]] = {
    Beta: lambda d: (0.0, 1.0), ContinuousBernoulli: lambda d: (0.0, 1.0),
    Exponential: lambda d: (0.0, INF), Gamma: lambda d: (0.0, INF),
    Pareto: lambda d: (d.scale, INF), Uniform: lambda d: (d.low, d.high),
}
"""The support, where it is not all numbers that p can give."""

FINITE: dict[type, tuple[type, ...]] = {
    Bernoulli: (Poisson,),
    Beta: (ContinuousBernoulli, Exponential, Gamma, Normal, Uniform),
    ContinuousBernoulli: (Exponential, Normal, Uniform),
    Exponential: (Gamma, Gumbel, Normal),
    Gamma: (Exponential, Gumbel, Normal),
    Gumbel: (Normal,),
    Laplace: (Normal,),
    Normal: (Gumbel, Laplace),
    Pareto: (Exponential, Gamma, Normal),
    Uniform: (Beta, ContinuousBernoulli, Exponential, Gamma, Gumbel, Normal, Pareto),
}
"""Pairs with a finite divergence, at least for some parameters."""

INFINITE: dict[type, tuple[type, ...]] = {
    Beta: (Pareto,),
    ContinuousBernoulli: (Pareto,),
    Exponential: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gamma: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gumbel: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Laplace: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Normal: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Pareto: (Beta, ContinuousBernoulli, Uniform),
    Poisson: (Bernoulli, Binomial),
}
"""Pairs whose first one always gives values that the second one never gives."""


def _finite(p: Any, q: Any) -> Any:
    found = -p.entropy() - _family(q, EXPECTED)(p, q)
    bounds = _family(q, BOUNDS)
    if bounds is None:
        return found
    own = _family(p, BOUNDS)
    (low, high), (least, most) = own(p) if own else (0.0, 1.0), bounds(q)
    outside = (low < least) | (high > most)
    return where(outside, INF, found) if isinstance(outside, Tensor) else found


def _infinite(p: Any, q: Any) -> Any:
    like = next(value for value in vars(p).values() if isinstance(value, Tensor))
    return full(common(p.batch_shape, q.batch_shape), INF, dtype=like.dtype)


for _rule, _table in ((_finite, FINITE), (_infinite, INFINITE)):
    for _p, _row in _table.items():
        for _q in _row:
            register_kl(_p, _q)(_rule)

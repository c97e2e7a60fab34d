"""Distributions of vectors, and those made of other distributions."""

from __future__ import annotations

from typing import Any

from pentad.distributions import constraints
from pentad.distributions.discrete import Categorical
from pentad.distributions.distribution import Distribution
from pentad.distributions.utils import (
    LOG_2PI,
    common,
    diagonal,
    size,
    standard_normal,
    sum_rightmost,
)
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.tensor.functions.decompositions import cholesky
from pentad.tensor.functions.solving import cholesky_inverse, inv, solve_triangular
from pentad.tensor.state import no_grad


def one_matrix(owner: str, n: int | None, **given: Any) -> tuple[str, Any]:
    """The name and value of the one matrix that is given, [*, n, n]. Raises ArgumentError for none
    or several, ShapeError for another shape."""
    found = [(name, matrix) for name, matrix in given.items() if matrix is not None]
    if len(found) != 1:
        raise ArgumentError(
            message(f"{owner}: parameters", expected=f"one of {', '.join(given)}",
                    got=", ".join(name for name, _ in found) or "none of them")
        )
    [(name, matrix)] = found
    n = matrix.shape[-1] if n is None and matrix.ndim else n
    if matrix.ndim < 2 or tuple(matrix.shape[-2:]) != (n, n):
        raise ShapeError(
            message(f"{owner}: {name}", expected=f"[*, {n}, {n}]", got=str(list(matrix.shape)))
        )
    return name, matrix


def factor_of(name: str, matrix: Any) -> Any:
    """The lower factor of the covariance, of a covariance_matrix, precision_matrix, scale_tril."""
    if name == "covariance_matrix":
        return cholesky(matrix)
    if name == "precision_matrix":
        # L^-T turned about gives the lower factor of the inverse.
        return inv(cholesky(matrix.flip((-2, -1))).flip((-2, -1))).mT
    return matrix


class Factored(Distribution):
    """What has a covariance matrix, kept as its lower factor `scale_tril`."""

    scale_tril: Any

    def _keep_factor(self, name: str, matrix: Any) -> None:
        """Take the factor of the matrix that was given by this name, once that is checked."""
        if self._validate_args:
            self._require(self.arg_constraints[name], matrix, name)
        self.scale_tril = factor_of(name, matrix)

    @property
    def covariance_matrix(self) -> Any:
        """E[(x - mean) (x - mean)^T] of the normal vectors."""
        return self.scale_tril @ self.scale_tril.mT

    @property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance matrix."""
        return cholesky_inverse(self.scale_tril)


class MultivariateNormal(Factored):
    """Normal vectors of a mean and a covariance, a precision or a covariance's factor."""

    arg_constraints = {
        "loc": constraints.real_vector, "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self, loc: Any, covariance_matrix: Any = None, precision_matrix: Any = None,
        scale_tril: Any = None, validate_args: bool | None = None,
    ) -> None:
        if loc.ndim < 1:
            raise ShapeError(message("MultivariateNormal: loc", expected="[*, n]", got="[]"))
        n = loc.shape[-1]
        name, matrix = one_matrix("MultivariateNormal", n, covariance_matrix=covariance_matrix,
                                  precision_matrix=precision_matrix, scale_tril=scale_tril)
        batch = common(loc.shape[:-1], matrix.shape[:-2])
        self.loc = loc.expand(*batch, n)
        super().__init__(batch, (n,), validate_args)
        self._keep_factor(name, matrix.expand(*batch, n, n))

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        return self.scale_tril.square().sum(-1)

    def rsample(self, sample_shape: Any = ()) -> Any:
        normal = standard_normal(self._extended_shape(sample_shape), self.loc.dtype)
        return self.loc + (self.scale_tril @ normal.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        apart = (value - self.loc).unsqueeze(-1)
        solved = solve_triangular(self.scale_tril, apart, upper=False).squeeze(-1)
        half_log = diagonal(self.scale_tril).log().sum(-1)
        return -0.5 * (self.event_shape[0] * LOG_2PI + solved.square().sum(-1)) - half_log

    def entropy(self) -> Any:
        half_log = diagonal(self.scale_tril).log().sum(-1)
        return 0.5 * self.event_shape[0] * (1 + LOG_2PI) + half_log


class Independent(Distribution):
    """A distribution whose last batch dimensions count as parts of one event."""

    def __init__(
        self, base_distribution: Distribution, reinterpreted_batch_ndims: int,
        validate_args: bool | None = None,
    ) -> None:
        batch = base_distribution.batch_shape
        if not 0 <= reinterpreted_batch_ndims <= len(batch):
            raise ArgumentError(
                message("Independent: reinterpreted_batch_ndims", expected=f"0 to {len(batch)}",
                        got=str(reinterpreted_batch_ndims))
            )
        self.base_dist = base_distribution
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        cut = len(batch) - reinterpreted_batch_ndims
        self.has_rsample = base_distribution.has_rsample
        super().__init__(batch[:cut], batch[cut:] + base_distribution.event_shape, False)

    @property
    def support(self) -> Any:
        return constraints.independent(self.base_dist.support, self.reinterpreted_batch_ndims)

    @property
    def mean(self) -> Any:
        return self.base_dist.mean

    @property
    def mode(self) -> Any:
        return self.base_dist.mode

    @property
    def variance(self) -> Any:
        return self.base_dist.variance

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        return self.reinterpreted_batch_ndims == 0 and self.base_dist.has_enumerate_support

    def enumerate_support(self, expand: bool = True) -> Any:
        if self.reinterpreted_batch_ndims:
            raise self._missing("enumerate_support of several dimensions at once")
        return self.base_dist.enumerate_support(expand)

    def sample(self, sample_shape: Any = ()) -> Any:
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Any) -> Any:
        return sum_rightmost(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Any:
        return sum_rightmost(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def __repr__(self) -> str:
        return f"Independent({self.base_dist}, {self.reinterpreted_batch_ndims})"


class MixtureSameFamily(Distribution):
    """One of k distributions of a family, chosen by a Categorical."""

    def __init__(
        self, mixture_distribution: Categorical, component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:
        self.mixture_distribution = mixture_distribution
        self.component_distribution = component_distribution
        k = component_distribution.batch_shape[-1:]
        if k != (mixture_distribution._events,):
            raise ShapeError(
                message("MixtureSameFamily: components", expected=str(mixture_distribution._events),
                        got=str(k))
            )
        batch, event = component_distribution.batch_shape[:-1], component_distribution.event_shape
        super().__init__(batch, event, False)

    @property
    def support(self) -> Any:
        return constraints.MixtureSameFamilyConstraint(self.component_distribution.support)

    def _weights(self) -> Any:
        p = self.mixture_distribution.probs
        return p.reshape(*p.shape, *(1,) * len(self.event_shape))

    def _over_components(self, value: Any) -> Any:
        return value.sum(-1 - len(self.event_shape))

    @property
    def mean(self) -> Any:
        return self._over_components(self._weights() * self.component_distribution.mean)

    @property
    def variance(self) -> Any:
        within = self._over_components(self._weights() * self.component_distribution.variance)
        means = self.component_distribution.mean
        centre = self.mean.unsqueeze(-1 - len(self.event_shape))
        return within + self._over_components(self._weights() * (means - centre).square())

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            shape = size(sample_shape)
            choice = self.mixture_distribution.sample(shape)
            drawn = self.component_distribution.sample(shape)
            at = len(shape) + len(self.batch_shape)
            index = choice.reshape(*choice.shape, *(1,) * (1 + len(self.event_shape)))
            wanted = (*choice.shape, 1, *self.event_shape)
            return drawn.gather(at, index.expand(*wanted)).squeeze(at)

    def log_prob(self, value: Any) -> Any:
        wide = value.unsqueeze(-1 - len(self.event_shape))
        each = self.component_distribution.log_prob(wide)
        logits = self.mixture_distribution.logits
        return (each + logits - logits.logsumexp(-1, True)).logsumexp(-1)

    def cdf(self, value: Any) -> Any:
        each = self.component_distribution.cdf(value.unsqueeze(-1))
        return (each * self.mixture_distribution.probs).sum(-1)

    def __repr__(self) -> str:
        return f"MixtureSameFamily({self.mixture_distribution}, {self.component_distribution})"

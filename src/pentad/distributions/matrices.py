"""Distributions whose parameters or values are matrices: LowRankMultivariateNormal, Wishart,
LKJCholesky."""

from __future__ import annotations

import math
from typing import Any

from pentad.distributions import constraints
from pentad.distributions.constraints import Constraint
from pentad.distributions.distribution import Distribution
from pentad.distributions.exponential_family import ExponentialFamily
from pentad.distributions.gamma import Beta, standard_gamma
from pentad.distributions.multivariate import Factored, MultivariateNormal, one_matrix
from pentad.distributions.utils import (
    LOG_2PI,
    as_matrices,
    broadcast_all,
    common,
    diagonal,
    eps,
    matrix_trace,
    standard_normal,
    tiny,
)
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.tensor.functions.decompositions import cholesky
from pentad.tensor.functions.pointwise import where
from pentad.tensor.functions.ranges import arange, eye
from pentad.tensor.functions.solving import cholesky_solve, slogdet, solve_triangular
from pentad.tensor.functions.special import digamma, lgamma, multigammaln
from pentad.tensor.state import no_grad
from pentad.tensor.tensor import Tensor


class LowRankMultivariateNormal(Distribution):
    """Normal vectors of covariance W W^T + diag(D): W cov_factor [*, n, rank], D cov_diag [*, n].

    Determinants and inverses are those of I + W^T D^-1 W, of order `rank` (Woodbury's identity).
    Raises ShapeError for shapes that do not fit.
    """

    arg_constraints = {
        "loc": constraints.real_vector, "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self, loc: Any, cov_factor: Any, cov_diag: Any, validate_args: bool | None = None
    ) -> None:
        n = loc.shape[-1] if loc.ndim else 0
        if not loc.ndim or cov_factor.ndim < 2 or cov_factor.shape[-2] != n or (
            not cov_diag.ndim or cov_diag.shape[-1] != n
        ):
            raise ShapeError(
                message("LowRankMultivariateNormal: shapes",
                        expected="loc [*, n], cov_factor [*, n, rank], cov_diag [*, n]",
                        got=f"{list(loc.shape)}, {list(cov_factor.shape)}, {list(cov_diag.shape)}")
            )
        batch = common(loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1])
        self.loc, self.cov_diag = loc.expand(*batch, n), cov_diag.expand(*batch, n)
        self.cov_factor = cov_factor.expand(*batch, n, cov_factor.shape[-1])
        super().__init__(batch, (n,), validate_args)
        scaled = self.cov_factor.mT / self.cov_diag.unsqueeze(-2)
        core = scaled @ self.cov_factor
        self._core = cholesky(core + eye(core.shape[-1], dtype=core.dtype))

    mean = property(lambda self: self.loc)
    mode = property(lambda self: self.loc)

    @property
    def variance(self) -> Any:
        return self.cov_factor.square().sum(-1) + self.cov_diag

    @property
    def covariance_matrix(self) -> Any:
        """W W^T + diag(D)."""
        return self.cov_factor @ self.cov_factor.mT + as_matrices(self.cov_diag)

    @property
    def scale_tril(self) -> Any:
        """The lower factor of the covariance matrix."""
        root = self.cov_diag.sqrt().unsqueeze(-1)
        inner = self.cov_factor / root
        # I + D^-1/2 W W^T D^-1/2 has no eigenvalue below 1.
        whole = inner @ inner.mT + eye(self.event_shape[0], dtype=inner.dtype)
        return root * cholesky(whole)

    @property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance matrix."""
        scaled = self.cov_factor.mT / self.cov_diag.unsqueeze(-2)
        part = solve_triangular(self._core, scaled, upper=False)
        return as_matrices(self.cov_diag.reciprocal()) - part.mT @ part

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape, dtype = self._extended_shape(sample_shape), self.loc.dtype
        factors = standard_normal((*shape[:-1], self.cov_factor.shape[-1]), dtype)
        own = self.cov_diag.sqrt() * standard_normal(shape, dtype)
        return self.loc + (self.cov_factor @ factors.unsqueeze(-1)).squeeze(-1) + own

    def _log_det(self) -> Any:
        return 2 * diagonal(self._core).log().sum(-1) + self.cov_diag.log().sum(-1)

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        apart = value - self.loc
        inner = self.cov_factor.mT @ (apart / self.cov_diag).unsqueeze(-1)
        solved = solve_triangular(self._core, inner, upper=False).squeeze(-1)
        distance = (apart.square() / self.cov_diag).sum(-1) - solved.square().sum(-1)
        return -0.5 * (self.event_shape[0] * LOG_2PI + self._log_det() + distance)

    def entropy(self) -> Any:
        return 0.5 * (self.event_shape[0] * (1 + LOG_2PI) + self._log_det())


NORMALS = (MultivariateNormal, LowRankMultivariateNormal)


class Wishart(Factored, ExponentialFamily):
    """Sums of `df` matrices x x^T, x normal of a covariance: positive definite [*, n, n].

    df > n - 1 may be any number. Samples by Bartlett's decomposition; with df close to n - 1 they
    may be singular in rounding. Raises ArgumentError for a df too small.
    """

    support = constraints.positive_definite
    has_rsample = True
    _mean_carrier_measure = 0.0

    def __init__(
        self, df: Any, covariance_matrix: Any = None, precision_matrix: Any = None,
        scale_tril: Any = None, validate_args: bool | None = None,
    ) -> None:
        name, matrix = one_matrix("Wishart", None, covariance_matrix=covariance_matrix,
                                  precision_matrix=precision_matrix, scale_tril=scale_tril)
        n = matrix.shape[-1]
        df = df if isinstance(df, Tensor) else matrix.detach().sum((-1, -2)) * 0 + df
        batch = common(df.shape, matrix.shape[:-2])
        self.df, matrix = df.expand(*batch), matrix.expand(*batch, n, n)
        super().__init__(batch, (n, n), validate_args)
        if self._validate_args:
            self._require(self.arg_constraints["df"], self.df, "df")
        self._keep_factor(name, matrix)

    @property
    def arg_constraints(self) -> dict[str, Constraint]:  # type: ignore[override]
        """Where the parameters lie; df above n - 1."""
        least = self.__dict__.get("event_shape", (0,))[-1] - 1
        return {
            "covariance_matrix": constraints.positive_definite,
            "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky, "df": constraints.greater_than(least),
        }

    def _times(self, factor: Any, matrix: Any) -> Any:
        return factor.unsqueeze(-1).unsqueeze(-1) * matrix

    @property
    def mean(self) -> Any:
        return self._times(self.df, self.covariance_matrix)

    @property
    def mode(self) -> Any:
        factor = self.df - self.event_shape[-1] - 1
        return self._times(where(factor <= 0, math.nan, factor), self.covariance_matrix)

    @property
    def variance(self) -> Any:
        v = self.covariance_matrix
        d = diagonal(v)
        return self._times(self.df, v.square() + d.unsqueeze(-1) * d.unsqueeze(-2))

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape, n, dtype = self._extended_shape(sample_shape), self.event_shape[-1], self.df.dtype
        half = (self.df.unsqueeze(-1) - arange(0, n, dtype=dtype)) / 2
        roots = (2 * standard_gamma(half.expand(*shape[:-1]))).sqrt().clamp(min=eps(dtype))
        lower = standard_normal(shape, dtype).tril(-1) + as_matrices(roots)
        factor = self.scale_tril @ lower
        return factor @ factor.mT

    def _half_log_det(self) -> Any:
        return self.event_shape[-1] * math.log(2) / 2 + diagonal(self.scale_tril).log().sum(-1)

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        nu, n = self.df, self.event_shape[-1]
        shape = common(value.shape, self.scale_tril.shape)
        solved = cholesky_solve(value.expand(*shape), self.scale_tril.expand(*shape))
        inner = matrix_trace(solved)
        found = (nu - n - 1) / 2 * slogdet(value).logabsdet - inner / 2
        return found - nu * self._half_log_det() - multigammaln(nu / 2, n)

    def entropy(self) -> Any:
        nu, n = self.df, self.event_shape[-1]
        places = arange(0, n, dtype=nu.dtype) / 2
        slope = digamma((nu / 2).unsqueeze(-1) - places).sum(-1)
        found = (n + 1) * self._half_log_det() + multigammaln(nu / 2, n)
        return found - (nu - n - 1) / 2 * slope + nu * n / 2

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        return -self.precision_matrix / 2, (self.df - self.event_shape[-1] - 1) / 2

    def _log_normalizer(self, x: Any, y: Any) -> Any:
        n = self.event_shape[-1]
        nu = y + (n + 1) / 2
        return nu * (-slogdet(-2 * x).logabsdet + math.log(2) * n) + multigammaln(nu, n)


class LKJCholesky(Distribution):
    """Lower factors of correlation matrices R of density det(R)^(concentration - 1).

    Samples by the onion method of Lewandowski, Kurowicka and Joe, Generating random correlation
    matrices based on vines and extended onion method (2009). ArgumentError for dim < 2.
    """

    arg_constraints = {"concentration": constraints.positive}
    support = constraints.corr_cholesky

    def __init__(
        self, dim: int, concentration: Any = 1.0, validate_args: bool | None = None
    ) -> None:
        if not isinstance(dim, int) or dim < 2:
            raise ArgumentError(message("LKJCholesky: dim", expected="at least 2", got=repr(dim)))
        self.dim = dim
        [self.concentration] = broadcast_all(concentration)
        super().__init__(self.concentration.shape, (dim, dim), validate_args)

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            n, dtype = self.dim, self.concentration.dtype
            # Row i has i numbers before the diagonal; the sum of their squares is beta distributed.
            count = arange(0, n, dtype=dtype).clamp(min=1)
            free = self.concentration.unsqueeze(-1) + 0.5 * (n - 1 - count)
            length = Beta(0.5 * count, free, validate_args=False).sample(sample_shape).sqrt()
            directions = standard_normal(self._extended_shape(sample_shape), dtype).tril(-1)
            norm = directions.square().sum(-1, True).sqrt().clamp(min=tiny(dtype))
            w = length.unsqueeze(-1) * directions / norm
            rest = (1 - w.square().sum(-1)).clamp(min=tiny(dtype)).sqrt()
            return w + as_matrices(rest)

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        n = self.dim
        order = n - arange(2, n + 1, dtype=self.concentration.dtype)
        order = 2 * (self.concentration - 1).unsqueeze(-1) + order
        found = (order * diagonal(value).narrow(-1, 1, n - 1).log()).sum(-1)
        alpha = self.concentration + 0.5 * (n - 1)
        norm = multigammaln(alpha - 0.5, n - 1) - lgamma(alpha) * (n - 1)
        return found - norm - 0.5 * (n - 1) * math.log(math.pi)

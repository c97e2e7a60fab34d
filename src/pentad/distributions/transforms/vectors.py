"""Transforms of vectors and matrices: simplices, triangular factors, positive definite matrices."""

from __future__ import annotations

import math
from typing import Any

from pentad.distributions import constraints
from pentad.distributions.transforms.base import Transform, require_dims
from pentad.distributions.transforms.elementwise import clipped
from pentad.distributions.utils import as_matrices, diagonal, eps, log_sigmoid, softplus, tiny
from pentad.graph.errors import ShapeError, message
from pentad.tensor.functions.creation import ones, zeros
from pentad.tensor.functions.decompositions import cholesky
from pentad.tensor.functions.diagonals import tril_indices
from pentad.tensor.functions.ranges import arange, eye
from pentad.tensor.functions.shaping import cat


def _beside(first: Any, last: Any) -> Any:
    return cat([first, last], -1)


def _ones(x: Any) -> Any:
    return ones((*x.shape[:-1], 1), dtype=x.dtype)


class SoftmaxTransform(Transform):
    """y = softmax(x): on the simplex, but not invertible."""

    domain, codomain = constraints.real_vector, constraints.simplex

    def _call(self, x: Any) -> Any:
        return x.softmax(-1)

    def _inverse(self, y: Any) -> Any:
        return y.log()

    def forward_shape(self, shape: Any) -> tuple[Any, ...]:
        return require_dims("SoftmaxTransform", shape, 1)

    inverse_shape = forward_shape


class StickBreakingTransform(Transform):
    """n numbers as n + 1 probabilities, by breaking off parts of a stick."""

    domain, codomain = constraints.real_vector, constraints.simplex
    bijective = True

    @staticmethod
    def _shifted(x: Any) -> Any:
        n = x.shape[-1]
        return x - arange(n, 0, -1, dtype=x.dtype).log()

    def _call(self, x: Any) -> Any:
        z = clipped(self._shifted(x).sigmoid())
        return _beside(z, _ones(z)) * _beside(_ones(z), (1 - z).cumprod(-1))

    def _inverse(self, y: Any) -> Any:
        n = y.shape[-1] - 1
        head = y.narrow(-1, 0, n)
        rest = (1 - head.cumsum(-1)).clamp(min=tiny(y.dtype))
        return head.log() - rest.log() + arange(n, 0, -1, dtype=y.dtype).log()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        z = self._shifted(x)
        return (-z + log_sigmoid(z) + y.narrow(-1, 0, x.shape[-1]).log()).sum(-1)

    def forward_shape(self, shape: Any) -> tuple[Any, ...]:
        *batch, n = require_dims("StickBreakingTransform", shape, 1)
        return (*batch, n + 1)

    def inverse_shape(self, shape: Any) -> tuple[Any, ...]:
        *batch, n = require_dims("StickBreakingTransform", shape, 1)
        return (*batch, n - 1)


def _order(count: int) -> int:
    """The n of triangles below a diagonal that hold `count` = n (n - 1) / 2 numbers."""
    n = round(math.sqrt(0.25 + 2 * count) + 0.5)
    if n * (n - 1) // 2 != count:
        raise ShapeError(
            message("CorrCholeskyTransform: x", expected="[*, n (n - 1) / 2] for some n",
                    got=f"[*, {count}]")
        )
    return n


def _below(y: Any, offset: int) -> Any:
    """The numbers below a diagonal of matrices, row by row."""
    n = y.shape[-1]
    rows, columns = tril_indices(n, n, offset)
    return y.reshape(*y.shape[:-2], n * n).index_select(-1, rows * n + columns)


class CorrCholeskyTransform(Transform):
    """n (n - 1) / 2 numbers as the lower factor of a correlation matrix of order n.

    Row by row a signed stick is broken (Stan reference manual, Cholesky factors of correlation
    matrices); the Jacobian is that of the numbers below the diagonal.
    """

    domain, codomain = constraints.real_vector, constraints.corr_cholesky
    bijective = True

    def _call(self, x: Any) -> Any:
        n = _order(x.shape[-1])
        e = eps(x.dtype)
        r = x.tanh().clamp(min=-1 + e, max=1 - e)
        rows, columns = tril_indices(n, n, -1)
        flat = zeros((*x.shape[:-1], n * n), dtype=x.dtype)
        places = (rows * n + columns).expand(*x.shape)
        r = flat.scatter(-1, places, r).reshape(*x.shape[:-1], n, n)
        left = (1 - r.square()).sqrt().cumprod(-1).narrow(-1, 0, n - 1)
        return (r + eye(n, dtype=x.dtype)) * _beside(_ones(left), left)

    def _inverse(self, y: Any) -> Any:
        left = (1 - y.square().cumsum(-1)).narrow(-1, 0, y.shape[-1] - 1)
        t = _below(y, -1) / _below(_beside(_ones(left), left), -1).sqrt()
        return (t.log1p() - (-t).log1p()) / 2

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        left = _below(1 - y.square().cumsum(-1), -2)
        tanh = -2 * (x + softplus(-2 * x) - math.log(2.0)).sum(-1)
        return 0.5 * left.log().sum(-1) + tanh

    def forward_shape(self, shape: Any) -> tuple[Any, ...]:
        *batch, count = require_dims("CorrCholeskyTransform", shape, 1)
        n = _order(count)
        return (*batch, n, n)

    def inverse_shape(self, shape: Any) -> tuple[Any, ...]:
        *batch, n, m = require_dims("CorrCholeskyTransform", shape, 2)
        if n != m:
            raise ShapeError(
                message("CorrCholeskyTransform: y", expected="[*, n, n]", got=str(list(shape)))
            )
        return (*batch, n * (n - 1) // 2)


class LowerCholeskyTransform(Transform):
    """Matrices as lower triangular ones, the diagonal through exp."""

    domain, codomain = constraints.independent(constraints.real, 2), constraints.lower_cholesky

    def _call(self, x: Any) -> Any:
        return x.tril(-1) + as_matrices(diagonal(x).exp())

    def _inverse(self, y: Any) -> Any:
        return y.tril(-1) + as_matrices(diagonal(y).log())


class PositiveDefiniteTransform(Transform):
    """Matrices as positive definite ones, L L^T of LowerCholeskyTransform's L."""

    domain, codomain = constraints.independent(constraints.real, 2), constraints.positive_definite

    def _call(self, x: Any) -> Any:
        lower = LowerCholeskyTransform()(x)
        return lower @ lower.mT

    def _inverse(self, y: Any) -> Any:
        return LowerCholeskyTransform().inv(cholesky(y))

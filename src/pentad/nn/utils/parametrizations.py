"""Parametrizations: weight norm, spectral norm, orthogonal matrices."""

from __future__ import annotations

from typing import Any

from pentad.graph.dtypes import int64
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.nn.functional.regression import normalize
from pentad.nn.module import Module
from pentad.nn.utils.parametrize import register_parametrization
from pentad.tensor.functions.decompositions import geqrf, qr
from pentad.tensor.functions.linalg import mv
from pentad.tensor.functions.norms import householder_product, matrix_exp
from pentad.tensor.functions.pointwise import where
from pentad.tensor.functions.random import randn
from pentad.tensor.functions.ranges import eye
from pentad.tensor.functions.rearranging import tril
from pentad.tensor.functions.shaping import cat
from pentad.tensor.functions.solving import solve
from pentad.tensor.state import no_grad


def norm_except(v: Any, dim: int) -> Any:
    """The norm of v over all dimensions but `dim` (-1: over all), which keep size 1."""
    if dim == -1:
        return (v * v).sum().sqrt()
    others = tuple(i for i in range(v.ndim) if i != dim % v.ndim)
    return (v * v).sum(others, keepdim=True).sqrt() if others else v.abs()


class WeightNorm(Module):
    """g * v / |v| of (g, v)."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, g: Any, v: Any) -> Any:
        """The weight."""
        return v * (g / norm_except(v, self.dim))

    def right_inverse(self, weight: Any) -> tuple[Any, Any]:
        """(g, v) of a weight."""
        return norm_except(weight, self.dim), weight


class SpectralNorm(Module):
    """A weight over its largest singular value, found by power iteration (Miyato et al., 2018)."""

    def __init__(
        self, weight: Any, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        super().__init__()
        if not -weight.ndim <= dim < weight.ndim:
            raise ShapeError(
                message("spectral_norm: dim", expected=f"-{weight.ndim}..{weight.ndim - 1}",
                        got=str(dim))
            )
        if n_power_iterations < 1:
            raise ArgumentError(
                message("spectral_norm: n_power_iterations", expected=">= 1",
                        got=str(n_power_iterations))
            )
        self.dim = dim % weight.ndim
        self.eps, self.n_power_iterations = eps, n_power_iterations
        if weight.ndim > 1:
            with no_grad():
                matrix = self._matrix(weight)
                rows, columns = matrix.shape
                u, v = (randn(n, dtype=weight.dtype) for n in (rows, columns))
                self.register_buffer("_u", normalize(u, dim=0, eps=eps))
                self.register_buffer("_v", normalize(v, dim=0, eps=eps))
                self._iterate(matrix, 15)

    def _matrix(self, weight: Any) -> Any:
        return weight.movedim(self.dim, 0).flatten(1)

    def _iterate(self, matrix: Any, count: int) -> None:
        for _ in range(count):
            self._u.copy_(normalize(mv(matrix, self._v), dim=0, eps=self.eps))
            self._v.copy_(normalize(mv(matrix.t(), self._u), dim=0, eps=self.eps))

    def forward(self, weight: Any) -> Any:
        """The weight over its largest singular value; in training the vectors are improved."""
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = self._matrix(weight)
        if self.training:
            with no_grad():
                self._iterate(matrix.detach(), self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()
        return weight / (u * mv(matrix, v)).sum()

    def right_inverse(self, value: Any) -> Any:
        """The value itself: its norm is not known to be 1 or less."""
        return value


class Orthogonal(Module):
    """A matrix with orthonormal columns (or rows, if it is wide): base @ map(original).

    map: the exponential of A - A^T, or Cayley's (I + S / 2) / (I - S / 2) of S = A - A^T
    (Lezcano-Casado, 2019), where A is the original's lower triangle, filled up with zeros to a
    square; or the product of the Householder reflections whose vectors stand below the original's
    diagonal, with the diagonal's signs. Without a base, the map alone.
    """

    def __init__(self, weight: Any, orthogonal_map: str, use_trivialization: bool = True) -> None:
        super().__init__()
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            with no_grad():
                self.register_buffer("base", _completed(weight))

    def forward(self, X: Any) -> Any:
        """The orthogonal matrix."""
        wide = X.shape[-2] < X.shape[-1]
        x = X.mT if wide else X
        q = _reflected(x) if self.orthogonal_map == "householder" else self._skew_map(x)
        if "base" in self._buffers:
            q = self.base.matmul(q)
        return q.mT if wide else q

    def _skew_map(self, x: Any) -> Any:
        n, k = x.shape[-2:]
        low = tril(x)
        if n != k:
            low = cat([low, x.new_zeros((*x.shape[:-1], n - k))], -1)
        skew = low - low.mT
        if self.orthogonal_map == "matrix_exp":
            q = matrix_exp(skew)
        else:
            one = eye(n, dtype=x.dtype)
            q = solve(one - skew * 0.5, one + skew * 0.5)
        return q[..., :k] if n != k else q

    def right_inverse(self, Q: Any) -> Any:
        """An original that gives Q, which becomes the base. Without a base: what the
        reflections' vectors are; the other maps have no simple inverse, Q is the original."""
        wide = Q.shape[-2] < Q.shape[-1]
        if "base" in self._buffers:
            self.base.copy_(_completed(Q))
            same = -eye(*Q.shape[-2:], dtype=Q.dtype)  # what every map turns into the identity
            return same.expand(Q.shape).clone()
        if self.orthogonal_map != "householder":
            return Q
        vectors, tau = geqrf(Q.mT if wide else Q)
        signs = vectors.diagonal(0, -2, -1).sign()
        signs = where(tau == 0, -signs, signs)  # LAPACK's mark of a reflection that is none
        found = tril(vectors, -1) + eye(*vectors.shape[-2:], dtype=Q.dtype) * signs.unsqueeze(-2)
        return found.mT if wide else found


def _reflected(x: Any) -> Any:
    """The first columns of the product of the reflections below the diagonal of [*, n, k]."""
    vectors = tril(x, -1)
    tau = 2 / (1 + (vectors * vectors).sum(-2))
    signs = x.diagonal(0, -2, -1).detach().to(int64).to(x.dtype)
    return householder_product(vectors, tau) * signs.unsqueeze(-2)


def _completed(weight: Any) -> Any:
    """A square matrix with orthonormal columns, the first ones spanning those of the weight."""
    tall = weight.mT if weight.shape[-2] < weight.shape[-1] else weight
    n, k = tall.shape[-2:]
    if n != k:
        tall = cat([tall, randn(*tall.shape[:-1], n - k, dtype=tall.dtype)], -1)
    q, r = qr(tall.detach())
    signs = r.diagonal(0, -2, -1).sign()
    return q * signs.unsqueeze(-2)


def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *,
    use_trivialization: bool = True,
) -> Module:
    """Keep a matrix orthogonal: orthonormal columns, or rows if it is wide.

    orthogonal_map: "matrix_exp" (the default for square and complex matrices), "cayley" or
    "householder" (the default for others), which takes real matrices only.
    """
    weight = getattr(module, name, None)
    if weight is None or weight.ndim < 2:
        raise ShapeError(
            message("orthogonal: no matrix", expected="a parameter of two dimensions or more",
                    got=repr(name))
        )
    real = not weight.dtype.is_complex
    reflected = real and weight.shape[-2] != weight.shape[-1]
    chosen = orthogonal_map or ("householder" if reflected else "matrix_exp")
    maps = ("matrix_exp", "cayley", "householder")[: 3 if real else 2]
    if chosen not in maps:
        raise ArgumentError(
            message("orthogonal: orthogonal_map", expected=" or ".join(map(repr, maps)),
                    got=repr(orthogonal_map))
        )
    return register_parametrization(
        module, name, Orthogonal(weight, chosen, use_trivialization), unsafe=True
    )


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Train the direction and the length of a weight apart (Salimans and Kingma, 2016)."""
    return register_parametrization(module, name, WeightNorm(dim), unsafe=True)


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12,
    dim: int | None = None,
) -> Module:
    """Divide a weight by its largest singular value (Miyato et al., 2018).

    dim: the dimension of the outputs; 0, but 1 for transposed convolutions.
    """
    weight = getattr(module, name, None)
    if weight is None:
        raise ArgumentError(
            message("spectral_norm: no such tensor", expected="a parameter or buffer",
                    got=repr(name))
        )
    if dim is None:
        dim = 1 if getattr(module, "transposed", False) else 0
    return register_parametrization(
        module, name, SpectralNorm(weight, n_power_iterations, dim, eps))

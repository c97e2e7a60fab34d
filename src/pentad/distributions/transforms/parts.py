"""Transforms that cut tensors to parts, and one that reshapes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pentad.distributions import constraints
from pentad.distributions.transforms.base import Transform, require_dims
from pentad.distributions.utils import sum_rightmost
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.tensor.functions.creation import zeros
from pentad.tensor.functions.shaping import cat, stack


class ReshapeTransform(Transform):
    """The last dimensions, of in_shape, in another shape."""

    bijective = True

    def __init__(
        self, in_shape: Sequence[int], out_shape: Sequence[int], cache_size: int = 0
    ) -> None:
        super().__init__(cache_size)
        self.in_shape, self.out_shape = tuple(in_shape), tuple(out_shape)
        if math.prod(self.in_shape) != math.prod(self.out_shape):
            raise ShapeError(
                message("ReshapeTransform: shapes", expected="equal numbers of elements",
                        got=f"{self.in_shape} and {self.out_shape}")
            )

    def _arguments(self) -> tuple[Any, ...]:
        return self.in_shape, self.out_shape

    domain = property(lambda self: constraints.independent(constraints.real, len(self.in_shape)))
    codomain = property(lambda self: constraints.independent(constraints.real, len(self.out_shape)))

    def _call(self, x: Any) -> Any:
        return x.reshape(*self.forward_shape(x.shape))

    def _inverse(self, y: Any) -> Any:
        return y.reshape(*self.inverse_shape(y.shape))

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return zeros(x.shape[: x.ndim - len(self.in_shape)], dtype=x.dtype)

    def forward_shape(self, shape: Any) -> tuple[Any, ...]:
        return _exchanged(shape, self.in_shape, self.out_shape)

    def inverse_shape(self, shape: Any) -> tuple[Any, ...]:
        return _exchanged(shape, self.out_shape, self.in_shape)


def _exchanged(shape: Any, old: tuple[int, ...], new: tuple[int, ...]) -> tuple[Any, ...]:
    shape = require_dims("ReshapeTransform", shape, len(old))
    cut = len(shape) - len(old)
    if shape[cut:] != old:
        raise ShapeError(
            message("ReshapeTransform: shape", expected=f"[*, {', '.join(map(str, old))}]",
                    got=str(list(shape)))
        )
    return (*shape[:cut], *new)


class _Parts(Transform):
    """Each part of a tensor along `dim` through a transform of its own."""

    def __init__(self, tseq: Sequence[Transform], dim: int, cache_size: int) -> None:
        super().__init__(cache_size)
        if not tseq or not all(isinstance(t, Transform) for t in tseq):
            raise ArgumentError(
                message(f"{type(self).__name__}: transforms", expected="a list of Transforms",
                        got=repr(tseq)[:100])
            )
        self.transforms = [t.with_cache(cache_size) if cache_size else t for t in tseq]
        self.dim = dim

    @property
    def bijective(self) -> bool:
        """Are all of its transforms?"""
        return all(t.bijective for t in self.transforms)

    def _sized(self, x: Any, count: int) -> Any:
        if not -x.ndim <= self.dim < x.ndim or x.shape[self.dim] != count:
            raise ShapeError(
                message(f"{type(self).__name__}: size", expected=f"{count} in dim {self.dim}",
                        got=str(list(x.shape)))
            )
        return x


class CatTransform(_Parts):
    """Parts of given lengths along `dim` (1 each by default), each through its transform."""

    def __init__(
        self, tseq: Sequence[Transform], dim: int = 0, lengths: Sequence[int] | None = None,
        cache_size: int = 0,
    ) -> None:
        super().__init__(tseq, dim, cache_size)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise ArgumentError(
                message("CatTransform: lengths", expected=f"{len(self.transforms)}, one for each "
                        "transform", got=str(self.lengths))
            )

    def _arguments(self) -> tuple[Any, ...]:
        return self.transforms, self.dim, self.lengths

    @property
    def event_dim(self) -> int:
        return max(t.event_dim for t in self.transforms)

    @property
    def length(self) -> int:
        """The length of all parts together."""
        return sum(self.lengths)

    def _cut(self, x: Any) -> list[Any]:
        x, start, found = self._sized(x, self.length), 0, []
        for length in self.lengths:
            found.append(x.narrow(self.dim, start, length))
            start += length
        return found

    def _call(self, x: Any) -> Any:
        pairs = zip(self.transforms, self._cut(x), strict=True)
        return cat([t(part) for t, part in pairs], self.dim)

    def _inverse(self, y: Any) -> Any:
        pairs = zip(self.transforms, self._cut(y), strict=True)
        return cat([t.inv(part) for t, part in pairs], self.dim)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        parts = []
        for t, a, b in zip(self.transforms, self._cut(x), self._cut(y), strict=True):
            found = t.log_abs_det_jacobian(a, b)
            parts.append(sum_rightmost(found, self.event_dim - t.event_dim))
        dim = (self.dim if self.dim < 0 else self.dim - x.ndim) + self.event_dim
        return cat(parts, dim) if dim < 0 else sum(parts[1:], parts[0])

    @property
    def domain(self) -> Any:
        """The transforms' domains, part by part."""
        return constraints.cat([t.domain for t in self.transforms], self.dim, self.lengths)

    @property
    def codomain(self) -> Any:
        """The transforms' codomains, part by part."""
        return constraints.cat([t.codomain for t in self.transforms], self.dim, self.lengths)


class StackTransform(_Parts):
    """Slices along `dim`, each through its transform."""

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(tseq, dim, cache_size)

    def _arguments(self) -> tuple[Any, ...]:
        return self.transforms, self.dim

    def _cut(self, x: Any) -> list[Any]:
        x = self._sized(x, len(self.transforms))
        return [x.select(self.dim, i) for i in range(len(self.transforms))]

    def _call(self, x: Any) -> Any:
        pairs = zip(self.transforms, self._cut(x), strict=True)
        return stack([t(part) for t, part in pairs], self.dim)

    def _inverse(self, y: Any) -> Any:
        pairs = zip(self.transforms, self._cut(y), strict=True)
        return stack([t.inv(part) for t, part in pairs], self.dim)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        triples = zip(self.transforms, self._cut(x), self._cut(y), strict=True)
        return stack([t.log_abs_det_jacobian(a, b) for t, a, b in triples], self.dim)

    @property
    def domain(self) -> Any:
        """The transforms' domains, slice by slice."""
        return constraints.stack([t.domain for t in self.transforms], self.dim)

    @property
    def codomain(self) -> Any:
        """The transforms' codomains, slice by slice."""
        return constraints.stack([t.codomain for t in self.transforms], self.dim)

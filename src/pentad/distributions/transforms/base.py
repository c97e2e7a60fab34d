"""Transform, its inverse, and transforms made of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad.distributions import constraints
from pentad.distributions.constraints import Constraint
from pentad.distributions.utils import sum_rightmost
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.tensor.misfit import guarded
from pentad.tensor.tensor import Tensor


class Transform:
    """y = f(x), its inverse `inv`, and log |dy/dx|.

    Subclasses define `_call`, `_inverse` and `log_abs_det_jacobian`, and what they were made of in
    `_arguments`. domain, codomain: where x and y lie; bijective: is `inv` the whole inverse?
    cache_size=1 keeps the last (x, y), so that inverting y gives x itself.
    """

    domain: Any = constraints.real
    codomain: Any = constraints.real
    bijective: Any = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Arguments of the wrong sort are named by an error of ours."""
        super().__init_subclass__(**kwargs)
        if "__init__" in cls.__dict__:
            cls.__init__ = guarded(cls.__init__)  # type: ignore[method-assign]

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ArgumentError(
                message("Transform: cache_size", expected="0 or 1", got=repr(cache_size))
            )
        self._cache_size = cache_size
        self._pair: tuple[Any, Any] = (None, None)
        self._inv: Transform | None = None

    @property
    def event_dim(self) -> int:
        """How many last dimensions it maps together, where x and y have as many."""
        if self.domain.event_dim != self.codomain.event_dim:
            raise ArgumentError(
                message(f"{type(self).__name__}.event_dim", expected="domain and codomain alike",
                        got=f"{self.domain.event_dim} and {self.codomain.event_dim}",
                        hint="use .domain.event_dim or .codomain.event_dim")
            )
        return self.domain.event_dim  # type: ignore[no-any-return]

    @property
    def inv(self) -> Transform:
        """The inverse as a transform."""
        if self._inv is None:
            self._inv = _Inverse(self)
        return self._inv

    @property
    def sign(self) -> Any:
        """1 where f rises, -1 where it falls."""
        raise NotImplementedError(f"{type(self).__name__} has no sign")

    def _arguments(self) -> tuple[Any, ...]:
        return ()

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same transform with a cache of this size."""
        if self._cache_size == cache_size:
            return self
        kind: Any = type(self)
        return kind(*self._arguments(), cache_size=cache_size)  # type: ignore[no-any-return]

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return False
        pairs = zip(self._arguments(), other._arguments(), strict=True)
        return all(_equal(a, b) for a, b in pairs)

    def __hash__(self) -> int:
        return hash(type(self))

    def __call__(self, x: Any) -> Any:
        """y = f(x)."""
        if self._cache_size and x is self._pair[0]:
            return self._pair[1]
        y = self._call(x)
        if self._cache_size:
            self._pair = x, y
        return y

    def _inv_call(self, y: Any) -> Any:
        if self._cache_size and y is self._pair[1]:
            return self._pair[0]
        x = self._inverse(y)
        if self._cache_size:
            self._pair = x, y
        return x

    def _call(self, x: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define _call")

    def _inverse(self, y: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define _inverse")

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """log |dy/dx| at x, where y = f(x)."""
        raise NotImplementedError(f"{type(self).__name__} has no log_abs_det_jacobian")

    def forward_shape(self, shape: Any) -> tuple[Any, ...]:
        """The shape of f(x) for x of a shape."""
        return tuple(shape)

    def inverse_shape(self, shape: Any) -> tuple[Any, ...]:
        """The shape of x for f(x) of a shape."""
        return tuple(shape)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._arguments()))})"


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        same: Any = a == b
        return tuple(a.shape) == tuple(b.shape) and bool(same.all())
    return type(a) is type(b) and bool(a == b)


def require_dims(name: str, shape: Any, least: int) -> tuple[Any, ...]:
    """A shape as a tuple; ShapeError if it has fewer than `least` dimensions."""
    if len(shape) < least:
        raise ShapeError(
            message(f"{name}: too few dimensions", expected=f"at least {least}",
                    got=str(list(shape)))
        )
    return tuple(shape)


class _Inverse(Transform):
    def __init__(self, of: Transform) -> None:
        super().__init__(of._cache_size)
        self._inv: Transform = of

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Inverse) and self._inv == other._inv

    __hash__ = Transform.__hash__

    domain = property(lambda self: self._inv.codomain)
    codomain = property(lambda self: self._inv.domain)
    bijective = property(lambda self: self._inv.bijective)
    sign = property(lambda self: self._inv.sign)

    def with_cache(self, cache_size: int = 1) -> Transform:
        return self._inv.with_cache(cache_size).inv

    def __call__(self, x: Any) -> Any:
        return self._inv._inv_call(x)

    def _inv_call(self, y: Any) -> Any:
        return self._inv(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -self._inv.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Any) -> tuple[Any, ...]:
        return self._inv.inverse_shape(shape)

    def inverse_shape(self, shape: Any) -> tuple[Any, ...]:
        return self._inv.forward_shape(shape)

    def __repr__(self) -> str:
        return f"{self._inv!r}.inv"


def _widened(constraint: Constraint, event_dim: int) -> Constraint:
    extra = event_dim - constraint.event_dim
    return constraints.independent(constraint, extra) if extra > 0 else constraint


class ComposeTransform(Transform):
    """Several transforms, one after the other."""

    def __init__(self, parts: Sequence[Transform], cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.parts = [p.with_cache(cache_size) if cache_size else p for p in parts]

    def _arguments(self) -> tuple[Any, ...]:
        return (self.parts,)

    @property
    def domain(self) -> Any:
        """Where x lies; as many of its dimensions count as one event as any part needs."""
        if not self.parts:
            return constraints.real
        event_dim = self.parts[-1].codomain.event_dim
        for part in reversed(self.parts):
            event_dim += part.domain.event_dim - part.codomain.event_dim
            event_dim = max(event_dim, part.domain.event_dim)
        return _widened(self.parts[0].domain, event_dim)

    @property
    def codomain(self) -> Any:
        """Where y lies."""
        if not self.parts:
            return constraints.real
        event_dim = self.parts[0].domain.event_dim
        for part in self.parts:
            event_dim += part.codomain.event_dim - part.domain.event_dim
            event_dim = max(event_dim, part.codomain.event_dim)
        return _widened(self.parts[-1].codomain, event_dim)

    @property
    def bijective(self) -> bool:
        """Are all its parts?"""
        return all(p.bijective for p in self.parts)

    @property
    def sign(self) -> Any:
        found: Any = 1
        for part in self.parts:
            found = found * part.sign
        return found

    @property
    def inv(self) -> Transform:
        if self._inv is None:
            self._inv = ComposeTransform([p.inv for p in reversed(self.parts)])
            self._inv._inv = self
        return self._inv

    def __call__(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        if not self.parts:
            return x * 0
        total: Any = 0.0
        event_dim = self.domain.event_dim
        for i, part in enumerate(self.parts):
            then = y if i == len(self.parts) - 1 else part(x)
            found = part.log_abs_det_jacobian(x, then)
            total = total + sum_rightmost(found, event_dim - part.domain.event_dim)
            event_dim += part.codomain.event_dim - part.domain.event_dim
            x = then
        return total

    def forward_shape(self, shape: Any) -> tuple[Any, ...]:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return tuple(shape)

    def inverse_shape(self, shape: Any) -> tuple[Any, ...]:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return tuple(shape)


identity_transform = ComposeTransform([])


class IndependentTransform(Transform):
    """A transform whose last batch dimensions count as parts of one event."""

    def __init__(
        self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0
    ) -> None:
        super().__init__(cache_size)
        self.base_transform = base_transform.with_cache(cache_size)
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    def _arguments(self) -> tuple[Any, ...]:
        return self.base_transform, self.reinterpreted_batch_ndims

    def _wide(self, constraint: Constraint) -> Constraint:
        return constraints.independent(constraint, self.reinterpreted_batch_ndims)

    domain = property(lambda self: self._wide(self.base_transform.domain))
    codomain = property(lambda self: self._wide(self.base_transform.codomain))
    bijective = property(lambda self: self.base_transform.bijective)
    sign = property(lambda self: self.base_transform.sign)

    def _call(self, x: Any) -> Any:
        require_dims("IndependentTransform", x.shape, self.domain.event_dim)
        return self.base_transform(x)

    def _inverse(self, y: Any) -> Any:
        require_dims("IndependentTransform", y.shape, self.codomain.event_dim)
        return self.base_transform.inv(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        found = self.base_transform.log_abs_det_jacobian(x, y)
        return sum_rightmost(found, self.reinterpreted_batch_ndims)

    def forward_shape(self, shape: Any) -> tuple[Any, ...]:
        return self.base_transform.forward_shape(shape)

    def inverse_shape(self, shape: Any) -> tuple[Any, ...]:
        return self.base_transform.inverse_shape(shape)

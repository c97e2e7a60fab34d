"""Where parameters and values of distributions lie, by torch.distributions.constraints' names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pentad.distributions.utils import diagonal
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.tensor.functions.decompositions import cholesky_ex
from pentad.tensor.functions.shaping import cat as join
from pentad.tensor.functions.shaping import stack as stacked


class Constraint:
    """A set: `check(value)` tells element by element (event by event) whether values lie in it.

    is_discrete: whole numbers only; event_dim: how many last dimensions make up one element.
    """

    is_discrete = False
    event_dim = 0

    def check(self, value: Any) -> Any:
        """Whether values lie in the set (bool tensor)."""
        raise NotImplementedError

    def __repr__(self) -> str:
        inside = ", ".join(f"{k}={v}" for k, v in self.__dict__.items() if k[0] != "_")
        return f"{type(self).__name__.lstrip('_')}({inside})"


class _Dependent(Constraint):
    """A set that depends on other parameters: its instances tell which it is."""

    def check(self, value: Any) -> Any:
        raise ArgumentError(
            message("a dependent constraint cannot be checked",
                    expected="the constraint of an instance, such as distribution.support",
                    got=repr(self))
        )

    def __call__(self, *, is_discrete: bool = False, event_dim: int = 0) -> _Dependent:
        """The same with these attributes."""
        made = _Dependent()
        made.is_discrete, made.event_dim = is_discrete, event_dim
        return made


class dependent_property(property, _Dependent):
    """A property that gives a Constraint; on the class it stands for one of unknown bounds."""

    def __init__(
        self, fn: Callable[[Any], Any] | None = None, *, is_discrete: bool = False,
        event_dim: int = 0,
    ) -> None:
        super().__init__(fn)
        self.is_discrete, self.event_dim = is_discrete, event_dim

    def __call__(self, fn: Any) -> Any:  # type: ignore[override]
        """As a decorator with arguments."""
        return dependent_property(fn, is_discrete=self.is_discrete, event_dim=self.event_dim)


def is_dependent(constraint: Any) -> bool:
    """Does a constraint depend on other parameters?"""
    return isinstance(constraint, _Dependent)


class _Independent(Constraint):
    """All elements of the last dimensions lie in `base_constraint`."""

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int) -> None:
        self.base_constraint = base_constraint
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        self.is_discrete = base_constraint.is_discrete
        self.event_dim = base_constraint.event_dim + reinterpreted_batch_ndims

    def check(self, value: Any) -> Any:
        found = self.base_constraint.check(value)
        if found.ndim < self.reinterpreted_batch_ndims:
            raise ShapeError(
                message("independent: value", expected=f"at least {self.event_dim} dimensions",
                        got=str(list(value.shape)))
            )
        return _all(found, self.reinterpreted_batch_ndims)

    def __repr__(self) -> str:
        return f"Independent({self.base_constraint!r}, {self.reinterpreted_batch_ndims})"


class MixtureSameFamilyConstraint(Constraint):
    """Values that lie in the support of every component of a mixture."""

    def __init__(self, base_constraint: Constraint) -> None:
        self.base_constraint = base_constraint
        self.is_discrete = base_constraint.is_discrete
        self.event_dim = base_constraint.event_dim

    def check(self, value: Any) -> Any:
        return self.base_constraint.check(value.unsqueeze(-1 - self.event_dim)).all(-1)


def _all(found: Any, dims: int) -> Any:
    for _ in range(dims):
        found = found.all(-1)
    return found


def _whole(x: Any) -> Any:
    return x == x.floor() if x.dtype.is_inexact else x == x


# -- of single numbers -----------------------------------------------------------------------------


class _Real(Constraint):
    def check(self, value: Any) -> Any:
        return value == value


class _Boolean(Constraint):
    is_discrete = True

    def check(self, value: Any) -> Any:
        return (value == 0) | (value == 1)


class _GreaterThan(Constraint):
    """(lower_bound, inf)."""

    def __init__(self, lower_bound: Any) -> None:
        self.lower_bound = lower_bound

    def check(self, value: Any) -> Any:
        return value > self.lower_bound


class _GreaterThanEq(_GreaterThan):
    """[lower_bound, inf)."""

    def check(self, value: Any) -> Any:
        return value >= self.lower_bound


class _LessThan(Constraint):
    """(-inf, upper_bound)."""

    def __init__(self, upper_bound: Any) -> None:
        self.upper_bound = upper_bound

    def check(self, value: Any) -> Any:
        return value < self.upper_bound


class _Interval(Constraint):
    """[lower_bound, upper_bound]."""

    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        self.lower_bound, self.upper_bound = lower_bound, upper_bound

    def check(self, value: Any) -> Any:
        return (value >= self.lower_bound) & (value <= self.upper_bound)


class _HalfOpenInterval(_Interval):
    """[lower_bound, upper_bound)."""

    def check(self, value: Any) -> Any:
        return (value >= self.lower_bound) & (value < self.upper_bound)


class _IntegerInterval(_Interval):
    """The whole numbers from lower_bound to upper_bound."""

    is_discrete = True

    def check(self, value: Any) -> Any:
        return _whole(value) & super().check(value)


class _IntegerGreaterThan(_GreaterThan):
    """The whole numbers from lower_bound on."""

    is_discrete = True

    def check(self, value: Any) -> Any:
        return _whole(value) & (value >= self.lower_bound)


# -- of vectors and matrices -----------------------------------------------------------------------


class _Simplex(Constraint):
    event_dim = 1

    def check(self, value: Any) -> Any:
        return (value >= 0).all(-1) & ((value.sum(-1) - 1).abs() < 1e-6)


class _OneHot(Constraint):
    is_discrete, event_dim = True, 1

    def check(self, value: Any) -> Any:
        return ((value == 0) | (value == 1)).all(-1) & (value.sum(-1) == 1)


class _Multinomial(Constraint):
    """Counts >= 0 that add up to at most upper_bound."""

    is_discrete, event_dim = True, 1

    def __init__(self, upper_bound: Any) -> None:
        self.upper_bound = upper_bound

    def check(self, value: Any) -> Any:
        return (value >= 0).all(-1) & (value.sum(-1) <= self.upper_bound)


class _LowerTriangular(Constraint):
    event_dim = 2

    def check(self, value: Any) -> Any:
        return _all(value.tril() == value, 2)


class _LowerCholesky(_LowerTriangular):
    """Lower triangular, with a positive diagonal."""

    def check(self, value: Any) -> Any:
        return super().check(value) & (diagonal(value) > 0).all(-1)


class _CorrCholesky(_LowerCholesky):
    """Lower factors of correlation matrices: rows of length 1."""

    def check(self, value: Any) -> Any:
        eps = 2e-7 if value.dtype.itemsize < 8 else 3e-16
        off = (value.square().sum(-1).sqrt() - 1).abs()
        return super().check(value) & (off < eps * 10 * value.shape[-1]).all(-1)


class _Square(Constraint):
    event_dim = 2

    def check(self, value: Any) -> Any:
        whole = value.shape[-2] == value.shape[-1]
        return _all(value == value, 2) | True if whole else _all(value == value, 2) & False


class _Symmetric(_Square):
    def check(self, value: Any) -> Any:
        if value.shape[-2] != value.shape[-1]:
            return super().check(value)
        return _all((value - value.mT).abs() <= 1e-6 * (1 + value.abs()), 2)


class _PositiveSemidefinite(_Symmetric):
    def check(self, value: Any) -> Any:
        from pentad.tensor.functions.decompositions import eigvalsh

        symmetric = super().check(value)
        if value.shape[-2] != value.shape[-1]:
            return symmetric
        return symmetric & (eigvalsh(value.detach()) >= 0).all(-1)


class _PositiveDefinite(_Symmetric):
    def check(self, value: Any) -> Any:
        symmetric = super().check(value)
        if value.shape[-2] != value.shape[-1]:
            return symmetric
        return symmetric & (cholesky_ex(value.detach()).info == 0)


# -- of several ------------------------------------------------------------------------------------


class _Cat(Constraint):
    """Parts along `dim`, of given lengths (1 each by default), each with a constraint."""

    def __init__(
        self, cseq: Sequence[Constraint], dim: int = 0, lengths: Sequence[int] | None = None
    ) -> None:
        self.cseq, self.dim = list(cseq), dim
        self.lengths = [1] * len(self.cseq) if lengths is None else list(lengths)
        self.is_discrete = any(c.is_discrete for c in self.cseq)
        self.event_dim = max(c.event_dim for c in self.cseq)

    def check(self, value: Any) -> Any:
        found, start = [], 0
        for constraint, length in zip(self.cseq, self.lengths, strict=True):
            found.append(constraint.check(value.narrow(self.dim, start, length)))
            start += length
        return join(found, self.dim)


class _Stack(Constraint):
    """Slices along `dim`, each with a constraint."""

    def __init__(self, cseq: Sequence[Constraint], dim: int = 0) -> None:
        self.cseq, self.dim = list(cseq), dim
        self.is_discrete = any(c.is_discrete for c in self.cseq)
        most = max(c.event_dim for c in self.cseq)
        self.event_dim = most + 1 if dim + most < 0 else most

    def check(self, value: Any) -> Any:
        return stacked(
            [c.check(value.select(self.dim, i)) for i, c in enumerate(self.cseq)], self.dim
        )


dependent = _Dependent()
independent = _Independent
real = _Real()
real_vector = independent(real, 1)
boolean = _Boolean()
positive, nonnegative = _GreaterThan(0.0), _GreaterThanEq(0.0)
greater_than, greater_than_eq, less_than = _GreaterThan, _GreaterThanEq, _LessThan
interval, half_open_interval, integer_interval = _Interval, _HalfOpenInterval, _IntegerInterval
unit_interval = _Interval(0.0, 1.0)
nonnegative_integer, positive_integer = _IntegerGreaterThan(0), _IntegerGreaterThan(1)
simplex, one_hot, multinomial = _Simplex(), _OneHot(), _Multinomial
lower_triangular, lower_cholesky = _LowerTriangular(), _LowerCholesky()
corr_cholesky = _CorrCholesky()
square, symmetric = _Square(), _Symmetric()
positive_semidefinite, positive_definite = _PositiveSemidefinite(), _PositiveDefinite()
cat, stack = _Cat, _Stack

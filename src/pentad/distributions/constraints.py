"""Where parameters and values of distributions lie, by torch.distributions.constraints' names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Constraint:
    """A set: `check(value)` tells element by element (event by event) whether values lie in it.

    is_discrete: whole numbers only; event_dim: how many last dimensions make up one element.
    """

    def __init__(
        self, name: str, check: Callable[[Any], Any], *, discrete: bool = False, event_dim: int = 0
    ) -> None:
        self.name = name
        self._check = check
        self.is_discrete = discrete
        self.event_dim = event_dim

    def check(self, value: Any) -> Any:
        """Whether values lie in the set (bool tensor)."""
        return self._check(value)

    def __repr__(self) -> str:
        return self.name


def _whole(x: Any) -> Any:
    return x == x.floor()


def greater_than(lower_bound: Any) -> Constraint:
    """(lower_bound, inf)."""
    return Constraint(f"greater_than({lower_bound})", lambda x: x > lower_bound)


def greater_than_eq(lower_bound: Any) -> Constraint:
    """[lower_bound, inf)."""
    return Constraint(f"greater_than_eq({lower_bound})", lambda x: x >= lower_bound)


def less_than(upper_bound: Any) -> Constraint:
    """(-inf, upper_bound)."""
    return Constraint(f"less_than({upper_bound})", lambda x: x < upper_bound)


def interval(lower_bound: Any, upper_bound: Any) -> Constraint:
    """[lower_bound, upper_bound]."""
    return Constraint(
        f"interval({lower_bound}, {upper_bound})",
        lambda x: (x >= lower_bound) & (x <= upper_bound),
    )


def integer_interval(lower_bound: Any, upper_bound: Any) -> Constraint:
    """The whole numbers from lower_bound to upper_bound."""
    return Constraint(
        f"integer_interval({lower_bound}, {upper_bound})",
        lambda x: _whole(x) & (x >= lower_bound) & (x <= upper_bound),
        discrete=True,
    )


def independent(base: Constraint, reinterpreted_batch_ndims: int) -> Constraint:
    """All elements of the last dimensions lie in `base`."""

    def check(x: Any) -> Any:
        found = base.check(x)
        for _ in range(reinterpreted_batch_ndims):
            found = found.all(-1)
        return found

    return Constraint(
        f"independent({base}, {reinterpreted_batch_ndims})",
        check,
        discrete=base.is_discrete,
        event_dim=base.event_dim + reinterpreted_batch_ndims,
    )


def _lower_triangular(x: Any) -> Any:
    return (x.tril() == x).all(-1).all(-1)


def _positive_definite(x: Any) -> Any:
    from pentad.tensor.functions.decompositions import cholesky_ex

    symmetric = ((x - x.mT).abs() <= 1e-6 * (1 + x.abs())).all(-1).all(-1)
    return symmetric & (cholesky_ex(x.detach()).info == 0)


real = Constraint("real", lambda x: x == x)
positive = greater_than(0.0)
nonnegative = greater_than_eq(0.0)
unit_interval = interval(0.0, 1.0)
boolean = Constraint("boolean", lambda x: (x == 0) | (x == 1), discrete=True)
nonnegative_integer = Constraint(
    "nonnegative_integer", lambda x: _whole(x) & (x >= 0), discrete=True
)
positive_integer = Constraint("positive_integer", lambda x: _whole(x) & (x >= 1), discrete=True)
simplex = Constraint(
    "simplex",
    lambda x: (x >= 0).all(-1) & ((x.sum(-1) - 1).abs() < 1e-6),
    event_dim=1,
)
one_hot = Constraint(
    "one_hot",
    lambda x: ((x == 0) | (x == 1)).all(-1) & (x.sum(-1) == 1),
    discrete=True,
    event_dim=1,
)
lower_cholesky = Constraint(
    "lower_cholesky",
    lambda x: _lower_triangular(x) & (_diagonal(x) > 0).all(-1),
    event_dim=2,
)
positive_definite = Constraint("positive_definite", _positive_definite, event_dim=2)
real_vector = independent(real, 1)


def _diagonal(x: Any) -> Any:
    from pentad.distributions.utils import diagonal

    return diagonal(x)

"""From constraints to transforms of real numbers into them.

`biject_to(constraint)` is a bijection with a Jacobian, for Hamiltonian Monte Carlo and variational
inference; `transform_to(constraint)` may be a simpler, wider transform, for optimisation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pentad.distributions import constraints
from pentad.distributions import transforms as T
from pentad.distributions.constraints import Constraint
from pentad.distributions.distribution import NotOffered
from pentad.graph.errors import DTypeError, message

Factory = Callable[[Any], T.Transform]


class ConstraintRegistry:
    """Types of constraints and functions that make transforms for them."""

    def __init__(self) -> None:
        self._registry: dict[type, Factory] = {}

    def register(self, constraint: Any, factory: Factory | None = None) -> Any:
        """Enter a factory for a type of constraints (or for that of an instance); a decorator
        without one. DTypeError for what is no constraint."""
        if factory is None:
            return lambda given: self.register(constraint, given)
        kind = type(constraint) if isinstance(constraint, Constraint) else constraint
        if not isinstance(kind, type) or not issubclass(kind, Constraint):
            raise DTypeError(
                message("ConstraintRegistry.register", expected="a constraint, or a type of them",
                        got=repr(constraint)[:100])
            )
        self._registry[kind] = factory
        return factory

    def __call__(self, constraint: Constraint) -> T.Transform:
        """The transform for a constraint. Raises NotOffered where none is registered."""
        if type(constraint) not in self._registry:
            raise NotOffered(
                message("no transform to a constraint", expected="a constraint that is registered",
                        got=repr(constraint), hint="enter one with .register")
            )
        return self._registry[type(constraint)](constraint)


biject_to = ConstraintRegistry()
transform_to = ConstraintRegistry()


def _interval(c: Any) -> T.Transform:
    numbers = [type(b) in (int, float) for b in (c.lower_bound, c.upper_bound)]
    if all(numbers) and (c.lower_bound, c.upper_bound) == (0, 1):
        return T.SigmoidTransform()
    scale = c.upper_bound - c.lower_bound
    return T.ComposeTransform([T.SigmoidTransform(), T.AffineTransform(c.lower_bound, scale)])


def _above(c: Any) -> T.Transform:
    if type(c.lower_bound) in (int, float) and c.lower_bound == 0:
        return T.ExpTransform()
    return T.ComposeTransform([T.ExpTransform(), T.AffineTransform(c.lower_bound, 1)])


def _below(c: Any) -> T.Transform:
    return T.ComposeTransform([T.ExpTransform(), T.AffineTransform(c.upper_bound, -1)])


def _enter(registry: ConstraintRegistry, rows: dict[Any, Factory]) -> None:
    for constraint, factory in rows.items():
        registry.register(constraint, factory)


_BOTH: dict[Any, Factory] = {
    constraints.real: lambda c: T.identity_transform,
    constraints.greater_than: _above,
    constraints.greater_than_eq: _above,
    constraints.less_than: _below,
    constraints.interval: _interval,
    constraints.half_open_interval: _interval,
    constraints.corr_cholesky: lambda c: T.CorrCholeskyTransform(),
}
def _of_parts(to: ConstraintRegistry) -> dict[Any, Factory]:
    """Constraints made of others, whose transforms come from the same registry."""
    return {
        constraints.independent: lambda c: T.IndependentTransform(
            to(c.base_constraint), c.reinterpreted_batch_ndims),
        constraints.cat: lambda c: T.CatTransform([to(x) for x in c.cseq], c.dim, c.lengths),
        constraints.stack: lambda c: T.StackTransform([to(x) for x in c.cseq], c.dim),
    }


for _registry in (biject_to, transform_to):
    _enter(_registry, {**_BOTH, **_of_parts(_registry)})
biject_to.register(constraints.simplex, lambda c: T.StickBreakingTransform())
_enter(transform_to, {
    constraints.simplex: lambda c: T.SoftmaxTransform(),
    constraints.lower_cholesky: lambda c: T.LowerCholeskyTransform(),
    constraints.positive_definite: lambda c: T.PositiveDefiniteTransform(),
    constraints.positive_semidefinite: lambda c: T.PositiveDefiniteTransform(),
})

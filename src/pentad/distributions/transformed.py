"""Distributions of functions of random variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad.distributions import constraints
from pentad.distributions.distribution import Distribution
from pentad.distributions.multivariate import Independent
from pentad.distributions.transforms import ComposeTransform, Transform
from pentad.distributions.utils import sum_rightmost
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.tensor.state import no_grad


class TransformedDistribution(Distribution):
    """The distribution of f(x), x of a base distribution.

    Dimensions that the transforms map together become parts of an event. ShapeError if the base
    has fewer dimensions than they need.
    """

    def __init__(
        self, base_distribution: Distribution, transforms: Transform | Sequence[Transform],
        validate_args: bool | None = None,
    ) -> None:
        self.transforms = [transforms] if isinstance(transforms, Transform) else list(transforms)
        if not all(isinstance(t, Transform) for t in self.transforms):
            raise ArgumentError(
                message("TransformedDistribution: transforms", expected="a Transform, or a list",
                        got=repr(transforms)[:100])
            )
        together = ComposeTransform(self.transforms)
        base = base_distribution
        shape, event = (*base.batch_shape, *base.event_shape), len(base.event_shape)
        needed = together.domain.event_dim
        if len(shape) < needed:
            raise ShapeError(
                message("TransformedDistribution: base", expected=f"at least {needed} dimensions",
                        got=str(list(shape)))
            )
        after = together.forward_shape(shape)
        wide = together.inverse_shape(after)
        if wide != shape:
            base = base.expand(wide[: len(wide) - event])
        if needed > event:
            base = Independent(base, needed - event)
        self.base_dist = base
        grown = together.codomain.event_dim - needed
        cut = len(after) - max(together.codomain.event_dim, event + grown)
        super().__init__(after[:cut], after[cut:], validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        return self.base_dist.has_rsample

    @property
    def support(self) -> Any:
        if not self.transforms:
            return self.base_dist.support
        found = self.transforms[-1].codomain
        extra = len(self.event_shape) - found.event_dim
        return constraints.independent(found, extra) if extra > 0 else found

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        made = self._copy(_instance)
        shape = (*batch_shape, *self.event_shape)
        for t in reversed(self.transforms):
            shape = t.inverse_shape(shape)
        cut = len(shape) - len(self.base_dist.event_shape)
        made.base_dist = self.base_dist.expand(shape[:cut])
        made.batch_shape = tuple(batch_shape)
        return made

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            return self._through(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self._through(self.base_dist.rsample(sample_shape))

    def _through(self, x: Any) -> Any:
        for t in self.transforms:
            x = t(x)
        return x

    def log_prob(self, value: Any) -> Any:
        self._validate_sample(value)
        event_dim, total, y = len(self.event_shape), 0.0, value
        for t in reversed(self.transforms):
            x = t.inv(y)
            event_dim += t.domain.event_dim - t.codomain.event_dim
            found = t.log_abs_det_jacobian(x, y)
            total = total - sum_rightmost(found, event_dim - t.domain.event_dim)
            y = x
        base = self.base_dist.log_prob(y)
        return total + sum_rightmost(base, event_dim - len(self.base_dist.event_shape))

    def _rising(self, p: Any) -> Any:
        """Probabilities turned about where the transforms fall."""
        sign: Any = 1
        for t in self.transforms:
            sign = sign * t.sign
        return p if isinstance(sign, int) and sign == 1 else sign * (p - 0.5) + 0.5

    def cdf(self, value: Any) -> Any:
        for t in reversed(self.transforms):
            value = t.inv(value)
        return self._rising(self.base_dist.cdf(value))

    def icdf(self, value: Any) -> Any:
        return self._through(self.base_dist.icdf(self._rising(value)))

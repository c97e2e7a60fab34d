"""Invertible functions with the logarithm of their Jacobian's determinant."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pentad.distributions import constraints
from pentad.distributions.constraints import Constraint
from pentad.distributions.distribution import Distribution
from pentad.distributions.multivariate import sum_rightmost
from pentad.tensor.functions.shaping import cat
from pentad.tensor.misfit import guarded


class Transform:
    """y = f(x), its inverse `inv`, and log |dy/dx|.

    event_dim: how many last dimensions it maps together.
    """

    event_dim = 0
    sign = 1
    codomain: Constraint = constraints.real

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Arguments of the wrong sort are named by an error of ours."""
        super().__init_subclass__(**kwargs)
        if "__init__" in cls.__dict__:
            cls.__init__ = guarded(cls.__init__)  # type: ignore[method-assign]

    def __call__(self, x: Any) -> Any:
        raise NotImplementedError

    def inverse(self, y: Any) -> Any:
        """The x with f(x) = y."""
        raise NotImplementedError

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """log |dy/dx| at x, where y = f(x)."""
        raise NotImplementedError

    @property
    def inv(self) -> Transform:
        """The inverse as a transform."""
        return _Inverse(self)


class _Inverse(Transform):
    def __init__(self, of: Transform) -> None:
        self.of, self.event_dim, self.sign = of, of.event_dim, of.sign

    def __call__(self, x: Any) -> Any:
        return self.of.inverse(x)

    def inverse(self, y: Any) -> Any:
        return self.of(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -self.of.log_abs_det_jacobian(y, x)

    @property
    def inv(self) -> Transform:
        return self.of


class ExpTransform(Transform):
    """y = exp(x)."""

    codomain = constraints.positive

    def __call__(self, x: Any) -> Any:
        return x.exp()

    def inverse(self, y: Any) -> Any:
        return y.log()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return x


class PowerTransform(Transform):
    """y = x ** exponent, x > 0."""

    codomain = constraints.positive

    def __init__(self, exponent: Any) -> None:
        self.exponent = exponent

    def __call__(self, x: Any) -> Any:
        return x**self.exponent

    def inverse(self, y: Any) -> Any:
        return y ** (1 / self.exponent)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return (y * self.exponent / x).abs().log()


class SigmoidTransform(Transform):
    """y = 1 / (1 + exp(-x))."""

    codomain = constraints.unit_interval

    def __call__(self, x: Any) -> Any:
        return x.sigmoid()

    def inverse(self, y: Any) -> Any:
        return y.log() - (-y).log1p()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -x.abs() - 2 * (-x.abs()).exp().log1p()


class SoftplusTransform(Transform):
    """y = log(1 + exp(x))."""

    codomain = constraints.positive

    def __call__(self, x: Any) -> Any:
        return x.clamp(min=0) + (-x.abs()).exp().log1p()

    def inverse(self, y: Any) -> Any:
        return (-(-y).expm1()).log() + y

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -((-x).clamp(min=0) + (-x.abs()).exp().log1p())


class TanhTransform(Transform):
    """y = tanh(x)."""

    codomain = constraints.interval(-1.0, 1.0)

    def __call__(self, x: Any) -> Any:
        return x.tanh()

    def inverse(self, y: Any) -> Any:
        return y.atanh()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        softplus = (-2 * x).clamp(min=0) + (-(2 * x).abs()).exp().log1p()
        return 2 * (math.log(2) - x - softplus)


class AbsTransform(Transform):
    """y = |x|; its inverse takes the positive one."""

    codomain = constraints.nonnegative

    def __call__(self, x: Any) -> Any:
        return x.abs()

    def inverse(self, y: Any) -> Any:
        return y


class AffineTransform(Transform):
    """y = loc + scale * x."""

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0) -> None:
        self.loc, self.scale, self.event_dim = loc, scale, event_dim

    def __call__(self, x: Any) -> Any:
        return self.loc + self.scale * x

    def inverse(self, y: Any) -> Any:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        size = (self.scale + x * 0).abs().log()
        return sum_rightmost(size, self.event_dim)


class StickBreakingTransform(Transform):
    """k numbers to k + 1 probabilities, each a share of what is left."""

    event_dim = 1
    codomain = constraints.simplex

    def _offset(self, x: Any) -> Any:
        from pentad.tensor.functions.ranges import arange

        k = x.shape[-1]
        return (k - arange(0, k, dtype=x.dtype)).log()

    def __call__(self, x: Any) -> Any:
        z = (x - self._offset(x)).sigmoid()
        left = (-z).log1p().cumsum(-1).exp()
        one = left.narrow(-1, 0, 1) * 0 + 1
        return cat([z, one], -1) * cat([one, left], -1)

    def inverse(self, y: Any) -> Any:
        k = y.shape[-1] - 1
        first = y.narrow(-1, 0, k)
        left = 1 - first.cumsum(-1)
        return first.log() - left.log() + self._offset(first)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        z = x - self._offset(x)
        log_sigmoid = -((-z).clamp(min=0) + (-z.abs()).exp().log1p())
        return (-z + log_sigmoid + y.narrow(-1, 0, x.shape[-1]).log()).sum(-1)


class ComposeTransform(Transform):
    """Several transforms, one after the other."""

    def __init__(self, parts: Sequence[Transform]) -> None:
        self.parts = list(parts)
        self.event_dim = max((p.event_dim for p in self.parts), default=0)
        self.codomain = self.parts[-1].codomain if self.parts else constraints.real

    def __call__(self, x: Any) -> Any:
        for p in self.parts:
            x = p(x)
        return x

    def inverse(self, y: Any) -> Any:
        for p in reversed(self.parts):
            y = p.inverse(y)
        return y

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        total: Any = 0.0
        for p in self.parts:
            then = p(x)
            found = p.log_abs_det_jacobian(x, then)
            total = total + sum_rightmost(found, self.event_dim - p.event_dim)
            x = then
        return total


class TransformedDistribution(Distribution):
    """The distribution of f(x), x of a base distribution."""

    def __init__(
        self, base_distribution: Distribution, transforms: Transform | Sequence[Transform],
        validate_args: bool | None = None,
    ) -> None:
        self.base_dist = base_distribution
        self.transforms = [transforms] if isinstance(transforms, Transform) else list(transforms)
        self.has_rsample = base_distribution.has_rsample
        together = ComposeTransform(self.transforms)
        base = base_distribution.batch_shape + base_distribution.event_shape
        if any(isinstance(t, StickBreakingTransform) for t in self.transforms):
            base = (*base[:-1], base[-1] + 1)
        dims = max(together.event_dim, len(base_distribution.event_shape))
        cut = len(base) - dims
        super().__init__(base[:cut], base[cut:], False)

    @property
    def support(self) -> Any:  # type: ignore[override]
        return ComposeTransform(self.transforms).codomain

    def sample(self, sample_shape: Any = ()) -> Any:
        x = self.base_dist.sample(sample_shape)
        for t in self.transforms:
            x = t(x)
        return x.detach()

    def rsample(self, sample_shape: Any = ()) -> Any:
        x = self.base_dist.rsample(sample_shape)
        for t in self.transforms:
            x = t(x)
        return x

    def log_prob(self, value: Any) -> Any:
        dims, total, y = len(self.event_shape), 0.0, value
        for t in reversed(self.transforms):
            x = t.inverse(y)
            total = total - sum_rightmost(t.log_abs_det_jacobian(x, y), dims - t.event_dim)
            y = x
        base = self.base_dist.log_prob(y)
        return total + sum_rightmost(base, dims - len(self.base_dist.event_shape))

    def cdf(self, value: Any) -> Any:
        for t in reversed(self.transforms):
            value = t.inverse(value)
        return self.base_dist.cdf(value)

    def icdf(self, value: Any) -> Any:
        value = self.base_dist.icdf(value)
        for t in self.transforms:
            value = t(value)
        return value

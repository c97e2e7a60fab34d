"""Distribution: the base of all, with PyTorch's interface."""

from __future__ import annotations

from typing import Any

from pentad.distributions import constraints
from pentad.distributions.constraints import Constraint
from pentad.distributions.utils import common, size
from pentad.graph.errors import ArgumentError, DTypeError, PentadError, ShapeError, message
from pentad.tensor.misfit import guarded
from pentad.tensor.state import no_grad
from pentad.tensor.tensor import Tensor


class Distribution:
    """A random variable with values of shape batch_shape + event_shape.

    `arg_constraints` says where the parameters lie, `support` where the values do; they are
    checked unless `validate_args=False` (never while `pentad.compile` traces: it has no values).
    """

    has_rsample = False
    has_enumerate_support = False
    arg_constraints: dict[str, Constraint] = {}
    support: Any = None
    _validate_args = True

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether distributions made from now on check their arguments by default."""
        if not isinstance(value, bool):
            raise ArgumentError(
                message("set_default_validate_args", expected="True or False", got=repr(value))
            )
        Distribution._validate_args = value

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Arguments of the wrong sort are named by an error of ours."""
        super().__init_subclass__(**kwargs)
        if "__init__" in cls.__dict__:
            cls.__init__ = guarded(cls.__init__)  # type: ignore[method-assign]

    def __init__(
        self, batch_shape: Any = (), event_shape: Any = (), validate_args: bool | None = None
    ) -> None:
        self.batch_shape, self.event_shape = tuple(batch_shape), tuple(event_shape)
        if validate_args is not None:
            self._validate_args = bool(validate_args)
        if self._validate_args:
            for name, constraint in self.arg_constraints.items():
                given = self.__dict__.get(name)
                if isinstance(given, Tensor) and not constraints.is_dependent(constraint):
                    self._require(constraint, given, name)

    def _require(self, constraint: Constraint, value: Any, name: str) -> None:
        from pentad.tensor.state import state

        if state.trace is not None or bool(constraint.check(value.detach()).all()):
            return
        raise ArgumentError(
            message(
                f"{type(self).__name__}: {name} is outside its domain",
                expected=f"values in {constraint}",
                got=str(value.detach()),
            )
        )

    def _validate_sample(self, value: Any) -> None:
        """Raises for what is no tensor (DTypeError), for shapes that do not fit (ShapeError), and
        for values outside the support (ArgumentError)."""
        if not self._validate_args:
            return
        name = type(self).__name__
        if not isinstance(value, Tensor):
            raise DTypeError(message(f"{name}: value", expected="a tensor", got=repr(value)[:60]))
        cut = value.ndim - len(self.event_shape)
        if cut < 0 or tuple(value.shape[cut:]) != self.event_shape:
            raise ShapeError(
                message(f"{name}: value", expected=f"last dimensions {list(self.event_shape)}",
                        got=str(list(value.shape)))
            )
        common(value.shape[:cut], self.batch_shape)
        if self.support is not None:
            self._require(self.support, value, "value")

    def _extended_shape(self, sample_shape: Any = ()) -> tuple[Any, ...]:
        return (*size(sample_shape), *self.batch_shape, *self.event_shape)

    # -- what a distribution offers ------------------------------------------------------------

    @property
    def mean(self) -> Any:
        """The expected value."""
        raise self._missing("mean")

    @property
    def mode(self) -> Any:
        """The most probable value."""
        raise self._missing("mode")

    @property
    def variance(self) -> Any:
        """The variance."""
        raise self._missing("variance")

    @property
    def stddev(self) -> Any:
        """The standard deviation."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Any = ()) -> Any:
        """Values of shape sample_shape + batch_shape + event_shape, without a gradient."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        """Values that have gradients with respect to the parameters."""
        raise self._missing("rsample")

    def sample_n(self, n: int) -> Any:
        """`sample((n,))`."""
        return self.sample((n,))

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density (or probability) at `value`."""
        raise self._missing("log_prob")

    def cdf(self, value: Any) -> Any:
        """The probability of a value no larger."""
        raise self._missing("cdf")

    def icdf(self, value: Any) -> Any:
        """The inverse of `cdf`."""
        raise self._missing("icdf")

    def entropy(self) -> Any:
        """The expectation of -log_prob."""
        raise self._missing("entropy")

    def perplexity(self) -> Any:
        """exp(entropy)."""
        return self.entropy().exp()

    def enumerate_support(self, expand: bool = True) -> Any:
        """All values of a discrete distribution along a new first dimension."""
        raise self._missing("enumerate_support")

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """The same distribution with its batch repeated to `batch_shape`."""
        made, batch = self._copy(_instance), tuple(batch_shape)
        value: Any
        for name, value in self.__dict__.items():
            if isinstance(value, Tensor):
                event = value.ndim - len(self.batch_shape)
                if event < 0 or tuple(value.shape[: value.ndim - event]) != self.batch_shape:
                    raise ShapeError(message("expand", expected=str(batch), got=str(value.shape)))
                made.__dict__[name] = value.expand(*batch, *value.shape[value.ndim - event :])  # type: ignore[attr-defined]
            elif isinstance(value, Distribution):
                extra = len(value.batch_shape) - len(self.batch_shape)
                rest = value.batch_shape[len(value.batch_shape) - extra :] if extra else ()
                made.__dict__[name] = value.expand((*batch, *rest))
        made.batch_shape = batch
        return made

    def _copy(self, _instance: Any = None) -> Any:
        made = object.__new__(type(self)) if _instance is None else _instance
        made.__dict__.update(self.__dict__)
        return made

    def _missing(self, what: str) -> PentadError:
        return NotOffered(
            message(
                f"{type(self).__name__} has no {what}",
                expected="a distribution for which it is known in closed form",
                got=type(self).__name__,
            )
        )

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{n}: {self.__dict__[n]}" for n in self.arg_constraints if n in self.__dict__
        )
        return f"{type(self).__name__}({shown})"


class NotOffered(ArgumentError, NotImplementedError):
    """A property that a distribution has not, or not in closed form."""

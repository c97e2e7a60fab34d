"""Distribution: what a random variable offers, and divergences between two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import FLOATS
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.framework.shapes import TensorShape
from pentad.frontends.tensorflow1.ops import elementwise
from pentad.frontends.tensorflow1.ops.shaping import concat, reshape
from pentad.frontends.tensorflow1.ops.shaping import shape as shape_of


class ReparameterizationType:
    """Do samples have gradients by the parameters?"""

    def __init__(self, rep_type: str) -> None:
        self._rep_type = rep_type

    def __repr__(self) -> str:
        return f"<Reparameteriation Type: {self._rep_type}>"


FULLY_REPARAMETERIZED = ReparameterizationType("FULLY_REPARAMETERIZED")
NOT_REPARAMETERIZED = ReparameterizationType("NOT_REPARAMETERIZED")


class Distribution:
    """A random variable with values of shape batch_shape + event_shape.

    A subclass has some of `_sample_n`, `_log_prob`, `_prob`, `_cdf`, `_log_cdf`, `_mean`,
    `_variance`, `_mode`, `_entropy`, `_quantile`, and the shapes.
    """

    def __init__(
        self, dtype: Any, reparameterization_type: Any, validate_args: bool, allow_nan_stats: bool,
        parameters: Any = None, graph_parents: Any = None, name: str | None = None,
    ) -> None:
        self.dtype, self.reparameterization_type = dtype, reparameterization_type
        self.validate_args, self.allow_nan_stats = validate_args, allow_nan_stats
        self.parameters = dict(parameters or {})
        with name_scope(name or type(self).__name__, None, []) as scope:
            self.name = scope

    def copy(self, **override_parameters_kwargs: Any) -> Any:
        """The same with other parameters."""
        return type(self)(**{**self.parameters, **override_parameters_kwargs})

    # -- shapes --------------------------------------------------------------------------------

    @property
    def batch_shape(self) -> TensorShape:
        """The shape of one draw for each distribution, as far as it is known."""
        return TensorShape(self._batch_shape())

    @property
    def event_shape(self) -> TensorShape:
        """The shape of one value, as far as it is known."""
        return TensorShape(self._event_shape())

    def batch_shape_tensor(self, name: str = "batch_shape_tensor") -> Any:
        """The shape of the batch as a tensor."""
        with name_scope(name, None, []):
            return self._as_tensor(self.batch_shape, self._batch_shape_tensor)

    def event_shape_tensor(self, name: str = "event_shape_tensor") -> Any:
        """The shape of one value as a tensor."""
        with name_scope(name, None, []):
            return self._as_tensor(self.event_shape, self._event_shape_tensor)

    @staticmethod
    def _as_tensor(known: TensorShape, find: Callable[[], Any]) -> Any:
        if known.is_fully_defined():
            return convert_to_tensor(np.array(known.as_list(), np.int32))
        return find()

    def _batch_shape(self) -> Any:
        return None

    def _event_shape(self) -> Any:
        return None

    def _sample_n(self, n: Any, seed: Any) -> Any:
        raise self._missing("sample")

    def _batch_shape_tensor(self) -> Any:
        raise self._missing("batch_shape_tensor")

    def _event_shape_tensor(self) -> Any:
        raise self._missing("event_shape_tensor")

    def is_scalar_event(self, name: str = "is_scalar_event") -> Any:
        """Is one value a number?"""
        return convert_to_tensor(self.event_shape.ndims == 0)

    def is_scalar_batch(self, name: str = "is_scalar_batch") -> Any:
        """Is it one distribution?"""
        return convert_to_tensor(self.batch_shape.ndims == 0)

    # -- samples and densities -----------------------------------------------------------------

    def sample(self, sample_shape: Any = (), seed: Any = None, name: str = "sample") -> Any:
        """Values of shape sample_shape + batch_shape + event_shape."""
        with name_scope(name, None, [sample_shape]):
            asked = convert_to_tensor(
                np.array(sample_shape, np.int32) if not hasattr(sample_shape, "graph")
                else sample_shape, dtypes.int32)
            asked = reshape(asked, [-1])
            from pentad.frontends.tensorflow1.ops.reductions import reduce_prod

            drawn = self._sample_n(reduce_prod(asked), seed)
            found = reshape(drawn, concat([asked, shape_of(drawn)[1:]], 0))
            if not hasattr(sample_shape, "graph"):
                known = TensorShape(np.array(sample_shape, np.int32).reshape(-1).tolist())
                found.set_shape(
                    known.concatenate(self.batch_shape).concatenate(self.event_shape))
            return found

    def log_prob(self, value: Any, name: str = "log_prob") -> Any:
        """The logarithm of the density, or of the probability."""
        return self._of_value(name, value, "_log_prob", ("_prob", elementwise.log))

    def prob(self, value: Any, name: str = "prob") -> Any:
        """The density, or the probability."""
        return self._of_value(name, value, "_prob", ("_log_prob", elementwise.exp))

    def cdf(self, value: Any, name: str = "cdf") -> Any:
        """The probability of a value no larger."""
        return self._of_value(name, value, "_cdf", ("_log_cdf", elementwise.exp))

    def log_cdf(self, value: Any, name: str = "log_cdf") -> Any:
        """The logarithm of the same."""
        return self._of_value(name, value, "_log_cdf", ("_cdf", elementwise.log))

    def survival_function(self, value: Any, name: str = "survival_function") -> Any:
        """The probability of a larger value."""
        return 1.0 - self.cdf(value, name)

    def log_survival_function(self, value: Any, name: str = "log_survival_function") -> Any:
        """The logarithm of the same."""
        return elementwise.log(self.survival_function(value, name))

    def quantile(self, value: Any, name: str = "quantile") -> Any:
        """The inverse of cdf."""
        return self._of_value(name, value, "_quantile")

    def _of_value(self, name: str, value: Any, own: str, other: Any = None) -> Any:
        with name_scope(name, None, [value]):
            likely = None if hasattr(value, "dtype") else self.dtype
            value = convert_to_tensor(value, preferred_dtype=likely, name="value")
            if hasattr(self, own):
                return getattr(self, own)(value)
            if other is not None and hasattr(self, other[0]):
                return other[1](getattr(self, other[0])(value))
        raise self._missing(name)

    # -- moments -------------------------------------------------------------------------------

    def mean(self, name: str = "mean") -> Any:
        """The expected value."""
        return self._moment(name, "_mean")

    def mode(self, name: str = "mode") -> Any:
        """The most probable value."""
        return self._moment(name, "_mode")

    def entropy(self, name: str = "entropy") -> Any:
        """The expectation of -log_prob."""
        return self._moment(name, "_entropy")

    def covariance(self, name: str = "covariance") -> Any:
        """The covariance of the components of a value."""
        return self._moment(name, "_covariance")

    def variance(self, name: str = "variance") -> Any:
        """The variance."""
        return self._moment(name, "_variance", ("_stddev", elementwise.square))

    def stddev(self, name: str = "stddev") -> Any:
        """The standard deviation."""
        return self._moment(name, "_stddev", ("_variance", elementwise.sqrt))

    def _moment(self, name: str, own: str, other: Any = None) -> Any:
        with name_scope(name, None, []):
            if hasattr(self, own):
                return getattr(self, own)()
            if other is not None and hasattr(self, other[0]):
                return other[1](getattr(self, other[0])())
        raise self._missing(name)

    def kl_divergence(self, other: Any, name: str = "kl_divergence") -> Any:
        """The divergence of Kullback and Leibler from another distribution."""
        return kl_divergence(self, other, name=name)

    def cross_entropy(self, other: Any, name: str = "cross_entropy") -> Any:
        """The expectation of the other's -log_prob."""
        with name_scope(name, None, []):
            return self.entropy() + kl_divergence(self, other)

    def _missing(self, what: str) -> Exception:
        return NotImplementedError(static.message(
            f"{what} is not implemented: {type(self).__name__}",
            expected="a distribution for which it is known in closed form"))

    def __repr__(self) -> str:
        return (f"<tf.distributions.{type(self).__name__} '{self.name}' "
                f"batch_shape={self.batch_shape} event_shape={self.event_shape} "
                f"dtype={self.dtype.name}>")


# -- those of Pentad ---------------------------------------------------------------------------


def _asked(*tensors: Any, kind: str, names: Any, method: str) -> Any:
    made = getattr(pt.distributions, kind)(
        **dict(zip(names, tensors)), validate_args=False)
    if kind == "Categorical" and method == "log_prob":
        return made.log_prob(tensors[-1].long())
    found = getattr(made, method)
    return found(*tensors[len(names):]) if callable(found) else found


def _diverged(*tensors: Any, kind: str, names: Any, others: Any) -> Any:
    make = getattr(pt.distributions, kind)
    p = make(**dict(zip(names, tensors)), validate_args=False)
    q = make(**dict(zip(others, tensors[len(names):])), validate_args=False)
    return pt.distributions.kl_divergence(p, q)


_METHOD = op("DistributionMethod", "inputs: N*T; kind, names, method -> output: T", _asked,
             allow={"T": FLOATS})
_DIVERGENCE = op("DistributionDivergence", "inputs: N*T; kind, names, others -> output: T",
                 _diverged, allow={"T": FLOATS})


class Known(Distribution):
    """A distribution of pentad.distributions, of the same name.

    EVENT_AXES: how many axes one value has. OWN: the methods that are computed there.
    """

    KIND = ""
    EVENT_AXES = 0
    OWN: tuple[str, ...] = ("log_prob", "entropy", "mean", "variance")
    HOW = FULLY_REPARAMETERIZED

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for method in cls.__dict__.get("OWN", ()):
            name = f"_{'quantile' if method == 'icdf' else method}"
            if name not in cls.__dict__:
                setattr(cls, name, _forwarded(method))

    def _begin(
        self, given: dict[str, Any], validate_args: bool, allow_nan_stats: bool, name: str,
        dtype: Any = None, more: Any = (),
    ) -> None:
        """Take the parameters, those that are not None, as tensors of one type."""
        with name_scope(name, None, []):
            # Tensors say which type it is, arrays if there are none.
            typed = sorted((v for v in given.values() if hasattr(v, "dtype")),
                           key=lambda v: not hasattr(v, "graph"))
            first: Any = dtypes.as_dtype(typed[0].dtype).base_dtype if typed else None
            self._tensors: dict[str, Any] = {}
            for key, value in given.items():
                if value is not None:
                    likely = None if hasattr(value, "dtype") else dtypes.float32
                    made = convert_to_tensor(value, first, key, likely)
                    first = first or made.dtype.base_dtype
                    self._tensors[key] = made
        self._base = first.base_dtype
        super().__init__(
            dtype or self._base, self.HOW, validate_args, allow_nan_stats,
            {**given, **dict(more), "validate_args": validate_args,
             "allow_nan_stats": allow_nan_stats, "name": name}, list(self._tensors.values()), name)
        for key, made in self._tensors.items():
            if not hasattr(type(self), key):
                setattr(self, key, made)

    def _names(self) -> tuple[str, ...]:
        return tuple(self._tensors)

    def _ask(self, method: str, *values: Any) -> Any:
        from pentad.frontends.tensorflow1.ops.casting import cast

        given = [cast(v, self._base) for v in values]
        return _METHOD([*self._tensors.values(), *given], kind=self.KIND, names=self._names(),
                       method=method)

    def _shapes(self) -> list[Any]:
        """(parameter, how many of its last axes are of the event)."""
        return [(t, self.EVENT_AXES) for t in self._tensors.values()]

    def _batch_shape(self) -> Any:
        from pentad.frontends.tensorflow1.ops.grids import broadcast_static_shape

        found = TensorShape([])
        for tensor, inner in self._shapes():
            if tensor.shape.ndims is None:
                return None
            found = broadcast_static_shape(found, tensor.shape[:tensor.shape.ndims - inner])
        return found

    def _batch_shape_tensor(self) -> Any:
        from pentad.frontends.tensorflow1.ops.grids import broadcast_dynamic_shape

        found: Any = None
        for tensor, inner in self._shapes():
            own = shape_of(tensor)
            own = own[:-inner] if inner else own
            found = own if found is None else broadcast_dynamic_shape(found, own)
        return found

    def _event_shape(self) -> Any:
        if not self.EVENT_AXES:
            return []
        tensor = next(iter(self._tensors.values()))
        return None if tensor.shape.ndims is None else tensor.shape[-self.EVENT_AXES:]

    def _event_shape_tensor(self) -> Any:
        return shape_of(next(iter(self._tensors.values())))[-self.EVENT_AXES:]

    def _drawn_shape(self, n: Any) -> Any:
        """The shape of n draws of the batch."""
        return concat([reshape(n, [1]), self.batch_shape_tensor()], 0)


def _forwarded(method: str) -> Any:
    def call(self: Any, *values: Any) -> Any:
        return self._ask(method, *values)

    return call


# -- divergences -------------------------------------------------------------------------------


_RULES: dict[tuple[type, type], Callable[..., Any]] = {}


class RegisterKL:
    """Decorates a function (p, q, name) that gives the divergence for two classes."""

    def __init__(self, dist_cls_a: type, dist_cls_b: type) -> None:
        self._key = (dist_cls_a, dist_cls_b)

    def __call__(self, kl_fn: Any) -> Any:
        if not callable(kl_fn):
            raise TypeError(f"kl_fn must be callable, received: {kl_fn}")
        if self._key in _RULES:
            raise pt.ArgumentError(static.message(
                f"KL({self._key[0].__name__} || {self._key[1].__name__}) has already been "
                f"registered to: {_RULES[self._key]}"))
        _RULES[self._key] = kl_fn
        return kl_fn


def kl_divergence(
    distribution_a: Any, distribution_b: Any, allow_nan_stats: bool = True, name: str | None = None
) -> Any:
    """The divergence of Kullback and Leibler; NotImplementedError if no rule is known."""
    for a in type(distribution_a).__mro__:
        for b in type(distribution_b).__mro__:
            rule = _RULES.get((a, b))
            if rule is not None:
                with name_scope(name, "KullbackLeibler", []):
                    return rule(distribution_a, distribution_b, name=name)
    raise NotImplementedError(static.message(
        f"No KL(distribution_a || distribution_b) registered for distribution_a type "
        f"{type(distribution_a).__name__} and distribution_b type "
        f"{type(distribution_b).__name__}", hint="register one with tf.distributions.RegisterKL"))


def divergence_of(kind: type) -> None:
    """Register Pentad's divergence between two distributions of a class."""

    def rule(p: Any, q: Any, name: str | None = None) -> Any:
        return _DIVERGENCE([*p._tensors.values(), *q._tensors.values()], kind=p.KIND,
                           names=p._names(), others=q._names())

    RegisterKL(kind, kind)(rule)


__all__ = ["FULLY_REPARAMETERIZED", "NOT_REPARAMETERIZED", "Distribution", "RegisterKL",
           "ReparameterizationType", "kl_divergence"]

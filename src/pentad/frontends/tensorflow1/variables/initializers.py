"""What variables begin with: functions of a shape and a type."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import as_array, constant
from pentad.frontends.tensorflow1.ops import creation, random


class Initializer:
    """A function of a shape and a type; `get_config` says what it was made with."""

    FIELDS: tuple[str, ...] = ()
    dtype: Any = dtypes.float32

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """The values."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """What it was made with."""
        found = {name: getattr(self, name) for name in self.FIELDS}
        if "dtype" in found:
            found["dtype"] = self.dtype.name
        return found

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        """It again, from what it was made with."""
        return cls(**{k: v for k, v in config.items() if k != "dtype" or "dtype" in cls.FIELDS})

    def _type(self, dtype: Any) -> dtypes.DType:
        return dtypes.as_dtype(self.dtype if dtype is None else dtype).base_dtype


def _floating(dtype: Any) -> dtypes.DType:
    found = dtypes.as_dtype(dtype)
    if not found.is_floating:
        raise pt.ArgumentError(static.message(
            f"Expected floating point type, got {found.name}."))
    return found


class Zeros(Initializer):
    """Zeros."""

    FIELDS = ("dtype",)

    def __init__(self, dtype: Any = dtypes.float32) -> None:
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """The values."""
        return creation.zeros(shape, self._type(dtype))


class Ones(Zeros):
    """Ones."""

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """The values."""
        return creation.ones(shape, self._type(dtype))


class Constant(Initializer):
    """One value, or the values given."""

    FIELDS = ("value", "dtype")

    def __init__(
        self, value: Any = 0, dtype: Any = dtypes.float32, verify_shape: bool = False
    ) -> None:
        if not (np.isscalar(value) or isinstance(value, list | tuple | np.ndarray)):
            raise TypeError(static.message(
                f"Invalid type for initial value: {type(value)} (expected Python scalar, list or "
                "tuple of values, or numpy.ndarray)."))
        self.value, self.dtype = value, dtypes.as_dtype(dtype)
        self._verify_shape = verify_shape

    def __call__(
        self, shape: Any, dtype: Any = None, partition_info: Any = None, verify_shape: Any = None
    ) -> Any:
        """The values."""
        verify = self._verify_shape if verify_shape is None else verify_shape
        return constant(self.value, self._type(dtype), shape=shape, verify_shape=verify)


class _Drawn(Initializer):
    """Random numbers between or around two numbers."""

    draw: Any = None
    FIRST: tuple[str, Any] = ("mean", 0.0)
    SECOND: tuple[str, Any] = ("stddev", 1.0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        names = (self.FIRST[0], self.SECOND[0], "seed", "dtype")
        given = {**dict([self.FIRST, self.SECOND]), "seed": None, "dtype": dtypes.float32,
                 **dict(zip(names, args)), **kwargs}
        if set(given) != set(names):
            raise TypeError(f"{type(self).__name__} takes {', '.join(names)}")
        for name, value in given.items():
            setattr(self, name, value)
        self.dtype = dtypes.as_dtype(self.dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """The values."""
        first, second = getattr(self, self.FIRST[0]), getattr(self, self.SECOND[0])
        return type(self).draw(shape, first, second, self._type(dtype), seed=self.seed)


class RandomNormal(_Drawn):
    """A normal distribution: mean, stddev."""

    FIELDS = ("mean", "stddev", "seed", "dtype")
    draw = random.random_normal


class TruncatedNormal(RandomNormal):
    """A normal distribution within two deviations: mean, stddev."""

    draw = random.truncated_normal


class RandomUniform(_Drawn):
    """A uniform distribution: minval, maxval."""

    FIELDS = ("minval", "maxval", "seed", "dtype")
    FIRST, SECOND = ("minval", 0), ("maxval", None)
    draw = random.random_uniform


class UniformUnitScaling(Initializer):
    """A uniform distribution that keeps the scale of what a layer is given."""

    FIELDS = ("factor", "seed", "dtype")

    def __init__(self, factor: float = 1.0, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        self.factor, self.seed, self.dtype = factor, seed, _floating(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """The values."""
        sizes = [int(n) for n in shape]
        inputs = max(math.prod(sizes[:-1]), 1)
        edge = math.sqrt(3.0 / inputs) * self.factor
        return random.random_uniform(sizes, -edge, edge, self._type(dtype), seed=self.seed)


class VarianceScaling(Initializer):
    """Random numbers whose variance is scale / n: n is 'fan_in', 'fan_out' or 'fan_avg'."""

    FIELDS = ("scale", "mode", "distribution", "seed", "dtype")

    def __init__(
        self, scale: float = 1.0, mode: str = "fan_in", distribution: str = "truncated_normal",
        seed: Any = None, dtype: Any = dtypes.float32,
    ) -> None:
        distribution = {"normal": "truncated_normal"}.get(distribution.lower(),
                                                          distribution.lower())
        if scale <= 0.0:
            raise pt.ArgumentError("`scale` must be positive float.")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise pt.ArgumentError(static.message(f"Invalid `mode` argument: {mode}"))
        if distribution not in ("uniform", "truncated_normal", "untruncated_normal"):
            raise pt.ArgumentError(static.message(
                f"Invalid `distribution` argument: {distribution}"))
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self.seed, self.dtype = seed, _floating(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """The values."""
        whole = shape if partition_info is None else partition_info.full_shape
        fan_in, fan_out = fans(whole)
        count = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
        scale = self.scale / max(1.0, count[self.mode])
        dtype = self._type(dtype)
        if self.distribution == "uniform":
            edge = math.sqrt(3.0 * scale)
            return random.random_uniform(shape, -edge, edge, dtype, seed=self.seed)
        if self.distribution == "untruncated_normal":
            return random.random_normal(shape, 0.0, math.sqrt(scale), dtype, seed=self.seed)
        # The standard deviation of a normal distribution within two deviations.
        stddev = math.sqrt(scale) / 0.87962566103423978
        return random.truncated_normal(shape, 0.0, stddev, dtype, seed=self.seed)


def fans(shape: Any) -> tuple[float, float]:
    """How many values of the input, and of the output, a weight of that shape serves."""
    sizes = [int(n) for n in shape]
    if len(sizes) < 2:
        count = sizes[0] if sizes else 1
        return count, count
    field = math.prod(sizes[:-2])
    return sizes[-2] * field, sizes[-1] * field


def _variance(name: str, scale: float, mode: str, distribution: str, doc: str) -> Any:
    def __init__(self: Any, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        VarianceScaling.__init__(self, scale, mode, distribution, seed, dtype)

    return type(name, (VarianceScaling,), {"__init__": __init__, "FIELDS": ("seed", "dtype"),
                                           "__doc__": doc, "__module__": __name__})


GlorotUniform = _variance("GlorotUniform", 1.0, "fan_avg", "uniform", "Glorot's, uniform.")
GlorotNormal = _variance("GlorotNormal", 1.0, "fan_avg", "truncated_normal", "Glorot's, normal.")
_HeNormal = _variance("HeNormal", 2.0, "fan_in", "truncated_normal", "He's, normal.")
_HeUniform = _variance("HeUniform", 2.0, "fan_in", "uniform", "He's, uniform.")
_LecunNormal = _variance("LecunNormal", 1.0, "fan_in", "truncated_normal", "LeCun's, normal.")
_LecunUniform = _variance("LecunUniform", 1.0, "fan_in", "uniform", "LeCun's, uniform.")


def _scaling(kind: Any, doc: str) -> Any:
    def call(seed: int | None = None) -> Any:
        return kind(seed=seed)

    call.__doc__ = doc
    return call


he_normal, he_uniform = _scaling(_HeNormal, "He's, normal."), _scaling(_HeUniform, "He's, uniform.")
lecun_normal = _scaling(_LecunNormal, "LeCun's, normal.")
lecun_uniform = _scaling(_LecunUniform, "LeCun's, uniform.")


class Orthogonal(Initializer):
    """An orthogonal matrix, times `gain`."""

    FIELDS = ("gain", "seed", "dtype")

    def __init__(self, gain: float = 1.0, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        self.gain, self.seed, self.dtype = gain, seed, _floating(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """The values."""
        from pentad.frontends.tensorflow1.ops import diagonals, elementwise, linear, shaping

        sizes = [int(n) for n in shape]
        if len(sizes) < 2:
            raise pt.ShapeError("The tensor to initialize must be at least two-dimensional")
        rows, columns = math.prod(sizes[:-1]), sizes[-1]
        flat = (max(rows, columns), min(rows, columns))
        drawn = random.random_normal(flat, dtype=self._type(dtype), seed=self.seed)
        q, r = linear.qr(drawn, full_matrices=False)
        q = q * elementwise.sign(diagonals.matrix_diag_part(r))
        if rows < columns:
            q = shaping.matrix_transpose(q)
        return self.gain * shaping.reshape(q, sizes)


class Identity(Initializer):
    """The identity matrix, times `gain`."""

    FIELDS = ("gain", "dtype")

    def __init__(self, gain: float = 1.0, dtype: Any = dtypes.float32) -> None:
        self.gain, self.dtype = gain, _floating(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """The values."""
        if len(shape) != 2:
            raise pt.ShapeError("Identity matrix initializer can only be used for 2D matrices.")
        rows, columns = (int(n) for n in shape)
        array = np.eye(rows, columns) * self.gain
        return constant(as_array(array, self._type(dtype))[0], self._type(dtype))


def default(name: str, dtype: Any) -> Initializer:
    """What a variable begins with if nobody says: Glorot's for numbers, zeros for others."""
    if dtype.is_floating:
        return GlorotUniform()
    if dtype.is_integer or dtype.is_unsigned or dtype.is_bool:
        return Zeros(dtype)
    raise pt.ArgumentError(static.message(
        f"An initializer for variable {name} of {dtype.base_dtype.name} is required"))

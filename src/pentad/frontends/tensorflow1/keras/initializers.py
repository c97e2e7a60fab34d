"""tf.keras.initializers: those of tf.initializers, some with other defaults, and by name."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.variables import initializers as base
from pentad.frontends.tensorflow1.variables.initializers import (
    Constant,
    Identity,
    Initializer,
    Ones,
    Orthogonal,
    VarianceScaling,
    Zeros,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
)


class RandomNormal(base.RandomNormal):
    """Normally distributed numbers, closer to 0 than those of tf.initializers."""

    def __init__(
        self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None, dtype: Any = dtypes.float32
    ) -> None:
        super().__init__(mean, stddev, seed, dtype)


class TruncatedNormal(base.TruncatedNormal):
    """The same without those far from the mean."""

    def __init__(
        self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None, dtype: Any = dtypes.float32
    ) -> None:
        super().__init__(mean, stddev, seed, dtype)


class RandomUniform(base.RandomUniform):
    """Evenly distributed numbers around 0."""

    def __init__(
        self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__(minval, maxval, seed, dtype)


glorot_normal, glorot_uniform = base.GlorotNormal, base.GlorotUniform
zeros, ones, constant, identity, orthogonal = Zeros, Ones, Constant, Identity, Orthogonal
normal = random_normal = RandomNormal
uniform = random_uniform = RandomUniform
truncated_normal = TruncatedNormal

_BY_NAME: dict[str, Any] = {
    "Zeros": Zeros, "Ones": Ones, "Constant": Constant, "Identity": Identity,
    "Orthogonal": Orthogonal, "RandomNormal": RandomNormal, "RandomUniform": RandomUniform,
    "TruncatedNormal": TruncatedNormal, "VarianceScaling": VarianceScaling, "zeros": Zeros,
    "ones": Ones, "constant": Constant, "identity": Identity, "orthogonal": Orthogonal,
    "normal": RandomNormal, "random_normal": RandomNormal, "uniform": RandomUniform,
    "random_uniform": RandomUniform, "truncated_normal": TruncatedNormal,
    "glorot_normal": glorot_normal, "glorot_uniform": glorot_uniform, "he_normal": he_normal,
    "he_uniform": he_uniform, "lecun_normal": lecun_normal, "lecun_uniform": lecun_uniform,
}


def serialize(initializer: Any) -> dict[str, Any]:
    """Its class and what it was made with, as a dictionary."""
    return {"class_name": type(initializer).__name__, "config": initializer.get_config()}


def deserialize(config: dict[str, Any], custom_objects: Any = None) -> Any:
    """The initializer that `serialize` described."""
    known = {**_BY_NAME, **(custom_objects or {})}
    name = config["class_name"]
    if name not in known:
        raise pt.ArgumentError(static.message(
            f"Unknown initializer: {name}", expected=", ".join(known), got=name))
    made = known[name]
    return made.from_config(config["config"]) if isinstance(made, type) else made(
        **config["config"])


def get(identifier: Any) -> Any:
    """An initializer by its name, its description, or as it is."""
    if identifier is None or callable(identifier):
        return identifier() if isinstance(identifier, type) else identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    return deserialize({"class_name": str(identifier), "config": {}})


__all__ = [
    "Constant", "Identity", "Initializer", "Ones", "Orthogonal", "RandomNormal", "RandomUniform",
    "TruncatedNormal", "VarianceScaling", "Zeros", "constant", "deserialize", "get",
    "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "identity", "lecun_normal",
    "lecun_uniform", "normal", "ones", "orthogonal", "random_normal", "random_uniform",
    "serialize", "truncated_normal", "uniform", "zeros",
]
__getattr__ = absent(__name__)

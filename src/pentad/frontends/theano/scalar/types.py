"""Element types: Theano's names for them, and which results from which."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.configparser import config

DTYPES: dict[str, Any] = {
    name: getattr(pt, name)
    for name in (
        "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
        "float16", "float32", "float64", "complex64", "complex128",
    )
}
"""Theano's names of element types, and Pentad's dtypes."""

INTS = ("int8", "int16", "int32", "int64")
UINTS = ("uint8", "uint16", "uint32", "uint64")
FLOATS = ("float16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
DISCRETE = ("bool", *INTS, *UINTS)
CONTINUOUS = (*FLOATS, *COMPLEX)


def dtype_name(dtype: Any) -> str:
    """Theano's name of an element type; TypeError if there is none."""
    if dtype == "floatX":
        return config.floatX
    name = dtype if isinstance(dtype, str) and dtype in DTYPES else None
    if name is None:
        try:
            name = np.dtype(getattr(dtype, "numpy", dtype)).name
        except TypeError:
            name = str(dtype)
    if name not in DTYPES:
        raise TypeError(
            static.message(f"Unsupported dtype for TensorType: {name}",
                           expected=", ".join(DTYPES), got=repr(dtype))
        )
    return name


_name = functools.lru_cache(256)(str)
"""Of an element type: NumPy takes longer to say its dtypes' names than a small function to run."""


@functools.lru_cache(4096)
def _upcast(dtypes: tuple[str, ...], policy: str, float_x: str) -> str:
    found = np.result_type(*[np.dtype(d) for d in dtypes]).name
    if policy == "numpy+floatX" and found == "float64" and "float64" not in dtypes:
        if float_x == "float16" and "float32" not in dtypes:
            return "float16"
        if float_x in ("float32", "float16"):
            return "float32"
    return found


def upcast(*dtypes: Any) -> str:
    """The element type of a result of operands of these."""
    return _upcast(tuple(map(_name, dtypes)), config.cast_policy, config.floatX)


_FLOAT_OF = {
    "bool": "float32", "int8": "float32", "int16": "float32", "int32": "float64",
    "int64": "float64", "uint8": "float32", "uint16": "float32", "uint32": "float64",
    "uint64": "float64",
}


def to_float(*dtypes: str) -> str:
    """Whole numbers become the float that holds them."""
    return upcast(*[_FLOAT_OF.get(d, d) for d in dtypes])


def _refusing(kinds: tuple[str, ...], what: str, rule: Callable[..., str]) -> Callable[..., str]:
    def checked(*dtypes: str) -> str:
        if any(d in kinds for d in dtypes):
            raise TypeError(static.message(f"{what} is not supported", got=", ".join(dtypes)))
        return rule(*dtypes)

    return checked


def same(dtype: str) -> str:
    """The element type of the operand."""
    return dtype


def at_least_int8(*dtypes: str) -> str:
    """As `upcast`, int8 for booleans."""
    found = upcast(*dtypes)
    return "int8" if found == "bool" else found


def _fixed(name: str) -> Callable[..., str]:
    return lambda *dtypes: name


def real_of(dtype: str) -> str:
    """The element type of parts of complex numbers."""
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


def divided(*dtypes: str) -> str:
    """The element type of quotients: floatX for whole numbers."""
    return config.floatX if all(d in DISCRETE for d in dtypes) else upcast(*dtypes)


def _only(kinds: tuple[str, ...]) -> Callable[..., str]:
    def checked(*dtypes: str) -> str:
        if any(d not in kinds for d in dtypes):
            raise TypeError(
                static.message("not supported for these element types",
                               expected=", ".join(kinds), got=", ".join(dtypes))
            )
        return upcast(*dtypes)

    return checked


def not_bool(rule: Callable[..., str]) -> Callable[..., str]:
    """The rule, refusing results that are booleans."""
    def checked(*dtypes: str) -> str:
        found = rule(*dtypes)
        if found == "bool":
            raise TypeError(
                static.message("bool output is not supported", got=", ".join(dtypes),
                               hint="cast one of them to an integer")
            )
        return found

    return checked


RULES: dict[str, Callable[..., str]] = {
    "upcast": upcast, "same": same, "to_float": to_float, "divided": divided,
    "upcast_no_bool": not_bool(upcast), "same_no_bool": not_bool(same),
    "at_least_int8": at_least_int8, "real": real_of,
    "bool": _fixed("bool"), "float64": _fixed("float64"),
    "upcast_no_complex": _refusing(COMPLEX, "a complex argument", upcast),
    "real_float": _refusing(COMPLEX, "a complex argument", to_float),
    "bool_no_complex": _refusing(COMPLEX, "a complex argument", _fixed("bool")),
    "float_only": _only(FLOATS),
    "bits": _only(DISCRETE),
}
"""The rules of element types that operations name."""


class NumpyAutocaster:
    """Numbers of Python become arrays of the first of some dtypes that holds them."""

    def __init__(self, dtypes: tuple[str, ...]) -> None:
        self.dtypes = dtypes

    def __call__(self, x: Any) -> np.ndarray[Any, Any]:
        """The array for a number."""
        if str(getattr(x, "dtype", "")) in self.dtypes:
            return np.asarray(x)
        if isinstance(x, float) and config.floatX in self.dtypes and config.floatX != "float64":
            return np.asarray(x, config.floatX)
        found = np.asarray(x)
        for dtype in self.dtypes:
            if dtype == "float16" and config.floatX != "float16":
                continue
            with np.errstate(all="ignore"):
                found = np.asarray(x).astype(dtype)
            if np.all(found == np.asarray(x)):
                return found
        return found


autocast_int = NumpyAutocaster(("int8", "int16", "int32", "int64"))
autocast_float = NumpyAutocaster(("float16", "float32", "float64"))


def convert(x: Any, dtype: Any = None) -> np.ndarray[Any, Any]:
    """The array of a constant, by the casting policy; TypeError if it is not numeric."""
    if dtype is not None:
        return np.asarray(x, dtype_name(dtype))
    if config.cast_policy not in ("custom", "numpy+floatX", "numpy"):
        return np.asarray(x)
    if isinstance(x, int) and config.cast_policy == "custom":
        if not -(2 ** 63) <= x < 2 ** 63:
            return np.asarray(x, "uint64")
        return autocast_int(x)
    if isinstance(x, float) and config.cast_policy == "custom":
        return autocast_float(x)
    if isinstance(x, float) and config.cast_policy == "numpy+floatX":
        return np.asarray(x, config.floatX)
    found = x if isinstance(x, np.ndarray) else np.asarray(x)
    if found.size == 0 and not hasattr(x, "dtype"):
        found = found.astype(config.floatX)
    return found


__all__ = ["autocast_float", "autocast_int", "convert", "upcast"]

"""What users hand over, as NumPy arrays and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import pentad as pt
from pentad.static import message

Array = np.ndarray[Any, Any]


def array(value: Any, what: str) -> Array:
    """An array of numbers of its own, which nobody writes to later: of a tensor, an array, numbers
    in lists. bfloat16 becomes float32. DTypeError for anything else."""
    if isinstance(value, pt.Tensor):
        value = value.detach()
        value = (value.float() if value.dtype is pt.bfloat16 else value).numpy()
    try:
        found = np.array(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise _no_numbers(what, str(error)) from error
    if found.dtype.kind not in "biufc":
        raise _no_numbers(what, f"{type(value).__name__} of type {found.dtype}")
    return found


def reals(value: Any, what: str) -> Array:
    """The same for what has to be real."""
    found = array(value, what)
    if found.dtype.kind == "c":
        raise _no_numbers(what, f"{type(value).__name__} of type {found.dtype}")
    return found


def _no_numbers(what: str, got: str) -> pt.DTypeError:
    return pt.DTypeError(message(
        f"{what} is no array of real numbers", expected="a tensor, an array, numbers", got=got))


def number(value: Any, what: str) -> float:
    """One number, which may be in a tensor or an array of one element."""
    if type(value) is float or type(value) is int:
        return float(value)
    found = reals(value, what)
    if found.size != 1:
        raise pt.ShapeError(message(
            f"{what} is not one number", expected="one element", got=f"shape {found.shape}"))
    return float(found.reshape(()))


def whole(value: Any, what: str) -> int | None:
    """A whole number, or None."""
    if value is None or type(value) is int:
        return value
    return int(number(value, what))


def required(holds: bool, what: str, expected: str, got: str) -> None:
    """ShapeError unless it holds."""
    if not holds:
        raise pt.ShapeError(message(what, expected=expected, got=got))


def mapping(value: Any, what: str) -> Mapping[str, Any]:
    """A dict; DTypeError for anything else."""
    if not isinstance(value, Mapping):
        raise pt.DTypeError(message(f"{what} is no dict", expected="{name: value}",
                                    got=type(value).__name__))
    return value

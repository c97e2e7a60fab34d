"""The oracle: the same call on Pentad's arrays and on those of array-api-strict, compared."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import array_api_strict as strict
import numpy as np

import pentad.array_api as xp

strict.set_array_api_strict_flags(api_version="2024.12")


@dataclass(frozen=True)
class D:
    """A dtype by name, in the arguments of a call."""

    name: str


def place(value: Any, module: Any) -> Any:
    """The arguments of a call, for one of the modules: NumPy arrays become its arrays."""
    if isinstance(value, np.ndarray):
        return module.asarray(value.copy())
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, D):
        return getattr(module, value.name)
    if isinstance(value, (list, tuple)):
        return type(value)(place(v, module) for v in value)
    return value


def call(module: Any, name: str, args: Any, kwargs: Any) -> Any:
    """`name` (with a dot for extensions) of a module on these arguments."""
    function = module
    for part in name.split("."):
        function = getattr(function, part)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function(
            *(place(a, module) for a in args), **{k: place(v, module) for k, v in kwargs.items()}
        )


def values(array: Any) -> np.ndarray:
    """The values of an array of either module."""
    return np.asarray(array.tensor.numpy() if isinstance(array, xp.Array) else array._array)


def agree(name: str, args: Any, kwargs: Any, *, tolerance: float = 8) -> None:
    """Both modules give the same: shapes, dtypes, values within `tolerance` units of rounding."""
    theirs = call(strict, name, args, kwargs)
    ours = call(xp, name, args, kwargs)
    if name in ("empty", "empty_like"):  # the values are whatever the memory holds
        ours, theirs = xp.zeros_like(ours), strict.zeros_like(theirs)
    # NumPy loses small complex numbers beside the 1 of log1p.
    same(ours, theirs, tolerance, f"{name}{args}{kwargs}", name == "log1p")


def same(
    ours: Any, theirs: Any, tolerance: float, what: str, absolute: bool = False
) -> None:
    if isinstance(theirs, (tuple, list)):
        assert len(ours) == len(theirs), what
        if hasattr(theirs, "_fields"):
            assert ours._fields == theirs._fields, what
        for a, b in zip(ours, theirs):
            same(a, b, tolerance, what)
    elif hasattr(theirs, "_array"):
        assert isinstance(ours, xp.Array), f"{what}: {type(ours)}"
        assert ours.dtype.name == dtype_name(theirs.dtype), f"{what}: {ours.dtype}"
        assert ours.shape == theirs.shape, f"{what}: {ours.shape} and not {theirs.shape}"
        close(values(ours), values(theirs), tolerance, what, absolute)
    else:
        assert getattr(ours, "name", ours) == (
            dtype_name(theirs) if hasattr(theirs, "_np_dtype") else theirs
        ), what


def dtype_name(dtype: Any) -> str:
    return str(np.dtype(dtype._np_dtype))


def close(
    ours: np.ndarray, theirs: np.ndarray, tolerance: float, what: str, absolute: bool
) -> None:
    if theirs.dtype.kind not in "fc":
        np.testing.assert_array_equal(ours, theirs, err_msg=what)
        return
    if theirs.dtype.kind == "c":
        scale = np.abs(np.nan_to_num(theirs, posinf=0, neginf=0)) + absolute
        for part in ("real", "imag"):
            near(getattr(ours, part), getattr(theirs, part), tolerance, what, scale)
        return
    near(ours, theirs, tolerance, what, np.abs(theirs))


def near(
    ours: np.ndarray, theirs: np.ndarray, tolerance: float, what: str, scale: np.ndarray
) -> None:
    info = np.finfo(theirs.dtype)
    with np.errstate(all="ignore"):
        bound = tolerance * (info.eps * scale + info.smallest_normal)
        good = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
        good |= np.isfinite(theirs) & (np.abs(ours - theirs) <= bound)
    assert good.all(), f"{what}\n ours {ours}\n oracle {theirs}"

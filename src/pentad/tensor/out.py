"""`out=`: results written into tensors that the caller passes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from pentad.graph.dtypes import DType
from pentad.graph.errors import AutogradError, CaptureError, DTypeError, ShapeError, message
from pentad.tensor.state import state
from pentad.tensor.tensor import Tensor

_CATEGORY = {"bool": 0, "uint": 1, "int": 1, "float": 2, "complex": 3}


def can_cast(source: DType, target: DType) -> bool:
    """May a result of `source` be written as `target` (bool < integers < floats < complex)?"""
    return _CATEGORY[source.kind] <= _CATEGORY[target.kind]


def write_out(name: str, out: Any, result: Any) -> Any:
    """The result, in `out`: a tensor, or as many tensors as there are results.

    An empty tensor takes the result's shape. ShapeError for another shape, DTypeError for a dtype
    that cannot hold the result, AutogradError if a gradient would be lost.
    """
    if isinstance(result, tuple):
        given = tuple(out)
        if len(given) != len(result):
            raise ShapeError(
                message(f"{name}: out", expected=f"{len(result)} tensors", got=str(len(given)))
            )
        for t, value in zip(given, result, strict=True):
            write_out(name, t, value)
        return type(result)(*given) if hasattr(result, "_fields") else given
    if not isinstance(out, Tensor):
        raise TypeError(f"{name}(): out must be a Tensor, not {type(out).__name__}")
    _check(name, out, result)
    if out.shape != result.shape:
        _take_shape(out, result)
    return out.copy_(result)  # type: ignore[attr-defined]


def _check(name: str, out: Tensor, result: Tensor) -> None:
    if state.grad and (out.node is not None or result.node is not None):
        raise AutogradError(
            message(f"{name}: out= has no gradient", expected="tensors that require none",
                    got="one that requires a gradient", hint="use no_grad(), or the result itself")
        )
    if not can_cast(result.dtype, out.dtype):
        raise DTypeError(
            message(f"{name}: the result cannot be written into out",
                    expected=f"a dtype that holds {result.dtype.name}", got=out.dtype.name)
        )
    empty = isinstance(out.meta.numel, int) and out.meta.numel == 0
    if out.shape != result.shape and not empty:
        raise ShapeError(
            message(f"{name}: out has another shape", expected=f"{list(result.shape)}, or empty",
                    got=str(list(out.shape)))
        )


def _take_shape(out: Tensor, result: Tensor) -> None:
    if state.trace is not None:
        raise CaptureError(
            message("out= gives a tensor another shape while tracing",
                    expected=f"a tensor of shape {list(result.shape)}", got=str(list(out.shape)))
        )
    made = result.new_empty(result.shape, dtype=out.dtype)  # type: ignore[attr-defined]
    out.storage, out.ptr, out.meta, out.alias = made.storage, made.ptr, made.meta, None


def with_out(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with the keyword argument `out`."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if "out" not in kwargs:
            return function(*args, **kwargs)
        out = kwargs.pop("out")
        result = function(*args, **kwargs)
        return result if out is None else write_out(function.__name__.strip("_"), out, result)

    return call

"""Values of Python as tensors for the graph, and its results as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad.graph.dtypes import bfloat16
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.static.graph import Symbol
from pentad.static.lane import as_array
from pentad.static.values import STRING, Known
from pentad.tensor.functions.creation import as_tensor, from_numpy
from pentad.tensor.misfit import guarded
from pentad.tensor.tensor import Tensor


@guarded
def converted(symbol: Symbol, value: Any) -> Any:
    """What is fed as a tensor of the symbol's dtype; ShapeError or DTypeError if it cannot be."""
    dtype, shape = symbol.static_type
    if dtype is STRING:
        return Known(np.asarray(value, object), STRING)
    if isinstance(value, Tensor):
        found = value.detach().to(dtype)
    else:
        try:
            array = np.asarray(value)
        except ValueError as error:
            raise ArgumentError(
                message(f"what is fed to '{symbol.node.name}' is no array: {error}",
                        expected=str(symbol.static_type), got=f"{value!r:.80}",
                        hint=f"it was made at {symbol.node.line}")
            ) from None
        if array.dtype.kind not in "biufc":
            raise DTypeError(
                message(f"what is fed to '{symbol.node.name}' is not numeric",
                        expected=str(symbol.static_type), got=f"{array.dtype} {array.shape}",
                        hint=f"it was made at {symbol.node.line}")
            )
        if array.dtype != dtype.numpy or not array.flags.c_contiguous:
            array = np.ascontiguousarray(array, dtype.numpy).reshape(array.shape)
        usable = array.flags.writeable and array.flags.aligned
        found = from_numpy(array) if usable else as_tensor(array.copy())
    if shape is not None and (
        len(found.shape) != len(shape)
        or any(n is not None and n != m for n, m in zip(shape, found.shape))
    ):
        raise ShapeError(
            message(f"cannot feed value of shape {tuple(found.shape)} for '{symbol.node.name}'",
                    expected=str(symbol.static_type), got=str(tuple(found.shape)),
                    hint=f"it was made at {symbol.node.line}")
        )
    return found


def array_of(value: Any) -> Any:
    """A value as the user gets it; NumPy has bfloat16 as float32 numbers."""
    if isinstance(value, Tensor):
        value = value.detach()
        return (value.float() if value.dtype is bfloat16 else value).numpy()
    return value.array if isinstance(value, Known) else value


def own_array(value: Any) -> Any:
    """The same for a result of a native call."""
    return as_array(value) if type(value) is Tensor else array_of(value)


def as_fed(value: Any) -> Any:
    """A value that Python has found as one that is fed: a tensor, but for texts."""
    numbers = isinstance(value, Known) and value.dtype is not STRING
    return as_tensor(np.array(value.array)).to(value.dtype) if numbers else value


def hashable(value: Any) -> Any:
    """A whole number, or a few of them, as a key."""
    nested = value.tolist()
    return tuple(nested) if isinstance(nested, list) else nested

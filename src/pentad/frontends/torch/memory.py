"""Tensors on memory that others made: torch.asarray, torch.frombuffer."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad.static import message

__all__ = ["asarray", "frombuffer"]


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None,
    requires_grad: bool = False,
) -> Any:
    """`obj` as a tensor: a tensor or an array on its own memory where its dtype is the wanted one,
    all else copied. copy=True always copies; copy=False raises ArgumentError where it would."""
    pt.empty(0, device=device)
    shared = None
    if isinstance(obj, pt.Tensor):
        shared = obj
    elif isinstance(obj, np.ndarray) and obj.flags.writeable:
        shared = pt.from_numpy(obj)
    kept = shared is not None and dtype in (None, shared.dtype)
    if copy is False and not kept:
        raise pt.ArgumentError(message("asarray: the data must be copied", got="copy=False",
                                       expected="a tensor or an array of the wanted dtype"))
    if not kept or copy:
        return pt.tensor(obj, dtype=dtype, requires_grad=requires_grad)
    found: Any = shared
    if found.requires_grad == requires_grad:
        return found
    return found.detach().requires_grad_(requires_grad)


def frombuffer(
    buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False,
) -> Any:
    """A tensor [count] on the memory of an object, from a byte on; ArgumentError for a buffer that
    cannot be written to, or that has not so many elements."""
    try:
        view = memoryview(buffer)
    except TypeError as error:
        raise pt.ArgumentError(message("frombuffer: no buffer", got=type(buffer).__name__,
                                       expected="an object with the buffer protocol")) from error
    if view.readonly:
        raise pt.ArgumentError(message(
            "frombuffer: the memory cannot be written to", got=type(buffer).__name__,
            expected="a writable buffer", hint="copy it: bytearray(buffer)"))
    kind = pt.empty(0, dtype=dtype).numpy().dtype
    try:
        array = np.frombuffer(view, kind, count, offset)
    except (TypeError, ValueError, OverflowError) as error:
        raise pt.ArgumentError(message(
            "frombuffer: count and offset do not fit", got=str(error),
            expected=f"elements of {kind.itemsize} bytes in {view.nbytes} bytes")) from error
    found = pt.from_numpy(array)
    return found.requires_grad_() if requires_grad else found

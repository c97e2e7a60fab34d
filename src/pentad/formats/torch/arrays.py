"""NumPy's arrays and numbers in a file of PyTorch: element types by their codes, plain bytes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from pentad.formats import limits
from pentad.formats.torch.cursor import Cursor
from pentad.formats.torch.machine import Name

CODE = re.compile(r"[biufc](1|2|4|8|16)")
"""The element types that are read and written."""
_ORDERS = {"<": "<", ">": ">", "|": "=", "=": "="}
MODULES = ("numpy.core.multiarray", "numpy._core.multiarray")
"""Where pickles of NumPy before and since 2.0 look for its functions."""


class ArrayType:
    """An element type as a pickle makes it: first its code, then its byte order."""

    def __init__(self, code: str) -> None:
        self.code, self.order = code, "="

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy's own."""
        return np.dtype(self.order + self.code)


def type_of(code: Any, align: Any = False, copy: Any = True) -> ArrayType | None:
    """The element type of a code; None if numbers have none of that code."""
    if type(code) is not str or not CODE.fullmatch(code) or (
            type(align) not in (int, bool) or align):
        return None
    try:
        np.dtype(code)
    except TypeError:
        return None
    return ArrayType(code)


def number_of(kind: Any, data: Any) -> Any:
    """A NumPy number; None if the bytes are not those of one."""
    if type(kind) is not ArrayType or type(data) is not bytes:
        return None
    dtype = kind.dtype
    if len(data) != dtype.itemsize or (dtype.kind == "b" and data[0] > 1):
        return None
    return np.frombuffer(data, dtype)[0]


def begun(name: Any, shape: Any, code: Any) -> np.ndarray[Any, Any] | None:
    """The array that a state will fill; None for a subclass."""
    fits = (type(name) is Name and name.text == "numpy.ndarray"
            and type(shape) is tuple and tuple(map(type, shape)) == (int,) and shape == (0,)
            and type(code) in (str, bytes) and code in (b"b", "b"))
    return np.empty(0, np.int8) if fits else None


def set_type(cursor: Cursor, kind: ArrayType, state: Any) -> None:
    """Give a type its byte order; FormatError for fields, or a shape of its own."""
    fits = type(state) is tuple and len(state) >= 5 and all(part is None for part in state[2:5])
    if not fits or type(state[1]) is not str or state[1] not in _ORDERS:
        raise cursor.broken("the element type of an array with more than a byte order")
    kind.order = _ORDERS[state[1]]


def fill(cursor: Cursor, array: np.ndarray[Any, Any], state: Any) -> None:
    """Give an array its shape, type and values: (version, shape, type, by columns, bytes)."""
    kinds = (int, tuple, ArrayType, bool, bytes)
    if type(state) is not tuple or tuple(map(type, state)) != kinds:
        raise cursor.broken("the state of an array", "(version, shape, type, order, bytes)")
    _, shape, kind, by_columns, data = state
    dtype = kind.dtype
    if len(shape) > limits.TORCH_RANK or not all(
            type(n) is int and 0 <= n <= limits.ELEMENTS for n in shape):
        raise cursor.broken("an array of no possible shape", "whole numbers, 0 or more",
                            f"{len(shape)} sizes")
    if math.prod(shape) * dtype.itemsize != len(data):
        raise cursor.broken("an array of another size", f"{shape} of {dtype}",
                            f"{len(data)} bytes")
    cursor.charge(len(data))
    if dtype.kind == "b" and data and (most := np.frombuffer(data, np.uint8).max()) > 1:
        raise cursor.broken("an array of bool holds other bytes", "0 and 1", str(most))
    # NumPy's own way of filling an array that a pickle began; all of it is checked above.
    # A copy of the bytes: arrays may borrow them, and a file may name them twice.
    array.__setstate__((1, shape, dtype, by_columns, bytes(bytearray(data))))


STATES: dict[type, Callable[[Cursor, Any, Any], None]] = {ArrayType: set_type, np.ndarray: fill}
"""What the step BUILD does to objects of these types."""

"""Questions about element types by PyTorch's names: their limits, what results are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import DTypeError, message
from pentad.graph.node import input_node
from pentad.tensor import out, promotion
from pentad.tensor.functions.creation import check_dtype
from pentad.tensor.operands import NUMBERS, scalar_operand
from pentad.tensor.state import get_default_dtype
from pentad.tensor.tensor import Tensor


class _Limits:
    """What finfo and iinfo share: attributes, and a text that shows them."""

    fields: tuple[str, ...] = ()

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)}" for name in self.fields)
        return f"{type(self).__name__}({shown})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and repr(other) == repr(self)

    def __hash__(self) -> int:
        return hash(repr(self))


class finfo(_Limits):
    """The limits of a float type (of a complex one, of its parts; without one, of the default).

    bits, eps (from 1 to the next number), max, min, tiny = smallest_normal, resolution (10 to the
    power of the digits that always hold), dtype (its name). DTypeError for other types.
    """

    fields = ("resolution", "min", "max", "eps", "smallest_normal", "tiny", "dtype")

    def __init__(self, type: Any = None) -> None:
        given = get_default_dtype() if type is None else check_dtype(type)
        if not given.is_inexact:
            raise DTypeError(message("finfo: not a float type", got=given.name, hint="use iinfo",
                                     expected=", ".join(d.name for d in dtypes.INEXACT)))
        real = given.real
        self.bits, self.dtype = real.bits, real.name
        if real is dtypes.bfloat16:
            self.eps, self.resolution = 2.0**-7, 0.01
            self.max, self.tiny = (2 - 2.0**-7) * 2.0**127, 2.0**-126
        else:
            info = np.finfo(real.numpy)
            self.eps, self.resolution = float(info.eps), 10.0**-info.precision
            self.max, self.tiny = float(info.max), float(info.smallest_normal)
        self.min, self.smallest_normal = -self.max, self.tiny


class iinfo(_Limits):
    """The limits of an integer type: bits, min, max, dtype (its name). DTypeError for others."""

    fields = ("min", "max", "dtype")

    def __init__(self, type: Any) -> None:
        given = check_dtype(type)
        if not given.is_integer:
            raise DTypeError(message("iinfo: not an integer type", got=given.name,
                                     hint="use finfo for floats",
                                     expected=", ".join(d.name for d in dtypes.INTEGERS)))
        self.bits, self.dtype = given.bits, given.name
        self.min = -(1 << (given.bits - 1)) if given.is_signed else 0
        self.max = self.min + (1 << given.bits) - 1


def result_type(tensor1: Any, tensor2: Any) -> DType:
    """The dtype of an operation on two tensors or numbers (a number, or a tensor without
    dimensions, decides only where it is of a higher category)."""
    return promotion.result_type([_stand_in(i, x) for i, x in enumerate((tensor1, tensor2))])


def _stand_in(i: int, value: Any) -> Any:
    """An operand of that kind for the rules of promotion, which look at nodes."""
    if not isinstance(value, (Tensor, *NUMBERS)):
        raise DTypeError(message("result_type: not an operand", expected="a tensor or a number",
                                 got=type(value).__name__))
    meta = (value if isinstance(value, Tensor) else scalar_operand(value)).meta
    return input_node(f"weak{i}" if meta.weak else f"x{i}", meta.shape, meta.dtype)


def can_cast(from_: Any, to: Any) -> bool:
    """May a result of one dtype be written as another (not: floats as integers, anything but bool
    as bool, complex as real)?"""
    return out.can_cast(check_dtype(from_), check_dtype(to))

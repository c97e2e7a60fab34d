"""Comparisons, logic, bits, and choosing between two tensors."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

import pentad as pt
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.dtypes import INTEGERS, REALS
from pentad.frontends.tensorflow1.framework.make import op

_ANY = dtypes.NUMBERS | {dtypes.bool_, dtypes.string}


def _binary(name: str, run: Any, allow: Any = REALS) -> Any:
    return op(name, "x: T, y: T -> z: bool", run, allow={"T": allow}, known=run,
              differentiable=False)


def _logic(name: str, run: Any, known: Any) -> Any:
    return op(name, "x: bool, y: bool -> z: bool", run, known=known, differentiable=False)


def _bits(name: str, run: Any) -> Any:
    return op(name, "x: T, y: T -> z: T", run, allow={"T": INTEGERS}, differentiable=False)


less, less_equal = _binary("Less", operator.lt), _binary("LessEqual", operator.le)
greater, greater_equal = _binary("Greater", operator.gt), _binary("GreaterEqual", operator.ge)
_numeric_equal = _binary("Equal", operator.eq, _ANY)
_numeric_not_equal = _binary("NotEqual", operator.ne, _ANY)
logical_and = _logic("LogicalAnd", pt.logical_and, np.logical_and)
logical_or = _logic("LogicalOr", pt.logical_or, np.logical_or)
logical_not = op("LogicalNot", "x: bool -> y: bool", pt.logical_not, known=np.logical_not,
                 differentiable=False)
bitwise_and, bitwise_or = _bits("BitwiseAnd", pt.bitwise_and), _bits("BitwiseOr", pt.bitwise_or)
bitwise_xor = _bits("BitwiseXor", pt.bitwise_xor)
left_shift, right_shift = (_bits("LeftShift", pt.bitwise_left_shift),
                           _bits("RightShift", pt.bitwise_right_shift))
invert = op("Invert", "x: T -> y: T", pt.bitwise_not, allow={"T": INTEGERS}, differentiable=False)
_approximate = op(
    "ApproximateEqual", "x: T, y: T; tolerance=0.00001 -> z: bool",
    lambda x, y, tolerance: pt.abs(x - y) < tolerance, differentiable=False)


def _strings(name: str, rule: Any) -> Any:
    """The comparison of texts, which are compared in Python."""
    return op(f"{name}Strings", "x: string, y: string -> z: bool",
              lambda x, y: np.asarray(rule(x, y), np.bool_), host=True, differentiable=False,
              types=lambda x, y: [(dtypes.bool_, _joint(x, y))])


def _joint(x: Any, y: Any) -> Any:
    a, b = x.static_type.shape, y.static_type.shape
    if a is None or b is None:
        return None
    a, b = ((1,) * (max(len(a), len(b)) - len(s)) + tuple(s) for s in (a, b))
    return tuple(n if m == 1 else m if n == 1 or n is None else n for n, m in zip(a, b))


_string_equal, _string_not_equal = _strings("Equal", operator.eq), _strings("NotEqual", operator.ne)


def _equality(numeric: Any, texts: Any, doc: str) -> Any:
    def call(x: Any, y: Any, name: str | None = None) -> Any:
        from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor

        known = next((v.dtype.base_dtype for v in (x, y) if isinstance(v, Tensor)), None)
        x = convert_to_tensor(x, preferred_dtype=known, name="x")
        return (texts if x.dtype.base_dtype is dtypes.string else numeric)(x, y, name=name)

    from pentad.frontends.tensorflow1.framework.tensor import Tensor

    call.__doc__ = doc
    return call


equal = _equality(_numeric_equal, _string_equal, "Where the elements of x and y are equal.")
not_equal = _equality(_numeric_not_equal, _string_not_equal, "Where x and y differ.")


def approximate_equal(x: Any, y: Any, tolerance: float = 1e-5, name: str | None = None) -> Any:
    """Where x and y differ by less than the tolerance."""
    return _approximate(x, y, tolerance=tolerance, name=name)


def logical_xor(x: Any, y: Any, name: str | None = "LogicalXor") -> Any:
    """Where one of x and y is true."""
    return logical_and(logical_or(x, y), logical_not(logical_and(x, y)), name=name)


def _select(condition: Any, t: Any, e: Any, where: Any = pt.where) -> Any:
    """A condition with one axis chooses rows."""
    if condition.ndim == 1 and t.ndim > 1:
        condition = condition.reshape(condition.shape[0], *[1] * (t.ndim - 1))
    return where(condition, t, e)


_SELECT = op("Select", "condition: bool, t: T, e: T -> output: T", _select,
             known=lambda c, t, e: _select(c, t, e, np.where))
_SELECT_V2 = op("SelectV2", "condition: bool, t: T, e: T -> output: T", pt.where,
                known=lambda c, t, e: np.where(c, t, e))
_WHERE = op("Where", "input: T -> index: int64", lambda input: (input != 0).nonzero(),
            dynamic=True, differentiable=False,
            types=lambda x: [(dtypes.int64, (None, x.shape.ndims))])


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """Elements of x where the condition holds, of y elsewhere; without them, where it holds."""
    return _where(_SELECT, condition, x, y, name)


def where_v2(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """As tf.where, with broadcasting."""
    return _where(_SELECT_V2, condition, x, y, name)


def _where(make: Any, condition: Any, x: Any, y: Any, name: str | None) -> Any:
    if (x is None) != (y is None):
        raise pt.ArgumentError("x and y must both be non-None or both be None.")
    if x is None:
        return _WHERE(condition, name=name or "Where")
    return make(condition, x, y, name=name)

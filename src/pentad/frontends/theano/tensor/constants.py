"""Constants, and what else becomes a tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.graph import GRAPH, Apply, Variable
from pentad.frontends.theano.gof.op import Native, one
from pentad.frontends.theano.scalar.types import DTYPES, convert, dtype_name, upcast
from pentad.frontends.theano.tensor.dimshuffle import dimshuffle, padded


class AsTensorError(TypeError):
    """Something that is no tensor was used as one."""


class NotScalarConstantError(Exception):
    """A variable is not a scalar constant."""


class EmptyConstantError(NotScalarConstantError):
    """A constant has no elements."""


def constant(x: Any, name: str | None = None, ndim: int | None = None, dtype: Any = None) -> Any:
    """A constant of a value, of the dtype that the casting rules give it."""
    array = convert(x, dtype)
    if array.dtype.kind not in "biufc":
        raise TypeError(
            static.message("not a numeric value", expected="numbers", got=f"{x!r}"[:80])
        )
    if ndim is not None:
        if array.ndim > ndim:
            raise ValueError(
                static.message("ndarray could not be cast to constant with so few dimensions",
                               expected=f"at most {ndim}", got=str(array.ndim))
            )
        array = array.reshape((1,) * (ndim - array.ndim) + array.shape)
    made = static.constant(GRAPH, array, DTYPES[dtype_name(array.dtype)])
    made.name = name
    return made


def as_tensor_variable(x: Any, name: str | None = None, ndim: int | None = None) -> Any:
    """A variable of what may be a variable, a number, an array or a list of such."""
    if hasattr(x, "_as_TensorVariable"):
        return x._as_TensorVariable()
    if isinstance(x, Apply):
        x = x.default_output()
    if isinstance(x, Variable):
        if not hasattr(x, "broadcastable"):
            raise AsTensorError(
                static.message("Variable type field must be a TensorType.", got=str(x.type),
                               where=x.node.line)
            )
        if ndim is None or x.ndim == ndim:
            return x
        if x.ndim > ndim:
            if not all(x.broadcastable[:x.ndim - ndim]):
                raise ValueError(
                    static.message("Tensor could not be cast to have so few dimensions",
                                   expected=str(ndim), got=str(x.type))
                )
            return dimshuffle(x, range(x.ndim - ndim, x.ndim))
        return padded(x, ndim)
    if isinstance(x, Sequence) and not isinstance(x, str) and any(map(_symbolic, x)):
        return stacked([as_tensor_variable(v) for v in x])
    try:
        return constant(x, name=name, ndim=ndim)
    except (TypeError, ValueError) as error:
        if isinstance(error, ValueError) and ndim is not None:
            raise
        raise AsTensorError(
            static.message(f"Cannot convert {str(x)[:80]} to TensorType",
                           got=f"{type(x).__name__}")
        ) from error


def _stack(*values: Any, dtype: str) -> Any:
    return pt.stack([v.to(DTYPES[dtype]) for v in values])


def _known_stack(*values: Any, dtype: str) -> Any:
    found = np.stack(values)
    return found if found.dtype == object else found.astype(dtype)


STACK = Native("MakeVector", _stack, known=_known_stack,
               shows=lambda dtype: f'MakeVector{{dtype="{dtype}"}}')


def stacked(variables: Sequence[Any]) -> Any:
    """The tensor of some of equal shapes, along a new first axis."""
    dtype = upcast(*[v.dtype for v in variables])
    return one(STACK, *variables, dtype=dtype)


def _symbolic(x: Any) -> bool:
    if isinstance(x, list | tuple):
        return any(map(_symbolic, x))
    return isinstance(x, Variable)


def known_value(x: Any) -> Any:
    """What a variable is, if that is certain when the graph is made; else None."""
    if not isinstance(x, Variable):
        return x
    probes = x.probes
    if all(isinstance(p, static.Known) for p in probes) and len({
        p.array.tobytes() for p in probes
    }) == 1 and _certain(x):
        return probes[0].array
    return None


def _certain(x: Any) -> bool:
    """Does it depend on constants and shapes only?"""
    stack = [x]
    while stack:
        v = stack.pop()
        if v.node.op.name in ("placeholder", "var"):
            return False
        if not v.node.op.from_type:
            stack.extend(v.node.inputs)
    return True


def get_scalar_constant_value(
    orig_v: Any, elemwise: bool = True, only_process_constants: bool = False, max_recur: int = 10
) -> Any:
    """The number that a variable is everywhere; NotScalarConstantError if it is none."""
    found = known_value(orig_v)
    if found is None and isinstance(orig_v, Variable) and orig_v.owner is not None:
        op, parts = orig_v.owner.op.name, orig_v.owner.inputs
        if op in ("alloc", "dimshuffle", "second", "identity", "specify_shape"):
            return get_scalar_constant_value(parts[1 if op == "second" else 0])
    if found is None and isinstance(orig_v, Variable) and "value" in orig_v.node.extra:
        found = orig_v.node.extra["value"]
    if found is not None:
        array = np.asarray(found)
        if array.size == 0:
            raise EmptyConstantError(static.message("the constant is empty"))
        if array.dtype != object and (array == array.reshape(-1)[0]).all():
            return array.reshape(-1)[0].copy().reshape(())
    raise NotScalarConstantError(
        static.message("not a scalar constant", got=str(orig_v))
    )


__all__ = [
    "AsTensorError", "EmptyConstantError", "NotScalarConstantError", "as_tensor_variable",
    "constant", "get_scalar_constant_value",
]

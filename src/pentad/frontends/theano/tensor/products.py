"""Products of matrices and tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.op import Native, one
from pentad.frontends.theano.scalar.types import DTYPES, upcast
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.dimshuffle import dimshuffle
from pentad.frontends.theano.tensor.elemwise import cast, mul


def _dot(a: Any, b: Any) -> Any:
    if a.ndim == 1 and b.ndim == 1:
        return (a * b).sum()
    return a @ b


DOT = Native("dot", _dot, shows="dot")
BATCHED_DOT = Native("BatchedDot", pt.matmul, shows="BatchedDot")


def _common(a: Any, b: Any) -> tuple[Any, Any]:
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    dtype = upcast(a.dtype, b.dtype)
    return cast(a, dtype), cast(b, dtype)


def dot(l: Any, r: Any) -> Any:
    """The product over the last axis of one and the last but one of the other."""
    for side, other, name in ((l, r, "__dot__"), (r, l, "__rdot__")):
        if hasattr(side, name) and not hasattr(side, "broadcastable"):
            return getattr(side, name)(other)
    a, b = as_tensor_variable(l), as_tensor_variable(r)
    if a.ndim == 0 or b.ndim == 0:
        return mul(a, b)
    if a.ndim > 2 or b.ndim > 2:
        return tensordot(a, b, [[a.ndim - 1], [max(0, b.ndim - 2)]])
    a, b = _common(a, b)
    inner, against = a.static_type.shape[-1], b.static_type.shape[0]
    if None not in (inner, against) and inner != against:
        raise pt.ShapeError(
            static.message("dot: shapes do not fit", expected=f"{inner} rows in {b}",
                           got=f"{a.static_type} and {b.static_type}", where=a.node.line)
        )
    found = (*a.static_type.shape[:-1], *b.static_type.shape[1:])
    return one(DOT, a, b, types=[static.Type(DTYPES[a.dtype], found)])


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """The sum of products over axes: so many, or those of two lists."""
    a, b = _common(a, b)
    if isinstance(axes, int | np.integer):
        if not 0 <= axes <= min(a.ndim, b.ndim):
            raise ValueError(
                static.message("tensordot: axes should be a number of axes of both",
                               expected=f"0 to {min(a.ndim, b.ndim)}", got=str(axes))
            )
        first, second = range(a.ndim - axes, a.ndim), range(axes)
    else:
        if isinstance(axes, np.ndarray):
            axes = axes.tolist()
        if not isinstance(axes, list | tuple) or len(axes) != 2:
            raise ValueError(
                static.message("tensordot: axes should be a number or two lists", got=str(axes))
            )
        first, second = (np.atleast_1d(x).tolist() for x in axes)
    if len(first) != len(second):
        raise ValueError(
            static.message("tensordot: axes should be lists of equal lengths", got=str(axes))
        )
    pairs = ([_axis(i, a) for i in first], [_axis(i, b) for i in second])
    return one(TENSORDOT, a, b, axes=(tuple(pairs[0]), tuple(pairs[1])))


def _axis(axis: int, x: Any) -> int:
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(
            static.message("tensordot: not an axis", expected=f"below {x.ndim}", got=str(axis),
                           where=x.node.line)
        )
    return int(axis) % x.ndim


def _tensordot(a: Any, b: Any, axes: Any) -> Any:
    return pt.tensordot(a, b, dims=(list(axes[0]), list(axes[1])))


TENSORDOT = Native("tensordot", _tensordot, shows=lambda axes: f"TensorDot{{axes={axes}}}")


def batched_dot(a: Any, b: Any) -> Any:
    """The products of the elements of two tensors along their first axes."""
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    for x, name in ((a, "a"), (b, "b")):
        if x.ndim == 0:
            raise TypeError(static.message(f"{name} must have at least one (batch) axis",
                                           got=str(x.type), where=x.node.line))
    if a.ndim == 1:
        return mul(dimshuffle(a, (0, *["x"] * (b.ndim - 1))), b)
    if b.ndim == 1:
        return mul(a, dimshuffle(b, (0, *["x"] * (a.ndim - 1))))
    if a.ndim > 3 or b.ndim > 3:
        return batched_tensordot(a, b, [[a.ndim - 1], [max(1, b.ndim - 2)]])
    a, b = _common(a, b)
    left = dimshuffle(a, (0, "x", 1)) if a.ndim == 2 else a
    right = dimshuffle(b, (0, 1, "x")) if b.ndim == 2 else b
    found = one(BATCHED_DOT, left, right)
    kept = [i for i, drop in enumerate((False, a.ndim == 2, b.ndim == 2)) if not drop]
    return dimshuffle(_squeezable(found, kept), kept)


def _squeezable(x: Any, kept: Sequence[int]) -> Any:
    from pentad.frontends.theano.tensor.shaping import addbroadcast

    return addbroadcast(x, *[i for i in range(x.ndim) if i not in kept])


def batched_tensordot(x: Any, y: Any, axes: Any = 2) -> Any:
    """`tensordot` of the elements of two tensors along their first axes."""
    x, y = _common(x, y)
    if isinstance(axes, int | np.integer):
        first, second = list(range(x.ndim - axes, x.ndim)), list(range(1, axes + 1))
    else:
        first, second = (np.atleast_1d(a).tolist() for a in axes)
    return one(BATCHED_TENSORDOT, x, y, axes=(tuple(first), tuple(second)))


def _batched_tensordot(x: Any, y: Any, axes: Any) -> Any:
    letters = "abcdefghijklmnopqrstuvwxyz"
    left = letters[:x.ndim]
    right = [letters[0], *letters[x.ndim:x.ndim + y.ndim - 1]]
    for i, j in zip(*axes, strict=True):
        right[j] = left[i]
    out = [c for c in left if c not in right[1:]]
    out += [c for c in right if c not in left]
    return pt.einsum(f"{left},{''.join(right)}->{''.join(out)}", x, y)


BATCHED_TENSORDOT = Native("batched_tensordot", _batched_tensordot)


def outer(x: Any, y: Any) -> Any:
    """The products of all elements of one with all of the other."""
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    x = x.flatten() if x.ndim != 1 else x
    y = y.flatten() if y.ndim != 1 else y
    return dot(dimshuffle(x, (0, "x")), dimshuffle(y, ("x", 0)))


__all__ = ["batched_dot", "batched_tensordot", "dot", "outer", "tensordot"]

"""Reductions over axes: sums, products, extremes, statistics."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.configparser import config
from pentad.frontends.theano.gof.op import Native, make
from pentad.frontends.theano.scalar.types import DISCRETE, DTYPES, INTS, UINTS, upcast
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.dimshuffle import dimshuffle
from pentad.frontends.theano.tensor.elemwise import abs_, cast, mul, sqr, sqrt, true_div
from pentad.frontends.theano.tensor.shaping import shape


def axes_of(x: Any, axis: Any) -> tuple[int, ...]:
    """The axes that are meant, counted from the front; all for None."""
    if axis is None:
        return tuple(range(x.ndim))
    if hasattr(axis, "node"):
        axis = axis.data.tolist() if "value" in axis.node.extra else axis
    if isinstance(axis, np.ndarray):
        axis = axis.tolist()
    found = []
    for a in axis if isinstance(axis, list | tuple) else [axis]:
        a = a.node.extra.get("value", a) if hasattr(a, "node") else a
        a = a.item() if isinstance(a, np.ndarray) and a.ndim == 0 else a
        if not isinstance(a, int | np.integer):
            raise TypeError(
                static.message("an axis needs to be an integer that is known", got=str(a))
            )
        if not -x.ndim <= a < x.ndim:
            raise ValueError(
                static.message(f"Not enough dimensions on {x} to reduce on axis {a}",
                               expected=f"an axis below {x.ndim}", got=str(a), where=x.node.line)
            )
        found.append(int(a) % x.ndim)
    return tuple(dict.fromkeys(sorted(found)))


def keep_dims(x: Any, y: Any, axis: Any) -> Any:
    """What was reduced, with its axes of size one put back."""
    axes = axes_of(x, axis)
    kept = iter(range(y.ndim))
    return dimshuffle(y, ["x" if a in axes else next(kept) for a in range(x.ndim)])


class Reduction(Native):
    """A reduction by an operation of elements: its text says which and over which axes."""

    def __init__(self, name: str, run: Any, **more: Any) -> None:
        super().__init__(name, run, shows=self._text, **more)

    def _text(self, axis: tuple[int, ...], whole: bool, **more: Any) -> str:
        inner = [] if whole else [f"axis=[{', '.join(map(str, axis))}]"]
        if "acc" in more and more["acc"] is not None:
            inner.append(f"acc_dtype={more['acc']}")
        return f"{self.name}{{{', '.join(inner)}}}"


def _reduced(op: static.Op, x: Any, axis: Any, keepdims: bool, out: str, **attrs: Any) -> Any:
    axes = axes_of(x, axis)
    found = tuple(n for i, n in enumerate(x.static_type.shape) if i not in axes)
    types = [static.Type(DTYPES[out], found)]
    made = make(op, [x], {"axis": axes, "whole": axis is None, "out": out, **attrs},
                types=types).outputs[0]
    return keep_dims(x, made, axis) if keepdims else made


def _sum(x: Any, axis: Any, whole: bool, out: str, acc: str) -> Any:
    return (x.to(DTYPES[acc]).sum(axis) if axis else x).to(DTYPES[out])


def _prod(x: Any, axis: Any, whole: bool, out: str, acc: str) -> Any:
    x = x.to(DTYPES[acc])
    for a in sorted(axis, reverse=True):
        x = x.prod(a)
    return x.to(DTYPES[out])


def _numpy(function: Any) -> Any:
    def known(x: Any, axis: Any, whole: bool, out: str, **more: Any) -> Any:
        if x.dtype == object:
            return function(x, axis=axis)
        return np.asarray(function(x, axis=axis)).astype(out)

    return known


SUM = Reduction("Sum", _sum, known=_numpy(np.sum))
PROD = Reduction("Prod", _prod, known=_numpy(np.prod))


def _widened(dtype: str) -> str:
    return "int64" if dtype in ("bool", *INTS) else "uint64" if dtype in UINTS else dtype


def _accumulator(dtype: str, out: str, acc_dtype: Any) -> str:
    if acc_dtype is not None:
        return config.floatX if acc_dtype == "floatX" else str(acc_dtype)
    if out == "float16":
        return "float32"
    return upcast(_widened(dtype), out) if dtype not in ("float32", "complex64") else upcast(
        "float64" if dtype == "float32" else "complex128", out
    )


def _careduce(op: Any, x: Any, axis: Any, dtype: Any, keepdims: bool, acc_dtype: Any) -> Any:
    x = as_tensor_variable(x)
    out = _widened(x.dtype) if dtype is None else (config.floatX if dtype == "floatX"
                                                   else np.dtype(dtype).name)
    if x.dtype.startswith("complex") and not out.startswith("complex"):
        raise TypeError(
            static.message("Cannot cast complex to real in a reduction", got=f"{x.dtype} to {out}")
        )
    acc = _accumulator(x.dtype, out, acc_dtype)
    # Single precision stays so in the sums of gradients and losses, as Pentad's own sums do.
    if acc_dtype is None and acc == "float64" and x.dtype == "float32" and out == "float32":
        acc = "float32"
    return _reduced(op, x, axis, keepdims, out, acc=acc)


def sum(
    input: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None
) -> Any:
    """The sum over axes; whole numbers are summed in 64 bits."""
    return _careduce(SUM, input, axis, dtype, keepdims, acc_dtype)


def prod(
    input: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None,
    no_zeros_in_input: bool = False,
) -> Any:
    """The product over axes; whole numbers are multiplied in 64 bits."""
    return _careduce(PROD, input, axis, dtype, keepdims, acc_dtype)


# -- booleans ----------------------------------------------------------------------------------


def _all(x: Any, axis: Any, whole: bool, out: str) -> Any:
    x = x != 0 if x.dtype is not pt.bool else x
    for a in sorted(axis, reverse=True):
        x = x.all(a)
    return x


def _any(x: Any, axis: Any, whole: bool, out: str) -> Any:
    x = x != 0 if x.dtype is not pt.bool else x
    for a in sorted(axis, reverse=True):
        x = x.any(a)
    return x


ALL = Reduction("All", _all, known=_numpy(np.all), differentiable=False)
ANY = Reduction("Any", _any, known=_numpy(np.any), differentiable=False)


def all(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Are all elements along axes true?"""
    return _reduced(ALL, as_tensor_variable(x), axis, keepdims, "bool")


def any(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Is an element along axes true?"""
    return _reduced(ANY, as_tensor_variable(x), axis, keepdims, "bool")


# -- extremes ----------------------------------------------------------------------------------


def _extreme(function: str) -> Any:
    def run(x: Any, axis: Any, whole: bool, out: str) -> Any:
        if not axis:
            return x
        if not x.requires_grad:
            return getattr(x, function)(axis)
        # As in Theano all of equally large elements have the whole gradient.
        held = x.detach()
        top = getattr(held, function)(axis, keepdim=True)
        same = pt.where((held == top) & pt.isfinite(held), x - held, pt.zeros_like(top)).sum(axis)
        return same + top.reshape(tuple(same.shape))

    return run


def _arg(function: str) -> Any:
    def run(x: Any, axis: Any, whole: bool, out: str) -> Any:
        if x.dtype is pt.bool:
            x = x.to(pt.uint8)
        if len(axis) != 1:
            kept = [a for a in range(x.ndim) if a not in axis]
            sizes = tuple(x.shape[a] for a in kept)
            x = x.permute(*kept, *axis).reshape((*sizes, -1)) if x.ndim else x.reshape((1,))
            axis = (-1,)
        return getattr(x, function)(axis[0])

    return run


MAX = Reduction("Reduce{maximum}", _extreme("amax"), known=_numpy(np.max))
MIN = Reduction("Reduce{minimum}", _extreme("amin"), known=_numpy(np.min))
ARGMAX = Reduction("Argmax", _arg("argmax"), differentiable=False)
ARGMIN = Reduction("Argmin", _arg("argmin"), differentiable=False)


def max(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest element along axes."""
    x = as_tensor_variable(x)
    return _reduced(MAX, x, axis, keepdims, x.dtype)


def min(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest element along axes."""
    x = as_tensor_variable(x)
    return _reduced(MIN, x, axis, keepdims, x.dtype)


def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Where the largest element along axes is; in the flattened tensor if none are given."""
    return _reduced(ARGMAX, as_tensor_variable(x), axis, keepdims, "int64")


def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Where the smallest element along axes is."""
    return _reduced(ARGMIN, as_tensor_variable(x), axis, keepdims, "int64")


def max_and_argmax(a: Any, axis: Any = None, keepdims: bool = False) -> tuple[Any, Any]:
    """The largest element along axes, and where it is."""
    return max(a, axis, keepdims), argmax(a, axis, keepdims)


# -- statistics --------------------------------------------------------------------------------


def _count(x: Any, axis: Any, dtype: str) -> Any:
    sizes = shape(x)
    found = cast(sizes[axes_of(x, axis)[0]] if x.ndim else as_tensor_variable(1), dtype)
    for a in axes_of(x, axis)[1:]:
        found = mul(found, cast(sizes[a], dtype))
    return found


def mean(
    input: Any, axis: Any = None, dtype: Any = None, op: bool = False, keepdims: bool = False,
    acc_dtype: Any = None,
) -> Any:
    """The mean over axes; that of whole numbers is a float64."""
    x = as_tensor_variable(input)
    if dtype is None and x.dtype in DISCRETE:
        dtype = "float64"
    if dtype is None and x.dtype == "float16":
        # The sum of a few thousand numbers is more than float16 holds.
        return cast(mean(x, axis, "float32", op, keepdims, acc_dtype), "float16")
    total = sum(x, axis, dtype, keepdims, acc_dtype)
    if not axes_of(x, axis):
        return cast(total, "float64") if total.dtype in DISCRETE else total
    counted = "float32" if total.dtype in ("float16", "float32") else (
        "float64" if total.dtype in DISCRETE else total.dtype)
    found = true_div(total, _count(x, axis, counted))
    return cast(found, "float16") if total.dtype == "float16" else found


def var(
    input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False
) -> Any:
    """The variance over axes."""
    x = as_tensor_variable(input)
    if x.dtype in DISCRETE:
        x = cast(x, "float64")
    center = x - mean(x, axis, keepdims=True)
    square = sqr(center) if not x.dtype.startswith("complex") else sqr(abs_(center))
    if ddof == 0:
        found = mean(square, axis, keepdims=keepdims)
    else:
        count = _count(x, axis, x.dtype) - np.asarray(ddof, x.dtype)
        found = true_div(sum(square, axis, keepdims=keepdims), count)
    if corrected:
        error = mean(center, axis, keepdims=keepdims) ** 2
        if ddof:
            whole = _count(x, axis, x.dtype)
            error = error * whole / (whole - np.asarray(ddof, x.dtype))
        found = found - error
    return found


def std(
    input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False
) -> Any:
    """The standard deviation over axes."""
    return sqrt(var(input, axis, ddof, keepdims, corrected))


def ptp(a: Any, axis: Any = None) -> Any:
    """The largest minus the smallest element along axes."""
    a = as_tensor_variable(a)
    return max(a, axis) - min(a, axis)


def smallest(*args: Any) -> Any:
    """The smallest of some tensors, element by element."""
    found = as_tensor_variable(args[0])
    for other in args[1:]:
        found = _pair("minimum", found, other)
    return found


def largest(*args: Any) -> Any:
    """The largest of some tensors, element by element."""
    found = as_tensor_variable(args[0])
    for other in args[1:]:
        found = _pair("maximum", found, other)
    return found


def _pair(name: str, a: Any, b: Any) -> Any:
    from pentad.frontends.theano.tensor.elemwise import ELEMWISE

    return ELEMWISE[name](a, b)


def norm(x: Any, ord: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The norm of vectors along axes."""
    x = as_tensor_variable(x)
    if ord == 0:
        return sum(x != 0, axis, keepdims=keepdims)
    if ord == math.inf:
        return max(abs_(x), axis, keepdims)
    if ord == -math.inf:
        return min(abs_(x), axis, keepdims)
    return sum(abs_(x) ** ord, axis, keepdims=keepdims) ** (1.0 / ord)


__all__ = [
    "all", "any", "argmax", "argmin", "largest", "max", "max_and_argmax", "mean", "min", "prod",
    "ptp", "smallest", "std", "sum", "var",
]

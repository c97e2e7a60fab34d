"""Tensors from nothing but sizes and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.configparser import config
from pentad.frontends.theano.gof.graph import GRAPH
from pentad.frontends.theano.gof.op import Native, all_known, make, one
from pentad.frontends.theano.gof.test_values import compute
from pentad.frontends.theano.scalar.types import DTYPES, dtype_name, upcast
from pentad.frontends.theano.tensor.constants import as_tensor_variable, constant
from pentad.frontends.theano.tensor.elemwise import mul, second, sub
from pentad.frontends.theano.tensor.shaping import as_sizes, certain_sizes, length_of, shape


def _alloc(value: Any, sizes: Any, ndim: int) -> Any:
    return value.broadcast_to(tuple(sizes.tolist()))


ALLOC = Native("alloc", _alloc, sizes=(1,), shows="Alloc")


def alloc(val: Any, *shapes: Any) -> Any:
    """A tensor of a shape, filled with a value, which is stretched."""
    value = as_tensor_variable(val)
    sizes = as_sizes(list(shapes))
    ndim = len(shapes)
    if value.ndim > ndim:
        raise TypeError(
            static.message("The Alloc value to use has more dimensions than the specified shape",
                           expected=f"at most {ndim}", got=str(value.ndim), where=value.node.line)
        )
    return _filled(value, sizes, ndim)


def _filled(value: Any, sizes: Any, ndim: int) -> Any:
    found = tuple(certain_sizes(sizes, ndim))
    known = all(isinstance(p, static.Known) for p in sizes.probes)
    types = None if known else [static.Type(DTYPES[value.dtype], found)]
    return make(ALLOC, [value, sizes], {"ndim": ndim}, types=types).outputs[0]


def full(sizes: Any, value: Any, dtype: Any = None) -> Any:
    """A tensor of a shape given as a list or vector, filled with a number."""
    found = as_sizes(sizes)
    ndim = length_of(found)
    if ndim is None:
        raise ValueError(static.message("the number of sizes is not known", got=str(sizes)))
    return _filled(constant(value, dtype=dtype or config.floatX), found, ndim)


def zeros(shape: Any, dtype: Any = None) -> Any:
    """Zeros of a shape."""
    return full(shape, 0, dtype)


def ones(shape: Any, dtype: Any = None) -> Any:
    """Ones of a shape."""
    return full(shape, 1, dtype)


def zeros_like(model: Any, dtype: Any = None, opt: bool = False) -> Any:
    """Zeros of the shape of a tensor."""
    model = as_tensor_variable(model)
    return second(model, constant(0, dtype=dtype or model.dtype))


def ones_like(model: Any, dtype: Any = None, opt: bool = False) -> Any:
    """Ones of the shape of a tensor."""
    model = as_tensor_variable(model)
    return second(model, constant(1, dtype=dtype or model.dtype))


def fill(a: Any, b: Any) -> Any:
    """A tensor of the shape of the first, filled with the second."""
    return second(a, b)


# -- ranges ------------------------------------------------------------------------------------


def _whole(x: Any) -> Any:
    return x.item() if hasattr(x, "item") else x


def _arange(start: Any, stop: Any, step: Any, dtype: str) -> Any:
    first, last, by = (_whole(v[()]) for v in (start, stop, step))
    if all(isinstance(v, int | float) for v in (first, last, by)) and (last - first) * by < 0:
        last = first
    return pt.arange(first, last, by, dtype=DTYPES[dtype])


def _known_arange(start: Any, stop: Any, step: Any, dtype: str) -> Any:
    return np.arange(_whole(start[()]), _whole(stop[()]), _whole(step[()]), dtype=dtype)


class _Arange(Native):
    def evaluate(self, replay: Any, node: static.Node, inputs: Any) -> Any:
        # A long range or one of symbolic length is computed; a short one is known.
        known = replay.all_known(inputs)
        if known and not any(v.array.dtype == object for v in inputs):
            first, last, by = (_whole(v.array[()]) for v in inputs)
            if by and 0 <= (last - first) / by <= 64:
                return replay.knowing(
                    _known_arange(*[v.array for v in inputs], **node.attrs), node
                )
        return self.run(*replay.operands(node, inputs), **node.attrs)


ARANGE = _Arange("arange", _arange, sizes=(0, 1, 2), differentiable=False,
                 shows=lambda dtype: f"ARange{{dtype='{dtype}'}}")


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Any:
    """Numbers from `start` up to `stop`, without it, in steps."""
    if stop is None:
        start, stop = 0, start
    parts = [as_tensor_variable(v) for v in (start, stop, step)]
    if dtype is None:
        dtype = upcast(*[p.dtype for p in parts])
        if config.cast_policy in ("numpy", "numpy+floatX"):
            dtype = np.arange(*[np.ones((), p.dtype) for p in parts]).dtype.name
            if dtype == "float64" and config.cast_policy == "numpy+floatX" and (
                config.floatX == "float32" and all(p.dtype != "float64" for p in parts)
            ):
                dtype = "float32"
        elif "int" in dtype and not dtype.startswith("u"):
            dtype = "int64"
    return _sized(ARANGE, parts, dtype_name(dtype), 1)


def _sized(op: static.Op, parts: list[Any], dtype: str, ndim: int) -> Any:
    """A result whose sizes come from scalars, which may be computed."""
    for p in parts:
        if p.ndim:
            raise TypeError(
                static.message(f"{op.name}: not a scalar", got=str(p.type), where=p.node.line)
            )
    types = [static.Type(DTYPES[dtype], (None,) * ndim)]
    if any(_huge(p) for v in parts for p in v.probes):
        # The number of elements of something of unknown sizes: that is not to be tried.
        node = static.apply(GRAPH, op, parts, {"dtype": dtype}, types=types)
        compute(node)
        return node.outputs[0]
    return one(op, *parts, types=None if all_known(parts) else types, dtype=dtype)


def _huge(probe: Any) -> bool:
    known = isinstance(probe, static.Known) and probe.array.dtype != object
    return known and abs(probe.array.item()) > 1 << 22


def _eye(n: Any, m: Any, k: Any, dtype: str) -> Any:
    rows, columns, offset = (_whole(v[()]) for v in (n, m, k))
    i = pt.arange(rows).reshape((rows, 1))
    j = pt.arange(columns).reshape((1, columns))
    return (j - i == offset).to(DTYPES[dtype])


def _tri(n: Any, m: Any, k: Any, dtype: str) -> Any:
    rows, columns, offset = (_whole(v[()]) for v in (n, m, k))
    i = pt.arange(rows).reshape((rows, 1))
    j = pt.arange(columns).reshape((1, columns))
    return (j - i <= offset).to(DTYPES[dtype])


EYE = Native("Eye", _eye, sizes=(0, 1, 2), shows=lambda dtype: f"Eye{{dtype='{dtype}'}}")
TRI = Native("Tri", _tri, sizes=(0, 1, 2), shows=lambda dtype: f"Tri{{dtype='{dtype}'}}")


def eye(n: Any, m: Any = None, k: Any = 0, dtype: Any = None) -> Any:
    """A matrix with ones on a diagonal."""
    parts = [as_tensor_variable(v) for v in (n, n if m is None else m, k)]
    return _sized(EYE, parts, dtype_name(dtype or config.floatX), 2)


def tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = None) -> Any:
    """A matrix with ones on and below a diagonal."""
    parts = [as_tensor_variable(v) for v in (N, N if M is None else M, k)]
    return _sized(TRI, parts, dtype_name(dtype or config.floatX), 2)


def tril(m: Any, k: Any = 0) -> Any:
    """The elements on and below a diagonal, zeros elsewhere."""
    m = as_tensor_variable(m)
    sizes = shape(m)
    return mul(m, tri(sizes[0], sizes[1], k, m.dtype))


def triu(m: Any, k: Any = 0) -> Any:
    """The elements on and above a diagonal, zeros elsewhere."""
    m = as_tensor_variable(m)
    sizes = shape(m)
    return mul(m, sub(constant(1, dtype=m.dtype), tri(sizes[0], sizes[1], k - 1, m.dtype)))


def identity_like(x: Any) -> Any:
    """A matrix of the shape of another, with ones on its diagonal."""
    x = as_tensor_variable(x)
    sizes = shape(x)
    return eye(sizes[0], sizes[1], 0, x.dtype)


__all__ = [
    "alloc", "arange", "eye", "fill", "identity_like", "ones", "ones_like", "tri", "tril", "triu",
    "zeros", "zeros_like",
]

"""Functions made of operations on elements: rounding, comparing, choosing, statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.op import Native, one
from pentad.frontends.theano.scalar.types import CONTINUOUS, DISCRETE, upcast
from pentad.frontends.theano.tensor.constants import as_tensor_variable, constant
from pentad.frontends.theano.tensor.creation import arange
from pentad.frontends.theano.tensor.dimshuffle import dimshuffle, padded
from pentad.frontends.theano.tensor.elemwise import (
    ELEMWISE,
    abs_,
    and_,
    cast,
    eq,
    int_div,
    invert,
    isinf_,
    isnan_,
    le,
    mod,
    or_,
    pow,
)
from pentad.frontends.theano.tensor.joining import concatenate
from pentad.frontends.theano.tensor.reductions import all as all_of
from pentad.frontends.theano.tensor.shaping import squeeze

# -- rounding ----------------------------------------------------------------------------------


def round(a: Any, mode: str | None = None) -> Any:
    """The nearest whole numbers, as floats; halves go to even ones, or away from zero."""
    if mode not in (None, "half_to_even", "half_away_from_zero"):
        raise Exception(
            static.message("round mode is not implemented", got=repr(mode),
                           expected="half_to_even or half_away_from_zero")
        )
    away = mode == "half_away_from_zero"
    return ELEMWISE["round_half_away_from_zero" if away else "round_half_to_even"](a)


def iround(a: Any, mode: str | None = None) -> Any:
    """The nearest whole numbers, as int64."""
    return cast(round(a, mode), "int64")


def clip(x: Any, min: Any, max: Any) -> Any:
    """The elements, kept between two bounds."""
    return ELEMWISE["clip"](x, min, max)


def isnan(a: Any) -> Any:
    """Where elements are not numbers."""
    a = as_tensor_variable(a)
    return isnan_(a) if a.dtype in CONTINUOUS else cast(a.zeros_like(), "bool")


def isinf(a: Any) -> Any:
    """Where elements are infinite."""
    a = as_tensor_variable(a)
    return isinf_(a) if a.dtype in CONTINUOUS else cast(a.zeros_like(), "bool")


def isclose(
    a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Where elements are equal up to a tolerance."""
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    near = le(abs_(a - b), atol + rtol * abs_(b))
    special = or_(or_(isnan(a), isnan(b)), or_(isinf(a), isinf(b)))
    infinite = and_(and_(isinf(a), isinf(b)), eq(a > 0, b > 0))
    found = or_(and_(near, invert(special)), infinite)
    return or_(found, and_(isnan(a), isnan(b))) if equal_nan else found


def allclose(
    a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Are all elements equal up to a tolerance?"""
    return all_of(isclose(a, b, rtol, atol, equal_nan))


def _allclose(a: Any, b: Any, rtol: float | None = None, atol: float | None = None) -> bool:
    """Are two arrays equal up to the rounding of the coarser of their types?"""
    from pentad.frontends.theano.tensor import basic

    kinds = {str(np.asarray(v).dtype) for v in (a, b)}
    name = "float16" if "float16" in kinds else (
        "float32" if kinds & {"float32", "complex64"} else "float64")
    relative, absolute = getattr(basic, f"{name}_rtol"), getattr(basic, f"{name}_atol")
    return bool(np.allclose(a, b, rtol=relative if rtol is None else rtol,
                            atol=absolute if atol is None else atol))


def power(x: Any, y: Any) -> Any:
    """Powers of elements."""
    return pow(x, y)


def ceil_intdiv(a: Any, b: Any) -> Any:
    """The quotient of whole numbers, rounded up."""
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    div = int_div(a, b)
    return cast(ELEMWISE["neq"](mod(a, b), 0), div.dtype) + div


def divmod(x: Any, y: Any) -> tuple[Any, Any]:
    """The quotient and the remainder."""
    return int_div(x, y), mod(x, y)


# -- choosing ----------------------------------------------------------------------------------


def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """Elements of several tensors, at each place that of the one that `a` says."""
    if out is not None:
        raise AssertionError(static.message("choose: out must be None", got=str(out)))
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(static.message("choose: mode must be raise, wrap or clip", got=mode))
    a = as_tensor_variable(a)
    if a.dtype not in DISCRETE:
        raise TypeError(
            static.message("choose first argument must have an [u]int* dtype", got=a.dtype,
                           where=a.node.line)
        )
    if isinstance(choices, list | tuple):
        parts = [as_tensor_variable(c) for c in choices]
        width = max(p.ndim for p in parts)
        parts = [padded(p, width) for p in parts]
        dtype = upcast(*[p.dtype for p in parts])
        return _choose_op(_within(a, len(parts), mode), *[cast(p, dtype) for p in parts])
    whole = as_tensor_variable(choices)
    if not whole.ndim:
        raise TypeError(
            static.message("choose: the choices must have an axis", got=str(whole.type),
                           where=whole.node.line)
        )
    return one(CHOOSE_OF, _within(a, whole.shape[0], mode), whole)


def _within(a: Any, count: Any, mode: str) -> Any:
    """Places that are there, as the mode says."""
    if mode == "raise":
        return a
    return mod(a, cast(count, "int64")) if mode == "wrap" else clip(a, 0, count - 1)


def _choose_of(a: Any, whole: Any) -> Any:
    count, *each = tuple(whole.shape)
    shape = pt.broadcast_shapes(tuple(a.shape), tuple(each))
    whole = whole.reshape((count, *(1,) * (len(shape) - len(each)), *each))
    return _picked(a, whole.broadcast_to((count, *shape)), shape)


CHOOSE_OF = Native("Choose", _choose_of, shows="Choose")


def _choose(a: Any, *parts: Any) -> Any:
    shape = pt.broadcast_shapes(tuple(a.shape), *[tuple(p.shape) for p in parts])
    whole = pt.stack([p.broadcast_to(shape) for p in parts])
    return _picked(a, whole, shape)


def _picked(a: Any, whole: Any, shape: Any) -> Any:
    places = a.to(pt.int64).broadcast_to(shape).unsqueeze(0)
    return pt.gather(whole, 0, places).squeeze(0)


CHOOSE = Native("Choose", _choose, shows="Choose{raise}")


def _choose_op(a: Any, *parts: Any) -> Any:
    return one(CHOOSE, a, *parts)


# -- rows --------------------------------------------------------------------------------------


def _permuted(x: Any, y: Any, inverse: bool) -> Any:
    shape = pt.broadcast_shapes(tuple(x.shape), tuple(y.shape))
    x, y = x.broadcast_to(shape), y.to(pt.int64).broadcast_to(shape)
    return pt.gather(x, -1, pt.argsort(y, -1) if inverse else y)


PERMUTE = Native("PermuteRowElements", _permuted, shows="PermuteRowElements")


def permute_row_elements(x: Any, y: Any, inverse: Any = 0) -> Any:
    """The elements of each row of x in the order that the row of y says."""
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    width = max(x.ndim, y.ndim)
    return one(PERMUTE, padded(x, width), padded(y, width), inverse=bool(inverse))


def inverse_permutation(perm: Any) -> Any:
    """The permutation that undoes each row of another."""
    perm = as_tensor_variable(perm)
    return permute_row_elements(arange(perm.shape[-1], dtype=perm.dtype), perm, inverse=True)


# -- statistics and grids ----------------------------------------------------------------------


def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None,
    fweights: Any = None, aweights: Any = None,
) -> Any:
    """The covariance matrix of the variables in rows."""
    if fweights is not None or aweights is not None:
        raise NotImplementedError(static.message("fweights and aweights are not implemented"))
    m = as_tensor_variable(m)
    m = m if rowvar else m.T
    if y is not None:
        y = as_tensor_variable(y)
        m = concatenate((m, y if rowvar else y.T), axis=0)
    ddof = (0 if bias else 1) if ddof is None else ddof
    m = m - m.mean(axis=1, keepdims=True)
    return squeeze(m.dot(m.T) * (constant(1) / (m.shape[1] - ddof)))


class _Grid:
    """`mgrid[a:b:c, ...]`: the coordinates of a grid, full or (ogrid) along one axis each."""

    def __init__(self, sparse: bool = False) -> None:
        self.sparse = sparse

    def __getitem__(self, key: Any) -> Any:
        slices = key if isinstance(key, tuple) else (key,)
        if any(isinstance(s.step, complex) for s in slices):
            raise NotImplementedError(
                static.message("a complex step is not supported", got=str(key))
            )
        ranges = [arange(0 if s.start is None else s.start, s.stop,
                         1 if s.step is None else s.step) for s in slices]
        if not isinstance(key, tuple):
            return ranges[0]
        ndim = len(ranges)
        shaped = [dimshuffle(r, ["x"] * i + [0] + ["x"] * (ndim - 1 - i))
                  for i, r in enumerate(ranges)]
        if self.sparse:
            return shaped
        whole = shaped[0].zeros_like()
        for s in shaped[1:]:
            whole = whole + s.zeros_like()
        return [s + cast(whole, s.dtype) for s in shaped]


mgrid, ogrid = _Grid(), _Grid(sparse=True)


def transfer(var: Any, target: str) -> Any:
    """The variable on a device: there is only one here."""
    if target != "cpu":
        raise ValueError(
            static.message("Can't transfer to target", expected="cpu", got=repr(target))
        )
    return var


# -- scalars -----------------------------------------------------------------------------------


def tensor_from_scalar(s: Any) -> Any:
    """A scalar is a tensor here already."""
    return as_tensor_variable(s)


def scalar_from_tensor(t: Any) -> Any:
    """A tensor without axes, as it is."""
    t = as_tensor_variable(t)
    if t.ndim:
        raise AssertionError(static.message("not a scalar", got=str(t.type), where=t.node.line))
    return t


def extract_constant(x: Any, elemwise: bool = True, only_process_constants: bool = False) -> Any:
    """The number that a variable is everywhere, or the variable."""
    from pentad.frontends.theano.tensor.constants import (
        NotScalarConstantError,
        get_scalar_constant_value,
    )

    try:
        return get_scalar_constant_value(x)
    except NotScalarConstantError:
        return x


__all__ = [
    "allclose", "ceil_intdiv", "choose", "clip", "cov", "divmod", "extract_constant",
    "inverse_permutation", "iround", "isclose", "isinf", "isnan", "mgrid", "ogrid",
    "permute_row_elements", "power", "round", "scalar_from_tensor",
    "tensor_from_scalar", "transfer",
]

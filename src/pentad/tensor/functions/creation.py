"""Making tensors: from data, filled, ranges; sharing memory with NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.runtime.memory import from_array
from pentad.tensor.functions.shaping import sizes
from pentad.tensor.meta import Meta, contiguous_meta, intern
from pentad.tensor.state import get_default_dtype, state
from pentad.tensor.tensor import Tensor, empty_tensor, numpy_view, retyped, wrap


def check_dtype(dtype: Any) -> DType:
    """A DType from a DType, a NumPy or a Python type; DTypeError if it is none."""
    if isinstance(dtype, DType):
        return dtype
    python = {
        float: get_default_dtype(), int: dtypes.int64, bool: dtypes.bool_,
        complex: get_default_dtype().complex,
    }
    if isinstance(dtype, type) and dtype in python:
        return python[dtype]
    try:
        return dtypes.from_numpy(dtype)
    except TypeError:
        raise DTypeError(
            message("not a dtype", expected="e.g. pentad.float32", got=repr(dtype))
        ) from None


def check_shape(name: str, given: Sequence[Any]) -> tuple[Any, ...]:
    """Sizes >= 0; ShapeError otherwise."""
    shape = sizes(given)
    for n in shape:
        whole = hasattr(n, "__index__") and not isinstance(n, bool) and not getattr(n, "ndim", 0)
        if not whole or n < 0:
            raise ShapeError(
                message(f"{name}: not a shape", expected="sizes >= 0", got=repr(tuple(shape)))
            )
    return tuple(n if hasattr(n, "terms") else int(n) for n in shape)


def finished(t: Tensor, requires_grad: bool) -> Tensor:
    """The tensor, asking for a gradient if wanted."""
    return t.requires_grad_() if requires_grad else t


def _source(
    shape: tuple[Any, ...], dtype: DType, node: Callable[[], Node], fill: Callable[[Any], Any]
) -> Tensor:
    """A new tensor: `node()` says it in graph ops, `fill(memory)` writes it."""
    if state.trace is not None:
        return state.trace.source(node())  # type: ignore[no-any-return]
    t = empty_tensor(contiguous_meta(shape, dtype))
    fill(numpy_view(t))
    return t


# -- from data -------------------------------------------------------------------------------------


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A tensor with a copy of the data: numbers, nested lists, arrays, tensors.

    Python floats become the default float dtype, integers int64; arrays keep their dtype.
    """
    if isinstance(data, Tensor):
        from pentad.tensor.functions.pointwise import cast, clone

        source = data.detach()  # type: ignore[attr-defined]
        made = clone(source) if dtype is None else cast(clone(source), check_dtype(dtype))
        return finished(made, requires_grad)
    array, natural = as_array(data)
    wanted = natural if dtype is None else check_dtype(dtype)
    t = empty_tensor(contiguous_meta(array.shape, wanted))
    store(t, array)
    if state.trace is not None:
        t = state.trace.literal(t)
    return finished(t, requires_grad)


def as_array(data: Any) -> tuple[np.ndarray, DType]:
    """The data as an array, and the dtype that it has as a tensor."""
    if isinstance(data, (np.ndarray, np.generic)):
        array = np.asarray(data)
        return array, dtypes.from_numpy(array.dtype)
    try:
        array = np.asarray(data)
    except (ValueError, OverflowError) as error:
        raise ShapeError(
            message(
                "the data is no array", expected="numbers, or lists of equal length",
                got=str(error).splitlines()[0],
            )
        ) from None
    if array.dtype.kind not in "biufc" or array.dtype == object:
        raise DTypeError(
            message(
                "the data is not numeric", expected="booleans, integers, floats or complex numbers",
                got=f"{type(data).__name__} of {array.dtype}",
            )
        )
    if array.size == 0 and array.dtype == np.float64:
        return array, get_default_dtype()
    default = get_default_dtype()
    natural = {"b": dtypes.bool_, "i": dtypes.int64, "u": dtypes.int64, "f": default,
               "c": default.complex}
    held = _dtype_of_members(data)
    return array, natural[array.dtype.kind] if held is None else held


def _dtype_of_members(data: Any) -> DType | None:
    """The dtype of a list of arrays or tensors, None for plain numbers."""
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    if isinstance(data, Tensor):
        return data.dtype
    return dtypes.from_numpy(data.dtype) if isinstance(data, (np.ndarray, np.generic)) else None


def store(t: Tensor, array: np.ndarray) -> None:
    """Write an array over a contiguous tensor, converted to its dtype."""
    if array.dtype.kind == "c" and not t.meta.dtype.is_complex:
        raise DTypeError(
            message("complex data for a real dtype", expected="real numbers",
                    got=f"{array.dtype} for {t.meta.dtype.name}", hint="pass its .real")
        )
    with np.errstate(all="ignore"):
        numpy_view(t)[...] = dtypes.to_memory(array, t.meta.dtype)


def as_tensor(data: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """The data as a tensor, without a copy where that is possible."""
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(check_dtype(dtype))  # type: ignore[attr-defined]
    if isinstance(data, np.ndarray) and dtype is None and data.flags.writeable:
        return from_numpy(data)
    return tensor(data, dtype=dtype)


def from_numpy(array: np.ndarray) -> Any:
    """A tensor that shares the memory of a NumPy array.

    DTypeError for element types without a counterpart, ArgumentError for negative strides and for
    read-only memory.
    """
    if not isinstance(array, np.ndarray):
        raise DTypeError(
            message("from_numpy: not an array", expected="numpy.ndarray", got=type(array).__name__)
        )
    meta = _meta_of(array.shape, array.strides, array.dtype)
    return wrap(from_array(array), meta)


@lru_cache(maxsize=256)
def _meta_of(shape: tuple[int, ...], strides: tuple[int, ...], kind: np.dtype) -> Meta:
    """Of an array with strides in bytes; data sets make many alike."""
    dtype = dtypes.from_numpy(kind)
    if any(s < 0 or s % dtype.itemsize for s in strides):
        raise ArgumentError(
            message(
                "from_numpy: the strides cannot be shared",
                expected="strides >= 0, multiples of the element size",
                got=str(strides),
                hint="pass array.copy()",
            )
        )
    return intern(shape, tuple(s // dtype.itemsize for s in strides), dtype)


# -- filled ----------------------------------------------------------------------------------------


def full(
    size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A tensor filled with one number."""
    if isinstance(fill_value, Tensor):
        wide = fill_value.expand(check_shape("full", (size,)))  # type: ignore[attr-defined]
        return wide.clone() if dtype is None else wide.clone().to(check_dtype(dtype))
    shape = check_shape("full", (size,) if isinstance(size, (tuple, list)) else ((size,),))
    if dtype is None:
        default = get_default_dtype()
        kinds = {bool: dtypes.bool_, int: dtypes.int64, complex: default.complex}
        wanted = kinds.get(type(fill_value), default)
    else:
        wanted = check_dtype(dtype)
    value = _number(fill_value, wanted)

    def fill(memory: np.ndarray) -> None:
        with np.errstate(all="ignore"):
            memory[...] = dtypes.to_memory(np.asarray(value, wanted.numpy), wanted)

    return finished(_source(shape, wanted, lambda: ops.full(value, shape, wanted), fill),
                    requires_grad)


def _number(value: Any, dtype: DType) -> complex:
    if dtype.is_complex:
        return complex(value)
    if isinstance(value, complex):
        raise DTypeError(
            message("a complex fill value for a real dtype", expected="a real number",
                    got=f"{value} for {dtype.name}")
        )
    if dtype is dtypes.bool_:
        return bool(value)
    if dtype.is_floating_point:
        return float(value)
    limits = np.iinfo(dtype.numpy)
    if math.isnan(value) or not limits.min <= value <= limits.max:
        raise ArgumentError(
            message(
                "the fill value does not fit the dtype",
                expected=f"{limits.min} to {limits.max} for {dtype.name}",
                got=str(value),
            )
        )
    return int(value)


def zeros(
    *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """A tensor of zeros."""
    shape = check_shape("zeros", size)
    return full(shape, 0, dtype=dtype or get_default_dtype(), requires_grad=requires_grad)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A tensor of ones."""
    shape = check_shape("ones", size)
    return full(shape, 1, dtype=dtype or get_default_dtype(), requires_grad=requires_grad)


def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A tensor whose values are whatever was in the memory."""
    shape = check_shape("empty", size)
    wanted = check_dtype(dtype or get_default_dtype())
    if state.trace is not None:
        return full(shape, 0, dtype=wanted, requires_grad=requires_grad)
    return finished(empty_tensor(contiguous_meta(shape, wanted)), requires_grad)


def _like(name: str, value: Any) -> Callable[..., Any]:
    def function(
        input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Any:
        return full(input.shape, value, dtype=dtype or input.dtype, requires_grad=requires_grad)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"A tensor of {name.split('_')[0]} of the shape and dtype of `input`."
    return function


zeros_like, ones_like = _like("zeros_like", 0), _like("ones_like", 1)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A tensor of the shape and dtype of `input` filled with one number."""
    return full(
        input.shape, fill_value, dtype=dtype or input.dtype, requires_grad=requires_grad
    )


def empty_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """An uninitialised tensor of the shape and dtype of `input`."""
    return empty(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def _new(name: str, make: Callable[..., Any]) -> Callable[..., Any]:
    def method(
        input: Tensor, *args: Any, dtype: Any = None, device: Any = None,
        requires_grad: bool = False,
    ) -> Any:
        return make(*args, dtype=dtype or input.dtype, requires_grad=requires_grad)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`{name[4:]}` in the dtype of `input`."
    return method


new_full, new_zeros, new_ones = _new("new_full", full), _new("new_zeros", zeros), _new(
    "new_ones", ones
)
new_empty, new_tensor = _new("new_empty", empty), _new("new_tensor", tensor)


def scalar_tensor(
    s: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """A 0-d tensor of one number, by default of the default dtype."""
    return full((), s, dtype=dtype or get_default_dtype(), requires_grad=requires_grad)


def make_subclass(cls: type[Any], data: Tensor, requires_grad: bool) -> Any:
    """`data` as an object of a subclass of Tensor (a Parameter): a leaf on the same memory."""
    made = retyped(data.detach(), cls)  # type: ignore[attr-defined]
    made.alias = data.alias if data.alias is None else made.alias
    return finished(made, requires_grad)

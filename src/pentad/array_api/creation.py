"""Making arrays: from data, filled, ranges, grids."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pentad.array_api.array import Array, check_device, wrap
from pentad.array_api.data_types import check_dtype, complex_of
from pentad.array_api.manipulation import sizes_of
from pentad.array_api.promotion import ALL, NUMBERS, cast, number, number_fits, tensor_of
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.tensor import dlpack
from pentad.tensor.functions import creation, pointwise, rearranging
from pentad.tensor.state import get_default_dtype
from pentad.tensor.tensor import Tensor


def default_dtype(value: Any) -> DType:
    """The dtype of an array of a Python number."""
    if isinstance(value, bool):
        return dtypes.bool_
    if isinstance(value, int):
        return dtypes.int64
    return get_default_dtype() if isinstance(value, float) else complex_of(get_default_dtype())


def _dtype_or(name: str, dtype: DType | None, default: DType) -> DType:
    return default if dtype is None else check_dtype(name, dtype)


# -- from data -------------------------------------------------------------------------------------


def asarray(
    obj: Any, /, *, dtype: DType | None = None, device: Any = None, copy: bool | None = None
) -> Array:
    """An array of an Array, a Tensor, numbers, nested lists of them, a NumPy array or a buffer.

    copy: True always copies, None where it must, False never (ArgumentError where it would have
    to). Memory that is not writable has to be copied. Python floats become the default float
    dtype, integers int64 (uint64 where they need it).
    """
    check_device("asarray", device)
    wanted = None if dtype is None else check_dtype("asarray", dtype)
    if isinstance(obj, Array):
        obj = obj.tensor
    if isinstance(obj, Tensor):
        return wrap(_converted(obj, wanted, copy))
    if isinstance(obj, (NUMBERS, list, tuple)) and not isinstance(obj, np.generic):
        if copy is False:
            raise _needs_copy("Python numbers")
        return wrap(_from_numbers(obj, wanted))
    array = _as_buffer(obj)
    check_numpy(array)
    shareable = array.flags.writeable and array.flags.aligned and array.dtype.isnative and all(
        s >= 0 and s % array.itemsize == 0 for s in array.strides
    )
    if shareable:
        return wrap(_converted(creation.from_numpy(array), wanted, copy))
    if copy is False:
        raise _needs_copy("memory that cannot be shared")
    made = creation.tensor(array.astype(array.dtype.newbyteorder("=")))
    return wrap(made if wanted is None else cast(made, wanted))


def _needs_copy(what: str) -> ArgumentError:
    return ArgumentError(
        message("asarray: copy=False, but a copy is needed", expected="memory of the same dtype",
                got=what, hint="leave copy out")
    )


def _converted(t: Tensor, dtype: DType | None, copy: bool | None) -> Tensor:
    if dtype is None or dtype is t.dtype:
        return pointwise.clone(t) if copy else t
    if copy is False:
        raise _needs_copy(f"{t.dtype.name} as {dtype.name}")
    return cast(t, dtype)


def _as_buffer(obj: Any) -> np.ndarray:
    if isinstance(obj, (np.ndarray, np.generic)) or hasattr(obj, "__array_interface__"):
        return np.asarray(obj)
    if hasattr(obj, "__dlpack__"):
        return np.from_dlpack(obj)
    try:
        return np.asarray(memoryview(obj))
    except TypeError:
        raise DTypeError(
            message("asarray: not an array", expected="numbers, lists of them, arrays, buffers",
                    got=type(obj).__name__)
        ) from None


def check_numpy(array: np.ndarray) -> DType:
    """The dtype of a NumPy array; DTypeError unless it is one of the standard's."""
    found = dtypes.from_numpy(array.dtype)
    return check_dtype("asarray", found)


def _from_numbers(obj: Any, wanted: DType | None) -> Tensor:
    leaves: list[Any] = []
    shape = _shape_of(obj, leaves)
    if leaves and all(isinstance(v, Tensor) for v in leaves):
        parts = [v if wanted is None else cast(v, wanted) for v in leaves]
        from pentad.array_api.promotion import common_of

        dtype = common_of([p.dtype for p in parts])
        return _stacked([cast(p, dtype) for p in parts], shape)
    values = [v.item() if isinstance(v, (Tensor, np.generic)) else v for v in leaves]  # type: ignore[attr-defined]
    return _of_values(values, shape, wanted)


def _of_values(values: list[Any], shape: tuple[int, ...], wanted: DType | None) -> Tensor:
    rank = max((_level(v) for v in values), default=2)
    if wanted is None:
        wanted = default_dtype((False, 0, 0.0, 0j)[rank])
        if rank == 1 and max(values) >= 1 << 63:
            wanted = dtypes.uint64
    if rank == 3 and wanted not in (*dtypes.ALL[:0], dtypes.bool_) and wanted.kind != "complex":
        raise DTypeError(
            message("asarray: complex numbers in a real array", expected="a complex dtype",
                    got=wanted.name)
        )
    if wanted.is_integer and rank == 1:
        for v in values:
            number("asarray", int(v), wanted)
    kind = (np.bool_, object, np.float64, np.complex128)[rank]
    array = np.array(values, dtype=kind).reshape(shape)
    if rank == 1:
        exact = wanted.numpy if wanted.is_integer else np.float64
        array = array.astype(exact)
    with np.errstate(all="ignore"):
        return creation.tensor(_cast_numbers(array, wanted))  # type: ignore[no-any-return]


def _cast_numbers(array: np.ndarray, dtype: DType) -> np.ndarray:
    return array.astype(dtype.numpy)


def _level(value: Any) -> int:
    for i, kind in enumerate((bool, int, float)):
        if isinstance(value, kind):
            return i
    return 3


def _shape_of(obj: Any, leaves: list[Any]) -> tuple[int, ...]:
    """The shape of nested sequences, whose leaves are collected; ShapeError if it is ragged."""
    if isinstance(obj, Array):
        leaves.append(obj.tensor)
        return tuple(obj.shape)
    if isinstance(obj, Tensor):
        leaves.append(obj)
        return tuple(obj.shape)
    if isinstance(obj, (*NUMBERS, np.generic)):
        leaves.append(obj)
        return ()
    if not isinstance(obj, (list, tuple)):
        raise DTypeError(
            message("asarray: neither a number nor a list", expected="numbers or lists of them",
                    got=type(obj).__name__)
        )
    shapes = {_shape_of(member, leaves) for member in obj}
    if len(shapes) > 1:
        raise ShapeError(
            message("asarray: lists of unequal length", expected="one shape for all members",
                    got=" and ".join(str(s) for s in sorted(shapes)))
        )
    return (len(obj), *(shapes.pop() if shapes else ()))


def _stacked(parts: list[Tensor], shape: tuple[int, ...]) -> Tensor:
    from pentad.tensor.functions.shaping import reshape, stack

    return reshape(stack(parts, 0), shape)  # type: ignore[no-any-return]


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Array:
    """An Array on the memory of any object with `__dlpack__`, without a copy where possible."""
    check_device("from_dlpack", device)
    t = dlpack.from_dlpack(x, device=None, copy=copy)
    check_dtype("from_dlpack", t.dtype)
    return wrap(t)


# -- filled ----------------------------------------------------------------------------------------


def empty(shape: Any, *, dtype: DType | None = None, device: Any = None) -> Array:
    """An uninitialised array."""
    check_device("empty", device)
    return wrap(creation.empty(
        sizes_of("empty", shape), dtype=_dtype_or("empty", dtype, get_default_dtype())
    ))


def full(
    shape: Any, fill_value: Any, *, dtype: DType | None = None, device: Any = None
) -> Array:
    """An array filled with one number."""
    check_device("full", device)
    if isinstance(fill_value, Array) and fill_value.ndim == 0:
        fill_value = fill_value.tensor.item()  # type: ignore[attr-defined]
    if not isinstance(fill_value, NUMBERS):
        raise DTypeError(
            message("full: not a number", expected="a Python number",
                    got=type(fill_value).__name__)
        )
    wanted = _dtype_or("full", dtype, default_dtype(fill_value))
    if dtype is not None and not number_fits(fill_value, wanted):
        fill_value = _forced(fill_value, wanted)
    one = number("full", fill_value, wanted)
    return wrap(pointwise.clone(one.expand(sizes_of("full", shape))))  # type: ignore[attr-defined]


def _forced(value: Any, dtype: DType) -> Any:
    if isinstance(value, bool) and dtype is not dtypes.bool_:
        return int(value)
    if isinstance(value, int) and dtype is dtypes.bool_:
        return bool(value)
    return value


def zeros(shape: Any, *, dtype: DType | None = None, device: Any = None) -> Array:
    """Zeros."""
    check_device("zeros", device)
    return full(shape, 0, dtype=_dtype_or("zeros", dtype, get_default_dtype()))


def ones(shape: Any, *, dtype: DType | None = None, device: Any = None) -> Array:
    """Ones."""
    check_device("ones", device)
    return full(shape, 1, dtype=_dtype_or("ones", dtype, get_default_dtype()))


def empty_like(x: Array, /, *, dtype: DType | None = None, device: Any = None) -> Array:
    """An uninitialised array of the shape of x."""
    wanted = _like("empty_like", x, dtype)
    return empty(x.shape, dtype=wanted, device=device)


def full_like(
    x: Array, /, fill_value: Any, *, dtype: DType | None = None, device: Any = None
) -> Array:
    """An array of the shape of x filled with one number."""
    return full(x.shape, fill_value, dtype=_like("full_like", x, dtype), device=device)


def zeros_like(x: Array, /, *, dtype: DType | None = None, device: Any = None) -> Array:
    """Zeros of the shape of x."""
    wanted = _like("zeros_like", x, dtype)
    return zeros(x.shape, dtype=wanted, device=device)


def ones_like(x: Array, /, *, dtype: DType | None = None, device: Any = None) -> Array:
    """Ones of the shape of x."""
    wanted = _like("ones_like", x, dtype)
    return ones(x.shape, dtype=wanted, device=device)


def _like(name: str, x: Any, dtype: DType | None) -> DType:
    return tensor_of(name, x).dtype if dtype is None else check_dtype(name, dtype)


# -- ranges and grids ------------------------------------------------------------------------------


def arange(
    start: Any, /, stop: Any = None, step: Any = 1, *, dtype: DType | None = None,
    device: Any = None,
) -> Array:
    """start, start + step, ... before stop; with one number, 0, 1, ... before it."""
    check_device("arange", device)
    begin, end = (0, start) if stop is None else (start, stop)
    for v in (begin, end, step):
        if not isinstance(v, (int, float)) or isinstance(v, bool):
            raise DTypeError(
                message("arange: not a real number", expected="int or float", got=repr(v))
            )
    if step == 0:
        raise ArgumentError(message("arange: step", expected="not 0", got="0"))
    whole = all(isinstance(v, int) for v in (begin, end, step))
    wanted = _dtype_or("arange", dtype, dtypes.int64 if whole else get_default_dtype())
    count = -((begin - end) // step) if whole else math.ceil((end - begin) / step)
    places = range(max(count, 0))
    if whole:  # exact, also beyond int64
        values = np.array([begin + i * step for i in places], dtype=object)
    else:
        values = begin + step * np.arange(len(places), dtype=np.float64)
    if whole and wanted.is_integer:
        for v in (*values[:1], *values[-1:]):
            number("arange", v, wanted)
    return wrap(creation.tensor(values.astype(wanted.numpy)))


def linspace(
    start: Any, stop: Any, /, num: int, *, dtype: DType | None = None, device: Any = None,
    endpoint: bool = True,
) -> Array:
    """`num` numbers at equal distances from start to stop, with stop itself if `endpoint`."""
    check_device("linspace", device)
    if isinstance(num, bool) or not isinstance(num, int) or num < 0:
        raise ArgumentError(message("linspace: num", expected="an integer >= 0", got=repr(num)))
    made_of = 0j if isinstance(start, complex) or isinstance(stop, complex) else 0.0
    wanted = _dtype_or("linspace", dtype, default_dtype(made_of))
    with np.errstate(all="ignore"):
        values = np.linspace(start, stop, num, endpoint=endpoint)
        return wrap(creation.tensor(values.astype(wanted.numpy)))


def eye(
    n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: DType | None = None,
    device: Any = None,
) -> Array:
    """A matrix with ones on its k-th diagonal."""
    check_device("eye", device)
    shape = sizes_of("eye", (n_rows, n_rows if n_cols is None else n_cols))
    wanted = _dtype_or("eye", dtype, get_default_dtype())
    return wrap(creation.tensor(np.eye(*shape, k=k, dtype=wanted.numpy)))


def tril(x: Array, /, *, k: int = 0) -> Array:
    """The lower triangles of matrices: zero above the k-th diagonal."""
    return wrap(_triangle("tril", rearranging.tril, x, k))


def triu(x: Array, /, *, k: int = 0) -> Array:
    """The upper triangles of matrices: zero below the k-th diagonal."""
    return wrap(_triangle("triu", rearranging.triu, x, k))


def _triangle(name: str, function: Any, x: Any, k: int) -> Tensor:
    t = tensor_of(name, x, ALL)
    if t.ndim < 2:
        raise ShapeError(
            message(f"{name}: not a matrix", expected="two axes or more", got=str(list(t.shape)))
        )
    return function(t, k)  # type: ignore[no-any-return]


def meshgrid(*arrays: Array, indexing: str = "xy") -> list[Array]:
    """Coordinates of the grid that vectors span: one array of all its points for each of them."""
    if indexing not in ("xy", "ij"):
        raise ArgumentError(
            message("meshgrid: indexing", expected='"xy" or "ij"', got=repr(indexing))
        )
    given = [tensor_of("meshgrid", x) for x in arrays]
    if any(t.ndim != 1 for t in given):
        raise ShapeError(
            message("meshgrid: not vectors", expected="one axis each",
                    got=", ".join(str(list(t.shape)) for t in given))
        )
    shape = [t.shape[0] for t in given]
    order = list(range(len(given)))
    if indexing == "xy" and len(given) > 1:
        order[:2], shape[:2] = [1, 0], shape[1::-1]
    made = []
    for t, at in zip(given, order):
        wide = [1] * len(given)
        wide[at] = t.shape[0]
        made.append(wrap(pointwise.clone(t.reshape(wide).expand(shape))))  # type: ignore[attr-defined]
    return made

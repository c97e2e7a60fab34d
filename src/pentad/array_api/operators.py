"""The operators and methods of Array, from the functions of this namespace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pentad.array_api import elementwise, indexing, linear, manipulation
from pentad.array_api.array import Array
from pentad.array_api.creation import asarray
from pentad.array_api.promotion import NUMBERS
from pentad.graph.errors import DTypeError, ShapeError, message
from pentad.tensor import convert, dlpack
from pentad.tensor.inplace import copy_into

_BINARY = {
    "add": elementwise.add, "sub": elementwise.subtract, "mul": elementwise.multiply,
    "truediv": elementwise.divide, "floordiv": elementwise.floor_divide,
    "mod": elementwise.remainder, "pow": elementwise.pow, "and": elementwise.bitwise_and,
    "or": elementwise.bitwise_or, "xor": elementwise.bitwise_xor,
    "lshift": elementwise.bitwise_left_shift, "rshift": elementwise.bitwise_right_shift,
}
_COMPARISONS = {
    "eq": elementwise.equal, "ne": elementwise.not_equal, "lt": elementwise.less,
    "le": elementwise.less_equal, "gt": elementwise.greater, "ge": elementwise.greater_equal,
}
_UNARY = {
    "neg": elementwise.negative, "pos": elementwise.positive, "abs": elementwise.abs,
    "invert": elementwise.bitwise_invert,
}


def _named(function: Any, name: str, doc: str | None) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def _operator(name: str, function: Callable[[Any, Any], Array], kinds: tuple[type, ...]) -> Any:
    def method(self: Array, other: Any, /) -> Any:
        return function(self, other) if isinstance(other, kinds) else NotImplemented

    return _named(method, f"__{name}__", function.__doc__)


def _reflected(name: str, function: Callable[[Any, Any], Array], kinds: tuple[type, ...]) -> Any:
    def method(self: Array, other: Any, /) -> Any:
        return function(other, self) if isinstance(other, kinds) else NotImplemented

    return _named(method, f"__r{name}__", function.__doc__)


def _inplace(name: str, function: Callable[[Any, Any], Array], kinds: tuple[type, ...]) -> Any:
    def method(self: Array, other: Any, /) -> Any:
        if not isinstance(other, kinds):
            return NotImplemented
        result = function(self, other)
        if result.dtype is not self.dtype or result.shape != self.shape:
            raise (DTypeError if result.dtype is not self.dtype else ShapeError)(
                message(f"{name}: the result cannot be written in place",
                        expected=f"{self.dtype.name}{list(self.shape)}",
                        got=f"{result.dtype.name}{list(result.shape)}")
            )
        copy_into(self.tensor, result.tensor)
        return self

    return _named(method, f"__i{name}__", f"In place: {function.__doc__}")


def _unary(name: str, function: Callable[[Any], Array]) -> Any:
    def method(self: Array, /) -> Array:
        return function(self)

    return _named(method, f"__{name}__", function.__doc__)


# -- from arrays to Python numbers -----------------------------------------------------------------


def _scalar(x: Array, what: str, kinds: tuple[str, ...]) -> Any:
    if x.ndim or x.dtype.kind not in kinds:
        raise DTypeError(
            message(f"{what}: not for this array", expected=f"a 0-d array of {' or '.join(kinds)}",
                    got=f"{x.dtype.name}{list(x.shape)}")
        )
    return convert.values_of(x.tensor, what).item()


_ANY = ("bool", "int", "uint", "float", "complex")


def _bool(self: Array, /) -> bool:
    """The truth of a 0-d array."""
    return bool(_scalar(self, "bool()", _ANY))


def _int(self: Array, /) -> int:
    """The value of a 0-d array, toward zero."""
    return int(_scalar(self, "int()", _ANY[:-1]))


def _float(self: Array, /) -> float:
    """The value of a 0-d array."""
    return float(_scalar(self, "float()", _ANY[:-1]))


def _complex(self: Array, /) -> complex:
    """The value of a 0-d array."""
    return complex(_scalar(self, "complex()", _ANY))


def _index(self: Array, /) -> int:
    """The value of a 0-d array of integers."""
    return int(_scalar(self, "an index", ("int", "uint")))


def _len(self: Array, /) -> int:
    """The size of the first axis."""
    if not self.ndim:
        raise TypeError("len() of a 0-d array")
    return self.shape[0]


def _iter(self: Array, /) -> Iterator[Array]:
    """The positions along the first axis."""
    if not self.ndim:
        raise TypeError("iteration over a 0-d array")
    return iter(manipulation.unstack(self))


def _contains(self: Array, value: Any, /) -> bool:
    """Is one element equal to the value?"""
    return bool(convert.values_of(elementwise.equal(self, value).tensor).any())


# -- memory ----------------------------------------------------------------------------------------


def _dlpack(
    self: Array, /, *, stream: Any = None, max_version: tuple[int, int] | None = None,
    dl_device: tuple[Any, int] | None = None, copy: bool | None = None,
) -> Any:
    """A DLPack capsule on the array's memory; see pentad.tensor.dlpack."""
    return dlpack.to_dlpack(
        self.tensor, stream=stream, max_version=max_version, dl_device=dl_device, copy=copy
    )


def _dlpack_device(self: Array, /) -> tuple[int, int]:
    """(1, 0): the CPU."""
    return dlpack.CPU_DEVICE


def _as_numpy(self: Array, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
    """`numpy.asarray(x)`: the same memory, where the dtype allows it."""
    return convert.array(self.tensor, dtype, copy)


def _reduce(self: Array, /) -> tuple[Any, ...]:
    """For pickle and copy: the values, which an array of its own is made of."""
    return asarray, (convert.values_of(self.tensor, "pickling").copy(),)


def _format(self: Array, spec: str, /) -> str:
    return format(_scalar(self, "format()", _ANY), spec) if spec else repr(self)


def _represent(self: Array, /) -> str:
    values = np.array2string(
        convert.values_of(self.tensor, "printing"), separator=", ", prefix="Array("
    )
    return f"Array({values}, dtype={self.dtype.name})"


def _transposed(self: Array, name: str, good: bool) -> Array:
    if not good:
        raise ShapeError(
            message(f"{name}: not a matrix", expected="two axes", got=str(list(self.shape)))
        )
    return manipulation.matrix_transpose(self)


def install() -> None:
    """Give Array its operators and methods."""
    kinds = (Array, *NUMBERS)
    table: dict[str, Any] = {f"__{n}__": _unary(n, f) for n, f in _UNARY.items()}
    for made, names in (
        ([(n, f, kinds) for n, f in _BINARY.items()], ("", "r", "i")),
        ([("matmul", linear.matmul, (Array,))], ("", "r", "i")),
    ):
        for n, f, k in made:
            for prefix, make in zip(names, (_operator, _reflected, _inplace)):
                table[f"__{prefix}{n}__"] = make(n, f, k)
    table.update({f"__{n}__": _operator(n, f, kinds) for n, f in _COMPARISONS.items()})
    table.update(
        __bool__=_bool, __int__=_int, __float__=_float, __complex__=_complex, __index__=_index,
        __len__=_len, __iter__=_iter, __contains__=_contains, __getitem__=indexing.getitem,
        __setitem__=indexing.setitem, __dlpack__=_dlpack, __dlpack_device__=_dlpack_device,
        __array__=_as_numpy, __reduce__=_reduce, __format__=_format, __repr__=_represent,
        _transposed=_transposed,
    )
    for name, method in table.items():
        setattr(Array, name, method)

"""`TensorType`: an element type and which axes have size one; the named types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.theano.configparser import config
from pentad.frontends.theano.gof.graph import GRAPH, Variable
from pentad.frontends.theano.gof.type import Type
from pentad.frontends.theano.scalar.types import DTYPES, dtype_name, upcast


class TensorType(Type):
    """The type of tensors of a dtype; `broadcastable` axes have size one."""

    def __init__(
        self, dtype: Any, broadcastable: Sequence[Any], name: str | None = None,
        sparse_grad: bool = False,
    ) -> None:
        self.dtype = dtype_name(dtype)
        self.broadcastable = tuple(bool(b) for b in broadcastable)
        self.name, self.sparse_grad = name, sparse_grad
        self.numpy_dtype = np.dtype(self.dtype)

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return len(self.broadcastable)

    @property
    def static(self) -> static.Type:
        """The same for the core."""
        return static.Type(
            DTYPES[self.dtype], tuple(1 if b else None for b in self.broadcastable)
        )

    def clone(self, dtype: Any = None, broadcastable: Sequence[Any] | None = None) -> TensorType:
        """The type with another dtype or other axes of size one."""
        return TensorType(dtype or self.dtype,
                          self.broadcastable if broadcastable is None else broadcastable, self.name)

    def make_variable(self, name: str | None = None) -> Any:
        """A new variable of the type."""
        found = self.static
        made = static.placeholder(GRAPH, found.dtype, found.shape)
        made.name = name
        return made

    def make_constant(self, value: Any, name: str | None = None) -> Any:
        """A value of the type as a variable."""
        made = static.constant(GRAPH, self.filter(value), DTYPES[self.dtype])
        made.name = name
        return made

    def is_super(self, other: Any) -> bool:
        """Can values of the other type be taken for this one?"""
        return isinstance(other, TensorType) and self.dtype == other.dtype and (
            self.ndim == other.ndim
            and all(not a or b for a, b in zip(self.broadcastable, other.broadcastable))
        )

    # -- values --------------------------------------------------------------------------------

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """The value as an array of this type; TypeError if it is none."""
        if isinstance(data, Variable):
            raise TypeError(
                static.message("Expected an array-like object, but found a Variable", got=str(data),
                               hint="call functions on numbers, not on (shared) variables")
            )
        if isinstance(data, np.generic) and data.dtype == self.numpy_dtype and not strict:
            data = np.asarray(data)
        elif not (isinstance(data, np.ndarray) and data.dtype == self.numpy_dtype):
            data = self._converted(data, strict, allow_downcast)
        if data.ndim != self.ndim:
            raise TypeError(
                static.message("Wrong number of dimensions", expected=f"{self.ndim} ({self})",
                               got=f"{data.ndim} with shape {data.shape}.")
            )
        if any(b and n != 1 for b, n in zip(self.broadcastable, data.shape)):
            raise TypeError(
                static.message("Non-unit value on shape on a broadcastable dimension.",
                               expected=f"size 1 where {self.broadcastable} is True",
                               got=str(data.shape))
            )
        return data

    def _converted(self, data: Any, strict: bool, allow_downcast: bool | None) -> Any:
        if strict:
            raise TypeError(
                static.message(f"{self} expected a ndarray object of dtype {self.dtype}",
                               got=f"{type(data).__name__} {getattr(data, 'dtype', '')}")
            )
        literal = type(data) is float and self.dtype == config.floatX and allow_downcast is None
        if allow_downcast or literal:
            return _array(data, self.dtype)
        if isinstance(data, np.ndarray):
            if upcast(self.dtype, data.dtype) == self.dtype:
                return data.astype(self.numpy_dtype)
            raise TypeError(
                static.message(
                    f"{self} cannot store a value of dtype {data.dtype} without risking loss of "
                    "precision", expected=self.dtype, got=f"{data.dtype} {data.shape}",
                    hint="cast it, or give the function allow_input_downcast=True")
            )
        found, plain = _array(data, self.dtype), np.asarray(data)
        if plain.dtype.kind not in "biufc" or not np.array_equal(plain, found, equal_nan=True):
            raise TypeError(
                static.message(f"{self} cannot store accurately value {str(data)[:80]}",
                               expected=self.dtype, got=f"it would be represented as {found}",
                               hint="convert it, or give the function allow_input_downcast=True")
            )
        return found

    def filter_variable(self, other: Any, allow_convert: bool = True) -> Any:
        """A variable of this type for one that can be taken for it; TypeError if it cannot."""
        if not isinstance(other, Variable):
            other = self.make_constant(other)
        if other.type == self or (allow_convert and self.is_super(other.type)):
            return other
        fits = getattr(other.type, "is_super", lambda t: False)(self)
        if allow_convert and fits:
            from pentad.frontends.theano.tensor.shaping import patternbroadcast

            return patternbroadcast(other, self.broadcastable)
        raise TypeError(
            static.message(f"Cannot convert Type {other.type} (of Variable {other}) into Type "
                           f"{self}", expected=str(self), got=str(other.type),
                           where=other.node.line, hint=f"convert {other} into a {self}")
        )

    def is_valid_value(self, value: Any) -> bool:
        """Is it an array of this type already?"""
        try:
            self.filter(value, strict=True)
        except TypeError:
            return False
        return True

    @staticmethod
    def values_eq(a: Any, b: Any, force_same_dtype: bool = True) -> bool:
        """Are two arrays equal, NaNs among them?"""
        if force_same_dtype and a.dtype != b.dtype:
            return False
        return np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")

    @staticmethod
    def values_eq_approx(
        a: Any, b: Any, allow_remove_inf: bool = False, allow_remove_nan: bool = False,
        rtol: float | None = None, atol: float | None = None,
    ) -> bool:
        """Are two arrays equal up to rounding?"""
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        single = str(a.dtype) in ("float32", "complex64")
        return np.allclose(a, b, rtol=rtol or (1e-5 if single else 1e-7),
                           atol=atol or (1e-5 if single else 1e-8), equal_nan=True)

    def __eq__(self, other: Any) -> bool:
        return (
            type(self) is type(other) and self.dtype == other.dtype
            and self.broadcastable == other.broadcastable
        )

    def __hash__(self) -> int:
        return hash((self.dtype, self.broadcastable))

    def __str__(self) -> str:
        if self.name:
            return self.name
        names = {(): "scalar", (False,): "vector", (False, True): "col", (True, False): "row",
                 (False, False): "matrix"}
        b = self.broadcastable
        shape = names.get(b) or (str(b) if any(b) else f"{len(b)}D")
        return f"TensorType({self.dtype}, {shape})"

    __repr__ = __str__


_KNOWN: dict[tuple[str, tuple[bool, ...]], TensorType] = {}


def interned(dtype: str, broadcastable: tuple[bool, ...]) -> TensorType:
    """The type, one for all variables that have it."""
    found = _KNOWN.get((dtype, broadcastable))
    if found is None:
        found = _KNOWN[dtype, broadcastable] = TensorType(dtype, broadcastable)
    return found


def _array(data: Any, dtype: str) -> np.ndarray[Any, Any]:
    found = np.asarray(data)
    if found.dtype.kind not in "biufc":
        return np.asarray(data, dtype)
    with np.errstate(all="ignore"):
        return found.astype(dtype, copy=False)


__all__ = ["TensorType"]

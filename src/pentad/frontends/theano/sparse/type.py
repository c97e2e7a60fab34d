"""`SparseType` and its variables.

A sparse variable is four tensors: its elements, where they lie, where the lines begin, and the
shape. Everything that is done with it is done with these, so that it is differentiated and compiled
as any other part of a graph.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.theano.compile.sharedvalue import CONSTRUCTORS, STORE
from pentad.frontends.theano.compile.sharedvalue import shared as dense_shared
from pentad.frontends.theano.gof.bundle import Bundle
from pentad.frontends.theano.gof.graph import Variable
from pentad.frontends.theano.gof.type import Type
from pentad.frontends.theano.scalar.types import COMPLEX, FLOATS, INTS, UINTS
from pentad.frontends.theano.sparse.matrix import (
    FORMATS,
    Matrix,
    as_matrix,
    handed_back,
    is_sparse,
)
from pentad.frontends.theano.tensor.constants import constant as dense_constant
from pentad.frontends.theano.tensor.type import TensorType

ivector = TensorType("int32", (False,))
dtypes = (*INTS, *UINTS, *[t for t in FLOATS if t != "float16"], *COMPLEX)


class SparseType(Type):
    """The type of sparse matrices of a format, csc or csr, and an element type."""

    ndim, dtype_set = 2, set(dtypes)

    def __init__(self, format: str, dtype: Any) -> None:
        self.format, self.dtype = format, str(dtype)
        if self.dtype not in self.dtype_set:
            raise NotImplementedError(
                static.message(f'unsupported dtype "{dtype}" not in list',
                               expected=", ".join(dtypes), got=self.dtype)
            )
        if format not in FORMATS:
            raise NotImplementedError(
                static.message(f'unsupported format "{format}" not in list', got=repr(format),
                               expected="csc or csr",
                               hint="convert the matrix with its method tocsr()")
            )

    def make_variable(self, name: str | None = None) -> SparseVariable:
        """A new variable of the type."""
        data = TensorType(self.dtype, (False,)).make_variable(name)
        shape = static.placeholder(data.graph, ivector.static.dtype, (2,))
        return SparseVariable(self, (data, ivector(), ivector(), shape), name)

    __call__ = make_variable

    def made_of(self, parts: Any, name: str | None = None) -> SparseVariable:
        """The variable that is made of these parts."""
        return SparseVariable(self, parts, name)

    def filter(self, data: Any, strict: bool = False, allow_downcast: Any = None) -> Any:
        """The value as a matrix of this type; TypeError if it is none."""
        if isinstance(data, Variable) or (strict and not is_sparse(data)):
            raise TypeError(
                static.message(f"{data} is not sparse", expected=str(self), got=str(type(data)))
            )
        found = as_matrix(data, self.format)
        if found.dtype == self.dtype:
            return found
        if strict or not allow_downcast:
            raise NotImplementedError(
                static.message(f"Expected {self.dtype} dtype but got {found.dtype}",
                               expected=str(self), got=repr(data)[:80],
                               hint="convert it with its method astype")
            )
        return found.astype(self.dtype)

    def filter_variable(self, other: Any, allow_convert: bool = True) -> Any:
        """A variable of this type for one that can be taken for it; TypeError if it cannot."""
        from pentad.frontends.theano.sparse.conversion import as_sparse_variable

        found = other if isinstance(other, Variable) else as_sparse_variable(self.filter(other))
        if found.type != self:
            raise TypeError(
                static.message(f"Cannot convert Type {found.type} (of Variable {other}) into Type "
                               f"{self}", expected=str(self), got=str(found.type),
                               where=found.node.line)
            )
        return found

    @staticmethod
    def split(value: Matrix) -> list[Any]:
        """The parts of a value."""
        return [value.data, value.indices, value.indptr, np.array(value.shape, "int32")]

    def joined(self, arrays: list[Any]) -> Any:
        """The value that is made of such parts."""
        return handed_back(Matrix(*arrays, self.format))

    @staticmethod
    def values_eq(a: Any, b: Any) -> bool:
        """Are two matrices equal?"""
        return SparseType.values_eq_approx(a, b, 0.0)

    @staticmethod
    def values_eq_approx(a: Any, b: Any, eps: float = 1e-6) -> bool:
        """Are two matrices equal up to rounding?"""
        if not (is_sparse(a) and is_sparse(b)) or a.format != b.format or a.shape != b.shape:
            return False
        return bool(np.abs(a.toarray() - b.toarray()).max(initial=0) <= eps)

    def __eq__(self, other: Any) -> bool:
        return type(self) is type(other) and (
            (self.format, self.dtype) == (other.format, other.dtype)
        )

    def __hash__(self) -> int:
        return hash((self.format, self.dtype))

    def __str__(self) -> str:
        return f"Sparse[{self.dtype}, {self.format}]"

    __repr__ = __str__


class SparseVariable(Bundle):
    """A sparse matrix that will be known when a function runs. `sparse/operators.py` gives it the
    operators of matrices."""

    ndim = 2
    __array_priority__ = 1000

    @property
    def data(self) -> Any:
        """Its elements."""
        return self.parts[0]

    @property
    def format(self) -> str:
        """csc or csr."""
        return self.type.format  # type: ignore[no-any-return]

    @property
    def dtype(self) -> str:
        """The element type."""
        return self.type.dtype  # type: ignore[no-any-return]

    @property
    def shape(self) -> Any:
        """Its sizes."""
        return self.parts[3].astype("int64")

    @property
    def size(self) -> Any:
        """How many elements are stored."""
        return self.data.shape[0]

    def with_data(self, data: Any) -> SparseVariable:
        """A matrix with other elements at the same places."""
        return SparseVariable(SparseType(self.format, data.dtype), (data, *self.parts[1:]))

    def __iter__(self) -> Any:
        raise TypeError(static.message("a sparse matrix is not walked over", got=str(self)))


class SparseConstant(SparseVariable):
    """A sparse matrix that is known."""

    def __init__(self, value: Matrix, name: str | None = None) -> None:
        kind = SparseType(value.format, value.dtype)
        super().__init__(kind, [dense_constant(p) for p in kind.split(value)], name)
        self.value = value


class SparseSharedVariable(SparseVariable):
    """A sparse matrix whose value stays between calls of functions; its shape stays what it is."""

    def __init__(self, value: Matrix, name: str | None, allow_downcast: Any) -> None:
        kind, self._shape, self._downcast = SparseType(value.format, value.dtype), value.shape, (
            allow_downcast)
        parts = kind.split(value)
        made = [*map(dense_shared, parts[:3]), dense_constant(parts[3])]
        super().__init__(kind, made, name)

    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """The value."""
        arrays = [p.get_value(borrow=borrow) for p in self.parts[:3]]
        return self.type.joined([*arrays, self._shape])

    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Give it another value of the same shape."""
        value = self.type.filter(new_value, allow_downcast=self._downcast)
        if value.shape != self._shape:
            raise ValueError(
                static.message("a shared sparse matrix keeps its shape", got=str(value.shape),
                               expected=str(self._shape), hint="make another shared variable")
            )
        for part, array in zip(self.parts[:3], self.type.split(value)):
            STORE.set(part.node, array)

    @property
    def container(self) -> Any:
        """What holds the elements."""
        return self.data.container


def sparse_constructor(
    value: Any, name: str | None = None, strict: bool = False, allow_downcast: Any = None,
    borrow: bool = False, format: str | None = None,
) -> SparseSharedVariable:
    """A shared variable for a sparse matrix."""
    if not is_sparse(value):
        raise TypeError(
            static.message("Expected a sparse matrix in the sparse shared variable constructor.",
                           got=str(type(value)))
        )
    form = format or (value.format if value.format in FORMATS else "csr")
    return SparseSharedVariable(as_matrix(value, form).copy(), name, allow_downcast)


CONSTRUCTORS.append((is_sparse, sparse_constructor))
__all__ = ["SparseConstant", "SparseType", "SparseVariable", "sparse_constructor"]

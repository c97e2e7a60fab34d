"""Sparse variables from their parts, from values and from dense tensors, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.theano.gof.graph import Apply, Variable
from pentad.frontends.theano.scalar.types import upcast
from pentad.frontends.theano.sparse.matrix import FORMATS, Matrix, as_matrix, is_sparse
from pentad.frontends.theano.sparse.structure import matrix_of, places
from pentad.frontends.theano.sparse.type import (
    SparseConstant,
    SparseType,
    SparseVariable,
    dtypes,
)
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.creation import arange, zeros
from pentad.frontends.theano.tensor.joining import concatenate
from pentad.frontends.theano.tensor.nonzeros import nonzero
from pentad.frontends.theano.tensor.subtensor import inc_subtensor

sparse_formats = list(FORMATS)
float_dtypes, complex_dtypes = (
    [t for t in dtypes if t.startswith(kind)] for kind in ("float", "complex")
)
integer_dtypes = discrete_dtypes = [t for t in dtypes if "int" in t]
int_dtypes, uint_dtypes = (
    [t for t in dtypes if t.startswith(kind)] for kind in ("int", "uint")
)
continuous_dtypes, all_dtypes = complex_dtypes + float_dtypes, set(dtypes)


def _is_sparse_variable(x: Any) -> bool:
    """Is it a sparse variable?"""
    return isinstance(x, SparseVariable)


def _is_dense_variable(x: Any) -> bool:
    """Is it a variable that is a tensor?"""
    return isinstance(x, Variable) and not isinstance(x, SparseVariable)


def as_sparse_variable(x: Any, name: str | None = None) -> SparseVariable:
    """A sparse variable of what is one, or a sparse matrix."""
    if isinstance(x, Apply):
        x = x.default_output()
    if isinstance(x, SparseVariable):
        return x
    if not is_sparse(x):
        raise TypeError(
            static.message("Cannot convert to a SparseType", got=f"{str(x)[:80]} of {type(x)}",
                           hint="csr_from_dense makes a sparse variable of a dense one")
        )
    return constant(x, name)


as_sparse = as_sparse_variable


def as_sparse_or_tensor_variable(x: Any, name: str | None = None) -> Any:
    """A sparse variable where that is possible, else a tensor."""
    if isinstance(x, SparseVariable) or is_sparse(x):
        return as_sparse_variable(x, name)
    return as_tensor_variable(x, name)


def constant(x: Any, name: str | None = None) -> SparseConstant:
    """A sparse matrix as a variable."""
    if not is_sparse(x):
        raise TypeError(static.message("sparse.constant must be called on a sparse matrix",
                                       got=str(type(x))))
    return SparseConstant(as_matrix(x, x.format if x.format in FORMATS else "csr"), name)


def matrix(format: str, name: str | None = None, dtype: Any = None) -> SparseVariable:
    """A new sparse variable."""
    from pentad.frontends.theano.configparser import config

    return SparseType(format, dtype or config.floatX)(name)


def csc_matrix(name: str | None = None, dtype: Any = None) -> SparseVariable:
    """A new variable of compressed columns."""
    return matrix("csc", name, dtype)


def csr_matrix(name: str | None = None, dtype: Any = None) -> SparseVariable:
    """A new variable of compressed rows."""
    return matrix("csr", name, dtype)


csc_dmatrix, csr_dmatrix = SparseType("csc", "float64"), SparseType("csr", "float64")
csc_fmatrix, csr_fmatrix = SparseType("csc", "float32"), SparseType("csr", "float32")


# -- parts ---------------------------------------------------------------------------------------


def csm_properties(csm: Any) -> list[Any]:
    """The elements, their indices, where lines begin, the shape."""
    return list(as_sparse_variable(csm).parts)


def csm_data(csm: Any) -> Any:
    """The elements."""
    return csm_properties(csm)[0]


def csm_indices(csm: Any) -> Any:
    """Where in its line each element lies."""
    return csm_properties(csm)[1]


def csm_indptr(csm: Any) -> Any:
    """Where lines begin."""
    return csm_properties(csm)[2]


def csm_shape(csm: Any) -> Any:
    """The shape."""
    return csm_properties(csm)[3]


class CSM:
    """Makes a matrix of its parts; kmap: the elements to take of `data`."""

    def __init__(self, format: str, kmap: Any = None) -> None:
        if format not in FORMATS:
            raise ValueError(static.message("format must be one of: 'csc', 'csr'", got=format))
        self.format, self.kmap = format, kmap

    def __call__(self, data: Any, indices: Any, indptr: Any, shape: Any) -> SparseVariable:
        """The matrix of these parts."""
        data = as_tensor_variable(data)
        parts = [data if self.kmap is None else data[as_tensor_variable(self.kmap)]]
        for name, part in (("indices", indices), ("indptr", indptr), ("shape", shape)):
            part = part if isinstance(part, Variable) else np.asarray(part, "int32")
            part = as_tensor_variable(part)
            if part.ndim != 1 or part.dtype not in ("int32", "int16", "int8", "uint8", "int64"):
                raise TypeError(
                    static.message(f"{name} must be vector of integers", got=str(part.type),
                                   where=part.node.line)
                )
            parts.append(part.astype("int32"))
        if data.ndim != 1:
            raise TypeError(static.message("data argument must be a vector; ", got=str(data.type),
                                           where=data.node.line))
        return SparseVariable(SparseType(self.format, data.dtype), parts)


CSC, CSR = CSM("csc"), CSM("csr")


# -- dense ---------------------------------------------------------------------------------------


def dense_from_sparse(x: Any) -> Any:
    """The matrix as a tensor."""
    x = as_sparse_variable(x)
    rows, cols = places(x)
    empty = zeros((x.parts[3][0], x.parts[3][1]), x.dtype)
    return inc_subtensor(empty[rows, cols], x.data)


class SparseFromDense:
    """The elements of a tensor that are not zero, in a format."""

    def __init__(self, format: str) -> None:
        self.format = format

    def __call__(self, x: Any) -> SparseVariable:
        """The matrix; a vector is its only line."""
        x = as_tensor_variable(x)
        if x.ndim > 2:
            raise TypeError(
                static.message("Theano does not have sparse tensor types with more than 2 "
                               f"dimensions, but {x}.ndim = {x.ndim}", where=x.node.line)
            )
        if x.ndim == 1:
            x = x.dimshuffle("x", 0) if self.format == "csr" else x.dimshuffle(0, "x")
        if x.ndim == 0:
            x = x.dimshuffle("x", "x")
        rows, cols = nonzero(x)
        return matrix_of(x[rows, cols], rows, cols, x.shape, self.format)


csr_from_dense, csc_from_dense = SparseFromDense("csr"), SparseFromDense("csc")


def cast(variable: Any, dtype: Any) -> SparseVariable:
    """The matrix with elements of another type."""
    x = as_sparse_variable(variable)
    return x.with_data(x.data.astype(dtype))


bcast, wcast, icast, lcast, fcast, dcast, ccast, zcast = (
    lambda x, dtype=dtype: cast(x, dtype) for dtype in (
        "int8", "int16", "int32", "int64", "float32", "float64", "complex64", "complex128")
)


def sp_ones_like(x: Any) -> SparseVariable:
    """Ones at the places of the elements."""
    x = as_sparse_variable(x)
    return x.with_data(x.data.ones_like())


def sp_zeros_like(x: Any) -> SparseVariable:
    """A matrix of that shape without elements."""
    x = as_sparse_variable(x)
    kind = x.type
    empty = Matrix(np.zeros(0, kind.dtype), np.zeros(0), [0], (0, 0), "csr")
    data, indices = (as_tensor_variable(p) for p in (empty.data, empty.indices))
    return SparseVariable(kind, (data, indices, x.parts[2].zeros_like(), x.parts[3]))


# -- joined --------------------------------------------------------------------------------------


def _stacked(blocks: Sequence[Any], format: str | None, dtype: Any, axis: int) -> SparseVariable:
    found = [as_sparse_variable(b) for b in blocks]
    dtype, format = dtype or upcast(*[b.dtype for b in found]), format or "csc"
    rows, cols, data = [], [], []
    before = as_tensor_variable(0)
    for block in found:
        at = list(places(block))
        at[axis] = at[axis] + before
        before = before + block.shape[axis]
        rows.append(at[0])
        cols.append(at[1])
        data.append(block.data.astype(dtype))
    other = found[0].shape[1 - axis]
    shape = (before, other) if axis == 0 else (other, before)
    return matrix_of(*[concatenate(v) for v in (data, rows, cols)], shape, format)


def hstack(blocks: Sequence[Any], format: str | None = None, dtype: Any = None) -> SparseVariable:
    """Matrices side by side."""
    return _stacked(blocks, format, dtype, 1)


def vstack(blocks: Sequence[Any], format: str | None = None, dtype: Any = None) -> SparseVariable:
    """Matrices one below the other."""
    return _stacked(blocks, format, dtype, 0)


def construct_sparse_from_list(x: Any, values: Any, ilist: Any) -> SparseVariable:
    """A matrix (csc) of the shape of x, with the rows of a dense matrix added at these places."""
    x, values, ilist = (as_tensor_variable(v) for v in (x, values, ilist))
    if (x.ndim, values.ndim, ilist.ndim) != (2, 2, 1):
        raise TypeError(
            static.message("construct_sparse_from_list takes two matrices and a list of rows",
                           expected="2, 2 and 1 axes", where=values.node.line,
                           got=f"{x.ndim}, {values.ndim} and {ilist.ndim}")
        )
    count, width = ilist.shape[0], x.shape[1]
    at = zeros((count, width), "int64")
    rows, cols = at + ilist.dimshuffle(0, "x"), at + arange(width)
    return matrix_of(*[v.flatten() for v in (values, rows, cols)], x.shape, "csc")


def square_diagonal(diag: Any) -> SparseVariable:
    """The square matrix with this diagonal."""
    diag = as_tensor_variable(diag)
    count = diag.shape[0]
    return CSC(diag, arange(count).astype("int32"), arange(count + 1).astype("int32"),
               concatenate([diag.shape, diag.shape]).astype("int32"))


__all__ = [
    "CSC", "CSM", "CSR", "SparseFromDense", "all_dtypes", "as_sparse",
    "as_sparse_or_tensor_variable", "as_sparse_variable", "bcast", "cast", "ccast",
    "complex_dtypes", "constant", "construct_sparse_from_list", "continuous_dtypes",
    "csc_dmatrix", "csc_fmatrix",
    "csc_from_dense", "csc_matrix", "csm_data", "csm_indices", "csm_indptr", "csm_properties",
    "csm_shape", "csr_dmatrix", "csr_fmatrix", "csr_from_dense", "csr_matrix", "dcast",
    "dense_from_sparse", "discrete_dtypes", "fcast", "float_dtypes", "hstack", "icast",
    "int_dtypes", "integer_dtypes", "lcast", "matrix", "sp_ones_like", "sp_zeros_like",
    "sparse_formats", "square_diagonal", "uint_dtypes", "vstack", "wcast", "zcast",
]

"""Sparse matrices as values: compressed rows (csr) or columns (csc).

A program that uses scipy.sparse gives such matrices, and gets such ones back; where scipy is not
in use, `Matrix` holds them.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from pentad import static

FORMATS = ("csc", "csr")


class Matrix:
    """A sparse matrix: of line i (a row if csr, a column if csc) the elements `data[a:b]` lie at
    `indices[a:b]`, with a, b = indptr[i], indptr[i + 1]."""

    ndim = 2

    def __init__(self, data: Any, indices: Any, indptr: Any, shape: Any, format: str) -> None:
        self.data, self.format = np.asarray(data), format
        self.indices, self.indptr = np.asarray(indices, "int32"), np.asarray(indptr, "int32")
        self.shape: tuple[int, int] = (int(shape[0]), int(shape[1]))
        self.dtype = self.data.dtype
        self._check()

    def _check(self) -> None:
        lines, width = self.shape if self.format == "csr" else self.shape[::-1]
        count, ends = len(self.data), self.indptr
        fits = (
            len(self.indices) == count and ends.shape == (lines + 1,) and ends[0] == 0
            and ends[-1] == count and (np.diff(ends) >= 0).all()
            and (not count or (self.indices.min() >= 0 and self.indices.max() < width))
        )
        if not fits:
            raise ValueError(
                static.message("the parts of a sparse matrix do not fit together",
                               expected=f"{self.format} parts of a matrix of shape {self.shape}",
                               got=f"{count} values, {len(self.indices)} indices, "
                                   f"{len(ends)} pointers")
            )

    @property
    def nnz(self) -> int:
        """How many elements are stored."""
        return len(self.data)

    def getnnz(self) -> int:
        """How many elements are stored."""
        return self.nnz

    @property
    def places(self) -> tuple[Any, Any]:
        """The rows and the columns of the elements."""
        lines = np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))
        return (lines, self.indices) if self.format == "csr" else (self.indices, lines)

    def toarray(self) -> Any:
        """The matrix as an array."""
        found = np.zeros(self.shape, self.dtype)
        np.add.at(found, self.places, self.data)
        return found

    todense = toarray

    @property
    def T(self) -> Matrix:
        """The transposed matrix, in the other format."""
        other = "csc" if self.format == "csr" else "csr"
        return Matrix(self.data, self.indices, self.indptr, self.shape[::-1], other)

    def astype(self, dtype: Any) -> Matrix:
        """The matrix with elements of another type."""
        return Matrix(self.data.astype(dtype), self.indices, self.indptr, self.shape, self.format)

    def copy(self) -> Matrix:
        """A matrix of its own."""
        parts = (self.data.copy(), self.indices.copy(), self.indptr.copy())
        return Matrix(*parts, self.shape, self.format)

    def __repr__(self) -> str:
        return f"<{self.format} matrix of shape {self.shape} with {self.nnz} elements>"


def is_sparse(value: Any) -> bool:
    """Is it a sparse matrix, of scipy's or ours?"""
    return isinstance(value, Matrix) or (hasattr(value, "getnnz") and hasattr(value, "tocsr"))


def is_dense(value: Any) -> bool:
    """Is it an array?"""
    return isinstance(value, np.ndarray)


_is_sparse, _is_dense = is_sparse, is_dense


def from_dense(array: Any, format: str) -> Matrix:
    """The elements of an array that are not zero."""
    array = np.asarray(array)
    if array.ndim != 2:
        raise TypeError(static.message("a sparse matrix has two axes", got=str(array.shape)))
    walked = array if format == "csr" else array.T
    lines, places = np.nonzero(walked)
    ends = np.concatenate([[0], np.cumsum(np.bincount(lines, minlength=len(walked)))])
    return Matrix(walked[lines, places], places, ends, array.shape, format)


def as_matrix(value: Any, format: str) -> Matrix:
    """A value as a matrix of a format."""
    if not is_sparse(value):
        return from_dense(value, format)
    if not isinstance(value, Matrix):
        value = getattr(value, "to" + format)()
        return Matrix(value.data, value.indices, value.indptr, value.shape, format)
    return value if value.format == format else from_dense(value.toarray(), format)


def handed_back(found: Matrix) -> Any:
    """A result as the program gets it: scipy's, if it has imported that."""
    scipy = sys.modules.get("scipy.sparse")
    if scipy is None:
        return found
    kind = getattr(scipy, found.format + "_matrix")
    return kind((found.data, found.indices, found.indptr), shape=found.shape)


__all__ = ["FORMATS", "Matrix", "as_matrix", "from_dense", "handed_back", "is_dense",
           "is_sparse"]

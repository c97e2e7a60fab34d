"""Shared sparse matrices."""

from pentad.frontends.missing import absent
from pentad.frontends.theano.sparse.type import (
    SparseSharedVariable,
    SparseType,
    sparse_constructor,
)

SparseTensorSharedVariable = SparseSharedVariable
__all__ = ["SparseTensorSharedVariable", "SparseType", "sparse_constructor"]
__getattr__ = absent(__name__)

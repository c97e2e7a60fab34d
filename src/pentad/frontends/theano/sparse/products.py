"""Products of matrices of which one or both are sparse."""

from __future__ import annotations

from typing import Any

from pentad import static
from pentad.frontends.theano.sparse.arithmetic import transpose
from pentad.frontends.theano.sparse.conversion import (
    SparseFromDense,
    as_sparse_or_tensor_variable,
    as_sparse_variable,
    dense_from_sparse,
)
from pentad.frontends.theano.sparse.structure import matrix_of, pairs, places
from pentad.frontends.theano.sparse.type import SparseVariable
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.creation import zeros
from pentad.frontends.theano.tensor.joining import stack
from pentad.frontends.theano.tensor.subtensor import inc_subtensor


def _dense(x: SparseVariable, y: Any) -> Any:
    """A sparse matrix times a tensor."""
    if y.ndim not in (1, 2):
        raise TypeError(
            static.message("theano.sparse.Dot: input 1 must have ndim of 1 or 2",
                           got=str(y.type), where=y.node.line)
        )
    rows, cols = places(x)
    taken = y[cols]
    weighted = x.data * taken if y.ndim == 1 else x.data.dimshuffle(0, "x") * taken
    shape = (x.parts[3][0],) if y.ndim == 1 else (x.parts[3][0], y.shape[1])
    return inc_subtensor(zeros(shape, weighted.dtype)[rows], weighted)


def _sparse(x: SparseVariable, y: SparseVariable) -> SparseVariable:
    """A sparse matrix times another."""
    rows, inner = places(x)
    other, cols = places(y)
    first, second = pairs(inner, other)
    return matrix_of(x.data[first] * y.data[second], rows[first], cols[second],
                     stack([x.parts[3][0], y.parts[3][1]]), x.format)


def _given(x: Any, y: Any) -> tuple[Any, Any]:
    x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
    if not isinstance(x, SparseVariable) and not isinstance(y, SparseVariable):
        raise TypeError(
            static.message("structured_dot requires at least one sparse argument",
                           got=f"{x.type} and {y.type}", hint="theano.tensor.dot takes tensors")
        )
    return x, y


def structured_dot(x: Any, y: Any) -> Any:
    """The product; sparse if both are. Its gradient by a sparse matrix is sparse."""
    x, y = _given(x, y)
    if isinstance(x, SparseVariable):
        return _sparse(x, y) if isinstance(y, SparseVariable) else _dense(x, y)
    found = _dense(transpose(y), x.T)
    return found.T if x.ndim == 2 else found


def dot(x: Any, y: Any) -> Any:
    """The product, dense."""
    found = structured_dot(x, y)
    return dense_from_sparse(found) if isinstance(found, SparseVariable) else found


def true_dot(x: Any, y: Any, grad_preserves_dense: bool = True) -> Any:
    """The product, sparse; the format is that of the sparse factor."""
    x, y = _given(x, y)
    found = structured_dot(x, y)
    form = (x if isinstance(x, SparseVariable) else y).format
    return found if isinstance(found, SparseVariable) else SparseFromDense(form)(found)


def sampling_dot(x: Any, y: Any, p: Any) -> SparseVariable:
    """The product of x and the transposed y at the places of p, times its elements."""
    x, y, p = as_tensor_variable(x), as_tensor_variable(y), as_sparse_variable(p)
    rows, cols = places(p)
    return p.with_data(p.data * (x[rows] * y[cols]).sum(axis=1))


def usmm(alpha: Any, x: Any, y: Any, z: Any) -> Any:
    """alpha times the product of x and y, and z: dense."""
    return as_tensor_variable(alpha) * dot(x, y) + as_tensor_variable(z)


SparseVariable.__dot__ = structured_dot  # type: ignore[attr-defined]
SparseVariable.__rdot__ = lambda self, left: structured_dot(left, self)  # type: ignore[attr-defined]
__all__ = ["dot", "sampling_dot", "structured_dot", "true_dot", "usmm"]

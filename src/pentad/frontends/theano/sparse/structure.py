"""Where the elements of sparse matrices lie: their rows and columns, and matrices made of those."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.op import Native, make, one
from pentad.frontends.theano.sparse.type import SparseType, SparseVariable
from pentad.frontends.theano.tensor.creation import zeros
from pentad.frontends.theano.tensor.joining import stack
from pentad.frontends.theano.tensor.subtensor import inc_subtensor

VECTOR, SHORT = static.Type(pt.int64, (None,)), static.Type(pt.int32, (None,))


def _lines(indptr: Any, indices: Any) -> Any:
    count = pt.arange(indices.shape[0])
    return pt.searchsorted(indptr[1:].to(pt.int64), count, right=True)


def _canonical(rows: Any, cols: Any, shape: Any, format: str) -> Any:
    """The parts of a matrix with elements at these places, and for each where it is kept: those at
    one place become one."""
    lines, places = (rows, cols) if format == "csr" else (cols, rows)
    count, width = (shape if format == "csr" else shape[::-1]).astype("int64")
    keys, kept = np.unique(lines.astype("int64") * width + places, return_inverse=True)
    each = np.bincount(keys // max(width, 1), minlength=count)
    ends = np.concatenate([[0], np.cumsum(each)])
    return (keys % max(width, 1)).astype("int32"), ends.astype("int32"), kept.reshape(-1)


def _pairs(a: Any, b: Any) -> Any:
    """All pairs of places where two vectors of numbers have the same, by the first."""
    order = np.argsort(b, kind="stable")
    first, last = (np.searchsorted(b[order], a, side) for side in ("left", "right"))
    counts = last - first
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(np.arange(len(a)), counts), order[np.repeat(first, counts) + within]


LINES = Native("csm_lines", _lines, differentiable=False)
CANONICAL = Native("csm_canonical", _canonical, host=True, differentiable=False)
PAIRS = Native("csm_pairs", _pairs, host=True, differentiable=False)


def places(x: SparseVariable) -> tuple[Any, Any]:
    """The rows and the columns of the elements."""
    _, indices, indptr, _ = x.parts
    lines, other = one(LINES, indptr, indices, types=[VECTOR]), indices.astype("int64")
    return (lines, other) if x.format == "csr" else (other, lines)


def keys(x: SparseVariable) -> Any:
    """A number for the place of each element."""
    rows, cols = places(x)
    return rows * x.shape[1] + cols


def pairs(a: Any, b: Any) -> tuple[Any, Any]:
    """The places in two vectors that hold the same number, as two vectors."""
    first, second = make(PAIRS, [a, b], types=[VECTOR, VECTOR]).outputs
    return first, second


def summed(values: Any, at: Any, count: Any) -> Any:
    """A vector of `count` numbers: at each place the sum of the values that belong there."""
    return inc_subtensor(zeros((count,), values.dtype)[at], values)


def matrix_of(data: Any, rows: Any, cols: Any, shape: Any, format: str) -> SparseVariable:
    """The matrix with these elements at these places; those at one place are added."""
    shape = shape if not isinstance(shape, tuple) else stack(list(shape))
    shape = shape.astype("int32")
    indices, indptr, kept = make(CANONICAL, [rows, cols, shape], {"format": format},
                                 types=[SHORT, SHORT, VECTOR]).outputs
    data = summed(data, kept, indices.shape[0])
    return SparseVariable(SparseType(format, data.dtype), (data, indices, indptr, shape))


__all__ = ["keys", "matrix_of", "pairs", "places", "summed"]

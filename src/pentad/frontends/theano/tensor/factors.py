"""Least squares and the raw factors of QR: computed by NumPy, without gradients, as in Theano."""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad.frontends.theano.gof.graph import Apply
from pentad.frontends.theano.gof.userop import Op
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.nlinalg import matrix
from pentad.frontends.theano.tensor.type import TensorType


class lstsq(Op):
    """`lstsq()(x, y, rcond)`: (the b nearest to x b = y, the squared distances, the rank of x, its
    singular values). Distances are empty where x has not full rank or no more rows than columns.

    Singular values below rcond times the largest count as zero. Source: `numpy.linalg.lstsq`.
    """

    __props__ = ()

    def make_node(self, x: Any, y: Any, rcond: Any) -> Apply:
        """What computes it for a matrix (m, n), and a vector (m,) or a matrix (m, k)."""
        x, y, limit = matrix(x, "lstsq"), as_tensor_variable(y), as_tensor_variable(rcond)
        several = (False,) * y.ndim
        found = [TensorType(x.dtype, several)(), TensorType(x.dtype, (False,))(),
                 TensorType("int64", ())(), TensorType(x.dtype, (False,))()]
        return Apply(self, [x, y, limit], found)

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[Any]) -> None:
        """Solve for arrays."""
        x, y, rcond = inputs
        solution, distances, rank, values = np.linalg.lstsq(x, y, rcond.item())
        kinds = (x.dtype, x.dtype, np.int64, x.dtype)
        found = (solution, distances, rank, values)
        for cell, value, dtype in zip(output_storage, found, kinds, strict=True):
            cell[0] = np.asarray(value, dtype)


class RawFactors(Op):
    """The Householder vectors of a matrix (m, n), as rows (n, m), and their factors."""

    __props__ = ()

    def make_node(self, x: Any) -> Apply:
        """What computes them."""
        x = matrix(x, "qr")
        return Apply(self, [x], [TensorType(x.dtype, (False, False))(),
                                 TensorType(x.dtype, (False,))()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[Any]) -> None:
        """Decompose an array."""
        for cell, value in zip(output_storage, np.linalg.qr(inputs[0], "raw"), strict=True):
            cell[0] = np.ascontiguousarray(value)

    def __str__(self) -> str:
        return "QRFull"


__all__ = ["RawFactors", "lstsq"]

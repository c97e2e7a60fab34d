"""Householder reflections: the QR factorisation as LAPACK keeps it."""

from __future__ import annotations

import numpy as np

from pentad.graph.errors import ShapeError
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.ops.batching import same
from pentad.ops.define import F32, OpFunction, define
from pentad.ops.matrices import (
    lapack,
    pack_arrays,
    packed_type,
    random_matrix,
    require_matrix,
    smaller,
    unpack,
)
from pentad.ops.solving import NOT_CONVERGED


def _infer(x: TensorType) -> TensorType:
    require_matrix("geqrf", x)
    m, n = x.shape[-2:]
    return packed_type(x, (m, n), (smaller(m, n),))


def _reference(x: np.ndarray) -> np.ndarray:
    batch, (m, n) = x.shape[:-2], x.shape[-2:]
    if x.size == 0:
        return np.zeros((*batch, m * n + min(m, n)), x.dtype)
    turned, tau = np.linalg.qr(x, "raw")
    return pack_arrays(np.swapaxes(turned, -1, -2), tau, batch=batch, dtype=x.dtype)


packed_geqrf: OpFunction = define(
    "packed_geqrf",
    "R above the diagonal and the vectors of the reflections below it, and their factors, packed.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=_infer,
    reference=lapack("geqrf", NOT_CONVERGED)(_reference),
    nondifferentiable="the reflections are LAPACK's choice; linalg.qr has derivatives",
    samples=lambda: [
        *(Sample((random_matrix(*s),)) for s in ((3, 3), (4, 2), (2, 4), (2, 3, 2), (0, 2))),
        Sample((random_matrix(5, 3, dtype=np.float32),)),
        Sample((random_matrix(3, 2, dtype=np.complex128),)),
    ],
    errors=lambda: [Sample((((3,), F32),), {}, ShapeError, "no matrix")],
)


def geqrf(x: Node) -> tuple[Node, Node]:
    """(R with the reflections below it, their factors) of [..., m, n]: [..., m, n], [..., k]."""
    m, n = x.shape[-2:]
    both, tau = unpack(packed_geqrf(x), (m, n), (smaller(m, n),))
    return both, tau

"""Symmetric (Hermitian) indefinite matrices: A = L D L^T with pivoting, and equations with it.

Bunch and Kaufman, "Some stable methods for calculating inertia and solving symmetric linear
systems" (1977), in the storage of LAPACK's sytrf and hetrf for the lower triangle: D has blocks
of 1x1 and 2x2; a negative pivot, given twice, marks a block of 2x2.
"""

from __future__ import annotations

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, LinAlgError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.ops.batching import same
from pentad.ops.conversion import cast
from pentad.ops.define import OpFunction, define, quiet, require_dtype
from pentad.ops.matrices import (
    F64,
    pack_arrays,
    packed_type,
    random_matrix,
    real_part,
    require_matrix,
    require_square,
    unpack,
)
from pentad.ops.solving import square_errors

_GROWTH = (1 + 17**0.5) / 8
"""The threshold that bounds the growth of elements least (Bunch and Kaufman, section 4.2)."""


def _size(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.abs(x.real) + np.abs(x.imag))


def _choice(a: np.ndarray, k: int) -> tuple[int, int]:
    """(size of the block, row that becomes its last) for what is left from row `k` on."""
    below = _size(a[k + 1 :, k])
    here, largest = float(_size(a[k, k])), float(below.max(initial=0.0))
    if not len(below) or here >= _GROWTH * largest or np.isnan(here):
        return 1, k
    row = k + 1 + int(below.argmax())
    others = max(_size(a[row, k:row]).max(), _size(a[row + 1 :, row]).max(initial=0.0))
    if here >= _GROWTH * largest * (largest / others):
        return 1, k
    return (1, row) if _size(a[row, row]) >= _GROWTH * others else (2, row)


def _exchange(a: np.ndarray, at: int, other: int, k: int, hermitian: bool) -> None:
    """Rows and columns `at` and `other` of what is left from `k` on, in the lower triangle."""
    if at == other:
        return
    a[[at, other], k:at] = a[[other, at], k:at]
    a[at, at], a[other, other] = a[other, other], a[at, at]
    a[other + 1 :, [at, other]] = a[other + 1 :, [other, at]]
    column = _turned(a[at + 1 : other, at].copy(), hermitian)
    a[at + 1 : other, at] = _turned(a[other, at + 1 : other], hermitian)
    a[other, at + 1 : other] = column
    a[other, at] = _turned(a[other, at], hermitian)


def _turned(x: np.ndarray, hermitian: bool) -> np.ndarray:
    """What stands across the diagonal from `x`, element by element."""
    return np.asarray(x.conj() if hermitian else x)


def _factor(a: np.ndarray, hermitian: bool) -> tuple[np.ndarray, int]:
    """Factorises `a` in place; the pivots, and the first column (from 1) whose pivot is 0."""
    n, k, info = len(a), 0, 0
    pivots = np.zeros(n, np.int32)
    while k < n:
        size, row = _choice(a, k)
        end = k + size
        _exchange(a, end - 1, row, k, hermitian)
        pivots[k:end] = row + 1 if size == 1 else -(row + 1)
        block = _block(a, k, size, hermitian)
        if size == 1 and (not block[0, 0] or np.isnan(block[0, 0])):
            info = info or k + 1
        else:
            columns = a[end:, k:end].copy()
            scaled = np.linalg.solve(block.T, columns.T).T
            a[end:, end:] -= np.tril(scaled @ _turned(columns, hermitian).T)
            a[end:, k:end] = scaled
            if hermitian:
                rest = np.arange(end, n)
                a[rest, rest] = a[rest, rest].real
        k = end
    return pivots, info


def _block(a: np.ndarray, k: int, size: int, hermitian: bool) -> np.ndarray:
    """The block of D at `k`, whose lower triangle is stored."""
    block = a[k : k + size, k : k + size].copy()
    if size == 2:
        block[0, 1] = _turned(block[1, 0], hermitian)
    return block


def _reference_factor(x: np.ndarray, *, hermitian: bool, check: bool = False) -> np.ndarray:
    n = x.shape[-1]
    factors, pivots = np.tril(x), np.zeros(x.shape[:-1], np.int32)
    info = np.zeros((*x.shape[:-2], 1), np.int32)
    for at in np.ndindex(*x.shape[:-2]):
        if hermitian:
            factors[at][np.arange(n), np.arange(n)] = np.diagonal(x[at]).real
        pivots[at], info[at] = _factor(factors[at], hermitian)
    if check and info.any():
        raise LinAlgError(
            message("ldl_factor: a block of D is singular", expected="D without a pivot that is 0",
                    got=f"pivot {info.max()} is 0", hint="ldl_factor_ex says which, and goes on")
        )  # fmt: skip
    return pack_arrays(factors, pivots, info, batch=x.shape[:-2], dtype=x.dtype)


def _infer_factor(x: TensorType, *, hermitian: bool, check: bool) -> TensorType:
    require_square("ldl_factor", x)
    n = x.shape[-1]
    return packed_type(x, (n, n), (n,), (1,))


def _symmetric_samples() -> list[Sample]:
    found = []
    for dtype in (np.float64, np.complex128):
        for shape in ((1, 1), (4, 4), (2, 5, 5), (0, 0), (0, 3, 3)):
            x = random_matrix(*shape, dtype=dtype)
            for hermitian in (False, True):
                turned = np.swapaxes(x, -1, -2)
                turned = turned.conj() if hermitian else turned
                found.append(Sample((x + turned,), {"hermitian": hermitian, "check": False}))
    return found


packed_ldl: OpFunction = define(
    "packed_ldl",
    "L and D of a symmetric (hermitian) matrix in one, LAPACK's pivots, and the first pivot that "
    "is 0 (counted from 1; 0: none), packed.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=_infer_factor,
    reference=quiet(_reference_factor),
    nondifferentiable="as in PyTorch, where only its parts would have gradients",
    samples=_symmetric_samples,
    errors=lambda: square_errors(hermitian=False, check=False),
)


def ldl(x: Node, hermitian: bool, check: bool) -> tuple[Node, Node, Node]:
    """(L and D in one, pivots int32, info int32) of [..., n, n], whose lower triangle is read.

    check: LinAlgError where a pivot is 0.
    """
    n = x.shape[-1]
    packed = packed_ldl(x, hermitian=hermitian, check=check)
    factors, pivots, info = unpack(packed, (n, n), (n,), ())
    pivots, info = (cast(real_part(v), dtypes.int32) for v in (pivots, info))
    return factors, pivots, info


def _solve_one(ld: np.ndarray, pivots: np.ndarray, b: np.ndarray, hermitian: bool) -> None:
    """Solves in place: b becomes L D L^T \\ b."""
    starts, k = [], 0
    while k < len(ld):
        starts.append((k, 1 if pivots[k] > 0 or k + 1 == len(ld) else 2))
        k += starts[-1][1]
    for k, size in starts:
        end, row = k + size, abs(int(pivots[k])) - 1
        b[[end - 1, row]] = b[[row, end - 1]]
        b[end:] -= ld[end:, k:end] @ b[k:end]
        b[k:end] = np.linalg.solve(_block(ld, k, size, hermitian), b[k:end])
    for k, size in reversed(starts):
        end, row = k + size, abs(int(pivots[k])) - 1
        b[k:end] -= _turned(ld[end:, k:end], hermitian).T @ b[end:]
        b[[end - 1, row]] = b[[row, end - 1]]


def _reference_solve(
    ld: np.ndarray, pivots: np.ndarray, b: np.ndarray, *, hermitian: bool
) -> np.ndarray:
    found = np.array(b)
    rows = np.clip(np.abs(pivots), 1, ld.shape[-1]) * np.where(pivots < 0, -1, 1)
    for at in np.ndindex(*b.shape[:-2]):
        try:
            _solve_one(ld[at], rows[at], found[at], hermitian)
        except np.linalg.LinAlgError:  # a pivot is 0: as LAPACK's sytrs divides by it
            found[at] = np.inf
    return found


def _infer_solve(
    ld: TensorType, pivots: TensorType, b: TensorType, *, hermitian: bool
) -> TensorType:
    require_square("ldl_solve", ld)
    require_matrix("ldl_solve", b)
    require_dtype("ldl_solve", pivots.dtype, (dtypes.int32, dtypes.int64))
    if b.dtype is not ld.dtype:
        raise DTypeError(message("ldl_solve: the dtypes differ", expected=ld.dtype.name,
                                 got=b.dtype.name, hint="cast one of them"))  # fmt: skip
    if pivots.shape != ld.shape[:-1] or b.shape[:-1] != ld.shape[:-1]:
        raise ShapeError(
            message("ldl_solve: the shapes do not fit",
                    expected=f"pivots {list(ld.shape[:-1])} and B [*{list(ld.shape[:-1])}, k]",
                    got=f"{list(pivots.shape)} and {list(b.shape)}")
        )  # fmt: skip
    return b


def _solve_samples() -> list[Sample]:
    found = []
    for sample in _symmetric_samples():
        x, n = sample.inputs[0], sample.inputs[0].shape[-1]
        hermitian = sample.attrs["hermitian"]
        packed = _reference_factor(x, hermitian=hermitian)
        ld = packed[..., : n * n].reshape(x.shape)
        pivots = packed[..., n * n : n * n + n].real.astype(np.int32)
        b = random_matrix(*x.shape[:-1], 2, dtype=x.dtype)
        found.append(Sample((ld, pivots, b), {"hermitian": hermitian}))
    return found


ldl_solve: OpFunction = define(
    "ldl_solve",
    "X with A X = B from A's factors and pivots.",
    kind="host",
    wirtinger=True,
    batch=same,
    infer=_infer_solve,
    reference=quiet(_reference_solve),
    nondifferentiable="as in PyTorch; `solve` is differentiable",
    samples=_solve_samples,
    errors=lambda: [
        Sample((((3, 3), F64), ((2,), dtypes.int32), ((3, 1), F64)), {"hermitian": False},
               ShapeError, "do not fit"),
        Sample((((3, 3), F64), ((3,), dtypes.int32), ((3, 1), dtypes.float32)),
               {"hermitian": False}, DTypeError, "dtypes differ"),
    ],
)

"""linalg.ldl_factor and ldl_solve: the factors give the matrix back, and solve equations."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt

TYPES = [(np.float32, False), (np.float64, False), (np.complex128, False), (np.complex128, True)]


def matrix(n, dtype, hermitian, zero_diagonal=False, batch=()):
    rng = np.random.default_rng(n)
    x = rng.standard_normal((*batch, n, n))
    if np.issubdtype(dtype, np.complexfloating):
        x = x + 1j * rng.standard_normal((*batch, n, n))
    turned = np.swapaxes(x, -1, -2)
    x = x + (turned.conj() if hermitian else turned)
    if zero_diagonal:  # then every block is of 2x2
        x[..., np.arange(n), np.arange(n)] = 0
    return x.astype(dtype)


def rebuilt(ld, pivots, hermitian):
    """P L D L^T P^T, the exchanges undone step by step from the last block on."""
    turn = np.conj if hermitian else np.asarray
    n, starts, k = len(ld), [], 0
    while k < n:
        starts.append((k, 1 if pivots[k] > 0 else 2))
        k += starts[-1][1]
    whole = np.zeros_like(ld)
    for k, size in reversed(starts):
        end, row = k + size, abs(pivots[k]) - 1
        block = np.tril(ld[k:end, k:end])
        block = block + np.tril(turn(block), -1).T
        below = ld[end:, k:end]
        column = np.concatenate([np.eye(size), below])
        whole[k:, k:] += column @ block @ turn(column).T
        whole[[end - 1, row]] = whole[[row, end - 1]]
        whole[:, [end - 1, row]] = whole[:, [row, end - 1]]
    return whole


@pytest.mark.parametrize(("dtype", "hermitian"), TYPES)
@pytest.mark.parametrize("zero_diagonal", [False, True])
def test_the_factors_give_the_matrix_back(dtype, hermitian, zero_diagonal):
    x = matrix(6, dtype, hermitian, zero_diagonal)
    found = pt.linalg.ldl_factor(pt.from_numpy(x), hermitian=hermitian)
    ld, pivots = found.LD.numpy(), found.pivots.numpy()
    assert found.pivots.dtype is pt.int32
    assert (pivots < 0).any() or not zero_diagonal
    np.testing.assert_allclose(rebuilt(ld, pivots, hermitian), x, rtol=1e-4, atol=1e-5)
    assert not np.triu(ld, 1).any()


@pytest.mark.parametrize(("dtype", "hermitian"), TYPES)
def test_equations(dtype, hermitian):
    x = matrix(5, dtype, hermitian, batch=(2,))
    b = matrix(5, dtype, False)[:, :2]

    def solve(x, b):
        factors, pivots = pt.linalg.ldl_factor(x, hermitian=hermitian)
        return pt.linalg.ldl_solve(factors, pivots, b, hermitian=hermitian)

    for function in (solve, pt.compile(solve)):
        found = function(pt.from_numpy(x), pt.from_numpy(b)).numpy()
        np.testing.assert_allclose(x @ found, np.broadcast_to(b, found.shape), rtol=1e-3, atol=1e-4)


def test_a_pivot_that_is_zero():
    x = pt.zeros(2, 3, 3)
    assert pt.linalg.ldl_factor_ex(x).info.tolist() == [1, 1]
    for call in (pt.linalg.ldl_factor, lambda x: pt.linalg.ldl_factor_ex(x, check_errors=True)):
        with pytest.raises(pt.linalg.LinAlgError, match="pivot 1 is 0"):
            call(x)


def test_what_does_not_fit():
    factors, pivots = pt.linalg.ldl_factor(pt.eye(3))
    with pytest.raises(pt.ShapeError, match="not square"):
        pt.linalg.ldl_factor(pt.zeros(2, 3))
    with pytest.raises(pt.ShapeError):
        pt.linalg.ldl_solve(factors, pivots, pt.zeros(2, 1))
    with pytest.raises(pt.DTypeError):
        pt.linalg.ldl_solve(factors, pivots.float(), pt.zeros(3, 1))

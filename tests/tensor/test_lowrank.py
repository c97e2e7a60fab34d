"""Factors of low rank from random projections."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad.graph.errors import ArgumentError, ShapeError


def low_rank(*shape, rank=3, dtype=np.float64):
    rng = np.random.default_rng(0)
    *lead, m, n = shape
    left, right = rng.normal(size=(*lead, m, rank)), rng.normal(size=(*lead, rank, n))
    if np.dtype(dtype).kind == "c":
        left = left + 1j * rng.normal(size=left.shape)
    return (left @ right).astype(dtype)


@pytest.mark.parametrize("shape", [(7, 5), (5, 7), (2, 6, 4)])
@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_a_matrix_of_low_rank_is_found_exactly(shape, dtype):
    pt.manual_seed(0)
    a = low_rank(*shape, dtype=dtype)
    u, s, v = pt.svd_lowrank(pt.tensor(a), q=4)
    assert (u.shape[-1], s.shape[-1], v.shape[-1]) == (4, 4, 4)
    assert np.allclose(((u * s.unsqueeze(-2)) @ v.mH).numpy(), a, atol=1e-10)
    assert np.allclose(s.numpy()[..., :3], np.linalg.svd(a)[1][..., :3])


def test_principal_components():
    pt.manual_seed(0)
    a = low_rank(20, 6) + 5.0
    _, s, v = pt.pca_lowrank(pt.tensor(a), q=4)
    centred = a - a.mean(0)
    assert np.allclose(s.numpy()[:3], np.linalg.svd(centred)[1][:3])
    assert np.allclose((pt.tensor(centred) @ v @ v.mT).numpy(), centred, atol=1e-10)
    whole = pt.pca_lowrank(pt.tensor(a), center=False)
    assert whole[1].shape == (6,)
    less = pt.svd_lowrank(pt.tensor(a), 4, M=pt.tensor(a.mean(0, keepdims=True)))
    assert np.allclose(less[1].numpy()[:3], s.numpy()[:3])


@pytest.mark.parametrize("call, error", [
    (lambda a: pt.svd_lowrank(a, 4), ArgumentError), (lambda a: pt.svd_lowrank(a), ArgumentError),
    (lambda a: pt.svd_lowrank(a, 2, -1), ArgumentError),
    (lambda a: pt.svd_lowrank(a[0], 2), ShapeError), (lambda a: pt.pca_lowrank(a[0]), ShapeError),
])
def test_errors(call, error):
    with pytest.raises(error):
        call(pt.zeros(3, 5))

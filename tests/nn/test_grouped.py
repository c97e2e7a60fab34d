"""grouped_mm: each group against its own product."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError
from pentad.nn import functional as F


def drawn(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


ENDS = [2, 2, 5]


def by_rows(a, b):
    parts = [a[i:j] @ b[g] for g, (i, j) in enumerate(zip([0, *ENDS], ENDS, strict=False))]
    return np.concatenate([*parts, np.zeros((1, b.shape[-1]))])


def by_columns(a, b):
    parts = [a[g] @ b[:, i:j] for g, (i, j) in enumerate(zip([0, *ENDS], ENDS, strict=False))]
    return np.concatenate([*parts, np.zeros((a.shape[1], 1))], 1)


def by_sums(a, b):
    return np.stack([a[:, i:j] @ b[i:j] for i, j in zip([0, *ENDS], ENDS, strict=False)])


@pytest.mark.parametrize(("a", "b", "formula"), [
    ((6, 4), (3, 4, 2), by_rows), ((3, 2, 4), (4, 6), by_columns), ((2, 6), (6, 3), by_sums),
    ((3, 2, 4), (3, 4, 5), np.matmul),
])
def test_groups(a, b, formula):
    x, y = (pt.tensor(drawn(*shape), requires_grad=True) for shape in (a, b))
    offs = None if len(a) == len(b) == 3 else pt.tensor(ENDS, dtype=pt.int32)
    result = F.grouped_mm(x, y, offs=offs)
    np.testing.assert_allclose(result.detach().numpy(), formula(drawn(*a), drawn(*b)), rtol=1e-12)
    result.sum().backward()
    assert x.grad.shape == a
    assert y.grad.shape == b
    assert F.grouped_mm(x, y, offs=offs, bias=pt.ones(result.shape[-1], dtype=pt.float64),
                        out_dtype=pt.float32).dtype is pt.float32


@pytest.mark.parametrize(("a", "b", "offs", "error"), [
    ((6, 4), (3, 4, 2), None, ArgumentError), ((6, 4), (3, 5, 2), ENDS, ShapeError),
    ((6, 4), (3, 4, 2), [3, 2, 6], ArgumentError), ((6, 4), (3, 4, 2), [3, 5, 7], ArgumentError),
    ((6, 4), (3, 4, 2), [1.0, 2.0, 3.0], DTypeError),
])
def test_what_does_not_fit_is_refused(a, b, offs, error):
    with pytest.raises(error, match="grouped_mm"):
        F.grouped_mm(pt.ones(a), pt.ones(b), offs=None if offs is None else pt.tensor(offs))

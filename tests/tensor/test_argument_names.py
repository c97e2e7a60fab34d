"""Arguments by other names: NumPy's, and sizes by name."""

from __future__ import annotations

import pytest

import pentad as pt


@pytest.mark.parametrize("made", [
    lambda: pt.zeros(size=(2, 3)), lambda: pt.ones(size=[2, 3]), lambda: pt.empty(size=(2, 3)),
    lambda: pt.rand(size=(2, 3)), lambda: pt.randn(size=(2, 3), dtype=pt.float64),
    lambda: pt.ones(1).new_zeros(size=(2, 3)),
])
def test_sizes_by_name(made):
    assert made().shape == (2, 3)


def test_dimensions_by_numpys_names():
    x = pt.arange(12.0).reshape(3, 4)
    assert x.sum(axis=0).tolist() == x.sum(0).tolist()
    assert x.mean(dim=(0, 1), keepdims=True).shape == (1, 1)
    assert x.std(axis=1, keepdims=True).shape == (3, 1)
    assert pt.sum(x, axis=1).shape == (3,)
    assert pt.softmax(x, axis=1).shape == (3, 4)
    with pytest.raises(TypeError, match="several"):
        pt.sum(x, 1, axis=1)


def test_unknown_names_stay_errors():
    for wrong in ({"sizes": (2,)}, {"size": 3}, {"size": (2,), "axis": 1}):
        with pytest.raises((TypeError, pt.PentadError)):
            pt.zeros(**wrong)

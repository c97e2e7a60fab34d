"""pentad.signal.windows against their formulas."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import signal
from pentad.graph.errors import ArgumentError


def cosines(*a):
    return lambda k, n: sum(c * (-1) ** i * np.cos(2 * np.pi * i * k / n) for i, c in enumerate(a))


# name -> (options, value at k where the last point is n)
WINDOWS = {
    "bartlett": ({}, lambda k, n: 1 - abs(2 * k / n - 1)),
    "blackman": ({}, cosines(0.42, 0.5, 0.08)),
    "cosine": ({}, lambda k, n: np.sin(np.pi * (k + 0.5) / (n + 1))),
    "exponential": ({"tau": 1.7}, lambda k, n: np.exp(-abs(k - n / 2) / 1.7)),
    "gaussian": ({"std": 1.4}, lambda k, n: np.exp(-(((k - n / 2) / 1.4) ** 2) / 2)),
    "general_cosine": ({"a": [0.5, 0.3, 0.2]}, cosines(0.5, 0.3, 0.2)),
    "general_hamming": ({"alpha": 0.6}, cosines(0.6, 0.4)),
    "hamming": ({}, cosines(0.54, 0.46)),
    "hann": ({}, cosines(0.5, 0.5)),
    "kaiser": ({"beta": 5.0},
               lambda k, n: np.i0(5 * np.sqrt(np.maximum(1 - (2 * k / n - 1) ** 2, 0))) / np.i0(5)),
    "nuttall": ({}, cosines(0.3635819, 0.4891775, 0.1365995, 0.0106411)),
}


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("sym", [True, False])
def test_windows(name, sym):
    options, formula = WINDOWS[name]
    window = getattr(signal.windows, name)
    for m in (2, 5, 8):
        found = window(m, sym=sym, dtype=pt.float64, **options)
        expected = formula(np.arange(m), m - 1 if sym else m)
        assert np.allclose(found.numpy(), expected, rtol=1e-12, atol=1e-12)
    assert window(0, sym=sym, **options).shape == (0,)
    assert window(1, sym=sym, **options).tolist() == [1.0]
    assert window(3, requires_grad=True, **options).requires_grad


@pytest.mark.parametrize("call", [
    lambda w: w.hann(-1), lambda w: w.hann(2.5), lambda w: w.hann(4, dtype=pt.int64),
    lambda w: w.gaussian(4, std=0.0), lambda w: w.exponential(4, tau=-1.0),
    lambda w: w.exponential(4, center=1.0), lambda w: w.kaiser(4, beta=-1.0),
    lambda w: w.general_cosine(4, a=[]), lambda w: w.general_cosine(4, a=0.5),
])
def test_errors(call):
    with pytest.raises(ArgumentError):
        call(pt.signal.windows)


def test_a_center_of_its_own():
    found = signal.windows.exponential(4, center=0.0, tau=2.0, sym=False, dtype=pt.float64)
    assert np.allclose(found.numpy(), np.exp(-np.arange(4) / 2))

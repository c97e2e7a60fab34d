"""The machine's peaks: loops that run, figures that are kept."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pentad.codegen.llvm.ir import DOUBLE, FLOAT
from pentad.runtime.profiling import peaks as module
from pentad.runtime.profiling.peaks import Peaks, fma_loop, peaks, triad_loop


@pytest.fixture
def store(monkeypatch):
    """A cache that is a dictionary."""
    class Store(dict):
        put = dict.__setitem__

    found = Store()
    monkeypatch.setattr(module, "default_cache", lambda: found)
    monkeypatch.setattr(module, "_here", {})
    return found


@pytest.fixture
def loops(monkeypatch):
    """Loops that are no work; how often one was run."""
    runs = []
    loop = (lambda: runs.append(1), 8.0)
    monkeypatch.setattr(module, "fma_loop", lambda *_: loop)
    monkeypatch.setattr(module, "triad_loop", lambda: loop)
    monkeypatch.setattr(module, "_SECONDS", 0.0)
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    return runs


@pytest.mark.parametrize("undisturbed", [True, False])
def test_figures_are_kept_if_nothing_disturbed_them(store, loops, monkeypatch, undisturbed):
    monkeypatch.setattr(module, "_UNDISTURBED", -1.0 if undisturbed else 1e9)
    first = peaks()
    ran = len(loops)
    assert ran >= 3 * 8
    assert peaks() == first
    assert len(loops) == ran
    assert [Peaks(*json.loads(v)) for v in store.values()] == [first] * undisturbed
    peaks(anew=True)
    assert len(loops) > ran


@pytest.mark.parametrize("scalar", [FLOAT, DOUBLE], ids=str)
def test_the_loop_of_multiply_adds_runs_its_tasks(scalar):
    run, flops = fma_loop(1, scalar)
    [data] = run.block.keep
    assert run() == 0
    assert np.isfinite(data).all()
    chains = 1.0  # x = x / 2 + 1 / 2 goes to 1
    assert data[data.size // 2] == pytest.approx(12 * chains, rel=1e-3)
    assert flops > 1e6


def test_the_triad_writes_all_of_its_array(monkeypatch):
    monkeypatch.setattr(module, "_LEAST_BYTES", 1 << 20)
    monkeypatch.setattr(module, "_TIMES_CACHE", 0)
    run, moved = triad_loop()
    assert run() == 0
    a, b, c = run.block.keep
    assert (a == b + c * c).all()
    assert moved == 3 * (1 << 20)

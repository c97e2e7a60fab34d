"""Programs of Theano and TensorFlow 1 beside the frameworks: what is left out, and why."""

from __future__ import annotations

import sys

import pytest

from bench import older
from bench.timing import Settings

QUICK = Settings(rounds=2, block=1e-6, warm_up=0.0)


@pytest.fixture(scope="module")
def served():
    found = older.Served.start(sys.executable, "theano small call", 1, own=True)
    yield found
    found.close()


def test_a_step_runs_so_many_times(served):
    assert len(served.losses) == 3
    seconds = older.interleaved({"pentad": served}, QUICK)["pentad"]
    assert len(seconds) == 2
    assert min(seconds) > 0


def test_without_the_framework(served, monkeypatch):
    monkeypatch.delenv("BENCH_THEANO_PYTHON", raising=False)
    monkeypatch.setattr(older.Served, "start", lambda *args: served)
    monkeypatch.setattr(older.Served, "close", lambda self: None)
    [record] = older.run(["theano small call"], 1, QUICK, lambda text: None)
    assert record["left_out"] == {"theano": "BENCH_THEANO_PYTHON names no Python that has it"}
    [own] = record["measurements"]
    assert own["peer"] == "pentad"
    assert own["median_us"] > 0


def test_other_losses_are_not_compared(served, monkeypatch):
    other = older.Served(served.process, "1.0", [v + 1 for v in served.losses])
    monkeypatch.setenv("BENCH_THEANO_PYTHON", "other python")
    monkeypatch.setattr(
        older.Served, "start", lambda python, *args: other if "other" in python else served)
    monkeypatch.setattr(older.Served, "close", lambda self: None)
    [record] = older.run(["theano small call"], 1, QUICK, lambda text: None)
    assert "computes other losses" in record["left_out"]["theano"]
    assert [m["peer"] for m in record["measurements"]] == ["pentad"]


def test_a_process_that_dies_says_why(monkeypatch):
    monkeypatch.setitem(older.PROGRAMS, "no program", "theano")
    with pytest.raises(RuntimeError, match="No module named 'no_program'"):
        older.Served.start(sys.executable, "no program", 1, own=True)

"""Optimisers and schedules against PyTorch's own numbers (cases.py), over 50 steps."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import pentad as pt
from tests.optim import cases

FIRST = [case for case in cases.CASES if case.endswith("/0") and not case.startswith("LBFGS")]


@cache
def numbers():
    with np.load(Path(__file__).parent / "numbers" / "optimizers.npz") as found:
        return dict(found)


def layouts():
    return json.loads(numbers()["layouts"].tobytes())


def close(found, case, step):
    exact = cases.dtype_of(case) == "float64"
    tolerance = {"rtol": 1e-8, "atol": 1e-9} if exact else {"rtol": 2e-6, "atol": 1e-6}
    np.testing.assert_allclose(found, numbers()[f"{case}/{step}"], **tolerance)


@pytest.mark.parametrize("case", cases.CASES)
def test_steps(case):
    found, _ = cases.run(pt, case)
    for step, values in found.items():
        close(values, case, step)


@pytest.mark.parametrize("case", FIRST)
def test_compiled_steps(case):
    steps = []

    def compiled(step):
        steps.append(pt.compile(step))
        return steps[0]

    found, _ = cases.run(pt, case, compiled)
    for step, values in found.items():
        close(values, case, step)
    assert steps[0].traces == 1


@pytest.mark.parametrize("case", FIRST)
def test_states_have_pytorchs_layout_and_go_on(case):
    """A state that PyTorch saved after half of the steps leads to its values after all."""
    half = cases.STEPS // 2
    held = {k.removeprefix(f"state/{case}/"): v for k, v in numbers().items()
            if k.startswith(f"state/{case}/")}

    def start(params, optimizer):
        saved = {i: {k.partition("/")[2]: pt.tensor(v) for k, v in held.items()
                     if k.startswith(f"{i}/")} for i in range(len(params))}
        with pt.no_grad():
            for i, p in enumerate(params):
                p.copy_(pt.tensor(held[f"p{i}"]))
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": saved, "param_groups": groups})

    found, optimizer = cases.run(pt, case, begin=half, start=start)
    close(found[50], case, 50)
    own = optimizer.state_dict()["state"]
    expected = layouts()[case]
    assert cases.layout(own[0]) == expected
    assert list(own[0]) == list(expected)


@pytest.mark.parametrize("beta", [False, True], ids=["momentum", "beta"])
@pytest.mark.parametrize("name", cases.SCHEDULES)
def test_rates(name, beta):
    expected = numbers()[f"rates/{name}/{int(beta)}"]
    found, schedule = cases.rates(pt, name, beta)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-15)
    assert sorted(schedule.state_dict()) == layouts()[name]


@pytest.mark.parametrize("name", cases.SCHEDULES)
def test_a_saved_schedule_goes_on(name):
    found, _ = cases.rates(pt, name, saved_at=21)
    expected = numbers()[f"rates/{name}/0"]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("maximize", [False, True])
def test_sparse_adam_leaves_rows_alone_that_are_not_looked_up(maximize):
    found, layout = cases.run_sparse(pt, maximize=maximize)
    np.testing.assert_allclose(found, numbers()[f"SparseAdam/{int(maximize)}"], rtol=1e-9)
    assert layout == layouts()["SparseAdam"]


@pytest.mark.parametrize("case", cases.MUONS)
def test_muon(case):
    """Its matrices are in bfloat16, of which the last digit may differ."""
    found, layout = cases.run_muon(pt, case)
    way = 10 * cases.MUONS[case]["lr"]
    np.testing.assert_allclose(found, numbers()[case], atol=0.01 * way)
    assert layout == layouts()["Muon"]

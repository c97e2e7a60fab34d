"""The comparison with PyTorch: its judgement, its processes, its page. PyTorch is not needed."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

import pentad as pt
from parity import compare, entries, names, report, runner


@pytest.mark.parametrize("name, left_out", [
    ("add", False), ("__radd__", False), ("quantile", False), ("index_copy", False),
    ("view_copy", True), ("_chunk_cat", True), ("sparse.mm.reduce", True), ("masked.sum", True),
    ("torch.ops.aten._safe_softmax.default", True), ("jiterator_unary", True),
])
def test_only_what_is_pytorchs_own_is_left_out(name, left_out):
    assert (entries.reason_to_leave_out(name) is not None) == left_out


# -- judgement -------------------------------------------------------------------------------------


@pytest.mark.parametrize("ours, theirs, wrong", [
    (pt.tensor([1.0, 2.0]), pt.tensor([1.0, 2.0]), None),
    (pt.tensor([1.0, 2.0]), pt.tensor([1.0, 2.001]), "2.0"),
    (pt.tensor([1.0, float("nan")]), pt.tensor([1.0, float("nan")]), None),
    (pt.tensor([1.0, 2.0]), pt.tensor([[1.0, 2.0]]), "shape [2], expected [1, 2]"),
    (pt.tensor([1, 2]), pt.tensor([1.0, 2.0]), "dtype int64, expected float32"),
    ((pt.tensor(1), pt.tensor(2)), [pt.tensor(1), pt.tensor(3)], "result 1: 2, expected 3"),
    (pt.tensor(1), [pt.tensor(1), pt.tensor(3)], "1 results, expected 2"),
    (3, 3, None),
    (3, 4, "3, expected 4"),
])  # fmt: skip
def test_results_agree_in_shape_dtype_and_value(ours, theirs, wrong):
    found = compare.complaint(ours, theirs)
    assert (found is None) if wrong is None else wrong in found


def test_rounding_is_judged_by_the_distance_from_the_truth():
    truth = np.array([1.0, 1.0])
    theirs = np.array([1.0, 1.001])
    assert compare.differing(np.array([1.001, 1.0]), theirs, 1e-6, 1e-6) is not None
    assert compare.differing(np.array([1.001, 1.0]), theirs, 1e-6, 1e-6, truth) is None
    assert compare.differing(np.array([1.01, 1.0]), theirs, 1e-6, 1e-6, truth) is not None
    stable, infinite = np.array([1e30]), np.array([np.inf])
    assert compare.differing(stable, infinite, 1e-6, 1e-6, np.array([1e30])) is None


def test_indices_of_equal_elements_are_equal():
    source = np.array([[3, 1, 3], [2, 2, 5]])
    first, second, wrong = pt.tensor([[0], [1]]), pt.tensor([[2], [0]]), pt.tensor([[1], [1]])
    assert compare.complaint(first, second, source=source) is None
    assert compare.complaint(first, wrong, source=source)
    assert compare.complaint(first, second)


def test_random_numbers_agree_in_their_mean():
    rng = np.random.default_rng(0)
    assert compare.alike(rng.normal(size=4000), rng.normal(size=4000)) is None
    assert compare.alike(rng.normal(size=4000) + 1, rng.normal(size=4000))
    coins = [(rng.random(4000) < p).astype(np.float32) for p in (0.5, 0.5, 0.7)]
    assert compare.alike(coins[0], coins[1]) is None
    assert compare.alike(coins[2], coins[1])


# -- names -----------------------------------------------------------------------------------------


def test_names_are_found_as_functions_and_as_methods():
    assert names.find("add") is pt.add
    assert names.find("Tensor.copy_") is pt.Tensor.copy_
    assert names.find("view") is pt.Tensor.view
    assert names.find("nn.functional.relu") is pt.nn.functional.relu
    with pytest.raises(names.Missing):
        names.find("linalg.no_such_function")


def test_a_function_over_torch_runs_over_pentad():
    torch = types.ModuleType("torch")
    torch.nn, torch.exp = types.SimpleNamespace(functional=types.ModuleType("functional")), None
    scope = {"torch": torch, "__name__": "torch.testing.made"}
    found = names.rehosted(_over(scope), torch)(pt.tensor([0.0, 0.0]))
    assert found.item() == 2.0


def _over(scope):
    code = compile("lambda x: torch.exp(x).sum()", "made", "eval").co_consts[0]
    return types.FunctionType(code, scope)


# -- processes -------------------------------------------------------------------------------------

WORKER = """
import json, os, sys, time
def say(**what): print(json.dumps(what), flush=True)
say(ready=True)
for line in sys.stdin:
    request = json.loads(line)
    name, done = request["name"], request["done"]
    say(total=4, kinds=["forward", "forward", "in place", "gradient"])
    for i in range(done, 4):
        if i == 1 and name == "dies":
            os._exit(3)
        if i == 1 and name == "hangs":
            time.sleep(60)
        say(status="missing" if name == "gone" else "passed", why="no such" * (name == "gone"))
"""


def _made():
    return runner.Worker([sys.executable, "-c", WORKER], case=3.0)


def test_a_process_that_dies_or_hangs_costs_one_case():
    told = []
    found = runner.run_all(["good", "dies", "hangs", "gone"], 2,
                           lambda name, result: told.append(name), _made)  # fmt: skip
    assert sorted(told) == ["dies", "gone", "good", "hangs"]
    assert found["good"]["forward"] == {"passed": 2, "failed": 0, "missing": 0}
    for name, why in (("dies", "died with status 3"), ("hangs", "no answer within 3 s")):
        assert found[name]["forward"] == {"passed": 1, "failed": 1, "missing": 0}
        assert found[name]["gradient"]["passed"] == 1
        assert why in found[name]["first"]["forward"]
    text = report.page(found, {"masked.sum": entries.reason_to_leave_out("masked.sum")}, "1.0")
    assert "4 ops, 1 without any difference: forward 4 of 8 (50.0 %)" in text
    assert "| `gone` | missing | missing | missing |" in text
    assert "| `masked.sum` | torch.masked" in text

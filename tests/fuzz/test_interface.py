"""Nothing public answers a wrong call with anything but an error of ours, TypeError, IndexError."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import pentad as pt
from pentad.tensor.misfit import guarded
from tests.fuzz.interface import outcome, targets
from tests.source_tree import PACKAGE, ROOT

CALLS = 5
SEED = 2


def test_wrong_calls_end_with_errors_of_ours() -> None:
    """In a process of its own, so that a call that kills it is a failure and not the end."""
    environment = os.environ | {"PYTHONPATH": f"{PACKAGE.parent}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "tests.fuzz.interface", f"--calls={CALLS}", f"--seed={SEED}"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-2000:]}"


def test_the_fuzz_reaches_functions_methods_modules_and_operators() -> None:
    names = targets()
    for name in ("add", "Tensor.add_", "nn.functional.relu", "nn.Linear", "linalg.inv",
                 "Tensor.__getitem__", "zeros", "autograd.grad"):  # fmt: skip
        assert f"pt.{name}" in names


@pytest.mark.parametrize("call, wrong", [
    ("pt.add(pt.ones(3), 'x')", None), ("pt.ones(3)[7]", None),
    ("pt.ones(3).no_such_method()", "AttributeError"), ("{}['x']", "KeyError"),
    ("1 // 0", "ZeroDivisionError"),
])  # fmt: skip
def test_only_foreign_errors_are_failures(call: str, wrong: str | None) -> None:
    found = outcome(call)
    assert (found is None) if wrong is None else str(found).startswith(wrong)


def test_what_breaks_inside_becomes_an_error_that_names_the_arguments() -> None:
    @guarded
    def doubled(input: pt.Tensor, times: int = 1) -> pt.Tensor:
        """Twice the input."""
        return input.mul(2 * {1: 1, 2: 2}[times])

    assert doubled(pt.ones(2)).tolist() == [2.0, 2.0]
    assert doubled.__doc__ == "Twice the input."
    with pytest.raises(pt.DTypeError, match="doubled: the arguments do not fit") as caught:
        doubled(None)
    assert "doubled(None)" in str(caught.value)
    with pytest.raises(pt.ArgumentError, match=r"got: .*float32\[2\], times=9"):
        doubled(pt.ones(2), times=9)
    with pytest.raises(TypeError, match="unexpected keyword"):
        doubled(pt.ones(2), dim=1)
    assert guarded(pt.exp) is pt.exp

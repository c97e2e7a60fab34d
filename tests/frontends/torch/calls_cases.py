"""Names whose numbers are compared with those of PyTorch itself (cases.py)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

import pentad.frontends.torch as torch
import tests.frontends.torch.cases_distributions
import tests.frontends.torch.cases_layers
import tests.frontends.torch.cases_nn
import tests.frontends.torch.cases_rest
import tests.frontends.torch.cases_tensor  # noqa: F401
from tests.frontends.names.table import Calls
from tests.frontends.torch.cases import CASES, evaluated, unpacked

calls = Calls("torch")
NUMBERS = Path(__file__).parent / "numbers" / "cases.npz"
LOOSE = {"float32": 3e-6, "complex64": 3e-6, "float16": 2e-3}
PASSED_ON = ("logical_not_", "logical_and_", "logical_or_", "logical_xor_")
"""In place, PyTorch lets gradients pass these as if they changed nothing."""
VAGUE = {"torch.optim.LBFGS": 1e-6, "torch.distributions.VonMises": 1e-6,
         "torch.distributions.LKJCholesky": 1e-6}
"""Names whose numbers hang on the order of additions; PyTorch approximates Bessel functions."""


@cache
def numbers():
    """What PyTorch computed."""
    return unpacked(NUMBERS)


def agree(found, wanted, what, tol=0.0):
    """Are dtype, shape and numbers those of PyTorch?"""
    if isinstance(wanted, str):
        assert str(found) == wanted, f"{what}: {found}, PyTorch gives {wanted}"
        return
    found = np.asarray(found)
    assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape), (
        f"{what}: {found.dtype}{found.shape}, PyTorch gives {wanted.dtype}{wanted.shape}")
    tol = max(tol, LOOSE.get(str(wanted.dtype), 1e-10))
    scale = np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0) if wanted.dtype.kind in "fc" else 0
    np.testing.assert_allclose(found, wanted, rtol=10 * tol, atol=tol * max(scale, 1), err_msg=what)


def check(full):
    """The row's check of one name."""
    def compare(_):
        values, slope = evaluated(torch, full)
        tol = VAGUE.get(full, 0.0)
        wanted = [k for k in numbers() if k.startswith(f"{full}/") and not k.endswith("slope")]
        assert len(values) == len(wanted) > 0, f"{len(values)} values, PyTorch: {len(wanted)}"
        for i, value in enumerate(values):
            agree(value, numbers()[f"{full}/{i}"], f"{full} {i}", tol)
        expected = numbers().get(f"{full}/slope")
        if expected is None or full.endswith(PASSED_ON):
            return
        if slope is not None or expected.any():
            assert slope is not None, f"{full} has no gradient"
            agree(slope, expected, f"the gradient of {full}", max(tol, 1e-9))

    return compare


for name in CASES:
    calls(*name.rsplit(".", 1), check(name))

"""Names whose numbers are compared with those of Theano itself (cases.py)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from pentad.frontends import theano
from tests.frontends.names.table import Calls
from tests.frontends.theano.cases import CASES, evaluated, unpacked

calls = Calls("theano")
NUMBERS = Path(__file__).parent / "numbers" / "cases.npz"
LOOSE, EXACT = {"float32": 5e-6, "complex64": 5e-6}, 1e-12


@cache
def numbers():
    """What Theano computed."""
    return unpacked(NUMBERS)


def agree(value, wanted, what, tol=0):
    """Are dtype, shape and numbers those of Theano?"""
    assert (value.dtype, value.shape) == (wanted.dtype, wanted.shape), (
        f"{what}: {value.dtype}{value.shape}, Theano gives {wanted.dtype}{wanted.shape}")
    tol = max(tol, LOOSE.get(str(wanted.dtype), EXACT))
    scale = np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0)
    # The gradients are multiplied by cosines: in single precision their arguments are rounded.
    least = tol * scale / (100 if tol == EXACT else 1)
    np.testing.assert_allclose(value, wanted, rtol=tol, atol=least, err_msg=what)


def check(full):
    """The row's check of one name."""
    def compare(_):
        values, slopes = evaluated(theano, full)
        for i, (value, slope) in enumerate(zip(values, slopes)):
            agree(np.asarray(value), numbers()[f"{full}/{i}"], f"{full} {i}")
            wanted = numbers().get(f"{full}/{i}/slope")
            if wanted is not None:
                assert slope is not None, f"{full} {i} has no gradient"
                # Theano gives gradients through casts in the lower precision.
                tol = LOOSE.get(str(value.dtype), 0)
                agree(slope.astype(wanted.dtype), wanted, f"the gradient of {full} {i}", tol)

    return compare


for name in CASES:
    calls(*name.rsplit(".", 1), check(name))

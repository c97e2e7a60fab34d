"""Programs written for TensorFlow give the numbers that TensorFlow gave.

See regenerate/tensorflow1_programs.py.
"""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from pentad.frontends.serving import serve, withdraw

HERE = Path(__file__).parent
PROGRAMS = sorted(p.stem for p in (HERE / "programs").glob("*.py"))
CLOSE = {"float32": 1e-5, "float64": 1e-12}


@pytest.fixture(autouse=True)
def served():
    """`import tensorflow` finds the front end."""
    serve(["tensorflow"])
    yield
    withdraw()


@pytest.mark.parametrize("name", PROGRAMS)
def test_numbers(name):
    with tf.Graph().as_default():
        found = runpy.run_path(str(HERE / "programs" / f"{name}.py"))["results"]()
    wanted = np.load(HERE / "numbers" / f"{name}.npz")
    assert sorted(found) == sorted(wanted)
    for key, value in found.items():
        value, expected = np.asarray(value), wanted[key]
        assert value.dtype.kind == expected.dtype.kind, key
        if expected.dtype.kind == "f":
            assert value.dtype == expected.dtype, key
            rtol = CLOSE[str(expected.dtype)]
            scale = np.abs(expected).max(initial=1e-300)
            # Elements that nearly cancel out have the rounding of what they are the difference of.
            np.testing.assert_allclose(value, expected, rtol=rtol, atol=rtol * scale / 10,
                                       err_msg=key)
        else:
            np.testing.assert_array_equal(value, expected, err_msg=key)

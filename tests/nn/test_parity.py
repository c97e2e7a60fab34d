"""Every module against PyTorch's own numbers (cases.py): results, gradients, states."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import pentad as pt
from tests.nn import cases


@cache
def numbers():
    with np.load(Path(__file__).parent / "numbers" / "layers.npz") as found:
        return dict(found)


@cache
def expected():
    """{case: {what: array}}."""
    found = {}
    for key, value in numbers().items():
        name, _, what = key.partition("|")
        found.setdefault(name, {})[what] = value
    return found


@cache
def layouts():
    return json.loads(numbers()["layouts"].tobytes())


@pytest.mark.parametrize("name", cases.CASES)
def test_a_module_computes_what_pytorchs_does(name):
    found, layout = cases.evaluated(pt, name)
    assert layout == layouts()[name]
    assert set(found) == set(expected()[name])
    for what, value in expected()[name].items():
        assert found[what].shape == value.shape, what
        np.testing.assert_allclose(found[what], value, rtol=1e-6, atol=1e-6, err_msg=what)


def test_every_module_is_there():
    """A new layer needs a case."""
    bases = {"Module", "Container", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList",
             "RNNBase", "RNNCellBase", "Parameter", "Buffer", "UninitializedParameter",
             "UninitializedBuffer", "LinearCrossEntropyOptions", "factory_kwargs"}
    seen = {name.partition("/")[0] for name in cases.CASES}
    layers = {name for name in pt.nn.__all__ if name[0].isupper()} - bases
    assert layers - seen == set()

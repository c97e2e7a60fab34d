"""Names of other frameworks are found, and what is not there is said."""

from __future__ import annotations

import importlib
import sys

import pytest

import pentad as pt
from pentad.frontends import missing
from pentad.frontends.missing import MissingName, equivalent
from pentad.frontends.serving import MissingImport, MissingModule, serve, withdraw
from tests.frontends.served import PACKAGE, registered_fixture, served_fixture  # noqa: F401


def test_a_served_module_is_the_front_end_itself(served):
    import oldframe.parts.joined as joined

    assert served is sys.modules[PACKAGE]
    assert joined is served.parts.joined
    assert served.__spec__.name == PACKAGE
    assert importlib.import_module(f"{PACKAGE}.parts.joined") is joined
    from oldframe import parts
    from oldframe.parts.joined import join

    assert parts is served.parts
    assert join("a", "b") == "a b"


def test_modules_that_lie_elsewhere(served):
    import oldframe.compat.v1 as old
    from oldframe.way import data

    assert old is served
    assert data.LATE
    assert served.late is data


def test_inner_modules_of_the_framework_give_its_public_names(served):
    from oldframe.inner.ops import math_ops
    from oldframe.inner.ops.math_ops import reduce_mean

    assert reduce_mean is served.reduce_mean
    assert math_ops.joined is served.parts.joined
    with pytest.raises(AttributeError, match=r"oldframe\.inner\.ops\.math_ops\.nothing"):
        math_ops.nothing  # noqa: B018


def test_a_missing_name_is_named_with_the_line_and_what_pentad_has(served):
    with pytest.raises(MissingName) as raised:
        served.reduce_logsumexp([1])
    lines = str(raised.value).splitlines()
    assert lines[0] == "oldframe.reduce_logsumexp is not supported by Pentad's front end"
    assert lines[1].startswith("  at:")
    assert "test_serving.py:" in lines[1]
    assert lines[2] == "  try:      Pentad has pentad.logsumexp"
    assert isinstance(raised.value, AttributeError)
    assert isinstance(raised.value, pt.PentadError)
    assert not hasattr(served, "__wrapped__")
    assert not hasattr(served, "nothing")


@pytest.mark.parametrize(("name", "words"), [
    ("reduce_meam", "did you mean reduce_mean?"),
    ("Server", "one process only"),
    ("unheard_of", "Pentad has no equivalent of that name"),
])
def test_what_an_error_suggests(served, name, words):
    with pytest.raises(MissingName) as raised:
        getattr(served, name)
    assert words in str(raised.value)


def test_notes_speak_for_the_names_below(served):
    assert missing.reason("oldframe.tpu.rewrite") == "there are no such devices here"
    assert missing.note("oldframe.reduce_mean", "PARTLY") == "of lists only"
    assert missing.reason("oldframe.reduce_mean") is None


def test_imports_of_what_is_missing(served):
    with pytest.raises(MissingImport, match=r"oldframe\.tensor_split is not supported(?s:.)*"
                                            r"test_serving.py:(?s:.)*pentad\.tensor_split"):
        from oldframe import tensor_split  # noqa: F401
    with pytest.raises(MissingImport, match=r"oldframe\.parts\.Server is"):
        from oldframe.parts import Server  # noqa: F401
    with pytest.raises(MissingModule, match=r"oldframe\.gone is") as raised:
        import oldframe.gone  # noqa: F401
    assert raised.value.name == "oldframe.gone"
    assert isinstance(raised.value, ModuleNotFoundError)


def test_what_is_withdrawn_is_not_found(served):
    withdraw()
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("oldframe")


def test_only_front_ends_can_be_served():
    with pytest.raises(pt.ArgumentError, match="no front end serves 'mxnet'"):
        serve(["mxnet"])


@pytest.mark.parametrize(("name", "found"), [
    ("reduce_sum", "pentad.sum"), ("relu", "pentad.relu"), ("AdamOptimizer", "pentad.optim.Adam"),
    ("LSTMCell", "pentad.nn.LSTM"), ("softmax", "pentad.softmax"), ("dense_to_ragged", None),
])
def test_equivalents(name, found):
    assert (equivalent(name) or "").startswith(found or "")
    assert bool(found) == bool(equivalent(name))


def test_programs_may_probe_for_names_of_packages():
    serve(["tensorflow"])
    try:
        import tensorflow as tf
        import tensorflow.contrib.slim as slim

        assert hasattr(slim, "conv2d")
        assert not hasattr(slim, "nonsense")
        assert not hasattr(tf.contrib, "nonsense")
        assert not hasattr(tf, "nonsense")
    finally:
        withdraw()

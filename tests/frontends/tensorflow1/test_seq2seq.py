"""tf.contrib.seq2seq, against the numbers of TensorFlow 1.15."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1 import seq2seq_cases
from tests.frontends.tensorflow1.common import graph as graph
from tests.frontends.tensorflow1.common import run

EXPECTED = np.load(Path(__file__).parent / "fixtures" / "seq2seq.npz")


@pytest.fixture(scope="module")
def found():
    with tf.Graph().as_default():
        return seq2seq_cases.run(tf)


@pytest.mark.parametrize("name", EXPECTED.files)
def test_numbers_are_those_of_tensorflow(found, name):
    if name == "names":
        assert found[name].tolist() == EXPECTED[name].tolist()
        return
    assert found[name].dtype == EXPECTED[name].dtype
    np.testing.assert_allclose(found[name], EXPECTED[name], rtol=2e-4, atol=2e-5)


def test_what_does_not_fit_is_refused():
    s2s = tf.contrib.seq2seq
    luong = s2s.LuongAttention(5, tf.zeros([2, 4, 3]))
    with pytest.raises(ValueError, match="has units: 7"):
        luong(tf.zeros([2, 7]), luong.initial_state(2, tf.float32))
    with pytest.raises(TypeError, match="AttentionMechanism"):
        s2s.AttentionWrapper(tf.nn.rnn_cell.GRUCell(3), "luong")
    with pytest.raises(TypeError, match="Decoder"):
        s2s.dynamic_decode("decoder")
    with pytest.raises(ValueError, match="vector"):
        s2s.TrainingHelper(tf.zeros([2, 3, 4]), 3)
    with pytest.raises(tf.errors.InvalidArgumentError, match="out of range"):
        run(s2s.gather_tree([[[1]], [[2]]], [[[0]], [[4]]], [2], 0))

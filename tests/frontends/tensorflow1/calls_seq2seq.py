"""tf.contrib.seq2seq: every name once; test_seq2seq.py compares the numbers."""

from __future__ import annotations

import numpy as np

from tests.frontends.tensorflow1.values import same, table, tf, value

calls = table()
M = "tf.contrib.seq2seq"
MEMORY = np.ones((2, 4, 3), np.float32)


def decoder(helper, make=None):
    """A decoder of a small cell that goes along what the helper gives."""
    cell = tf.nn.rnn_cell.GRUCell(3)
    make = make or tf.contrib.seq2seq.BasicDecoder
    return make(cell, helper, cell.zero_state(2, tf.float32))


def sizes(helper, steps=3):
    """The shape of the outputs along a helper."""
    found = tf.contrib.seq2seq.dynamic_decode(decoder(helper), maximum_iterations=steps)[0]
    return np.shape(value(found.rnn_output))


def greedy():
    """A helper that goes on for ever: its end token is never the best."""
    return tf.contrib.seq2seq.GreedyEmbeddingHelper(tf.ones([3, 2]), [1, 1], 7)


calls(M, "LuongAttention BahdanauAttention", lambda f: np.allclose(
    value(f(3, MEMORY)(tf.ones([2, 3]), None)[0]), 0.25))
calls(M, "AttentionMechanism", lambda f: isinstance(
    tf.contrib.seq2seq.LuongAttention(3, MEMORY), f))
calls(M, "AttentionWrapper", lambda f: f(
    tf.nn.rnn_cell.GRUCell(3), tf.contrib.seq2seq.LuongAttention(3, MEMORY), 5).output_size == 5)
calls(M, "AttentionWrapperState", lambda f: f(1, tf.ones([2]), 3, 4, 5, 6).clone(time=7).time == 7)
calls(M, "BasicDecoder", lambda f: decoder(greedy(), f).output_size.rnn_output == 3)
calls(M, "BasicDecoderOutput", lambda f: f(1, 2).sample_id == 2)
calls(M, "Decoder", lambda f: isinstance(decoder(greedy()), f))
calls(M, "Helper", lambda f: isinstance(greedy(), f))
calls(M, "dynamic_decode", lambda f: same(
    f(decoder(greedy()), maximum_iterations=4)[2], [4, 4]))
calls(M, "GreedyEmbeddingHelper", lambda f: sizes(f(tf.ones([3, 2]), [1, 1], 7)) == (2, 3, 3))
calls(M, "SampleEmbeddingHelper", lambda f: sizes(
    f(tf.ones([3, 2]), [1, 1], 7, seed=3)) == (2, 3, 3))
calls(M, "TrainingHelper", lambda f: sizes(f(tf.ones([2, 5, 2]), [1, 2])) == (2, 2, 3))
calls(M, "ScheduledEmbeddingTrainingHelper", lambda f: sizes(
    f(tf.ones([2, 5, 2]), [1, 2], tf.ones([3, 2]), 0.5)) == (2, 2, 3))
calls(M, "ScheduledOutputTrainingHelper", lambda f: sizes(
    f(tf.ones([2, 5, 3]), [1, 2], 0.5)) == (2, 2, 3))


@calls(M, "CustomHelper")
def custom(f):
    helper = f(
        lambda: (tf.constant([False, False]), tf.zeros([2, 3])),
        lambda time, outputs, state: tf.argmax(outputs, -1, output_type=tf.int32),
        lambda time, outputs, state, sample_ids: (tf.fill([2], time > 0), outputs, state))
    assert sizes(helper, 9) == (2, 2, 3)


calls(M, "InferenceHelper", lambda f: sizes(f(
    lambda outputs: outputs, [3], tf.float32, tf.zeros([2, 3]),
    lambda ids: tf.fill([2], False))) == (2, 3, 3))


@calls(M, "BeamSearchDecoder FinalBeamSearchDecoderOutput BeamSearchDecoderState")
def beams(f, name):
    s2s = tf.contrib.seq2seq
    cell = tf.nn.rnn_cell.GRUCell(4)
    made = s2s.BeamSearchDecoder(cell, tf.ones([4, 2]), [1, 1], 9, cell.zero_state(4, tf.float32),
                                 2)
    outputs, state, _ = s2s.dynamic_decode(made, maximum_iterations=3)
    assert value(outputs.predicted_ids).shape == (2, 3, 2)
    assert isinstance({"BeamSearchDecoder": made, "BeamSearchDecoderState": state}.get(
        name, outputs), f)


calls(M, "BeamSearchDecoderOutput", lambda f: f(1, 2, 3).parent_ids == 3)
calls(M, "gather_tree", lambda f: same(
    f([[[1, 2]], [[3, 4]]], [[[0, 0]], [[1, 0]]], [2], 0), [[[2, 1]], [[3, 4]]]))

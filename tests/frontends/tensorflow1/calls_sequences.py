"""tf.contrib.crf, legacy_seq2seq, seq2seq: sequences."""

from __future__ import annotations

import itertools

import numpy as np
import scipy.special

from tests.frontends.tensorflow1.values import close, same, table, tf, value

calls = table()
SCORES = np.random.RandomState(0).randn(2, 4, 3).astype(np.float32)
STEPS = np.random.RandomState(1).randn(3, 3).astype(np.float32)
TAGS = np.array([[0, 2, 1, 1], [1, 1, 0, 2]], np.int32)
LENGTHS = np.array([4, 2], np.int32)


def unary(i, tags):
    return sum(SCORES[i, t, tag] for t, tag in enumerate(tags))


def binary(tags):
    return sum(STEPS[a, b] for a, b in itertools.pairwise(tags))


def every(i):
    return [(unary(i, t) + binary(t), t)
            for t in itertools.product(range(3), repeat=int(LENGTHS[i]))]


OWN = [tuple(TAGS[i, :n]) for i, n in enumerate(LENGTHS)]
UNARY = [unary(i, t) for i, t in enumerate(OWN)]
BINARY = [binary(t) for t in OWN]
NORM = [scipy.special.logsumexp([s for s, _ in every(i)]) for i in range(2)]
BEST = [max(every(i)) for i in range(2)]

calls("tf.contrib.crf", "crf_unary_score", lambda f: close(f(TAGS, LENGTHS, SCORES), UNARY))
calls("tf.contrib.crf", "crf_binary_score", lambda f: close(f(TAGS, LENGTHS, STEPS), BINARY))
calls("tf.contrib.crf", "crf_sequence_score", lambda f: close(
    f(SCORES, TAGS, LENGTHS, STEPS), np.add(UNARY, BINARY)))
calls("tf.contrib.crf", "crf_log_norm", lambda f: close(f(SCORES, LENGTHS, STEPS), NORM))
calls("tf.contrib.crf", "crf_multitag_sequence_score", lambda f: close(
    f(SCORES, tf.constant(np.ones((2, 4, 3), bool)), LENGTHS, STEPS), NORM))
calls("tf.contrib.crf", "crf_log_likelihood", lambda f: close(
    f(SCORES, TAGS, LENGTHS, STEPS)[0], np.add(UNARY, BINARY) - NORM))
calls("tf.contrib.crf", "viterbi_decode", lambda f: tuple(f(SCORES[0], STEPS)[0]) == BEST[0][1])


@calls("tf.contrib.crf", "crf_decode")
def decoded(f):
    tags, scores = value(f(SCORES, STEPS, LENGTHS))
    np.testing.assert_allclose(scores, [b[0] for b in BEST], rtol=1e-5)
    assert [tuple(t[:n]) for t, n in zip(tags.tolist(), LENGTHS)] == [b[1] for b in BEST]


calls("tf.contrib.crf", "CrfForwardRnnCell CrfDecodeForwardRnnCell", lambda f: value(
    f(tf.constant(STEPS))(tf.constant(SCORES[:, 1]), tf.constant(SCORES[:, 0])))[1].shape == (2, 3))
calls("tf.contrib.crf", "CrfDecodeBackwardRnnCell", lambda f: same(
    f(3)(tf.constant([[5, 6, 7]]), tf.constant([[1]]))[0], [[6]]))

# -- sequences -------------------------------------------------------------------------------------

ENTROPY = -np.take_along_axis(
    SCORES - scipy.special.logsumexp(SCORES, 2, keepdims=True), TAGS[..., None], 2)[..., 0]
ONES = np.ones((2, 4), np.float32)


def columns(array):
    return [tf.constant(array[:, t]) for t in range(array.shape[1])]


calls("tf.contrib.seq2seq", "sequence_loss", lambda f: close(
    f(tf.constant(SCORES), tf.constant(TAGS), tf.constant(ONES)), ENTROPY.mean()))
calls("tf.contrib.seq2seq", "hardmax", lambda f: same(f([[1.0, 3.0]]), [[0, 1]]))
calls("tf.contrib.seq2seq", "tile_batch", lambda f: same(f(tf.constant([[1], [2]]), 2),
                                                         [[1], [1], [2], [2]]))
calls("tf.contrib.legacy_seq2seq", "sequence_loss_by_example", lambda f: close(
    f(columns(SCORES), columns(TAGS), columns(ONES)), ENTROPY.mean(1)))
calls("tf.contrib.legacy_seq2seq", "sequence_loss", lambda f: close(
    f(columns(SCORES), columns(TAGS), columns(ONES)), ENTROPY.mean()))


@calls("tf.contrib.legacy_seq2seq", "basic_rnn_seq2seq tied_rnn_seq2seq")
def encoded(f):
    outputs, _ = f(columns(SCORES), columns(SCORES), tf.nn.rnn_cell.GRUCell(5))
    assert value(outputs)[3].shape == (2, 5)


calls("tf.contrib.legacy_seq2seq", "rnn_decoder", lambda f: value(f(
    columns(SCORES), tf.zeros([2, 5]), tf.nn.rnn_cell.GRUCell(5))[1]).shape == (2, 5))
calls("tf.contrib.legacy_seq2seq", "embedding_rnn_decoder", lambda f: value(f(
    columns(TAGS), tf.zeros([2, 5]), tf.nn.rnn_cell.GRUCell(5), 5, 4, feed_previous=True)[1]
).shape == (2, 5))
calls("tf.contrib.legacy_seq2seq", "embedding_rnn_seq2seq", lambda f: value(f(
    columns(TAGS), columns(TAGS), tf.nn.rnn_cell.GRUCell(5), 3, 4, 6)[0])[2].shape == (2, 4))
calls("tf.contrib.legacy_seq2seq", "embedding_attention_seq2seq", lambda f: value(f(
    columns(TAGS), columns(TAGS), tf.nn.rnn_cell.GRUCell(5), 3, 4, 6)[0])[2].shape == (2, 4))
calls("tf.contrib.legacy_seq2seq", "attention_decoder", lambda f: value(f(
    columns(SCORES), tf.zeros([2, 5]), tf.constant(SCORES), tf.nn.rnn_cell.GRUCell(5), 7)[0]
)[1].shape == (2, 7))
calls("tf.contrib.legacy_seq2seq", "embedding_attention_decoder", lambda f: value(f(
    columns(TAGS), tf.zeros([2, 5]), tf.constant(SCORES), tf.nn.rnn_cell.GRUCell(5), 5, 4)[0]
)[1].shape == (2, 5))
calls("tf.contrib.legacy_seq2seq", "model_with_buckets", lambda f: close(f(
    columns(SCORES), columns(SCORES), columns(TAGS), columns(ONES), [(2, 2), (4, 4)],
    lambda x, y: (y, None))[1], [ENTROPY[:, :2].mean(), ENTROPY.mean()]))

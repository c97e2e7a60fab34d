"""tf.nn, tf.layers, tf.losses: networks."""

from __future__ import annotations

import numpy as np
import scipy.special

from tests.frontends.tensorflow1.values import IMAGE, A, P, close, same, table, tf, value

calls = table()
Q = scipy.special.softmax(A, 1)
K = np.ones((2, 2, 3, 4), np.float32) / 10
DEPTH = np.ones((2, 2, 3, 2), np.float32) / 10
VIDEO = IMAGE[:, None]
LINE = IMAGE[:, 0]
LABELS = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], np.float32)

# -- activations -----------------------------------------------------------------------------------

calls("tf.nn", "relu", lambda f: close(f(A), np.maximum(A, 0)))
calls("tf.nn", "relu6", lambda f: close(f(A * 5), np.clip(A * 5, 0, 6)))
calls("tf.nn", "crelu", lambda f: close(f(A), np.maximum(np.concatenate([A, -A], 1), 0)))
calls("tf.nn", "leaky_relu", lambda f: close(f(A, 0.1), np.where(A > 0, A, A * 0.1)))
calls("tf.nn", "elu", lambda f: close(f(A), np.where(A > 0, A, np.expm1(A))))
calls("tf.nn", "selu", lambda f: close(f(A), 1.0507009873554805 * np.where(
    A > 0, A, 1.6732632423543772 * np.expm1(A))))
calls("tf.nn", "softplus", lambda f: close(f(A), np.log1p(np.exp(A))))
calls("tf.nn", "softsign", lambda f: close(f(A), A / (1 + abs(A))))
calls("tf.nn", "swish", lambda f: close(f(A), A * scipy.special.expit(A)))
calls("tf.nn", "softmax", lambda f: close(f(A), Q))
calls("tf.nn", "log_softmax", lambda f: close(f(A), np.log(Q)))
calls("tf.nn", "relu_layer", lambda f: close(f(A, P.T, [1.0, 2.0]),
                                             np.maximum(A @ P.T + [1, 2], 0)))
calls("tf.nn", "xw_plus_b", lambda f: close(f(A, P.T, [1.0, 2.0]), A @ P.T + [1, 2]))
calls("tf.nn", "bias_add", lambda f: close(f(A, [1.0, 2.0, 3.0]), A + [1, 2, 3]))
calls("tf.nn", "l2_loss", lambda f: close(f(A), (A ** 2).sum() / 2))
calls("tf.nn", "l2_normalize",
      lambda f: close(f(A, 1), A / np.linalg.norm(A, axis=1, keepdims=True)))
calls("tf.nn", "zero_fraction", lambda f: close(f([0.0, 1.0]), 0.5))
calls("tf.nn", "dropout", lambda f: close(f(A, 1.0), A) and value(f(A, rate=0.5)).shape == A.shape)

# -- normalisation ---------------------------------------------------------------------------------

calls("tf.nn", "moments", lambda f: close(f(tf.constant(A), [0])[1], A.var(0)))
calls("tf.nn", "weighted_moments", lambda f: close(f(tf.constant(A), [0], [[1.0], [1.0]])[0],
                                                   A.mean(0)))
calls("tf.nn", "sufficient_statistics", lambda f: close(f(tf.constant(A), [0])[1], A.sum(0)))
calls("tf.nn", "normalize_moments",
      lambda f: close(f(tf.constant(2.0), tf.constant(A.sum(0)), tf.constant((A ** 2).sum(0)),
                        None)[1], A.var(0), 1e-4))
calls("tf.nn", "batch_normalization", lambda f: close(
    f(A, A.mean(0), A.var(0), [1.0] * 3, [2.0] * 3, 1e-3),
    (A - A.mean(0)) / np.sqrt(A.var(0) + 1e-3) * 2 + 1, 1e-4))
calls("tf.nn", "fused_batch_norm", lambda f: close(
    f(tf.constant(IMAGE), [1.0] * 3, [0.0] * 3)[1], IMAGE.mean((0, 1, 2)), 1e-4))
calls("tf.nn", "batch_norm_with_global_normalization", lambda f: value(
    f(tf.constant(IMAGE), [0.0] * 3, [1.0] * 3, [0.0] * 3, [1.0] * 3, 1e-3, True)).shape
    == IMAGE.shape)
calls("tf.nn", "local_response_normalization lrn",
      lambda f: close(f(IMAGE, 5, 1, 1, 0.5), IMAGE / np.sqrt(
          1 + (IMAGE ** 2).sum(3, keepdims=True)), 1e-4))

# -- convolution and pooling -----------------------------------------------------------------------


def patches(image):
    """Sums of 2x2 windows."""
    return image[:, :-1, :-1] + image[:, 1:, :-1] + image[:, :-1, 1:] + image[:, 1:, 1:]


CONV = np.repeat(patches(IMAGE).sum(3, keepdims=True), 4, 3) / 10
calls("tf.nn", "conv2d", lambda f: close(f(IMAGE, K, [1, 1, 1, 1], "VALID"), CONV, 1e-4))
calls("tf.nn", "convolution", lambda f: close(f(tf.constant(IMAGE), K, "VALID"), CONV, 1e-4))
calls("tf.nn", "atrous_conv2d",
      lambda f: value(f(tf.constant(IMAGE), K, 2, "VALID")).shape == (2, 2, 2, 4))
calls("tf.nn", "atrous_conv2d_transpose", lambda f: value(
    f(tf.constant(IMAGE), np.ones((2, 2, 4, 3), np.float32), [2, 6, 6, 4], 2, "VALID")).shape
    == (2, 6, 6, 4))
calls("tf.nn", "conv1d", lambda f: value(f(tf.constant(LINE), K[0], 1, "SAME")).shape == (2, 4, 4))
calls("tf.nn", "conv1d_transpose", lambda f: value(
    f(tf.constant(LINE), np.ones((2, 5, 3), np.float32), [2, 8, 5], 2)).shape == (2, 8, 5))
calls("tf.nn", "conv2d_transpose", lambda f: value(
    f(tf.constant(IMAGE), np.ones((2, 2, 5, 3), np.float32), [2, 8, 8, 5], [1, 2, 2, 1])).shape
    == (2, 8, 8, 5))
calls("tf.nn", "conv3d", lambda f: value(
    f(VIDEO, K[None], [1, 1, 1, 1, 1], "SAME")).shape == (2, 1, 4, 4, 4))
calls("tf.nn", "conv3d_transpose", lambda f: value(
    f(tf.constant(VIDEO), np.ones((1, 2, 2, 5, 3), np.float32), [2, 1, 8, 8, 5], [1, 1, 2, 2, 1])
).shape == (2, 1, 8, 8, 5))
calls("tf.nn", "conv_transpose", lambda f: value(
    f(tf.constant(IMAGE), np.ones((2, 2, 5, 3), np.float32), [2, 8, 8, 5], [2, 2])).shape
    == (2, 8, 8, 5))
calls("tf.nn", "conv2d_backprop_input", lambda f: value(
    f([2, 4, 4, 3], tf.constant(K), tf.constant(CONV), [1, 1, 1, 1], "VALID")).shape
    == (2, 4, 4, 3))
calls("tf.nn", "conv2d_backprop_filter", lambda f: value(
    f(tf.constant(IMAGE), [2, 2, 3, 4], tf.constant(CONV), [1, 1, 1, 1], "VALID")).shape
    == (2, 2, 3, 4))
calls("tf.nn", "conv3d_backprop_filter conv3d_backprop_filter_v2", lambda f: value(
    f(tf.constant(VIDEO), [1, 2, 2, 3, 4], tf.constant(CONV[:, None]), [1, 1, 1, 1, 1], "VALID")
).shape == (1, 2, 2, 3, 4))
calls("tf.nn", "depthwise_conv2d depthwise_conv2d_native", lambda f: close(
    f(IMAGE, DEPTH, [1, 1, 1, 1], "VALID"), np.repeat(patches(IMAGE), 2, 3) / 10, 1e-4))
calls("tf.nn", "depthwise_conv2d_backprop_input depthwise_conv2d_native_backprop_input",
      lambda f: value(f([2, 4, 4, 3], tf.constant(DEPTH), np.ones((2, 3, 3, 6), np.float32),
                        [1, 1, 1, 1], "VALID")).shape == (2, 4, 4, 3))
calls("tf.nn", "depthwise_conv2d_backprop_filter depthwise_conv2d_native_backprop_filter",
      lambda f: value(f(tf.constant(IMAGE), [2, 2, 3, 2], np.ones((2, 3, 3, 6), np.float32),
                        [1, 1, 1, 1], "VALID")).shape == (2, 2, 3, 2))
calls("tf.nn", "separable_conv2d", lambda f: value(
    f(IMAGE, DEPTH, np.ones((1, 1, 6, 5), np.float32), [1, 1, 1, 1], "SAME")).shape
    == (2, 4, 4, 5))
calls("tf.nn", "dilation2d", lambda f: close(
    f(tf.constant(IMAGE), np.zeros((2, 2, 3), np.float32), [1, 2, 2, 1], [1, 1, 1, 1], "VALID"),
    IMAGE[:, 1::2, 1::2]))
calls("tf.nn", "erosion2d", lambda f: close(
    f(tf.constant(IMAGE), np.zeros((2, 2, 3), np.float32), [1, 2, 2, 1], [1, 1, 1, 1], "VALID"),
    IMAGE[:, ::2, ::2]))
MEANS = IMAGE.reshape(2, 2, 2, 2, 2, 3).mean((2, 4))
calls("tf.nn", "max_pool max_pool2d max_pool_v2",
      lambda f: close(f(IMAGE, 2, 2, "VALID"), IMAGE[:, 1::2, 1::2]))
calls("tf.nn", "avg_pool avg_pool2d avg_pool_v2", lambda f: close(f(IMAGE, 2, 2, "VALID"), MEANS))
calls("tf.nn", "max_pool1d", lambda f: close(f(LINE, 2, 2, "VALID"), LINE[:, 1::2]))
calls("tf.nn", "avg_pool1d", lambda f: close(f(LINE, 2, 2, "VALID"),
                                             (LINE[:, ::2] + LINE[:, 1::2]) / 2))
calls("tf.nn", "max_pool3d", lambda f: close(
    f(VIDEO, [1, 1, 2, 2, 1], [1, 1, 2, 2, 1], "VALID"), VIDEO[:, :, 1::2, 1::2]))
calls("tf.nn", "avg_pool3d", lambda f: close(
    f(VIDEO, [1, 1, 2, 2, 1], [1, 1, 2, 2, 1], "VALID"), MEANS[:, None]))
calls("tf.nn", "pool", lambda f: close(
    f(tf.constant(IMAGE), [2, 2], "MAX", "VALID", strides=[2, 2]), IMAGE[:, 1::2, 1::2]))
calls("tf.nn", "max_pool_with_argmax", lambda f: close(
    f(IMAGE, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")[0], IMAGE[:, 1::2, 1::2]))
calls("tf.nn", "fractional_max_pool fractional_avg_pool", lambda f: value(
    f(tf.constant(IMAGE), [1.0, 1.5, 1.5, 1.0], seed=1)[0]).shape == (2, 2, 2, 3))
calls("tf.nn", "with_space_to_batch", lambda f: close(
    f(tf.constant(IMAGE), [1, 1], "VALID", lambda x, *_: x * 2), IMAGE * 2))

# -- losses of tf.nn -------------------------------------------------------------------------------

XENT = -(LABELS * np.log(Q)).sum(1)
SIGMOID = np.maximum(A, 0) - A * LABELS + np.log1p(np.exp(-abs(A)))
calls("tf.nn", "softmax_cross_entropy_with_logits softmax_cross_entropy_with_logits_v2",
      lambda f: close(f(labels=LABELS, logits=tf.constant(A)), XENT))
calls("tf.nn", "sparse_softmax_cross_entropy_with_logits",
      lambda f: close(f(labels=[1, 0], logits=tf.constant(A)), XENT))
calls("tf.nn", "sigmoid_cross_entropy_with_logits",
      lambda f: close(f(labels=LABELS, logits=tf.constant(A)), SIGMOID))
calls("tf.nn", "weighted_cross_entropy_with_logits",
      lambda f: close(f(LABELS, tf.constant(A), 1.0), SIGMOID))
calls("tf.nn", "log_poisson_loss", lambda f: close(f(P, tf.constant(A)), np.exp(A) - A * P))
calls("tf.nn", "in_top_k", lambda f: same(f(A, [2, 1], 1), [True, False]))
calls("tf.nn", "top_k", lambda f: same(f(A, 2)[1], [[2, 0], [0, 1]]))
calls("tf.nn", "compute_average_loss",
      lambda f: close(f(tf.constant([1.0, 2.0]), global_batch_size=4), 0.75))
calls("tf.nn", "scale_regularization_loss", lambda f: close(f(tf.constant(2.0)), 2.0))

# -- tables of vectors, candidates -----------------------------------------------------------------

calls("tf.nn", "embedding_lookup", lambda f: same(f(tf.constant(A), [[1], [0]]), A[[[1], [0]]]))


@calls("tf.nn", "embedding_lookup_sparse safe_embedding_lookup_sparse")
def sparse_lookup(f):
    ids = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], np.array([0, 1, 1], np.int64), [2, 2])
    assert close(f([tf.constant(A)] if "safe" in f.__name__ else tf.constant(A), ids, None,
                   combiner="sum"), [A[0] + A[1], A[1]])


@calls("tf.nn", "nce_loss sampled_softmax_loss")
def sampled(f):
    weights, biases = tf.constant(np.ones((8, 3), np.float32)), tf.zeros([8])
    found = value(f(weights, biases, tf.constant([[1], [2]], tf.int64), tf.constant(A), 4, 8))
    assert found.shape == (2,)
    assert (found > 0).all()


@calls("tf.nn", "uniform_candidate_sampler log_uniform_candidate_sampler "
                "learned_unigram_candidate_sampler all_candidate_sampler")
def candidates(f, name):
    more = () if name.startswith("all") else (8,)
    ids, true, chance = f(tf.constant([[1], [2]], tf.int64), 1, 8 if not more else 4, True, *more)
    assert len(set(value(ids).tolist())) == (4 if more else 8)


calls("tf.nn", "fixed_unigram_candidate_sampler", lambda f: set(value(f(
    tf.constant([[1]], tf.int64), 1, 2, True, 3, unigrams=[1.0, 1.0, 1.0])[0])) <= {0, 1, 2})
calls("tf.nn", "compute_accidental_hits", lambda f: value(
    f(tf.constant([[1], [2]], tf.int64), tf.constant([2, 5], tf.int64), 1)[0]).tolist() == [1])

# -- sequences -------------------------------------------------------------------------------------

calls("tf.nn", "ctc_greedy_decoder", lambda f: value(
    f(tf.constant(np.eye(3, dtype=np.float32)[[0, 1, 1]][:, None]), [3])[0][0].values).tolist()
    == [0, 1])
calls("tf.nn", "ctc_beam_search_decoder ctc_beam_search_decoder_v2", lambda f: value(
    f(tf.constant(9 * np.eye(3, dtype=np.float32)[[0, 2, 1]][:, None]), [3])[0][0].values).tolist()
    == [0, 1])
calls("tf.nn", "ctc_loss", lambda f: value(f(
    tf.SparseTensor([[0, 0]], [0], [1, 1]), tf.constant(A[:, None]), [2])) > 0)
calls("tf.nn", "ctc_loss_v2", lambda f: value(f(
    tf.constant([[1]]), tf.constant(A[:, None]), [1], [2], blank_index=0)) > 0)
calls("tf.nn", "ctc_unique_labels", lambda f: same(f(tf.constant([[3, 4, 4, 3]]))[0],
                                                   [[3, 4, 0, 0]]))
calls("tf.nn", "collapse_repeated", lambda f: same(
    f(tf.constant([[1, 1, 2]]), tf.constant([3]))[0], [[1, 2]]))

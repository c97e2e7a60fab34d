"""tf.contrib.metrics: measures, with predictions first."""

from __future__ import annotations

import numpy as np

from tests.frontends.tensorflow1.values import A, P, close, table, tf

calls = table()
Y = np.array([1, 0, 1, 1, 0])
YES = np.array([1, 0, 0, 1, 1])
CHANCES = np.array([0.9, 0.2, 0.4, 0.8, 0.7], np.float32)
RANKS = np.array([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]], np.float32)


def measured(pair):
    """The metric after its update, and what the update gave."""
    metric, update = pair
    with tf.Session() as sess:
        sess.run(tf.local_variables_initializer())
        updated = sess.run(update)
        return sess.run(metric), updated


def is_close(pair, expected):
    found, updated = measured(pair)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    return np.shape(updated) == np.shape(found)


EXACT = {"accuracy": 0.6, "precision": 2 / 3, "recall": 2 / 3, "true_positives": 2,
         "true_negatives": 1, "false_positives": 1, "false_negatives": 1}
ERRORS = {"mean_absolute_error": abs(A - P).mean(), "mean_squared_error": ((A - P) ** 2).mean(),
          "root_mean_squared_error": np.sqrt(((A - P) ** 2).mean())}
AT = {"true_positives_at_thresholds": [3, 2], "true_negatives_at_thresholds": [1, 1],
      "false_positives_at_thresholds": [1, 1], "false_negatives_at_thresholds": [0, 1],
      "precision_at_thresholds": [0.75, 2 / 3], "recall_at_thresholds": [1, 2 / 3]}


@calls("tf.contrib.metrics", "streaming_accuracy streaming_precision streaming_recall "
       "streaming_true_positives streaming_true_negatives streaming_false_positives "
       "streaming_false_negatives")
def streaming(f, name):
    assert is_close(f(YES, Y), EXACT[name.replace("streaming_", "")])


calls("tf.contrib.metrics", "streaming_mean_absolute_error streaming_mean_squared_error "
      "streaming_root_mean_squared_error",
      lambda f, name: is_close(f(P, A), ERRORS[name.replace("streaming_", "")]))
calls("tf.contrib.metrics", "streaming_mean_relative_error",
      lambda f: is_close(f(A, P, P), (abs(A - P) / P).mean()))
calls("tf.contrib.metrics", "streaming_mean_cosine_distance",
      lambda f: is_close(f([[0.6, 0.8]], [[0.6, 0.8]], 1), 0.0))
calls("tf.contrib.metrics", "streaming_mean_iou", lambda f: measured(f(YES, Y, 2))[0] > 0.2)
calls("tf.contrib.metrics", "streaming_auc", lambda f: is_close(f(CHANCES, Y), 5 / 6))
calls("tf.contrib.metrics", " ".join(f"streaming_{n}" for n in AT),
      lambda f, name: is_close(f(CHANCES, Y, [0.3, 0.5]), AT[name.replace("streaming_", "")]))
calls("tf.contrib.metrics",
      "streaming_sensitivity_at_specificity streaming_specificity_at_sensitivity",
      lambda f: 0 < measured(f(CHANCES, Y, 0.5))[0] <= 1)
calls("tf.contrib.metrics", "streaming_recall_at_k",
      lambda f: is_close(f(tf.constant(RANKS), [1, 1], 1), 0.5))
calls("tf.contrib.metrics", "streaming_sparse_recall_at_k streaming_sparse_precision_at_k "
      "streaming_sparse_average_precision_at_k",
      lambda f: 0 < measured(f(tf.constant(RANKS), np.array([1, 1]), 2))[0] <= 1)
calls("tf.contrib.metrics", "streaming_sparse_precision_at_top_k sparse_recall_at_top_k",
      lambda f: is_close(f(np.array([[1], [0]]), np.array([1, 1])), 0.5))
calls("tf.contrib.metrics", "streaming_false_negative_rate", lambda f: is_close(f(YES, Y), 1 / 3))
calls("tf.contrib.metrics", "streaming_false_positive_rate", lambda f: is_close(f(YES, Y), 1 / 2))
calls("tf.contrib.metrics", "streaming_covariance",
      lambda f: is_close(f(A, P), np.cov(A.ravel(), P.ravel())[0, 1]))
calls("tf.contrib.metrics", "streaming_pearson_correlation",
      lambda f: is_close(f(A, P), np.corrcoef(A.ravel(), P.ravel())[0, 1]))
calls("tf.contrib.metrics", "count", lambda f: is_close(f(A), 6))
calls("tf.contrib.metrics", "accuracy", lambda f: close(f(tf.constant(Y), tf.constant(YES)), 0.6))
calls("tf.contrib.metrics", "aggregate_metrics", lambda f: f((1, 2), (3, 4)) == ([1, 3], [2, 4]))
calls("tf.contrib.metrics", "aggregate_metric_map",
      lambda f: f({"a": (1, 2)}) == ({"a": 1}, {"a": 2}))

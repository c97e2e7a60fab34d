"""tf.metrics and sparse tensors."""

from __future__ import annotations

import numpy as np

from tests.frontends.tensorflow1.values import A, close, same, table, tf, value

calls = table()
M = "tf.metrics"
LABELS = np.array([1, 0, 1, 1])
GUESSES = np.array([1, 1, 0, 1])


def measured(pair):
    """A metric's value after one batch."""
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        session.run(pair[1])
        return session.run(pair[0])


@calls(M, "accuracy precision recall true_positives true_negatives false_positives "
          "false_negatives")
def counted(f, name):
    expected = {"accuracy": 0.5, "precision": 2 / 3, "recall": 2 / 3, "true_positives": 2,
                "true_negatives": 0, "false_positives": 1, "false_negatives": 1}[name]
    np.testing.assert_allclose(measured(f(LABELS, GUESSES)), expected, rtol=1e-6)


calls(M, "mean mean_tensor", lambda f: np.allclose(measured(f(tf.constant([1.0, 3.0]))),
                                                   [2.0] if f.__name__ == "mean" else [1, 3]))
calls(M, "mean_absolute_error", lambda f: measured(f([1.0, 2.0], [2.0, 4.0])) == 1.5)
calls(M, "mean_squared_error", lambda f: measured(f([1.0, 2.0], [2.0, 4.0])) == 2.5)
calls(M, "root_mean_squared_error", lambda f: np.isclose(
    measured(f([1.0, 2.0], [2.0, 4.0])), np.sqrt(2.5)))
calls(M, "mean_relative_error", lambda f: measured(f([1.0, 2.0], [2.0, 4.0], [1.0, 2.0])) == 1.0)
calls(M, "mean_cosine_distance", lambda f: np.isclose(
    measured(f([[0.6, 0.8]], [[0.6, 0.8]], 1)), 0.0, atol=1e-6))
calls(M, "mean_iou", lambda f: np.isclose(measured(f(LABELS, GUESSES, 2)), 0.25))
calls(M, "mean_per_class_accuracy", lambda f: np.isclose(measured(f(LABELS, GUESSES, 2)), 1 / 3))
calls(M, "percentage_below", lambda f: measured(f(tf.constant([1.0, 3.0]), 2.0)) == 0.5)
calls(M, "auc", lambda f: np.isclose(measured(f([0, 1], [0.2, 0.9])), 1.0, atol=1e-3))
calls(M, "precision_at_thresholds recall_at_thresholds true_positives_at_thresholds "
         "true_negatives_at_thresholds false_positives_at_thresholds "
         "false_negatives_at_thresholds", lambda f, name: np.allclose(
             measured(f([False, True], [0.2, 0.9], [0.5])), [name[:5] != "false"]))
calls(M, "sensitivity_at_specificity specificity_at_sensitivity",
      lambda f: np.isclose(measured(f([0, 1], [0.2, 0.9], 0.5)), 1.0, atol=1e-2))
SCORES = np.array([[0.1, 0.6, 0.3]], np.float32)
calls(M, "precision_at_k recall_at_k average_precision_at_k sparse_precision_at_k "
         "sparse_average_precision_at_k",
      lambda f: measured(f(np.int64([[1]]), tf.constant(SCORES), 1)) == 1.0)
calls(M, "precision_at_top_k recall_at_top_k",
      lambda f: measured(f(np.int64([[1]]), np.int64([[1]]), 1)) == 1.0)

# -- sparse tensors --------------------------------------------------------------------------------

D = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 2.0]], np.float32)


def sparse(dense=D):
    places = np.argwhere(dense)
    return tf.SparseTensor(places, dense[tuple(places.T)], dense.shape)


def dense(made):
    return value(tf.sparse.to_dense(made))


S = "tf.sparse"
calls(S, "to_dense", lambda f: same(f(sparse()), D))
calls(S, "from_dense", lambda f: same(tf.sparse.to_dense(f(tf.constant(D))), D))
calls(S, "add", lambda f: (dense(f(sparse(), sparse())) == 2 * D).all())
calls(S, "concat", lambda f: (dense(f(0, [sparse(), sparse()])) == np.vstack([D, D])).all())
calls(S, "expand_dims", lambda f: dense(f(sparse(), 0)).shape == (1, 2, 3))
calls(S, "eye", lambda f: (dense(f(2)) == np.eye(2)).all())
calls(S, "matmul sparse_dense_matmul", lambda f: close(f(sparse(), A.T), D @ A.T))
calls(S, "maximum minimum", lambda f, name: (dense(f(sparse(), sparse(-D))) == getattr(np, name)(
    D, -D)).all())
calls(S, "reduce_sum reduce_max", lambda f: close(f(sparse(), 1), [1, 2]))
calls(S, "reduce_sum_sparse reduce_max_sparse", lambda f: dense(f(sparse(), 1)).tolist() == [1, 2])
calls(S, "reorder", lambda f: (dense(f(sparse())) == D).all())
calls(S, "reshape", lambda f: (dense(f(sparse(), [3, 2])) == D.reshape(3, 2)).all())
calls(S, "reset_shape", lambda f: dense(f(sparse(), [3, 3])).shape == (3, 3))
calls(S, "retain", lambda f: dense(f(sparse(), [True, False])).sum() == 1)
calls(S, "slice", lambda f: (dense(f(sparse(), [1, 1], [1, 2])) == D[1:, 1:]).all())
calls(S, "softmax", lambda f: dense(f(sparse())).sum() == 2)
calls(S, "split", lambda f: (dense(f(sp_input=sparse(), num_split=2, axis=0)[1]) == D[1:]).all())
calls(S, "transpose", lambda f: (dense(f(sparse())) == D.T).all())
calls(S, "fill_empty_rows", lambda f: value(f(sparse(), 0.0)[1]).tolist() == [False, False])
calls("tf", "sparse_to_dense", lambda f: same(f([[0, 0], [1, 2]], [2, 3], [1.0, 2.0]), D))

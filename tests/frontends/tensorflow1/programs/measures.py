"""Every metric over three batches."""

import numpy as np
import tensorflow as tf


def measures(y, p, w, q):
    m = tf.metrics
    yes, said = tf.cast(y > 0, tf.int64), tf.cast(p > 0.5, tf.int64)
    c = tf.argmax(q, 1)
    one, two = tf.nn.l2_normalize(q, 1), tf.nn.l2_normalize(q[:, ::-1], 1)
    return {
        "mean": m.mean(p, w), "accuracy": m.accuracy(y, c, w),
        "mae": m.mean_absolute_error(p, w), "mse": m.mean_squared_error(p, w),
        "rmse": m.root_mean_squared_error(p, w, w), "mre": m.mean_relative_error(p, w, w),
        "cosine": m.mean_cosine_distance(one, two, 1), "below": m.percentage_below(p, 0.4),
        "iou": m.mean_iou(y, c, 5, w), "per_class": m.mean_per_class_accuracy(y, c, 5, w),
        "tensor": m.mean_tensor(q), "tp": m.true_positives(yes, said, w),
        "tn": m.true_negatives(yes, said), "fp": m.false_positives(yes, said),
        "fn": m.false_negatives(yes, said), "precision": m.precision(yes, said, w),
        "recall": m.recall(yes, said, w),
        "tp_at": m.true_positives_at_thresholds(yes, p, [0.2, 0.7], w),
        "tn_at": m.true_negatives_at_thresholds(yes, p, [0.2, 0.7]),
        "fp_at": m.false_positives_at_thresholds(yes, p, [0.2, 0.7]),
        "fn_at": m.false_negatives_at_thresholds(yes, p, [0.2, 0.7]),
        "precision_at": m.precision_at_thresholds(yes, p, [0.2, 0.7]),
        "recall_at": m.recall_at_thresholds(yes, p, [0.2, 0.7]), "auc": m.auc(yes, p, w),
        "auc_pr": m.auc(yes, p, curve="PR", summation_method="careful_interpolation"),
        "auc_low": m.auc(yes, p, summation_method="minoring"),
        "sensitivity": m.sensitivity_at_specificity(yes, p, 0.6),
        "specificity": m.specificity_at_sensitivity(yes, p, 0.6),
        "precision_k": m.precision_at_k(y, q, 2), "recall_k": m.recall_at_k(y, q, 2),
        "recall_of": m.recall_at_k(y, q, 2, class_id=1),
        "average_k": m.average_precision_at_k(y, q, 3),
    }


def results():
    """What the program computes, by names."""
    rng = np.random.RandomState(9)
    y, p = tf.placeholder(tf.int64, [None]), tf.placeholder(tf.float32, [None])
    w, q = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.float32, [12, 5])
    found = measures(y, p, w, q)
    with tf.Session() as sess:
        sess.run(tf.local_variables_initializer())
        for _ in range(3):
            feed = {y: rng.randint(0, 5, 12), p: rng.rand(12), w: rng.rand(12),
                    q: rng.rand(12, 5)}
            updates = sess.run({k: v[1] for k, v in found.items()}, feed)
        values = sess.run({k: v[0] for k, v in found.items()})
    values.update(("update_" + k, v) for k, v in updates.items())
    values["names"] = np.array(sorted(v.name for v in tf.local_variables()))
    return values

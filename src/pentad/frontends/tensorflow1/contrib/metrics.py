"""tf.contrib.metrics: those of tf.metrics, with predictions first, and some more."""

from pentad.frontends.tensorflow1.framework.exports import exports

NAMES = {
    "contrib.parts.metrics": """
        streaming_accuracy streaming_mean streaming_mean_tensor streaming_percentage_less
        streaming_mean_absolute_error streaming_mean_squared_error
        streaming_root_mean_squared_error streaming_mean_relative_error
        streaming_mean_cosine_distance streaming_mean_iou streaming_precision streaming_recall
        streaming_auc streaming_true_positives streaming_true_negatives
        streaming_false_positives streaming_false_negatives
        streaming_true_positives_at_thresholds streaming_true_negatives_at_thresholds
        streaming_false_positives_at_thresholds streaming_false_negatives_at_thresholds
        streaming_precision_at_thresholds streaming_recall_at_thresholds
        streaming_sensitivity_at_specificity streaming_specificity_at_sensitivity
        streaming_recall_at_k streaming_sparse_recall_at_k streaming_sparse_precision_at_k
        streaming_sparse_precision_at_top_k sparse_recall_at_top_k
        streaming_sparse_average_precision_at_k streaming_false_negative_rate
        streaming_false_positive_rate streaming_covariance streaming_pearson_correlation
        aggregate_metrics aggregate_metric_map accuracy count""",
    "ops.static_checks": "confusion_matrix",
}

__getattr__, __dir__ = exports(__name__, NAMES)

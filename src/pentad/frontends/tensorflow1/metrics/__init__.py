"""tf.metrics: numbers over all batches of a run, in local variables."""

from pentad.frontends.tensorflow1.framework.exports import exports

NAMES = {
    "metrics.means": """
        mean accuracy mean_absolute_error mean_squared_error root_mean_squared_error
        mean_relative_error mean_cosine_distance mean_tensor percentage_below mean_iou
        mean_per_class_accuracy""",
    "metrics.counts": """
        true_positives true_negatives false_positives false_negatives precision recall""",
    "metrics.thresholds": """
        true_positives_at_thresholds true_negatives_at_thresholds false_positives_at_thresholds
        false_negatives_at_thresholds precision_at_thresholds recall_at_thresholds auc
        sensitivity_at_specificity specificity_at_sensitivity""",
    "metrics.ranking": """
        precision_at_k precision_at_top_k recall_at_k recall_at_top_k average_precision_at_k
        sparse_average_precision_at_k=average_precision_at_k
        sparse_precision_at_k=precision_at_k""",
}

__getattr__, __dir__ = exports(__name__, NAMES)

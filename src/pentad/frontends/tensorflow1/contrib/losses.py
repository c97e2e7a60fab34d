"""tf.contrib.losses: those of tf.losses, with predictions first."""

from pentad.frontends.tensorflow1.framework.exports import exports

NAMES = {
    "contrib.parts.losses": """
        absolute_difference mean_squared_error log_loss hinge_loss cosine_distance
        mean_pairwise_squared_error sigmoid_cross_entropy softmax_cross_entropy
        sparse_softmax_cross_entropy compute_weighted_loss get_losses""",
    "losses": "add_loss get_regularization_losses get_total_loss",
}

__getattr__, __dir__ = exports(__name__, NAMES)

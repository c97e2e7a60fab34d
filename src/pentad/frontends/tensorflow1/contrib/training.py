"""tf.contrib.training: training operations, clipping, hyper-parameters."""

from pentad.frontends.tensorflow1.framework.exports import exports

NAMES = {
    "contrib.parts.optimizing": """
        create_train_op clip_gradient_norms clip_gradient_norms_fn multiply_gradients
        add_gradients_summaries""",
    "contrib.parts.hyper": "HParams parse_values",
}

__getattr__, __dir__ = exports(__name__, NAMES)

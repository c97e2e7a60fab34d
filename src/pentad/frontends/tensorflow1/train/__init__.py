"""tf.train: optimisers, and what training programs need besides."""

from __future__ import annotations

from pentad.frontends.tensorflow1.framework.exports import exports
from pentad.frontends.tensorflow1.train.names import NAMES

__getattr__, __dir__ = exports(__name__, {
    **NAMES,
    "train.optimizer": "Optimizer",
    "train.descent": "GradientDescentOptimizer AdamOptimizer",
    "train.steps": """
        get_global_step get_or_create_global_step create_global_step global_step
        assert_global_step""",
})

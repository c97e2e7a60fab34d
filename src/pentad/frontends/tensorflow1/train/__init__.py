"""tf.train: optimisers, and what training programs need besides."""

from __future__ import annotations

from pentad.frontends.tensorflow1.framework.exports import exports
from pentad.frontends.tensorflow1.train.names import NAMES

__getattr__, __dir__ = exports(__name__, {
    **NAMES,
    "train.optimizer": "Optimizer",
    "train.optimizers": """
        GradientDescentOptimizer MomentumOptimizer AdamOptimizer AdagradOptimizer
        AdagradDAOptimizer AdadeltaOptimizer RMSPropOptimizer FtrlOptimizer
        ProximalGradientDescentOptimizer ProximalAdagradOptimizer SyncReplicasOptimizer""",
    "train.decays": """
        exponential_decay natural_exp_decay inverse_time_decay polynomial_decay
        piecewise_constant piecewise_constant_decay=piecewise_constant cosine_decay
        cosine_decay_restarts linear_cosine_decay noisy_linear_cosine_decay""",
    "train.moving_averages": "ExponentialMovingAverage",
    "train.steps": """
        get_global_step get_or_create_global_step create_global_step global_step
        assert_global_step""",
})

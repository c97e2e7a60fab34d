"""tf.contrib.opt: more optimisers."""

from pentad.frontends.tensorflow1.framework.exports import exports

NAMES = {
    "contrib.parts.optimizers": """
        AdaMaxOptimizer AddSignOptimizer PowerSignOptimizer NadamOptimizer LazyAdamOptimizer
        AdamWOptimizer MomentumWOptimizer DecoupledWeightDecayExtension
        extend_with_decoupled_weight_decay MovingAverageOptimizer""",
    "contrib.parts.optimizing": "clip_gradients_by_global_norm",
}

__getattr__, __dir__ = exports(__name__, NAMES)

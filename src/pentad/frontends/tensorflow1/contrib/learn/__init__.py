"""tf.contrib.learn: its data sets and its vocabulary; tf.estimator succeeds its estimators."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "contrib.learn.modes": "ModeKeys",
    "estimator": "RunConfig",
})

"""tf.contrib.tensorboard.plugins."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {})

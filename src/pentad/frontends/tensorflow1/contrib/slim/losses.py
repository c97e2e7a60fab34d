"""tf.contrib.slim.losses: those of tf.contrib.losses."""

from pentad.frontends.tensorflow1.contrib.losses import NAMES
from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, NAMES)

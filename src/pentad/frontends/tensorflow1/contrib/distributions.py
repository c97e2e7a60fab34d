"""tf.contrib.distributions: those of tf.distributions."""

from pentad.frontends.tensorflow1.distributions import NAMES
from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, NAMES)

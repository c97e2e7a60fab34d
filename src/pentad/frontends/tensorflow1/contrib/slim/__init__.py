"""tf.contrib.slim: layers, scopes of arguments, variables, learning."""

from pentad.frontends.tensorflow1.contrib.framework import NAMES as FRAMEWORK
from pentad.frontends.tensorflow1.contrib.parts.table import LAYERS
from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {**FRAMEWORK, **LAYERS})

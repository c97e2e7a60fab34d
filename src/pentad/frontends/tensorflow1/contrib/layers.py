"""tf.contrib.layers: layers with arg_scope, regularizers, optimize_loss, summaries."""

from pentad.frontends.tensorflow1.contrib.parts.table import LAYERS
from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, LAYERS)

"""tf.lookup.experimental: tables that runs write to."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {"lookup.mutable": "DenseHashTable"})

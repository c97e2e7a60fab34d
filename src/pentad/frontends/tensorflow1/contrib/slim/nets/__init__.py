"""tf.contrib.slim.nets: networks for images, by the papers that they come from."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {})

"""tf.saved_model.tag_constants."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "saved_model": "SERVING TRAINING GPU TPU",
})

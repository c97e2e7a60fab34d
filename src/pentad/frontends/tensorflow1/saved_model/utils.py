"""tf.saved_model.utils."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "saving.signatures": "build_tensor_info get_tensor_from_tensor_info",
})

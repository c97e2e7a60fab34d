"""tf.contrib.util."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "": "make_tensor_proto make_ndarray constant_value=get_static_value",
})

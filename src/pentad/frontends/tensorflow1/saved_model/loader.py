"""tf.saved_model.loader."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "saving.builder": "load maybe_saved_model_directory=contains_saved_model",
})

"""tf.saved_model.signature_def_utils."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "saving.signatures": """
        build_signature_def classification_signature_def is_valid_signature predict_signature_def
        regression_signature_def""",
})

"""tf.saved_model.signature_constants."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "saved_model": """
        CLASSIFY_INPUTS CLASSIFY_OUTPUT_CLASSES CLASSIFY_OUTPUT_SCORES CLASSIFY_METHOD_NAME
        PREDICT_INPUTS PREDICT_OUTPUTS PREDICT_METHOD_NAME REGRESS_INPUTS REGRESS_OUTPUTS
        REGRESS_METHOD_NAME DEFAULT_SERVING_SIGNATURE_DEF_KEY""",
})

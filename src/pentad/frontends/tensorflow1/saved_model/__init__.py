"""tf.saved_model: the names that stand in saved models."""

from __future__ import annotations

from pentad.frontends.tensorflow1.framework.exports import exports

ASSETS_DIRECTORY, ASSETS_KEY = "assets", "saved_model_assets"
CLASSIFY_INPUTS, CLASSIFY_OUTPUT_CLASSES, CLASSIFY_OUTPUT_SCORES = "inputs", "classes", "scores"
CLASSIFY_METHOD_NAME = "tensorflow/serving/classify"
PREDICT_INPUTS, PREDICT_OUTPUTS = "inputs", "outputs"
PREDICT_METHOD_NAME = "tensorflow/serving/predict"
REGRESS_INPUTS, REGRESS_OUTPUTS = "inputs", "outputs"
REGRESS_METHOD_NAME = "tensorflow/serving/regress"
DEFAULT_SERVING_SIGNATURE_DEF_KEY = "serving_default"
LEGACY_INIT_OP_KEY, MAIN_OP_KEY = "legacy_init_op", "saved_model_main_op"
SAVED_MODEL_FILENAME_PB, SAVED_MODEL_FILENAME_PBTXT = "saved_model.pb", "saved_model.pbtxt"
SAVED_MODEL_SCHEMA_VERSION = 1
SERVING, TRAINING, GPU, TPU = "serve", "train", "gpu", "tpu"
VARIABLES_DIRECTORY, VARIABLES_FILENAME = "variables", "variables"

__getattr__, __dir__ = exports(__name__, {
    "saving.builder": """
        Builder=SavedModelBuilder contains_saved_model load main_op=main_op main_op_with_restore
        maybe_saved_model_directory=contains_saved_model simple_save""",
    "saving.signatures": """
        build_signature_def build_tensor_info classification_signature_def
        get_tensor_from_tensor_info is_valid_signature predict_signature_def
        regression_signature_def""",
})

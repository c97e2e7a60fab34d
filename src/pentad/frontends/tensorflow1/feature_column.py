"""tf.feature_column: how raw features become the inputs of models."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "columns.categorical": """
        categorical_column_with_hash_bucket categorical_column_with_identity
        categorical_column_with_vocabulary_file categorical_column_with_vocabulary_list
        crossed_column weighted_categorical_column""",
    "columns.dense": """
        bucketized_column embedding_column indicator_column numeric_column
        shared_embedding_columns""",
    "columns.models": "input_layer linear_model make_parse_example_spec",
})

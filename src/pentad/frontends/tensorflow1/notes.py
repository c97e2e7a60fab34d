"""What is not there of TensorFlow 1, or only partly: name -> why, how; `a.*` is all below `a`."""

from __future__ import annotations

_OPERATOR = "this operator is not built; give its matrix to LinearOperatorFullMatrix"
_TREES = "boosted trees are not built: they are no differentiable graphs"
_QUANTIZED = "there are no kernels for quantised numbers"
_EAGER = "this front end defines graphs and runs them; Pentad itself is the eager way"
_RAGGED = "ragged tensors are not built; pad, and use tf.sequence_mask"
_SPEC = "specifications of types belong to tf.function of TensorFlow 2"
_LEARN = "contrib.learn's estimators are not built; tf.estimator has their successors"
_CLUSTER = "a program runs in one process here"
_COLUMNS = "contrib's feature columns are not built; tf.feature_column has their successors"
_SEQ2SEQ = "not built: seldom used; its decoders and other attentions are there"
_LEGACY = "not built: seldom used; tf.contrib.seq2seq has its successors"
_TYPES = "the inner types of tf.data are not public here; element types and shapes are"
_STATS = "the figures of tf.data's own profiler are not collected"
_KERAS = "Keras is a front end of its own; tf.layers has its layers"
_LIBRARY = "compiled TensorFlow operations cannot be loaded"

ABSENT = {
    "tf.keras.*": _KERAS, "tf.contrib.keras.*": _KERAS,
    "tf.GradientTape": _EAGER, "tf.enable_eager_execution": _EAGER, "tf.Module": _EAGER,
    "tf.enable_v2_behavior": _EAGER, "tf.function": _EAGER, "tf.wrap_function": _EAGER,
    "tf.RaggedTensor": _RAGGED, "tf.RaggedTensorSpec": _RAGGED,
    "tf.IndexedSlicesSpec": _SPEC, "tf.OptionalSpec": _SPEC, "tf.SparseTensorSpec": _SPEC,
    "tf.TensorArraySpec": _SPEC, "tf.TensorSpec": _SPEC, "tf.TypeSpec": _SPEC,
    "tf.contrib.framework.TensorSpec": _SPEC, "tf.contrib.framework.BoundedTensorSpec": _SPEC,
    "tf.data.DatasetSpec": _SPEC,
    **{f"tf.linalg.LinearOperator{kind}": _OPERATOR for kind in (
        "Circulant", "Circulant2D", "Circulant3D", "Toeplitz")},
    "tf.linalg.logm": "there is no kernel for the logarithm of a matrix",
    **{f"tf.estimator.BoostedTrees{kind}": _TREES
       for kind in ("Classifier", "Estimator", "Regressor")},
    "tf.nn.quantized_avg_pool": _QUANTIZED, "tf.nn.quantized_conv2d": _QUANTIZED,
    "tf.nn.quantized_max_pool": _QUANTIZED, "tf.nn.quantized_relu_x": _QUANTIZED,
    "tf.quantize": _QUANTIZED, "tf.quantize_v2": _QUANTIZED, "tf.quantized_concat": _QUANTIZED,
    "tf.dequantize": _QUANTIZED, "tf.train.do_quantize_training_on_graphdef": _QUANTIZED,
    **{f"tf.fake_quant_with_min_max_{kind}": _QUANTIZED for kind in (
        "args", "args_gradient", "vars", "vars_gradient", "vars_per_channel",
        "vars_per_channel_gradient")},
    "tf.train.ClusterDef": _CLUSTER, "tf.train.ClusterSpec": _CLUSTER, "tf.train.JobDef": _CLUSTER,
    "tf.train.Server": _CLUSTER, "tf.train.ServerDef": _CLUSTER,
    "tf.train.SyncReplicasOptimizer": _CLUSTER, "tf.train.replica_device_setter": _CLUSTER,
    "tf.train.WorkerSessionCreator": _CLUSTER, "tf.test.create_local_cluster": _CLUSTER,
    "tf.contrib.rnn.*": "this cell of contrib is not built; those of tf.nn.rnn_cell are",
    "tf.contrib.slim.*": "not built: seldom used; its layers and variables are there",
    "tf.contrib.layers.*": "not built: seldom used; tf.feature_column has its columns",
    "tf.contrib.framework.*": "not built: seldom used",
    "tf.contrib.training.*": "not built: what it adds to tf.train is seldom used",
    "tf.contrib.seq2seq.*": _SEQ2SEQ, "tf.contrib.legacy_seq2seq.*": _LEGACY,
    "tf.contrib.learn.*": _LEARN,
    "tf.contrib.opt.*": "this optimiser of contrib is not built; those of tf.train are",
    "tf.contrib.metrics.*": "contrib's metrics are not built; those of tf.metrics are",
    "tf.contrib.crf.*": "conditional random fields are not built",
    **{f"tf.contrib.{room}.{name}": _COLUMNS for room in ("layers", "slim") for name in (
        "bucketized_column", "crossed_column", "embedding_column", "one_hot_column",
        "real_valued_column", "scattered_embedding_column", "shared_embedding_columns",
        "sparse_column_with_hash_bucket", "sparse_column_with_integerized_feature",
        "sparse_column_with_keys", "sparse_column_with_vocabulary_file", "weighted_sparse_column",
        "check_feature_columns", "create_feature_spec_for_parsing", "infer_real_valued_columns",
        "input_from_feature_columns", "joint_weighted_sum_from_feature_columns",
        "make_place_holder_tensors_for_base_features", "parse_feature_columns_from_examples",
        "parse_feature_columns_from_sequence_examples", "sequence_input_from_feature_columns",
        "transform_features", "weighted_sum_from_feature_columns",
        "SPARSE_FEATURE_CROSS_DEFAULT_HASH_KEY")},
    **{f"tf.data.experimental.{name}": _TYPES for name in (
        "DatasetStructure", "OptionalStructure", "RaggedTensorStructure", "SparseTensorStructure",
        "Structure", "TensorArrayStructure", "TensorStructure", "get_structure", "from_variant",
        "to_variant")},
    "tf.data.experimental.StatsAggregator": _STATS,
    "tf.data.experimental.SqlDataset": "databases are read with Python's sqlite3",
    "tf.load_library": _LIBRARY, "tf.load_op_library": _LIBRARY,
    "tf.load_file_system_library": _LIBRARY,
    "tf.LMDBReader": "there is no reader of LMDB in the graph",
    "tf.train.sdca_fprint": "the solver of linear models is not built",
    "tf.train.sdca_optimizer": "the solver of linear models is not built",
    "tf.train.sdca_shrink_l1": "the solver of linear models is not built",
}

PARTLY: dict[str, str] = {
    "tf.train.SyncReplicasOptimizer": "it is refused when it is made: there is one machine",
}

RENAMED: dict[str, str] = {
    **{f"tf.{old}": f"tf.{new}" for old, new in {
        "mul": "multiply", "sub": "subtract", "neg": "negative", "inv": "reciprocal",
        "pack": "stack", "unpack": "unstack", "select": "where", "batch_matmul": "matmul",
        "complex_abs": "abs", "listdiff": "setdiff1d", "batch_cholesky": "cholesky",
        "batch_matrix_inverse": "matrix_inverse",
        "batch_matrix_diag": "matrix_diag", "batch_fft": "fft",
        "scalar_summary": "summary.scalar", "histogram_summary": "summary.histogram",
        "image_summary": "summary.image", "audio_summary": "summary.audio",
        "merge_summary": "summary.merge", "merge_all_summaries": "summary.merge_all",
        "train.SummaryWriter": "summary.FileWriter", "nn.rnn": "nn.static_rnn",
        "nn.bidirectional_rnn": "nn.static_bidirectional_rnn",
        "nn.state_saving_rnn": "nn.static_state_saving_rnn",
        "nn.seq2seq": "contrib.legacy_seq2seq",
        "image.per_image_whitening": "image.per_image_standardization",
        "image.random_crop": "random_crop", "contrib.rnn.core_rnn_cell": "nn.rnn_cell",
    }.items()},
}
"""Names of TensorFlow 0.x, which 1.15 does not have either, and what they became."""

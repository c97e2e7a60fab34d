"""The names of tf.contrib.layers, which slim has too."""

LAYERS = {
    "contrib.parts.network": """
        fully_connected convolution=convolution_layer conv1d conv2d conv3d
        convolution1d=conv1d convolution2d=conv2d convolution3d=conv3d conv2d_transpose
        conv3d_transpose convolution2d_transpose=conv2d_transpose
        convolution3d_transpose=conv3d_transpose separable_conv2d
        separable_convolution2d=separable_conv2d max_pool2d max_pool3d avg_pool2d avg_pool3d
        pool dropout flatten one_hot_encoding bias_add""",
    "contrib.parts.norms": """
        batch_norm layer_norm group_norm instance_norm unit_norm maxout softmax embed_sequence
        stack repeat scale_gradient images_to_sequence sequence_to_images linear relu relu6 elu
        legacy_fully_connected legacy_linear legacy_relu""",
    "contrib.parts.regularizers": """
        l1_regularizer l2_regularizer l1_l2_regularizer sum_regularizer apply_regularization
        variance_scaling_initializer xavier_initializer
        xavier_initializer_conv2d=xavier_initializer""",
    "contrib.parts.optimizing": """
        optimize_loss adaptive_clipping_fn OPTIMIZER_CLS_NAMES OPTIMIZER_SUMMARIES""",
    "contrib.parts.showing": """
        summarize_tensor summarize_activation summarize_tensors summarize_collection
        summarize_activations summarize_variables summarize_weights summarize_biases""",
    "ops.embedding": "safe_embedding_lookup_sparse embedding_lookup_unique=embedding_lookup",
}

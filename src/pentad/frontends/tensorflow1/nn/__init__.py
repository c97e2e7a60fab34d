"""tf.nn: what networks are made of."""

from pentad.frontends.tensorflow1.framework.exports import exports

NAMES = {
    "ops.activations": """
        relu relu6 elu selu softplus softsign leaky_relu swish crelu softmax log_softmax bias_add
        xw_plus_b relu_layer top_k in_top_k""",
    "ops.norms": "l2_loss",
    "ops.fractional": "fractional_max_pool fractional_avg_pool with_space_to_batch",
    "ops.blocks": "space_to_depth depth_to_space space_to_batch",
    "ops.embedding": "embedding_lookup embedding_lookup_sparse safe_embedding_lookup_sparse",
    "ops.candidates": """
        uniform_candidate_sampler log_uniform_candidate_sampler learned_unigram_candidate_sampler
        fixed_unigram_candidate_sampler all_candidate_sampler compute_accidental_hits nce_loss
        sampled_softmax_loss""",
    "ops.ctc": """
        ctc_loss ctc_loss_v2 ctc_greedy_decoder ctc_beam_search_decoder
        ctc_beam_search_decoder_v2 ctc_unique_labels collapse_repeated""",
    "rnn.unrolling": """
        dynamic_rnn static_rnn static_state_saving_rnn bidirectional_dynamic_rnn
        static_bidirectional_rnn raw_rnn""",
    "ops.elementwise": "sigmoid tanh",
    "ops.entropies": """
        softmax_cross_entropy_with_logits softmax_cross_entropy_with_logits_v2
        sparse_softmax_cross_entropy_with_logits sigmoid_cross_entropy_with_logits
        weighted_cross_entropy_with_logits log_poisson_loss""",
    "ops.normalizing": """
        moments weighted_moments sufficient_statistics normalize_moments batch_normalization
        batch_norm_with_global_normalization fused_batch_norm l2_normalize
        local_response_normalization lrn=local_response_normalization dropout zero_fraction
        scale_regularization_loss compute_average_loss""",
    "ops.convolution": """
        conv1d conv2d conv3d convolution atrous_conv2d depthwise_conv2d depthwise_conv2d_native
        separable_conv2d""",
    "ops.transposed": """
        conv2d_backprop_input conv2d_backprop_filter conv3d_backprop_filter
        conv3d_backprop_filter_v2=conv3d_backprop_filter depthwise_conv2d_backprop_input
        depthwise_conv2d_backprop_filter conv1d_transpose conv2d_transpose conv3d_transpose
        depthwise_conv2d_native_backprop_input=depthwise_conv2d_backprop_input
        depthwise_conv2d_native_backprop_filter=depthwise_conv2d_backprop_filter
        conv_transpose atrous_conv2d_transpose""",
    "ops.pooling": """
        max_pool max_pool1d max_pool2d=max_pool max_pool3d max_pool_v2 avg_pool avg_pool1d
        avg_pool2d=avg_pool avg_pool3d avg_pool_v2 pool max_pool_with_argmax dilation2d
        erosion2d""",
}

__getattr__, __dir__ = exports(__name__, NAMES)

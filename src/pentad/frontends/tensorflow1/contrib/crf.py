"""tf.contrib.crf: linear-chain conditional random fields."""

from pentad.frontends.tensorflow1.framework.exports import exports

NAMES = {
    "contrib.parts.fields": """
        crf_sequence_score crf_unary_score crf_binary_score crf_log_norm crf_log_likelihood
        crf_multitag_sequence_score viterbi_decode crf_decode CrfForwardRnnCell
        CrfDecodeForwardRnnCell CrfDecodeBackwardRnnCell""",
}

__getattr__, __dir__ = exports(__name__, NAMES)

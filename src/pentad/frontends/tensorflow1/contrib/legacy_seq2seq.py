"""tf.contrib.legacy_seq2seq: decoders of lists, losses of sequences."""

from pentad.frontends.tensorflow1.framework.exports import exports

NAMES = {
    "contrib.parts.sequences": """
        sequence_loss_by_example sequence_loss rnn_decoder basic_rnn_seq2seq tied_rnn_seq2seq
        embedding_rnn_decoder embedding_rnn_seq2seq""",
    "contrib.parts.buckets": """
        attention_decoder embedding_attention_decoder embedding_attention_seq2seq
        model_with_buckets""",
}

__getattr__, __dir__ = exports(__name__, NAMES)

"""tf.contrib.seq2seq: decoders with attention, the loss of sequences."""

from pentad.frontends.tensorflow1.framework.exports import exports

NAMES = {
    "contrib.parts.sequences": "sequence_loss=weighted_loss hardmax tile_batch",
    "contrib.parts.attention": """
        AttentionMechanism AttentionWrapper AttentionWrapperState BahdanauAttention
        LuongAttention""",
    "contrib.parts.decoding": "BasicDecoder BasicDecoderOutput Decoder dynamic_decode",
    "contrib.parts.helpers": """
        CustomHelper GreedyEmbeddingHelper Helper InferenceHelper SampleEmbeddingHelper
        ScheduledEmbeddingTrainingHelper ScheduledOutputTrainingHelper TrainingHelper""",
    "contrib.parts.beams": """
        BeamSearchDecoder BeamSearchDecoderOutput BeamSearchDecoderState
        FinalBeamSearchDecoderOutput gather_tree""",
}

__getattr__, __dir__ = exports(__name__, NAMES)

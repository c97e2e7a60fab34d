"""tf.contrib.seq2seq: the loss of sequences, and small parts."""

from pentad.frontends.tensorflow1.framework.exports import exports

NAMES = {"contrib.parts.sequences": "sequence_loss=weighted_loss hardmax tile_batch"}

__getattr__, __dir__ = exports(__name__, NAMES)

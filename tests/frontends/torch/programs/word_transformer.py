"""The word language model with a Transformer's encoder."""

from language import TransformerModel, train


def run(steps, initialize):
    return train(TransformerModel(40, 16, 2, 32, 2), steps, initialize)

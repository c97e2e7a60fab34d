"""The word language model with an LSTM whose embedding is its decoder, too."""

from language import RNNModel, train


def run(steps, initialize):
    return train(RNNModel('LSTM', 40, 16, 16, 2, tie_weights=True), steps, initialize, lr=2.0)

"""tf.nn.rnn_cell: recurrent cells."""

from pentad.frontends.tensorflow1.framework.exports import exports

NAMES = {
    "rnn.cells": """
        RNNCell BasicRNNCell BasicLSTMCell LSTMCell GRUCell MultiRNNCell LSTMStateTuple""",
    "rnn.wrappers": "DropoutWrapper ResidualWrapper DeviceWrapper",
}

__getattr__, __dir__ = exports(__name__, NAMES)

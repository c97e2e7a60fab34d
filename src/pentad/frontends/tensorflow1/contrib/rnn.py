"""tf.contrib.rnn: other names of the cells and loops of tf.nn."""

from __future__ import annotations

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "nn.rnn_cell": """
        BasicLSTMCell BasicRNNCell DeviceWrapper DropoutWrapper GRUCell LSTMCell LSTMStateTuple
        MultiRNNCell RNNCell ResidualWrapper""",
    "nn": "static_bidirectional_rnn static_rnn static_state_saving_rnn",
})

"""tf.contrib.rnn: the cells and loops of tf.nn, and more cells."""

from pentad.frontends.tensorflow1.framework.exports import exports

NAMES = {
    "rnn.cells": """
        RNNCell LayerRNNCell BasicRNNCell BasicLSTMCell LSTMCell GRUCell MultiRNNCell
        LSTMStateTuple""",
    "rnn.wrappers": "DropoutWrapper ResidualWrapper DeviceWrapper",
    "rnn.unrolling": """
        static_rnn static_state_saving_rnn static_bidirectional_rnn
        transpose_batch_time=time_first""",
    "contrib.parts.cells": """
        GRUBlockCell GRUBlockCellV2 LSTMBlockCell UGRNNCell IndRNNCell LayerNormBasicLSTMCell
        CoupledInputForgetGateLSTMCell InputProjectionWrapper OutputProjectionWrapper
        EmbeddingWrapper HighwayWrapper stack_bidirectional_rnn stack_bidirectional_dynamic_rnn
        FusedRNNCell FusedRNNCellAdaptor TimeReversedFusedRNN best_effort_input_batch_size""",
    "contrib.parts.convolutional_cells": """
        ConvLSTMCell Conv1DLSTMCell Conv2DLSTMCell Conv3DLSTMCell""",
}

__getattr__, __dir__ = exports(__name__, NAMES)

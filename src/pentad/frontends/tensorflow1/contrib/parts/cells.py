"""The cells of tf.contrib.rnn, cells along whole sequences, several layers both ways."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad.frontends.tensorflow1.framework import nest
from pentad.frontends.tensorflow1.framework.dtypes import float32
from pentad.frontends.tensorflow1.ops.activations import bias_add
from pentad.frontends.tensorflow1.ops.elementwise import sigmoid, tanh
from pentad.frontends.tensorflow1.ops.embedding import embedding_lookup
from pentad.frontends.tensorflow1.ops.gathering import reverse_sequence
from pentad.frontends.tensorflow1.ops.matrices import matmul
from pentad.frontends.tensorflow1.ops.normalizing import batch_normalization, dropout, moments
from pentad.frontends.tensorflow1.ops.padding import reverse
from pentad.frontends.tensorflow1.ops.shaping import concat, reshape, split, stack, unstack
from pentad.frontends.tensorflow1.rnn.cells import (
    GRUCell,
    LayerRNNCell,
    LSTMCell,
    LSTMStateTuple,
    RNNCell,
    batch_size_of,
)
from pentad.frontends.tensorflow1.rnn.unrolling import (
    bidirectional_dynamic_rnn,
    dynamic_rnn,
    static_bidirectional_rnn,
    static_rnn,
)
from pentad.frontends.tensorflow1.rnn.wrappers import Wrapper
from pentad.frontends.tensorflow1.variables.initializers import Constant, RandomUniform, Zeros
from pentad.frontends.tensorflow1.variables.scope import get_variable, variable_scope


class GRUBlockCellV2(GRUCell):
    """GRUCell; its operations are made one code as all are."""


class GRUBlockCell(GRUCell):
    """GRUCell with the old names of variables."""

    def build(self, inputs_shape: Any) -> None:
        """Make the kernels and biases."""
        rows, units = self._depth(inputs_shape) + self._num_units, self._num_units
        self._gate_kernel = self._weight("w_ru", [rows, 2 * units])
        self._gate_bias = self._weight("b_ru", [2 * units], Constant(1.0))
        self._candidate_kernel = self._weight("w_c", [rows, units])
        self._candidate_bias = self._weight("b_c", [units], Zeros())
        self.built = True


class LSTMBlockCell(LSTMCell):
    """LSTMCell by the arguments of the block cell."""

    def __init__(
        self, num_units: int, forget_bias: float = 1.0, cell_clip: Any = None,
        use_peephole: bool = False, dtype: Any = None, reuse: Any = None,
        name: str = "lstm_cell",
    ) -> None:
        clip = cell_clip if cell_clip is not None and cell_clip > 0 else None
        super().__init__(num_units, use_peephole, clip, forget_bias=forget_bias, reuse=reuse,
                         name=name, dtype=dtype)


class UGRNNCell(LayerRNNCell):
    """The update gate network (Collins et al., 2017)."""

    def __init__(
        self, num_units: int, initializer: Any = None, forget_bias: float = 1.0,
        activation: Any = tanh, reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units, self._initializer = num_units, initializer
        self._forget_bias, self._activation = forget_bias, activation

    state_size = property(lambda self: self._num_units, doc="The size of the state.")
    output_size = property(lambda self: self._num_units, doc="The size of the output.")

    def build(self, inputs_shape: Any) -> None:
        """Make the kernel and the bias."""
        rows, units = self._depth(inputs_shape) + self._num_units, self._num_units
        self._kernel = self._weight("kernel", [rows, 2 * units], self._initializer)
        self._bias = self._weight("bias", [2 * units], Zeros())
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """The output, which is the next state too."""
        gates = bias_add(matmul(concat([inputs, state], 1), self._kernel), self._bias)
        g, c = split(gates, 2, 1)
        gate = sigmoid(g + self._forget_bias)
        output = gate * state + (1.0 - gate) * self._activation(c)
        return output, output


class IndRNNCell(LayerRNNCell):
    """The network whose units see only their own state (Li et al., 2018)."""

    def __init__(
        self, num_units: int, activation: Any = None, reuse: Any = None, name: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self._num_units, self._activation = num_units, activation or tanh

    state_size = property(lambda self: self._num_units, doc="The size of the state.")
    output_size = property(lambda self: self._num_units, doc="The size of the output.")

    def build(self, inputs_shape: Any) -> None:
        """Make the two kernels and the bias."""
        self._kernel_w = self._weight("w_kernel", [self._depth(inputs_shape), self._num_units])
        self._kernel_u = self._weight("u_kernel", [1, self._num_units], RandomUniform(-1.0, 1.0))
        self._bias = self._weight("bias", [self._num_units], Zeros())
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """The output, which is the next state too."""
        gates = bias_add(matmul(inputs, self._kernel_w) + state * self._kernel_u, self._bias)
        output = self._activation(gates)
        return output, output


class LayerNormBasicLSTMCell(RNNCell):
    """An LSTM whose gates are normalised, with dropout of the memory."""

    def __init__(
        self, num_units: int, forget_bias: float = 1.0, input_size: Any = None,
        activation: Any = tanh, layer_norm: bool = True, norm_gain: float = 1.0,
        norm_shift: float = 0.0, dropout_keep_prob: Any = 1.0, dropout_prob_seed: Any = None,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units, self._activation, self._forget_bias = num_units, activation, forget_bias
        self._layer_norm, self._norm_gain, self._norm_shift = layer_norm, norm_gain, norm_shift
        self._keep_prob, self._seed = dropout_keep_prob, dropout_prob_seed

    state_size = property(lambda self: LSTMStateTuple(self._num_units, self._num_units),
                          doc="The sizes of memory and output.")
    output_size = property(lambda self: self._num_units, doc="The size of the output.")

    def _norm(self, value: Any, scope: str) -> Any:
        if not self._layer_norm:
            return value
        width = [int(value.shape[-1])]
        with variable_scope(scope):
            gamma = get_variable("gamma", width, initializer=Constant(self._norm_gain))
            beta = get_variable("beta", width, initializer=Constant(self._norm_shift))
        mean, variance = moments(value, [1], keep_dims=True)
        return batch_normalization(value, mean, variance, beta, gamma, 1e-12)

    def call(self, inputs: Any, state: Any) -> Any:
        """The output and the next state."""
        c, h = state
        given = concat([inputs, h], 1)
        kernel = get_variable("kernel", [int(given.shape[-1]), 4 * self._num_units])
        gates = matmul(given, kernel)
        if not self._layer_norm:
            gates = bias_add(gates, get_variable("bias", [4 * self._num_units],
                                                 initializer=Zeros()))
        names = ("input", "transform", "forget", "output")
        i, j, f, o = (self._norm(g, n) for g, n in zip(split(gates, 4, 1), names))
        g = self._activation(j)
        if not isinstance(self._keep_prob, float) or self._keep_prob < 1:
            g = dropout(g, self._keep_prob, seed=self._seed)
        c = self._norm(c * sigmoid(f + self._forget_bias) + sigmoid(i) * g, "state")
        h = self._activation(c) * sigmoid(o)
        return h, LSTMStateTuple(c, h)


class CoupledInputForgetGateLSTMCell(LSTMCell):
    """An LSTM that takes in as much as it forgets."""

    def build(self, inputs_shape: Any) -> None:
        """Make the kernel and the bias of three gates."""
        if self._use_peepholes or self._num_proj is not None:
            raise pt.ArgumentError("CoupledInputForgetGateLSTMCell: peepholes and projections "
                                   "are not supported")
        rows = self._depth(inputs_shape) + self._num_units
        self._kernel = self._weight("kernel", [rows, 3 * self._num_units], self._initializer)
        self._bias = self._weight("bias", [3 * self._num_units], Zeros())
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """The output and the next state."""
        c, h = state if self._state_is_tuple else split(state, 2, 1)
        gates = bias_add(matmul(concat([inputs, h], 1), self._kernel), self._bias)
        j, f, o = split(gates, 3, 1)
        kept = sigmoid(f + self._forget_bias)
        c = kept * c + (1 - kept) * self._activation(j)
        h = sigmoid(o) * self._activation(c)
        return h, LSTMStateTuple(c, h) if self._state_is_tuple else concat([c, h], 1)


# -- wrappers ----------------------------------------------------------------------------------


def _linear(value: Any, width: int, bias: float = 0.0) -> Any:
    kernel = get_variable("kernel", [int(value.shape[-1]), width])
    return bias_add(matmul(value, kernel), get_variable(
        "bias", [width], initializer=Constant(bias)))


class _Own(Wrapper):
    """A wrapper with variables of its own."""

    def __call__(self, inputs: Any, state: Any, scope: Any = None, **kwargs: Any) -> Any:
        return RNNCell.__call__(self, inputs, state, scope)


class InputProjectionWrapper(_Own):
    """A cell whose inputs are projected first."""

    def __init__(self, cell: Any, num_proj: int, activation: Any = None, input_size: Any = None,
                 reuse: Any = None) -> None:
        super().__init__(cell, _reuse=reuse)
        self._num_proj, self._activation = num_proj, activation

    def call(self, inputs: Any, state: Any) -> Any:
        """What the cell gives for projected inputs."""
        projected = _linear(inputs, self._num_proj)
        return self.cell(self._activation(projected) if self._activation else projected, state)


class OutputProjectionWrapper(_Own):
    """A cell whose outputs are projected."""

    def __init__(self, cell: Any, output_size: int, activation: Any = None,
                 reuse: Any = None) -> None:
        super().__init__(cell, _reuse=reuse)
        self._output_size, self._activation = output_size, activation

    output_size = property(lambda self: self._output_size, doc="The size of the projection.")

    def call(self, inputs: Any, state: Any) -> Any:
        """The projected output, the state."""
        output, state = self.cell(inputs, state)
        projected = _linear(output, self._output_size)
        return self._activation(projected) if self._activation else projected, state


class EmbeddingWrapper(_Own):
    """A cell whose inputs are numbers of rows of a table."""

    def __init__(self, cell: Any, embedding_classes: int, embedding_size: int,
                 initializer: Any = None, reuse: Any = None) -> None:
        super().__init__(cell, _reuse=reuse)
        self._shape = [embedding_classes, embedding_size]
        self._initializer = initializer or RandomUniform(-(3 ** 0.5), 3 ** 0.5)

    def call(self, inputs: Any, state: Any) -> Any:
        """What the cell gives for the rows."""
        table = get_variable("embedding", self._shape, float32, self._initializer)
        return self.cell(embedding_lookup(table, reshape(inputs, [-1])), state)


class HighwayWrapper(Wrapper):
    """The inputs and the outputs of a cell, mixed by gates, whose weights are in the scope of who
    calls."""

    def __init__(self, cell: Any, couple_carry_transform_gates: bool = True,
                 carry_bias_init: float = 1.0) -> None:
        super().__init__(cell)
        self._couple, self._first = couple_carry_transform_gates, carry_bias_init

    def _gate(self, name: str, value: Any, bias: float) -> Any:
        width = int(value.shape[-1])
        weight = get_variable(f"{name}_w", [width, width])
        return sigmoid(bias_add(matmul(value, weight), get_variable(
            f"{name}_b", [width], initializer=Constant(bias))))

    def wrapped(self, inputs: Any, state: Any, scope: Any) -> Any:
        """The mixture, the state."""
        output, state = super().wrapped(inputs, state, scope)
        carry = self._gate("carry", inputs, self._first)
        through = 1 - carry if self._couple else self._gate("transform", inputs, -self._first)
        return inputs * carry + output * through, state


# -- whole sequences ---------------------------------------------------------------------------


class FusedRNNCell:
    """The base of cells that are called with a whole sequence [time, batch, ...]."""

    def __call__(
        self, inputs: Any, initial_state: Any = None, dtype: Any = None,
        sequence_length: Any = None, scope: Any = None,
    ) -> Any:
        raise NotImplementedError


class FusedRNNCellAdaptor(FusedRNNCell):
    """A cell as one that is called with a whole sequence."""

    def __init__(self, cell: Any, use_dynamic_rnn: bool = False) -> None:
        self._cell, self._dynamic = cell, use_dynamic_rnn

    def __call__(
        self, inputs: Any, initial_state: Any = None, dtype: Any = None,
        sequence_length: Any = None, scope: Any = None,
    ) -> Any:
        """The outputs and the state at the end."""
        if self._dynamic:
            return dynamic_rnn(self._cell, inputs, sequence_length, initial_state, dtype,
                               time_major=True, scope=scope)
        is_list = isinstance(inputs, list)
        outputs, state = static_rnn(self._cell, inputs if is_list else unstack(inputs),
                                    initial_state, dtype, sequence_length, scope)
        return (outputs if is_list else stack(outputs)), state


class TimeReversedFusedRNN(FusedRNNCell):
    """A cell of whole sequences that goes from the end."""

    def __init__(self, cell: Any) -> None:
        self._cell = cell

    @staticmethod
    def _turned(value: Any, lengths: Any) -> Any:
        if lengths is None:
            return reverse(value, [0])
        return reverse_sequence(value, lengths, seq_axis=0, batch_axis=1)

    def __call__(
        self, inputs: Any, initial_state: Any = None, dtype: Any = None,
        sequence_length: Any = None, scope: Any = None,
    ) -> Any:
        """The outputs, in the order of the inputs, and the state at the beginning."""
        outputs, state = self._cell(
            self._turned(inputs, sequence_length), initial_state, dtype, sequence_length, scope)
        return self._turned(outputs, sequence_length), state


def best_effort_input_batch_size(flat_input: Any) -> Any:
    """The size of the batch of inputs [time, batch, ...]."""
    return batch_size_of(flat_input, 1)


def _layers(name: str, run: Any, cells_fw: Any, cells_bw: Any, inputs: Any, scope: Any) -> Any:
    if len(cells_fw) != len(cells_bw) or not cells_fw:
        raise pt.ArgumentError(
            "Forward and Backward cells must be lists of the same length, not empty")
    forward, backward = [], []
    with variable_scope(scope or name):
        for i, pair in enumerate(zip(cells_fw, cells_bw)):
            with variable_scope(f"cell_{i}"):
                inputs, state_fw, state_bw = run(i, *pair, inputs)
            forward.append(state_fw)
            backward.append(state_bw)
    return inputs, tuple(forward), tuple(backward)


def _at(states: Any, i: int) -> Any:
    return None if states is None else states[i]


def stack_bidirectional_rnn(
    cells_fw: Any, cells_bw: Any, inputs: Any, initial_states_fw: Any = None,
    initial_states_bw: Any = None, dtype: Any = None, sequence_length: Any = None,
    scope: Any = None,
) -> Any:
    """Layers both ways along a list."""
    def run(i: int, forward: Any, backward: Any, given: Any) -> Any:
        return static_bidirectional_rnn(
            forward, backward, given, _at(initial_states_fw, i), _at(initial_states_bw, i),
            dtype, sequence_length)

    return _layers("stack_bidirectional_rnn", run, cells_fw, cells_bw, inputs, scope)


def stack_bidirectional_dynamic_rnn(
    cells_fw: Any, cells_bw: Any, inputs: Any, initial_states_fw: Any = None,
    initial_states_bw: Any = None, dtype: Any = None, sequence_length: Any = None,
    parallel_iterations: Any = None, time_major: bool = False, scope: Any = None,
    swap_memory: bool = False,
) -> Any:
    """Layers both ways along sequences."""
    def run(i: int, forward: Any, backward: Any, given: Any) -> Any:
        outputs, states = bidirectional_dynamic_rnn(
            forward, backward, given, sequence_length, _at(initial_states_fw, i),
            _at(initial_states_bw, i), dtype, time_major=time_major)
        return concat(list(nest.flatten(outputs)), 2), *states

    return _layers("stack_bidirectional_rnn", run, cells_fw, cells_bw, inputs, scope)

"""Recurrent cells: layers of an input and a state."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import nest
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.shapes import TensorShape, as_shape
from pentad.frontends.tensorflow1.layers.base import InputSpec, Layer
from pentad.frontends.tensorflow1.ops.activations import bias_add
from pentad.frontends.tensorflow1.ops.clipping import clip_by_value
from pentad.frontends.tensorflow1.ops.creation import zeros
from pentad.frontends.tensorflow1.ops.elementwise import sigmoid, tanh
from pentad.frontends.tensorflow1.ops.matrices import matmul
from pentad.frontends.tensorflow1.ops.shaping import concat, split
from pentad.frontends.tensorflow1.ops.shaping import shape as shape_of
from pentad.frontends.tensorflow1.variables.initializers import Constant, Zeros
from pentad.frontends.tensorflow1.variables.scope import variable_scope

KERNEL, BIAS = "kernel", "bias"


class LSTMStateTuple(namedtuple("LSTMStateTuple", ("c", "h"))):
    """The state of an LSTM: its memory, its output."""

    __slots__ = ()

    @property
    def dtype(self) -> Any:
        """The type of both."""
        if self.c.dtype != self.h.dtype:
            raise TypeError(static.message(
                f"Inconsistent internal state: {self.c.dtype} vs {self.h.dtype}"))
        return self.c.dtype


def batch_size_of(inputs: Any, axis: int = 0) -> Any:
    """The size of the batch: a number if it is known, else a tensor."""
    first = nest.flatten(inputs)[0]
    known = first.shape[axis].value if first.shape.ndims is not None else None
    return shape_of(first)[axis] if known is None else known


def zeros_of(size: Any, batch_size: Any, dtype: Any) -> Any:
    """Zeros for a state of that size, which may be a structure."""
    def one(n: Any, kind: Any) -> Any:
        return zeros([batch_size, *as_shape(n).as_list()], kind)

    if not nest.is_nested(size) or isinstance(size, TensorShape):
        return one(size, dtype)
    sizes = nest.flatten(size)
    kinds = nest.flatten(dtype) if nest.is_nested(dtype) else [dtype] * len(sizes)
    return nest.pack_sequence_as(size, [one(n, k) for n, k in zip(sizes, kinds)])


class RNNCell(Layer):
    """The base of cells: `output, state = cell(inputs, state)`.

    A subclass says `state_size` and `output_size`, and has `call(inputs, state)`.
    """

    def __call__(self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kw: Any) -> Any:
        """The output and the next state."""
        if scope is not None and isinstance(scope, str):
            with variable_scope(scope) as found:
                return super().__call__(inputs, state, *args, scope=found, **kw)
        return super().__call__(inputs, state, *args, scope=scope, **kw)

    @property
    def state_size(self) -> Any:
        """The sizes of the state: a number, a shape, or a structure of them."""
        raise NotImplementedError("Abstract method")

    @property
    def output_size(self) -> Any:
        """The size of the output."""
        raise NotImplementedError("Abstract method")

    def build(self, _: Any) -> None:
        """Cells of programs make their variables when they are called."""

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """A state of zeros."""
        with name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            return zeros_of(self.state_size, batch_size, dtype)

    def get_initial_state(
        self, inputs: Any = None, batch_size: Any = None, dtype: Any = None
    ) -> Any:
        """A state of zeros for inputs."""
        if inputs is not None:
            batch_size, dtype = batch_size_of(inputs), nest.flatten(inputs)[0].dtype
        if batch_size is None or dtype is None:
            raise pt.ArgumentError(
                "batch_size and dtype cannot be None while constructing initial state")
        return self.zero_state(batch_size, dtype)


class LayerRNNCell(RNNCell):
    """The base of cells that make their variables once, in `build`."""

    def _depth(self, shape: Any) -> int:
        depth = as_shape(shape)[-1].value
        if depth is None:
            raise pt.ShapeError(static.message(
                f"Expected inputs.shape[-1] to be known, saw shape: {shape}"))
        self.input_spec = InputSpec(ndim=2)
        return depth

    def _weight(self, name: str, shape: Any, initializer: Any = None) -> Any:
        return self.add_variable(name, shape=shape, initializer=initializer)


def _activation(given: Any, default: Callable[..., Any]) -> Callable[..., Any]:
    if given is None:
        return default
    if isinstance(given, str):
        from pentad.frontends.tensorflow1 import nn

        return getattr(nn, given)
    return given


class BasicRNNCell(LayerRNNCell):
    """activation([inputs, state] @ kernel + bias)."""

    def __init__(
        self, num_units: int, activation: Any = None, reuse: Any = None, name: Any = None,
        dtype: Any = None, **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        self._num_units, self._activation = num_units, _activation(activation, tanh)

    state_size = property(lambda self: self._num_units, doc="The size of the state.")
    output_size = property(lambda self: self._num_units, doc="The size of the output.")

    def build(self, inputs_shape: Any) -> None:
        """Make the kernel and the bias."""
        depth = self._depth(inputs_shape)
        self._kernel = self._weight(KERNEL, [depth + self._num_units, self._num_units])
        self._bias = self._weight(BIAS, [self._num_units], Zeros())
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """The output, which is the next state too."""
        gates = bias_add(matmul(concat([inputs, state], 1), self._kernel), self._bias)
        output = self._activation(gates)
        return output, output


class GRUCell(LayerRNNCell):
    """The gated recurrent unit (Cho et al., 2014)."""

    def __init__(
        self, num_units: int, activation: Any = None, reuse: Any = None,
        kernel_initializer: Any = None, bias_initializer: Any = None, name: Any = None,
        dtype: Any = None, **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        self._num_units, self._activation = num_units, _activation(activation, tanh)
        self._kernel_initializer, self._bias_initializer = kernel_initializer, bias_initializer

    state_size = property(lambda self: self._num_units, doc="The size of the state.")
    output_size = property(lambda self: self._num_units, doc="The size of the output.")

    def build(self, inputs_shape: Any) -> None:
        """Make the kernels and biases of the gates and of the candidate."""
        rows, units = self._depth(inputs_shape) + self._num_units, self._num_units
        first = self._bias_initializer
        self._gate_kernel = self._weight("gates/kernel", [rows, 2 * units],
                                         self._kernel_initializer)
        self._gate_bias = self._weight("gates/bias", [2 * units], first or Constant(1.0))
        self._candidate_kernel = self._weight("candidate/kernel", [rows, units],
                                              self._kernel_initializer)
        self._candidate_bias = self._weight("candidate/bias", [units], first or Zeros())
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """The output, which is the next state too."""
        gates = bias_add(matmul(concat([inputs, state], 1), self._gate_kernel), self._gate_bias)
        r, u = split(sigmoid(gates), 2, 1)
        candidate = self._activation(bias_add(
            matmul(concat([inputs, r * state], 1), self._candidate_kernel),
            self._candidate_bias))
        output = u * state + (1 - u) * candidate
        return output, output


class BasicLSTMCell(LayerRNNCell):
    """Long short-term memory, without peepholes and projection."""

    def __init__(
        self, num_units: int, forget_bias: float = 1.0, state_is_tuple: bool = True,
        activation: Any = None, reuse: Any = None, name: Any = None, dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        self._num_units, self._forget_bias = num_units, forget_bias
        self._state_is_tuple, self._activation = state_is_tuple, _activation(activation, tanh)

    output_size = property(lambda self: self._num_units, doc="The size of the output.")

    @property
    def state_size(self) -> Any:
        """The sizes of memory and output."""
        n = self._num_units
        return LSTMStateTuple(n, n) if self._state_is_tuple else 2 * n

    def build(self, inputs_shape: Any) -> None:
        """Make the kernel and the bias of the four gates."""
        rows, units = self._depth(inputs_shape) + self._num_units, self._num_units
        self._kernel = self._weight(KERNEL, [rows, 4 * units])
        self._bias = self._weight(BIAS, [4 * units], Zeros())
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """The output and the next state."""
        c, h = state if self._state_is_tuple else split(state, 2, 1)
        gates = bias_add(matmul(concat([inputs, h], 1), self._kernel), self._bias)
        i, j, f, o = split(gates, 4, 1)
        c = c * sigmoid(f + self._forget_bias) + sigmoid(i) * self._activation(j)
        h = self._activation(c) * sigmoid(o)
        return h, LSTMStateTuple(c, h) if self._state_is_tuple else concat([c, h], 1)


class LSTMCell(LayerRNNCell):
    """Long short-term memory, with peepholes, bounds and a projection where asked for."""

    def __init__(
        self, num_units: int, use_peepholes: bool = False, cell_clip: Any = None,
        initializer: Any = None, num_proj: int | None = None, proj_clip: Any = None,
        num_unit_shards: Any = None, num_proj_shards: Any = None, forget_bias: float = 1.0,
        state_is_tuple: bool = True, activation: Any = None, reuse: Any = None, name: Any = None,
        dtype: Any = None, **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        self._num_units, self._use_peepholes, self._cell_clip = num_units, use_peepholes, cell_clip
        self._initializer, self._num_proj, self._proj_clip = initializer, num_proj, proj_clip
        self._forget_bias, self._state_is_tuple = forget_bias, state_is_tuple
        self._activation = _activation(activation, tanh)

    output_size = property(lambda self: self._num_proj or self._num_units,
                           doc="The size of the output.")

    @property
    def state_size(self) -> Any:
        """The sizes of memory and output."""
        sizes = self._num_units, self.output_size
        return LSTMStateTuple(*sizes) if self._state_is_tuple else sum(sizes)

    def build(self, inputs_shape: Any) -> None:
        """Make the kernel, the bias, and what peepholes and projection need."""
        rows = self._depth(inputs_shape) + self.output_size
        first = self._initializer
        self._kernel = self._weight(KERNEL, [rows, 4 * self._num_units], first)
        self._bias = self._weight(BIAS, [4 * self._num_units], Zeros())
        if self._use_peepholes:
            self._w_f_diag, self._w_i_diag, self._w_o_diag = (
                self._weight(f"w_{gate}_diag", [self._num_units], first) for gate in "fio")
        if self._num_proj is not None:
            self._proj_kernel = self._weight(
                "projection/kernel", [self._num_units, self._num_proj], first)
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """The output and the next state."""
        c_prev, m_prev = state if self._state_is_tuple else split(
            state, [self._num_units, self.output_size], 1)
        gates = bias_add(matmul(concat([inputs, m_prev], 1), self._kernel), self._bias)
        i, j, f, o = split(gates, 4, 1)
        f = f + self._forget_bias
        if self._use_peepholes:
            f, i = f + self._w_f_diag * c_prev, i + self._w_i_diag * c_prev
        c = sigmoid(f) * c_prev + sigmoid(i) * self._activation(j)
        if self._cell_clip is not None:
            c = clip_by_value(c, -self._cell_clip, self._cell_clip)
        if self._use_peepholes:
            o = o + self._w_o_diag * c
        m = sigmoid(o) * self._activation(c)
        if self._num_proj is not None:
            m = matmul(m, self._proj_kernel)
            if self._proj_clip is not None:
                m = clip_by_value(m, -self._proj_clip, self._proj_clip)
        return m, LSTMStateTuple(c, m) if self._state_is_tuple else concat([c, m], 1)


class MultiRNNCell(RNNCell):
    """Cells one upon the other."""

    def __init__(self, cells: Any, state_is_tuple: bool = True) -> None:
        super().__init__()
        if not cells:
            raise pt.ArgumentError("Must specify at least one cell for MultiRNNCell.")
        if not isinstance(cells, list | tuple):
            raise TypeError(static.message("cells must be a list or tuple, but saw: " + str(cells)))
        if len({id(c) for c in cells}) < len(cells):
            import warnings

            warnings.warn("At least two cells provided to MultiRNNCell are the same object and "
                          "will share weights.", stacklevel=2)
        self._cells, self._state_is_tuple = list(cells), state_is_tuple
        if not state_is_tuple and any(nest.is_nested(c.state_size) for c in cells):
            raise pt.ArgumentError("Some cells return tuples of states, but the flag "
                                   "state_is_tuple is not set.")

    @property
    def state_size(self) -> Any:
        """The sizes of the states of the cells."""
        sizes = tuple(c.state_size for c in self._cells)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> Any:
        """That of the last cell."""
        return self._cells[-1].output_size

    @property
    def trainable_weights(self) -> list[Any]:
        """The variables of the cells that optimisers change."""
        return [w for c in self._cells if isinstance(c, Layer) for w in c.trainable_weights]

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The other variables of the cells."""
        return [w for c in self._cells if isinstance(c, Layer) for w in c.non_trainable_weights]

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The states of zeros of the cells."""
        with name_scope("MultiRNNCellZeroState", values=[batch_size]):
            if self._state_is_tuple:
                return tuple(c.zero_state(batch_size, dtype) for c in self._cells)
            return zeros_of(self.state_size, batch_size, dtype)

    def call(self, inputs: Any, state: Any) -> Any:
        """The output of the last cell, the next states of all."""
        states, position = [], 0
        for i, cell in enumerate(self._cells):
            with variable_scope(f"cell_{i}"):
                if self._state_is_tuple:
                    if not nest.is_nested(state):
                        raise pt.ArgumentError(static.message(
                            f"Expected state to be a tuple of length {len(self.state_size)}",
                            got=repr(state)))
                    given = state[i]
                else:
                    given = state[:, position:position + cell.state_size]
                    position += cell.state_size
                inputs, after = cell(inputs, given)
                states.append(after)
        return inputs, tuple(states) if self._state_is_tuple else concat(states, 1)

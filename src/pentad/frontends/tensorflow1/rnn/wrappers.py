"""Cells around cells: dropout, residual connections, devices, projections."""

from __future__ import annotations

import hashlib
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import nest
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.ops.elementwise import floor
from pentad.frontends.tensorflow1.ops.normalizing import dropout
from pentad.frontends.tensorflow1.ops.random import random_uniform
from pentad.frontends.tensorflow1.rnn.cells import LSTMStateTuple, RNNCell


class Wrapper(RNNCell):
    """A cell around a cell; it makes no variables of its own."""

    def __init__(self, cell: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not callable(cell) or not hasattr(cell, "state_size"):
            raise TypeError(static.message(
                "The parameter cell must be a RNNCell.", got=type(cell).__name__))
        self.cell = self._cell = cell

    state_size = property(lambda self: self.cell.state_size, doc="That of the cell.")
    output_size = property(lambda self: self.cell.output_size, doc="That of the cell.")
    wrapped_cell = property(lambda self: self.cell, doc="The cell within.")
    trainable_weights = property(lambda self: self.cell.trainable_weights,
                                 doc="The trained variables of the cell.")
    non_trainable_weights = property(lambda self: self.cell.non_trainable_weights,
                                     doc="The other variables of the cell.")

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """That of the cell."""
        return self.cell.zero_state(batch_size, dtype)

    def __call__(self, inputs: Any, state: Any, scope: Any = None, **kwargs: Any) -> Any:
        """The output and the next state."""
        return self.wrapped(inputs, state, scope)

    def wrapped(self, inputs: Any, state: Any, scope: Any) -> Any:
        """What the cell gives, changed."""
        return self.cell(inputs, state) if scope is None else self.cell(inputs, state, scope=scope)


def _is_one(value: Any) -> bool:
    return isinstance(value, int | float) and value == 1


class DropoutWrapper(Wrapper):
    """Dropout of a cell's inputs, outputs and states.

    variational_recurrent: the same elements in every step.
    """

    def __init__(
        self, cell: Any, input_keep_prob: Any = 1.0, output_keep_prob: Any = 1.0,
        state_keep_prob: Any = 1.0, variational_recurrent: bool = False, input_size: Any = None,
        dtype: Any = None, seed: Any = None, dropout_state_filter_visitor: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(cell, dtype=dtype, **kwargs)
        self._keep = {"input": input_keep_prob, "output": output_keep_prob,
                      "state": state_keep_prob}
        for what, value in self._keep.items():
            if isinstance(value, int | float) and not 0.0 <= value <= 1.0:
                raise pt.ArgumentError(
                    f"Parameter {what}_keep_prob must be between 0 and 1: {value}")
        self._seed, self._variational = seed, variational_recurrent
        self._filter = dropout_state_filter_visitor or (
            lambda state: not isinstance(state, LSTMStateTuple))
        self._noise: dict[str, list[Any]] = {}
        if variational_recurrent:
            self._draw(input_size, dtype)

    def _draw(self, input_size: Any, dtype: Any) -> None:
        if dtype is None:
            raise pt.ArgumentError("When variational_recurrent=True, dtype must be provided")
        if not _is_one(self._keep["input"]) and input_size is None:
            raise pt.ArgumentError(
                "When variational_recurrent=True and input_keep_prob < 1.0 or is unknown, "
                "input_size must be provided")
        sizes = {"input": input_size, "output": self.cell.output_size,
                 "state": self.cell.state_size}
        for what, size in sizes.items():
            if size is not None:
                self._noise[what] = [
                    random_uniform([1, int(n)], seed=self._seed_of(what, i), dtype=dtype)
                    for i, n in enumerate(nest.flatten(size))]

    def _seed_of(self, salt: str, index: int) -> int | None:
        if self._seed is None:
            return None
        text = f"{self._seed}_{salt}_{index}"
        return int(hashlib.md5(text.encode()).hexdigest()[:8], 16) & 0x7FFFFFFF

    def _dropped(self, values: Any, what: str, keep_prob: Any) -> Any:
        leaves = nest.flatten(values)
        found = [self._one(v, what, i, keep_prob) for i, v in enumerate(leaves)]
        return nest.pack_sequence_as(values, found) if nest.is_nested(values) else found[0]

    def _one(self, value: Any, what: str, index: int, keep_prob: Any) -> Any:
        if not self._variational:
            return dropout(value, keep_prob=keep_prob, seed=self._seed_of(what, index))
        keep = convert_to_tensor(keep_prob, value.dtype.base_dtype)
        mask = floor(keep + self._noise[what][index])
        return value / keep * mask

    def _dropped_state(self, state: Any, keep_prob: Any) -> Any:
        """Of an LSTM's state the output alone."""
        if isinstance(state, LSTMStateTuple):
            return LSTMStateTuple(state.c, self._dropped(state.h, "state", keep_prob))
        if nest.is_nested(state):
            parts = [self._dropped_state(s, keep_prob) for s in state]
            return type(state)(*parts) if hasattr(state, "_fields") else type(state)(parts)
        return self._dropped(state, "state", keep_prob)

    def wrapped(self, inputs: Any, state: Any, scope: Any) -> Any:
        """What the cell gives for thinned inputs, thinned."""
        if not _is_one(self._keep["input"]):
            inputs = self._dropped(inputs, "input", self._keep["input"])
        output, state = super().wrapped(inputs, state, scope)
        if not _is_one(self._keep["state"]):
            state = self._dropped_state(state, self._keep["state"])
        if not _is_one(self._keep["output"]):
            output = self._dropped(output, "output", self._keep["output"])
        return output, state


class ResidualWrapper(Wrapper):
    """The inputs added to the outputs of a cell."""

    def __init__(self, cell: Any, residual_fn: Any = None, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self._residual_fn = residual_fn

    def wrapped(self, inputs: Any, state: Any, scope: Any) -> Any:
        """The sum of inputs and outputs."""
        outputs, state = super().wrapped(inputs, state, scope)
        if self._residual_fn is not None:
            return self._residual_fn(inputs, outputs), state
        nest.assert_same_structure(inputs, outputs)
        return nest.map_structure(lambda a, b: a + b, inputs, outputs), state


class DeviceWrapper(Wrapper):
    """A cell whose operations belong on a device."""

    def __init__(self, cell: Any, device: Any, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self._device = device

    def wrapped(self, inputs: Any, state: Any, scope: Any) -> Any:
        """What the cell gives."""
        with get_default_graph().device(self._device):
            return super().wrapped(inputs, state, scope)

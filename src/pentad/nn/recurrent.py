"""Recurrent layers and cells: LSTM, GRU, RNN.

The products with the inputs are one matrix product for all time steps; a step is one fused
operation, for its state needs the one before.
"""

from __future__ import annotations

import math
from typing import Any

from pentad import ops
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.nn import functional as F
from pentad.nn import init
from pentad.nn.functional.common import require_fraction, with_bias
from pentad.nn.linear import require_positive
from pentad.nn.module import Module
from pentad.nn.parameter import new_parameter
from pentad.tensor.creation import zeros
from pentad.tensor.dispatch import surface
from pentad.tensor.shaping import cat, stack

# -- one step --------------------------------------------------------------------------------------


def _from_state(h: Node, weight: Node, bias: Node | None) -> Node:
    """h @ weight.T + bias."""
    return with_bias(ops.dot_general(h, weight, contract=((1,), (1,)), batch=((), ())), bias, 1)


def _parts(x: Node, count: int) -> list[Node]:
    """[N, count * H] in `count` parts [N, H]."""
    n, width = x.shape[0], x.shape[1] // count
    return [ops.slice_(x, (0, i * width), (n, (i + 1) * width)) for i in range(count)]


@surface
def lstm_step(
    given: Node, h: Node, c: Node, weight: Node, bias: Node | None = None
) -> tuple[Node, Node]:
    """The next (h, c) of an LSTM; given: the inputs' share [N, 4 H] of the gates i, f, g, o."""
    i, f, g, o = _parts(ops.add(given, _from_state(h, weight, bias)), 4)
    kept = ops.add(ops.mul(ops.sigmoid(f), c), ops.mul(ops.sigmoid(i), ops.tanh(g)))
    return ops.mul(ops.sigmoid(o), ops.tanh(kept)), kept


@surface
def gru_step(given: Node, h: Node, weight: Node, bias: Node | None = None) -> Node:
    """The next h of a GRU; given: the inputs' share [N, 3 H] of the gates r, z, n."""
    r, z, n = _parts(given, 3)
    own_r, own_z, own_n = _parts(_from_state(h, weight, bias), 3)
    reset, update = ops.sigmoid(ops.add(r, own_r)), ops.sigmoid(ops.add(z, own_z))
    fresh = ops.tanh(ops.add(n, ops.mul(reset, own_n)))
    return ops.add(fresh, ops.mul(update, ops.sub(h, fresh)))


@surface
def rnn_step(
    given: Node, h: Node, weight: Node, bias: Node | None = None, nonlinearity: str = "tanh"
) -> Node:
    """The next h of a plain recurrent network; given: the inputs' share [N, H]."""
    total = ops.add(given, _from_state(h, weight, bias))
    return ops.tanh(total) if nonlinearity == "tanh" else ops.relu(total)


def _nonlinearity(name: str, value: str) -> str:
    if value not in ("tanh", "relu"):
        raise ArgumentError(
            message(f"{name}: nonlinearity", expected='"tanh" or "relu"', got=repr(value))
        )
    return value


def _draw(module: Module, hidden_size: int) -> None:
    bound = 1 / math.sqrt(hidden_size)
    for p in module.parameters():
        init.uniform_(p, -bound, bound)


# -- layers ----------------------------------------------------------------------------------------


class _Recurrent(Module):
    """What LSTM, GRU and RNN share. States are tuples of tensors (h, or h and c)."""

    gates = 1
    states = 1

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
        device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        require_positive(type(self).__name__, input_size=input_size, hidden_size=hidden_size,
                         num_layers=num_layers)
        require_fraction(type(self).__name__, "dropout", dropout)
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, dropout
        self.bidirectional = bidirectional
        width = self.gates * hidden_size
        for layer in range(num_layers):
            for suffix in self._directions(layer):
                size = input_size if layer == 0 else hidden_size * (2 if bidirectional else 1)
                shapes = {"weight_ih": (width, size), "weight_hh": (width, hidden_size)}
                if bias:
                    shapes |= {"bias_ih": (width,), "bias_hh": (width,)}
                for name, shape in shapes.items():
                    self.register_parameter(name + suffix, new_parameter(shape, dtype=dtype))
        self.reset_parameters()

    def _directions(self, layer: int) -> list[str]:
        return [f"_l{layer}"] + ([f"_l{layer}_reverse"] if self.bidirectional else [])

    def reset_parameters(self) -> None:
        """Draw the values anew: uniform within 1 / sqrt(hidden_size), as in PyTorch."""
        _draw(self, self.hidden_size)

    def _step(self, given: Any, state: tuple[Any, ...], weight: Any, bias: Any) -> tuple[Any, ...]:
        raise NotImplementedError

    def _run(
        self, x: Any, state: tuple[Any, ...], suffix: str
    ) -> tuple[Any, tuple[Any, ...]]:
        """One direction of one layer over [T, N, C]: (outputs [T, N, H], last state)."""
        weights = [getattr(self, f"weight_{k}{suffix}") for k in ("ih", "hh")]
        biases = [getattr(self, f"bias_{k}{suffix}") if self.bias else None for k in ("ih", "hh")]
        given = F.linear(x, weights[0], biases[0]).unbind(0)
        backwards = suffix.endswith("_reverse")
        outputs = []
        for g in reversed(given) if backwards else given:
            state = self._step(g, state, weights[1], biases[1])
            outputs.append(state[0])
        return stack(outputs[::-1] if backwards else outputs, 0), state

    def _first_state(self, x: Any, hx: Any, single: bool) -> tuple[Any, ...]:
        shape = (
            self.num_layers * (2 if self.bidirectional else 1), x.shape[1], self.hidden_size
        )
        if hx is None:
            return tuple(zeros(shape, dtype=x.dtype) for _ in range(self.states))
        given = hx if isinstance(hx, (tuple, list)) else (hx,)
        state = tuple(s.unsqueeze(1) if single else s for s in given)
        if len(state) != self.states or any(tuple(s.shape) != shape for s in state):
            raise ShapeError(
                message(
                    f"{type(self).__name__}: the first state does not fit",
                    expected=f"{self.states} of shape {list(shape)}",
                    got=", ".join(str(list(s.shape)) for s in state),
                )
            )
        return state

    def forward(self, input: Any, hx: Any = None) -> Any:
        """(outputs of the last layer, last state of every layer and direction).

        input [T, N, C], [N, T, C] with batch_first, or [T, C]; states [layers * directions, N, H].
        """
        single = input.ndim == 2
        if input.ndim not in (2, 3) or input.shape[-1] != self.input_size:
            raise ShapeError(
                message(
                    f"{type(self).__name__}: the input does not fit",
                    expected=f"[T, N, {self.input_size}], [N, T, {self.input_size}] with "
                    f"batch_first, or [T, {self.input_size}]",
                    got=str(list(input.shape)),
                )
            )
        x = input.unsqueeze(1) if single else input.transpose(0, 1) if self.batch_first else input
        state = self._first_state(x, hx, single)
        x, last = self._layers(x, state)
        x = x.squeeze(1) if single else x.transpose(0, 1) if self.batch_first else x
        last = tuple(s.squeeze(1) if single else s for s in last)
        return x, last if self.states > 1 else last[0]

    def _layers(self, x: Any, state: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        ends: list[tuple[Any, ...]] = []
        for layer in range(self.num_layers):
            outputs = []
            for suffix in self._directions(layer):
                first = tuple(s[len(ends)] for s in state)
                y, end = self._run(x, first, suffix)
                outputs.append(y)
                ends.append(end)
            x = outputs[0] if len(outputs) == 1 else cat(outputs, -1)
            if self.dropout and layer < self.num_layers - 1:
                x = F.dropout(x, self.dropout, self.training)
        return x, tuple(stack(list(s), 0) for s in zip(*ends, strict=True))

    def extra_repr(self) -> str:
        """The sizes, and what differs from the defaults."""
        parts = [f"{self.input_size}, {self.hidden_size}"]
        parts += [f"num_layers={self.num_layers}"] if self.num_layers != 1 else []
        for name, usual in (("bias", True), ("batch_first", False), ("dropout", 0.0),
                            ("bidirectional", False)):
            value = getattr(self, name)
            parts += [f"{name}={value}"] if value != usual else []
        return ", ".join(parts)


class LSTM(_Recurrent):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997), gates in the order i, f, g, o.

    lstm(x, (h, c)) gives (outputs, (h, c)).
    """

    gates, states = 4, 2

    def _step(self, given: Any, state: tuple[Any, ...], weight: Any, bias: Any) -> tuple[Any, ...]:
        return lstm_step(given, *state, weight, bias)  # type: ignore[no-any-return]


class GRU(_Recurrent):
    """The gated recurrent unit (Cho et al., 2014), gates in the order r, z, n.

    gru(x, h) gives (outputs, h).
    """

    gates = 3

    def _step(self, given: Any, state: tuple[Any, ...], weight: Any, bias: Any) -> tuple[Any, ...]:
        return (gru_step(given, state[0], weight, bias),)


class RNN(_Recurrent):
    """tanh (or relu) of the inputs' and the state's shares; rnn(x, h) gives (outputs, h)."""

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh",
        *args: Any, **kwargs: Any,
    ) -> None:
        super().__init__(input_size, hidden_size, num_layers, *args, **kwargs)
        self.nonlinearity = _nonlinearity("RNN", nonlinearity)

    def _step(self, given: Any, state: tuple[Any, ...], weight: Any, bias: Any) -> tuple[Any, ...]:
        return (rnn_step(given, state[0], weight, bias, self.nonlinearity),)


# -- cells -----------------------------------------------------------------------------------------


class _Cell(Module):
    gates = 1
    states = 1

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        require_positive(type(self).__name__, input_size=input_size, hidden_size=hidden_size)
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        width = self.gates * hidden_size
        self.weight_ih = new_parameter(width, input_size, dtype=dtype)
        self.weight_hh = new_parameter(width, hidden_size, dtype=dtype)
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, new_parameter(width, dtype=dtype, present=bias))
        _draw(self, hidden_size)

    def _step(self, given: Any, state: Any) -> Any:
        raise NotImplementedError

    def forward(self, input: Any, hx: Any = None) -> Any:
        """The next state from an input [N, C] (or [C]) and the state before (zeros if None)."""
        single = input.ndim == 1
        x = input.unsqueeze(0) if single else input
        if hx is None:
            state = tuple(
                zeros(x.shape[0], self.hidden_size, dtype=x.dtype) for _ in range(self.states)
            )
        else:
            given = hx if isinstance(hx, (tuple, list)) else (hx,)
            state = tuple(s.unsqueeze(0) if single else s for s in given)
        after = self._step(F.linear(x, self.weight_ih, self.bias_ih), state)
        after = tuple(s.squeeze(0) if single else s for s in after)
        return after if self.states > 1 else after[0]

    def extra_repr(self) -> str:
        """The sizes."""
        return f"{self.input_size}, {self.hidden_size}"


class LSTMCell(_Cell):
    """One step of an LSTM: cell(x, (h, c)) gives (h, c)."""

    gates, states = 4, 2

    def _step(self, given: Any, state: Any) -> Any:
        return lstm_step(given, *state, self.weight_hh, self.bias_hh)


class GRUCell(_Cell):
    """One step of a GRU: cell(x, h) gives h."""

    gates = 3

    def _step(self, given: Any, state: Any) -> Any:
        return (gru_step(given, *state, self.weight_hh, self.bias_hh),)


class RNNCell(_Cell):
    """One step of a plain recurrent network: cell(x, h) gives h."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh",
        device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, dtype=dtype)
        self.nonlinearity = _nonlinearity("RNNCell", nonlinearity)

    def _step(self, given: Any, state: Any) -> Any:
        return (rnn_step(given, *state, self.weight_hh, self.bias_hh, self.nonlinearity),)

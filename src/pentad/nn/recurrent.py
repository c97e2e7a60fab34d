"""Recurrent layers: LSTM, GRU, RNN.

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
from pentad.nn.sequences import PackedSequence
from pentad.tensor.control.flow import scan
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.creation import zeros
from pentad.tensor.functions.shaping import cat, stack

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


def require_nonlinearity(name: str, value: str) -> str:
    """The name of a nonlinearity, or ArgumentError."""
    if value not in ("tanh", "relu"):
        raise ArgumentError(
            message(f"{name}: nonlinearity", expected='"tanh" or "relu"', got=repr(value))
        )
    return value


def draw(module: Module, hidden_size: int) -> None:
    """First values: uniform within 1 / sqrt(hidden_size)."""
    bound = 1 / math.sqrt(hidden_size)
    for p in module.parameters():
        init.uniform_(p, -bound, bound)


# -- layers ----------------------------------------------------------------------------------------


_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


class RNNBase(Module):
    """What LSTM, GRU and RNN share. States are tuples of tensors (h, or h and c).

    mode: "LSTM", "GRU", "RNN_TANH" or "RNN_RELU". proj_size (LSTM): h is projected to so many
    features (Sak et al., 2014).
    """

    def __init__(
        self, mode: str, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
        proj_size: int = 0, device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        if mode not in _GATES:
            raise ArgumentError(message(f"{name}: mode", expected=", ".join(_GATES), got=mode))
        require_positive(name, input_size=input_size, hidden_size=hidden_size,
                         num_layers=num_layers)
        require_fraction(name, "dropout", dropout)
        if not 0 <= proj_size < hidden_size or (proj_size and mode != "LSTM"):
            raise ArgumentError(
                message(f"{name}: proj_size", expected=f"0 <= proj_size < {hidden_size}, 0 but for "
                        "LSTM", got=str(proj_size))
            )
        self.mode, self.input_size, self.hidden_size = mode, input_size, hidden_size
        self.num_layers, self.bias, self.batch_first = num_layers, bias, batch_first
        self.dropout, self.bidirectional = float(dropout), bidirectional
        self.proj_size = proj_size
        self.states = 2 if mode == "LSTM" else 1
        self._register(dtype)
        self.reset_parameters()

    def _register(self, dtype: Any) -> None:
        width = _GATES[self.mode] * self.hidden_size
        out = self.proj_size or self.hidden_size
        for layer in range(self.num_layers):
            for suffix in self._directions(layer):
                size = self.input_size if layer == 0 else out * (2 if self.bidirectional else 1)
                shapes = {"weight_ih": (width, size), "weight_hh": (width, out)}
                if self.bias:
                    shapes |= {"bias_ih": (width,), "bias_hh": (width,)}
                if self.proj_size:
                    shapes |= {"weight_hr": (out, self.hidden_size)}
                for name, shape in shapes.items():
                    self.register_parameter(name + suffix, new_parameter(shape, dtype=dtype))

    def _directions(self, layer: int) -> list[str]:
        return [f"_l{layer}"] + ([f"_l{layer}_reverse"] if self.bidirectional else [])

    def reset_parameters(self) -> None:
        """Draw the values anew: uniform within 1 / sqrt(hidden_size), as in PyTorch."""
        draw(self, self.hidden_size)

    def flatten_parameters(self) -> None:
        """Nothing: PyTorch lays parameters out for one of its libraries here."""

    @property
    def all_weights(self) -> list[list[Any]]:
        """The parameters of each layer and direction."""
        kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
        return [
            [self._parameters[kind + suffix] for kind in kinds if kind + suffix in self._parameters]
            for layer in range(self.num_layers) for suffix in self._directions(layer)
        ]

    def _step(self, given: Any, state: tuple[Any, ...], suffix: str) -> tuple[Any, ...]:
        """The next state of one direction of one layer."""
        weight = getattr(self, f"weight_hh{suffix}")
        bias = getattr(self, f"bias_hh{suffix}") if self.bias else None
        if self.mode == "LSTM":
            h, c = lstm_step(given, *state, weight, bias)
            return (F.linear(h, getattr(self, f"weight_hr{suffix}")) if self.proj_size else h), c
        if self.mode == "GRU":
            return (gru_step(given, state[0], weight, bias),)
        kind = "tanh" if self.mode == "RNN_TANH" else "relu"
        return (rnn_step(given, state[0], weight, bias, kind),)

    def _run(
        self, x: Any, sizes: Any, state: tuple[Any, ...], suffix: str
    ) -> tuple[Any, tuple[Any, ...]]:
        """One direction of one layer: (outputs, last state).

        x [T, N, C] without sizes; or [sum of sizes, C], the first sizes[0] rows being step 0.
        """
        bias = getattr(self, f"bias_ih{suffix}") if self.bias else None
        given = F.linear(x, getattr(self, f"weight_ih{suffix}"), bias)
        backwards = suffix.endswith("_reverse")
        if sizes is None:
            return self._scan(given, state, suffix, backwards)
        steps = given.split(sizes, 0)
        outputs = []
        ended: list[tuple[Any, ...]] = []
        start = state
        rows = None
        for g in reversed(steps) if backwards else steps:
            state, done = _resized(state, start, rows, g.shape[0])
            rows = g.shape[0]
            ended += done
            state = self._step(g, state, suffix)
            outputs.append(state[0])
        if ended:  # the shortest sequences end first, and stand last
            state = tuple(cat(list(parts), 0)
                          for parts in zip(state, *reversed(ended), strict=True))
        outputs = outputs[::-1] if backwards else outputs
        return cat(outputs, 0), state

    def _scan(
        self, given: Any, first: tuple[Any, ...], suffix: str, backwards: bool
    ) -> tuple[Any, tuple[Any, ...]]:
        """The same for sequences of one length: a loop in the graph."""

        def step(state: tuple[Any, ...], g: Any) -> tuple[tuple[Any, ...], Any]:
            state = self._step(g, state, suffix)
            return state, state[0]

        last, outputs = scan(step, first, given, reverse=backwards)
        return outputs, last

    def _first_state(self, x: Any, count: Any, hx: Any, single: bool) -> tuple[Any, ...]:
        layers = self.num_layers * (2 if self.bidirectional else 1)
        shapes = [(layers, count, self.proj_size or self.hidden_size),
                  (layers, count, self.hidden_size)][: self.states]
        if hx is None:
            return tuple(zeros(shape, dtype=x.dtype) for shape in shapes)
        given = hx if isinstance(hx, (tuple, list)) else (hx,)
        state = tuple(s.unsqueeze(1) if single else s for s in given)
        if [tuple(s.shape) for s in state] != shapes:
            raise ShapeError(
                message(
                    f"{type(self).__name__}: the first state does not fit",
                    expected=", ".join(str(list(s)) for s in shapes),
                    got=", ".join(str(list(s.shape)) for s in state),
                )
            )
        return state

    def forward(self, input: Any, hx: Any = None) -> Any:
        """(outputs of the last layer, last state of every layer and direction).

        input [T, N, C], [N, T, C] with batch_first, [T, C], or a PackedSequence; states
        [layers * directions, N, H].
        """
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
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
        x, last = self._layers(x, None, self._first_state(x, x.shape[1], hx, single))
        x = x.squeeze(1) if single else x.transpose(0, 1) if self.batch_first else x
        last = tuple(s.squeeze(1) if single else s for s in last)
        return x, last if self.states > 1 else last[0]

    def _packed(self, packed: PackedSequence, hx: Any) -> Any:
        x, sizes, order, back = packed
        if x.ndim != 2 or x.shape[-1] != self.input_size:
            raise ShapeError(
                message(f"{type(self).__name__}: the packed input does not fit",
                        expected=f"features [..., {self.input_size}]", got=str(list(x.shape)))
            )
        counts = sizes.tolist()
        if hx is not None and order is not None:
            given = hx if isinstance(hx, (tuple, list)) else (hx,)
            hx = tuple(s.index_select(1, order) for s in given)
        data, last = self._layers(x, counts, self._first_state(x, counts[0], hx, False))
        if back is not None:
            last = tuple(s.index_select(1, back) for s in last)
        made = PackedSequence(data, sizes, order, back)
        return made, last if self.states > 1 else last[0]

    def _layers(
        self, x: Any, sizes: Any, state: tuple[Any, ...]
    ) -> tuple[Any, tuple[Any, ...]]:
        ends: list[tuple[Any, ...]] = []
        for layer in range(self.num_layers):
            outputs = []
            for suffix in self._directions(layer):
                first = tuple(s[len(ends)] for s in state)
                y, end = self._run(x, sizes, first, suffix)
                outputs.append(y)
                ends.append(end)
            x = outputs[0] if len(outputs) == 1 else cat(outputs, -1)
            if self.dropout and layer < self.num_layers - 1:
                x = F.dropout(x, self.dropout, self.training)
        return x, tuple(stack(list(s), 0) for s in zip(*ends, strict=True))

    def extra_repr(self) -> str:
        """The sizes, and what differs from the defaults."""
        parts = [f"{self.input_size}, {self.hidden_size}"]
        for name, usual in (("proj_size", 0), ("num_layers", 1), ("bias", True),
                            ("batch_first", False), ("dropout", 0.0), ("bidirectional", False)):
            value = getattr(self, name)
            parts += [f"{name}={value}"] if value != usual else []
        return ", ".join(parts)


def _resized(
    state: tuple[Any, ...], start: tuple[Any, ...], rows: Any, wanted: Any
) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
    """(the state of `wanted` sequences, the states of those that have ended) from that of `rows`.

    Fewer sequences: the last ones have ended. More (backwards): new ones begin with `start`.
    """
    if rows is None:
        return tuple(s.narrow(0, 0, wanted) for s in state), []
    if wanted < rows:
        ended = tuple(s.narrow(0, wanted, rows - wanted) for s in state)
        return tuple(s.narrow(0, 0, wanted) for s in state), [ended]
    if wanted > rows:
        fresh = (s.narrow(0, rows, wanted - rows) for s in start)
        return tuple(cat([s, f], 0) for s, f in zip(state, fresh, strict=True)), []
    return state, []


class LSTM(RNNBase):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997), gates in the order i, f, g, o.

    lstm(x, (h, c)) gives (outputs, (h, c)).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)


class GRU(RNNBase):
    """The gated recurrent unit (Cho et al., 2014), gates in the order r, z, n.

    gru(x, h) gives (outputs, h).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("GRU", *args, **kwargs)


class RNN(RNNBase):
    """tanh (or relu) of the inputs' and the state's shares; rnn(x, h) gives (outputs, h)."""

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh",
        *args: Any, **kwargs: Any,
    ) -> None:
        self.__dict__["nonlinearity"] = require_nonlinearity("RNN", nonlinearity)
        mode = f"RNN_{nonlinearity.upper()}"
        super().__init__(mode, input_size, hidden_size, num_layers, *args, **kwargs)

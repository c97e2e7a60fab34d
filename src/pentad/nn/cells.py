"""Recurrent cells: one step of an LSTM, a GRU, a plain recurrent network."""

from __future__ import annotations

from typing import Any

from pentad.nn import functional as F
from pentad.nn.linear import require_positive
from pentad.nn.module import Module
from pentad.nn.parameter import new_parameter
from pentad.nn.recurrent import draw, gru_step, lstm_step, require_nonlinearity, rnn_step
from pentad.tensor.functions.creation import zeros


class RNNCellBase(Module):
    """What the cells share: the parameters of one layer, and how a state is taken."""

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
        draw(self, hidden_size)

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
        """The sizes, and what differs from the defaults."""
        parts = [f"{self.input_size}, {self.hidden_size}"]
        parts += ["bias=False"] if not self.bias else []
        kind = getattr(self, "nonlinearity", "tanh")
        parts += [f"nonlinearity={kind}"] if kind != "tanh" else []
        return ", ".join(parts)


class LSTMCell(RNNCellBase):
    """One step of an LSTM: cell(x, (h, c)) gives (h, c)."""

    gates, states = 4, 2

    def _step(self, given: Any, state: Any) -> Any:
        return lstm_step(given, *state, self.weight_hh, self.bias_hh)


class GRUCell(RNNCellBase):
    """One step of a GRU: cell(x, h) gives h."""

    gates = 3

    def _step(self, given: Any, state: Any) -> Any:
        return (gru_step(given, *state, self.weight_hh, self.bias_hh),)


class RNNCell(RNNCellBase):
    """One step of a plain recurrent network: cell(x, h) gives h."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh",
        device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, dtype=dtype)
        self.nonlinearity = require_nonlinearity("RNNCell", nonlinearity)

    def _step(self, given: Any, state: Any) -> Any:
        return (rnn_step(given, *state, self.weight_hh, self.bias_hh, self.nonlinearity),)

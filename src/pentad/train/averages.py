"""The exponential moving average of a model's parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.tensor.capture import varying
from pentad.tensor.state import no_grad
from pentad.tensor.tensor import Tensor


class MovingAverage:
    """average += (1 - d) (parameter - average) after each update, d = min(decay, (1+n) / (10+n)).

    n counts the updates before, so that the first ones are not held back by the initial values
    (TensorFlow's ExponentialMovingAverage with num_updates). Parameters are averaged; buffers, such
    as the running statistics of batch normalisation, are the model's own.
    Raises ArgumentError unless 0 <= decay < 1.
    """

    def __init__(self, model: Any, decay: float) -> None:
        if not isinstance(decay, (int, float)) or not 0 <= decay < 1:
            raise ArgumentError(message("ema: the decay", expected="0 <= decay < 1, such as 0.999",
                                        got=repr(decay)))
        self.decay, self.updates = float(decay), 0
        self.parameters = list(model.parameters())
        self.averages: list[Any] = [p.detach().clone() for p in self.parameters]

    def update(self, skipped: Any = None) -> None:
        """Take in the present parameters; may be part of a compiled step.

        skipped: a tensor, which is not 0 where there was no update: then nothing changes but the
        count, which `take_back` puts right as soon as that is known.
        """
        rate = varying.host_scalar(self._rate)
        varying.each_call(self._count)
        with no_grad():
            made = None if skipped is None else (skipped == 0).float()
            for average, p in zip(self.averages, self.parameters, strict=True):
                change = (p.detach() - average) * rate
                average.add_(change if made is None else change * made)

    def _rate(self) -> float:
        return 1.0 - min(self.decay, (1 + self.updates) / (10 + self.updates))

    def _count(self) -> None:
        self.updates += 1

    def take_back(self) -> None:
        """The last update was none: it does not count."""
        self.updates -= 1

    @no_grad()
    def exchange(self) -> None:
        """Put the averages into the model, and its parameters in their place; or back."""
        for average, p in zip(self.averages, self.parameters, strict=True):
            kept = p.detach().clone()
            p.detach().copy_(average)
            average.copy_(kept)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Within it, the model has the averages."""
        self.exchange()
        try:
            yield
        finally:
            self.exchange()

    def state_dict(self) -> dict[str, Any]:
        """The averages and the number of updates."""
        return {"decay": self.decay, "updates": self.updates, "averages": list(self.averages)}

    @no_grad()
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave; ArgumentError if it is of another model or decay."""
        given: list[Tensor] = state["averages"]
        same = [t.shape for t in given] == [t.shape for t in self.averages]
        if state["decay"] != self.decay or not same:
            raise ArgumentError(
                message("the moving average of another training",
                        expected=f"decay {self.decay}, {len(self.averages)} parameters",
                        got=f"decay {state['decay']}, {len(given)} parameters")
            )
        self.updates = int(state["updates"])
        for average, t in zip(self.averages, given, strict=True):
            average.copy_(t)

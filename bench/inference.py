"""Builders for inference: the same network in every framework, in one call or step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import Any

import numpy as np

from bench import models_jax, onnx_runtime
from bench.peers import Jax, OnnxRuntime, Peer, TorchLike
from bench.programs import optional
from bench.training import Weights, arguments, drawn, jax_arguments, jax_weights, loaded
from bench.workload import Builder, Data, Program

STATE = "state:"


@dataclass(frozen=True)
class Inference:
    """Evaluation of a network, weights and running statistics as they are.

    model(lib) makes the network; call(model, *inputs) where it is not the model itself.
    jax(jax, weights, *inputs), or with `statistics` jax(jax, weights, statistics, *inputs), whose
    second result is not looked at. jax_layout and images: as in `Training`.
    """

    model: Callable[[Any], Any]
    jax: Callable[..., Any]
    jax_layout: Callable[[Mapping[str, np.ndarray]], Weights] = models_jax.layout
    call: Callable[..., Any] | None = None
    images: bool = False
    statistics: bool = False

    def programs(self) -> dict[str, Builder]:
        return {"torch": self._torch, "jax": self._jax, "onnx": self._onnx}

    def data(self, rng: np.random.Generator, **inputs: np.ndarray) -> Data:
        """The inputs, with weights drawn for the model."""
        return {**inputs, **drawn(self.model, rng)}

    def _torch(self, peer: Peer, data: Data) -> Program | None:
        assert isinstance(peer, TorchLike)
        if optional(peer, images=self.images, inference=True):
            return None
        run = self._predicting(peer, data)
        inputs = [peer.tensor(array) for array in arguments(data)]
        return Program(partial(run, *inputs), peer.read)

    def _predicting(self, peer: TorchLike, data: Data) -> Callable[..., Any]:
        """The network without recording, as this setting runs it."""
        model = loaded(peer, self.model, data).eval()
        call = partial(self.call, model) if self.call else model.__call__

        def predict(*inputs: Any) -> Any:
            return call(*inputs)

        return peer.predictor(predict)

    def _jax(self, peer: Peer, data: Data) -> Program | None:
        assert isinstance(peer, Jax)
        if not peer.compiled:
            return None
        run = peer.compile(self._jax_function(peer.lib))
        held = jax_weights(peer, self.jax_layout, data)
        inputs = [peer.tensor(array) for array in jax_arguments(data, self.images)]
        return Program(lambda: run(*held, *inputs).block_until_ready(), peer.read)

    def _jax_function(self, jax: Any) -> Callable[..., Any]:
        """Of weights, statistics and inputs."""
        if self.statistics:
            return lambda weights, held, *inputs: self.jax(jax, weights, held, *inputs)[0]
        return lambda weights, held, *inputs: self.jax(jax, weights, *inputs)

    def _onnx(self, peer: Peer, data: Data) -> Program | None:
        assert isinstance(peer, OnnxRuntime)
        model = self._exported(peer, data)
        return Program(onnx_runtime.one_call(peer, model, arguments(data)), peer.read)

    def _exported(self, peer: OnnxRuntime, data: Data) -> Any:
        """The network in PyTorch, for its exporter."""
        return loaded(peer.source, self.model, data).eval()


@dataclass(frozen=True)
class Stepwise(Inference):
    """Inference step by step: each step takes its turn of the inputs, and the state so far.

    Inputs have an axis for the turns before their own. The state's first values are the data
    named state:NAME. call(model, *inputs, *state) and jax(jax, weights, *inputs, *state) give the
    result and the new state; with `in_place`, `call` writes the state and gives the result alone.
    """

    in_place: bool = False

    def _torch(self, peer: Peer, data: Data) -> Program | None:
        assert isinstance(peer, TorchLike)
        if optional(peer, inference=True):
            return None
        run = self._predicting(peer, data)
        turns = cycle([[peer.tensor(a) for a in turn] for turn in _turns(data)])
        state = [peer.tensor(array) for array in _state(data)]

        def step() -> Any:
            nonlocal state
            if self.in_place:
                return run(*next(turns), *state)
            result, *state = run(*next(turns), *state)
            return result

        return Program(step, peer.read)

    def _jax(self, peer: Peer, data: Data) -> Program | None:
        assert isinstance(peer, Jax)
        if not peer.compiled:
            return None
        turns = cycle([[peer.tensor(a) for a in turn] for turn in _turns(data)])
        state = [peer.tensor(array) for array in _state(data)]
        first = 2 + len(_inputs(data))  # after weights and statistics
        donated = tuple(range(first, first + len(state)))
        run = peer.compile(self._jax_function(peer.lib), donate_argnums=donated)
        held = jax_weights(peer, self.jax_layout, data)

        def step() -> Any:
            nonlocal state
            result, *state = run(*held, *next(turns), *state)
            return result.block_until_ready()

        return Program(step, peer.read)

    def _onnx(self, peer: Peer, data: Data) -> Program | None:
        assert isinstance(peer, OnnxRuntime)
        model = self._exported(peer, data)
        return Program(onnx_runtime.stepwise(peer, model, _turns(data), _state(data)), peer.read)

    def _exported(self, peer: OnnxRuntime, data: Data) -> Any:
        nn, count = peer.source.lib.nn, len(_state(data))
        model, call, in_place = super()._exported(peer, data), self.call, self.in_place
        assert call is not None

        class Step(nn.Module):  # type: ignore[misc,name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.model = model

            def forward(self, *inputs: Any) -> Any:
                found = call(self.model, *inputs)
                return (found, *inputs[-count:]) if in_place else found

        return Step().eval()


def _inputs(data: Data) -> list[np.ndarray]:
    weightless = {k: v for k, v in data.items() if not k.startswith(STATE)}
    return arguments(weightless)


def _turns(data: Data) -> list[list[np.ndarray]]:
    """The inputs of each step."""
    return [list(turn) for turn in zip(*_inputs(data), strict=True)]


def _state(data: Data) -> Sequence[np.ndarray]:
    return [v for k, v in data.items() if k.startswith(STATE)]

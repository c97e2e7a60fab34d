"""Builders for training steps: the same model, loss and optimiser in every framework."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from bench import models, models_jax
from bench.optimisers import JAX, written_out
from bench.peers import Jax, Peer, TorchLike
from bench.programs import optional
from bench.workload import Builder, Data, Program

Weights = dict[str, np.ndarray]


@dataclass(frozen=True)
class Training:
    """A training step.

    model(lib) makes the network; its first weights come from the data, by state_dict name.
    loss(lib, model, *inputs). optimiser: "SGD" (with momentum where it is not 0), "Adam" or
    "AdamW". jax_loss(jax, weights, *inputs), or with `statistics` (of batch normalisation)
    jax_loss(jax, weights, statistics, *inputs), which gives the loss and the new ones.
    jax_layout brings the weights into the layout that suits JAX. images: the first input has
    NCHW layout, and JAX gets NHWC.
    """

    model: Callable[[Any], Any]
    loss: Callable[..., Any]
    optimiser: str
    rate: float
    jax_loss: Callable[..., Any]
    jax_layout: Callable[[Mapping[str, np.ndarray]], Weights] = models_jax.layout
    momentum: float = 0.0
    images: bool = False
    statistics: bool = False

    def programs(self) -> dict[str, Builder]:
        return {"torch": self._torch, "jax": self._jax}

    def data(self, rng: np.random.Generator, **inputs: np.ndarray) -> Data:
        """The inputs, with weights drawn for the model."""
        return {**inputs, **drawn(self.model, rng)}

    # -- PyTorch and Pentad ----------------------------------------------------------------------

    def _torch(self, peer: Peer, data: Data) -> Program | None:
        assert isinstance(peer, TorchLike)
        if optional(peer, optimiser=True, images=self.images):
            return None
        model = loaded(peer, self.model, data)
        inputs = [peer.tensor(array) for array in arguments(data)]
        make = self._whole if peer.whole else self._usual
        return Program(partial(make(peer, model), *inputs), peer.read)

    def _usual(self, peer: TorchLike, model: Any) -> Callable[..., Any]:
        """Forward and backward, then the optimiser; Pentad compiles all of it as it stands."""
        lib, opt = peer.lib, self.updater(peer, model)
        forward: Callable[..., Any] = lambda *inputs: self.loss(lib, model, *inputs)  # noqa: E731
        update = opt.step
        ours = lib.__name__ == "pentad"
        if not ours:
            forward = peer.compile(forward)
            update = peer.compile(lambda: opt.step()) if peer.optimiser else update

        def step(*inputs: Any) -> Any:
            opt.zero_grad()
            loss = forward(*inputs)
            loss.backward()
            update()
            return loss

        return peer.compile(step) if ours else step

    def updater(self, peer: TorchLike, model: Any) -> Any:
        """The optimiser of the model's parameters."""
        options = {"fused": True} if peer.fused else {}
        if self.momentum:
            options["momentum"] = self.momentum
        make = getattr(peer.lib.optim, self.optimiser)
        return make(model.parameters(), lr=self.rate, **options)

    def _whole(self, peer: TorchLike, model: Any) -> Callable[..., Any]:
        """One graph: gradients by torch.func, the update written out, parameters in place."""
        lib = peer.lib
        weights = {k: v.detach().clone() for k, v in model.named_parameters()}
        buffers = dict(model.named_buffers())

        def loss(weights: Any, *inputs: Any) -> Any:
            call = lambda *x: lib.func.functional_call(model, (weights, buffers), x)  # noqa: E731
            return self.loss(lib, call, *inputs)

        update = written_out(lib, self.optimiser, weights, self.rate, self.momentum)

        def step(*inputs: Any) -> Any:
            gradients, value = lib.func.grad_and_value(loss)(weights, *inputs)
            update(gradients)
            return value

        compiled = peer.compile(step)

        def without_recording(*inputs: Any) -> Any:
            with lib.no_grad():
                return compiled(*inputs)

        return without_recording

    # -- JAX -------------------------------------------------------------------------------------

    def _jax(self, peer: Peer, data: Data) -> Program | None:
        assert isinstance(peer, Jax)
        if not peer.compiled:
            return None
        inputs = [peer.tensor(array) for array in jax_arguments(data, self.images)]
        weights, statistics = jax_weights(peer, self.jax_layout, data)
        update, state = JAX[self.optimiser](peer.lib, weights, self.rate, self.momentum)
        gradient = peer.lib.value_and_grad(self._jax_loss(peer.lib), has_aux=True)

        def step(weights: Any, statistics: Any, state: Any, *inputs: Any) -> Any:
            (loss, statistics), gradients = gradient(weights, statistics, *inputs)
            weights, state = update(weights, gradients, state)
            return (weights, statistics, state), loss

        compiled = peer.compile(step, donate_argnums=(0, 1, 2))
        held = (weights, statistics, state)

        def run() -> Any:
            nonlocal held
            held, loss = compiled(*held, *inputs)
            return loss.block_until_ready()

        return Program(run, peer.read)

    def _jax_loss(self, jax: Any) -> Callable[..., Any]:
        if self.statistics:
            return partial(self.jax_loss, jax)
        return lambda weights, held, *inputs: (self.jax_loss(jax, weights, *inputs), held)


# -- what inference shares -------------------------------------------------------------------------


def drawn(model: Callable[[Any], Any], rng: np.random.Generator) -> Weights:
    """Weights for a model, as they stand in a workload's data; Pentad tells their shapes."""
    import pentad

    return {f"weights:{k}": v for k, v in models.drawn(model(pentad), rng).items()}


def initial(data: Data) -> Weights:
    """The weights among the data: those named weights:NAME."""
    return {k.partition(":")[2]: v for k, v in data.items() if k.startswith("weights:")}


def arguments(data: Data) -> list[np.ndarray]:
    """The data that are not weights."""
    return [v for k, v in data.items() if not k.startswith("weights:")]


def loaded(peer: TorchLike, model: Callable[[Any], Any], data: Data) -> Any:
    """The network with its first weights, in the peer's memory order."""
    lib = peer.lib
    made = model(lib)
    made.load_state_dict({k: lib.tensor(v) for k, v in initial(data).items()})
    return made.to(memory_format=lib.channels_last) if peer.channels_last else made


def jax_arguments(data: Data, images: bool) -> list[np.ndarray]:
    """The inputs; with `images`, the first as NHWC."""
    first, *others = arguments(data)
    return [np.ascontiguousarray(np.moveaxis(first, 1, -1)) if images else first, *others]


def jax_weights(
    peer: Jax, layout: Callable[[Mapping[str, np.ndarray]], Weights], data: Data
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Weights, and apart from them the running statistics."""
    arrays = {k: peer.tensor(v) for k, v in layout(initial(data)).items()}
    held = {k: v for k, v in arrays.items() if ".running_" in k}
    return {k: v for k, v in arrays.items() if k not in held}, held

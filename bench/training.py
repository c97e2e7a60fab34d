"""Builders for training steps: the same model, loss and optimiser in every framework."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from bench.peers import Jax, Peer, TorchLike
from bench.programs import optional
from bench.workload import Builder, Data, Program

Weights = dict[str, np.ndarray]


@dataclass(frozen=True)
class Training:
    """A training step.

    model(lib) makes the network; its initial weights come from the data, by state_dict name.
    loss(lib, prediction, y). optimiser: "SGD" or "Adam". jax_weights brings the weights into the
    layout that suits JAX; jax_loss(jax, weights, x, y). images: x has NCHW layout, and JAX gets
    NHWC.
    """

    model: Callable[[Any], Any]
    loss: Callable[[Any, Any, Any], Any]
    optimiser: str
    rate: float
    jax_weights: Callable[[Mapping[str, np.ndarray]], Weights]
    jax_loss: Callable[..., Any]
    images: bool = False

    def programs(self) -> dict[str, Builder]:
        return {"torch": self._torch, "jax": self._jax}

    # -- PyTorch and Pentad ----------------------------------------------------------------------

    def _torch(self, peer: Peer, data: Data) -> Program | None:
        assert isinstance(peer, TorchLike)
        if optional(peer, optimiser=True, images=self.images):
            return None
        lib = peer.lib
        model = self.model(lib)
        model.load_state_dict({k: lib.tensor(v) for k, v in initial(data).items()})
        if peer.channels_last:
            model.to(memory_format=lib.channels_last)
        x, y = peer.tensor(data["x"]), lib.tensor(data["y"])
        make = self._whole if peer.whole else self._usual
        return Program(partial(make(peer, model), x, y), peer.read)

    def _usual(self, peer: TorchLike, model: Any) -> Callable[[Any, Any], Any]:
        """Forward and backward, then the optimiser; Pentad compiles all of it as it stands."""
        lib = peer.lib
        kind = getattr(lib.optim, self.optimiser)
        opt = kind(model.parameters(), lr=self.rate, **({"fused": True} if peer.fused else {}))
        forward: Callable[[Any, Any], Any] = lambda x, y: self.loss(lib, model(x), y)  # noqa: E731
        update = opt.step
        ours = lib.__name__ == "pentad"
        if not ours:
            forward = peer.compile(forward)
            update = peer.compile(lambda: opt.step()) if peer.optimiser else update

        def step(x: Any, y: Any) -> Any:
            opt.zero_grad()
            loss = forward(x, y)
            loss.backward()
            update()
            return loss

        return peer.compile(step) if ours else step

    def _whole(self, peer: TorchLike, model: Any) -> Callable[[Any, Any], Any]:
        """One graph: gradients by torch.func, the update written out, parameters in place."""
        lib = peer.lib
        weights = {k: v.detach().clone() for k, v in model.named_parameters()}

        def loss(weights: Any, x: Any, y: Any) -> Any:
            return self.loss(lib, lib.func.functional_call(model, weights, (x,)), y)

        update = getattr(self, f"_{self.optimiser.lower()}")(lib, weights)

        def step(x: Any, y: Any) -> Any:
            gradients, value = lib.func.grad_and_value(loss)(weights, x, y)
            update(gradients)
            return value

        compiled = peer.compile(step)

        def without_recording(x: Any, y: Any) -> Any:
            with lib.no_grad():
                return compiled(x, y)

        return without_recording

    def _sgd(self, lib: Any, weights: Any) -> Callable[[Any], None]:
        def update(gradients: Any) -> None:
            for name, weight in weights.items():
                weight.sub_(gradients[name], alpha=self.rate)

        return update

    def _adam(self, lib: Any, weights: Any) -> Callable[[Any], None]:
        means = {k: lib.zeros_like(v) for k, v in weights.items()}
        squares = {k: lib.zeros_like(v) for k, v in weights.items()}
        count = lib.zeros(())

        def update(gradients: Any) -> None:
            count.add_(1)
            first, second = 1 - 0.9**count, 1 - 0.999**count
            for name, weight in weights.items():
                g, m, v = gradients[name], means[name], squares[name]
                m.lerp_(g, 0.1)
                v.mul_(0.999).add_(g * g, alpha=0.001)
                weight.sub_(self.rate * (m / first) / ((v / second).sqrt() + 1e-8))

        return update

    # -- JAX -------------------------------------------------------------------------------------

    def _jax(self, peer: Peer, data: Data) -> Program | None:
        assert isinstance(peer, Jax)
        if not peer.compiled:
            return None
        images = np.moveaxis(data["x"], 1, -1) if self.images else data["x"]
        x, y = peer.tensor(images), peer.tensor(data["y"])
        weights = {k: peer.tensor(v) for k, v in self.jax_weights(initial(data)).items()}
        update, state = _JAX_OPTIMISERS[self.optimiser](peer.lib, weights, self.rate)
        gradient = peer.lib.value_and_grad(partial(self.jax_loss, peer.lib))

        def step(weights: Any, state: Any, x: Any, y: Any) -> Any:
            loss, gradients = gradient(weights, x, y)
            return (*update(weights, gradients, state), loss)

        compiled = peer.compile(step, donate_argnums=(0, 1))
        held = [weights, state]

        def run() -> Any:
            held[0], held[1], loss = compiled(*held, x, y)
            return loss.block_until_ready()

        return Program(run, peer.read)


def initial(data: Data) -> Weights:
    """The weights among the data: those named weights:NAME."""
    return {k.partition(":")[2]: v for k, v in data.items() if k.startswith("weights:")}


def jax_sgd(jax: Any, weights: Any, rate: float) -> tuple[Callable[..., Any], Any]:
    def update(weights: Any, gradients: Any, state: Any) -> Any:
        return jax.tree.map(lambda w, g: w - rate * g, weights, gradients), state

    return update, ()


def jax_adam(jax: Any, weights: Any, rate: float) -> tuple[Callable[..., Any], Any]:
    jnp, tree = jax.numpy, jax.tree

    def update(weights: Any, gradients: Any, state: Any) -> Any:
        mean, square, count = state
        count = count + 1
        mean = tree.map(lambda m, g: m + 0.1 * (g - m), mean, gradients)
        square = tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, square, gradients)
        first, second = 1 - 0.9**count, 1 - 0.999**count
        weights = tree.map(
            lambda w, m, v: w - rate * (m / first) / (jnp.sqrt(v / second) + 1e-8),
            weights, mean, square,
        )  # fmt: skip
        return weights, (mean, square, count)

    zeros = [tree.map(jnp.zeros_like, weights) for _ in range(2)]
    return update, (*zeros, jnp.float32(0))


_JAX_OPTIMISERS = {"SGD": jax_sgd, "Adam": jax_adam}

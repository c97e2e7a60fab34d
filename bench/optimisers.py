"""Optimisers written out: in place for torch.compile of a whole step, as functions for JAX."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

_DECAY = 0.01  # AdamW's, everywhere

# -- PyTorch ---------------------------------------------------------------------------------------


def written_out(
    lib: Any, name: str, weights: Any, rate: float, momentum: float
) -> Callable[[Any], None]:
    """update(gradients), which changes the weights in place."""
    if name == "SGD":
        return _sgd(lib, weights, rate, momentum)
    return _adam(lib, weights, rate, _DECAY if name == "AdamW" else 0.0)


def _sgd(lib: Any, weights: Any, rate: float, momentum: float) -> Callable[[Any], None]:
    speeds = {k: lib.zeros_like(v) for k, v in weights.items()} if momentum else {}

    def update(gradients: Any) -> None:
        for name, weight in weights.items():
            change = gradients[name]
            if momentum:
                change = speeds[name].mul_(momentum).add_(change)
            weight.sub_(change, alpha=rate)

    return update


def _adam(lib: Any, weights: Any, rate: float, decay: float) -> Callable[[Any], None]:
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
            if decay:
                weight.mul_(1 - rate * decay)
            weight.sub_(rate * (m / first) / ((v / second).sqrt() + 1e-8))

    return update


# -- JAX: makers of update(weights, gradients, state) -> (weights, state), with the first state ----


def jax_sgd(
    jax: Any, weights: Any, rate: float, momentum: float = 0.0
) -> tuple[Callable[..., Any], Any]:
    tree = jax.tree

    def update(weights: Any, gradients: Any, state: Any) -> Any:
        if momentum:
            state = gradients = tree.map(lambda v, g: momentum * v + g, state, gradients)
        return tree.map(lambda w, g: w - rate * g, weights, gradients), state

    return update, tree.map(jax.numpy.zeros_like, weights) if momentum else ()


def jax_adam(
    jax: Any, weights: Any, rate: float, momentum: float = 0.0, *, decay: float = 0.0
) -> tuple[Callable[..., Any], Any]:
    jnp, tree = jax.numpy, jax.tree

    def update(weights: Any, gradients: Any, state: Any) -> Any:
        mean, square, count = state
        count = count + 1
        mean = tree.map(lambda m, g: m + 0.1 * (g - m), mean, gradients)
        square = tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, square, gradients)
        first, second = 1 - 0.9**count, 1 - 0.999**count
        weights = tree.map(
            lambda w, m, v: (
                w * (1 - rate * decay) - rate * (m / first) / (jnp.sqrt(v / second) + 1e-8)
            ),
            weights, mean, square,
        )  # fmt: skip
        return weights, (mean, square, count)

    zeros = [tree.map(jnp.zeros_like, weights) for _ in range(2)]
    return update, (*zeros, jnp.float32(0))


JAX: dict[str, Callable[..., Any]] = {
    "SGD": jax_sgd,
    "Adam": jax_adam,
    "AdamW": partial(jax_adam, decay=_DECAY),
}

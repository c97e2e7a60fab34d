"""Whole training steps: forward, backward and update, with the loss as result.

Each step's loss shows the updates of the steps before it, so that the losses of a few steps say
whether gradients and optimiser agree as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from bench import models, models_jax
from bench.training import Training
from bench.workload import Data, Workload

ARTICLE = (500, 50, 500)
DIGITS = (784, 512, 512, 10)
GPT = {"vocabulary": 65, "positions": 128, "width": 128, "layers": 4, "heads": 4, "causal": True}
CHARACTERS = {"vocabulary": 65, "width": 256, "layers": 2}
LATENT = (784, 400, 20)


def _draw(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.standard_normal(shape).astype(np.float32)


# -- losses ----------------------------------------------------------------------------------------


def _squares(lib: Any, model: Any, x: Any, y: Any) -> Any:
    return lib.nn.functional.mse_loss(model(x), y)


def _cross_entropy(lib: Any, model: Any, x: Any, y: Any) -> Any:
    return lib.nn.functional.cross_entropy(model(x), y)


def _next_token(lib: Any, model: Any, x: Any, y: Any) -> Any:
    logits = model(x)
    return lib.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), y.reshape(-1))


def _evidence(lib: Any, model: Any, x: Any, noise: Any) -> Any:
    logits, mean, logvar = model(x, noise)
    entropy = lib.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    divergence = -0.5 * (1 + logvar - mean * mean - lib.exp(logvar)).sum()
    return (entropy + divergence) / x.shape[0]


def _jax_cross_entropy(network: Callable[..., Any]) -> Callable[..., Any]:
    return lambda jax, w, x, y: models_jax.cross_entropy(jax, network(jax, w, x), y)


def _jax_resnet(jax: Any, w: Any, statistics: Any, x: Any, y: Any) -> Any:
    network = partial(models_jax.resnet, depths=models.RESNET18, small=True, training=True)
    logits, statistics = network(jax, w, statistics, x)
    return models_jax.cross_entropy(jax, logits, y), statistics


# -- the steps -------------------------------------------------------------------------------------

_ARTICLE = Training(
    model=partial(models.perceptron, sizes=ARTICLE),
    loss=_squares,
    optimiser="SGD",
    rate=0.01,
    jax_loss=lambda jax, w, x, y: ((models_jax.perceptron(jax, w, x) - y) ** 2).mean(),
)
MLP = Training(
    model=partial(models.perceptron, sizes=DIGITS),
    loss=_cross_entropy,
    optimiser="Adam",
    rate=1e-3,
    jax_loss=_jax_cross_entropy(models_jax.perceptron),
)
LENET = Training(
    model=models.lenet,
    loss=_cross_entropy,
    optimiser="Adam",
    rate=1e-3,
    jax_loss=_jax_cross_entropy(models_jax.lenet),
    jax_layout=models_jax.lenet_layout,
    images=True,
)
RESNET = Training(
    model=partial(models.resnet, depths=models.RESNET18, classes=10, small=True),
    loss=_cross_entropy,
    optimiser="SGD",
    rate=0.01,
    momentum=0.9,
    jax_loss=_jax_resnet,
    images=True,
    statistics=True,
)
_CHARACTERS = Training(
    model=partial(models.characters, **CHARACTERS),
    loss=_next_token,
    optimiser="Adam",
    rate=1e-3,
    jax_loss=_jax_cross_entropy(partial(models_jax.characters, layers=CHARACTERS["layers"])),
)
_GPT = Training(
    model=partial(models.transformer, **GPT),
    loss=_next_token,
    optimiser="AdamW",
    rate=1e-3,
    jax_loss=_jax_cross_entropy(
        partial(models_jax.transformer, layers=GPT["layers"], heads=GPT["heads"], causal=True)
    ),
)
_AUTOENCODER = Training(
    model=lambda lib: models.autoencoder(lib, *LATENT),
    loss=_evidence,
    optimiser="Adam",
    rate=1e-3,
    jax_loss=lambda jax, w, x, noise: models_jax.evidence_loss(
        jax, models_jax.autoencoder(jax, w, x, noise), x
    ),
)

# -- their data ------------------------------------------------------------------------------------


def _article(rng: np.random.Generator) -> Data:
    return _ARTICLE.data(rng, x=_draw(rng, 32, 500), y=_draw(rng, 32, 500))


def _classified(
    rng: np.random.Generator, step: Training, shape: tuple[int, ...]
) -> Data:
    return step.data(rng, x=_draw(rng, *shape), y=rng.integers(0, 10, shape[0]))


def _text(rng: np.random.Generator, step: Training, shape: tuple[int, int]) -> Data:
    text = rng.integers(0, 65, (shape[0], shape[1] + 1))
    return step.data(rng, x=text[:, :-1].copy(), y=text[:, 1:].copy())


def _pixels(rng: np.random.Generator) -> Data:
    x = rng.random((128, LATENT[0])).astype(np.float32)
    return _AUTOENCODER.data(rng, x=x, noise=_draw(rng, 128, LATENT[2]))


def _dense_flops(batch: int, sizes: Sequence[int]) -> float:
    """Forward, gradient of the weights, and gradient of the inputs of all layers but the first."""
    products = [2.0 * batch * i * o for i, o in zip(sizes, sizes[1:])]
    return 3 * sum(products) - products[0]


def _workload(
    name: str, step: Training, data: Callable[[np.random.Generator], Data], **more: Any
) -> Workload:
    return Workload(name, "training steps", data, step.programs(), checks=4, **more)


# Tolerances: sums in another order differ by some 1e-6 of the loss; Adam's first steps divide
# gradients by their own size, which makes small ones' rounding count, and deep networks multiply
# it. Each is well below what one update changes (tests/bench/test_models.py holds them to that).
WORKLOADS = (
    _workload("mlp 500-50-500 SGD", _ARTICLE, _article, tolerance=1e-5,
              flops=_dense_flops(32, ARTICLE), peak=True),
    _workload("mlp 784-512-512-10 Adam", MLP,
              partial(_classified, step=MLP, shape=(128, 784)), tolerance=1e-3,
              flops=_dense_flops(128, DIGITS), peak=True),
    _workload("lenet Adam", LENET,
              partial(_classified, step=LENET, shape=(64, 1, 28, 28)), tolerance=1e-3),
    _workload("resnet18 32x32 SGD momentum", RESNET,
              partial(_classified, step=RESNET, shape=(32, 3, 32, 32)), tolerance=1e-3),
    _workload("lstm characters Adam", _CHARACTERS,
              partial(_text, step=_CHARACTERS, shape=(32, 64)), tolerance=1e-3),
    _workload("gpt AdamW", _GPT, partial(_text, step=_GPT, shape=(16, 128)), tolerance=1e-3),
    _workload("vae Adam", _AUTOENCODER, _pixels, tolerance=1e-4),
)  # fmt: skip

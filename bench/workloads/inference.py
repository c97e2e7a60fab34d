"""Inference: whole networks in evaluation mode, one call each, and two that go step by step."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from bench import models, models_jax
from bench.inference import Inference, Stepwise
from bench.workload import Data, Workload
from bench.workloads.steps import CHARACTERS, DIGITS, GPT

BERT = {
    "vocabulary": 30_522, "positions": 128, "width": 384, "layers": 6, "heads": 12,
    "causal": False,
}  # fmt: skip
TURNS = 64  # tokens that a step-by-step workload goes round


def _images(rng: np.random.Generator, network: Inference, shape: tuple[int, ...]) -> Data:
    return network.data(rng, x=rng.standard_normal(shape).astype(np.float32))


def _tokens(rng: np.random.Generator, network: Inference, shape: tuple[int, ...]) -> Data:
    return network.data(rng, x=rng.integers(0, BERT["vocabulary"], shape))


# -- networks --------------------------------------------------------------------------------------

_PERCEPTRON = Inference(partial(models.perceptron, sizes=DIGITS), models_jax.perceptron)
_LENET = Inference(
    models.lenet, models_jax.lenet, jax_layout=models_jax.lenet_layout, images=True
)


def _resnet(depths: tuple[int, ...], bottleneck: bool) -> Inference:
    kind: dict[str, Any] = {"depths": depths, "bottleneck": bottleneck}
    return Inference(
        partial(models.resnet, classes=1000, **kind), partial(models_jax.resnet, **kind),
        images=True, statistics=True,
    )  # fmt: skip


_RESNET18, _RESNET50 = _resnet(models.RESNET18, False), _resnet(models.RESNET50, True)
_MOBILENET = Inference(
    partial(models.mobilenet, classes=1000),
    partial(models_jax.mobilenet, stages=models.MOBILENET),
    images=True, statistics=True,
)  # fmt: skip
_BERT = Inference(
    partial(models.transformer, **BERT),
    partial(models_jax.transformer, layers=BERT["layers"], heads=BERT["heads"], causal=False),
)

# -- step by step ----------------------------------------------------------------------------------

_DECODING = Stepwise(
    partial(models.transformer, **GPT),
    partial(models_jax.decode, layers=GPT["layers"], heads=GPT["heads"]),
    call=lambda model, *inputs: model.decode(*inputs),
    in_place=True,
)
_CHARACTERS = Stepwise(
    partial(models.characters, **CHARACTERS),
    partial(models_jax.next_character, layers=CHARACTERS["layers"]),
    call=lambda model, *inputs: model(*inputs),
)


def _prompt(rng: np.random.Generator) -> Data:
    length, heads = GPT["positions"], GPT["heads"]
    cache = np.zeros((1, heads, length, GPT["width"] // heads), np.float32)
    caches = {f"state:{i}": cache for i in range(2 * GPT["layers"])}
    position = np.arange(length)[:, None]
    return _DECODING.data(rng, token=_turn(rng, length), position=position, **caches)


def _text(rng: np.random.Generator) -> Data:
    zeros = np.zeros((CHARACTERS["layers"], 1, CHARACTERS["width"]), np.float32)
    state = {"state:h": zeros, "state:c": zeros}
    return _CHARACTERS.data(rng, token=_turn(rng, TURNS), **state)


def _turn(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.integers(0, GPT["vocabulary"], (count, 1, 1))


# -- multiplications and additions -----------------------------------------------------------------

# Multiplications of one image, in millions, as the papers' tables count them.
_MILLIONS = {"resnet18": 1814, "resnet50": 4089, "mobilenetv2": 301}


def _dense(batch: int) -> float:
    return 2.0 * batch * sum(i * o for i, o in zip(DIGITS, DIGITS[1:]))


def _encoder(batch: int) -> float:
    """Dense layers, and products of all pairs of tokens in attention."""
    width, tokens = BERT["width"], BERT["positions"]
    each = 12 * width * width + 2 * tokens * width
    return 2.0 * batch * tokens * BERT["layers"] * each


def _workload(
    name: str, network: Inference, data: Callable[[np.random.Generator], Data], **more: Any
) -> Workload:
    return Workload(name, "inference", data, network.programs(), **more)


def _images_of(name: str, network: Inference, batch: int, size: int = 224) -> Workload:
    flops = 2e6 * _MILLIONS[name] * batch
    data = partial(_images, network=network, shape=(batch, 3, size, size))
    return _workload(f"{name} batch {batch}", network, data, flops=flops, peak=True)


# The tolerance of 1e-4 of the largest number leaves room for sums in another order, for batch
# normalisation folded into weights, and for approximations of erf and exp.
WORKLOADS = (
    *(
        _workload(f"mlp batch {n}", _PERCEPTRON, flops=_dense(n), peak=True,
                  data=partial(_images, network=_PERCEPTRON, shape=(n, DIGITS[0])))
        for n in (1, 32, 256)
    ),
    *(
        _workload(f"lenet batch {n}", _LENET,
                  data=partial(_images, network=_LENET, shape=(n, 1, 28, 28)))
        for n in (1, 64)
    ),
    *(_images_of("resnet18", _RESNET18, n) for n in (1, 8)),
    *(_images_of("resnet50", _RESNET50, n) for n in (1, 8)),
    _images_of("mobilenetv2", _MOBILENET, 1),
    *(
        _workload(f"bert batch {n}", _BERT, flops=_encoder(n), peak=True,
                  data=partial(_tokens, network=_BERT, shape=(n, BERT["positions"])))
        for n in (1, 8)
    ),
    _workload("gpt decoding, one token", _DECODING, _prompt, checks=16),
    _workload("lstm batch 1, one step", _CHARACTERS, _text, checks=16),
)  # fmt: skip

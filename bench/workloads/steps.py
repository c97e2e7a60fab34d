"""Whole training steps: forward, backward and update, with the loss as result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bench.training import Training, Weights
from bench.workload import Data, Workload

# -- multilayer perceptrons ------------------------------------------------------------------------


def _mlp(lib: Any, sizes: tuple[int, ...]) -> Any:
    nn = lib.nn
    layers: list[Any] = []
    for i, o in zip(sizes, sizes[1:]):
        layers += [nn.Linear(i, o), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _mlp_weights(rng: np.random.Generator, sizes: tuple[int, ...]) -> Weights:
    found: Weights = {}
    for layer, (i, o) in enumerate(zip(sizes, sizes[1:])):
        found |= _layer(rng, f"{2 * layer}", (o, i))
    return found


def _layer(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> Weights:
    bound = 1 / np.sqrt(np.prod(shape[1:]))
    weight = rng.uniform(-bound, bound, shape).astype(np.float32)
    bias = rng.uniform(-bound, bound, shape[0]).astype(np.float32)
    return {f"weights:{name}.weight": weight, f"weights:{name}.bias": bias}


def _transposed(weights: Mapping[str, np.ndarray]) -> Weights:
    """Dense layers as (inputs, outputs), which is what JAX programs use."""
    return {k: np.ascontiguousarray(w.T) for k, w in weights.items()}


def _jax_mlp(jax: Any, weights: Any, x: Any) -> Any:
    names = sorted({k.partition(".")[0] for k in weights}, key=int)
    for name in names:
        x = x @ weights[f"{name}.weight"] + weights[f"{name}.bias"]
        x = jax.nn.relu(x) if name != names[-1] else x
    return x


def _jax_cross_entropy(jax: Any, logits: Any, y: Any) -> Any:
    picked = jax.numpy.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1)
    return -picked.mean()


def _cross_entropy(lib: Any, logits: Any, y: Any) -> Any:
    return lib.nn.functional.cross_entropy(logits, y)


ARTICLE = (500, 50, 500)
DIGITS = (784, 512, 512, 10)


def _article_data(rng: np.random.Generator) -> Data:
    x, y = (rng.standard_normal((32, 500)).astype(np.float32) for _ in range(2))
    return {"x": x, "y": y, **_mlp_weights(rng, ARTICLE)}


def _digits_data(rng: np.random.Generator) -> Data:
    x = rng.standard_normal((128, 784)).astype(np.float32)
    return {"x": x, "y": rng.integers(0, 10, 128), **_mlp_weights(rng, DIGITS)}


_ARTICLE_STEP = Training(
    model=lambda lib: _mlp(lib, ARTICLE),
    loss=lambda lib, p, y: lib.nn.functional.mse_loss(p, y),
    optimiser="SGD",
    rate=0.01,
    jax_weights=_transposed,
    jax_loss=lambda jax, w, x, y: ((_jax_mlp(jax, w, x) - y) ** 2).mean(),
)
_DIGITS_STEP = Training(
    model=lambda lib: _mlp(lib, DIGITS),
    loss=_cross_entropy,
    optimiser="Adam",
    rate=1e-3,
    jax_weights=_transposed,
    jax_loss=lambda jax, w, x, y: _jax_cross_entropy(jax, _jax_mlp(jax, w, x), y),
)

# -- LeNet -----------------------------------------------------------------------------------------


def _lenet(lib: Any) -> Any:
    nn = lib.nn
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def _lenet_data(rng: np.random.Generator) -> Data:
    data = {
        "x": rng.standard_normal((64, 1, 28, 28)).astype(np.float32),
        "y": rng.integers(0, 10, 64),
    }
    shapes = {"0": (6, 1, 5, 5), "3": (16, 6, 5, 5), "7": (120, 400), "9": (84, 120)}
    for name, shape in {**shapes, "11": (10, 84)}.items():
        data |= _layer(rng, name, shape)
    return data


def _lenet_jax_weights(weights: Mapping[str, np.ndarray]) -> Weights:
    """HWIO filters, transposed dense layers, and the first of them for flattened NHWC images."""
    found = _transposed(weights)
    for name in ("0.weight", "3.weight"):
        found[name] = np.ascontiguousarray(weights[name].transpose(2, 3, 1, 0))
    first = weights["7.weight"].reshape(120, 16, 5, 5).transpose(0, 2, 3, 1)
    found["7.weight"] = np.ascontiguousarray(first.reshape(120, 400).T)
    return found


def _lenet_jax_loss(jax: Any, w: Any, x: Any, y: Any) -> Any:
    lax, relu = jax.lax, jax.nn.relu
    layout = ("NHWC", "HWIO", "NHWC")

    def block(x: Any, name: str, padding: str) -> Any:
        x = lax.conv_general_dilated(
            x, w[f"{name}.weight"], (1, 1), padding, dimension_numbers=layout
        )
        x = relu(x + w[f"{name}.bias"])
        window = (1, 2, 2, 1)
        return lax.reduce_window(x, -jax.numpy.inf, lax.max, window, window, "VALID")

    x = block(block(x, "0", "SAME"), "3", "VALID").reshape(x.shape[0], -1)
    for name in ("7", "9", "11"):
        x = x @ w[f"{name}.weight"] + w[f"{name}.bias"]
        x = relu(x) if name != "11" else x
    return _jax_cross_entropy(jax, x, y)


_LENET_STEP = Training(
    model=_lenet,
    loss=_cross_entropy,
    optimiser="Adam",
    rate=1e-3,
    jax_weights=_lenet_jax_weights,
    jax_loss=_lenet_jax_loss,
    images=True,
)


def _dense_flops(batch: int, sizes: tuple[int, ...]) -> float:
    """Forward, gradient of the weights, and gradient of the inputs of all layers but the first."""
    products = [2.0 * batch * i * o for i, o in zip(sizes, sizes[1:])]
    return 3 * sum(products) - products[0]


WORKLOADS = (
    Workload(
        "mlp 500-50-500 SGD", "training steps", _article_data, _ARTICLE_STEP.programs(),
        flops=_dense_flops(32, ARTICLE), checks=3, peak=True,
    ),
    Workload(
        "mlp 784-512-512-10 Adam", "training steps", _digits_data, _DIGITS_STEP.programs(),
        flops=_dense_flops(128, DIGITS), checks=3, tolerance=1e-3, peak=True,
    ),
    Workload(
        "lenet Adam", "training steps", _lenet_data, _LENET_STEP.programs(),
        checks=3, tolerance=1e-3,
    ),
)  # fmt: skip

"""The networks of models.py in plain JAX: functions of weights, by their names in PyTorch.

Images are NHWC, filters HWIO, dense layers (inputs, outputs): what suits XLA's CPU backend, as
`layout` makes them of PyTorch's weights. In training, normalisation returns its new statistics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bench.models import mobilenet_blocks, resnet_blocks, resnet_layers

Arrays = dict[str, Any]
_TABLES = ("embed.weight", "token.weight", "position")  # rows are looked up


def layout(weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """PyTorch's weights in JAX's layout, without the counters of batches."""
    found = {}
    for name, array in weights.items():
        if array.ndim == 4:
            array = array.transpose(2, 3, 1, 0)
        elif array.ndim == 2 and not name.endswith(_TABLES):
            array = array.T
        if not name.endswith("num_batches_tracked"):
            found[name] = np.ascontiguousarray(array)
    return found


def lenet_layout(weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """As `layout`, and the first dense layer for flattened NHWC images."""
    first = weights["7.weight"].reshape(120, 16, 5, 5).transpose(0, 2, 3, 1)
    return layout({**weights, "7.weight": first.reshape(120, 400)})


# -- losses ----------------------------------------------------------------------------------------


def cross_entropy(jax: Any, logits: Any, y: Any) -> Any:
    """The mean over all positions."""
    picked = jax.numpy.take_along_axis(jax.nn.log_softmax(logits), y[..., None], -1)
    return -picked.mean()


def evidence_loss(jax: Any, prediction: Any, x: Any) -> Any:
    """Reconstruction and divergence of a variational auto-encoder, per image."""
    logits, mean, logvar = prediction
    jnp = jax.numpy
    entropy = jnp.maximum(logits, 0) - logits * x + jnp.log1p(jnp.exp(-jnp.abs(logits)))
    divergence = -0.5 * (1 + logvar - mean * mean - jnp.exp(logvar)).sum()
    return (entropy.sum() + divergence) / x.shape[0]


# -- dense layers ----------------------------------------------------------------------------------


def dense(w: Arrays, name: str, x: Any) -> Any:
    return x @ w[f"{name}.weight"] + w[f"{name}.bias"]


def perceptron(jax: Any, w: Arrays, x: Any) -> Any:
    names = sorted({k.partition(".")[0] for k in w}, key=int)
    for name in names[:-1]:
        x = jax.nn.relu(dense(w, name, x))
    return dense(w, names[-1], x)


def autoencoder(jax: Any, w: Arrays, x: Any, noise: Any) -> Any:
    h = jax.nn.relu(dense(w, "inner", x))
    mean, logvar = dense(w, "mean", h), dense(w, "logvar", h)
    z = mean + noise * jax.numpy.exp(0.5 * logvar)
    return dense(w, "outer", jax.nn.relu(dense(w, "expand", z))), mean, logvar


# -- convolutions ----------------------------------------------------------------------------------


def _conv(
    jax: Any, x: Any, filters: Any, stride: int = 1, padding: int = 0, groups: int = 1
) -> Any:
    return jax.lax.conv_general_dilated(
        x, filters, (stride, stride), [(padding, padding)] * 2,
        dimension_numbers=("NHWC", "HWIO", "NHWC"), feature_group_count=groups,
    )  # fmt: skip


def _largest(jax: Any, x: Any, size: int, stride: int, padding: int = 0) -> Any:
    window, steps = (1, size, size, 1), (1, stride, stride, 1)
    pads = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    return jax.lax.reduce_window(x, -jax.numpy.inf, jax.lax.max, window, steps, pads)


def lenet(jax: Any, w: Arrays, x: Any) -> Any:
    relu = jax.nn.relu
    for name, padding in (("0", 2), ("3", 0)):
        y = _conv(jax, x, w[f"{name}.weight"], padding=padding)
        x = _largest(jax, relu(y + w[f"{name}.bias"]), 2, 2)
    x = x.reshape(x.shape[0], -1)
    return dense(w, "11", relu(dense(w, "9", relu(dense(w, "7", x)))))


class Normed:
    """Convolutions with batch normalisation; in training it gathers the new statistics."""

    def __init__(self, jax: Any, w: Arrays, statistics: Arrays, training: bool) -> None:
        self.jax, self.w, self.training = jax, w, training
        self.statistics = dict(statistics)

    def __call__(self, name: str, x: Any, stride: int = 1, groups: int = 1) -> Any:
        filters = self.w[f"{name}.0.weight"]
        y = _conv(self.jax, x, filters, stride, filters.shape[0] // 2, groups)
        mean, var = self._moments(f"{name}.1", y)
        scale = self.w[f"{name}.1.weight"] * self.jax.lax.rsqrt(var + 1e-5)
        return y * scale + (self.w[f"{name}.1.bias"] - mean * scale)

    def _moments(self, name: str, y: Any) -> Any:
        held = self.statistics
        names = f"{name}.running_mean", f"{name}.running_var"
        if not self.training:
            return held[names[0]], held[names[1]]
        mean = y.mean((0, 1, 2))
        var = self.jax.numpy.maximum((y * y).mean((0, 1, 2)) - mean * mean, 0)
        count = y.size // y.shape[-1]
        for key, value in zip(names, (mean, var * (count / (count - 1)))):
            held[key] = 0.9 * held[key] + 0.1 * value
        return mean, var


def resnet(
    jax: Any, w: Arrays, statistics: Arrays, x: Any, *, depths: Sequence[int],
    bottleneck: bool = False, small: bool = False, training: bool = False,
) -> tuple[Any, Arrays]:  # fmt: skip
    """Logits and the statistics after this step."""
    relu, normed = jax.nn.relu, Normed(jax, w, statistics, training)
    x = relu(normed("stem", x, 1 if small else 2))
    x = x if small else _largest(jax, x, 3, 2, 1)
    for number, (i, width, stride) in enumerate(resnet_blocks(depths, bottleneck)):
        name, y = f"blocks.{number}", x
        layers = resnet_layers(i, width, stride, bottleneck)
        for k, (_, _, _, step) in enumerate(layers):
            y = normed(f"{name}.layers.{k}", y, step)
            y = y if k == len(layers) - 1 else relu(y)
        if f"{name}.shortcut.0.weight" in w:
            x = normed(f"{name}.shortcut", x, stride)
        x = relu(x + y)
    return dense(w, "head", x.mean((1, 2))), normed.statistics


def mobilenet(
    jax: Any, w: Arrays, statistics: Arrays, x: Any, *, stages: Sequence[tuple[int, int, int, int]]
) -> tuple[Any, Arrays]:
    relu6, normed = jax.nn.relu6, Normed(jax, w, statistics, False)
    x = relu6(normed("stem", x, 2))
    for number, (i, o, stride, expansion) in enumerate(mobilenet_blocks(stages)):
        name = f"blocks.{number}"
        y = relu6(normed(f"{name}.expand", x)) if expansion > 1 else x
        y = relu6(normed(f"{name}.depthwise", y, stride, i * expansion))
        y = normed(f"{name}.project", y)
        x = x + y if stride == 1 and i == o else y
    x = relu6(normed("last", x))
    return dense(w, "head", x.mean((1, 2))), normed.statistics


# -- sequences -------------------------------------------------------------------------------------


def _lstm_cell(jax: Any, gates: Any, c: Any) -> tuple[Any, Any]:
    i, f, g, o = jax.numpy.split(gates, 4, -1)
    sigmoid, tanh = jax.nn.sigmoid, jax.numpy.tanh
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(c), c


def characters(jax: Any, w: Arrays, tokens: Any, *, layers: int) -> Any:
    """Logits (batch, time, vocabulary); each layer is one scan, its inputs multiplied before."""
    jnp = jax.numpy
    x = w["embed.weight"][tokens.T]  # (time, batch, width)
    for k in range(layers):
        recurrent = w[f"lstm.weight_hh_l{k}"]
        bias = w[f"lstm.bias_ih_l{k}"] + w[f"lstm.bias_hh_l{k}"]
        gates = x @ w[f"lstm.weight_ih_l{k}"] + bias

        def step(state: Any, gates: Any, recurrent: Any = recurrent) -> Any:
            h, c = state
            h, c = _lstm_cell(jax, gates + h @ recurrent, c)
            return (h, c), h

        zeros = jnp.zeros(x.shape[1:], x.dtype)
        x = jax.lax.scan(step, (zeros, zeros), gates)[1]
    return dense(w, "head", x).swapaxes(0, 1)


def next_character(jax: Any, w: Arrays, token: Any, h: Any, c: Any, *, layers: int) -> Any:
    """Logits of one token (batch, 1), and the state (layers, batch, width) after it."""
    x = w["embed.weight"][token[:, 0]]
    hs, cs = [], []
    for k in range(layers):
        gates = x @ w[f"lstm.weight_ih_l{k}"] + h[k] @ w[f"lstm.weight_hh_l{k}"]
        bias = w[f"lstm.bias_ih_l{k}"] + w[f"lstm.bias_hh_l{k}"]
        x, cell = _lstm_cell(jax, gates + bias, c[k])
        hs.append(x)
        cs.append(cell)
    stack = jax.numpy.stack
    return dense(w, "head", x)[:, None], stack(hs), stack(cs)


def _layer_norm(jax: Any, w: Arrays, name: str, x: Any) -> Any:
    mean = x.mean(-1, keepdims=True)
    centred = x - mean
    var = (centred * centred).mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt(var + 1e-5) * w[f"{name}.weight"] + w[f"{name}.bias"]


def _heads(jax: Any, w: Arrays, name: str, x: Any, heads: int) -> tuple[Any, Any, Any]:
    b, t, width = x.shape
    qkv = dense(w, f"{name}.qkv", _layer_norm(jax, w, f"{name}.norm1", x))
    qkv = qkv.reshape(b, t, 3, heads, width // heads).transpose(2, 0, 3, 1, 4)
    return qkv[0], qkv[1], qkv[2]


def _attention(jax: Any, q: Any, k: Any, v: Any, seen: Any) -> Any:
    scores = (q @ k.swapaxes(-1, -2)) / np.float32(np.sqrt(q.shape[-1]))
    if seen is not None:
        scores = jax.numpy.where(seen, scores, -jax.numpy.inf)
    return jax.nn.softmax(scores) @ v


def _after(jax: Any, w: Arrays, name: str, x: Any, y: Any) -> Any:
    x = x + dense(w, f"{name}.out", y.transpose(0, 2, 1, 3).reshape(x.shape))
    h = dense(w, f"{name}.up", _layer_norm(jax, w, f"{name}.norm2", x))
    return x + dense(w, f"{name}.down", jax.nn.gelu(h, approximate=False))


def _end(jax: Any, w: Arrays, x: Any) -> Any:
    x = _layer_norm(jax, w, "norm", x)
    return x @ w["head.weight"] if "head.weight" in w else x


def transformer(
    jax: Any, w: Arrays, tokens: Any, *, layers: int, heads: int, causal: bool
) -> Any:
    jnp, length = jax.numpy, tokens.shape[1]
    seen = jnp.tril(jnp.ones((length, length), bool)) if causal else None
    x = w["token.weight"][tokens] + w["position"][:length]
    for k in range(layers):
        name = f"blocks.{k}"
        q, key, value = _heads(jax, w, name, x, heads)
        x = _after(jax, w, name, x, _attention(jax, q, key, value, seen))
    return _end(jax, w, x)


def decode(
    jax: Any, w: Arrays, token: Any, position: Any, *caches: Any, layers: int, heads: int
) -> tuple[Any, ...]:
    """Logits of one token, and the caches with its keys and values."""
    seen = jax.numpy.arange(caches[0].shape[2]) <= position
    x = w["token.weight"][token] + w["position"][position]
    held = list(caches)
    for k in range(layers):
        name = f"blocks.{k}"
        q, *new = _heads(jax, w, name, x, heads)
        for i, array in enumerate(new, 2 * k):
            held[i] = jax.lax.dynamic_update_slice_in_dim(held[i], array, position[0], 2)
        x = _after(jax, w, name, x, _attention(jax, q, held[2 * k], held[2 * k + 1], seen))
    return _end(jax, w, x), *held

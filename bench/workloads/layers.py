"""Single layers: softmax, normalisation, attention, embedding; forward, and with gradients."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from bench.programs import function
from bench.workload import Data, Workload

Shapes = dict[str, tuple[int, ...]]
_EPS = 1e-5


def _data(rng: np.random.Generator, shapes: Shapes) -> Data:
    return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


def _layer(
    name: str, shapes: Shapes, torch: Callable[..., Any], jax: Callable[..., Any],
    gradients: bool, *, flops: float = 0.0, tolerance: float = 1e-4,
) -> list[Workload]:
    """A workload for the layer forward and, with gradients, one for a forward and backward pass.

    torch(lib, *tensors), jax(module, *arrays): of these shapes, in order.
    """
    made = [
        Workload(name, "layers", partial(_data, shapes=shapes), function(torch, jax), flops=flops,
                 tolerance=tolerance)
    ]
    if gradients:
        wide = {**shapes, "g": next(iter(shapes.values()))}
        programs = function(
            partial(_torch_gradients, torch), partial(_jax_gradients, jax), gradients=tuple(shapes)
        )
        made.append(Workload(f"{name} gradients", "layers", partial(_data, shapes=wide), programs,
                             flops=3.5 * flops, tolerance=10 * tolerance))  # fmt: skip
    return made


def _torch_gradients(forward: Callable[..., Any], lib: Any, *operands: Any) -> Any:
    *operands_, g = operands
    return lib.autograd.grad(forward(lib, *operands_), operands_, g)


def _jax_gradients(forward: Callable[..., Any], jax: Any, *operands: Any) -> Any:
    *operands_, g = operands
    return jax.vjp(partial(forward, jax), *operands_)[1](g)


# -- normalisation ---------------------------------------------------------------------------------


def _layer_norm(lib: Any, x: Any, w: Any, b: Any) -> Any:
    return lib.nn.functional.layer_norm(x, (x.shape[-1],), w, b, _EPS)


def _jax_layer_norm(jax: Any, x: Any, w: Any, b: Any) -> Any:
    centred = x - x.mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + _EPS) * w + b


def _batch_norm(lib: Any, x: Any, w: Any, b: Any) -> Any:
    return lib.nn.functional.batch_norm(x, None, None, w, b, True, 0.1, _EPS)


def _jax_batch_norm(jax: Any, x: Any, w: Any, b: Any) -> Any:
    centred = x - x.mean((0, 2, 3), keepdims=True)
    scale = jax.lax.rsqrt((centred**2).mean((0, 2, 3), keepdims=True) + _EPS)
    return centred * scale * w[:, None, None] + b[:, None, None]


def _batch_norm_inference(lib: Any, x: Any, w: Any, b: Any, mean: Any, spread: Any) -> Any:
    return lib.nn.functional.batch_norm(x, mean, spread * spread, w, b, False, 0.1, _EPS)


def _jax_batch_norm_inference(jax: Any, x: Any, w: Any, b: Any, mean: Any, spread: Any) -> Any:
    scale = w * jax.lax.rsqrt(spread * spread + _EPS)
    return x * scale[:, None, None] + (b - mean * scale)[:, None, None]


# -- attention -------------------------------------------------------------------------------------


def _attention(lib: Any, q: Any, k: Any, v: Any, *, causal: bool) -> Any:
    return lib.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)


def _jax_attention(jax: Any, q: Any, k: Any, v: Any, *, causal: bool) -> Any:
    turned = (jax.numpy.swapaxes(x, 1, 2) for x in (q, k, v))
    return jax.numpy.swapaxes(jax.nn.dot_product_attention(*turned, is_causal=causal), 1, 2)


def _attentions(batch: int, heads: int, length: int, width: int, causal: bool) -> list[Workload]:
    shape = (batch, heads, length, width)
    name = f"attention {batch}x{heads}x{length}x{width}" + (" causal" if causal else "")
    return _layer(
        name, dict.fromkeys("qkv", shape), partial(_attention, causal=causal),
        partial(_jax_attention, causal=causal), True,
        flops=4.0 * batch * heads * length**2 * width / (2 if causal else 1),
    )  # fmt: skip


# -- embedding -------------------------------------------------------------------------------------

_WORDS, _WIDTH, _TOKENS = 10_000, 128, 4096


def _tokens(rng: np.random.Generator) -> Data:
    return {
        "table": rng.standard_normal((_WORDS, _WIDTH)).astype(np.float32),
        "tokens": rng.integers(0, _WORDS, _TOKENS),
        "g": rng.standard_normal((_TOKENS, _WIDTH)).astype(np.float32),
    }


def _embedding_gradient(lib: Any, table: Any, tokens: Any, g: Any) -> Any:
    return lib.autograd.grad(lib.nn.functional.embedding(tokens, table), table, g)[0]


def _jax_embedding_gradient(jax: Any, table: Any, tokens: Any, g: Any) -> Any:
    return jax.vjp(lambda t: t[tokens], table)[1](g)[0]


def softmax(rows: int, columns: int, gradients: bool) -> list[Workload]:
    """softmax along the rows of [rows, columns]."""
    shapes = {"x": (rows, columns)}
    return _layer(f"softmax {rows}x{columns}", shapes, _softmax, _jax_softmax, gradients)


def _softmax(lib: Any, x: Any) -> Any:
    return lib.softmax(x, -1)


def _jax_softmax(jax: Any, x: Any) -> Any:
    return jax.nn.softmax(x, -1)


_IMAGES = {"x": (32, 64, 28, 28), "w": (64,), "b": (64,)}
_ROWS = {"x": (4096, 384), "w": (384,), "b": (384,)}

WORKLOADS = (
    *softmax(1024, 1024, gradients=True),
    *softmax(128, 32_000, gradients=False),
    *_layer("layer norm 4096x384", _ROWS, _layer_norm, _jax_layer_norm, True),
    *_layer("batch norm 32x64x28x28", _IMAGES, _batch_norm, _jax_batch_norm, True, tolerance=1e-3),
    *_layer("batch norm 32x64x28x28, inference", {**_IMAGES, "mean": (64,), "spread": (64,)},
            _batch_norm_inference, _jax_batch_norm_inference, False),
    *_attentions(8, 6, 128, 64, causal=False),
    *_attentions(16, 4, 128, 32, causal=True),
    *_attentions(1, 8, 1024, 64, causal=True),
    Workload(f"embedding gradient {_WORDS}x{_WIDTH}, {_TOKENS} tokens", "layers", _tokens,
             function(_embedding_gradient, _jax_embedding_gradient, gradients=("table",))),
)  # fmt: skip

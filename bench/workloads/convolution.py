"""Two-dimensional convolutions: forward, and forward with both gradients."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np

from bench.programs import function
from bench.workload import Data, Workload


class Layer(NamedTuple):
    name: str
    batch: int
    inputs: int
    outputs: int
    kernel: int
    size: int
    stride: int = 1

    @property
    def padding(self) -> int:
        return self.kernel // 2

    @property
    def places(self) -> int:
        """Rows (and columns) of the result."""
        return (self.size + 2 * self.padding - self.kernel) // self.stride + 1

    @property
    def flops(self) -> float:
        taps = self.kernel * self.kernel * self.inputs
        return 2.0 * self.batch * self.places**2 * self.outputs * taps


LAYERS = (
    Layer("mnist 1->32", 64, 1, 32, 3, 28),
    Layer("mnist 32->64", 64, 32, 64, 3, 28),
    Layer("stem 7x7/2 3->64 @224", 16, 3, 64, 7, 224, 2),
    Layer("1x1 64->64 @56", 16, 64, 64, 1, 56),
    Layer("3x3 64->64 @56", 16, 64, 64, 3, 56),
    Layer("1x1 64->256 @56", 16, 64, 256, 1, 56),
    Layer("3x3 128->128 @28", 16, 128, 128, 3, 28),
    Layer("3x3 512->512 @7", 16, 512, 512, 3, 7),
    Layer("1x1 1024->256 @14", 16, 1024, 256, 1, 14),
)


def _data(rng: np.random.Generator, layer: Layer, gradient: bool) -> Data:
    def draw(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    data = {
        "x": draw(layer.batch, layer.inputs, layer.size, layer.size),
        "w": draw(layer.outputs, layer.inputs, layer.kernel, layer.kernel),
    }
    if gradient:
        data["g"] = draw(layer.batch, layer.outputs, layer.places, layer.places)
    return data


def _forward(lib: Any, x: Any, w: Any, *, layer: Layer) -> Any:
    return lib.nn.functional.conv2d(x, w, stride=layer.stride, padding=layer.padding)


def _backward(lib: Any, x: Any, w: Any, g: Any, *, layer: Layer) -> Any:
    y = _forward(lib, x, w, layer=layer)
    return lib.autograd.grad(y, (x, w), g)


def _jax_forward(jax: Any, x: Any, w: Any, *, layer: Layer) -> Any:
    pad = [(layer.padding, layer.padding)] * 2
    return jax.lax.conv_general_dilated(
        x, w, (layer.stride,) * 2, pad, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def _jax_backward(jax: Any, x: Any, w: Any, g: Any, *, layer: Layer) -> Any:
    _, pull = jax.vjp(lambda x, w: _jax_forward(jax, x, w, layer=layer), x, w)
    return pull(g)


def _to_jax(name: str, array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array.transpose((2, 3, 1, 0) if name == "w" else (0, 2, 3, 1)))


def _from_jax(number: int, array: np.ndarray) -> np.ndarray:
    return array.transpose((3, 2, 0, 1) if number == 1 else (0, 3, 1, 2))


def convolution(layer: Layer, gradient: bool) -> Workload:
    """The layer forward, or forward with both gradients."""
    torch, jax = (_backward, _jax_backward) if gradient else (_forward, _jax_forward)
    programs = function(
        partial(torch, layer=layer), partial(jax, layer=layer), jax_arrays=_to_jax,
        jax_result=_from_jax, images=True, gradients=("x", "w") if gradient else (),
    )  # fmt: skip
    return Workload(
        f"conv {layer.name}" + (" gradients" if gradient else ""),
        "convolution", partial(_data, layer=layer, gradient=gradient), programs,
        flops=layer.flops * (2 if gradient else 1), tolerance=1e-3, peak=True,
    )  # fmt: skip


WORKLOADS = tuple(convolution(layer, gradient) for layer in LAYERS for gradient in (False, True))

"""Two-dimensional convolutions: forward, the gradient to the images, that to the kernels.

Compiled Pentad and JAX are given images, and give results, in the order in which their networks
keep them: channels last. Torch is measured in both orders; eager Pentad has channels first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from bench.peers import Peer, Pentad, TorchLike
from bench.programs import function
from bench.workload import Data, Program, Workload


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
    def moved(self) -> float:
        """Bytes of the images, the kernels and the results."""
        kernels = self.kernel**2 * self.inputs * self.outputs
        images = self.batch * self.size**2 * self.inputs
        return 4.0 * (images + kernels + self.batch * self.places**2 * self.outputs)

    @property
    def flops(self) -> float:
        taps = self.kernel * self.kernel * self.inputs
        return 2.0 * self.batch * self.places**2 * self.outputs * taps


MNIST = (Layer("mnist 1->32", 64, 1, 32, 3, 28), Layer("mnist 32->64", 64, 32, 64, 3, 28))
STEM = Layer("7x7/2 3->64 @224", 16, 3, 64, 7, 224, 2)


def _resnet50() -> Iterator[Layer]:
    """The convolutions of ResNet-50 for 16 images of 224x224, each shape once (stride in 3x3)."""

    def layer(kernel: int, inputs: int, outputs: int, size: int, stride: int = 1) -> Layer:
        step = f"/{stride}" if stride > 1 else ""
        name = f"{kernel}x{kernel}{step} {inputs}->{outputs} @{size}"
        return Layer(name, 16, inputs, outputs, kernel, size, stride)

    yield STEM
    inputs, size = 64, 56
    for width in (64, 128, 256, 512):
        outputs, stride = 4 * width, 1 if width == 64 else 2
        yield layer(1, inputs, width, size)
        yield layer(3, width, width, size, stride)
        yield layer(1, inputs, outputs, size, stride)
        size //= stride
        if width > 64:  # the first block's is the same as its shortcut
            yield layer(1, width, outputs, size)
            yield layer(3, width, width, size)
        yield layer(1, outputs, width, size)
        inputs = outputs


LAYERS = (*MNIST, *_resnet50())


def _data(rng: np.random.Generator, layer: Layer, direction: str) -> Data:
    def draw(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    data = {
        "x": draw(layer.batch, layer.inputs, layer.size, layer.size),
        "w": draw(layer.outputs, layer.inputs, layer.kernel, layer.kernel),
        "g": draw(layer.batch, layer.outputs, layer.places, layer.places),
    }
    return {name: data[name] for name in DIRECTIONS[direction].operands}


def _forward(lib: Any, x: Any, w: Any, *, layer: Layer) -> Any:
    return lib.nn.functional.conv2d(x, w, stride=layer.stride, padding=layer.padding)


def _input_grad(lib: Any, w: Any, g: Any, *, layer: Layer) -> Any:
    shape = (layer.batch, layer.inputs, layer.size, layer.size)
    return lib.nn.grad.conv2d_input(shape, w, g, stride=layer.stride, padding=layer.padding)


def _kernel_grad(lib: Any, x: Any, g: Any, *, layer: Layer) -> Any:
    shape = (layer.outputs, layer.inputs, layer.kernel, layer.kernel)
    return lib.nn.grad.conv2d_weight(x, shape, g, stride=layer.stride, padding=layer.padding)


def _jax_forward(jax: Any, x: Any, w: Any, *, layer: Layer) -> Any:
    pad = [(layer.padding, layer.padding)] * 2
    return jax.lax.conv_general_dilated(
        x, w, (layer.stride,) * 2, pad, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def _jax_input_grad(jax: Any, w: Any, g: Any, *, layer: Layer) -> Any:
    like = jax.numpy.zeros((layer.batch, layer.size, layer.size, layer.inputs))
    return jax.vjp(lambda x: _jax_forward(jax, x, w, layer=layer), like)[1](g)[0]


def _jax_kernel_grad(jax: Any, x: Any, g: Any, *, layer: Layer) -> Any:
    like = jax.numpy.zeros((layer.kernel, layer.kernel, layer.inputs, layer.outputs))
    return jax.vjp(lambda w: _jax_forward(jax, x, w, layer=layer), like)[1](g)[0]


def _to_jax(name: str, array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array.transpose((2, 3, 1, 0) if name == "w" else (0, 2, 3, 1)))


def _pentad(peer: TorchLike, data: Data, *, direction: str, layer: Layer) -> Program:
    """The program of compiled Pentad: images with their channels last, in and out."""
    way, names = DIRECTIONS[direction], list(data)
    images = {name for name in names if name != "w"}
    tensors = [
        peer.tensor(_to_jax(name, array) if name in images else array)
        for name, array in data.items()
    ]

    def run(*given: Any) -> Any:
        seen = [t.movedim(-1, 1) if n in images else t for n, t in zip(names, given, strict=True)]
        result = way.torch(peer.lib, *seen, layer=layer)
        return result if direction == "kernel gradient" else result.movedim(1, -1)

    def read(result: Any) -> np.ndarray:
        return peer.read(result if direction == "kernel gradient" else result.movedim(-1, 1))

    return Program(partial(peer.compile(run), *tensors), read)


def _images_from_jax(_: int, array: np.ndarray) -> np.ndarray:
    return array.transpose(0, 3, 1, 2)


def _kernels_from_jax(_: int, array: np.ndarray) -> np.ndarray:
    return array.transpose(3, 2, 0, 1)


class Direction(NamedTuple):
    operands: str
    torch: Callable[..., Any]
    jax: Callable[..., Any]
    from_jax: Callable[[int, np.ndarray], np.ndarray]


DIRECTIONS = {
    "forward": Direction("xw", _forward, _jax_forward, _images_from_jax),
    "input gradient": Direction("wg", _input_grad, _jax_input_grad, _images_from_jax),
    "kernel gradient": Direction("xg", _kernel_grad, _jax_kernel_grad, _kernels_from_jax),
}


def convolution(layer: Layer, direction: str) -> Workload:
    """The layer in one direction.

    torch.compile is left out: of a lone convolution it makes a call of the library that torch
    eager calls.
    """
    way = DIRECTIONS[direction]
    programs = function(
        partial(way.torch, layer=layer), partial(way.jax, layer=layer), jax_arrays=_to_jax,
        jax_result=way.from_jax, images=True, torch_compile=False,
    )  # fmt: skip
    first = programs["torch"]

    def of_torch(peer: Peer, data: Data) -> Program | None:
        if isinstance(peer, Pentad) and peer.compiled:
            return _pentad(peer, data, direction=direction, layer=layer)
        return first(peer, data)

    programs["torch"] = of_torch
    return Workload(
        f"conv {layer.name} {direction}", f"convolution, {direction}",
        partial(_data, layer=layer, direction=direction), programs,
        flops=layer.flops, moved=layer.moved, tolerance=1e-3, peak=True,
    )  # fmt: skip


WORKLOADS = tuple(
    convolution(layer, direction) for direction in DIRECTIONS for layer in LAYERS
    if direction != "input gradient" or layer not in (STEM, MNIST[0])  # those read the data
)  # fmt: skip

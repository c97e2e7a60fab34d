"""Initial values of parameters: PyTorch's distributions, from our own stream.

Every function writes over its tensor, outside autograd, and returns it.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any

from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.tensor import methods
from pentad.tensor.functions import random
from pentad.tensor.functions.creation import tensor
from pentad.tensor.functions.random import Generator
from pentad.tensor.functions.ranges import eye as identity_matrix
from pentad.tensor.inplace import copy_into, fill_with
from pentad.tensor.state import no_grad
from pentad.tensor.tensor import Tensor

assert methods  # importing it gives tensors their methods

_GAINS = {
    "linear": 1.0, "conv1d": 1.0, "conv2d": 1.0, "conv3d": 1.0, "conv_transpose1d": 1.0,
    "conv_transpose2d": 1.0, "conv_transpose3d": 1.0, "sigmoid": 1.0, "tanh": 5 / 3,
    "relu": math.sqrt(2), "selu": 3 / 4,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much the values before a nonlinearity should be scaled; param: a leaky slope."""
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in _GAINS:
        raise ArgumentError(
            message("calculate_gain: unknown nonlinearity",
                    expected=", ".join([*_GAINS, "leaky_relu"]), got=repr(nonlinearity))
        )
    return _GAINS[nonlinearity]


def fans(t: Tensor) -> tuple[int, int]:
    """(inputs, outputs) that meet in one unit of a weight [out, in, window...]."""
    if t.ndim < 2:
        raise ShapeError(
            message("fan in and fan out need a weight", expected="two dimensions or more",
                    got=str(list(t.shape)))
        )
    window = math.prod(t.shape[2:])
    return t.shape[1] * window, t.shape[0] * window


@no_grad()
def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Uniform in [a, b)."""
    return random.uniform_(tensor, a, b, generator=generator)


@no_grad()
def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Normal with a mean and a standard deviation."""
    return random.normal_(tensor, mean, std, generator=generator)


@no_grad()
def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Normal, but never outside [a, b]: uniform draws through the inverse distribution."""
    low, high = (0.5 * (1 + math.erf((x - mean) / std / math.sqrt(2))) for x in (a, b))
    drawn = random.uniform_(tensor, 2 * low - 1, 2 * high - 1, generator=generator)
    value = _inverse_erf(drawn.double()) * (std * math.sqrt(2)) + mean  # type: ignore[attr-defined]
    return copy_into(tensor, value.clamp(a, b))


def _inverse_erf(y: Any) -> Any:
    """By Winitzki's approximation and three steps of Newton's method."""
    y = y.clamp(-1 + 1e-15, 1 - 1e-15)
    logarithm = (1 - y * y).log()
    first = 2 / (math.pi * 0.147) + logarithm / 2
    x = y.sign() * ((first * first - logarithm / 0.147).sqrt() - first).sqrt()
    for _ in range(3):
        x = x - (x.erf() - y) * (x * x).exp() * (math.sqrt(math.pi) / 2)
    return x


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """`val` everywhere."""
    return fill_with(tensor, val)


def ones_(tensor: Tensor) -> Tensor:
    """1 everywhere."""
    return constant_(tensor, 1)  # type: ignore[no-any-return]


def zeros_(tensor: Tensor) -> Tensor:
    """0 everywhere."""
    return constant_(tensor, 0)  # type: ignore[no-any-return]


@no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix."""
    return copy_into(tensor, identity_matrix(*tensor.shape, dtype=tensor.dtype))


@no_grad()
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """The convolution that passes its channels through: [out, in, window...]."""
    out, window = tensor.shape[0] // groups, tensor.shape[2:]
    if tensor.shape[0] % groups or tensor.ndim < 3:
        raise ShapeError(message("dirac_", expected="[groups * n, in, window...]",
                                 got=str(list(tensor.shape))))
    fill_with(tensor, 0)
    centre = tuple(k // 2 for k in window)
    for g in range(groups):
        for i in range(min(out, tensor.shape[1])):
            tensor[(g * out + i, i, *centre)] = 1  # type: ignore[index]
    return tensor


@no_grad()
def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Uniform with variance gain^2 * 2 / (fan in + fan out) (Glorot and Bengio, 2010)."""
    bound = gain * math.sqrt(6 / sum(fans(tensor)))
    return random.uniform_(tensor, -bound, bound, generator=generator)


@no_grad()
def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Normal with variance gain^2 * 2 / (fan in + fan out) (Glorot and Bengio, 2010)."""
    std = gain * math.sqrt(2 / sum(fans(tensor)))
    return random.normal_(tensor, 0.0, std, generator=generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ArgumentError(
            message("kaiming: unknown mode", expected='"fan_in" or "fan_out"', got=repr(mode))
        )
    fan = fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


@no_grad()
def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Uniform with variance gain^2 / fan (He et al., 2015)."""
    if tensor.numel() == 0:
        return tensor
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return random.uniform_(tensor, -bound, bound, generator=generator)


@no_grad()
def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Normal with variance gain^2 / fan (He et al., 2015)."""
    if tensor.numel() == 0:
        return tensor
    std = _kaiming_std(tensor, a, mode, nonlinearity)
    return random.normal_(tensor, 0.0, std, generator=generator)


@no_grad()
def sparse_(
    tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None
) -> Tensor:
    """Normal, but for a share `sparsity` of zeros in each column of a matrix (Martens, 2010)."""
    if tensor.ndim != 2:
        raise ShapeError(message("sparse_", expected="a matrix", got=str(list(tensor.shape))))
    if not 0 <= sparsity <= 1:
        raise ArgumentError(message("sparse_: sparsity", expected="0..1", got=str(sparsity)))
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    random.normal_(tensor, 0.0, std, generator=generator)
    order = random.rand(rows, columns, generator=generator).argsort(0).argsort(0)
    return copy_into(tensor, tensor * (order >= zeros).to(tensor.dtype))  # type: ignore[operator]


@no_grad()
def orthogonal_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """A (semi-)orthogonal matrix times gain; further dimensions count as columns."""
    import numpy as np

    if tensor.ndim < 2:
        raise ShapeError(message("orthogonal_", expected="two dimensions or more",
                                 got=str(list(tensor.shape))))
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    drawn = random.randn(rows, columns, generator=generator).double().numpy()
    q, r = np.linalg.qr(drawn.T if rows < columns else drawn)
    q = q * np.sign(np.diag(r))
    return copy_into(tensor, _tensor((q.T if rows < columns else q).reshape(tensor.shape) * gain))


_tensor = tensor  # the functions above call their argument so, as PyTorch's do


# -- older names -----------------------------------------------------------------------------------


def _older(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A function under its name without the underscore, which PyTorch has given up."""
    name = function.__name__
    old = name.rstrip("_")

    @functools.wraps(function)
    def deprecated(*args: Any, **kwargs: Any) -> Tensor:
        warnings.warn(f"nn.init.{old} is deprecated: use nn.init.{name}", FutureWarning,
                      stacklevel=2)
        return function(*args, **kwargs)

    deprecated.__name__ = deprecated.__qualname__ = old
    deprecated.__doc__ = f"The older name of {name}, with a FutureWarning."
    return deprecated


uniform, normal, constant = _older(uniform_), _older(normal_), _older(constant_)
eye, dirac, sparse, orthogonal = _older(eye_), _older(dirac_), _older(sparse_), _older(orthogonal_)
xavier_uniform, xavier_normal = _older(xavier_uniform_), _older(xavier_normal_)
kaiming_uniform, kaiming_normal = _older(kaiming_uniform_), _older(kaiming_normal_)

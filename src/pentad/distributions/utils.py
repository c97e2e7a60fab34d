"""What distributions share: parameters as tensors, random numbers, small functions of tensors."""

from __future__ import annotations

import math
from typing import Any

import pentad.tensor.methods  # noqa: F401  (gives tensors their methods)
from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ShapeError, message
from pentad.graph.node import Node
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.creation import full
from pentad.tensor.functions.random import rand, randn
from pentad.tensor.functions.shaping import broadcast_tensors
from pentad.tensor.promotion import broadcast_shapes
from pentad.tensor.state import get_default_dtype
from pentad.tensor.tensor import Tensor

EULER = 0.57721566490153286061


def broadcast_all(*values: Any) -> list[Any]:
    """Tensors and numbers as tensors of one shape; numbers take the tensors' dtype."""
    like = next((v for v in values if isinstance(v, Tensor)), None)
    dtype = get_default_dtype() if like is None else like.dtype
    dtype = dtype if dtype.is_inexact else get_default_dtype()
    made = [v if isinstance(v, Tensor) else full((), float(v), dtype=dtype) for v in values]
    return list(broadcast_tensors(*made))


def size(shape: Any) -> tuple[int, ...]:
    """A sample shape as a tuple."""
    if isinstance(shape, int):
        raise ShapeError(message("sample: shape", expected="a tuple of sizes", got=repr(shape)))
    return tuple(shape)


def common(*shapes: Any) -> tuple[Any, ...]:
    """The common shape of broadcasting."""
    return broadcast_shapes("distributions", [tuple(s) for s in shapes])


def diagonal(x: Any) -> Any:
    """The diagonals of square matrices [*, n, n]: [*, n]."""
    from pentad.tensor.functions.ranges import eye

    return (x * eye(x.shape[-1], dtype=x.dtype)).sum(-1)


def as_matrices(x: Any) -> Any:
    """Diagonal matrices [*, n, n] of [*, n]."""
    from pentad.tensor.functions.ranges import eye

    return x.unsqueeze(-1) * eye(x.shape[-1], dtype=x.dtype)


def tiny(dtype: dtypes.DType) -> float:
    """The smallest normal number of a dtype."""
    return {dtypes.float64: 2.0**-1022, dtypes.float16: 2.0**-14}.get(dtype, 2.0**-126)


def eps(dtype: dtypes.DType) -> float:
    """The distance from 1 to the next number."""
    return {dtypes.float64: 2.0**-52, dtypes.float16: 2.0**-10, dtypes.bfloat16: 2.0**-7}.get(
        dtype, 2.0**-23
    )


def uniform_open(shape: Any, dtype: Any) -> Any:
    """Uniform numbers in (0, 1): logarithms of them and of what they lack to 1 are finite."""
    return rand(shape, dtype=dtype).clamp(min=tiny(dtype), max=1 - eps(dtype) / 2)


def standard_normal(shape: Any, dtype: Any) -> Any:
    """Standard normal numbers."""
    return randn(shape, dtype=dtype)


def clamp_probs(p: Any) -> Any:
    """Probabilities kept off 0 and 1."""
    return p.clamp(min=eps(p.dtype), max=1 - eps(p.dtype))


def probs_to_logits(p: Any, is_binary: bool = False) -> Any:
    """log(p), or log(p / (1 - p))."""
    p = clamp_probs(p)
    return p.log() - (-p).log1p() if is_binary else p.log()


def logits_to_probs(logits: Any, is_binary: bool = False) -> Any:
    """The inverse of `probs_to_logits`."""
    return logits.sigmoid() if is_binary else logits.softmax(-1)


LOG_2PI = math.log(2 * math.pi)


@surface
def softplus(x: Node) -> Node:
    """log(1 + exp(x)), smooth at 0."""
    return ops.softplus(x)


@surface
def log_sigmoid(x: Node) -> Node:
    """-log(1 + exp(-x)), smooth at 0."""
    return ops.log_sigmoid(x)


def sum_rightmost(value: Any, dims: int) -> Any:
    """The sum over the last `dims` dimensions."""
    plain = dims <= 0 or isinstance(value, (int, float))
    return value if plain else value.sum(tuple(range(-dims, 0)))


def matrix_trace(x: Any) -> Any:
    """The sum of the diagonals of square matrices [*, n, n]: [*]."""
    return diagonal(x).sum(-1)

"""Tensors filled with random numbers of further distributions, and draws without order.

Inverse distribution functions on uniform numbers in [0, 1), which come from the counter (see
random.py); the number that a logarithm must not see is moved by half a step.
"""

from __future__ import annotations

import math
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.tensor.convert import values_of
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.random import Generator, default_generator
from pentad.tensor.state import state
from pentad.tensor.tensor import Tensor


def _open(key: Node, offset: Node, x: Node) -> Node:
    """Uniform numbers in (0, 1), in float64 (halfway between the steps of the generator)."""
    bits = ops.random_bits(key, offset, x.shape)
    return ops.uniform_from_bits(bits, dtype=dtypes.float64) + 2.0**-54


@surface
def _exponential(x: Node, key: Node, offset: Node, lambd: float) -> Node:
    return ops.cast(ops.neg(ops.log(_open(key, offset, x))) * (1 / lambd), x.dtype)


@surface
def _cauchy(x: Node, key: Node, offset: Node, median: float, sigma: float) -> Node:
    angle = (_open(key, offset, x) - 0.5) * math.pi
    return ops.cast(ops.tan(angle) * sigma + median, x.dtype)


@surface
def _geometric(x: Node, key: Node, offset: Node, p: float) -> Node:
    trials = ops.log(_open(key, offset, x)) * (1 / math.log1p(-p)) if p < 1 else None
    found = ops.full(1.0, x.shape, dtypes.float64) if trials is None else ops.ceil(trials)
    return ops.cast(found, x.dtype)


@surface
def _log_normal(x: Node, key: Node, offset: Node, mean: float, std: float) -> Node:
    bits = ops.random_bits(key, offset, x.shape)
    drawn = ops.normal_from_bits(bits, dtype=dtypes.float64)
    return ops.cast(ops.exp(drawn * std + mean), x.dtype)


@surface
def _whole(x: Node, key: Node, offset: Node, low: int, count: int) -> Node:
    bits = ops.random_bits(key, offset, x.shape)
    if count < 1 << 64:
        bits = ops.remainder(bits, ops.full_like(count, bits))
    value = ops.bitcast(bits, dtypes.int64)
    value = value + ops.full_like(low, value)
    return ops.cast(value, x.dtype)


for _function, _name in ((_exponential, "exponential"), (_cauchy, "cauchy"),
                         (_geometric, "geometric"), (_log_normal, "log_normal"),
                         (_whole, "random")):
    _function.surface.name = _name


def _filled(distribution: Any, input: Tensor, generator: Generator | None, *rest: Any) -> Tensor:
    key, offset = (generator or default_generator).draw(input.numel())
    return distribution.inplace(input, key, offset, *rest)  # type: ignore[no-any-return]


def _require(name: str, good: bool, expected: str, got: Any) -> None:
    if not good:
        raise ArgumentError(message(f"{name}: out of its domain", expected=expected, got=str(got)))


def _require_float(name: str, input: Tensor) -> None:
    if not input.dtype.is_floating_point:
        raise DTypeError(message(f"{name}: dtype", expected="a float type", got=input.dtype.name))


def exponential_(
    input: Tensor, lambd: float = 1, *, generator: Generator | None = None
) -> Tensor:
    """Overwrite with exponentially distributed numbers of rate `lambd` > 0."""
    _require_float("exponential_", input)
    _require("exponential_", lambd > 0, "lambd > 0", lambd)
    return _filled(_exponential, input, generator, float(lambd))


def cauchy_(
    input: Tensor, median: float = 0, sigma: float = 1, *, generator: Generator | None = None
) -> Tensor:
    """Overwrite with numbers of the Cauchy distribution of scale `sigma` > 0."""
    _require_float("cauchy_", input)
    _require("cauchy_", sigma > 0, "sigma > 0", sigma)
    return _filled(_cauchy, input, generator, float(median), float(sigma))


def geometric_(input: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Overwrite with the number of trials up to the first success, of probability 0 < p < 1."""
    _require("geometric_", 0 < p < 1, "0 < p < 1", p)
    return _filled(_geometric, input, generator, float(p))


def log_normal_(
    input: Tensor, mean: float = 1, std: float = 2, *, generator: Generator | None = None
) -> Tensor:
    """Overwrite with numbers whose logarithm is normal, of `mean` and `std` > 0."""
    _require_float("log_normal_", input)
    _require("log_normal_", std > 0, "std > 0", std)
    return _filled(_log_normal, input, generator, float(mean), float(std))


_DIGITS = {dtypes.float16: 11, dtypes.bfloat16: 8, dtypes.float32: 24, dtypes.float64: 53}


def _top(dtype: DType) -> int:
    """The largest whole number up to which the dtype has them all."""
    if dtype in _DIGITS:
        return 1 << _DIGITS[dtype]
    return 1 if dtype is dtypes.bool_ else (1 << (dtype.bits - dtype.is_signed)) - 1


def random_(
    input: Tensor, from_: int = 0, to: int | None = None, *, generator: Generator | None = None
) -> Tensor:
    """Overwrite with whole numbers from <= n < to: random_(to), random_(from, to).

    Without bounds, of all numbers from 0 that the dtype holds exactly.
    """
    if to is None and from_ != 0:
        from_, to = 0, from_
    if to is None:
        to = _top(input.dtype) + 1
    _require("random_", from_ < to, "from < to", f"{from_}, {to}")
    return _filled(_whole, input, generator, int(from_), int(to) - int(from_))


# -- draws -----------------------------------------------------------------------------------------


@surface
def _without_replacement(x: Node, key: Node, offset: Node, count: int) -> Node:
    """The places of the largest p / e, e exponential (Efraimidis and Spirakis, 2006)."""
    wide = ops.cast(x, dtypes.float64)
    keys = ops.div(wide, ops.neg(ops.log(_open(key, offset, x))))
    order = ops.argsort(keys, x.ndim - 1, True)
    return ops.slice_(order, [0] * x.ndim, (*x.shape[:-1], count))


@surface
def _with_replacement(x: Node, key: Node, offset: Node, count: int) -> Node:
    from pentad.tensor.functions.counting import search

    last = x.ndim - 1
    n = x.shape[-1]
    ends = ops.cumsum(ops.cast(x, dtypes.float64), last)
    shape = (*x.shape[:-1], count)
    start = [0] * last + [n - 1]
    total = ops.broadcast(ops.slice_(ends, start, x.shape), shape)
    uniform = ops.uniform_from_bits(ops.random_bits(key, offset, shape), dtype=dtypes.float64)
    drawn = search(ends, uniform * total, True)
    return ops.minimum(drawn, ops.full_like(n - 1, drawn))


_without_replacement.surface.name = _with_replacement.surface.name = "multinomial"


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *,
    generator: Generator | None = None,
) -> Any:
    """`num_samples` positions drawn with the (unnormalised) probabilities of each row.

    ArgumentError for negative, infinite or NaN probabilities, rows of zeros, or too few
    positions to draw without replacement (checked when not traced).
    """
    _require_float("multinomial", input)
    if input.ndim not in (1, 2) or num_samples <= 0:
        raise ShapeError(
            message("multinomial: arguments", expected="1 or 2 dimensions, num_samples > 0",
                    got=f"{list(input.shape)}, {num_samples}")
        )
    x = input.detach()  # type: ignore[attr-defined]
    _require("multinomial", replacement or num_samples <= x.shape[-1],
             f"num_samples <= {x.shape[-1]} without replacement", num_samples)
    if state.trace is None:
        array = values_of(x).astype("float64")
        good = bool((array >= 0).all()) and math.isfinite(array.sum())
        some = good and bool((array.sum(-1) > 0).all())
        enough = replacement or bool(((array > 0).sum(-1) >= num_samples).all())
        _require("multinomial", some and enough,
                 "finite probabilities >= 0, enough of them > 0 in each row", "others")
    form = _with_replacement if replacement else _without_replacement
    rows = x.shape[0] if x.ndim == 2 else 1
    drawn = rows * num_samples if replacement else x.numel()
    key, offset = (generator or default_generator).draw(drawn)
    return form(x, key, offset, num_samples)

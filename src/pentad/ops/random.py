"""Counter-based random numbers: a value depends on key and counter alone (Philox4x32-10).

Source: Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3 (SC 2011).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.op import Sample
from pentad.graph.sizes import Size, product
from pentad.ops.arithmetic import log
from pentad.ops.batching import same
from pentad.ops.broadcast import broadcast
from pentad.ops.comparison import bitwise_and, lt, shift_right
from pentad.ops.conversion import cast
from pentad.ops.define import composite, elementwise, require_dtype
from pentad.ops.sources import full, full_like, iota
from pentad.ops.transcendental import cos, sqrt
from pentad.ops.views import reshape

U64 = dtypes.uint64
ROUNDS = 10
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
WORD = 0xFFFFFFFF

# -- philox ------------------------------------------------------------------------------------


def philox4x32(k: Any, counter: Sequence[Any], key: Sequence[Any]) -> list[Any]:
    """The four 32-bit words of Philox4x32-10, written against the builder protocol `k`.

    The four words of `counter` and the two of `key` are uint64 lanes below 2**32: a product of
    two such words fits one lane, so that its high half needs no special instruction.
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    word, half = k.const(WORD, U64), k.const(32, U64)
    for step in range(ROUNDS):
        if step:
            k0 = k.bit_and(k.add(k0, k.const(WEYL[0], U64)), word)
            k1 = k.bit_and(k.add(k1, k.const(WEYL[1], U64)), word)
        p = k.mul(c0, k.const(MULTIPLIERS[0], U64))
        q = k.mul(c2, k.const(MULTIPLIERS[1], U64))
        c0, c1, c2, c3 = (
            k.bit_xor(k.bit_xor(k.shr(q, half), c1), k0),
            k.bit_and(q, word),
            k.bit_xor(k.bit_xor(k.shr(p, half), c3), k1),
            k.bit_and(p, word),
        )
    return [c0, c1, c2, c3]


class NumPyWords:
    """The part of the builder protocol that `philox4x32` uses, on NumPy arrays of uint64."""

    add, mul = staticmethod(np.add), staticmethod(np.multiply)
    bit_and, bit_xor = staticmethod(np.bitwise_and), staticmethod(np.bitwise_xor)
    shr = staticmethod(np.right_shift)

    @staticmethod
    def const(value: int, dtype: DType) -> Any:
        return dtype.numpy.type(value)


def _philox(k: Any, counter: Any, key: Any) -> Any:
    """Words 0 and 1 for the counter words (low, high, 0, 0), as the low and high half."""
    word, half, zero = k.const(WORD, U64), k.const(32, U64), k.const(0, U64)
    words = (k.bit_and(counter, word), k.shr(counter, half), zero, zero)
    low, high, *_ = philox4x32(k, words, (k.bit_and(key, word), k.shr(key, half)))
    # The halves do not overlap, so that their sum is their union.
    return k.add(k.mul(high, k.const(1 << 32, U64)), low)


philox = elementwise(
    "philox",
    "64 random bits for a counter (first operand) and a key: words 0 and 1 of Philox4x32-10.",
    arity=2,
    allowed=(U64,),
    reference=lambda counter, key: _philox(NumPyWords, counter, key),
    lower=_philox,
    nondifferentiable="random bits have no gradient",
    ranges=((0, 1 << 62), (0, 1 << 62)),
)


def random_bits(key: Node, offset: Node, shape: Sequence[Size]) -> Node:
    """64 random bits for each element: counter `offset` + row-major position.

    key, offset: 0-d uint64. Raises ShapeError if they are not 0-d.
    """
    if key.ndim or offset.ndim:
        raise ShapeError(
            message(
                "random_bits: key and offset are single numbers",
                expected="shapes [] and []",
                got=f"{list(key.shape)} and {list(offset.shape)}",
            )
        )
    n = product(tuple(shape))
    counter = iota((n,), 0, U64) + broadcast(offset, (n,))
    return reshape(philox(counter, broadcast(key, (n,))), shape)


# -- bits to numbers ---------------------------------------------------------------------------

_PRECISION = {dtypes.float16: 11, dtypes.bfloat16: 8, dtypes.float32: 24, dtypes.float64: 53}


def _shifted(bits: Node, by: int) -> Node:
    return shift_right(bits, full_like(by, bits))


def _uniform(bits: Node, *, dtype: DType) -> Node:
    require_dtype("uniform_from_bits", bits.type.dtype, (U64,))
    require_dtype("uniform_from_bits", dtype, dtypes.FLOATS)
    digits = _PRECISION[dtype]
    wide = dtype if dtype is dtypes.float64 else dtypes.float32
    return cast(cast(_shifted(bits, 64 - digits), wide) * 2.0**-digits, dtype)


def _normal(bits: Node, *, dtype: DType) -> Node:
    require_dtype("normal_from_bits", bits.type.dtype, (U64,))
    require_dtype("normal_from_bits", dtype, dtypes.FLOATS)
    wide = dtype if dtype is dtypes.float64 else dtypes.float32
    low = bitwise_and(bits, full_like(WORD, bits))
    # 2**-32 to 1: the logarithm needs a positive number.
    radius = sqrt(log((cast(low, wide) + 1) * 2.0**-32) * -2)
    angle = cast(_shifted(bits, 40), wide) * (2.0**-24 * 2 * math.pi)
    return cast(radius * cos(angle), dtype)


def _bernoulli(bits: Node, *, probability: float) -> Node:
    if not 0 <= probability <= 1:
        raise ArgumentError(
            message(
                "bernoulli: not a probability",
                expected="0 <= probability <= 1",
                got=str(probability),
            )
        )
    uniform = _uniform(bits, dtype=dtypes.float32)
    return lt(uniform, full_like(probability, uniform))


def _samples(**attrs: Any) -> Iterable[Sample]:
    for shape in ((), (0,), (17,), (3, 5)):
        yield Sample(((shape, U64),), attrs, ranges=((0, 1 << 62),))


uniform_from_bits = composite(
    "uniform_from_bits",
    "Uniform floats in [0, 1) from 64 random bits: the top bits, as many as the dtype has digits.",
    decompose=_uniform,
    batch=same,
    nondifferentiable="random bits have no gradient",
    samples=lambda: [s for d in dtypes.FLOATS for s in _samples(dtype=d)],
)

normal_from_bits = composite(
    "normal_from_bits",
    "Standard normal floats from 64 random bits by Box and Muller: the low 32 bits give the "
    "radius (at most 6.66), the top 24 the angle.",
    decompose=_normal,
    batch=same,
    nondifferentiable="random bits have no gradient",
    samples=lambda: [s for d in dtypes.FLOATS for s in _samples(dtype=d)],
)

bernoulli = composite(
    "bernoulli",
    "True with a probability, from 64 random bits.",
    decompose=_bernoulli,
    batch=same,
    nondifferentiable="the result is bool",
    samples=lambda: [s for p in (0.0, 0.3, 1.0) for s in _samples(probability=p)],
    errors=lambda: [
        Sample((((2,), U64),), {"probability": p}, ArgumentError, "not a probability")
        for p in (-0.1, 1.5, math.nan)
    ],
)


def dropout_mask(bits: Node, rate: float, dtype: DType) -> Node:
    """What dropout multiplies with: 0 with probability `rate`, else 1 / (1 - rate)."""
    kept = cast(bernoulli(bits, probability=1 - rate), dtype)
    return kept * (1 / (1 - rate)) if rate < 1 else full(0, bits.shape, dtype)

"""Families of ops for random graphs: each function draws operands and applies one op, or gives up.

A family returns None where the pool holds nothing it could use, and lets an op's own refusal of a
dtype or a shape pass through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Node
from tests.fuzz.control import branch, repeat
from tests.fuzz.records import record, smooth_record
from tests.fuzz.structured import (
    concatenate,
    convolve,
    gather,
    pad,
    product,
    ranked,
    scatter,
    some_axes,
    wide,
    window,
)

if TYPE_CHECKING:
    from tests.fuzz.generate import Builder

Family = Callable[["Builder"], "Node | None"]

UNARY = [
    "neg",
    "abs",
    "sign",
    "sin",
    "cos",
    "tanh",
    "sigmoid",
    "erf",
    "atan",
    "floor",
    "ceil",
    "round",
    "trunc",
    "isnan",
    "isinf",
    "isfinite",
    "relu",
    "relu6",
    "hardtanh",
    "hardsigmoid",
    "hardswish",
    "elu",
    "softplus",
    "log_sigmoid",
    "silu",
    "mish",
    "softsign",
    "tanhshrink",
    "gelu",
    "square",
    "leaky_relu",
    "selu",
    "tan",
    "asinh",
    "reciprocal",
    "logical_not",
    "bitwise_not",
    "stop_gradient",
    "softshrink",
    "hardshrink",
]
POSITIVE = ["log", "log2", "sqrt", "rsqrt", "log1p", "reciprocal"]
BOUNDED = ["exp", "exp2", "expm1", "sinh", "cosh", "erfc", "asin", "acos", "atanh"]
SMOOTH = [
    "neg",
    "sin",
    "cos",
    "tanh",
    "sigmoid",
    "erf",
    "atan",
    "softplus",
    "log_sigmoid",
    "silu",
    "mish",
    "gelu",
    "square",
    "softsign",
    "elu",
    "abs",
    "relu",
    "hardtanh",
    "leaky_relu",
    "asinh",
]
BINARY = [
    "add",
    "sub",
    "mul",
    "add",
    "sub",
    "mul",
    "div",
    "maximum",
    "minimum",
    "atan2",
    "floor_divide",
    "remainder",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "logical_and",
    "logical_or",
    "logical_xor",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "shift_left",
    "shift_right",
    "logaddexp",
]
REDUCTIONS = [
    "reduce_sum",
    "reduce_sum",
    "reduce_max",
    "reduce_min",
    "reduce_prod",
    "reduce_and",
    "reduce_or",
    "mean",
    "var",
    "logsumexp",
]


def _float(n: Node) -> bool:
    return n.dtype.is_floating_point


def unary(b: Builder) -> Node | None:
    x = b.pick()
    return None if x is None else getattr(ops, b.choice(UNARY))(x)


def smooth(b: Builder) -> Node | None:
    x = b.pick(_float)
    return None if x is None else getattr(ops, b.choice(SMOOTH))(x)


def guarded(b: Builder) -> Node | None:
    """Functions whose domain, or whose range, is not all numbers: on operands made to fit."""
    x = b.pick(_float)
    if x is None:
        return None
    if b.chance(0.5):
        return getattr(ops, b.choice(POSITIVE))(ops.add(ops.abs(x), ops.full_like(0.5, x)))
    return getattr(ops, b.choice(BOUNDED))(ops.clamp(x, -0.9, 0.9))


COMPLEX = [
    *("neg", "conj", "exp", "log", "sqrt", "sin", "cos", "tanh", "sinh", "sign", "square"),
    *("reciprocal", "abs", "real", "imag", "isnan", "copy", "tan", "rsqrt"),
]


def complex_numbers(b: Builder) -> Node | None:
    """Made of two floats, or what functions make of them."""
    z = b.pick(lambda n: n.dtype.is_complex)
    if z is None or b.chance(0.3):
        x = b.pick(wide)
        return None if x is None else ops.complex_(x, b.like(x))
    choice = int(b.rng.integers(4))
    if choice == 0:
        return getattr(ops, b.choice(("add", "sub", "mul", "mul", "div", "eq")))(z, b.like(z))
    if choice == 1 and z.ndim:
        return getattr(ops, b.choice(("reduce_sum", "mean", "reduce_prod")))(z, some_axes(b, z))
    return getattr(ops, b.choice(COMPLEX))(z)


def power(b: Builder) -> Node | None:
    x = b.pick(_float)
    if x is None:
        return None
    if b.chance(0.5):
        return ops.integer_pow(x, int(b.rng.integers(-2, 5)))
    return ops.pow(ops.add(ops.abs(x), ops.full_like(0.5, x)), ops.tanh(b.like(x)))


def binary(b: Builder) -> Node | None:
    x = b.pick()
    if x is None:
        return None
    return getattr(ops, b.choice(BINARY))(x, b.like(x))


def arithmetic(b: Builder) -> Node | None:
    x = b.pick(_float)
    if x is None:
        return None
    y = b.like(x)
    if b.chance(0.2):
        return ops.div(x, ops.add(ops.abs(y), ops.full_like(0.5, y)))
    return getattr(ops, b.choice(("add", "sub", "mul", "maximum", "minimum")))(x, y)


def select(b: Builder) -> Node | None:
    x = b.pick()
    if x is None:
        return None
    y = b.like(x)
    condition = ops.lt(x, y) if b.chance(0.5) else b.like(x, dtypes.bool_)
    return ops.where(condition, x, y)


def cast(b: Builder) -> Node | None:
    x = b.pick()
    return None if x is None else ops.cast(x, b.choice(dtypes.ALL))  # type: ignore[arg-type]


def widen(b: Builder) -> Node | None:
    x = b.pick(wide)
    return None if x is None else ops.cast(x, b.choice((dtypes.float32, dtypes.float64)))


def reduce(b: Builder) -> Node | None:
    x = b.pick(ranked)
    if x is None:
        return None
    return getattr(ops, b.choice(REDUCTIONS))(x, some_axes(b, x))


def reduce_smooth(b: Builder) -> Node | None:
    x = b.pick(lambda n: ranked(n) and _float(n))
    if x is None:
        return None
    return getattr(ops, b.choice(("reduce_sum", "mean", "reduce_max", "logsumexp")))(
        x, some_axes(b, x)
    )


def arg(b: Builder) -> Node | None:
    x = b.pick(ranked)
    if x is None:
        return None
    return getattr(ops, b.choice(("argmax", "argmin")))(x, int(b.rng.integers(x.ndim)))


def keep(b: Builder) -> Node | None:
    """A reduction brought back to its operand's shape: the second stage of a kernel."""
    x = b.pick(lambda n: ranked(n) and _float(n))
    if x is None:
        return None
    axes = some_axes(b, x)
    kept = [a for a in range(x.ndim) if a not in axes]
    total = getattr(ops, b.choice(("reduce_sum", "reduce_max", "mean")))(x, axes)
    return ops.sub(x, ops.broadcast(total, x.shape, kept))


def normalise(b: Builder) -> Node | None:
    x = b.pick(lambda n: ranked(n) and _float(n))
    if x is None:
        return None
    axis = int(b.rng.integers(x.ndim))
    choice = int(b.rng.integers(6))
    if choice == 0:
        return ops.softmax(x, axis=axis)
    if choice == 1:
        return ops.log_softmax(x, axis=axis)
    if choice == 2:
        weight = b.like(x, shape=x.shape[-1:]) if b.chance(0.5) else None
        return ops.layer_norm(x, weight, weight, [x.ndim - 1])
    if choice == 3:
        return ops.rms_norm(x, None, [x.ndim - 1])
    if choice == 4 and x.ndim > 1:
        return ops.batch_norm(x, None, None)[int(b.rng.integers(3))]
    return ops.mul(x, ops.softmax(x, axis=axis))


def loss(b: Builder) -> Node | None:
    x = b.pick(lambda n: ranked(n) and _float(n) and n.shape[-1] > 0)
    if x is None:
        return None
    if b.chance(0.3):
        return ops.binary_cross_entropy_with_logits(x, ops.sigmoid(b.like(x)))
    labels = b.input(x.shape[:-1], dtypes.int64, f"class{x.shape[-1]}")
    return ops.cross_entropy(x, labels, axis=x.ndim - 1, label_smoothing=b.choice((0.0, 0.1)))


def _split(b: Builder, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Another shape of as many elements."""
    total = 1
    for n in shape:
        total *= n
    if total == 0:
        return shape[::-1]
    sizes = []
    for p in (2, 3, 2, 5, 2):
        if total % p == 0 and b.chance(0.4):
            sizes.append(p)
            total //= p
    sizes.insert(int(b.rng.integers(len(sizes) + 1)), total)
    if b.chance(0.3):
        sizes.insert(int(b.rng.integers(len(sizes) + 1)), 1)
    return tuple(sizes)


def view(b: Builder) -> Node | None:
    x = b.pick()
    if x is None:
        return None
    choice = int(b.rng.integers(5))
    if choice == 0:
        return ops.reshape(x, _split(b, x.shape))  # type: ignore[arg-type]
    if choice == 1:
        return ops.transpose(x, [int(a) for a in b.rng.permutation(x.ndim)])
    if choice == 2 and x.ndim:
        return ops.reverse(x, some_axes(b, x))
    if choice == 3 and x.ndim < 4:
        at = int(b.rng.integers(x.ndim + 1))
        shape = (*x.shape[:at], int(b.choice((1, 2, 3, 8))), *x.shape[at:])
        return ops.broadcast(x, shape, [i for i in range(x.ndim + 1) if i != at])
    start = [int(b.rng.integers(n)) if n and b.chance(0.6) else 0 for n in x.shape]
    limit = [
        int(b.rng.integers(s, n + 1)) if b.chance(0.4) else n
        for s, n in zip(start, x.shape, strict=True)
    ]
    return ops.slice_(x, start, limit, [int(b.rng.integers(1, 4)) for _ in x.shape])


def source(b: Builder) -> Node | None:
    x = b.pick(ranked)
    if x is None:
        return None
    dtype = x.dtype if x.dtype is not dtypes.bool_ else dtypes.int32
    made = ops.iota(x.shape, int(b.rng.integers(x.ndim)), dtype)
    return ops.mul(made, ops.full_like(2, made)) if b.chance(0.5) else made


def host(b: Builder) -> Node | None:
    x = b.pick(ranked)
    if x is None:
        return None
    axis = int(b.rng.integers(x.ndim))
    if b.chance(0.4):
        return ops.cumsum(x, axis)
    return getattr(ops, b.choice(("sort", "argsort")))(x, axis)


def random_bits(b: Builder) -> Node | None:
    shape = b.shape(2)
    key = b.input((), dtypes.uint64)
    bits = ops.random_bits(key, ops.full(3, (), dtypes.uint64), shape)
    if b.chance(0.5):
        return ops.bernoulli(bits, probability=0.3)
    dtype = b.choice((dtypes.float32, dtypes.float64))
    make = b.choice((ops.uniform_from_bits, ops.normal_from_bits))
    return make(bits, dtype=dtype)  # type: ignore[operator]


ALL: tuple[tuple[Family, float], ...] = (
    (unary, 12), (guarded, 4), (power, 2), (binary, 12), (arithmetic, 4), (select, 4), (cast, 4),
    (reduce, 8), (arg, 2), (keep, 4), (normalise, 4), (loss, 2), (view, 14), (pad, 3),
    (concatenate, 3), (product, 6), (gather, 4), (scatter, 3), (window, 3), (source, 2),
    (host, 1), (complex_numbers, 4), (random_bits, 1), (convolve, 1), (record, 24),
    (repeat, 3), (branch, 2),
)  # fmt: skip
DIFFERENTIABLE: tuple[tuple[Family, float], ...] = (
    (smooth, 12), (guarded, 4), (arithmetic, 12), (select, 3), (widen, 1), (reduce_smooth, 6),
    (keep, 4), (normalise, 5), (loss, 3), (view, 12), (pad, 2), (concatenate, 2), (product, 8),
    (gather, 3), (scatter, 2), (window, 3), (convolve, 1), (power, 1), (smooth_record, 12),
    (repeat, 3), (branch, 2),
)  # fmt: skip

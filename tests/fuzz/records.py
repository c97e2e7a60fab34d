"""Any op of the table in a random graph, called as the samples in its record call it.

So an op that is added to the table comes into the random graphs by itself.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from pentad.graph.dtypes import DType
from pentad.graph.node import Node, apply
from pentad.graph.op import TABLE, Op, Sample
from pentad.ops.samples import sample_types

if TYPE_CHECKING:
    from tests.fuzz.generate import Builder

LARGEST = 2048
"""Elements of a sample's operand at most."""
TIED = ("max_pool_grad",)
"""Ops with an operand that must be a function of the others (here the windows' maxima): families
of their own make them."""
KINDS = ("bool", "int", "uint", "float", "complex")
"""The kinds of dtypes that the judge understands: complex outputs come to it as their parts."""
DRAWN = ("float32", "float32", "float64", "float16", "bfloat16", "int32", "int8", "uint8", "bool")


@cache
def samples_of(name: str) -> tuple[Sample, ...]:
    """The samples of an op that are small and of plain dtypes."""
    op = TABLE[name]
    return tuple(s for s in (op.samples() if op.samples else ()) if _fits(s))


def _fits(sample: Sample) -> bool:
    types = sample_types(sample)
    attrs = [v for v in sample.attrs.values() if isinstance(v, DType)]
    dtypes = [*(d for _, d in types), *attrs]
    small = all(np.prod(shape, dtype=np.int64) <= LARGEST for shape, _ in types)
    return sample.raises is None and small and all(d.kind in KINDS for d in dtypes)


@cache
def usable(differentiable: bool) -> tuple[Op, ...]:
    """The ops to draw from: all, or those with a gradient."""
    every = [op for op in TABLE.values() if op.name not in ("input", *TIED)]
    every = [op for op in every if samples_of(op.name)]
    if differentiable:
        every = [op for op in every if not op.nondifferentiable and op.kind != "host"]
    return tuple(every)


def record(b: Builder) -> Node | None:
    """Any op of the table."""
    return _applied(b, b.choice(usable(False)))  # type: ignore[arg-type]


def smooth_record(b: Builder) -> Node | None:
    """Any op that has a gradient, on wide floats."""
    made = _applied(b, b.choice(usable(True)))  # type: ignore[arg-type]
    wide = made is not None and all(n.dtype.bits >= 32 for n in (made, *made.inputs) if _float(n))
    return made if wide else None


def _float(n: Node) -> bool:
    return n.dtype.is_floating_point


def _applied(b: Builder, op: Op) -> Node | None:
    sample: Sample = b.choice(samples_of(op.name))  # type: ignore[assignment]
    if op.kind in ("elementwise", "composite") and b.chance(0.5) and _is_uniform(sample):
        x = b.pick()
        if x is not None:
            return apply(op, x, *(b.like(x) for _ in sample.inputs[1:]), **sample.attrs)
    return apply(op, *_operands(b, sample), **sample.attrs)


def _is_uniform(sample: Sample) -> bool:
    """Are all operands of one type, and drawn from everywhere?"""
    types = sample_types(sample)
    return bool(types) and all(t == types[0] for t in types) and not any(sample.ranges)


def _operands(b: Builder, sample: Sample) -> list[Node]:
    types = sample_types(sample)
    floats = [d for _, d in types if d.is_floating_point]
    other = _dtype(b) if floats and b.chance(0.3) else None
    operands = []
    for i, (shape, dtype) in enumerate(types):
        bounds = sample.ranges[i] if i < len(sample.ranges) else None
        given = sample.inputs[i]
        if isinstance(given, np.ndarray) and dtype.is_integer and given.size:
            bounds = (int(given.min()), int(given.max()) + 1)
        if other is not None and dtype is floats[0]:
            dtype = other
        operands.append(_operand(b, shape, dtype, bounds))
    return operands


def _operand(b: Builder, shape: Any, dtype: DType, bounds: tuple[float, float] | None) -> Node:
    if bounds is None:
        return b.like(None, dtype, shape)  # type: ignore[arg-type]
    low, high = bounds
    return b.input(shape, dtype, f"from{low:g}to{high:g}")


def _dtype(b: Builder) -> DType:
    from pentad.graph import dtypes

    return dtypes.by_name(str(b.choice(DRAWN)))

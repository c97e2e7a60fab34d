"""fence: the identity that is merged with nothing else, so that what it feeds is computed anew."""

from __future__ import annotations

from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.ops.batching import same
from pentad.ops.define import F32, define


def _infer(x: TensorType, *, number: int) -> TensorType:
    return x


_fence = define(
    "fence",
    "The operand; what is computed from it is not merged with what is computed from the operand "
    "itself, or from a fence of another number (checkpointing).",
    kind="elementwise",
    infer=_infer,
    reference=lambda x, *, number: x,
    lower=lambda k, x, *, number: x,
    vjp=lambda g, y, x, *, number: (g,),
    linear=(0,),
    batch=same,
    samples=lambda: [Sample(((s, F32),), {"number": 3}) for s in ((), (0,), (3, 17))],
)


def fence(x: Node, number: int) -> Node:
    """`x`, apart from every other use of it."""
    return _fence(x, number=number)

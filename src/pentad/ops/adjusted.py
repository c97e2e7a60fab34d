"""adjust_gradient: the identity, with another gradient."""

from __future__ import annotations

from pentad.graph.node import Node
from pentad.graph.op import Sample
from pentad.ops.activations import clamp
from pentad.ops.arithmetic import mul
from pentad.ops.batching import same
from pentad.ops.define import F32, define
from pentad.ops.sources import full_like


def _vjp(
    g: Node, y: Node, x: Node, *, factor: float, low: float | None, high: float | None
) -> tuple[Node]:
    scaled = g if factor == 1 else mul(g, full_like(factor, g))
    return (clamp(scaled, low, high),)


_adjust = define(
    "adjust_gradient",
    "The operand, whose gradient is multiplied by a factor and then limited to [low, high].",
    kind="elementwise",
    infer=lambda x, *, factor, low, high: x,
    reference=lambda x, *, factor, low, high: x,
    lower=lambda k, x, *, factor, low, high: x,
    vjp=_vjp,
    jvp=lambda t, y, x, *, factor, low, high: t[0],
    batch=same,
    samples=lambda: [
        Sample(((s, F32),), {"factor": 1.0, "low": low, "high": 1e3})
        for s, low in (((), None), ((0,), None), ((3, 17), -1e3))
    ],
)


def adjust_gradient(
    x: Node, factor: float = 1.0, low: float | None = None, high: float | None = None
) -> Node:
    """`x`, whose gradient is multiplied by `factor` and then limited to [low, high]."""
    return _adjust(x, factor=float(factor), low=low, high=high)

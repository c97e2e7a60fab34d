"""What an element-wise op costs, roughly, in vector instructions.

It caps fusion, sizes tasks, and decides what a gradient keeps of its function.
"""

from __future__ import annotations

from pentad.graph.node import Node

_TRANSCENDENTAL = 18
_LONG = (
    *("exp2", "expm1", "log", "log2", "log1p", "erf", "erfc", "sin", "cos", "tan", "asin"),
    *("acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
)
_COST = {
    **dict.fromkeys(_LONG, _TRANSCENDENTAL),
    "div": 3,
    "sqrt": 4,
    "rsqrt": 5,
    "pow": 60,
    "philox": 80,
    "floor_divide": 12,
    "remainder": 12,
    "exp": 12,
    "sigmoid": 14,
}


def weight(node: Node) -> int:
    """The cost of one element of a node."""
    return _COST.get(node.op.name, 1)


def weight_of(name: str) -> int:
    """The cost of one element of the op called `name`."""
    return _COST.get(name, 1)

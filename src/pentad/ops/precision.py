"""What composites of floats share: 16-bit arithmetic in float32, samples and refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, ShapeError
from pentad.graph.node import Node
from pentad.graph.op import Sample
from pentad.ops.conversion import cast
from pentad.ops.define import F32

SHORT = (dtypes.float16, dtypes.bfloat16)


def in_float32(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A decomposition (nodes are operands) or a vjp (nodes are g, y, operands) that computes
    16-bit floats in float32 and rounds only its results, as PyTorch's softmax does."""

    def wide(n: Node) -> Node:
        return cast(n, F32) if n.dtype in SHORT else n

    def run(*nodes: Node, **attrs: Any) -> Any:
        if not any(n.dtype in SHORT for n in nodes):
            return rule(*nodes, **attrs)
        result = rule(*map(wide, nodes), **attrs)
        if isinstance(result, Node):
            return cast(result, nodes[0].dtype) if result.dtype is F32 else result
        return tuple(n if n is None else cast(n, x.dtype) for n, x in zip(result, nodes[2:]))

    return run


# The axes around vector borders that every reduction over floats is tried on.
AXES_CASES: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((5,), {"axes": (0,)}),
    ((3, 17), {"axes": (1,)}),
    ((17, 3), {"axes": (0,)}),
    ((2, 3, 4), {"axes": (0, 2)}),
    ((0, 3), {"axes": (1,)}),
]


def float_samples(
    cases: Sequence[tuple[tuple[int, ...], dict[str, Any]]], dtype_case: dict[str, Any]
) -> Iterable[Sample]:
    """The cases in float32, and one of [4, 9] in every float dtype."""
    for shape, attrs in cases:
        yield Sample(((shape, F32),), attrs)
    for dtype in dtypes.FLOATS:
        yield Sample((((4, 9), dtype),), dtype_case)


def float_errors(attrs: dict[str, Any], outside: dict[str, Any]) -> list[Sample]:
    """Integers are refused, and axes `outside` of a matrix."""
    return [
        Sample((((2, 3), dtypes.int32),), attrs, DTypeError, "not supported"),
        Sample((((2, 3), F32),), outside, ShapeError, "axis out of range"),
    ]

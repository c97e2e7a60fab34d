"""Constant folding: what depends on constants alone is computed here, by the references.

A result is kept only if it is one number repeated, for then it is a `full`. A constant is known as
one number (however large or unknown its shape) or as a small array, such as an iota.
"""

from __future__ import annotations

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import PentadError
from pentad.graph.node import Graph, Node
from pentad.graph.sizes import Dim
from pentad.ops.sources import full
from pentad.passes.pattern import VIEWS
from pentad.passes.rewrite import rewrite

MAX_ELEMENTS = 4096

_ALWAYS_RUN = frozenset(("host", "composite", "control", "result"))


def fold(graph: Graph) -> Graph:
    """The graph with a `full` in place of every node that is one known number."""
    return rewrite(graph, _Folder().step)


class _Folder:
    """The constants known so far: an array without dimensions is the number that fills a node."""

    def __init__(self) -> None:
        self.known: dict[Node, np.ndarray] = {}

    def step(self, node: Node) -> Node | None:
        value = self._value(node)
        if value is None:
            return None
        self.known[node] = value
        if value.ndim or node.op.name == "full":
            return None
        constant = full(value.item(), node.shape, node.dtype)
        self.known[constant] = value
        return constant

    def _value(self, node: Node) -> np.ndarray | None:
        if node in self.known:
            return self.known[node]
        if node.dtype.is_complex:
            return None  # only `complex` is left of those, and it is no `full`
        if node.op.name == "full":
            number = node.attrs["value"]
            return None if isinstance(number, Dim) else _settle(np.asarray(number), node)
        if node.op.kind in _ALWAYS_RUN or any(i not in self.known for i in node.inputs):
            return None
        values = [self.known[i] for i in node.inputs]
        if values and not any(v.ndim for v in values):
            if node.op.name in VIEWS:
                return values[0]
            if node.op.kind == "elementwise":
                return _run(node, values)
        if not all(map(_is_small, (node, *node.inputs))):
            return None
        shapes = [tuple(int(d) for d in i.shape) for i in node.inputs]
        arrays = [np.broadcast_to(v, s) for v, s in zip(values, shapes)]
        result = _run(node, arrays)
        return None if result is None else _as_number(result)


def _run(node: Node, arrays: list[np.ndarray]) -> np.ndarray | None:
    """The reference's result, or None where there is no reference or it raises our error."""
    if node.op.reference is None:
        return None
    try:
        return _settle(np.asarray(node.op.reference(*arrays, **node.attrs)), node)
    except PentadError:
        return None  # an index out of range is an error of the run, if it comes to that


def _settle(value: np.ndarray, node: Node) -> np.ndarray:
    """A value rounded to the precision of the node's dtype."""
    with np.errstate(all="ignore"):
        if node.dtype is dtypes.bfloat16:
            return np.asarray(dtypes.round_bfloat16(value))
        return np.asarray(value).astype(node.dtype.numpy)


def _is_small(node: Node) -> bool:
    elements = 1
    for size in node.shape:
        if isinstance(size, Dim):
            return False
        elements *= size
    return elements <= MAX_ELEMENTS


def _as_number(array: np.ndarray) -> np.ndarray:
    """The one number that fills an array (bit for bit), or the array itself."""
    flat = np.ascontiguousarray(array).reshape(-1)
    if not flat.size:
        return array
    first = flat[:1]
    uniform = (flat.view(f"V{flat.itemsize}") == first.view(f"V{flat.itemsize}")).all()
    return np.asarray(first[0]) if uniform else array

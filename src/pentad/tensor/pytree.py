"""Nested tuples, lists and dicts with tensors at their leaves, as arguments and results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pentad.graph.dtypes import DType
from pentad.tensor.tensor import Tensor


class _Leaf:
    def __repr__(self) -> str:
        return "*"


LEAF = _Leaf()
"""Stands for a tensor in a structure."""

_PLAIN = (type(None), bool, int, float, complex, str, bytes, DType, slice, type(Ellipsis))


class Plain:
    """A Python value in a structure: equal if type and value are (by identity if not plain)."""

    __slots__ = ("key", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        plain = isinstance(value, _PLAIN)
        self.key = (type(value), repr(value) if plain else id(value))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plain) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return repr(self.value)


def flatten(tree: Any, leaves: list[Tensor]) -> Any:
    """The hashable structure of a tree; its tensors are appended to `leaves`, in order."""
    if isinstance(tree, Tensor):
        leaves.append(tree)
        return LEAF
    if isinstance(tree, (tuple, list)):
        return (type(tree), *[flatten(v, leaves) for v in tree])
    if isinstance(tree, dict):
        items = [(Plain(k), flatten(v, leaves)) for k, v in tree.items()]
        return (type(tree), *items)
    return Plain(tree)


def unflatten(structure: Any, leaf: Callable[[], Any]) -> Any:
    """A tree of that structure; `leaf()` gives the tensors in order."""
    if structure is LEAF:
        return leaf()
    if isinstance(structure, Plain):
        return structure.value
    kind, *rest = structure
    if issubclass(kind, dict):
        pairs = [(k.value, unflatten(v, leaf)) for k, v in rest]
        return kind(pairs) if kind is not dict else dict(pairs)
    values = [unflatten(v, leaf) for v in rest]
    return kind(*values) if hasattr(kind, "_fields") else kind(values)


def plain_values(structure: Any) -> list[Any]:
    """The values of a structure that are no tensors, keys of dicts left out."""
    if structure is LEAF:
        return []
    if isinstance(structure, Plain):
        return [structure.value]
    kind, *rest = structure
    parts = [v for _, v in rest] if issubclass(kind, dict) else rest
    return [value for part in parts for value in plain_values(part)]


def map_leaves(function: Callable[[Tensor], Any], tree: Any) -> Any:
    """The tree with `function` applied to its tensors."""
    leaves: list[Tensor] = []
    structure = flatten(tree, leaves)
    results = iter([function(t) for t in leaves])
    return unflatten(structure, lambda: next(results))

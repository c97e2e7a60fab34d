"""torch.utils._pytree: structures of lists, tuples and dicts, leaf by leaf."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pentad.frontends.missing import absent
from pentad.static import message


@dataclass(frozen=True)
class TreeSpec:
    """A structure without its leaves; kind: the class of the node, None for a leaf; context: what
    else makes the node (the keys of a dict)."""

    kind: Any
    context: Any
    children_specs: tuple[TreeSpec, ...] = ()

    @property
    def num_leaves(self) -> int:
        return sum(c.num_leaves for c in self.children_specs) if self.kind is not None else 1

    def is_leaf(self) -> bool:
        """Is it a leaf alone?"""
        return self.kind is None

    def unflatten(self, leaves: Iterable[Any]) -> Any:
        """The structure with these leaves."""
        return tree_unflatten(leaves, self)


_LEAF = TreeSpec(None, None)


def tree_flatten(
    tree: Any, is_leaf: Callable[[Any], bool] | None = None
) -> tuple[list[Any], TreeSpec]:
    """The leaves from left to right, and the structure."""
    leaves: list[Any] = []

    def spec_of(node: Any) -> TreeSpec:
        parts = None if is_leaf is not None and is_leaf(node) else _parts(node)
        if parts is None:
            leaves.append(node)
            return _LEAF
        children, context = parts
        return TreeSpec(type(node), context, tuple(map(spec_of, children)))

    spec = spec_of(tree)
    return leaves, spec


def tree_unflatten(leaves: Iterable[Any], treespec: TreeSpec) -> Any:
    """The structure with these leaves; ValueError if there are more or fewer."""
    given = list(leaves)
    if len(given) != treespec.num_leaves:
        raise ValueError(message("tree_unflatten: another number of leaves",
                                 expected=str(treespec.num_leaves), got=str(len(given))))
    return _made(iter(given), treespec)


def tree_leaves(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> list[Any]:
    """The leaves from left to right."""
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> TreeSpec:
    """The structure alone."""
    return tree_flatten(tree, is_leaf)[1]


def tree_map(
    func: Callable[..., Any], tree: Any, *rests: Any,
    is_leaf: Callable[[Any], bool] | None = None,
) -> Any:
    """The structure with func of each leaf, and of the leaves at the same places of the rests."""
    leaves, spec = tree_flatten(tree, is_leaf)
    others = [tree_flatten(rest, is_leaf) for rest in rests]
    if any(other != spec for _, other in others):
        raise ValueError(message("tree_map: the structures differ", expected=str(spec),
                                 got=", ".join(str(other) for _, other in others)))
    found = map(func, leaves, *(other for other, _ in others))
    return tree_unflatten(found, spec)


def tree_map_only(
    kind: Any, func: Callable[[Any], Any], tree: Any,
    is_leaf: Callable[[Any], bool] | None = None,
) -> Any:
    """The structure with func of those leaves that are of a class."""
    return tree_map(lambda leaf: func(leaf) if isinstance(leaf, kind) else leaf, tree,
                    is_leaf=is_leaf)


def tree_all(predicate: Callable[[Any], bool], tree: Any) -> bool:
    """Does it hold for all leaves?"""
    return all(map(predicate, tree_leaves(tree)))


def tree_any(predicate: Callable[[Any], bool], tree: Any) -> bool:
    """Does it hold for one of the leaves?"""
    return any(map(predicate, tree_leaves(tree)))


def _parts(node: Any) -> tuple[list[Any], Any] | None:
    """The children of a node, and what else makes it; None for a leaf."""
    kind = type(node)
    if kind in (list, tuple) or (isinstance(node, tuple) and hasattr(node, "_fields")):
        return list(node), None
    if kind in (dict, OrderedDict):
        return list(node.values()), tuple(node)
    if kind is defaultdict:
        return list(node.values()), (node.default_factory, tuple(node))
    if kind is deque:
        return list(node), node.maxlen
    return None


def _made(leaves: Iterator[Any], spec: TreeSpec) -> Any:
    kind = spec.kind
    if kind is None:
        return next(leaves)
    children = [_made(leaves, child) for child in spec.children_specs]
    if kind is defaultdict:
        factory, keys = spec.context
        return defaultdict(factory, zip(keys, children, strict=True))
    if kind is deque:
        return deque(children, spec.context)
    if kind in (dict, OrderedDict):
        return kind(zip(spec.context, children, strict=True))
    return kind(*children) if hasattr(kind, "_fields") else kind(children)


__getattr__ = absent(__name__)

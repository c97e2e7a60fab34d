"""What a pickle made is data throughout, of bounded depth and size, and holds no container twice
within itself."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np

from pentad.formats import limits
from pentad.formats.files import broken
from pentad.graph.dtypes import DType
from pentad.nn.parameter import Parameter
from pentad.tensor.tensor import Tensor

LEAVES = frozenset({type(None), bool, int, float, complex, str, bytes, bytearray, set, frozenset,
                    DType, Tensor, Parameter, np.ndarray})
CONTAINERS = frozenset({dict, OrderedDict, list, tuple})


def checked(root: Any, where: str) -> None:
    """FormatError unless a container is data; shared ones count as often as they are reached."""
    done: dict[int, tuple[int, int]] = {}  # of each container: its depth, the items below it
    within: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting[-1]
        if id(node) in done:
            waiting.pop()
            continue
        inner = _containers(node, where)
        if id(node) in within:
            found = [done[id(part)] for part in inner]
            depth = 1 + max((d for d, _ in found), default=0)
            items = len(node) + sum(n for _, n in found)
            if depth > limits.PICKLE_DEPTH + 1 or items > limits.PICKLE_ITEMS:
                raise broken(where, "containers within containers", f"{limits.PICKLE_DEPTH} deep, "
                             f"with {limits.PICKLE_ITEMS} items at most",
                             f"{depth} deep, {items} items")
            done[id(node)] = depth, items
            within.discard(id(node))
            waiting.pop()
            continue
        within.add(id(node))
        for part in inner:
            if id(part) in within:
                raise broken(where, "a container within itself", "a tree of containers")
            if id(part) not in done:
                waiting.append(part)


def _containers(node: Any, where: str) -> list[Any]:
    """The containers among the items of one; FormatError for items that are no data."""
    items = list(node.values()) if isinstance(node, dict) else node
    if type(node) is OrderedDict and node.__dict__:
        items += list(node.__dict__.values())
    for item in items:
        kind = type(item)
        known = kind in LEAVES or kind in CONTAINERS or isinstance(item, np.generic)
        if not known:
            raise broken(where, "something that is no data",
                         "tensors, numbers, texts, and containers of them", kind.__name__,
                         "a storage is saved as the tensor on it")
    return [item for item in items if type(item) in CONTAINERS]

"""What a pickle made is data throughout, of bounded depth and size, and holds no container twice
within itself."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np

from pentad.formats import limits
from pentad.formats.files import broken
from pentad.formats.torch.instances import Made
from pentad.graph.dtypes import DType
from pentad.nn.parameter import Parameter
from pentad.tensor.tensor import Tensor

LEAVES = frozenset({type(None), bool, int, float, complex, str, bytes, bytearray, set, frozenset,
                    DType, Tensor, Parameter, np.ndarray})
CONTAINERS = frozenset({dict, OrderedDict, list, tuple})


def checked(root: Any, where: str, made: Made) -> None:
    """FormatError unless a container is data; shared ones count as often as they are reached.

    Instances of known classes are containers of their attributes.
    """
    kinds = CONTAINERS | {type(instance) for instance in made.instances}
    functions = {id(function) for function in made.functions}
    done: dict[int, tuple[int, int]] = {}  # of each container: its depth, the items below it
    within: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting[-1]
        if id(node) in done:
            waiting.pop()
            continue
        parts = _parts(node)
        _check(parts, where, kinds, functions)
        inner = [part for part in parts if type(part) in kinds]
        if id(node) in within:
            found = [done[id(part)] for part in inner]
            depth = 1 + max((d for d, _ in found), default=0)
            items = len(parts) + sum(n for _, n in found)
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


def _parts(node: Any) -> list[Any]:
    """The items of a container; the values of a dict; the attributes of an instance."""
    if isinstance(node, (list, tuple)):
        return list(node)
    items = list(node.values()) if isinstance(node, dict) else []
    if type(node) not in CONTAINERS or (type(node) is OrderedDict and node.__dict__):
        items += list(node.__dict__.values())
    return items


def _check(items: list[Any], where: str, kinds: Any, functions: set[int]) -> None:
    """FormatError for items that are no data."""
    for item in items:
        kind = type(item)
        known = kind in LEAVES or kind in kinds or isinstance(item, np.generic)
        if not known and id(item) not in functions:
            raise broken(where, "something that is no data",
                         "tensors, numbers, texts, and containers of them", kind.__name__,
                         "a storage is saved as the tensor on it")

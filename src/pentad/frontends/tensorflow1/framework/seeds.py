"""Seeds of random operations: that of the graph and their own."""

from __future__ import annotations

import hashlib
from typing import Any

from pentad.frontends.tensorflow1.framework.graph import get_default_graph

DEFAULT_GRAPH_SEED = 87654321
_LARGEST = 2**31 - 1


def get_seed(op_seed: int | None) -> tuple[int | None, int | None]:
    """The two seeds of an operation: (None, None) for one that differs from run to run."""
    return _pair(get_default_graph(), op_seed)


def _pair(graph: Any, op_seed: int | None) -> tuple[int | None, int | None]:
    if graph.seed is not None:
        own = len(graph.nodes) if op_seed is None else op_seed
        found = (graph.seed % _LARGEST, own % _LARGEST)
    elif op_seed is not None:
        found = (DEFAULT_GRAPH_SEED, op_seed % _LARGEST)
    else:
        return None, None
    return (0, _LARGEST) if found == (0, 0) else found


def stream(graph: Any, op_seed: int | None, second: int | None = None) -> int | None:
    """Where the stream of a random operation begins, None if it does not matter."""
    if second:
        pair: Any = (op_seed or 0, second)
    else:
        pair = _pair(graph, op_seed)
    if pair == (None, None):
        return None
    digest = hashlib.blake2b(repr(pair).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 2


def set_random_seed(seed: int) -> None:
    """Set the seed of the default graph."""
    get_default_graph().seed = seed

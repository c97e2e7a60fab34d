"""Causal attention that does not read what a query may not look at.

By its reference such keys and values have the weight 0, and 0 * inf is NaN; kernels leave them out
where they can. Both are right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pentad.graph.node import Graph, Node, input_node

Run = Callable[[Graph, Sequence[np.ndarray]], list[np.ndarray]]


def is_causal(node: Node) -> bool:
    """Is this a kernel of causal attention?"""
    names = ("flash_attention", "flash_attention_grad")
    return node.op.name in names and bool(node.attrs["causal"])


def row_by_row(node: Node, inputs: Sequence[np.ndarray], run: Run) -> np.ndarray:
    """The value of such a node, each query attending to just the keys that it may look at."""

    def attend(*operands: np.ndarray) -> np.ndarray:
        types = zip(operands, node.inputs, strict=True)
        nodes = [input_node(f"x{i}", x.shape, n.dtype) for i, (x, n) in enumerate(types)]
        assert node.op.decompose is not None
        result = node.op.decompose(*nodes, scale=node.attrs["scale"], causal=False)
        return run(Graph(nodes, [result]), operands)[0]

    q, k, v, *rest = inputs
    rows = range(q.shape[-2])
    seen = [(q[..., i : i + 1, :], k[..., : i + 1, :], v[..., : i + 1, :]) for i in rows]
    if not rest:
        return _forward([attend(*operands) for operands in seen], v.shape[-1])
    y, g, g_sums = rest
    width = v.shape[-1]
    found = y[..., : len(rows) * width].reshape(g.shape)
    sums = y[..., len(rows) * width :]
    of_q, of_k, of_v = (np.zeros_like(x) for x in (q, k, v))
    for i in rows:
        own = np.concatenate([found[..., i, :], sums[..., i : i + 1]], -1)
        part = attend(*seen[i], own, g[..., i : i + 1, :], g_sums[..., i : i + 1])
        keys = seen[i][1].shape[-2]
        cuts = np.cumsum([q.shape[-1], keys * q.shape[-1]])
        to_q, to_k, to_v = np.split(part, cuts, -1)
        of_q[..., i, :] = to_q
        of_k[..., :keys, :] += to_k.reshape(of_k[..., :keys, :].shape)
        of_v[..., :keys, :] += to_v.reshape(of_v[..., :keys, :].shape)
    lead = q.shape[:-2]
    return np.concatenate([x.reshape(*lead, -1) for x in (of_q, of_k, of_v)], -1)


def _forward(parts: Sequence[np.ndarray], width: int) -> np.ndarray:
    return np.concatenate([*(p[..., :width] for p in parts), *(p[..., width:] for p in parts)], -1)

"""Sparse components of elements: their rows, and rows joined to one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pentad.frontends.tensorflow1.data import iterating
from pentad.frontends.tensorflow1.data.structure import Structure
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor


def _leaves(kind: Structure, flat: list[Any]) -> list[Any]:
    """The arrays of each leaf."""
    found, at = [], 0
    for spec in kind.flat:
        found.append(flat[at:at + spec.count])
        at += spec.count
    return found


def rows(kind: Structure, flat: list[Any]) -> Iterator[list[Any]]:
    """The rows of an element."""
    leaves = _leaves(kind, flat)
    sparse = [s.kind is SparseTensor for s in kind.flat]
    count = min(int(v[2][0]) if is_sparse else len(v[0]) for v, is_sparse in zip(leaves, sparse))
    for i in range(count):
        row: list[Any] = []
        for leaf, is_sparse in zip(leaves, sparse):
            if is_sparse:
                indices, values, shape = leaf
                mine = indices[:, 0] == i
                row += [indices[mine, 1:], values[mine], shape[1:]]
            else:
                row.append(leaf[0][i])
        yield [np.asarray(a) if not isinstance(a, bytes) else np.array(a, object) for a in row]


def joined(parts: list[list[Any]]) -> list[Any]:
    """Sparse tensors as one with an axis more."""
    indices = [np.concatenate([np.full((len(p[0]), 1), i), p[0]], 1) for i, p in enumerate(parts)]
    shape = np.max([p[2] for p in parts], axis=0)
    return [np.concatenate(indices).astype(np.int64), np.concatenate([p[1] for p in parts]),
            np.array([len(parts), *shape], np.int64)]


def joined_rows(
    kind: Structure, source: Iterator[list[Any]], size: int, drop: bool
) -> Iterator[list[Any]]:
    """So many elements as one, where some components are sparse."""
    while True:
        part = iterating._taken(source, size)
        if not part or (len(part) < size and drop):
            return
        leaves = [_leaves(kind, row) for row in part]
        found: list[Any] = []
        for i, spec in enumerate(kind.flat):
            column = [row[i] for row in leaves]
            found += joined(column) if spec.kind is SparseTensor else [
                iterating.stacked([c[0] for c in column], i)]
        yield found

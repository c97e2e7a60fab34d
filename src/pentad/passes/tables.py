"""Products with rows of a table, where more rows are taken than there are.

An embedding that a linear layer reads, E[i] @ w, repeats products: (E @ w)[i] makes each once, and
its bits are the same. In the gradients, of which P is the matrix of zeros and ones that takes the
rows, (P E)' d is E' (P' d) and P' (d w') is (P' d) w': what belongs to one row is added first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, Node, apply
from pentad.graph.sizes import Size, hint_of, product
from pentad.ops.contraction import free_axes
from pentad.passes.canonical_views import broadcast
from pentad.passes.pattern import constant_of
from pentad.passes.rewrite import rewrite

_REPEATED = 2
"""How many times as many rows must be taken as there are."""

_DEPTH = 64
"""Multiply-adds for each element that is gathered or scattered, from which those cost less."""

_ADDED_AS_THEY_ARE = (dtypes.float32, dtypes.float64)
"""Sums of 16-bit floats are rounded once in a product, but each time in a scatter."""


def tables(graph: Graph) -> Graph:
    """The graph with its products of gathered rows, and their gradients, made row by row."""
    return rewrite(graph, _step)


def _step(node: Node) -> Node | None:
    if node.op.name == "scatter":
        return _added_products(node)
    if node.op.name != "dot_general" or node.attrs["batch"] != ((), ()):
        return None
    return _product_of_rows(node) or _sum_over_rows(node, 1) or _sum_over_rows(node, 0)


class _Rows(NamedTuple):
    """The elements of `table` at `indices` along `axes`; the indices' axes come first."""

    table: Node
    indices: tuple[Node, ...]
    axes: tuple[int, ...]
    mode: str

    @property
    def rank(self) -> int:
        return self.indices[0].ndim

    @property
    def where(self) -> tuple[Size, ...]:
        """The sizes of the axes that have indices."""
        return tuple(self.table.shape[a] for a in self.axes)

    @property
    def repeated(self) -> bool:
        return _count(self.indices[0].shape) >= _REPEATED * max(1, _count(self.where))

    @property
    def used(self) -> Node:
        """For each row, is it taken at all? Only then may it make NaN of a sum."""
        yes = ops.full(True, self.indices[0].shape, dtypes.bool_)
        no = ops.full(False, self.where, dtypes.bool_)
        every = range(len(self.axes))
        return ops.scatter(no, yes, *self.indices, axes=every, mode=self.mode, kind="set")

    def added(self, updates: Node) -> Node:
        """The sum of the updates of each row, zero where there are none."""
        shape = (*self.where, *updates.shape[self.rank :])
        every = range(len(self.axes))
        zeros = ops.full(0, shape, updates.dtype)
        return ops.scatter(zeros, updates, *self.indices, axes=every, mode=self.mode, kind="add")

    def unless_unused(self, x: Node, axes: Sequence[int]) -> Node:
        """x, but zero for rows that are not taken, which lie along `axes` of x."""
        used = broadcast(self.used, x.shape, axes)
        return ops.where(used, x, ops.full(0, x.shape, x.dtype))


def _count(shape: Sequence[Size]) -> int:
    return hint_of(product(tuple(shape)))


def _sizes(node: Node, axes: Sequence[int]) -> int:
    return _count([node.shape[a] for a in axes])


def _moved(x: Node, axes: Sequence[int]) -> Node:
    return x if tuple(axes) == tuple(range(x.ndim)) else ops.transpose(x, axes)


def _behind_transpose(node: Node) -> tuple[Node, tuple[int, ...]]:
    """What a node is before its axes are put in this order."""
    if node.op.name == "transpose":
        return node.inputs[0], node.attrs["axes"]
    return node, tuple(range(node.ndim))


def _taken(node: Node) -> _Rows | None:
    """The rows that a node is, if there are more of them than in the table."""
    inner, order = _behind_transpose(node)
    if inner.op.name != "gather":
        return None
    table, *indices = inner.inputs
    rank = indices[0].ndim
    if sorted(order[:rank]) != list(range(rank)) or order[rank:] != tuple(range(rank, node.ndim)):
        return None
    moved = tuple(_moved(i, order[:rank]) for i in indices)
    rows = _Rows(table, moved, inner.attrs["axes"], inner.attrs["mode"])
    return rows if rows.repeated else None


def _product_of_rows(node: Node) -> Node | None:
    """E[i] @ w: (E @ w)[i]."""
    left, right = node.inputs
    inner, other = node.attrs["contract"]
    rows = _taken(left)
    if rows is None or min(inner, default=0) < rows.rank or _sizes(left, inner) < _DEPTH:
        return None
    table = rows.table
    rest = free_axes(table.ndim, rows.axes)
    inner = tuple(rest[a - rows.rank] for a in inner)
    free = free_axes(table.ndim, inner)
    made = apply(node.op, table, right, contract=(inner, other), batch=((), ()))
    axes = [free.index(a) for a in rows.axes]
    return ops.gather(made, *rows.indices, axes=axes, mode=rows.mode)


def _sum_over_rows(node: Node, side: int) -> Node | None:
    """The gradient of w, E[i]' @ d: E' @ (what is added up of d for each row of E)."""
    contract = node.attrs["contract"]
    rows, d = _taken(node.inputs[side]), node.inputs[1 - side]
    if rows is None or sorted(contract[side]) != list(range(rows.rank)):
        return None
    table = rows.table
    rest = free_axes(table.ndim, rows.axes)
    if node.dtype not in _ADDED_AS_THEY_ARE or _sizes(table, rest) < _DEPTH:
        return None
    along = dict(zip(contract[side], contract[1 - side], strict=True))
    order = [along[i] for i in range(rows.rank)]
    added = rows.added(_moved(d, [*order, *free_axes(d.ndim, order)]))
    pair = rows.unless_unused(table, rows.axes), added
    axes = rows.axes, tuple(range(len(rows.axes)))
    if side == 1:
        pair, axes = pair[::-1], axes[::-1]
    return apply(node.op, *pair, contract=axes, batch=((), ()))


def _added_products(node: Node) -> Node | None:
    """The gradient of E, the rows of d @ w' added up: (the rows of d added up) @ w'."""
    base, updates, *indices = node.inputs
    attrs = node.attrs
    rows = _Rows(base, tuple(indices), attrs["axes"], attrs["mode"])
    made, order = _behind_transpose(updates)
    if made.op.name != "dot_general" or made.attrs["batch"] != ((), ()) or not rows.repeated:
        return None
    d, w = made.inputs
    inner, other = made.attrs["contract"]
    free, rank = free_axes(d.ndim, inner), rows.rank
    in_place = len(free) == rank and order[rank:] == tuple(range(rank, made.ndim))
    leading = rows.axes == tuple(range(len(rows.axes)))
    zero = attrs["kind"] == "add" and constant_of(base) == 0
    if not (in_place and leading and zero and node.dtype in _ADDED_AS_THEY_ARE):
        return None
    if _sizes(w, free_axes(w.ndim, other)) < _DEPTH:
        return None
    added = rows.added(_moved(d, [*(free[a] for a in order[:rank]), *inner]))
    every = tuple(range(len(rows.axes), added.ndim))
    result = apply(made.op, added, w, contract=(every, other), batch=((), ()))
    return rows.unless_unused(result, rows.axes)

"""Rows of `stabilise` for matrices: equations solved instead of inverses, logarithms of
determinants that are not made of a number that overflows."""

from __future__ import annotations

import math

from pentad import ops
from pentad.graph.node import Node
from pentad.ops.matrices import swap
from pentad.passes.canonical_views import reshape
from pentad.passes.pattern import p, var
from pentad.passes.rewrite import Rule


def _solved_left(x: Node, y: Node, out: Node) -> Node | None:
    """inv(X) Y: the solution of X Z = Y."""
    side = _matrix_and_side(x, y, out, 0)
    return None if side is None else reshape(ops.linear_solve(*side), out.shape)


def _solved_right(x: Node, y: Node, out: Node) -> Node | None:
    """Y inv(X): the transposed solution of X' Z = Y'."""
    side = _matrix_and_side(x, y, out, 1)
    return None if side is None else reshape(swap(ops.linear_solve(*side)), out.shape)


def _matrix_and_side(x: Node, y: Node, out: Node, place: int) -> tuple[Node, Node] | None:
    """The equation's matrix, and its right side [..., n, k], whose axis n is contracted.

    `place` is where inv(X) stands in the product. Its columns are contracted on the left, its
    rows on the right, or it counts as transposed.
    """
    contract, batch = out.attrs["contract"], out.attrs["batch"]
    lead = tuple(range(x.ndim - 2))
    if batch != (lead, lead) or y.ndim > x.ndim or len(contract[0]) != 1 or x.dtype.is_complex:
        return None
    [axis], [along] = contract[place], contract[1 - place]
    plain = x.ndim - 1  # the axis of inv(X) that is contracted with Y in inv(X) Y
    matrix = x if axis == plain else swap(x)
    if y.ndim < x.ndim:
        return matrix, reshape(y, (*y.shape, 1))
    return matrix, y if along == x.ndim - 2 else swap(y)


def _log_of_determinant(x: Node) -> Node:
    """log(det(x)), where a determinant of many small numbers would be 0."""
    sign, size = ops.slogdet(x)
    zero = ops.full_like(0.0, sign)
    return ops.where(ops.lt(sign, zero), ops.full_like(math.nan, size), size)


x, y = var("x"), var("y")

MATRIX_RULES = (
    Rule("log(det(x))", p.log(p.determinant(x)), _log_of_determinant),
    Rule("log(abs(det(x)))", p.log(p.abs(p.determinant(x))), lambda x: ops.slogdet(x)[1]),
    Rule("inv(x) @ y", p.dot_general(p.inverse(x), y).named("out"), _solved_left),
    Rule("y @ inv(x)", p.dot_general(y, p.inverse(x)).named("out"), _solved_right),
)

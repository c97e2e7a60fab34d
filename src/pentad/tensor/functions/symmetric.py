"""Symmetric indefinite matrices: `linalg.ldl_factor` and `linalg.ldl_solve`."""

from __future__ import annotations

from typing import Any, NamedTuple

from pentad import ops
from pentad.graph.node import Node
from pentad.ops.matrices import require_square
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.matrices import same_batch


class LDLFactor(NamedTuple):
    """What `linalg.ldl_factor` returns."""

    LD: Any
    pivots: Any


class LDLFactorInfo(NamedTuple):
    """What `linalg.ldl_factor_ex` returns."""

    LD: Any
    pivots: Any
    info: Any


@surface
def _ldl_factor(x: Node, hermitian: bool, check: bool) -> tuple[Node, Node, Node]:
    require_square("linalg.ldl_factor", x)
    return ops.ldl(x, hermitian, check)


def ldl_factor(A: Any, *, hermitian: bool = False) -> LDLFactor:
    """(LD, pivots) of symmetric (hermitian: Hermitian) matrices [*, n, n], as LAPACK stores them.

    Only the lower triangle is read. LD [*, n, n] has the blocks of D on its diagonal and the
    unit triangular L below them; pivots [*, n] count from 1, a negative one given twice marks a
    block of 2x2. Not differentiable. Raises LinAlgError where a pivot is 0.
    """
    return LDLFactor(*_ldl_factor(A, bool(hermitian), True)[:2])


def ldl_factor_ex(
    A: Any, *, hermitian: bool = False, check_errors: bool = False
) -> LDLFactorInfo:
    """As `ldl_factor`, with `info`: which pivot is 0 (counted from 1), or 0."""
    return LDLFactorInfo(*_ldl_factor(A, bool(hermitian), bool(check_errors)))


@surface
def _ldl_solve(factors: Node, pivots: Node, b: Node, hermitian: bool) -> Node:
    require_square("linalg.ldl_solve", factors)
    factors, b = same_batch("linalg.ldl_solve", factors, b)
    pivots = ops.broadcast(pivots, factors.shape[:-1])
    return ops.ldl_solve(factors, pivots, b, hermitian=hermitian)


def ldl_solve(LD: Any, pivots: Any, B: Any, *, hermitian: bool = False) -> Any:
    """X [*, n, k] with A X = B from what `ldl_factor(A)` gave. Not differentiable."""
    return _ldl_solve(LD, pivots, B, bool(hermitian))

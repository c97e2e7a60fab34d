"""Comparisons, predicates, logic and bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, message
from pentad.graph.node import Node
from pentad.tensor.dispatch import surface
from pentad.tensor.promotion import promoted


def _comparison(name: str, sign: str, graph: Callable[..., Node], on_bool: bool = False) -> Any:
    def function(x: Node, y: Node) -> Node:
        x, y = promoted(name, x, y)
        if x.dtype is dtypes.bool_ and not on_bool:
            x, y = ops.cast(x, dtypes.uint8), ops.cast(y, dtypes.uint8)
        return graph(x, y)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"x {sign} y, element by element."
    function.__annotations__ = {"x": "Node", "y": "Node"}
    return surface(function)


eq = _comparison("eq", "==", ops.eq, on_bool=True)
ne = _comparison("ne", "!=", ops.ne, on_bool=True)
lt = _comparison("lt", "<", ops.lt)
le = _comparison("le", "<=", ops.le)
gt = _comparison("gt", ">", ops.gt)
ge = _comparison("ge", ">=", ops.ge)


def _predicate(name: str, doc: str, graph: Callable[..., Node], otherwise: bool) -> Any:
    def function(x: Node) -> Node:
        if x.dtype.is_inexact:
            return graph(x)
        return ops.full(otherwise, x.shape, dtypes.bool_)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    function.__annotations__ = {"x": "Node"}
    return surface(function)


isnan = _predicate("isnan", "Where x is NaN.", ops.isnan, False)
isinf = _predicate("isinf", "Where x is infinite.", ops.isinf, False)
isfinite = _predicate("isfinite", "Where x is neither infinite nor NaN.", ops.isfinite, True)


def truth(x: Node) -> Node:
    """x != 0, as bool."""
    return x if x.dtype is dtypes.bool_ else ops.ne(x, ops.full_like(0, x))


def _logic(name: str, graph: Callable[..., Node]) -> Any:
    def function(x: Node, y: Node) -> Node:
        x, y = promoted(name, x, y)
        return graph(truth(x), truth(y))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{name.replace('_', ' ')} of the operands' truth."
    function.__annotations__ = {"x": "Node", "y": "Node"}
    return surface(function)


logical_and = _logic("logical_and", ops.logical_and)
logical_or = _logic("logical_or", ops.logical_or)
logical_xor = _logic("logical_xor", ops.logical_xor)


@surface
def logical_not(x: Node) -> Node:
    """Where x is zero or False."""
    return ops.logical_not(truth(x))


def _no_floats(name: str, x: Node) -> None:
    if x.dtype.is_inexact:
        raise DTypeError(
            message(
                f"{name}: not defined on {x.dtype.kind} numbers",
                expected="bool or integers",
                got=x.dtype.name,
            )
        )


def _bits(name: str, on_bool: Callable[..., Node], graph: Callable[..., Node]) -> Any:
    def function(x: Node, y: Node) -> Node:
        x, y = promoted(name, x, y)
        _no_floats(name, x)
        return on_bool(x, y) if x.dtype is dtypes.bool_ else graph(x, y)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{name.replace('_', ' ')}; on bool, logical."
    function.__annotations__ = {"x": "Node", "y": "Node"}
    return surface(function)


bitwise_and = _bits("bitwise_and", ops.logical_and, ops.bitwise_and)
bitwise_or = _bits("bitwise_or", ops.logical_or, ops.bitwise_or)
bitwise_xor = _bits("bitwise_xor", ops.logical_xor, ops.bitwise_xor)


@surface
def bitwise_not(x: Node) -> Node:
    """~x; on bool, logical not."""
    _no_floats("bitwise_not", x)
    return ops.logical_not(x) if x.dtype is dtypes.bool_ else ops.bitwise_not(x)


def _shift(name: str, graph: Callable[..., Node]) -> Any:
    def function(x: Node, y: Node) -> Node:
        x, y = promoted(name, x, y)
        _no_floats(name, x)
        return graph(x, y)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{name.replace('_', ' ')} of the bits of x by y places."
    function.__annotations__ = {"x": "Node", "y": "Node"}
    return surface(function)


bitwise_left_shift = _shift("bitwise_left_shift", ops.shift_left)
bitwise_right_shift = _shift("bitwise_right_shift", ops.shift_right)


@surface
def isclose(
    x: Node, y: Node, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Node:
    """|x - y| <= atol + rtol * |y|, element by element."""
    x, y = promoted("isclose", x, y)
    if not x.dtype.is_inexact:
        x, y = ops.cast(x, dtypes.float64), ops.cast(y, dtypes.float64)
    size = ops.abs(y)
    bound = ops.add(ops.full_like(atol, size), ops.mul(ops.full_like(rtol, size), size))
    near = ops.logical_and(ops.le(ops.abs(ops.sub(x, y)), bound), ops.isfinite(y))
    near = ops.logical_or(near, ops.eq(x, y))
    if equal_nan:
        near = ops.logical_or(near, ops.logical_and(ops.isnan(x), ops.isnan(y)))
    return near


def allclose(
    input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Are all elements close (see isclose)?"""
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


def equal(input: Any, other: Any) -> bool:
    """The same shape and the same elements?"""
    return input.shape == other.shape and bool(eq(input, other).all())

"""The operators of tensors and variables: `x + 1`, `x[1:]`, `-x`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.tensor import Tensor
from pentad.frontends.tensorflow1.ops import comparison, elementwise, matrices, subscripts

_BINARY: dict[str, Callable[..., Any]] = {
    "add": elementwise.add_v2, "sub": elementwise.subtract, "mul": elementwise.multiply,
    "truediv": elementwise.truediv, "div": elementwise.div, "floordiv": elementwise.floordiv,
    "mod": elementwise.floormod, "pow": elementwise.pow, "and": comparison.logical_and,
    "or": comparison.logical_or, "xor": comparison.logical_xor, "matmul": matrices.matmul,
}
_COMPARISONS: dict[str, Callable[..., Any]] = {
    "lt": comparison.less, "le": comparison.less_equal, "gt": comparison.greater,
    "ge": comparison.greater_equal,
}


def _is_sparse(value: Any) -> bool:
    return hasattr(value, "dense_shape") and hasattr(value, "indices")


def _forward(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(x: Any, y: Any) -> Any:
        x = convert_to_tensor(x)
        if _is_sparse(y):
            return NotImplemented
        with name_scope(None, name, [x, y]) as scope:
            if not isinstance(y, Tensor):
                try:
                    y = convert_to_tensor(y, x.dtype.base_dtype, name="y")
                except TypeError:
                    if hasattr(type(y), f"__r{name}__"):
                        return NotImplemented
                    raise
            return function(x, y, name=scope)

    return call


def _backward(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(y: Any, x: Any) -> Any:
        y = convert_to_tensor(y)
        with name_scope(None, name, [x, y]) as scope:
            x = convert_to_tensor(x, y.dtype.base_dtype, name="x")
            return function(x, y, name=scope)

    return call


def _compared(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(x: Any, y: Any) -> Any:
        return function(convert_to_tensor(x), y)

    return call


def _alone(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(x: Any) -> Any:
        return function(convert_to_tensor(x))

    return call


def give_operators(kind: type) -> None:
    """Let objects of a type that convert to tensors have their operators."""
    for name, function in _BINARY.items():
        setattr(kind, f"__{name}__", _forward(name, function))
        setattr(kind, f"__r{name}__", _backward(name, function))
    for name, function in _COMPARISONS.items():
        setattr(kind, f"__{name}__", _compared(function))
    kind.__neg__ = _alone(elementwise.negative)  # type: ignore[attr-defined]
    kind.__abs__ = _alone(elementwise.abs)  # type: ignore[attr-defined]
    kind.__invert__ = _alone(comparison.logical_not)  # type: ignore[attr-defined]


give_operators(Tensor)
Tensor.__getitem__ = subscripts.subscript  # type: ignore[attr-defined]

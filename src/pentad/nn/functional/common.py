"""What the functions of layers share: sizes for each axis, errors that name the layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pentad import ops
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.tensor.convert import values_of
from pentad.tensor.misfit import guarded
from pentad.tensor.state import state
from pentad.tensor.tensor import Tensor

Sizes = int | Sequence[int]


def per_axis(name: str, what: str, value: Any, rank: int) -> tuple[int, ...]:
    """One whole number for each of `rank` axes from a number or a sequence; ShapeError else."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank
    if len(values) == 1:
        values *= rank
    whole = all(isinstance(v, int) and not isinstance(v, bool) for v in values)
    if len(values) != rank or not whole:
        raise ShapeError(
            message(
                f"{name}: {what} does not fit",
                expected=f"an integer or {rank} of them",
                got=repr(value),
            )
        )
    return values


def require_values(
    name: str, x: Any, fits: Callable[[np.ndarray], np.ndarray], words: str, expected: str
) -> None:
    """ArgumentError unless `fits` is true of all values of a tensor or number.

    While a function is traced there are no values yet, and nothing is looked at.
    """
    if isinstance(x, Tensor):
        if state.trace is not None or x.meta.traced is not None:
            return
        values = values_of(x)
    elif isinstance(x, (int, float)):
        values = np.asarray(x)
    else:  # what is no operand is refused by the function
        return
    wrong = values[~fits(values)]
    if wrong.size:
        raise ArgumentError(message(
            f"{name}: {words}", expected=expected,
            got=f"{wrong[0]}" + (f", first of {wrong.size} such" if wrong.size > 1 else "")))


@guarded
def by_position(
    function: Callable[..., Any], operands: int, order: Sequence[str],
    adapted: Callable[[dict[str, Any]], Mapping[str, Any]],
) -> Callable[..., Any]:
    """A function whose further arguments, after so many operands, come by name or in this order;
    `adapted` makes of them the keywords that the function takes.

    DTypeError, which is a TypeError, for an argument too many or given twice.
    """
    name = function.__name__

    def call(*args: Any, **kwargs: Any) -> Any:
        further = dict(zip(order, args[operands:], strict=False))
        surplus = len(args) - operands - len(order)
        if surplus > 0:
            most = operands + len(order)
            raise DTypeError(message(
                f"{name}: too many arguments", got=f"{len(args)}",
                expected=f"at most {most}: {operands} operands, {', '.join(order)}"))
        if twice := [key for key in kwargs if key in further]:
            raise DTypeError(message(f"{name}: arguments are given twice",
                                     expected="each by position or by name",
                                     got=", ".join(twice)))
        return function(*args[:operands], **adapted({**further, **kwargs}))

    call.__name__ = call.__qualname__ = name
    return call


def require_dims(name: str, x: Any, dims: Sequence[int], layout: str) -> None:
    """ShapeError unless the operand has one of these numbers of dimensions."""
    if x.ndim not in dims:
        raise ShapeError(
            message(
                f"{name}: wrong number of dimensions",
                expected=layout,
                got=f"{x.ndim} dimensions, shape {list(x.shape)}",
                hint="reshape or unsqueeze the input",
            )
        )


def require_space(name: str, x: Any, rank: int) -> None:
    """ShapeError unless the operand is [N, C, ...] or [C, ...] with `rank` more dimensions."""
    space = ", ".join("DHW"[-rank:])
    require_dims(name, x, (rank + 1, rank + 2), f"[N, C, {space}] or [C, {space}]")


def require_same_dtype(name: str, x: Node, *others: Node | None) -> None:
    """DTypeError unless the other operands that are there have the dtype of `x`."""
    for other in others:
        if other is not None and other.dtype is not x.dtype:
            raise DTypeError(
                message(
                    f"{name}: operands have different dtypes",
                    expected=f"{x.dtype.name}, as the input",
                    got=other.dtype.name,
                    hint="convert the input or the layer with .to(...)",
                )
            )


def require_size(name: str, what: str, got: Any, expected: Any, x: Node, hint: str) -> None:
    """ShapeError unless a size is the expected one."""
    if got != expected:
        raise ShapeError(
            message(
                f"{name}: {what} do not fit",
                expected=str(expected),
                got=f"{got} in an input of shape {list(x.shape)}",
                hint=hint,
            )
        )


def require_fraction(name: str, what: str, value: float) -> None:
    """ArgumentError unless 0 <= value <= 1."""
    if not 0 <= value <= 1:
        raise ArgumentError(
            message(f"{name}: {what} out of range", expected="0 <= p <= 1", got=repr(value))
        )


def require_flag(name: str, what: str, value: object) -> None:
    """ArgumentError unless the value is true or false (None counts as false)."""
    if not isinstance(value, (bool, int, np.bool_, type(None))):
        got = type(value).__name__
        raise ArgumentError(message(f"{name}: {what}", expected="True or False", got=got))


def with_bias(y: Node, bias: Node | None, axis: int) -> Node:
    """`y` with one number added for each index along `axis`."""
    return y if bias is None else ops.add(y, ops.broadcast(bias, y.shape, (axis,)))

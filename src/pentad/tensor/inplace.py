"""Writing values over a tensor: copy_, fill_, zero_."""

from __future__ import annotations

from typing import Any

from pentad import ops
from pentad.graph.node import Node
from pentad.tensor.dispatch import surface
from pentad.tensor.tensor import Tensor


@surface
def copy_(x: Node, source: Node) -> Node:
    """The value of `source` in the dtype and shape of `x`."""
    return ops.cast(source, x.dtype)


@surface
def fill_(x: Node, value: Node) -> Node:
    """`value` everywhere."""
    return ops.broadcast(ops.cast(ops.reshape(value, ()), x.dtype), x.shape)


copy_.surface.name, fill_.surface.name = "copy", "fill"


def copy_into(input: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """Write the values of `src`, broadcast and converted, over this tensor."""
    return copy_.inplace(input, src)  # type: ignore[no-any-return]


def fill_with(input: Tensor, value: Any) -> Tensor:
    """Write one number everywhere."""
    return fill_.inplace(input, value)  # type: ignore[no-any-return]


def fill(input: Tensor, value: Any) -> Any:
    """One number everywhere, in the shape and dtype of `input`."""
    return fill_(input, value)


def zero_(input: Tensor) -> Tensor:
    """Write zeros everywhere."""
    return fill_.inplace(input, 0)  # type: ignore[no-any-return]


@surface
def _assigned(x: Node, value: Node) -> Node:
    return value


_assigned.surface.name = "assign"


def assign(input: Tensor, value: Any) -> Tensor:
    """Write a result over this tensor, which must be able to hold it (see in-place operations)."""
    return _assigned.inplace(input, value)  # type: ignore[no-any-return]

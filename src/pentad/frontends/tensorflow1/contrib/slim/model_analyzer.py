"""tf.contrib.slim.model_analyzer: how large a graph and its variables are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pentad.frontends.missing import absent

_RULE = "---------"


def tensor_description(var: Any) -> str:
    """Type and sizes of a tensor or a variable: (float32 1x8x8x1024)."""
    return f"({var.dtype.name} {'x'.join(str(size) for size in var.get_shape())})"


def _elements(tensor: Any) -> int:
    return tensor.get_shape().num_elements() or 0


def _heading(print_info: bool, title: str) -> None:
    if print_info:
        print(_RULE, title, _RULE, sep="\n")  # noqa: T201


def analyze_ops(graph: Any, print_info: bool = False) -> int:
    """The number of elements of all results in a graph, unknown ones not counted; printed by
    operations if asked."""
    _heading(print_info, "Operations: name -> (type shapes) [size]")
    total = 0
    for op in graph.get_operations():
        size = sum(_elements(t) for t in op.outputs)
        total += size
        if print_info:
            shapes = ", ".join(tensor_description(t) for t in op.outputs if t.get_shape())
            print(op.name, "\t->", shapes, f"[{size}]")  # noqa: T201
    return total


def analyze_vars(variables: Iterable[Any], print_info: bool = False) -> tuple[int, int]:
    """The numbers of elements and of bytes of the variables; printed by variables if asked."""
    _heading(print_info, "Variables: name (type shape) [size]")
    elements = room = 0
    for var in variables:
        size = _elements(var)
        elements, room = elements + size, room + size * var.dtype.size
        if print_info:
            print(var.name, tensor_description(var), f"[{size}, bytes: {size * var.dtype.size}]")  # noqa: T201
    if print_info:
        print(f"Total size of variables: {elements}\nTotal bytes of variables: {room}")  # noqa: T201
    return elements, room


__getattr__ = absent(__name__)

"""Operations with what a session keeps beside variables: iterators, queues, readers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.framework.shapes import TensorShape

SCALAR = TensorShape([])


def apply(
    op: Any, inputs: Sequence[Any], types: Sequence[tuple[Any, Any]], name: str,
    attrs: dict[str, Any] | None = None, **extra: Any,
) -> Any:
    """A new node of the default graph; `types`: (DType, TensorShape) of its results."""
    graph = get_default_graph()
    node = static.apply(
        graph, op, inputs, attrs, name=graph.operation_name(name),
        types=[static.Type(t.tensor_dtype, s.known()) for t, s in types],
        extra={"dtypes": tuple(t for t, _ in types), **extra}, control=graph.control)
    graph.placed(node)
    return node


def handle(op: Any, name: str, **extra: Any) -> Any:
    """A new resource: the tensor that stands for it."""
    return apply(op, [], [(dtypes.resource, SCALAR)], name, **extra).outputs[0]


def boxed(value: Any) -> Any:
    """Any object as an array without axes."""
    made = np.empty((), object)
    made[()] = value
    return made


def name_of(handle: Any) -> str:
    """The name of a resource by its handle's value."""
    found = np.asarray(handle, object).item()
    return found.decode() if isinstance(found, bytes) else found

"""Checks of tensors and names, and marks of what is old."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import float32
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, graph_of
from pentad.frontends.tensorflow1.framework.shapes import TensorShape
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor
from pentad.frontends.tensorflow1.framework.tensor import Tensor
from pentad.frontends.tensorflow1.metrics.state import aligned
from pentad.frontends.tensorflow1.ops.reductions import add_n, reduce_sum
from pentad.frontends.tensorflow1.train.steps import assert_global_step, get_global_step


def assert_scalar(tensor: Any, name: str | None = None, message: str | None = None) -> Any:
    """The tensor; ValueError unless it has no axes."""
    found = convert_to_tensor(tensor)
    if found.shape.ndims != 0:
        raise pt.ShapeError(static.message(
            message or f"Expected scalar shape for {found.name}, saw shape: {found.shape}."))
    return found


def assert_scalar_int(tensor: Any, name: str | None = None) -> Any:
    """The tensor; an error unless it is a whole number without axes."""
    found = convert_to_tensor(tensor)
    if not found.dtype.is_integer:
        raise pt.ArgumentError(f"Expected integer type for {found.name}, received type: "
                               f"{found.dtype.name}.")
    return assert_scalar(found)


def assert_same_float_dtype(tensors: Any = None, dtype: Any = None) -> Any:
    """The type of tensors; ValueError unless they have one, a floating one."""
    kinds = [t.dtype.base_dtype for t in tensors or () if t is not None]
    kinds += [dtype] if dtype is not None else []
    for kind in kinds:
        if kind is not kinds[0] or not kind.is_floating:
            raise pt.ArgumentError(static.message(
                "Expected floating point types that are the same",
                got=", ".join(k.name for k in kinds)))
    return kinds[0] if kinds else float32


def assert_or_get_global_step(graph: Any = None, global_step_tensor: Any = None) -> Any:
    """The global step that is given, or that of the graph; it must be a whole number."""
    if global_step_tensor is None:
        found = get_global_step(graph)
        if found is None:
            return None
        global_step_tensor = found
    assert_global_step(global_step_tensor)
    return global_step_tensor


def reduce_sum_n(tensors: Any, name: str | None = None) -> Any:
    """The sum of the sums of tensors."""
    if not tensors:
        raise pt.ArgumentError("No tensors provided.")
    return add_n([reduce_sum(t) for t in tensors], name=name or "reduce_sum_n")


def remove_squeezable_dimensions(
    labels: Any, predictions: Any, expected_rank_diff: int = 0, name: str | None = None
) -> Any:
    """(predictions, labels) without a last axis of one that only one of them has."""
    return aligned(predictions, labels)


def with_shape(expected_shape: Any, tensor: Any) -> Any:
    """The tensor; ValueError unless it can have that shape."""
    found = convert_to_tensor(tensor)
    shape = TensorShape([int(n) for n in expected_shape])
    if not found.shape.is_compatible_with(shape):
        raise pt.ShapeError(static.message(
            f"Invalid shape for tensor {found.name}", expected=str(shape), got=str(found.shape)))
    found.set_shape(shape)
    return found


def with_same_shape(expected_tensor: Any, tensor: Any) -> Any:
    """The tensor; ValueError unless it can have the shape of another one."""
    found, other = convert_to_tensor(tensor), convert_to_tensor(expected_tensor)
    found.shape.assert_is_compatible_with(other.shape)
    return found


def is_tensor(x: Any) -> bool:
    """Is it a tensor, a sparse one, or a variable?"""
    return isinstance(x, Tensor | SparseTensor) or hasattr(x, "_dense_tensor")


def strip_name_scope(name: str, export_scope: str | None) -> str:
    """A name without a scope in front of it."""
    if not export_scope:
        return name
    scope = export_scope.rstrip("/")
    return re.sub(rf"([\^]|loc:@|^){re.escape(scope)}[\/]+(.*)", r"\1\2", name, count=1)


def prepend_name_scope(name: str, import_scope: str | None) -> str:
    """A name with a scope in front of it."""
    if not import_scope:
        return name
    scope = import_scope.rstrip("/")
    return re.sub(r"([\^]|loc:@|^)(.*)", rf"\g<1>{scope}/\2", name, count=1)


def get_name_scope() -> str:
    """The present name scope."""
    return get_default_graph().get_name_scope()


def get_placeholders(graph: Any) -> list[Any]:
    """The placeholders of a graph."""
    return [op.outputs[0] for op in graph.get_operations() if op.type == "Placeholder"]


def get_graph_from_inputs(op_input_list: Any, graph: Any = None) -> Any:
    """The graph of tensors."""
    return graph or graph_of(op_input_list)


def deprecated(date: Any, instructions: str, warn_once: bool = True) -> Callable[..., Any]:
    """Mark a function as old."""
    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            warnings.warn(f"{function.__qualname__} is deprecated. {instructions}",
                          DeprecationWarning, stacklevel=2)
            return function(*args, **kwargs)

        return call

    return mark


def deprecated_args(
    date: Any, instructions: str, *deprecated_arg_names_or_tuples: Any, **kwargs: Any
) -> Callable[..., Any]:
    """Mark arguments of a function as old."""
    return lambda function: function


def deprecated_arg_values(
    date: Any, instructions: str, warn_once: bool = True, **deprecated_kwargs: Any
) -> Callable[..., Any]:
    """Mark values of arguments of a function as old."""
    return lambda function: function

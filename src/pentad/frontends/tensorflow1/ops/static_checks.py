"""Checks of ranks and types, most of which are done while the graph is built."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import constant_value, convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.tensor import Tensor
from pentad.frontends.tensorflow1.ops.checks import Assert
from pentad.frontends.tensorflow1.ops.identity import no_op


def _ranked(public: str, holds: Any, words: str) -> Any:
    def call(
        x: Any, rank: Any, data: Any = None, summarize: Any = None, message: str | None = None,
        name: str | None = None,
    ) -> Any:
        from pentad.frontends.tensorflow1.ops.shaping import rank as rank_of

        with name_scope(name, public, [x]):
            x = convert_to_tensor(x, name="x")
            wanted = constant_value(convert_to_tensor(rank, dtypes.int32))
            if wanted is not None and np.ndim(wanted):
                raise pt.ArgumentError(static.message("Rank must be a scalar.", got=repr(rank)))
            known = x.shape.ndims
            if known is not None and wanted is not None:
                if not holds(known, int(wanted)):
                    raise pt.ShapeError(static.message(
                        f"{message or ''} {x.name} must have rank {words} {int(wanted)}.",
                        got=f"rank {known}, shape {x.shape}"))
                return no_op(name="static_checks_determined_all_ok")
            held = _dynamic(holds, rank_of(x), rank)
            return Assert(held, data or [message or "", x.name, rank_of(x)], summarize)

    call.__name__ = public
    call.__doc__ = f"An operation that fails unless x has a rank {words} another."
    return call


def _dynamic(holds: Any, found: Any, wanted: Any) -> Any:
    from pentad.frontends.tensorflow1.ops import comparison

    return comparison.equal(found, wanted) if holds(0, 0) and not holds(1, 0) else (
        comparison.greater_equal(found, wanted))


assert_rank = _ranked("assert_rank", lambda a, b: a == b, "equal to")
assert_rank_at_least = _ranked("assert_rank_at_least", lambda a, b: a >= b, "at least")


def assert_rank_in(
    x: Any, ranks: Any, data: Any = None, summarize: Any = None, message: str | None = None,
    name: str | None = None,
) -> Any:
    """An operation that fails unless x has one of these ranks."""
    from pentad.frontends.tensorflow1.ops import comparison, reductions, shaping

    with name_scope(name, "assert_rank_in", [x]):
        x = convert_to_tensor(x, name="x")
        if x.shape.ndims is None:
            held = reductions.reduce_any(comparison.equal(shaping.rank(x), list(ranks)))
            return Assert(held, data or [message or "", x.name, shaping.rank(x)], summarize)
        if x.shape.ndims not in tuple(ranks):
            raise pt.ShapeError(static.message(
                f"{message or ''} {x.name} must have rank in {tuple(ranks)}.",
                got=f"rank {x.shape.ndims}"))
        return no_op(name="static_checks_determined_all_ok")


def assert_scalar(tensor: Any, name: str | None = None, message: str | None = None) -> Any:
    """The tensor; ValueError unless it has no axes."""
    with name_scope(name, "assert_scalar", [tensor]):
        tensor = convert_to_tensor(tensor)
        if tensor.shape.ndims != 0:
            raise pt.ShapeError(static.message(
                f"{message or ''} Expected scalar shape for {tensor.name}, saw shape: "
                f"{tensor.shape}."))
        return tensor


def assert_type(
    tensor: Any, tf_type: Any, message: str | None = None, name: str | None = None
) -> Any:
    """TypeError unless the tensor is of that type."""
    tensor = convert_to_tensor(tensor)
    if tensor.dtype.base_dtype is not dtypes.as_dtype(tf_type).base_dtype:
        raise TypeError(static.message(
            f"{message or ''} {tensor.op.name} must be of type {tf_type!r}",
            got=repr(tensor.dtype)))
    return no_op(name="statically_determined_correct_type")


def assert_integer(x: Any, message: str | None = None, name: str | None = None) -> Any:
    """TypeError unless the tensor has whole numbers."""
    x = convert_to_tensor(x)
    if not x.dtype.is_integer:
        raise TypeError(static.message(
            f"{message or ''} Expected \"x\" to be integer type.  Found: {x.name} of dtype "
            f"{x.dtype.name}"))
    return no_op(name="statically_determined_was_integer")


def assert_same_float_dtype(tensors: Any = None, dtype: Any = None) -> Any:
    """The one floating-point type of all; ValueError if there are two."""
    found = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
    for tensor in tensors or ():
        own = tensor.dtype.base_dtype
        if found is not None and own is not found:
            raise pt.ArgumentError(static.message(
                "Tensors have different types", expected=found.name, got=repr(tensor)))
        found = own
    found = found or dtypes.float32
    if not found.is_floating:
        raise pt.ArgumentError(f"Expected floating point type, got {found.name}.")
    return found


def assert_proper_iterable(values: Any) -> None:
    """TypeError for a tensor, an array, a text or what is no iterable."""
    wrong = (Tensor, np.ndarray, bytes, str)
    if isinstance(values, wrong) or hasattr(values, "dense_shape"):
        raise TypeError(static.message("Expected argument \"values\" to be a \"proper\" iterable.",
                                       got=str(type(values))))
    if not hasattr(values, "__iter__"):
        raise TypeError(static.message("Expected argument \"values\" to be iterable.",
                                       got=str(type(values))))


def is_numeric_tensor(tensor: Any) -> bool:
    """Is it a tensor of numbers?"""
    kinds = dtypes.REALS | dtypes.COMPLEX | dtypes.QUANTIZED_DTYPES
    return isinstance(tensor, Tensor) and tensor.dtype.base_dtype in kinds


def is_tensor(x: Any) -> bool:
    """Is it a tensor, a variable, or the like?"""
    return isinstance(x, Tensor) or hasattr(x, "_dense_tensor") or (
        hasattr(x, "dense_shape") and hasattr(x, "graph"))


def _ordered(public: str, function: str) -> Any:
    def call(x: Any, name: str | None = None) -> Any:
        from pentad.frontends.tensorflow1.ops import comparison, reductions, shaping

        with name_scope(name, public, [x]):
            flat = shaping.reshape(convert_to_tensor(x), [-1])
            return reductions.reduce_all(getattr(comparison, function)(flat[:-1], flat[1:]))

    call.__name__ = public
    call.__doc__ = "Is each element in order after the one before it?"
    return call


is_non_decreasing = _ordered("is_non_decreasing", "less_equal")
is_strictly_increasing = _ordered("is_strictly_increasing", "less")


def confusion_matrix(
    labels: Any = None, predictions: Any = None, num_classes: Any = None,
    dtype: Any = dtypes.int32, name: str | None = None, weights: Any = None,
) -> Any:
    """How often each label was predicted as each class."""
    from pentad.frontends.tensorflow1.ops import elementwise, gathering, reductions, shaping
    from pentad.frontends.tensorflow1.ops.casting import cast
    from pentad.frontends.tensorflow1.ops.creation import ones_like

    with name_scope(name, "confusion_matrix", [labels, predictions]):
        labels = cast(convert_to_tensor(labels), dtypes.int64)
        predictions = cast(convert_to_tensor(predictions), dtypes.int64)
        if num_classes is None:
            largest = elementwise.maximum(reductions.reduce_max(predictions),
                                          reductions.reduce_max(labels))
            num_classes = largest + 1
        size = cast(convert_to_tensor(num_classes), dtypes.int64)
        values = ones_like(predictions, dtype) if weights is None else cast(
            convert_to_tensor(weights), dtype)
        places = shaping.stack([labels, predictions], 1)
        return gathering.scatter_nd(places, values, shaping.stack([size, size]))

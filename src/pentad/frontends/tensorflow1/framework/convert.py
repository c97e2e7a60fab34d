"""Values of Python as tensors: numbers, texts, arrays, lists of tensors, variables, shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.framework.shapes import Dimension, TensorShape, as_shape
from pentad.frontends.tensorflow1.framework.tensor import Tensor

_functions: list[tuple[int, Any, Callable[..., Any]]] = []


def register_tensor_conversion_function(
    base_type: Any, conversion_func: Callable[..., Any], priority: int = 100
) -> None:
    """Let convert_to_tensor take objects of a type: (value, dtype, name, as_ref) to a tensor."""
    _functions.append((priority, base_type, conversion_func))
    _functions.sort(key=lambda row: row[0])


def convert_to_tensor(
    value: Any, dtype: Any = None, name: str | None = None, preferred_dtype: Any = None,
    dtype_hint: Any = None,
) -> Tensor:
    """The value as a tensor; of `dtype`, else of the preferred one if it can be that."""
    wanted = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
    preferred = preferred_dtype or dtype_hint
    turn = getattr(value, "_dense_tensor", None)
    if turn is not None and not isinstance(value, Tensor):
        value = turn(wanted, name)
    if isinstance(value, Tensor):
        if wanted is not None and value.dtype.base_dtype is not wanted:
            raise pt.ArgumentError(static.message(
                f"Tensor conversion requested dtype {wanted.name} for Tensor with dtype "
                f"{value.dtype.name}: {value!r}", hint=f"use tf.cast(..., tf.{wanted.name})"))
        graph = get_default_graph()
        if value.graph is not graph:
            raise pt.ArgumentError(static.message(
                f"{value} must be from the same graph as the operation that uses it.",
                expected=f"one of {graph!r}",
                got=f"one of {value.graph!r}, made at {value.node.line}",
                hint="make all of it within one `with graph.as_default():`"))
        return value
    for _, kind, function in _functions:
        if isinstance(value, kind):
            found = function(value, dtype=wanted, name=name, as_ref=False)
            if found is not NotImplemented:
                return found
    if wanted is None and preferred is not None:
        try:
            return _converted(value, dtypes.as_dtype(preferred).base_dtype, name)
        except (TypeError, ValueError):
            pass
    return _converted(value, wanted, name)


def convert_to_tensor_or_leave(value: Any) -> Any:
    """The value as a tensor; operations, None and arrays of tensors stay as they are."""
    if value is None or isinstance(value, static.Node):
        return value
    return value.flow if hasattr(value, "flow") else convert_to_tensor(value)


def _converted(value: Any, wanted: dtypes.DType | None, name: str | None) -> Tensor:
    if isinstance(value, list | tuple) and _holds_tensors(value):
        return _packed(value, wanted, name)
    return constant(value, wanted, name=name or "Const")


def _holds_tensors(value: Any) -> bool:
    return any(
        isinstance(v, Tensor) or hasattr(v, "_dense_tensor")
        or (isinstance(v, list | tuple) and _holds_tensors(v)) for v in value
    )


def _packed(value: Any, wanted: dtypes.DType | None, name: str | None) -> Tensor:
    from pentad.frontends.tensorflow1.ops.shaping import stack

    if wanted is None:
        wanted = _first_type(value)
    parts = [
        _packed(v, wanted, None) if isinstance(v, list | tuple)
        else convert_to_tensor(v, wanted if not isinstance(v, Tensor) else None)
        for v in value
    ]
    return stack(parts, name=name or "packed")


def _first_type(value: Any) -> dtypes.DType | None:
    for v in value:
        found = _first_type(v) if isinstance(v, list | tuple) else (
            v.dtype.base_dtype if isinstance(v, Tensor) or hasattr(v, "_dense_tensor") else None)
        if found is not None:
            return found
    return None


def constant(
    value: Any, dtype: Any = None, shape: Any = None, name: str = "Const",
    verify_shape: bool = False,
) -> Tensor:
    """A tensor with a value that is known now.

    shape: what to fill or reshape to; fewer values than it has places repeat the last one.
    """
    graph = get_default_graph()
    array, wanted = as_array(value, dtype)
    if shape is not None:
        sizes = as_shape(shape).known()
        if verify_shape and sizes != array.shape:
            raise TypeError(static.message(
                f"Expected Tensor's shape: {sizes}, got {array.shape}."))
        array = _filled(array, sizes)
    return of_array(graph, array, wanted, graph.operation_name(name))


def of_array(graph: Any, array: Any, wanted: dtypes.DType, name: str) -> Tensor:
    """A constant of an array that has the type already."""
    made = static.constant(graph, array, wanted.tensor_dtype, name)
    if wanted is not dtypes.of_tensor(wanted.tensor_dtype):
        made.node.extra["dtypes"] = (wanted,)
    graph.placed(made.node)
    made.node.control = graph.control
    return made


def _filled(array: Any, sizes: Any) -> Any:
    total = int(np.prod(sizes))
    if array.size > total or (array.size == 0 and total):
        raise pt.ShapeError(static.message(
            f"Too many elements provided. Needed at most {total}, but received {array.size}",
            expected=str(tuple(sizes)), got=str(array.shape)))
    flat = array.reshape(-1)
    if flat.size < total:
        flat = np.concatenate([flat, np.repeat(flat[-1:], total - flat.size)])
    return flat.reshape(sizes)


def as_array(value: Any, dtype: Any = None) -> tuple[Any, dtypes.DType]:
    """The value as an array, and its type; TypeError where it cannot be that without loss."""
    wanted = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
    if value is None:
        raise pt.ArgumentError(static.message("None values not supported."))
    if isinstance(value, Dimension):
        value = int(value)
    if isinstance(value, TensorShape):
        value = _sizes(value)
        if wanted is None:
            return np.array(value, np.int32), dtypes.int32
    if isinstance(value, list | tuple):
        value = _plain(value)
    if isinstance(value, np.ndarray | np.generic):
        return _of_numpy(np.asarray(value), wanted)
    array = _list_array(value, wanted)
    kind = array.dtype.kind
    if kind in "SUO":
        if wanted not in (None, dtypes.string):
            raise _wrong(value, wanted)
        return _bytes(array), dtypes.string
    natural = _natural(array)
    wanted = wanted or (natural if array.size else dtypes.float32)
    if array.size and not _safe(natural, array, wanted):
        raise _wrong(value, wanted)
    return _cast(array, wanted), wanted


def _plain(value: Any) -> Any:
    return [
        _plain(v) if isinstance(v, list | tuple) else int(v) if isinstance(v, Dimension)
        else _sizes(v) if isinstance(v, TensorShape) else v for v in value
    ]


def _sizes(shape: TensorShape) -> list[int]:
    if not shape.is_fully_defined():
        raise pt.ArgumentError(static.message(
            f"Cannot convert a partially known TensorShape to a Tensor: {shape}",
            hint="use tf.shape(x) for sizes that are known when the graph runs"))
    return [int(d) for d in shape]


def _list_array(value: Any, wanted: Any) -> Any:
    try:
        array = np.array(value)
    except ValueError:
        raise pt.ArgumentError(static.message(
            "Argument must be a dense tensor: the rows have different lengths",
            got=repr(value)[:100])) from None
    if array.dtype.kind == "O" and not all(
        isinstance(v, str | bytes) for v in array.reshape(-1).tolist()
    ):
        bad = next(v for v in array.reshape(-1).tolist() if not isinstance(v, str | bytes))
        raise TypeError(static.message(
            f"Failed to convert object of type {type(value)} to Tensor. Contents: "
            f"{repr(value)[:100]}. Consider casting elements to a supported type.",
            expected="numbers, texts, arrays or tensors", got=type(bad).__name__))
    if array.dtype.kind in "US":
        return np.array(value, object)
    return array


def _of_numpy(array: Any, wanted: dtypes.DType | None) -> tuple[Any, dtypes.DType]:
    if array.dtype.kind in "SUO":
        if wanted in (None, dtypes.string):
            return _bytes(array), dtypes.string
        array = array.astype(wanted.as_numpy_dtype)
    wanted = wanted or dtypes.of_array(array.dtype)
    if wanted is dtypes.string:
        raise _wrong(array, wanted)
    return _cast(array, wanted), wanted


def _cast(array: Any, wanted: dtypes.DType) -> Any:
    return array.astype(wanted.tensor_dtype.numpy) if wanted is not dtypes.string else array


def _bytes(array: Any) -> Any:
    made = np.empty(array.shape, object)
    flat = made.reshape(-1)
    for i, v in enumerate(array.reshape(-1).tolist()):
        flat[i] = v.encode() if isinstance(v, str) else bytes(v)
    return flat.reshape(array.shape)


def _natural(array: Any) -> dtypes.DType:
    kind = array.dtype.kind
    if kind == "i":
        fits = not array.size or (array.min() >= -(2**31) and array.max() < 2**31)
        return dtypes.int32 if fits else dtypes.int64
    return {"b": dtypes.bool_, "f": dtypes.float32, "c": dtypes.complex128,
            "u": dtypes.uint64}[kind]


def _safe(natural: dtypes.DType, array: Any, wanted: dtypes.DType) -> bool:
    if wanted is dtypes.string:
        return False
    if natural.is_bool or wanted.is_bool:
        return natural is wanted
    if wanted.is_integer or wanted.is_quantized:
        if not natural.is_integer:
            return False
        info = np.iinfo(wanted.as_numpy_dtype)
        return int(array.min()) >= info.min and int(array.max()) <= info.max
    return wanted.is_complex or not natural.is_complex


def _wrong(value: Any, wanted: Any) -> Exception:
    kind = type(value).__name__
    return TypeError(static.message(
        f"Expected {wanted.name}, got {repr(value)[:60]} of type '{kind}' instead.",
        expected=wanted.name, got=repr(value)[:60],
        hint=f"convert it, or give a tensor and tf.cast it to tf.{wanted.name}"))


def constant_value(tensor: Any, partial: bool = False) -> Any:
    """The value of a tensor as an array if it is known before the graph runs, else None."""
    if not isinstance(tensor, Tensor):
        return np.asarray(tensor)
    node = tensor.node
    if "value" in node.extra:
        return node.extra["value"]
    probes = tensor.probes
    if not probes or not all(isinstance(p, static.Known) for p in probes):
        return None
    first = probes[0].array
    if node.op.name == "Placeholder" or first.dtype == object:
        return None
    if any(p.array.shape != first.shape or (p.array != first).any() for p in probes):
        return None
    return first


def constant_value_as_shape(tensor: Any) -> TensorShape:
    """The shape that a tensor of sizes stands for, as far as it is known."""
    if not isinstance(tensor, Tensor):
        return as_shape(None if tensor is None else [None if n == -1 else n for n in tensor])
    probes = tensor.probes
    if all(isinstance(p, static.Known) for p in probes):
        rows = [p.array.tolist() for p in probes]
        return TensorShape([
            column[0] if len(set(column)) == 1 and column[0] >= 0 else None
            for column in zip(*rows)
        ])
    shape = tensor.static_type.shape
    return TensorShape(None if not shape or shape[0] is None else [None] * shape[0])


__all__ = ["as_array", "constant", "constant_value", "constant_value_as_shape",
           "convert_to_tensor", "of_array", "register_tensor_conversion_function"]

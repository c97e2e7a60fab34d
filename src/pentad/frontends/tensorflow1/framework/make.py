"""Making operations of the table: inputs converted, types checked, names given."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import Graph, graph_of
from pentad.frontends.tensorflow1.framework.registry import (
    DEFAULT_TYPES,
    REQUIRED,
    Argument,
    Record,
    record,
)
from pentad.frontends.tensorflow1.framework.shapes import as_shape
from pentad.frontends.tensorflow1.framework.tensor import Tensor


def op(
    name: str, signature: str, run: Callable[..., Any] | None = None, *,
    allow: Mapping[str, Iterable[dtypes.DType]] = {}, doc: str = "", **options: Any,
) -> Callable[..., Any]:
    """Add an operation to the table (registry.record); the function that makes nodes of it."""
    made = record(name, signature, run, allow=allow, **options)
    return maker(made, doc)


def maker(made: Record, doc: str = "") -> Callable[..., Any]:
    """The function of an operation: its inputs, its attributes, `name`."""
    parameters = [*made.parameters, "name"]
    known = set(parameters)

    def make(*args: Any, **kwargs: Any) -> Any:
        if len(args) > len(parameters):
            raise TypeError(f"{made.name}() takes {len(parameters)} arguments, {len(args)} given")
        given = dict(zip(parameters, args))
        for key, value in kwargs.items():
            if key not in known or key in given:
                what = "an unexpected" if key not in known else "two values for"
                raise TypeError(f"{made.name}() got {what} argument '{key}'")
            given[key] = value
        made_node = node(made, given)
        kind = made_node.extra.get("_gradient_op_type")
        if kind is not None and made.outputs:
            from pentad.frontends.tensorflow1.ops.custom import overridden

            outputs = overridden(made_node, kind)
            return outputs[0] if len(outputs) == 1 else outputs
        return result(made_node, made)

    make.__name__ = make.__qualname__ = made.name
    make.__doc__ = doc or f"The operation {made.name}: {made.signature}."
    make.record = made  # type: ignore[attr-defined]
    return make


def node(made: Record, given: Mapping[str, Any]) -> Any:
    """A new node of an operation, from values for its inputs and attributes and its `name`."""
    graph = graph_of(_flat(given.get(a.name) for a in made.inputs))
    bound: dict[str, Any] = {}
    attrs = _attributes(made, given, bound)
    with graph.as_default(), graph.name_scope(_scope(graph, given, made)) as scope:
        inputs = [_inputs(made, a, given, bound) for a in made.inputs]
        flat = [t for group in inputs for t in group]
        for argument in made.inputs:
            _check_types(made, argument, bound)
        return build(graph, made, flat, attrs, bound, scope[:-1])


def build(
    graph: Graph, made: Record, inputs: Sequence[Any], attrs: dict[str, Any],
    bound: dict[str, Any], name: str,
) -> Any:
    """The node for inputs that are tensors, or variables where the signature has `&`."""
    extra: dict[str, Any] = {"record": made, "bound": bound}
    variables = []
    if made.stateful:
        refs = sum(a.ref for a in made.inputs)
        variables = [variable_node(v) for v in inputs[:refs]]
        inputs = inputs[refs:]
        extra["variables"] = variables
    if isinstance(made.rule, static.RandomOp):
        from pentad.frontends.tensorflow1.framework.seeds import stream

        extra["seed"] = stream(graph, attrs.pop("seed", None), attrs.pop("seed2", None))
    types = opaque = None
    if made.types is not None:
        found = made.types(*inputs, *variables, **attrs)
        types = [static.Type(t.tensor_dtype, s) for t, s in found]
        opaque = [t for t, _ in found]
    elif made.stateful and all(a.ref for a in made.outputs):
        types = [v.outputs[0].static_type for v in variables[:len(made.outputs)]]
    if opaque and any(dtypes.of_tensor(t.tensor_dtype) is not t for t in opaque):
        extra["dtypes"] = opaque
    made_node = static.apply(
        graph, made.rule, inputs, attrs, name=name, types=types, extra=extra,
        control=graph.control,
    )
    graph.placed(made_node)
    return made_node


def variable_node(value: Any) -> Any:
    """The node of a variable; TypeError for anything else."""
    value = getattr(value, "_variable", value)
    found = getattr(value, "node", None)
    if found is not None and "variables" in found.extra and found.extra["variables"]:
        return found.extra["variables"][0]
    if found is None or not hasattr(found, "op") or found.type not in VARIABLE_TYPES:
        raise TypeError(static.message(
            "Input 'ref' requires a mutable tensor", expected="a tf.Variable", got=repr(value)))
    return found


VARIABLE_TYPES = {"VariableV2", "Variable", "VarHandleOp", "TemporaryVariable"}


def result(made_node: Any, made: Record) -> Any:
    """What the function of an operation gives for its node."""
    if not made.outputs:
        return made_node
    if len(made.outputs) == 1:
        several = made.outputs[0].number or made.outputs[0].any_types
        return list(made_node.outputs) if several else made_node.outputs[0]
    groups: list[Any] = list(made_node.outputs)
    if any(a.number or a.any_types for a in made.outputs):
        groups = grouped(made, made_node)
    return _tuple_of(made.name, tuple(a.name for a in made.outputs))(*groups)


def grouped(made: Record, made_node: Any) -> list[Any]:
    """The results, those of one list together."""
    bound, left = made_node.extra["bound"], list(made_node.outputs)
    found = []
    for a in made.outputs:
        if a.number or a.any_types:
            key = a.number or a.attr
            count = bound.get(key, made_node.attrs.get(key))
            count = count if isinstance(count, int) else len(count)
            found.append(left[:count])
            left = left[count:]
        else:
            found.append(left.pop(0))
    return found


@cache
def _tuple_of(name: str, fields: tuple[str, ...]) -> Any:
    return namedtuple(name, fields, rename=True)


def _flat(values: Iterable[Any]) -> list[Any]:
    found = []
    for value in values:
        found.extend(value if isinstance(value, list | tuple) else [value])
    return found


def _scope(graph: Graph, given: Mapping[str, Any], made: Record) -> str:
    name = given.get("name") or made.name
    if not isinstance(name, str):
        raise TypeError(static.message("an operation's name is a string", got=repr(name)))
    return graph.operation_name(name) + "/"


def _attributes(
    made: Record, given: Mapping[str, Any], bound: dict[str, Any]
) -> dict[str, Any]:
    """The attributes, converted to the types of their defaults."""
    attrs = {}
    types = {a.attr for a in (*made.inputs, *made.outputs) if a.attr}
    for name, default in made.attrs.items():
        value = given.get(name, default)
        if value is None and default is not None and default is not REQUIRED:
            value = default
        if value is REQUIRED or (value is None and default is REQUIRED):
            raise TypeError(static.message(f"{made.name}: attribute '{name}' is missing"))
        if isinstance(default, dtypes.DType) or name in types or name == "dtype":
            value = _type_of(value)
            bound[name] = value
        elif isinstance(default, bool | int | float) and isinstance(value, bool | int | float):
            value = type(default)(value)
        elif name == "shape" or name.endswith("_shape"):
            value = as_shape(value)
        attrs[name] = value
    return attrs


def _type_of(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [dtypes.as_dtype(v).base_dtype for v in value]
    return value if value is None else dtypes.as_dtype(value).base_dtype


def _inputs(
    made: Record, argument: Argument, given: Mapping[str, Any], bound: dict[str, Any]
) -> list[Any]:
    if argument.name not in given:
        raise TypeError(f"{made.name}() missing the argument '{argument.name}'")
    value = given[argument.name]
    if argument.ref:
        dtype = value.dtype.base_dtype if hasattr(value, "dtype") else None
        bound.setdefault(argument.attr or "", dtype)
        return [value]
    if argument.any_types:
        found = [convert_to_tensor(v) for v in value]
        bound[argument.attr or ""] = [t.dtype.base_dtype for t in found]
        return found
    if argument.number:
        return _list(made, argument, value, bound)
    return [_one(made, argument, value, bound)]


def _one(made: Record, argument: Argument, value: Any, bound: dict[str, Any]) -> Tensor:
    wanted = argument.dtype or bound.get(argument.attr or "")
    preferred = DEFAULT_TYPES.get(made.allow.get(argument.attr or "", frozenset()))
    if isinstance(value, Tensor) and wanted is not None and value.dtype.base_dtype is not wanted:
        raise _mismatch(made, argument, value, wanted)
    if value is None:
        raise pt.ArgumentError(static.message(
            f"Tried to convert '{argument.name}' to a tensor and failed. Error: None values not "
            f"supported.", expected=f"a tensor for {made.name}", got="None"))
    found = convert_to_tensor(value, wanted, argument.name, preferred)
    if found.dtype.base_dtype is not wanted and wanted is not None:
        raise _mismatch(made, argument, found, wanted)
    bound.setdefault(argument.attr or "", found.dtype.base_dtype)
    return found


def _list(made: Record, argument: Argument, values: Any, bound: dict[str, Any]) -> list[Any]:
    if not isinstance(values, list | tuple):
        values = list(values) if hasattr(values, "__iter__") else None
    if values is None:
        raise TypeError(static.message(
            f"Expected list for '{argument.name}' argument to '{made.name}' Op"))
    wanted = argument.dtype or bound.get(argument.attr or "")
    if wanted is None:
        tensors = [v for v in values if hasattr(v, "dtype") and not hasattr(v, "tolist")]
        wanted = tensors[0].dtype.base_dtype if tensors else None
    found: list[Any] = []
    for place, value in enumerate(values):
        if isinstance(value, Tensor) and wanted is not None and value.dtype.base_dtype != wanted:
            kinds = ", ".join(v.dtype.name if hasattr(v, "dtype") else type(v).__name__
                              for v in values)
            raise pt.DTypeError(static.message(
                f"Tensors in list passed to '{argument.name}' of '{made.name}' Op have types "
                f"[{kinds}] that don't all match.", expected=wanted.name))
        found.append(convert_to_tensor(value, wanted, f"{argument.name}_{place}"))
        wanted = wanted or found[0].dtype.base_dtype
    bound[argument.number or ""] = len(found)
    if wanted is not None:
        bound.setdefault(argument.attr or "", wanted)
    return found


def _mismatch(made: Record, argument: Argument, value: Any, wanted: Any) -> Exception:
    first = next((a for a in made.inputs if a.attr == argument.attr and a is not argument), None)
    rule = f"type {wanted.name} of argument '{first.name}'" if first and argument.attr else (
        f"expected type of {wanted.name}")
    return pt.DTypeError(static.message(
        f"Input '{argument.name}' of '{made.name}' Op has type {value.dtype.base_dtype.name} that "
        f"does not match {rule}.", expected=wanted.name, got=repr(value),
        hint=f"use tf.cast(..., tf.{wanted.name})"))


def _check_types(made: Record, argument: Argument, bound: Mapping[str, Any]) -> None:
    allowed = made.allow.get(argument.attr or "")
    dtype = bound.get(argument.attr or "")
    if allowed and isinstance(dtype, dtypes.DType) and dtype not in allowed:
        names = ", ".join(sorted(t.name for t in allowed))
        raise pt.DTypeError(static.message(
            f"Value passed to parameter '{argument.name}' has DataType {dtype.name} not in list of "
            f"allowed values: {names}", expected=f"one of them for {made.name}", got=dtype.name))


__all__ = ["VARIABLE_TYPES", "build", "grouped", "maker", "node", "op", "result", "variable_node"]

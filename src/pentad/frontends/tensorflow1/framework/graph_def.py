"""Graphs as messages: GraphDef and its nodes, and their attributes."""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad import formats, static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.shapes import TensorShape, as_shape

graphs, tensors = formats.tensorflow.graphs, formats.tensorflow.tensors
PRODUCER = 134


def as_graph_def(graph: Any, add_shapes: bool = False) -> Any:
    """A graph as a GraphDef; bodies of branches and loops are nodes like the others."""
    made = graphs.GraphDef()
    made.versions.producer = PRODUCER
    for node in graph.nodes:
        row = made.node.add()
        _fill(row, node)
        if add_shapes and node.outputs:
            shapes = [tensors.shape_proto(s.static_type.shape) for s in node.outputs]
            row.attr["_output_shapes"].list.shape.extend(shapes)
    return made


def node_def(node: Any) -> Any:
    """A node as a NodeDef."""
    made = graphs.NodeDef()
    _fill(made, node)
    return made


def _fill(made: Any, node: Any) -> None:
    made.name, made.op = node.name, node.type
    if node.device:
        made.device = node.device
    inputs = [v.outputs[0] for v in node.extra.get("variables", ())] + list(node.inputs)
    made.input.extend(tensor_name(s) for s in inputs)
    made.input.extend(f"^{n.name}" for n in node.control)
    for name, value in attributes(node).items():
        attr_value(made.attr[name], value)


def tensor_name(symbol: Any) -> str:
    """A tensor as an input is called: the first result by the node's name alone."""
    return symbol.node.name if symbol.index == 0 else f"{symbol.node.name}:{symbol.index}"


def attributes(node: Any) -> dict[str, Any]:
    """The attributes of a node as Python's values."""
    extra, kind = node.extra, node.op.name
    if kind in ("const", "placeholder", "var") and node.outputs:
        symbol = node.outputs[0]
        found: dict[str, Any] = {"dtype": symbol.dtype.base_dtype}
        if kind == "const":
            found["value"] = extra["value"]
        else:
            found["shape"] = symbol.shape
        if kind == "var":
            found |= {"container": "", "shared_name": ""}
        return found
    found = {k: v for k, v in node.attrs.items() if v is not None}
    for key, value in extra.get("bound", {}).items():
        if key:
            found.setdefault(key, value)
    return found


def attr_value(made: Any, value: Any) -> None:
    """Let an AttrValue be a value; nothing if there is no form for it."""
    if isinstance(value, dtypes.DType):
        made.type = value.as_datatype_enum
    elif isinstance(value, bool | np.bool_):
        made.b = bool(value)
    elif isinstance(value, int | np.integer):
        made.i = int(value)
    elif isinstance(value, float | np.floating):
        made.f = float(value)
    elif isinstance(value, str | bytes):
        made.s = value.encode() if isinstance(value, str) else value
    elif isinstance(value, TensorShape):
        made.shape.CopyFrom(tensors.shape_proto(value.known()))
        made.shape.SetInParent()
    elif isinstance(value, np.ndarray):
        made.tensor.CopyFrom(tensors.make_tensor_proto(value))
    elif isinstance(value, list | tuple):
        _list(made.list, list(value))


def _list(made: Any, values: list[Any]) -> None:
    made.SetInParent()
    kinds = ((dtypes.DType, "type", lambda v: v.as_datatype_enum), (bool, "b", bool),
             (int | np.integer, "i", int), (float, "f", float),
             (str | bytes, "s", lambda v: v.encode() if isinstance(v, str) else v),
             (TensorShape, "shape", lambda v: tensors.shape_proto(v.known())))
    for kind, name, convert in kinds:
        if values and all(isinstance(v, kind) for v in values):
            getattr(made, name).extend(convert(v) for v in values)
            return


def python_value(attr: Any) -> Any:
    """The value of an AttrValue as Python has it."""
    which = attr.WhichOneof("value")
    if which is None:
        return None
    value = getattr(attr, which)
    if which == "s":
        return _text(value)
    if which == "type":
        return dtypes.as_dtype(value)
    if which == "shape":
        return as_shape(value)
    if which == "tensor":
        return formats.tensorflow.tensors.make_ndarray(value, "an attribute")
    if which == "list":
        for name, convert in (("s", _text), ("i", int), ("f", float), ("b", bool),
                              ("type", dtypes.as_dtype), ("shape", as_shape)):
            found = getattr(value, name)
            if found:
                return [convert(v) for v in found]
        return []
    return value


def _text(value: bytes) -> Any:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def variable_def(variable: Any, export_scope: str | None = None) -> Any:
    """A variable as a VariableDef."""

    def name(element: Any) -> str:
        return "" if element is None else element.name

    made = graphs.VariableDef(
        variable_name=variable.name, initializer_name=name(variable.initializer),
        snapshot_name=name(variable._snapshot), trainable=variable.trainable,
        initial_value_name=name(variable._initial_value))
    info = variable._get_save_slice_info()
    if info is not None:
        made.save_slice_info_def.CopyFrom(graphs.SaveSliceInfoDef(
            full_name=info.full_name, full_shape=info.full_shape, var_offset=info.var_offset,
            var_shape=info.var_shape))
    return made


__all__ = ["as_graph_def", "attr_value", "attributes", "node_def", "python_value", "static",
           "tensor_name", "variable_def"]

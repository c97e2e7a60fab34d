"""Graphs of ONNX files as TensorBoard draws them: names with slashes become scopes.

What is drawn of a file is described by the messages of onnx.proto3 below; the values of its
parameters are passed over.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from pentad import formats
from pentad.board.package import proto

_LONGEST = 200
_TYPES = (
    "undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool",
    "float16", "float64", "uint32", "uint64", "complex64", "complex128", "bfloat16",
)


class OnnxSize(formats.messages.Message):
    """The size of one axis: a number, or a name."""

    FIELDS = """
        1 dim_value int64 | value
        2 dim_param string | value
    """


class OnnxShape(formats.messages.Message):
    """The sizes of all axes."""

    FIELDS = """
        1 dim OnnxSize*
    """


class OnnxTensorType(formats.messages.Message):
    """The type of tensors."""

    FIELDS = """
        1 elem_type int32
        2 shape OnnxShape
    """


class OnnxType(formats.messages.Message):
    """The type of a value; those that are no tensors are passed over."""

    FIELDS = """
        1 tensor_type OnnxTensorType
    """


class OnnxValue(formats.messages.Message):
    """What is known of a value."""

    FIELDS = """
        1 name string
        2 type OnnxType
    """


class OnnxTensor(formats.messages.Message):
    """A parameter, without its values."""

    FIELDS = """
        1 dims int64*
        2 data_type int32
        8 name string
    """


class OnnxAttribute(formats.messages.Message):
    """A setting of a node: one of these fields."""

    FIELDS = """
        1 name string
        2 f float
        3 i int64
        4 s bytes
        5 t OnnxTensor
        6 g OnnxGraph
        7 floats float*
        8 ints int64*
        9 strings bytes*
        11 graphs OnnxGraph*
        20 type enum
    """


class OnnxNode(formats.messages.Message):
    """An operation."""

    FIELDS = """
        1 input string*
        2 output string*
        3 name string
        4 op_type string
        5 attribute OnnxAttribute*
        7 domain string
    """


class OnnxGraph(formats.messages.Message):
    """Operations on values that have names."""

    FIELDS = """
        1 node OnnxNode*
        5 initializer OnnxTensor*
        11 input OnnxValue*
        12 output OnnxValue*
        13 value_info OnnxValue*
    """


class OnnxModel(formats.messages.Message):
    """A file."""

    FIELDS = """
        1 ir_version int64
        7 graph OnnxGraph
    """


_SINGLE = {1: "f", 2: "i", 3: "s", 4: "t", 6: "floats", 7: "ints", 8: "strings"}
"""Which field holds an attribute of a type; 5 and 10 are graphs."""


def read(path: str | os.PathLike[str]) -> Any:
    """The graph in a file, as an Event; ResourceError if it cannot be read, FormatError if it is
    no model of ONNX."""
    name = os.fspath(path)
    with formats.files.reading(name) as file:
        if (size := formats.files.length(file)) > formats.limits.MESSAGE_BYTES:
            raise formats.files.broken(name, "too long for a file of ONNX",
                                       f"at most {formats.limits.MESSAGE_BYTES:,} bytes",
                                       f"{size:,}")
        model = OnnxModel.read(file.read(size), name)
    if not model.ir_version or not model.HasField("graph"):
        raise formats.files.broken(name, "no model of ONNX", "a ModelProto with a graph")
    drawing = _Drawing()
    drawing.add_all(model.graph, {}, "")
    return proto("event").Event(graph_def=drawing.graph.SerializeToString())


class _Drawing:
    """A GraphDef in the making."""

    def __init__(self) -> None:
        self.graph = proto("graph").GraphDef()
        self.graph.versions.producer = 22
        self._taken: dict[str, int] = {}

    def add_all(self, graph: Any, outer: dict[str, str], within: str) -> None:
        """Draw a graph, whose nodes may use the values `outer` {value: name of its node}."""
        made = dict(outer)
        types = {v.name: v.type.tensor_type
                 for v in (*graph.value_info, *graph.input, *graph.output)}
        for t in graph.initializer:
            made[t.name] = self._new(f"{within}{t.name.replace('.', '/')}", "parameter", (),
                                     t.data_type, t.dims)
        for v in graph.input:
            if v.name not in made:  # old files name parameters as inputs too
                made[v.name] = self._value(f"{within}input/{v.name}", "input", (), types[v.name])
        for node in graph.node:
            self._operation(node, made, types, within)
        for v in graph.output:
            self._value(f"{within}output/{v.name}", "output", self._makers([v.name], made),
                        types[v.name])

    def _operation(
        self, node: Any, made: dict[str, str], types: dict[str, Any], within: str
    ) -> None:
        first = next((name for name in node.output if name), node.op_type)
        kind = types.get(first)
        name = within + (node.name or first)
        operands = self._makers(node.input, made)
        mine = (self._new(name, node.op_type, operands) if kind is None
                else self._value(name, node.op_type, operands, kind))
        made.update((value, f"{mine}:{i}" if i else mine)
                    for i, value in enumerate(node.output) if value)
        attrs = self.graph.node[-1].attr
        if node.domain:
            attrs["domain"].s = node.domain.encode()
        bodies = []
        for attribute in node.attribute:
            bodies += [(attribute.name, body) for body in attribute.graphs]
            if attribute.HasField("g"):
                bodies.append((attribute.name, attribute.g))
            elif attribute.type in _SINGLE:
                key = attribute.name
                attrs[f"attribute {key}" if key in attrs else key].s = _words(attribute).encode()
        for key, body in bodies:
            self.add_all(body, made, f"{mine}_{key}/")

    @staticmethod
    def _makers(values: Iterable[str], made: dict[str, str]) -> list[str]:
        return [made[value] for value in values if value in made]

    def _value(self, name: str, op: str, operands: Iterable[str], kind: Any) -> str:
        """Draw a node that makes a tensor of a known type."""
        sizes = [d.dim_value if d.WhichOneof("value") == "dim_value" else -1
                 for d in kind.shape.dim] if kind.HasField("shape") else None
        return self._new(name, op, operands, kind.elem_type, sizes)

    def _new(
        self, name: str, op: str, operands: Iterable[str], elements: int = 0,
        sizes: Iterable[int] | None = None,
    ) -> str:
        """Draw a node; its name, which no other has."""
        plain = "/".join(part for part in name.split("/") if part) or op
        count = self._taken[plain] = self._taken.get(plain, -1) + 1
        if count:
            return self._new(f"{plain}_{count}", op, operands, elements, sizes)
        made = self.graph.node.add(name=plain, op=op, input=list(operands))
        if sizes is not None:
            shape = made.attr["_output_shapes"].list.shape.add()
            for size in sizes:
                shape.dim.add(size=size)
        if elements:
            made.attr["dtype"].s = _type(elements).encode()
        return plain


def _type(number: int) -> str:
    return _TYPES[number] if 0 <= number < len(_TYPES) else f"type {number}"


def _words(attribute: Any) -> str:
    """A setting in words, shortened."""
    value = getattr(attribute, _SINGLE[attribute.type])
    if attribute.type == 4:
        return f"{_type(value.data_type)}{list(value.dims)}"[:_LONGEST]
    if attribute.type == 3:
        return value[:_LONGEST].decode(errors="replace")
    if attribute.type > 4:
        shown = [v.decode(errors="replace") if isinstance(v, bytes) else v
                 for v in value[:_LONGEST]]
        return f"{shown}"[:_LONGEST]
    return str(value)

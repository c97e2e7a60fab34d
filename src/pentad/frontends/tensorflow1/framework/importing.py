"""tf.import_graph_def: the nodes of a GraphDef in the default graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import of_array
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.framework.graph_def import python_value
from pentad.frontends.tensorflow1.framework.make import VARIABLE_TYPES, build
from pentad.frontends.tensorflow1.framework.registry import REQUIRED, find
from pentad.frontends.tensorflow1.framework.shapes import TensorShape


def import_graph_def(
    graph_def: Any, input_map: Any = None, return_elements: Any = None, name: str | None = None,
    op_dict: Any = None, producer_op_list: Any = None,
) -> Any:
    """Add the nodes of a GraphDef, in a scope "import" unless a name is given.

    input_map: tensors in place of those of these names. The result: the tensors and operations
    whose names are in return_elements.
    """
    if not hasattr(graph_def, "node"):
        raise TypeError(static.message("graph_def must be a GraphDef proto.",
                                       got=type(graph_def).__name__))
    graph = get_default_graph()
    given = {_key(k): v for k, v in (input_map or {}).items()}
    with graph.name_scope("import" if name is None else name) as scope:
        prefix = scope
    made = _Import(graph, prefix, given)
    made.all(list(graph_def.node))
    unused = [k for k in given if k not in made.used and k[0] not in made.nodes]
    if unused:
        raise pt.ArgumentError(static.message(
            "Attempted to map inputs that were not found in graph_def",
            got=", ".join(f"{n}:{i}" for n, i in unused)))
    return None if return_elements is None else [made.element(e) for e in return_elements]


def _key(name: Any) -> tuple[str, int]:
    text = name.decode() if isinstance(name, bytes) else str(name)
    op, _, index = text.partition(":")
    return op, int(index or 0)


def _refused(store: Any, node: Any, *values: Any) -> Any:
    raise errors.UnimplementedError(None, None, static.message(
        f"Op type not registered '{node.op.name}'", got=f"node '{node.name}' of a graph that was "
        "imported", hint="docs/frontends/tensorflow1.md lists what is supported"))


class _Import:
    """The nodes of one GraphDef as they are added."""

    def __init__(self, graph: Any, prefix: str, given: Mapping[tuple[str, int], Any]) -> None:
        self.graph, self.prefix, self.given = graph, prefix, given
        self.nodes: dict[str, Any] = {}
        self.used: set[tuple[str, int]] = set()
        self.counts: dict[str, int] = {}

    def all(self, rows: list[Any]) -> None:
        """Add nodes, each after those that it needs."""
        by_name = {r.name: r for r in rows}
        for name, index in (_key(i) for r in rows for i in r.input if not i.startswith("^")):
            self.counts[name] = max(self.counts.get(name, 1), index + 1)
        for row in rows:
            stack = [row]
            open_rows: set[str] = set()
            while stack:
                row = stack[-1]
                needed = [n for n, _ in map(_key, (i.lstrip("^") for i in row.input))
                          if n in by_name and n not in self.nodes]
                missing = [n for n in needed if not self._given_all(row, n)]
                if row.name in self.nodes:
                    stack.pop()
                elif not missing:
                    self.nodes[row.name] = self._add(row)
                    stack.pop()
                elif row.name in open_rows:
                    raise errors.UnimplementedError(None, None, static.message(
                        "graphs with cycles cannot be imported",
                        got=f"'{row.name}' ({row.op}) needs itself",
                        hint="loops of TensorFlow's own (Enter, Merge, NextIteration) are not read"
                    ))
                else:
                    open_rows.add(row.name)
                    stack += [by_name[n] for n in missing]

    def _given_all(self, row: Any, name: str) -> bool:
        keys = [_key(i) for i in row.input if not i.startswith("^")]
        wanted = [k for k in keys if k[0] == name]
        return bool(wanted) and all(k in self.given for k in wanted)

    def tensor(self, name: str) -> Any:
        """The tensor that an input names."""
        key = _key(name)
        if key in self.given:
            self.used.add(key)
            return self.given[key]
        node = self.nodes.get(key[0])
        if node is None or key[1] >= len(node.outputs):
            raise pt.ArgumentError(static.message(
                f"graph_def is invalid: there is no tensor '{name}'"))
        return node.outputs[key[1]]

    def element(self, name: Any) -> Any:
        """The tensor or operation of a name."""
        text = name.decode() if isinstance(name, bytes) else name
        if ":" in text:
            return self.tensor(text)
        if text not in self.nodes:
            raise pt.ArgumentError(static.message(
                f"Requested return_element '{text}' not found in graph_def."))
        return self.nodes[text]

    def _add(self, row: Any) -> Any:
        graph = self.graph
        inputs = [self.tensor(i) for i in row.input if not i.startswith("^")]
        control = [self.nodes[i[1:]] for i in row.input if i.startswith("^")]
        attrs = {k: python_value(v) for k, v in row.attr.items() if not k.startswith("_")}
        name = static.Graph.unique_name(graph, self.prefix + row.name)
        with graph.as_default(), graph.control_dependencies(None), graph.name_scope(None), \
                graph.control_dependencies(control), graph.device(row.device or None):
            return self._made(row, inputs, attrs, name)

    def _made(self, row: Any, inputs: list[Any], attrs: dict[str, Any], name: str) -> Any:
        graph, dtype = self.graph, attrs.get("dtype")
        if row.op == "Const":
            return of_array(graph, attrs["value"], dtype, name).node
        shape = attrs.get("shape", TensorShape(None))
        if row.op in ("Placeholder", "PlaceholderV2"):
            made = static.placeholder(graph, dtype.tensor_dtype, shape.known(), name)
        elif row.op in VARIABLE_TYPES:
            made = static.variable(graph, dtype.tensor_dtype, shape.known(), name)
        else:
            return self._of_record(row, inputs, attrs, name)
        made.node.extra["type"] = row.op
        if dtype is not dtypes.of_tensor(dtype.tensor_dtype):
            made.node.extra["dtypes"] = (dtype,)
        made.node.control = graph.control
        return made.node

    def _unknown(self, row: Any, inputs: list[Any], attrs: dict[str, Any], name: str) -> Any:
        """An operation that nobody knows: an error when it runs, not before.

        The gradients of a training graph are such; who imports it to predict does not need them.
        """
        dtype = next((attrs[k] for k in ("T", "dtype", "DstT") if hasattr(attrs.get(k), "size")),
                     dtypes.float32)
        types = [static.Type(dtype.tensor_dtype, None)] * self.counts.get(row.name, 1)
        op = static.ResourceOp(row.op, _refused)
        return static.apply(self.graph, op, inputs, name=name, types=types,
                            control=self.graph.control)

    def _of_record(self, row: Any, inputs: list[Any], attrs: dict[str, Any], name: str) -> Any:
        if row.op == "SymbolicGradient":
            ys, count = int(attrs["ys"]), int(attrs["xs"])
            given = {"ys": ys, "xs": count, "given": tuple(bool(v) for v in attrs["given"])}
            types = [x.static_type for x in inputs[ys:ys + count]]
            return static.apply(self.graph, static.GRADIENT, inputs, given, name=name, types=types,
                                control=self.graph.control)
        record = find(row.op)
        if record is None:
            return self._unknown(row, inputs, attrs, name)
        used = {k: attrs.get(k, d) for k, d in record.attrs.items()}
        missing = [k for k, v in used.items() if v is REQUIRED]
        if missing:
            raise pt.ArgumentError(static.message(
                f"NodeDef '{row.name}' misses the attributes {', '.join(missing)}"))
        bound = {k: v for k, v in attrs.items() if k not in used or hasattr(v, "base_dtype")}
        for argument in record.inputs:
            if argument.any_types and isinstance(attrs.get(argument.attr), list):
                bound[argument.attr] = attrs[argument.attr]
        return build(self.graph, record, inputs, used, bound, name)

"""tf.graph_util: parts of GraphDefs, and variables that become constants."""

from __future__ import annotations

from typing import Any

from pentad import static
from pentad.frontends.tensorflow1.framework.importing import import_graph_def
from pentad.frontends.tensorflow1.framework.messages import GraphDef, make_tensor_proto

_VARIABLES = ("Variable", "VariableV2", "VarHandleOp")


def _source(name: str) -> str:
    """The node that an input comes from."""
    return name.lstrip("^").partition(":")[0]


def extract_sub_graph(graph_def: Any, dest_nodes: Any) -> Any:
    """What some nodes need, as a GraphDef of its own."""
    if isinstance(dest_nodes, str):
        raise TypeError(static.message("dest_nodes must be a list.", got=repr(dest_nodes)))
    rows = {n.name: n for n in graph_def.node}
    missing = [n for n in dest_nodes if _source(n) not in rows]
    if missing:
        raise AssertionError(static.message(f"{missing[0]} is not in graph"))
    needed: set[str] = set()
    stack = [_source(n) for n in dest_nodes]
    while stack:
        name = stack.pop()
        if name not in needed:
            needed.add(name)
            stack += [_source(i) for i in rows[name].input]
    made = GraphDef()
    made.versions.CopyFrom(graph_def.versions)
    for row in graph_def.node:
        if row.name in needed:
            made.node.add().CopyFrom(row)
    return made


def convert_variables_to_constants(
    sess: Any, input_graph_def: Any, output_node_names: Any, variable_names_whitelist: Any = None,
    variable_names_blacklist: Any = None,
) -> Any:
    """What some nodes need, the variables replaced by what they are in a session."""
    part = extract_sub_graph(input_graph_def, output_node_names)
    kept = set(variable_names_blacklist or ())
    names = [
        n.name for n in part.node
        if n.op in _VARIABLES and n.name not in kept
        and (variable_names_whitelist is None or n.name in variable_names_whitelist)
    ]
    values = dict(zip(names, sess.run([f"{n}:0" for n in names]))) if names else {}
    made = GraphDef()
    made.versions.CopyFrom(part.versions)
    for row in part.node:
        node = made.node.add()
        if row.name not in values:
            node.CopyFrom(row)
            continue
        node.name, node.op = row.name, "Const"
        node.attr["dtype"].CopyFrom(row.attr["dtype"])
        node.attr["value"].tensor.CopyFrom(make_tensor_proto(values[row.name]))
    return made


def remove_training_nodes(input_graph: Any, protected_nodes: Any = None) -> Any:
    """Without nodes that only pass on what they are given, or check it."""
    protected = set(protected_nodes or ())
    passed: dict[str, str] = {}
    kept = []
    for row in input_graph.node:
        plain = row.op == "Identity" and len(row.input) == 1 and not row.input[0].startswith("^")
        if (row.op == "CheckNumerics" and row.name not in protected) or (
            plain and row.name not in protected
        ):
            passed[row.name] = row.input[0]
        else:
            kept.append(row)
    made = GraphDef()
    made.versions.CopyFrom(input_graph.versions)
    for row in kept:
        node = made.node.add()
        node.CopyFrom(row)
        del node.input[:]
        node.input.extend(_followed(i, passed) for i in row.input)
    return made


def _followed(name: str, passed: dict[str, str]) -> str:
    while name in passed:
        name = passed[name]
    return name


def must_run_on_cpu(node: Any, pin_variables_on_cpu: bool = False) -> bool:
    """Is it a node that runs on the CPU only: a variable, if asked, or one of texts?"""
    row = node if hasattr(node, "attr") else node.node_def
    if pin_variables_on_cpu and row.op in _VARIABLES:
        return True
    return row.op == "Const" and "dtype" in row.attr and row.attr["dtype"].type == 7


def tensor_shape_from_node_def_name(graph: Any, input_name: str) -> Any:
    """The shape of a tensor by its name."""
    name = input_name if ":" in input_name else f"{input_name}:0"
    return graph.get_tensor_by_name(name).get_shape()


__all__ = ["convert_variables_to_constants", "extract_sub_graph", "import_graph_def"]

"""Graphs as TensorBoard draws them: scopes are modules, and after optimisation kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

import pentad as pt
from pentad.board import summaries
from pentad.board.package import proto

_LONGEST = 40
_PLUGIN = "graph_run_metadata_graph"


def traced(model: Any, inputs: Sequence[Any]) -> Any:
    """What a function, or a module without gradients, becomes: see pentad.capture."""
    if not isinstance(model, pt.nn.Module):
        return pt.capture(model, *inputs)
    with pt.no_grad(), pt.nn.utils.module_scopes(model):
        return pt.capture(model, *inputs)


def model_graph(captured: Any, model: Any) -> Any:
    """The graph as it was traced, as an Event: a scope for each module."""
    scopes = _scopes(captured.graph)
    drawing = Drawing(lambda node: node)
    for node, name in _named_inputs(captured, model):
        drawing.add(node, "input" if name.startswith("input/") else "parameter", name)
    drawing.add_all(captured.graph, lambda node: scopes.get(node, ""))
    return proto("event").Event(graph_def=drawing.graph.SerializeToString())


def kernel_graph(captured: Any, model: Any, tag: str) -> Any:
    """The graph after optimisation, as a summary: a scope for each kernel.

    Views and constants, which no kernel computes, are left out.
    """
    explanation = captured.explain()
    graph = explanation.scheduled
    numbers = {node: k.number for k in explanation.kernels for node in k.nodes}
    drawn = {*graph.inputs, *numbers}

    def made_by(node: Any) -> Any:
        while node not in drawn:
            if not node.inputs:
                return None
            node = node.inputs[0]
        return node

    drawing = Drawing(made_by)
    for node, (_, name) in zip(graph.inputs, _named_inputs(captured, model), strict=True):
        drawing.add(node, "input", name.replace("/", "."))
    width = len(str(len(explanation.kernels)))
    for k in explanation.kernels:
        scope = f"{k.number:0{width}d}_{_short('+'.join(k.ops))}"
        for node in k.nodes:
            drawing.add(node, node.op.name, f"{scope}/{node.op.name}")
            module = getattr(node.source, "scope", "")
            drawing.tell(node, module=module, line=node.source or "", over=k.over, plan=k.plan,
                         why_new=k.why)
    drawing.outputs(graph)
    run = proto("config").RunMetadata()
    run.function_graphs.add().pre_optimization_graph.CopyFrom(drawing.graph)
    content = summaries.tensor(np.array([run.SerializeToString()], object))
    return summaries.summary(tag, summaries.metadata(_PLUGIN, b"1", "DATA_CLASS_BLOB_SEQUENCE"),
                             tensor=content)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST - 3]}..."


def _named_inputs(captured: Any, model: Any) -> Iterable[tuple[Any, str]]:
    """The inputs of a graph: arguments, and parameters in the scopes of their modules."""
    names = {id(t): path for path, t in _state(model)}
    for i, (node, origin) in enumerate(zip(captured.graph.inputs, captured.inputs, strict=True)):
        if isinstance(origin, int):
            yield node, f"input/{origin}"
        elif id(origin) in names:
            module, _, name = names[id(origin)].rpartition(".")
            yield node, f"{pt.nn.utils.scope_name(model, module)}/{name}"
        else:
            yield node, f"captured/{i}"


def _state(model: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(model, pt.nn.Module):
        yield from model.named_parameters()
        yield from model.named_buffers()


def _scopes(graph: Any) -> dict[Any, str]:
    """The scope of each node: where it was made, or for views, which know no line, that of a
    user."""
    found = {node: getattr(node.source, "scope", "") for node in graph.nodes}
    for node in reversed(graph.nodes):
        for i in node.inputs:
            if not found[i] and not i.source:
                found[i] = found[node]
    return found


class Drawing:
    """A GraphDef in the making; `made_by(operand)` is the drawn node that an edge comes from, or
    None."""

    def __init__(self, made_by: Callable[[Any], Any]) -> None:
        self.graph = proto("graph").GraphDef()
        self.graph.versions.producer = 22
        self._made_by = made_by
        self._made: dict[Any, Any] = {}
        self._taken: dict[str, int] = {}

    def add_all(self, graph: Any, scope_of: Callable[[Any], str], within: str = "") -> None:
        """Draw what is not there yet, then what the graph gives; loops and branches with their
        bodies."""
        for node in graph.nodes:
            if node in self._made:
                continue
            scope = scope_of(node)
            op = node.op.name
            made = self.add(node, op, within + (f"{scope}/{op}" if scope else op))
            bodies = {k: v for k, v in node.attrs.items() if hasattr(v, "outputs")}
            self.tell(node, line=node.source or "",
                      **{k: v for k, v in node.attrs.items() if k not in bodies})
            for key, body in bodies.items():
                self.add_all(body, lambda node: "", f"{made.name}_{key}/")
        self.outputs(graph, within)

    def outputs(self, graph: Any, within: str = "") -> None:
        """Draw what a graph gives."""
        for i, node in enumerate(graph.outputs):
            self._new(f"{within}output/{i}", "output", node, [node])

    def add(self, node: Any, op: str, name: str) -> Any:
        """Draw a node, whose operands are there."""
        made = self._made[node] = self._new(name, op, node, node.inputs)
        return made

    def tell(self, node: Any, **about: Any) -> None:
        """Say more of a node; TensorBoard shows it when the node is chosen."""
        attrs = self._made[node].attr
        for key, value in about.items():
            if value != "":
                attrs[key].s = str(value).encode()

    def _new(self, name: str, op: str, node: Any, operands: Iterable[Any]) -> Any:
        count = self._taken[name] = self._taken.get(name, -1) + 1
        made = self.graph.node.add(name=f"{name}_{count}" if count else name, op=op)
        makers = [self._made_by(i) for i in operands]
        made.input.extend(self._made[m].name for m in makers if m is not None)
        shape = made.attr["_output_shapes"].list.shape.add()
        for size in node.shape:
            shape.dim.add(size=size if isinstance(size, int) else -1)
        made.attr["dtype"].s = node.dtype.name.encode()
        return made

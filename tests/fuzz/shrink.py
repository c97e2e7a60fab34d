"""Makes a failing graph small: fewer outputs, fewer nodes, nearer inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pentad.graph.node import Graph, Node, input_node, topological


def shrunk(graph: Graph, fails: Callable[[Graph], bool], budget: int = 300) -> Graph:
    """A smaller graph for which `fails` is still true; at most `budget` trials."""
    tried = 0
    progress = True
    while progress and tried < budget:
        progress = False
        for candidate in _smaller(graph):
            tried += 1
            if tried >= budget:
                break
            if fails(candidate):
                graph, progress = candidate, True
                break
    return graph


def _smaller(graph: Graph) -> Iterator[Graph]:
    if len(graph.outputs) > 1:
        for i in range(len(graph.outputs)):
            yield _graph([graph.outputs[i]])
        for i in range(len(graph.outputs)):
            yield _graph([n for j, n in enumerate(graph.outputs) if j != i])
    for node in reversed(graph.nodes):
        if node in graph.inputs:
            continue
        for operand in node.inputs:
            if operand.type.matches(node.type):
                yield _replaced(graph, node, operand)
    for node in reversed(graph.nodes):
        if node not in graph.inputs and node.op.kind != "source":
            yield _replaced(graph, node, input_node(f"cut{_free(graph)}", node.shape, node.dtype))
    if len(graph.outputs) == 1:
        for operand in graph.outputs[0].inputs:
            if operand not in graph.inputs:
                yield _graph([operand])


def _free(graph: Graph) -> int:
    return len(graph.inputs) + sum(str(n.attrs["name"]).startswith("cut") for n in graph.inputs)


def _replaced(graph: Graph, old: Node, new: Node) -> Graph:
    form: dict[Node, Node] = {old: new}
    for node in graph.nodes:
        if node not in form:
            inputs = tuple(form[i] for i in node.inputs)
            same = all(a is b for a, b in zip(inputs, node.inputs, strict=True))
            form[node] = node if same else Node(node.op, inputs, node.attrs, node.type)
    return _graph([form[n] for n in graph.outputs])


def _graph(outputs: list[Node]) -> Graph:
    """The graph of some outputs, its inputs in the order in which they are met, named anew."""
    return Graph([n for n in topological(outputs) if n.op.name == "input"], outputs)

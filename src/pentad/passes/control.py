"""Control flow: loops over the same values become one, and what nobody reads is not computed.

The gradient of a loop asks for a second loop like the first, which also stacks what the gradient
needs (autodiff/control.py). Here the two become one. Both share the nodes of their bodies, so
that this must come before anything rewrites the bodies.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from pentad.graph.node import Graph, Node, inline, topological
from pentad.ops.control import result, results
from pentad.passes.hoist import hoist
from pentad.passes.pattern import constant_of


def control(graph: Graph) -> Graph:
    """The graph with equal loops merged, and results, carried values and operands that nobody
    reads dropped, and sums that they only collect taken out; a branch whose predicate is known
    takes the place of its node."""
    if not any(n.op.kind == "control" for n in graph.nodes):
        return graph
    return _trimmed(hoist(_merged(graph)))


# -- merging -----------------------------------------------------------------------------------


def _merged(graph: Graph) -> Graph:
    """Loops on the same operands whose bodies carry the same nodes are one, with the ys of all."""
    new: dict[Node, Node] = {n: n for n in graph.inputs}
    alike: dict[Hashable, list[Node]] = {}
    for node in graph.nodes:
        if node.op.name == "loop":
            alike.setdefault(_key(node), []).append(node)
    whole: dict[Node, tuple[list[Node], dict[Node, int]]] = {}
    for group in alike.values():
        first = group[0]
        carries = first.attrs["carries"]
        ys = dict.fromkeys(y for n in group for y in n.attrs["body"].outputs[carries:])
        place = {y: carries + i for i, y in enumerate(ys)}
        whole.update((n, (list(ys), place)) for n in group)
    made: dict[Hashable, Node] = {}
    for node in graph.nodes:
        if node in new:
            continue
        inputs = tuple(new[i] for i in node.inputs)
        attrs = node.attrs
        if node in whole:
            body = attrs["body"]
            ys_here, _ = whole[node]
            key = _key(node)
            if key not in made:
                outputs = [*body.outputs[: attrs["carries"]], *ys_here]
                attrs = {**attrs, "body": Graph(body.inputs, outputs)}
                made[key] = Node(node.op, inputs, attrs, node.type, node.source)
            new[node] = made[key]
            continue
        if node.op is result.op and node.inputs[0] in whole:
            attrs = {**attrs, "index": _moved(node, *whole[node.inputs[0]])}
        new[node] = Node(node.op, inputs, attrs, node.type, node.source)
    return Graph(graph.inputs, [new[n] for n in graph.outputs])


def _key(node: Node) -> Hashable:
    attrs, body = node.attrs, node.attrs["body"]
    plain = tuple((k, str(attrs[k])) for k in ("carries", "xs", "length", "reverse", "limited"))
    carried = body.outputs[: attrs["carries"]]
    return (node.inputs, body.inputs, carried, _ends(attrs["cond"]), plain)


def _ends(graph: Graph | None) -> Hashable:
    return None if graph is None else (graph.inputs, graph.outputs)


def _moved(node: Node, ys: Sequence[Node], place: dict[Node, int]) -> int:
    """The index in the merged loop of a result of one of the loops."""
    attrs, index = node.inputs[0].attrs, int(node.attrs["index"])
    outputs = attrs["body"].outputs
    if index < attrs["carries"]:
        return index
    if index == len(outputs):
        return int(attrs["carries"]) + len(ys)
    return place[outputs[index]]


# -- trimming ----------------------------------------------------------------------------------


def _trimmed(graph: Graph) -> Graph:
    read: dict[Node, set[int]] = {}
    for node in graph.nodes:
        if node.op is result.op:
            read.setdefault(node.inputs[0], set()).add(node.attrs["index"])
    new: dict[Node, Node] = {n: n for n in graph.inputs}
    kept: dict[Node, dict[int, Node]] = {}
    for node in graph.nodes:
        if node in new:
            continue
        inputs = [new[i] for i in node.inputs]
        if node.op.kind == "control":
            trim = _trim_loop if node.op.name == "loop" else _trim_cond
            kept[node] = trim(node, inputs, read[node])
            new[node] = node  # read by its results only, which are replaced
        elif node.op is result.op:
            new[node] = kept[node.inputs[0]][node.attrs["index"]]
        elif all(a is b for a, b in zip(inputs, node.inputs, strict=True)):
            new[node] = node
        else:
            new[node] = Node(node.op, inputs, node.attrs, node.type, node.source)
    return Graph(graph.inputs, [new[n] for n in graph.outputs])


def _trim_loop(node: Node, operands: Sequence[Node], read: set[int]) -> dict[int, Node]:
    """The results that are read, of a loop that carries no more than they need."""
    attrs, body = node.attrs, node.attrs["body"]
    c, nx, cond = attrs["carries"], attrs["xs"], attrs["cond"]
    still = [i for i in range(c) if body.outputs[i] is body.inputs[i]]
    live = _live(body, cond, c, nx, [i for i in read if i < len(body.outputs)])
    carried = [i for i in range(c) if i in live and i not in still]
    sequences = [i for i in range(c, c + nx) if i in live]
    constant = [i for i in (*range(c + nx, len(body.inputs)), *still) if i in live]
    ys = [i for i in range(c, len(body.outputs)) if i in read]
    order = [*carried, *sequences, *constant]
    inner = Graph([body.inputs[i] for i in order], [body.outputs[i] for i in (*carried, *ys)])
    ends = None if cond is None else _seen(cond, body, c, nx, [*carried, *constant])
    changed = {**attrs, "body": inner, "cond": ends, "carries": len(carried), "xs": len(sequences)}
    limit = operands[len(operands) - attrs["limited"] :]
    inputs = [*(operands[i] for i in order), *limit]
    made = results(Node(node.op, inputs, changed, node.type, node.source))
    found = {old: made[at] for at, old in enumerate((*carried, *ys, len(body.outputs)))}
    return {**found, **{i: operands[i] for i in still}}


def _live(body: Graph, cond: Graph | None, c: int, nx: int, read: Sequence[int]) -> set[int]:
    """The inputs of the body that what is read depends on, at this step or through later ones."""
    place = {n: i for i, n in enumerate(body.inputs)}
    roots, live = {body.outputs[i] for i in read}, set()
    if cond is not None:
        seen = [*range(c), *range(c + nx, len(body.inputs))]
        needed = set(topological(cond.outputs))
        live = {i for i, n in zip(seen, cond.inputs, strict=True) if n in needed}
        roots |= {body.outputs[i] for i in live if i < c}
    live |= {i for i in read if i < c}
    while True:
        found = live | {place[n] for n in topological(roots) if n in place}
        if found == live:
            return live
        live = found
        roots |= {body.outputs[i] for i in live if i < c}


def _seen(cond: Graph, body: Graph, c: int, nx: int, order: Sequence[int]) -> Graph:
    """The condition on the inputs of the body that are left; others it does not look at."""
    places = [*range(c), *range(c + nx, len(body.inputs))]
    of = dict(zip(places, cond.inputs, strict=True))
    return Graph([of[i] for i in order], cond.outputs)


def _trim_cond(node: Node, operands: Sequence[Node], read: set[int]) -> dict[int, Node]:
    order = sorted(read)
    branches = [node.attrs["on_true"], node.attrs["on_false"]]
    known = constant_of(operands[0])
    if known is not None:
        branch = branches[0 if known else 1]
        values = inline(Graph(branch.inputs, [branch.outputs[i] for i in order]), operands[1:])
        return dict(zip(order, values, strict=True))
    needed = set(topological(g.outputs[i] for g in branches for i in order))
    used = [
        i
        for i, ends in enumerate(zip(*(g.inputs for g in branches), strict=True))
        if any(n in needed for n in ends)
    ]
    trimmed = [
        Graph([g.inputs[i] for i in used], [g.outputs[i] for i in order]) for g in branches
    ]
    attrs = {"on_true": trimmed[0], "on_false": trimmed[1]}
    inputs = [operands[0], *(operands[1 + i] for i in used)]
    made = results(Node(node.op, inputs, attrs, node.type, node.source))
    return dict(zip(order, made, strict=True))



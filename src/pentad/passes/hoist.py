"""Sums that a loop only collects are made after it.

The gradient of a weight that a loop reads at each step is carried from step to step and has one
product added to it each time: as many passes over the weight as there are steps. Here the factors
of the products are stacked instead, which costs nothing where they are stacked anyway, and one
product sums over the steps too.
"""

from __future__ import annotations

from collections.abc import Sequence

from pentad import ops
from pentad.graph.node import Graph, Node
from pentad.graph.sizes import hint_of, product
from pentad.ops.control import loop, result

_WORTH = 4
"""How much larger than what is carried the stacked factors of one step may be."""


def hoist(graph: Graph) -> Graph:
    """The graph with products and sums that loops only add up taken out of them."""
    new: dict[Node, Node] = {n: n for n in graph.inputs}
    split: dict[Node, dict[int, Node]] = {}
    changed = False
    for node in graph.nodes:
        if node in new:
            continue
        inputs = [new[i] for i in node.inputs]
        if node.op is result.op and node.inputs[0] in split:
            new[node] = split[node.inputs[0]][node.attrs["index"]]
            continue
        collected = _collected(node) if node.op.name == "loop" else {}
        if collected:
            split[node] = _Split(node, inputs, collected).results
            new[node] = node  # read by its results only, which are replaced
            changed = True
        elif all(a is b for a, b in zip(inputs, node.inputs, strict=True)):
            new[node] = node
        else:
            new[node] = Node(node.op, inputs, node.attrs, node.type, node.source)
    return Graph(graph.inputs, [new[n] for n in graph.outputs]) if changed else graph


def _collected(node: Node) -> dict[int, Node]:
    """What is added to each carried value that nothing else reads, where it can be taken out."""
    attrs, body = node.attrs, node.attrs["body"]
    if attrs["cond"] is not None or attrs["limited"] or attrs["length"] is None:
        return {}
    readers: dict[Node, int] = {}
    for inner in body.nodes:
        for i in inner.inputs:
            readers[i] = readers.get(i, 0) + 1
    for output in body.outputs:
        readers[output] = readers.get(output, 0) + 1
    found = {}
    for i in range(attrs["carries"]):
        total, made = body.inputs[i], body.outputs[i]
        if made.op.name != "add" or total not in made.inputs or readers[total] != 1:
            continue
        left, right = made.inputs
        term = right if left is total else left
        if readers[made] == 1 and _worth(_core(term), node):
            found[i] = term
    return found


def _core(term: Node) -> Node:
    """What a term is, apart from the order of its axes."""
    while term.op.name == "transpose":
        term = term.inputs[0]
    return term


def _worth(core: Node, node: Node) -> bool:
    """Is a term a product or a sum whose factors are no burden to stack?"""
    if core.op.name not in ("dot_general", "reduce_sum"):
        return False
    body, first = node.attrs["body"], node.attrs["carries"]
    stacked = {*body.inputs[first : first + node.attrs["xs"]], *body.outputs[first:]}
    fresh = [_elements(i) for i in core.inputs if i not in stacked]
    return sum(fresh) <= _WORTH * _elements(core)


def _elements(node: Node) -> int:
    return hint_of(product(node.shape))


class _Split:
    """A loop without what it collects, and the sums after it: `results` by the old indices."""

    def __init__(self, node: Node, operands: Sequence[Node], collected: dict[int, Node]) -> None:
        attrs, body = node.attrs, node.attrs["body"]
        carries, xs = attrs["carries"], attrs["xs"]
        self.body, self.carries = body, carries
        kept = [i for i in range(carries) if i not in collected]
        cores = {i: _core(term) for i, term in collected.items()}
        sequences = body.inputs[carries : carries + xs]
        ys = list(body.outputs[carries:])
        for core in cores.values():
            ys += [f for f in core.inputs if f not in sequences and f not in ys]
        rest = range(carries, len(body.inputs))
        inner = Graph(
            [body.inputs[i] for i in (*kept, *rest)], [*(body.outputs[i] for i in kept), *ys]
        )
        made = loop(
            [operands[i] for i in kept],
            operands[carries : carries + xs],
            operands[carries + xs :],
            body=inner,
            length=attrs["length"],
            reverse=attrs["reverse"],
        )
        stacked = dict(zip(ys, made[len(kept) :], strict=False))
        stacked.update(zip(sequences, operands[carries : carries + xs], strict=True))
        self.results = dict(zip(kept, made, strict=False))
        for i in range(carries, len(body.outputs)):
            self.results[i] = stacked[body.outputs[i]]
        self.results[len(body.outputs)] = made[-1]
        for i, term in collected.items():
            total = _summed(cores[i], [stacked[f] for f in cores[i].inputs])
            self.results[i] = ops.add(operands[i], _ordered(term, total))


def _summed(core: Node, stacked: Sequence[Node]) -> Node:
    """The sum over all steps of a product or a sum, from its stacked operands."""
    attrs = core.attrs
    if core.op.name == "reduce_sum":
        return ops.reduce_sum(stacked[0], (0, *(a + 1 for a in attrs["axes"])))
    (left, right), batch = attrs["contract"], attrs["batch"]
    return ops.dot_general(
        stacked[0],
        stacked[1],
        contract=((0, *(a + 1 for a in left)), (0, *(a + 1 for a in right))),
        batch=tuple(tuple(a + 1 for a in side) for side in batch),  # type: ignore[arg-type]
    )


def _ordered(term: Node, total: Node) -> Node:
    """The total with its axes in the order of the term's."""
    if term.op.name != "transpose":
        return total
    return ops.transpose(_ordered(term.inputs[0], total), term.attrs["axes"])

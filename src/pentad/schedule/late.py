"""The order in which nodes are put into groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pentad.graph.node import Node


def late(nodes: Sequence[Node], outputs: Sequence[Node]) -> Iterator[Node]:
    """The nodes, operands first, but element-wise ones on inputs alone only when they are needed.

    So what an update computes besides the gradient (a decayed momentum) is visited after the
    product that makes the gradient, and can join it. Those that are broadcast come first of all:
    they have an iteration space of their own, and a group opened after a product would keep what
    uses them (a batch norm with given statistics) out of the product's group.
    """
    waiting: set[Node] = set()

    def release(roots: Sequence[Node]) -> Iterator[Node]:
        stack = [(n, False) for n in reversed(roots) if n in waiting]
        while stack:
            node, ready = stack.pop()
            if ready:
                waiting.discard(node)
                yield node
            elif node in waiting:
                stack.append((node, True))
                stack.extend((i, False) for i in reversed(node.inputs) if i in waiting)

    done: set[Node] = set()
    for node in nodes:
        cheap = node.op.kind in ("view", "source", "elementwise")
        if cheap and all(i in waiting or i.op.name == "input" for i in node.inputs):
            waiting.add(node)
    at_start = [n for n in nodes if n in waiting and n.op.name == "broadcast"]
    for needed in release(at_start):
        done.add(needed)
        yield needed
    for node in nodes:
        if node in waiting:
            continue
        for needed in (*release(node.inputs), node):
            if needed not in done:
                done.add(needed)
                yield needed
    for needed in release(outputs):
        if needed not in done:
            done.add(needed)
            yield needed

"""What the gradient of a loop keeps of each step, and what it computes again.

Keeping a value costs memory traffic, computing it again costs instructions and whatever its
operands cost. The cheapest choice is a minimum cut (as for AOTAutograd's partitioner, Horace He,
2022): a value is kept where the cut separates `having` it from `making` it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from pentad.graph.node import Graph, Node
from pentad.graph.sizes import hint_of, product
from pentad.ops.weights import weight

_READ, _WRITE = 3, 7
"""A byte from or to memory, in quarters of a vector instruction for each element: what is written
is fetched first."""
_INSTRUCTION = 4
_NEVER = 1 << 62
_SOURCE, _SINK = 0, 1


def residuals(body: Graph, carries: int, xs: int, gradients: Sequence[Node]) -> list[Node]:
    """The nodes of a loop's body that its gradients read: inputs of a step, or values stacked.

    Reductions, products and all else that is no element-wise node or view is never computed again.
    """
    forward: set[Node] = set(body.inputs)
    for node in body.nodes:
        if any(i in forward for i in node.inputs):
            forward.add(node)
    wanted: list[Node] = []
    seen: set[Node] = set()
    stack = list(reversed(gradients))
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if node in forward:
            wanted.append(node)
        else:
            stack.extend(reversed(node.inputs))
    return _Choice(body, carries, xs, forward, wanted).kept


class _Choice:
    """The network of the cut: a node `having` and a node `making` for each value.

    An edge is paid for if it leads from the source's side to the sink's. Having without making is
    keeping; making is paid for by instructions, and needs what the value is made of.
    """

    def __init__(
        self, body: Graph, carries: int, xs: int, forward: set[Node], wanted: Sequence[Node]
    ) -> None:
        place = {n: i for i, n in enumerate(body.inputs)}
        stacked = set(body.outputs[carries:])
        flow = _Flow()
        at: dict[Node, int] = {}
        stack = list(reversed(wanted))
        while stack:
            node = stack.pop()
            if node in at:
                continue
            at[node] = flow.add(2)
            if node not in place and node.op.kind in ("elementwise", "view"):
                stack.extend(i for i in reversed(node.inputs) if i in forward)
        for node, having in at.items():
            size = 1 + hint_of(product(node.shape))
            there = node in stacked or carries <= place.get(node, -1) < carries + xs
            traffic = size * node.dtype.itemsize * (_READ if there else _READ + _WRITE)
            constant = place.get(node, -1) >= carries + xs
            flow.edge(having, having + 1, 1 if constant else traffic)
            if node in place or node.op.kind not in ("elementwise", "view"):
                flow.edge(having + 1, _SINK, _NEVER)
                continue
            work = 0 if node.op.kind == "view" else _INSTRUCTION * size * weight(node)
            flow.edge(having + 1, _SINK, work)
            for i in node.inputs:
                if i in forward:
                    flow.edge(having + 1, at[i], _NEVER)
        for node in wanted:
            flow.edge(_SOURCE, at[node], _NEVER)
        side = flow.cut()
        self.kept = [n for n, having in at.items() if having in side and having + 1 not in side]


class _Flow:
    """A network between node 0, the source, and node 1, the sink; its largest flow is found by
    Dinic's algorithm (1970)."""

    def __init__(self) -> None:
        self._ends: list[int] = []
        self._left: list[int] = []
        self._from: list[list[int]] = [[], []]

    def add(self, count: int) -> int:
        """The first of `count` new nodes."""
        first = len(self._from)
        self._from += [[] for _ in range(count)]
        return first

    def edge(self, start: int, end: int, capacity: int) -> None:
        """An edge, and beside it, at the next even or odd number, the way back."""
        for a, b, room in ((start, end, capacity), (end, start, 0)):
            self._from[a].append(len(self._ends))
            self._ends.append(b)
            self._left.append(room)

    def cut(self) -> set[int]:
        """The nodes on the source's side of a least cut."""
        while True:
            level = self._levels()
            if _SINK not in level:
                return set(level)
            after = [0] * len(self._from)
            while path := self._path(level, after):
                flow = min(self._left[e] for e in path)
                for e in path:
                    self._left[e] -= flow
                    self._left[e ^ 1] += flow

    def _levels(self) -> dict[int, int]:
        """How far from the source the nodes are that more can flow to."""
        level = {_SOURCE: 0}
        queue = deque([_SOURCE])
        while queue:
            node = queue.popleft()
            for e in self._from[node]:
                end = self._ends[e]
                if self._left[e] and end not in level:
                    level[end] = level[node] + 1
                    queue.append(end)
        return level

    def _path(self, level: dict[int, int], after: list[int]) -> list[int]:
        """Edges that lead from the source to the sink, each to the next level; `after` counts
        the edges of each node that are known to lead nowhere."""
        path: list[int] = []
        node = _SOURCE
        while node != _SINK:
            edges = self._from[node]
            while after[node] < len(edges):
                e = edges[after[node]]
                if self._left[e] and level.get(self._ends[e]) == level[node] + 1:
                    break
                after[node] += 1
            if after[node] < len(edges):
                path.append(edges[after[node]])
                node = self._ends[path[-1]]
            elif path:
                node = self._ends[path.pop() ^ 1]
                after[node] += 1
            else:
                return []
        return path

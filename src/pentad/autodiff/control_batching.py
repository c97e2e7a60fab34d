"""Loops and branches under vmap: a loop over many examples at once.

Where the examples agree on what to do, the bodies are batched and that is all. Where each has its
own predicate, both branches run and each example takes from its own; a loop goes on until all
examples are done, and those that are done keep what they have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, Node, inline, input_node
from pentad.graph.sizes import Size
from pentad.ops.batching import all_batched, moved
from pentad.ops.control import results

Value = tuple[Node, bool]
"""A node, and whether it has the axis of the examples in front."""
BatchGraph = Callable[[Graph, Sequence[bool], Size], Any]


def batch_control(
    node: Node, operands: Sequence[Node], batched: Sequence[bool], n: Size, batch: BatchGraph
) -> list[Value]:
    """The results of a control node on operands of which some are batched."""
    if not any(batched):
        kept = Node(node.op, operands, node.attrs, node.type, node.source)
        return [(r, False) for r in results(kept)]
    if node.op.name == "cond":
        return _cond(node, operands, batched, n, batch)
    return _BatchedLoop(node, operands, batched, n, batch).results()


def _force(
    values: Sequence[Node], have: Sequence[bool], want: Sequence[bool], n: Size
) -> list[Node]:
    """The values, with the axis of the examples where it is wanted."""
    return [
        all_batched([v], [False], n)[0] if w and not h else v
        for v, h, w in zip(values, have, want, strict=True)
    ]


def _select(flag: Node, a: Node, b: Node) -> Node:
    """`a` for the examples whose flag is true, else `b`."""
    return ops.where(ops.broadcast(flag, a.shape, range(flag.ndim)), a, b)


def _cond(
    node: Node, operands: Sequence[Node], batched: Sequence[bool], n: Size, batch: BatchGraph
) -> list[Value]:
    made = [batch(node.attrs[k], batched[1:], n) for k in ("on_true", "on_false")]
    predicate, *given = operands
    want = [batched[0] or a or b for a, b in zip(made[0].outputs, made[1].outputs, strict=True)]
    graphs = [Graph(m.graph.inputs, _force(m.graph.outputs, m.outputs, want, n)) for m in made]
    if not batched[0]:
        return list(zip(ops.cond(predicate, given, *graphs), want, strict=True))
    left, right = (inline(g, given) for g in graphs)
    return [(_select(predicate, a, b), True) for a, b in zip(left, right, strict=True)]


class _BatchedLoop:
    """A loop over examples. alone: do they end at different steps?"""

    def __init__(
        self, node: Node, operands: Sequence[Node], batched: Sequence[bool], n: Size,
        batch: BatchGraph,
    ) -> None:
        attrs = node.attrs
        self.attrs, self.n, self.batch = attrs, n, batch
        self.c, self.nx = attrs["carries"], attrs["xs"]
        self.body, self.cond = attrs["body"], attrs["cond"]
        self.k = len(self.body.inputs)
        self.alone = attrs["limited"] and batched[-1]
        self.flags = self._settled(list(batched[: self.k]))
        self.limit: Node | None = operands[-1] if attrs["limited"] else None
        lifted = _force(operands[: self.k], batched[: self.k], self.flags, n)
        # Sequences are stepped over along their first axis; that of the examples comes second.
        self.operands = [
            moved(x, 0, 1) if self.c <= i < self.c + self.nx and self.flags[i] else x
            for i, x in enumerate(lifted)
        ]

    def _settled(self, flags: list[bool]) -> list[bool]:
        """Which inputs of the body are batched, now that what it carries may become so."""
        while True:
            if self.cond is not None:
                seen = [*flags[: self.c], *flags[self.c + self.nx :]]
                self.alone = self.alone or self.batch(self.cond, seen, self.n).outputs[0]
            outputs = self.batch(self.body, flags, self.n).outputs
            found = [
                f or (i < self.c and (self.alone or outputs[i])) for i, f in enumerate(flags)
            ]
            if found == flags:
                return flags
            flags = found

    def results(self) -> list[Value]:
        """The loop's results: the last carries, the stacks, the number of steps."""
        body = self.batch(self.body, self.flags, self.n)
        want = [
            self.flags[i] if i < self.c else self.alone or f for i, f in enumerate(body.outputs)
        ]
        outputs = _force(body.graph.outputs, body.outputs, want, self.n)
        inner = Graph(body.graph.inputs, outputs)
        made = self._masked(inner) if self.alone else self._together(inner)
        values = [
            moved(v, 0, 1) if i >= self.c and w else v
            for i, (v, w) in enumerate(zip(made[:-1], want, strict=True))
        ]
        return [*zip(values, want, strict=True), (made[-1], self.alone)]

    def _parts(self) -> tuple[list[Node], list[Node], list[Node]]:
        first, last = self.c, self.c + self.nx
        return self.operands[:first], self.operands[first:last], self.operands[last:]

    def _together(self, body: Graph) -> list[Node]:
        carries, xs, constants = self._parts()
        cond = None
        if self.cond is not None:
            seen = [*self.flags[: self.c], *self.flags[self.c + self.nx :]]
            cond = self.batch(self.cond, seen, self.n).graph
        return ops.loop(
            carries, xs, constants, body=body, cond=cond, length=self.attrs["length"],
            reverse=self.attrs["reverse"], limit=self.limit,
        )

    def _masked(self, body: Graph) -> list[Node]:
        """The loop in which examples that are done keep what they have: what is carried besides
        is the number of steps of each."""
        n, c, nx = self.n, self.c, self.nx
        count = input_node("steps", (n,), dtypes.int64)
        inputs, (carries, xs, constants) = body.inputs, self._parts()
        cond, extra, given = None, [], []
        if self.cond is not None:
            seen = [*self.flags[:c], *self.flags[c + nx :]]
            asked = self.batch(self.cond, seen, n)
            asked = Graph(asked.graph.inputs, _force(asked.graph.outputs, asked.outputs, [True], n))
            going = inline(asked, [*inputs[:c], *inputs[c + nx :]])[0]
            ends = input_node("steps", (n,), dtypes.int64)
            cond = Graph(
                [*asked.inputs[:c], ends, *asked.inputs[c:]], [ops.reduce_or(asked.outputs[0], [0])]
            )
        else:
            assert self.limit is not None
            place = input_node("place", (), dtypes.int64)
            limit = input_node("limit", (n,), dtypes.int64)
            going = ops.lt(ops.broadcast(place, (n,), []), limit)
            extra, given = [place, limit], [ops.iota((self.attrs["length"],), 0, dtypes.int64)]
            constants = [*constants, self.limit]
        new = [_select(going, a, b) for a, b in zip(body.outputs[:c], inputs[:c], strict=True)]
        ys = [_select(going, y, ops.full_like(0, y)) for y in body.outputs[c:]]
        after = ops.add(count, ops.cast(going, dtypes.int64))
        order = [*inputs[:c], count, *inputs[c : c + nx], *extra[:1], *inputs[c + nx :], *extra[1:]]
        made = ops.loop(
            [*carries, ops.full(0, (n,), dtypes.int64)], [*xs, *given], constants,
            body=Graph(order, [*new, after, *ys]), cond=cond, length=self.attrs["length"],
            reverse=self.attrs["reverse"],
        )  # fmt: skip
        return [*made[:c], *made[c + 1 : -1], made[c]]

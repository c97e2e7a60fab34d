"""Derivatives of loops and branches: they are loops and branches themselves.

The gradient of a loop runs its steps from the last to the first. What it needs of a step
(see residuals.py) is stacked by a loop like the first one, with which `passes/control.py` merges
it; the rest is computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pentad import ops
from pentad.autodiff.residuals import residuals
from pentad.graph.errors import AutogradError, message
from pentad.graph.node import Graph, Node, input_node, substitute
from pentad.graph.sizes import same
from pentad.ops.control import is_static, results

Pullback = Callable[[Sequence[Node], Sequence[Node | None], Sequence[Node]], list[Node | None]]
Pushforward = Callable[[Sequence[Node], Sequence[Node], Sequence[Node]], list[Node | None]]


def control_pullback(
    node: Node, cotangents: Sequence[Node | None], pullback: Pullback
) -> list[Node | None]:
    """The cotangents of a control node's operands from those of its results (None: no path)."""
    if node.op.name == "cond":
        return _cond_pullback(node, cotangents, pullback)
    if node.attrs["length"] is None:
        raise AutogradError(
            message(
                "while_loop has no gradient in reverse mode: the number of its steps has no bound",
                expected="max_steps, for the gradient needs a value of each step",
                got="max_steps=None",
                where=node.source,
                hint="pass max_steps=..., or use fori_loop or scan",
            )
        )
    return _LoopGradient(node, cotangents, pullback).operands()


def control_pushforward(
    node: Node, tangents: Sequence[Node | None], pushforward: Pushforward
) -> list[Node | None]:
    """The tangents of a control node's results from those of its operands (None: no path)."""
    rule = _cond_pushforward if node.op.name == "cond" else _loop_pushforward
    return rule(node, tangents, pushforward)


def _smooth(node: Node) -> bool:
    return node.dtype.is_inexact


def _zeros(like: Node) -> Node:
    return ops.full(0, like.shape, like.dtype)


def _shaped(found: Node | None, like: Node) -> Node | None:
    """A cotangent, its sizes written as those of its node: the operation that gave it may know as
    a number what the node has as a symbol."""
    if found is None or all(map(same, found.shape, like.shape)):
        return found
    return ops.reshape(found, like.shape)


def _inputs_like(prefix: str, nodes: Iterable[Node]) -> list[Node]:
    return [input_node(f"{prefix}{i}", n.shape, n.dtype) for i, n in enumerate(nodes)]


def _graph(inputs: Sequence[Node], outputs: Sequence[Node]) -> Graph:
    """A graph whose inputs have names of their own, wherever they come from."""
    named = _inputs_like("x", inputs)
    return Graph(named, substitute(outputs, dict(zip(inputs, named, strict=True))))


# -- the gradient of a loop --------------------------------------------------------------------


class _LoopGradient:
    """The loop that runs backwards: it carries the cotangents of what the loop carried and of its
    constants, reads what was stacked, and stacks the cotangents of the sequences."""

    def __init__(
        self, node: Node, cotangents: Sequence[Node | None], pullback: Pullback
    ) -> None:
        self.node, self.body = node, node.attrs["body"]
        self.c, self.nx = node.attrs["carries"], node.attrs["xs"]
        self.given = cotangents
        inputs, outputs = self.body.inputs, self.body.outputs
        self.carried = [i for i in range(self.c) if _smooth(inputs[i])]
        self.sequences = [i for i in range(self.c, self.c + self.nx) if _smooth(inputs[i])]
        self.constants = [i for i in range(self.c + self.nx, len(inputs)) if _smooth(inputs[i])]
        self.stacked = [
            i for i in range(self.c, len(outputs)) if _smooth(outputs[i]) and cotangents[i]
        ]
        self.inside = _inputs_like("g", (outputs[i] for i in (*self.carried, *self.stacked)))
        given: list[Node | None] = [None] * len(outputs)
        for i, g in zip((*self.carried, *self.stacked), self.inside, strict=True):
            given[i] = g
        wrt = [*self.carried, *self.sequences, *self.constants]
        found = pullback(outputs, given, [inputs[i] for i in wrt])
        self.found = {i: _shaped(g, inputs[i]) for i, g in zip(wrt, found, strict=True)}

    def operands(self) -> list[Node | None]:
        """The cotangents of the loop's operands."""
        found = [f for f in self.found.values() if f is not None]
        saved = residuals(self.body, self.c, self.nx, found)
        place = {n: i for i, n in enumerate(self.body.inputs)}
        direct = [n for n in saved if place.get(n, -1) >= self.c]
        kept = [n for n in saved if place.get(n, -1) < self.c]
        xs = [n for n in direct if place[n] < self.c + self.nx]
        constants = [n for n in direct if place[n] >= self.c + self.nx]
        stacks, steps = self._stacked(kept)
        backward, gx = self._backward(kept, xs, constants)
        made = ops.loop(
            [self._cotangent(i) for i in self.carried]
            + [_zeros(self.body.inputs[i]) for i in self.constants],
            [*stacks, *(self.node.inputs[place[n]] for n in xs)]
            + [self._cotangent(i) for i in self.stacked],
            [self.node.inputs[place[n]] for n in constants],
            body=backward,
            length=self.node.attrs["length"],
            reverse=not self.node.attrs["reverse"],
            limit=steps,
        )
        order = [*self.carried, *self.constants, *gx]
        back = dict(zip(order, made, strict=False))
        return [back.get(i) for i in range(len(self.node.inputs))]

    def _cotangent(self, i: int) -> Node:
        given = self.given[i]
        if given is not None:
            return given
        return _zeros(self.body.outputs[i])

    def _stacked(self, kept: Sequence[Node]) -> tuple[list[Node], Node | None]:
        """What the steps left of the nodes `kept`, and how many steps there were if it varies."""
        node, outputs = self.node, self.body.outputs
        extra = [n for n in kept if n not in outputs[self.c :]]
        body = Graph(self.body.inputs, [*outputs, *extra])
        again = Node(node.op, node.inputs, {**node.attrs, "body": body}, node.type, node.source)
        found = results(again)
        stacks = [found[self.c + body.outputs[self.c :].index(n)] for n in kept]
        return stacks, None if is_static(node) else found[-1]

    def _backward(
        self, kept: Sequence[Node], xs: Sequence[Node], constants: Sequence[Node]
    ) -> tuple[Graph, list[int]]:
        """The body, and the operands whose cotangents it stacks."""
        inputs, count = self.body.inputs, len(self.carried)
        totals = _inputs_like("t", (inputs[i] for i in self.constants))
        seen = _inputs_like("r", (*kept, *xs, *constants))
        place = dict(zip((*kept, *xs, *constants), seen, strict=True))
        gx = [i for i in self.sequences if self.found[i] is not None]
        outputs = [self.found[i] or _zeros(inputs[i]) for i in self.carried]
        for i, total in zip(self.constants, totals, strict=True):
            found = self.found[i]
            outputs.append(total if found is None else ops.add(total, found))
        outputs += [f for f in map(self.found.get, gx) if f is not None]
        stepped = seen[: len(kept) + len(xs)]
        order = [*self.inside[:count], *totals, *stepped, *self.inside[count:]]
        order += seen[len(stepped) :]
        return _graph(order, substitute(outputs, place)), gx


# -- the gradient of a branch ------------------------------------------------------------------


def _cond_pullback(
    node: Node, cotangents: Sequence[Node | None], pullback: Pullback
) -> list[Node | None]:
    """A branch that computes what its gradient needs again."""
    predicate, *operands = node.inputs
    branches = [node.attrs["on_true"], node.attrs["on_false"]]
    present = [i for i, g in enumerate(cotangents) if g is not None]
    smooth = [i for i, n in enumerate(operands) if _smooth(n)]
    parts: list[tuple[list[Node], list[Node | None]]] = []
    for branch in branches:
        inside = _inputs_like("g", (branch.outputs[i] for i in present))
        given: list[Node | None] = [None] * len(branch.outputs)
        for i, g in zip(present, inside, strict=True):
            given[i] = g
        found = pullback(branch.outputs, given, [branch.inputs[i] for i in smooth])
        like = [operands[i] for i in smooth]
        parts.append((inside, [_shaped(g, n) for g, n in zip(found, like, strict=True)]))
    reached = [
        at for at in range(len(smooth)) if any(found[at] is not None for _, found in parts)
    ]
    graphs = [
        _graph(
            [*branch.inputs, *inside],
            [found[at] or _zeros(operands[smooth[at]]) for at in reached],
        )
        for branch, (inside, found) in zip(branches, parts, strict=True)
    ]
    passed = [g for g in cotangents if g is not None]
    made = ops.cond(predicate, [*operands, *passed], *graphs)
    back = {1 + smooth[at]: g for at, g in zip(reached, made, strict=True)}
    return [back.get(i) for i in range(len(node.inputs))]


# -- forward mode ------------------------------------------------------------------------------


def _tangent_graph(
    graph: Graph, moving: Sequence[int], wanted: Sequence[int], pushforward: Pushforward
) -> tuple[list[Node], list[Node]]:
    """(tangents of the inputs `moving`, tangents of the outputs `wanted` made of them)."""
    tangents = _inputs_like("d", (graph.inputs[i] for i in moving))
    found = pushforward(graph.outputs, [graph.inputs[i] for i in moving], tangents)
    return tangents, [found[i] or _zeros(graph.outputs[i]) for i in wanted]


def _loop_pushforward(
    node: Node, tangents: Sequence[Node | None], pushforward: Pushforward
) -> list[Node | None]:
    """The loop that carries tangents beside values."""
    attrs, body = node.attrs, node.attrs["body"]
    c, nx, k = attrs["carries"], attrs["xs"], len(body.inputs)
    carried = [i for i in range(c) if _smooth(body.inputs[i])]
    given = [i for i in range(c, k) if tangents[i] is not None]
    xs, constants = [i for i in given if i < c + nx], [i for i in given if i >= c + nx]
    stacked = [i for i in range(c, len(body.outputs)) if _smooth(body.outputs[i])]
    inside, outside = _tangent_graph(
        body, [*carried, *xs, *constants], [*carried, *stacked], pushforward
    )
    first, last = len(carried), len(carried) + len(xs)
    order = [*body.inputs[:c], *inside[:first], *body.inputs[c : c + nx], *inside[first:last]]
    order += [*body.inputs[c + nx :], *inside[last:]]
    outputs = [*body.outputs[:c], *outside[:first], *body.outputs[c:], *outside[first:]]
    cond = attrs["cond"]
    if cond is not None:
        extra = _inputs_like("d", inside[:first]), _inputs_like("e", inside[last:])
        seen = [*cond.inputs[:c], *extra[0], *cond.inputs[c:], *extra[1]]
        cond = _graph(seen, cond.outputs)
    made = ops.loop(
        [*node.inputs[:c], *(tangents[i] or _zeros(body.inputs[i]) for i in carried)],
        [*node.inputs[c : c + nx], *_present(tangents, xs)],
        [*node.inputs[c + nx : k], *_present(tangents, constants)],
        body=_graph(order, outputs),
        cond=cond,
        length=attrs["length"],
        reverse=attrs["reverse"],
        limit=node.inputs[-1] if attrs["limited"] else None,
    )
    found: list[Node | None] = [None] * (len(body.outputs) + 1)
    for at, i in enumerate(carried):
        found[i] = made[c + at]
    for at, i in enumerate(stacked):
        found[i] = made[first + len(body.outputs) + at]
    return found


def _present(tangents: Sequence[Node | None], places: Sequence[int]) -> list[Node]:
    return [t for i in places if (t := tangents[i]) is not None]


def _cond_pushforward(
    node: Node, tangents: Sequence[Node | None], pushforward: Pushforward
) -> list[Node | None]:
    predicate, *operands = node.inputs
    moving = [i for i in range(len(operands)) if tangents[1 + i] is not None]
    branches = [node.attrs["on_true"], node.attrs["on_false"]]
    wanted = [i for i, n in enumerate(branches[0].outputs) if _smooth(n)]
    graphs = []
    for branch in branches:
        inside, outside = _tangent_graph(branch, moving, wanted, pushforward)
        graphs.append(_graph([*branch.inputs, *inside], outside))
    passed = _present(tangents, [1 + i for i in moving])
    made = ops.cond(predicate, [*operands, *passed], *graphs)
    found: list[Node | None] = [None] * len(branches[0].outputs)
    for i, t in zip(wanted, made, strict=True):
        found[i] = t
    return found

"""Rewriting: (pattern, replacement) rows, applied in one walk from inputs to outputs.

Each node is settled once, after its operands; rules are indexed by the op at their root. What a
rule makes is settled in turn, a bounded number of times, so that the walk is linear in the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from pentad.graph.errors import GraphError, message
from pentad.graph.node import INPUT, Graph, Node, recording_source
from pentad.passes.pattern import Call

ROUNDS = 16

Step = Callable[[Node], Node | None]


class Rule(NamedTuple):
    """`replace`, called with what `pattern` bound, gives the node instead, or None to decline."""

    name: str
    pattern: Call
    replace: Callable[..., Node | None]


class Fired(NamedTuple):
    """A rule that was applied, and the user's line of the node that it replaced, if known."""

    rule: str
    line: str | None


_log: ContextVar[list[Fired] | None] = ContextVar("rules that fired", default=None)


@contextmanager
def recording_rules() -> Iterator[list[Fired]]:
    """Within it every rule that is applied is noted, in order, in the list that it gives."""
    fired: list[Fired] = []
    token = _log.set(fired)
    try:
        yield fired
    finally:
        _log.reset(token)


def by_rules(rules: Iterable[Rule]) -> Step:
    """The step that applies the first rule that fits a node."""
    index: dict[str, list[Rule]] = {}
    for rule in rules:
        index.setdefault(rule.pattern.op, []).append(rule)

    def step(node: Node) -> Node | None:
        for rule in index.get(node.op.name, ()):
            for bound in rule.pattern.match(node, {}):
                made = rule.replace(**bound)
                if made is not None:
                    return noted(rule.name, node, made)
        return None

    return step


def noted(rule: str, node: Node, made: Node) -> Node:
    """`made`, which `rule` puts in place of `node`, told to who records rules."""
    log = _log.get()
    if log is not None:
        log.append(Fired(rule, _line_of(node)))
    return _checked(rule, node, made)


def first_of(*steps: Step) -> Step:
    """The step that applies the first of some steps that has something to say of a node."""

    def step(node: Node) -> Node | None:
        for one in steps:
            made = one(node)
            if made is not None:
                return made
        return None

    return step


def _checked(name: str, node: Node, made: Node) -> Node:
    if made.type.matches(node.type):
        return made
    raise GraphError(
        message(
            f"rule {name!r} changes the type of {node.op.name}",
            expected=str(node.type),
            got=str(made.type),
            where=node.source,
        )
    )


def rewrite(graph: Graph, step: Step, rounds: int = ROUNDS) -> Graph:
    """Put `step(node)` in place of every node for which it is not None, operands first.

    `step` sees nodes whose operands are settled; what it makes is rewritten again, at most
    `rounds` times in a row. New nodes carry the line of the node that they replace.
    """
    settled = _Settled(step, {n: n for n in graph.inputs})
    for node in graph.nodes:
        settled.settle(node, rounds)
    return Graph(graph.inputs, [settled.form[n] for n in graph.outputs])


def _line_of(node: Node) -> str | None:
    """A node's line, or an operand's: what was derived from a line has none of its own."""
    return node.source or next((i.source for i in node.inputs if i.source), None)


class _Settled:
    """The settled form of each node seen so far."""

    def __init__(self, step: Step, form: dict[Node, Node]) -> None:
        self.step = step
        self.form = form

    def settle(self, root: Node, rounds: int) -> Node:
        for node in self._unsettled(root):
            form = self._rewrite(node, rounds)
            self.form[node] = self.form[form] = form
        return self.form[root]

    def _rewrite(self, node: Node, rounds: int) -> Node:
        inputs = tuple(self.form[i] for i in node.inputs)
        if any(a is not b for a, b in zip(inputs, node.inputs)):
            node = Node(node.op, inputs, node.attrs, node.type, node.source)
        if rounds == 0 or node.op is INPUT:
            return node
        with recording_source(lambda: _line_of(node)):
            made = self.step(node)
        return node if made is None else self.settle(made, rounds - 1)

    def _unsettled(self, root: Node) -> Iterator[Node]:
        """The nodes under `root` without a settled form, operands first."""
        stack = [(root, 0)]
        while stack:
            node, at = stack.pop()
            if node in self.form:
                continue
            if at == len(node.inputs):
                yield node
                continue
            stack += [(node, at + 1), (node.inputs[at], 0)]

"""Branches and loops as nodes: their bodies are nodes that run when they do.

A body is built once, by a function of symbols. What it uses from outside becomes inputs of the
node of the branch or loop. Variables that a body writes are carried through, so that what a branch
assigns holds after it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from pentad.graph.dtypes import bool_
from pentad.graph.errors import ArgumentError, message
from pentad.static.graph import Body, Graph, Node, Op, Reach, Symbol, ancestors
from pentad.static.ops import PLACEHOLDER, VARIABLE
from pentad.static.plan import ordered
from pentad.static.probing import apply
from pentad.static.replay import Replay
from pentad.static.values import Known, Type
from pentad.tensor.control import flow
from pentad.tensor.functions.creation import zeros
from pentad.tensor.functions.shaping import stack
from pentad.tensor.misfit import guarded

Outside = dict[Symbol, Any]
"""The values of what a body takes from outside."""


class Block(NamedTuple):
    """A body: its parameters, its nodes in order, its results, what it takes from outside."""

    parameters: tuple[Symbol, ...]
    nodes: tuple[Node, ...]
    results: tuple[Symbol, ...]
    captures: tuple[Symbol, ...]

    def writes(self) -> list[Node]:
        """The variables that it writes."""
        found = dict.fromkeys(v for n in self.nodes for v in n.op.states(n)[1])
        for node in self.nodes:
            for inner in node.extra.get("bodies", ()):
                found.update(dict.fromkeys(inner.writes()))
        return list(found)

    def reads(self) -> list[Node]:
        """The variables that it reads."""
        found = dict.fromkeys(v for n in self.nodes for v in n.op.states(n)[0])
        for node in self.nodes:
            for inner in node.extra.get("bodies", ()):
                found.update(dict.fromkeys(inner.reads()))
        return list(found)

    def run(self, replay: Replay, values: Sequence[Any], outside: Outside) -> list[Any]:
        """The results for values of the parameters and of what it takes from outside, in a replay
        of its own."""
        replay.env.update((s, outside[s]) for s in self.captures if s in outside)
        for symbol, value in zip(self.parameters, values, strict=True):
            replay.give(symbol, value)
        replay.run(self.nodes)
        return [replay.value(s) for s in self.results]


@guarded
def block(body: Body, parameters: Sequence[Symbol], results: Sequence[Symbol],
          also: Sequence[Node] = ()) -> Block:
    """What `results` need of the nodes made within a body; `also`: nodes to run besides."""
    own = {p.node for p in parameters}
    wanted = [s.node for s in results if body.holds(s.node)] + list(also)
    nodes = [n for n in ancestors(wanted, lambda n: not body.holds(n)) if n not in own]
    inside = set(nodes) | own
    captures = dict.fromkeys(
        s for n in nodes for s in n.inputs if s.node not in inside
    )
    captures.update(dict.fromkeys(s for s in results if s.node not in inside))
    return Block(tuple(parameters), tuple(ordered(nodes)), tuple(results), tuple(captures))


def _captured(blocks: Sequence[Block]) -> tuple[Symbol, ...]:
    """What blocks take from outside, each once."""
    return tuple(dict.fromkeys(s for b in blocks for s in b.captures))


def _outside(node: Node, inputs: Sequence[Any]) -> Outside:
    """The values of captures, which are the last inputs; variables are read when they are used."""
    captures = _captured(node.extra["bodies"])
    if not captures:
        return {}
    given = zip(captures, node.inputs[-len(captures):], inputs[-len(captures):], strict=True)
    return {s: v for s, now, v in given if s.node.op is not VARIABLE or s is not now}


@guarded
def parameter(graph: Graph, type: Type, name: str) -> Symbol:
    """A symbol that a body is given."""
    return apply(graph, PLACEHOLDER, name=graph.unique_name(name), types=[type]).outputs[0]


# -- branches ----------------------------------------------------------------------------------


class _Cond(Op):
    """inputs: the predicate, then what the branches take from outside."""

    def evaluate(self, replay: Replay, node: Node, inputs: Sequence[Any]) -> Any:
        branches: tuple[Block, Block] = node.extra["bodies"]
        predicate, outside = inputs[0], _outside(node, inputs)
        if isinstance(predicate, Known) or replay.eager:
            known = predicate.array if isinstance(predicate, Known) else predicate.numpy()
            chosen = branches[0] if bool(known) else branches[1]
            inner = replay.inner()
            results = chosen.run(inner, (), outside)
            _keep(replay, inner)
            return tuple(results)
        written = list(dict.fromkeys(v for b in branches for v in b.writes()))
        for variable in dict.fromkeys([*written, *(v for b in branches for v in b.reads())]):
            replay.read(variable)

        first: list[Any] = []

        def branch(chosen: Block) -> Callable[[], Any]:
            def run() -> Any:
                inner = replay.inner()
                results = [inner.tensor(v) for v in chosen.run(inner, (), outside)]
                results += [inner.read(v) for v in written]
                first[:] = first or results
                return tuple(map(_alike, results, first))

            return run

        found = flow.cond(predicate.to(bool_).reshape(()), branch(branches[0]), branch(branches[1]))
        for variable, value in zip(written, found[len(node.outputs):], strict=True):
            replay.write(variable, value)
        return tuple(found[:len(node.outputs)])


def _alike(value: Any, model: Any) -> Any:
    """The value, its sizes written as those of the model where they are the same: one may be known
    as a number, the other as a symbol."""
    shape, wanted = tuple(value.shape), tuple(model.shape)
    if list(map(str, shape)) == list(map(str, wanted)) or len(shape) != len(wanted):
        return value
    return value.reshape(wanted) if all(map(operator.eq, shape, wanted)) else value


def _keep(replay: Replay, inner: Replay) -> None:
    """What a body wrote to variables holds after it."""
    for variable in inner.written:
        replay.write(variable, inner.state[variable])


COND = _Cond("cond")


@guarded
def cond(
    predicate: Symbol, blocks: tuple[Block, Block], types: Sequence[Type], name: str | None = None,
    extra: Any = (),
) -> Node:
    """A node with the results of one of two blocks without parameters; extra: what it keeps."""
    return apply(predicate.graph, COND, [predicate, *_captured(blocks)], name=name, types=types,
                 extra={**dict(extra), "bodies": blocks})


# -- while -------------------------------------------------------------------------------------


class _While(Op):
    """inputs: the first values of what is carried, then what the blocks take from outside."""

    def evaluate(self, replay: Replay, node: Node, inputs: Sequence[Any]) -> Any:
        asks, body = node.extra["bodies"]
        count, limit = len(node.outputs), node.attrs["max_steps"]
        outside = _outside(node, inputs)
        written = list(dict.fromkeys([*body.writes(), *asks.writes()]))
        for variable in dict.fromkeys([*written, *body.reads(), *asks.reads()]):
            replay.read(variable)
        init = (*[replay.tensor(v) for v in inputs[:count]], *[replay.read(v) for v in written])

        def run(chosen: Block, carry: Sequence[Any]) -> list[Any]:
            inner = replay.inner()
            inner.state.update(zip(written, carry[count:], strict=True))
            found = [inner.tensor(v) for v in chosen.run(inner, carry[:count], outside)]
            return [*found, *[inner.read(v) for v in written]]

        def onward(carry: Sequence[Any]) -> Any:
            return tuple(map(_alike, run(body, carry), carry))

        def again(carry: Any) -> Any:
            return run(asks, carry)[0].to(bool_).reshape(())

        if replay.eager:
            carry, step = list(init), 0
            while (limit is None or step < limit) and again(carry).item():
                carry, step = run(body, carry), step + 1
        else:
            carry = flow.while_loop(again, onward, init, max_steps=limit)
        for variable, value in zip(written, carry[count:], strict=True):
            replay.write(variable, value)
        return tuple(carry[:count])


WHILE = _While("while")


@guarded
def while_loop(
    graph: Graph, asks: Block, body: Block, init: Sequence[Symbol], types: Sequence[Type],
    max_steps: int | None = None, name: str | None = None, varying: bool = False,
) -> Node:
    """A node that repeats `body` while `asks` gives true; both blocks take what is carried.

    varying: shapes change from step to step, so that it runs eagerly.
    """
    op = _VARYING if varying else WHILE
    given = [*init, *_captured((asks, body))]
    return apply(graph, op, given, {"max_steps": max_steps}, name=name, types=types,
                 extra={"bodies": (asks, body), "eager_gradient": max_steps is None})


_VARYING = _While("while", dynamic=True)


# -- scan --------------------------------------------------------------------------------------


def _first(x: Any, steps: int) -> Any:
    """The elements of a sequence that a loop takes. Where of length and number of steps one is a
    symbol, it becomes the number of steps: all sequences must be known to be as long."""
    part = x[:steps]
    return part if type(part.shape[0]) is type(steps) else x.narrow(0, 0, steps)


class _Scan(Op):
    """inputs: how many steps, the sequences, the first values of what is carried, then what the
    block takes from outside. attrs: `sequences`, `carried`, how many; `reverse`."""

    def __init__(self) -> None:
        super().__init__("scan", sizes=(0,))

    def evaluate(self, replay: Replay, node: Node, inputs: Sequence[Any]) -> Any:
        [body] = node.extra["bodies"]
        sequences, count = node.attrs["sequences"], node.attrs["carried"]
        outside = _outside(node, inputs)
        steps = replay.array(inputs[0], node, 0).item()
        xs = tuple(_first(replay.tensor(v), steps) for v in inputs[1:1 + sequences])
        written = body.writes()
        for variable in dict.fromkeys([*written, *body.reads()]):
            replay.read(variable)
        first = inputs[1 + sequences:1 + sequences + count]
        init = (*[replay.tensor(v) for v in first], *[replay.read(v) for v in written])

        def step(carry: Any, x: Any) -> Any:
            inner = replay.inner()
            inner.state.update(zip(written, carry[count:], strict=True))
            given = (*(x or ()), *carry[:count])
            found = [inner.tensor(v) for v in body.run(inner, given, outside)]
            after = [*found[:count], *[inner.read(v) for v in written]]
            return tuple(map(_alike, after, carry)), tuple(found[count:])

        carry, ys = flow.scan(step, init, xs or None, steps, node.attrs["reverse"])
        for variable, value in zip(written, carry[count:], strict=True):
            replay.write(variable, value)
        return (*carry[:count], *ys)

    def reached(self, node: Node, outputs: set[int], within: Reach) -> Iterable[int]:
        """What the body reads for these results, and for what it carries on to them."""
        return _read_by_steps(node, outputs, within)


def _read_by_steps(node: Node, outputs: set[int], within: Reach) -> Iterable[int]:
    [body] = node.extra["bodies"]
    sequences, count = node.attrs["sequences"], node.attrs["carried"]
    asked = [*body.parameters, *body.captures]
    found: set[Symbol] = set()
    while True:
        found = within([body.results[i] for i in outputs], asked)
        more = {i for i in range(count) if body.parameters[sequences + i] in found} - outputs
        if not more:
            break
        outputs = outputs | more
    return [i for i, s in enumerate(asked, 1) if s in found]


SCAN = _Scan()


class _ScanUntil(Op):
    """A scan whose block gives last whether to stop: how many values are collected depends on
    values, so that it runs step by step."""

    def __init__(self) -> None:
        super().__init__("scan", sizes=(0,), dynamic=True)

    def evaluate(self, replay: Replay, node: Node, inputs: Sequence[Any]) -> Any:
        [body] = node.extra["bodies"]
        sequences, count = node.attrs["sequences"], node.attrs["carried"]
        steps = int(replay.array(inputs[0], node, 0).item())
        xs = [replay.tensor(v) for v in inputs[1:1 + sequences]]
        outside = _outside(node, inputs)
        carry = [replay.tensor(v) for v in inputs[1 + sequences:1 + sequences + count]]
        rows: list[list[Any]] = []
        for i in range(steps):
            inner = replay.inner()
            given = (*[x[i] for x in xs], *carry)
            found = [inner.tensor(v) for v in body.run(inner, given, outside)]
            _keep(replay, inner)
            carry, stop = found[:count], found.pop()
            rows.append(found[count:])
            if stop.item():
                break
        ys = [stack(column) for column in zip(*rows, strict=True)] if rows else [
            zeros((0, *[n or 0 for n in s.static_type.shape or ()]), dtype=s.static_type.dtype)
            for s in body.results[count:-1]
        ]
        return (*carry, *ys)

    def reached(self, node: Node, outputs: set[int], within: Reach) -> Iterable[int]:
        """As above."""
        return _read_by_steps(node, outputs, within)


SCAN_UNTIL = _ScanUntil()


@guarded
def scan(
    graph: Graph, body: Block, steps: Symbol, sequences: Sequence[Symbol], init: Sequence[Symbol],
    types: Sequence[Type], reverse: bool = False, name: str | None = None, until: bool = False,
) -> Node:
    """A node that runs a block for each step, over the first axes of sequences.

    The block takes an element of each sequence, then what is carried; it gives what is carried
    next, then what is collected. Results: what is carried at the end, then the collected values,
    one for each step, in the order of the sequences also if `reverse`. until: the block gives last
    whether no step is to follow; such a node runs eagerly.
    """
    if len(body.parameters) != len(sequences) + len(init):
        raise ArgumentError(
            message("scan: the block takes other parameters",
                    expected=f"{len(sequences)} elements and {len(init)} carried values",
                    got=str(len(body.parameters)))
        )
    op = SCAN_UNTIL if until else SCAN
    return apply(graph, op, [steps, *sequences, *init, *_captured((body,))],
                 {"sequences": len(sequences), "carried": len(init), "reverse": reverse},
                 name=name, types=types, extra={"bodies": (body,)})

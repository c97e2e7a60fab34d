"""Families of loops and branches for random graphs; their bodies are random graphs, too.

A body draws from the same families. Inputs that it makes for itself become constants of the loop.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import PentadError
from pentad.graph.node import Graph, Node, input_node, topological
from tests.fuzz.structured import wide

if TYPE_CHECKING:
    from tests.fuzz.generate import Builder

MOST = 600
"""Elements that a loop carries at most."""
DEEPEST = 2
"""How deep loops and branches are nested."""
KIND = re.compile(r"(.*?)_?\d+$")


def _small(n: Node) -> bool:
    size = 1
    for d in n.shape:
        size *= int(d)  # type: ignore[arg-type]
    return size <= MOST


def _inner(b: Builder, given: list[Node], nodes: int) -> Builder:
    """A pool that begins with the inputs of a body, and has grown by some nodes."""
    from tests.fuzz.families import ALL, DIFFERENTIABLE

    inner = type(b)(b.rng)
    inner.depth, inner.smooth = b.depth + 1, b.smooth
    inner.inputs, inner.pool = list(given), list(given)
    chosen = DIFFERENTIABLE if b.smooth else ALL
    weights = [w for _, w in chosen]
    for _ in range(4 * nodes):
        if len(inner.pool) >= len(given) + nodes:
            break
        family = chosen[b.rng.choice(len(chosen), p=weights)][0]
        try:
            made = family(inner)
        except PentadError:
            continue
        if made is not None and _small(made):
            inner.pool.append(made)
    used = set(topological(inner.pool))  # an op that was refused may have left inputs behind
    inner.inputs = [*given, *(n for n in inner.inputs[len(given) :] if n in used)]
    return inner


def _outside(b: Builder, inner: Builder, given: int) -> list[Node]:
    """Operands for the inputs that a body made for itself, of the same kinds."""
    found = []
    for n in inner.inputs[given:]:
        match = KIND.match(str(n.attrs["name"]))
        found.append(b.input(n.shape, n.dtype, match[1] if match and match[1] else "normal"))
    return found


def _named(nodes: list[Node]) -> list[Node]:
    return [input_node(f"v{i}", n.shape, n.dtype) for i, n in enumerate(nodes)]


def _kept(b: Builder, made: list[Node]) -> Node | None:
    """One of the results; the others join the pool."""
    fitting = [n for n in made if _small(n) and not (b.smooth and not n.dtype.is_floating_point)]
    if not fitting:
        return None
    chosen = b.choice(fitting)
    b.pool += [n for n in fitting if n is not chosen][:2]
    return chosen  # type: ignore[return-value]


def _new_state(b: Builder, inner: Builder, c: Node) -> Node:
    """A value of the carry's type, kept within bounds so that steps do not run away."""
    found = inner.pick(lambda n: n is not c and n.type.matches(c.type))
    value = c if found is None else found
    if wide(c) and b.chance(0.7):
        return ops.tanh(ops.add(value, c)) if b.chance(0.5) else ops.clamp(value, -4.0, 4.0)
    return value


def repeat(b: Builder) -> Node | None:
    """A loop: over a sequence, as often as it says, forwards or backwards, or while it may."""
    x = b.pick(_small)
    if x is None or b.depth >= DEEPEST:
        return None
    length = int(b.rng.choice((0, 1, 2, 2, 3, 4)))
    each = b.pick(lambda n: _small(n) and n.ndim < 4 and (wide(n) or not b.smooth)) or x
    sequence = b.like(each, shape=(length, *each.shape))
    constant = b.pick(_small) or x
    given = _named([x, each, constant])
    inner = _inner(b, given, int(b.rng.integers(1, 5)))
    new = _new_state(b, inner, given[0])
    y = inner.pick(_small) or new
    extra = inner.inputs[3:]
    operands = [constant, *_outside(b, inner, 3)]
    style = b.rng.random()
    if style < 0.65:
        body = Graph([*given, *extra], [new, y])
        made = ops.loop([x], [sequence], operands, body=body, length=length,
                        reverse=b.chance(0.4))  # fmt: skip
        return _kept(b, made)
    count = input_node("count", (), dtypes.int64)
    limit = int(b.rng.integers(0, 5))
    bound = length if style < 0.9 or b.smooth else None
    seen = [input_node("count", (), dtypes.int64), *_named([x, constant, *extra])]
    cond = Graph(seen, [ops.lt(seen[0], ops.full(limit, (), dtypes.int64))])
    after = ops.add(count, ops.full(1, (), dtypes.int64))
    start = ops.full(int(b.rng.integers(0, 3)), (), dtypes.int64)
    if bound is None:
        body = Graph([count, given[0], given[2], *extra], [after, new])
        if given[1] in body.nodes:
            return None
        made = ops.loop([start, x], [], operands, body=body, cond=cond)
    else:
        body = Graph([count, *given, *extra], [after, new, y])
        made = ops.loop([start, x], [sequence], operands, body=body, cond=cond, length=bound)
    return _kept(b, made)


def branch(b: Builder) -> Node | None:
    """A branch on an input, or on a comparison."""
    x, y = b.pick(_small), b.pick(_small)
    if x is None or y is None or b.depth >= DEEPEST:
        return None
    inners = [_inner(b, _named([x, y]), int(b.rng.integers(1, 4))) for _ in range(2)]
    wanted = inners[0].pool[-1]
    other = inners[1].pick(lambda n: n.type.matches(wanted.type))
    if other is None:
        wanted, other = (i.inputs[0] for i in inners)
    mine, others = ([*i.inputs[2:]] for i in inners)
    operands = [x, y, *_outside(b, inners[0], 2), *_outside(b, inners[1], 2)]
    first = Graph([*inners[0].inputs, *_renamed(others, "w")], [wanted, inners[0].inputs[0]])
    second = Graph(
        [*inners[1].inputs[:2], *_renamed(mine, "w"), *others], [other, inners[1].inputs[0]]
    )
    predicate = b.input((), dtypes.bool_)
    return _kept(b, ops.cond(predicate, operands, first, second))


def _renamed(nodes: list[Node], prefix: str) -> list[Node]:
    return [input_node(f"{prefix}{i}", n.shape, n.dtype) for i, n in enumerate(nodes)]

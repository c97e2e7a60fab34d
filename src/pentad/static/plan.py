"""What one run of a graph does: which nodes, in which order, and where.

Nodes that run outside of native code (`Op.host`) come first if they need nothing of the rest, such
as readers and queues, or last if the rest needs nothing of them, such as summaries and printing.
All between is one compiled function. What only looks at values in the middle, such as printing and
checks, does so when that function has computed them, before variables change. Where sizes depend
on computed values, or another host step stands in the middle, that part runs eagerly instead;
`reason` says why.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pentad.graph.errors import GraphError, message
from pentad.static.gradients import GRADIENT, connected, smooth, wanted_by, with_bodies
from pentad.static.graph import Node, Symbol
from pentad.static.ops import CONSTANT, VARIABLE
from pentad.static.values import STRING
from pentad.static.windows import Window, windows_of


class Parts(NamedTuple):
    """The nodes of a run in their order, and what is known of them."""

    before: list[Node]
    main: list[Node]
    after: list[Node]
    reason: str | None
    reads: tuple[Node, ...]
    writes: tuple[Node, ...]
    draws_in_loops: bool
    wanted: frozenset[Symbol]
    higher: frozenset[Node]
    sizes: frozenset[Symbol]
    windows: tuple[Window, ...]
    sizes_beside: frozenset[Symbol]
    """Those of `sizes` that decide more than where windows begin."""
    watches: tuple[Node, ...]
    """Those of `main` that only look at values, and what they alone need: in their order."""
    passed: frozenset[Symbol]
    """Symbols with other values than what computes them, which gradients pass all the same."""


def parts(
    targets: Sequence[Node], fed: Iterable[Symbol], replaced: Mapping[Symbol, Symbol]
) -> Parts:
    """What has to run for the targets, if these symbols are fed and those replaced by others."""
    fed = frozenset(fed)
    reached = _reached(targets, fed, replaced)
    passed = _passed(reached, fed, replaced)
    computed = fed - passed
    if passed:
        reached = _reached(targets, computed, replaced, passed)
    needs = {n: _needs(n, computed, replaced, passed) for n in reached}
    order = _sorted(needs)
    before, main, after, watches, reason = _split(order, needs, frozenset(targets))
    inner = [n for n in order if n not in set(before) | set(after)]
    nested = list(with_bodies(inner))
    touched = [n.op.states(n) for n in nested]
    wanted, higher = wanted_by(nested)
    windows = tuple(windows_of(nested, fed, replaced))
    early = fed | {s for n in before if n.op is not CONSTANT for s in n.outputs}
    for node in nested:
        if reason is None and node.op.dynamic:
            reason = f"the sizes that {node.op.name} gives depend on values ({node.line})"
        if reason is None and node.op.host and node.body is not None:
            reason = f"{node.op.name} runs in Python, within a branch or loop ({node.line})"
        if reason is None and "eager" in node.extra:
            reason = f"{node.extra['eager']} ({node.line})"
        if reason is None and node.extra.get("eager_gradient") and _differentiated(node, nested):
            reason = f"the gradient of a loop without a bound ({node.line})"
    return Parts(
        before, main, after, reason,
        tuple(dict.fromkeys(v for reads, _ in touched for v in reads)),
        tuple(dict.fromkeys(v for _, writes in touched for v in writes)),
        any("seed" in n.extra and n.body is not None for n in nested),
        wanted, higher, _as_sizes(nested, early, replaced), windows,
        _as_sizes(nested, early, replaced, frozenset(w.node for w in windows)), tuple(watches),
        passed,
    )


def _passed(
    nodes: Sequence[Node], fed: frozenset[Symbol], replaced: Mapping[Symbol, Symbol]
) -> frozenset[Symbol]:
    """The symbols that are fed or replaced, and computed of what gradients are taken by."""
    every = list(with_bodies(nodes))
    by, _ = wanted_by(every)
    read = {s for n in every for s in n.inputs} if by else set()
    return frozenset(
        s for s in (*fed, *replaced)
        if s in read and s.node.inputs and connected([s], [x for x in by if x is not s])
    )


def _needs(
    node: Node, fed: frozenset[Symbol], replaced: Mapping[Symbol, Symbol],
    passed: frozenset[Symbol] = frozenset(),
) -> list[Node]:
    sources = [replaced.get(s, s) for s in node.inputs]
    own = [s.node for s in node.inputs if s in passed]
    return [*own, *[s.node for s in sources if s not in fed], *node.control]


def _reached(
    targets: Sequence[Node], fed: frozenset[Symbol], replaced: Mapping[Symbol, Symbol],
    passed: frozenset[Symbol] = frozenset(),
) -> list[Node]:
    seen: dict[Node, None] = {}
    stack = list(targets)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen[node] = None
            stack.extend(_needs(node, fed, replaced, passed))
    return list(seen)


def ordered(nodes: Sequence[Node]) -> list[Node]:
    """Nodes of a body in the order in which they run."""
    own = set(nodes)
    return _sorted({
        n: [m for m in [*(s.node for s in n.inputs), *n.control] if m in own] for n in nodes
    })


def _sorted(needs: Mapping[Node, Sequence[Node]]) -> list[Node]:
    """Every node after what it needs; otherwise as they were made, but writes as late as can be:
    who reads a variable beside a write to it sees what was there before."""
    missing = {n: len(set(needed)) for n, needed in needs.items()}
    readers: dict[Node, list[Node]] = {n: [] for n in needs}
    for n, needed in needs.items():
        for other in set(needed):
            readers[other].append(n)
    late = {n: _writes(n) for n in needs}
    ready = [(late[n], n.place, n) for n, count in missing.items() if not count]
    heapq.heapify(ready)
    order = []
    while ready:
        node = heapq.heappop(ready)[2]
        order.append(node)
        for reader in readers[node]:
            missing[reader] -= 1
            if not missing[reader]:
                heapq.heappush(ready, (late[reader], reader.place, reader))
    if len(order) != len(needs):
        stuck = next(n for n in needs if n not in set(order))
        raise GraphError(
            message("the graph has a cycle", got=f"'{stuck.name}' needs itself",
                    hint=f"it was made at {stuck.line}; look at what it was given to replace")
        )
    return order


def _writes(node: Node) -> bool:
    """Does it, or do branches and loops within it, write to variables?"""
    return bool(node.op.states(node)[1]) or any(b.writes() for b in node.extra.get("bodies", ()))


def _on_host(node: Node) -> bool:
    """Does it run in Python? What moves texts does, since native code has none."""
    if node.op.host or node.op is CONSTANT or "bodies" in node.extra:
        return node.op.host
    return any(s.static_type.dtype is STRING for s in (*node.inputs, *node.outputs))


def _split(
    order: Sequence[Node], needs: Mapping[Node, Sequence[Node]], targets: frozenset[Node]
) -> tuple[list[Node], list[Node], list[Node], list[Node], str | None]:
    """Host nodes that come before and after the rest, those amid it that only look at values, and
    why this is not possible if so."""
    host = {n for n in order if _on_host(n)}
    if not host:
        return [], list(order), [], [], None
    early: set[Node] = set()
    for node in order:
        simple = (node in host or node.op is CONSTANT) and not (
            _passes(node) and _differentiated(node, order))
        if simple and all(n in early for n in needs[node]):
            early.add(node)
    late: set[Node] = set()
    readers: dict[Node, list[Node]] = {n: [] for n in order}
    for node in order:
        for n in needs[node]:
            readers[n].append(node)
    for node in reversed(order):
        if node not in early and node in host and all(r in late for r in readers[node]):
            late.add(node)
    between = [n for n in order if n not in early and n not in late]
    watches = _watches([n for n in between if n in host], readers, targets)
    middle = next((n for n in between if n in host and n not in watches), None)
    if middle is not None:
        reason = f"{middle.op.name} runs in Python, amid what is computed ({middle.line})"
        return [], list(order), [], [], reason
    before = [n for n in order if n in early and n in host]
    consts = [n for n in order if n in early and n not in host]
    return [*consts, *before], [*consts, *between], [n for n in order if n in late], [
        n for n in between if n in watches], None


def _watches(
    amid: Sequence[Node], readers: Mapping[Node, Sequence[Node]], targets: frozenset[Node]
) -> set[Node]:
    """The host nodes that only look at values, and those that nothing but these needs."""
    found: set[Node] = set()
    for node in reversed(amid):
        if node.op.watches:
            # A variable itself is read when it is looked at, which would be too late.
            bare = any(s.node.op is VARIABLE for s in node.inputs)
            texts = any(s.static_type.dtype is STRING for s in node.outputs)
            fits = node.body is None and not bare and not texts
        else:
            handed = {r.inputs[0] for r in readers[node] if r.outputs and r.inputs}
            fits = (
                not node.op.effect and node not in targets and not handed & set(node.outputs)
                and all(r in found for r in readers[node])
            )
        if fits:
            found.add(node)
    return found


def _passes(node: Node) -> bool:
    """May a gradient pass through it, though it is not in native code?"""
    if node.op.host:
        return node.op.backward is not None
    return node.op.differentiable and any(map(smooth, node.inputs))


def _differentiated(node: Node, nodes: Sequence[Node]) -> bool:
    """Does a gradient pass through the node?"""
    below = {node}
    for n in nodes:
        if any(s.node in below for s in n.inputs):
            if n.op is GRADIENT:
                return True
            below.add(n)
    return False


def _as_sizes(
    nodes: Sequence[Node], fed: frozenset[Symbol], replaced: Mapping[Symbol, Symbol],
    apart: frozenset[Node] = frozenset(),
) -> frozenset[Symbol]:
    """What is fed and decides sizes: its value must be known when code is made. apart: nodes whose
    sizes do not count."""
    found: set[Symbol] = set()
    seen: set[Symbol] = set()
    stack = [
        n.inputs[i] for n in nodes if n not in apart for i in n.op.sizes if i < len(n.inputs)
    ]
    while stack:
        symbol = stack.pop()
        symbol = replaced.get(symbol, symbol)
        if symbol in seen:
            continue
        seen.add(symbol)
        if symbol in fed:
            found.add(symbol)
        elif symbol.node.op.known is not None and not symbol.node.op.from_type:
            stack.extend(symbol.node.inputs)
    return frozenset(found)

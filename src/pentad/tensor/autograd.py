"""The engine that walks the autograd graph of eager results backwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pentad.graph.errors import AutogradError, message
from pentad.tensor.functions import pointwise
from pentad.tensor.native import Route, learn
from pentad.tensor.nodes import GradNode, Port, edge
from pentad.tensor.run import run
from pentad.tensor.specialise import Backward
from pentad.tensor.state import state
from pentad.tensor.tensor import Leaf, Tensor, same_value

# -- one node ----------------------------------------------------------------------------------


def _gradients_of(
    node: GradNode, cotangents: Sequence[Any], wanted: tuple[bool, ...] | None
) -> list[tuple[Tensor, bool] | None]:
    """(gradient, is it ours alone) for each operand of a node; wanted: of which (None: all)."""
    plan = node.plan
    if plan.refusal is not None:
        return _otherwise(plan.refusal, node, cotangents, wanted)
    saved = _unpacked(node)
    if wanted is None and all(c is not None for c in cotangents):  # `in` would ask ==
        backward, given = plan.whole(), cotangents
    else:
        given = [c for c in cotangents if c is not None]
        pattern = tuple([c is not None for c in cotangents])
        backward = plan.backward(pattern, wanted or tuple([p is not None for p in node.parents]))
    values: list[Tensor] = []
    if backward.spec.metas:
        arguments = [saved[i] for i in backward.arguments]
        for c in given:
            arguments.append(c if c.meta.contiguous else pointwise.clone(c))
        values = _run(backward, arguments)
    return [
        None if index < 0 else (given[index], False) if passed else (values[index], alone)
        for passed, index, alone in backward.targets
    ]


def _run(backward: Backward, arguments: Sequence[Tensor]) -> Sequence[Tensor]:
    """The gradients that a Backward computes."""
    route = backward.route
    if route is not None and route.function is not None:
        return route.function(*arguments)  # type: ignore[no-any-return]
    if route is None:
        spec = backward.spec

        def usual(*given: Tensor) -> Sequence[Tensor]:
            values = run(spec, given)
            if state.mode is None:
                learn(route, given, given, spec)
            return values

        route = backward.route = Route(usual, (True,) * len(arguments))
    return route.fallback(*arguments)  # type: ignore[no-any-return]


def _otherwise(
    refusal: Any, node: GradNode, cotangents: Sequence[Any], wanted: tuple[bool, ...] | None
) -> list[tuple[Tensor, bool] | None]:
    """The gradients of an operation whose backward pass is an error, or a Python function."""
    if isinstance(refusal, Exception):
        raise refusal
    if wanted is None:
        wanted = tuple([p is not None for p in node.parents])
    if True not in wanted:
        return [None] * len(wanted)
    found = refusal(node, cotangents, wanted)
    return [(g, False) if w and g is not None else None for g, w in zip(found, wanted)]


def _unpacked(node: GradNode) -> list[Tensor]:
    """The saved values, checked; with create_graph, outputs know their node again."""
    if node.saved is None:
        raise AutogradError(
            message(
                f"backward through {node.name} a second time",
                expected="one backward pass, for it frees the saved values",
                got="another one over the same graph",
                hint="pass retain_graph=True to the first backward",
            )
        )
    values = []
    for source, t, (storage, version, ptr) in zip(node.plan.saved, node.saved, node.versions):
        if storage.version != version or t.storage is not storage or t.ptr != ptr:
            raise AutogradError(_spoiled(node, t, version))
        if state.grad and not source.is_input:
            made_by = node if source.index == 0 else Port(node, source.index)
            t = same_value(t, made_by)
        values.append(t)
    return values


def _spoiled(node: GradNode, t: Tensor, version: int) -> str:
    notes: Any = t.storage.notes
    written = notes.written_at if notes is not None else None
    forward = f" (recorded at {node.line})" if node.line else ""
    return message(
        f"a value that the gradient of {node.name} needs was changed in place",
        expected=f"{t.meta.type} at version {version}, as {node.name} saved it{forward}",
        got=f"version {t.storage.version}, last written at {written or 'an unknown line'}",
        hint="use the operation that is not in place, or clone() the value first",
    )


# -- the engine --------------------------------------------------------------------------------


def run_backward(
    roots: Sequence[tuple[Any, Tensor]],
    *,
    retain_graph: bool,
    create_graph: bool,
    targets: Sequence[Any] | None = None,
    stop: bool = False,
) -> dict[tuple[Any, int], Tensor]:
    """Send gradients from the roots' nodes to the leaves, or to the nodes `targets` only.

    Without targets, gradients accumulate in the leaves' `.grad`; with them they are returned. stop:
    what has reached a target goes no further, not even to another target.
    """
    starts = [(edge(node), g) for node, g in roots]
    walk = _Walk(retain_graph)
    nodes = [node for (node, _), _ in starts]
    if targets is not None:
        walk.ask(targets, nodes, stop)
    uses = _uses(nodes)
    before, state.grad = state.grad, create_graph
    try:
        for (node, index), g in starts:
            walk.deposit(node, index, (g, False))
        for node in in_order(nodes, uses):
            walk.visit(node)
    finally:
        state.grad = before
    return walk.found


def topological(starts: Sequence[Any]) -> list[Any]:
    """The nodes under `starts`, users before their operands, without recursion."""
    return list(in_order(starts, _uses(starts)))


def _uses(starts: Sequence[Any]) -> dict[Any, int]:
    """How often each node under `starts` is an operand there."""
    count: dict[Any, int] = dict.fromkeys(starts, 0)
    stack = list(count)
    while stack:
        for parent in stack.pop().parents:
            if parent is None:
                continue
            node = parent.owner if type(parent) is Port else parent
            if node in count:
                count[node] += 1
            else:
                count[node] = 1
                stack.append(node)
    return count


def in_order(starts: Sequence[Any], count: dict[Any, int]) -> Iterator[Any]:
    """The nodes, users before their operands; count: how many users each has, which is used up."""
    ready = [n for n in dict.fromkeys(starts) if count[n] == 0]
    while ready:
        current = ready.pop()
        yield current
        for parent in current.parents:
            if parent is not None:
                node = parent.owner if type(parent) is Port else parent
                left = count[node] = count[node] - 1
                if left == 0:
                    ready.append(node)


class _Walk:
    """One backward pass: the gradients that wait at nodes, by output."""

    def __init__(self, retain_graph: bool) -> None:
        self.stop = False
        self.pending: dict[Any, list[Any]] = {}
        self.found: dict[tuple[Any, int], Tensor] = {}
        self.free = not retain_graph
        self.anomaly = state.anomaly
        self.plain = not self.anomaly  # no targets and no checks
        self.asked: set[tuple[Any, int]] | None = None
        self.needed: set[Any] | None = None

    def ask(self, targets: Sequence[Any], starts: Sequence[Any], stop: bool) -> None:
        """Only go where it leads to the targets; stop: and not beyond."""
        self.stop = stop
        self.plain = False
        self.asked = {edge(t) for t in targets}
        self.needed = _leading_to(self.asked, topological(starts))

    def deposit(self, node: Any, index: int, given: tuple[Tensor, bool]) -> None:
        """Add a gradient to what waits at an output of a node."""
        slots = self.pending.get(node)
        if slots is None:
            count = 1 if type(node) is Leaf else len(node.plan.outputs)
            slots = self.pending[node] = [None] * count
        have = slots[index]
        slots[index] = given if have is None else (pointwise.plus(have[0], given[0]), True)

    def visit(self, node: Any) -> None:
        """Send what waits at a node on to its parents."""
        slots = self.pending.pop(node, None)
        if slots is None:
            return
        if node.hooks is not None:
            _run_hooks(node, slots)
        if self.asked is not None:
            for index, slot in enumerate(slots):
                if slot is not None and (node, index) in self.asked:
                    self.found[node, index] = slot[0]
                    slots[index] = None if self.stop else slot
            if self.stop and not any(slots):
                return
        if type(node) is Leaf:
            if self.asked is None:
                accumulate(node, *slots[0])
        elif self.plain and len(slots) == 1 and node.plan.refusal is None:
            self._straight(node, slots[0][0])
        else:
            self._through(node, slots)

    def _straight(self, node: GradNode, given: Tensor) -> None:
        """`_through` for one output and all operands, short: most nodes come through here."""
        saved = _unpacked(node)
        backward = node.plan.whole()
        values: Sequence[Tensor] = ()
        if backward.spec.metas:
            arguments = [saved[i] for i in backward.arguments]
            arguments.append(given if given.meta.contiguous else pointwise.clone(given))
            values = _run(backward, arguments)
        if self.free and saved:
            node.saved = None
        pending = self.pending
        for parent, (passed, index, alone) in zip(node.parents, backward.targets):
            if parent is None or index < 0:
                continue
            what = (given, False) if passed else (values[index], alone)
            if type(parent) is Port:
                self.deposit(parent.owner, parent.index, what)
            elif parent in pending or (type(parent) is not Leaf and len(parent.plan.outputs) > 1):
                self.deposit(parent, 0, what)
            else:
                pending[parent] = [what]

    def _through(self, node: GradNode, slots: Sequence[Any]) -> None:
        parents = node.parents
        wanted = None
        if self.needed is not None:
            wanted = tuple([p is not None and edge(p)[0] in self.needed for p in parents])
            if True not in wanted and node.plan.refusal is None:
                return
        gradients = _gradients_of(node, [s and s[0] for s in slots], wanted)
        if self.anomaly:
            _check_finite(node, gradients)
        if self.free and node.saved:
            node.saved = None
        for parent, given in zip(parents, gradients):
            if parent is not None and given is not None:
                if type(parent) is Port:
                    self.deposit(parent.owner, parent.index, given)
                else:
                    self.deposit(parent, 0, given)


def _leading_to(asked: set[tuple[Any, int]], order: Sequence[Any]) -> set[Any]:
    """The nodes from which one of `asked` is reached."""
    owners = {node for node, _ in asked}
    needed: set[Any] = set()
    for node in reversed(order):
        if node in owners or any(p is not None and edge(p)[0] in needed for p in node.parents):
            needed.add(node)
    return needed


def _run_hooks(node: Any, slots: list[Any]) -> None:
    for index, hooks in node.hooks.items():
        for hook in hooks:
            if slots[index] is not None:
                changed = hook(slots[index][0])
                if changed is not None:
                    slots[index] = (changed, False)


def _check_finite(node: GradNode, gradients: Sequence[Any]) -> None:
    for i, given in enumerate(gradients):
        if given is not None and bool((given[0] != given[0]).any()):
            raise AutogradError(
                message(
                    f"the gradient of operand {i} of {node.name} has NaN values",
                    expected="numbers",
                    got=f"NaN in a gradient of type {given[0].meta.type}",
                    where=node.line,
                    hint="look at the operation's operands at that line: 0/0, log(0), sqrt(0)?",
                )
            )


def accumulate(leaf: Leaf, gradient: Tensor, ours: bool) -> None:
    """Add a gradient to the `.grad` of a leaf, and call the hooks that wait for it."""
    tensor = leaf.tensor()
    if tensor is None:
        return
    _add_gradient(tensor, gradient, ours)
    for hook in leaf.after or ():
        hook(tensor)


def _add_gradient(tensor: Tensor, gradient: Tensor, ours: bool) -> None:
    trace = state.trace
    have = tensor._grad if trace is None else trace.entry_grad(tensor)
    if not isinstance(have, Tensor):
        total = gradient if ours else pointwise.clone(gradient)
    elif state.grad:
        total = pointwise.plus(have, gradient)
    else:
        pointwise.add_(have, gradient)
        return
    if trace is None:
        tensor._grad = total
    else:
        trace.set_grad(tensor, total)

"""The engine that walks the autograd graph of eager results backwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad.graph.errors import AutogradError, message
from pentad.tensor import pointwise
from pentad.tensor.nodes import GradNode, Port, edge
from pentad.tensor.run import run
from pentad.tensor.state import state
from pentad.tensor.tensor import Leaf, Tensor, same_value

# -- one node ----------------------------------------------------------------------------------


def _gradients_of(
    node: GradNode, cotangents: Sequence[Any], wanted: tuple[bool, ...]
) -> list[tuple[Tensor, bool] | None]:
    """(gradient, is it ours alone) for each operand of a node."""
    saved = _unpacked(node)
    given = [c for c in cotangents if c is not None]
    backward = node.plan.backward(tuple([c is not None for c in cotangents]), wanted)
    values: list[Tensor] = []
    if backward.spec.metas:
        arguments = [saved[i] for i in backward.arguments]
        values = run(backward.spec, [*arguments, *(_contiguous(c) for c in given)])
    uses: dict[tuple[str, int], int] = {}
    for t in backward.targets:
        if t is not None:
            uses[t] = uses.get(t, 0) + 1
    return [
        None
        if t is None
        else (given[t[1]], False)
        if t[0] == "pass"
        else (values[t[1]], uses[t] == 1)
        for t in backward.targets
    ]


def _contiguous(g: Tensor) -> Tensor:
    return g if g.meta.contiguous else pointwise.clone(g)


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
    for source, t, (storage, version) in zip(node.plan.saved, node.saved, node.versions):
        if storage.version != version or t.storage is not storage:
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
) -> dict[tuple[Any, int], Tensor]:
    """Send gradients from the roots' nodes to the leaves, or to the nodes `targets` only.

    Without targets, gradients accumulate in the leaves' `.grad`; with them they are returned.
    """
    starts = [(edge(node), g) for node, g in roots]
    order = topological([node for (node, _), _ in starts])
    asked = None if targets is None else {edge(t) for t in targets}
    needed = _needed(order, asked)
    pending: dict[Any, list[Any]] = {}
    for (node, index), g in starts:
        if node in needed:
            _deposit(pending, node, index, (g, False))
    found: dict[tuple[Any, int], Tensor] = {}
    before, state.grad = state.grad, create_graph
    try:
        for node in order:
            if node in pending:
                _visit(node, pending, needed, asked, found, retain_graph)
    finally:
        state.grad = before
    return found


def topological(starts: Sequence[Any]) -> list[Any]:
    """The nodes under `starts`, users before their operands, without recursion."""
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
    order: list[Any] = []
    ready = [n for n in dict.fromkeys(starts) if count[n] == 0]
    while ready:
        current = ready.pop()
        order.append(current)
        for parent in current.parents:
            if parent is not None:
                node = parent.owner if type(parent) is Port else parent
                count[node] -= 1
                if count[node] == 0:
                    ready.append(node)
    return order


def _needed(order: Sequence[Any], asked: set[tuple[Any, int]] | None) -> set[Any]:
    if asked is None:
        return set(order)
    owners = {node for node, _ in asked}
    needed: set[Any] = set()
    for node in reversed(order):
        if node in owners or any(
            p is not None and edge(p)[0] in needed for p in node.parents
        ):
            needed.add(node)
    return needed


def _deposit(
    pending: dict[Any, list[Any]], node: Any, index: int, given: tuple[Tensor, bool]
) -> None:
    outputs = 1 if type(node) is Leaf else len(node.plan.outputs)
    slots = pending.setdefault(node, [None] * outputs)
    have = slots[index]
    slots[index] = given if have is None else (pointwise.plus(have[0], given[0]), True)


def _visit(
    node: Any,
    pending: dict[Any, list[Any]],
    needed: set[Any],
    asked: set[tuple[Any, int]] | None,
    found: dict[tuple[Any, int], Tensor],
    retain_graph: bool,
) -> None:
    slots = pending.pop(node)
    if node.hooks is not None:
        _run_hooks(node, slots)
    for index, slot in enumerate(slots):
        if asked is not None and slot is not None and (node, index) in asked:
            found[node, index] = slot[0]
    if type(node) is Leaf:
        if asked is None:
            accumulate(node, *slots[0])
        return
    if node.plan.refusal is not None:
        raise node.plan.refusal
    wanted = tuple([p is not None and edge(p)[0] in needed for p in node.parents])
    if not any(wanted):
        return
    gradients = _gradients_of(node, [None if s is None else s[0] for s in slots], wanted)
    if state.anomaly:
        _check_finite(node, gradients)
    if not retain_graph and node.saved:
        node.saved = None
    for parent, given in zip(node.parents, gradients, strict=True):
        if parent is not None and given is not None:
            owner, index = edge(parent)
            _deposit(pending, owner, index, given)


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
    """Add a gradient to the `.grad` of a leaf."""
    tensor = leaf.tensor()
    if tensor is None:
        return
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

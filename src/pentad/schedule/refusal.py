"""Why a node opened a kernel of its own, in words: the other side of the rules in group.py."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from pentad.graph.node import Node
from pentad.schedule.group import (
    FULL,
    OUTER,
    WITH_EPILOGUE,
    Group,
    Grouping,
    Opening,
    lines_up,
    reduced_axes,
    squeezed_axes,
)
from pentad.schedule.layout import Layout
from pentad.schedule.weights import MAX_WEIGHT

Name = Callable[[Group], str]


def refusal(group: Group, grouping: Grouping, name: Name) -> str:
    """Why the first node of `group` joined no earlier one; `name` gives the name of a kernel."""
    opening = group.opening
    node = opening.node
    if group.head is not None:
        return _structured(group)
    space, axes = _space(node)
    if axes is not None and grouping.is_long(node):
        inner = prod(n for i, n in enumerate(space) if i in axes)
        return f"a reduction of {inner} elements to a few results is cut into parts"
    if opening.after is None:
        return f"its operands come from outside, and no open kernel runs over {_text(space)}"
    return _against(opening, opening.after, grouping, name)


def _structured(group: Group) -> str:
    assert group.head is not None
    op = group.head.op.name
    if group.kind == "control":
        return f"{op} runs programs of its own"
    if group.kind == "host":
        return f"{op} runs in Python"
    if group.kind in WITH_EPILOGUE:
        return f"{op} begins a kernel: its operands must be in memory"
    if group.kind == "loop":
        return f"{op} begins a kernel: it reads its operand at computed places"
    return f"{op} has a kernel of its own, which takes nothing else in"


def _against(opening: Opening, after: Group, grouping: Grouping, name: Name) -> str:
    """Why the node could not join the kernel that makes its latest operand."""
    node, kernel = opening.node, name(after)
    space, axes = _space(node)
    if opening.closed:
        if opening.weight >= MAX_WEIGHT:
            return f"{kernel} is full: it weighs {opening.weight}, {MAX_WEIGHT} is the cap"
        if after.kind == "loop":
            return f"{kernel} is a long reduction, whose parts must be complete"
        return f"{kernel} takes nothing else in, its result must be in memory"
    if axes is not None and after.kind in WITH_EPILOGUE:
        return f"a reduction cannot end {kernel}, whose results are complete only in memory"
    if axes is not None and space == after.space and opening.reduced not in (None, axes):
        return f"it reduces axes {_text(axes)}, {kernel} reduces {_text(opening.reduced or ())}"
    outer = tuple(n for i, n in enumerate(after.space) if i not in (opening.reduced or ()))
    if space != after.space and (axes is not None or not opening.reduced or space != outer):
        return f"another iteration space: {_text(space)}, {kernel} has {_text(after.space)}"
    return _misplaced(node, FULL if space == after.space else OUTER, after, grouping, kernel)


def _misplaced(node: Node, level: str, after: Group, grouping: Grouping, kernel: str) -> str:
    for operand in grouping.operands(node):
        if lines_up(after, level, operand):
            continue
        root = operand.root
        if root in after.level:
            return f"it needs {root.op.name} of {kernel} in another order, so in memory first"
        text = root.attrs["name"] if root.op.name == "input" else root.op.name
        return f"{text}, which it reads too, does not lie as the epilogue of {kernel} needs it"
    return f"{kernel} was not ready for it"


def _space(node: Node) -> tuple[tuple[int, ...], tuple[int, ...] | None]:
    """The iteration space of an element-wise or reduce node, and the axes that it reduces."""
    if node.op.kind != "reduce":
        return Layout.of(node.shape).squeezed.shape, None  # type: ignore[arg-type]
    shape: tuple[int, ...] = node.inputs[0].shape  # type: ignore[assignment]
    return Layout.of(shape).squeezed.shape, squeezed_axes(shape, reduced_axes(node))


def _text(sizes: tuple[int, ...]) -> str:
    return "x".join(map(str, sizes)) or "a single element"

"""Fusion: which nodes share a kernel.

Nodes are visited operands first. Groups are numbered as they open, and a node may join a group
only if all its operands live in groups of the same or a smaller number: so the numbers order the
groups for execution, and no cycle can arise. A node prefers the group of its latest operand (an
epilogue, the next stage of a reduction), then the latest open group of its iteration space.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import NamedTuple

from pentad.graph.node import Graph, Node
from pentad.ops.weights import weight
from pentad.schedule import convolutions, products
from pentad.schedule.late import late
from pentad.schedule.layout import Layout, Layouts, contiguous, merge_axes
from pentad.schedule.weights import MAX_WEIGHT

FULL, OUTER = "full", "outer"
Space = tuple[int, ...]


class Opening(NamedTuple):
    """Why a group was opened: `node` did not join `after`, as that was then (for explain).

    after: the latest group among those of the node's operands, None if all come from outside.
    """

    node: Node
    after: Group | None
    closed: bool = False
    weight: int = 0
    reduced: tuple[int, ...] | None = None


@dataclass(eq=False)
class Group:
    """Nodes of one kernel. `space` is the iteration space without axes of size 1.

    reduced: positions in `space` that a loop group reduces over (None: not yet decided).
    level: whether a node has a value for each point (FULL) or for each outer point (OUTER).
    results: the results of a control node, which is a group of its own, by their numbers.
    head: the structured node that begins the group (its kernel's main loop), if there is one.
    axes: of a matrix product or a convolution, the positions in `space` of its three dimensions.
    touched: the roots of what it makes and reads.
    """

    number: int
    kind: str
    space: Space
    opening: Opening
    nodes: list[Node] = field(default_factory=list)
    level: dict[Node, str] = field(default_factory=dict)
    reduced: tuple[int, ...] | None = None
    head: Node | None = None
    results: dict[int, Node] = field(default_factory=dict)
    axes: tuple[tuple[int, ...], ...] = ()
    closed: bool = False
    weight: int = 0
    touched: set[Node] = field(default_factory=set)

    @property
    def outer_space(self) -> Space:
        reduced = self.reduced or ()
        return tuple(n for i, n in enumerate(self.space) if i not in reduced)

    def strides_of(self, level: str) -> tuple[int, ...]:
        """The strides over `space` of a value of this group as its fellows see it."""
        if level == FULL or not self.reduced:
            return contiguous(self.space)
        outer = iter(contiguous(self.outer_space))
        return tuple(0 if i in self.reduced else next(outer) for i in range(len(self.space)))

    def add(self, node: Node, level: str) -> None:
        self.nodes.append(node)
        self.touched.add(node)
        self.level[node] = level
        self.weight += weight(node)


class Operand(NamedTuple):
    """An operand of a node: its root, where it lies in memory, and which of the root's elements
    it means, counted in row-major order (None if strides cannot say)."""

    root: Node
    physical: Layout
    logical: Layout | None


LONG_REDUCTION = 1 << 14
"""A reduction of more elements than this per result is cut into parts, if the results are few."""
FEW_COLUMNS, FEW_ROWS = 64, 16
"""Results up to which they are few: columns are summed side by side in one task, rows in tasks of
their own."""


_BATCH = 256
"""Sizes that the first axis may well have, where it varies."""
_LIGHT = 1
_AHEAD = 32
"""Nodes that are looked at to see whether two reductions meet."""
_AT_HAND = 1 << 15
"""Elements of an operand that stays in the caches for some time."""


def _readers(graph: Graph) -> dict[Node, list[Node]]:
    """The nodes that read each value, also through views."""
    found: dict[Node, list[Node]] = {n: [] for n in graph.nodes}
    for node in reversed(graph.nodes):
        through = found[node] if node.op.kind == "view" else [node]
        for i in node.inputs:
            found[i].extend(through)
    return found


def reduced_axes(node: Node) -> tuple[int, ...]:
    """The axes of the operand that a reduce node reduces."""
    if "axis" in node.attrs:
        return (node.attrs["axis"],)
    axes: tuple[int, ...] = node.attrs["axes"]
    return axes


def squeezed_axes(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    """Positions of `axes` once the axes of size 1 are gone."""
    position, result = 0, []
    for i, n in enumerate(shape):
        if n != 1:
            if i in axes:
                result.append(position)
            position += 1
    return tuple(result)


class Grouping:
    """Puts every node that computes into a group; see the module's docstring.

    varied: the first axis will have other sizes, for which the groups must be the same. So nodes
    do not meet in a group because two sizes happen to be equal, and sums that are long in some
    batches are cut in all of them.
    """

    def __init__(self, graph: Graph, layouts: Layouts, varied: bool = False) -> None:
        self.layouts, self.varied = layouts, varied
        self.groups: list[Group] = []
        self.of: dict[Node, Group] = {}
        self._latest: dict[tuple[object, ...], Group] = {}
        self._readers = _readers(graph)
        self._outputs = {layouts.resolve(n)[0] for n in graph.outputs}
        for node in late(graph.nodes, graph.outputs):
            if node.op.kind == "result":
                self.of[node] = group = self.of[node.inputs[0]]
                group.results[node.attrs["index"]] = node
            elif node.op.kind not in ("view", "source"):
                self._place(node)

    def _place(self, node: Node) -> None:
        match node.op.kind:
            case "elementwise":
                self._place_elementwise(node)
            case "reduce":
                self._place_reduce(node)
            case _:
                self._place_structured(node)

    def _place_structured(self, node: Node) -> None:
        kind = _kind_of(node)
        space = Layout.of(node.shape).squeezed.shape  # type: ignore[arg-type]
        group = self._open(kind, space, node, self.operands(node))
        group.head = node
        group.closed = kind not in (*WITH_EPILOGUE, "loop")
        if kind == "gemm":
            group.axes = products.axes_of(node)
        elif kind == "convolution":
            group.axes = convolutions.axes_of(node)
        self._join(node, group, FULL)

    def _open(self, kind: str, space: Space, node: Node, operands: list[Operand]) -> Group:
        floor = self._floor(operands)
        opening = Opening(node, None)
        if floor >= 0:
            after = self.groups[floor]
            opening = Opening(node, after, after.closed, after.weight, after.reduced)
        group = Group(len(self.groups), kind, space, opening)
        self.groups.append(group)
        return group

    def _join(self, node: Node, group: Group, level: str) -> None:
        group.add(node, level)
        group.touched.update(self.layouts.resolve(i)[0] for i in node.inputs)
        self.of[node] = group
        if group.weight >= MAX_WEIGHT:
            group.closed = True
        if not group.closed and group.kind in ("loop", *WITH_EPILOGUE):
            self._latest["full", group.space] = group
            if group.reduced:
                self._latest["outer", group.outer_space] = group
                self._latest["nest", group.space, group.reduced] = group

    def operands(self, node: Node) -> list[Operand]:
        """The operands of a node that are read from memory or come from other nodes."""
        return [
            Operand(root, physical.squeezed, self._logical(i))
            for i in node.inputs
            for root, physical in [self.layouts.resolve(i)]
            if root.op.name != "full"
        ]

    def _logical(self, node: Node) -> Layout | None:
        layout = self.layouts.logical(node)[1]
        return None if layout is None else layout.squeezed

    def _floor(self, operands: list[Operand]) -> int:
        """The number of the latest group among the operands', -1 if all come from outside."""
        return max((self.of[o.root].number for o in operands if o.root in self.of), default=-1)

    def _candidates(
        self, operands: list[Operand], *keys: tuple[object, ...]
    ) -> list[Group]:
        floor = self._floor(operands)
        found = [self.groups[floor]] if floor >= 0 else []
        latest = (self._latest.get(k) for k in keys)
        found += [g for g in latest if g is not None and g.number >= floor]
        return [g for g in found if not g.closed]

    def _place_elementwise(self, node: Node) -> None:
        space = Layout.of(node.shape).squeezed.shape  # type: ignore[arg-type]
        operands = self.operands(node)
        for group in self._candidates(operands, ("full", space), ("outer", space)):
            if group.kind in WITH_EPILOGUE and (
                self.layouts.is_part(node) or self._better_below(node, group, operands)
            ):
                continue
            if self.varied and not self._belongs(node, group, operands):
                continue
            for level in (FULL, OUTER):
                if _fits(group, level, space, operands):
                    self._join(node, group, level)
                    return
        self._join(node, self._open("loop", space, node, operands), FULL)

    def _better_below(self, node: Node, group: Group, operands: list[Operand]) -> bool:
        """Would an epilogue only store one value more? Its operands there are stored anyway, and
        a reduction reads it, whose kernel computes it as fast as it would load it. (After
        convolutions, which take longer, that gained nothing.)"""
        readers = self._readers[node]
        sums = [r for r in readers if r.op.kind == "reduce"]
        return (
            group.kind == "gemm"
            and weight(node) <= _LIGHT
            and node not in self._outputs
            and all(r.op.kind in ("elementwise", "reduce") for r in readers)
            and any(node in r.inputs for r in sums)
            and not any(self.is_long(r) for r in sums)
            and all(
                o.root in self._outputs
                or any(r.op.kind != "elementwise" for r in self._readers[o.root])
                for o in operands
                if self.of.get(o.root) is group
            )
        )

    def _place_reduce(self, node: Node) -> None:
        operands = self.operands(node)
        shape: tuple[int, ...] = node.inputs[0].shape  # type: ignore[assignment]
        space = Layout.of(shape).squeezed.shape
        axes = squeezed_axes(shape, reduced_axes(node))
        long = self.is_long(node)
        for group in self._candidates(operands, ("nest", space, axes), ("full", space)):
            if (
                not long
                and group.kind == "loop"
                and group.reduced in (None, axes)
                and OUTER not in (group.level.get(o.root) for o in operands)  # it must vary
                and _fits(group, FULL, space, operands)
                and self._worth_a_meeting(node, group, operands)
            ):
                group.reduced = axes
                self._join(node, group, OUTER)
                return
        group = self._open("loop", space, node, operands)
        group.reduced = axes
        group.closed = long
        self._join(node, group, OUTER)

    def _worth_a_meeting(self, node: Node, group: Group, operands: list[Operand]) -> bool:
        """May a reduction join a group? One that has nothing to do with it would only do two
        things at once: large operands would wait for it and leave the caches."""
        if self.varied:
            return self._belongs(node, group, operands)
        return (prod(group.space) <= _AT_HAND or _near(group, operands)
                or self._meet_later(node, group))

    def _meet_later(self, node: Node, group: Group) -> bool:
        """Is what comes of a reduction combined with what the group computes for each point, so
        that this would have to be stored if they were apart?"""
        ahead = [node]
        for each in ahead:
            for reader in self._readers[each]:
                if reader.op.kind not in ("elementwise", "reduce") or reader in ahead:
                    continue
                roots = (self.layouts.resolve(i)[0] for i in reader.inputs)
                if any(group.level.get(root) == FULL for root in roots):
                    return True
                if len(ahead) < _AHEAD:
                    ahead.append(reader)
        return False

    def _belongs(self, node: Node, group: Group, operands: list[Operand]) -> bool:
        """Has a node more to do with a group than its size? (Sizes that are 1 do not vary.)"""
        if not group.space or _near(group, operands):
            return True
        read = (self.layouts.resolve(i)[0] for r in self._readers[node] for i in r.inputs)
        return not group.touched.isdisjoint(read)

    def is_long(self, node: Node) -> bool:
        """Is a reduction so long, and are its results so few, that it is cut into parts?"""
        layout = self.layouts.resolve(node.inputs[0])[1].squeezed
        axes = squeezed_axes(node.inputs[0].shape, reduced_axes(node))  # type: ignore[arg-type]
        inner = prod(layout.shape[i] for i in axes)
        results = prod(layout.shape) // max(inner, 1)
        along_rows = any(layout.strides[i] == 1 for i in axes)
        if results > (FEW_ROWS if along_rows else FEW_COLUMNS):
            return False
        return inner > LONG_REDUCTION or (self.varied and self._may_be_long(node, inner))

    def _may_be_long(self, node: Node, inner: int) -> bool:
        """Is a sum over the batch, of so many elements now, long in a common batch?"""
        first: int = node.inputs[0].shape[0]  # type: ignore[assignment]
        return 0 in reduced_axes(node) and inner // max(first, 1) * _BATCH > LONG_REDUCTION


INTERLEAVE = "interleave"
"""The kind of a group that only says that the parts of a complex value lie in its memory."""
WITH_EPILOGUE = ("gemm", "convolution")
"""Kinds of groups whose kernel computes element-wise nodes on its results."""


def _in_lines(node: Node) -> bool:
    """Has a cumulative op a kernel? Complex numbers are carried along in Python."""
    return node.inputs[0].dtype.kind != "complex"


def _kind_of(node: Node) -> str:
    if node.op.kind == "control":
        return "control"
    if node.op.kind == "host" or (node.op.kernel == "scan" and not _in_lines(node)):
        return "host"
    if node.op.name in convolutions.KINDS:
        return "convolution"
    kinds = {"dot_general": "gemm", "gather": "loop"}
    return kinds.get(node.op.name, node.op.kernel or node.op.name)


def _near(group: Group, operands: list[Operand]) -> bool:
    """Does a group make or read one of the operands?"""
    return not group.touched.isdisjoint(o.root for o in operands)


def _fits(group: Group, level: str, space: Space, operands: list[Operand]) -> bool:
    """May a node of this space join at this level? Operands from within must line up."""
    if group.kind in WITH_EPILOGUE:
        if level != FULL:
            return False
    elif group.kind != "loop" or (level == OUTER and group.reduced is None):
        return False
    if space != (group.space if level == FULL else group.outer_space):
        return False
    return all(lines_up(group, level, o) for o in operands)


def lines_up(group: Group, level: str, operand: Operand) -> bool:
    """Does a value at this level of a group find its operand where the kernel's loops are?"""
    if operand.root not in group.level:
        strides = operand.physical.strides
        return not group.axes or merge_axes(group.space, strides, group.axes) is not None
    inner, seen = group.level[operand.root], operand.logical
    if seen is None or seen.offset:
        return False
    if level == OUTER:
        return inner == OUTER and seen.strides == contiguous(group.outer_space)
    return seen.strides == group.strides_of(inner)

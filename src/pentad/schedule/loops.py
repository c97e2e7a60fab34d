"""Loop groups -> LoopSpec: the expression DAG, its stages, and the shape of the nest."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from pentad.graph.node import Node
from pentad.schedule.group import FULL, OUTER, Group
from pentad.schedule.layout import Layout, Layouts
from pentad.schedule.spec import (
    Access,
    Indexed,
    Instr,
    LoopSpec,
    Ragged,
    Reduction,
    Stage,
    Store,
    constant,
)

REDUCTIONS = {
    "reduce_sum": "sum",
    "reduce_prod": "prod",
    "reduce_max": "max",
    "reduce_min": "min",
    "reduce_and": "and",
    "reduce_or": "or",
    "argmax": "argmax",
    "argmin": "argmin",
}

BLOCK = 1024
"""Elements of one step of the parallel index space along a vectorised dimension."""
COLUMNS = 64
"""Columns that one task reduces at a time, where the lanes run over columns."""


@dataclass
class Expressions:
    """Builds the instructions of one group; `slots` are the buffers in order of appearance."""

    group: Group
    layouts: Layouts
    order: tuple[int, ...]
    """The dimensions of the iteration space as positions in `group.space`."""
    instrs: list[Instr] = field(default_factory=list)
    slots: list[Node] = field(default_factory=list)
    of: dict[Node, int] = field(default_factory=dict)
    checked: bool = False
    _loads: dict[Instr, int] = field(default_factory=dict)

    def slot(self, root: Node) -> int:
        if root not in self.slots:
            self.slots.append(root)
        return self.slots.index(root)

    def add(self, instr: Instr) -> int:
        """The position of an instruction; equal ones are shared."""
        if instr not in self._loads:
            self._loads[instr] = len(self.instrs)
            self.instrs.append(instr)
        return self._loads[instr]

    def strides(self, layout: Layout, level: str) -> tuple[int, ...]:
        """Strides over the iteration space, of a squeezed layout at a level."""
        if level == FULL or not self.group.reduced:
            strides = layout.strides
        else:
            outer = iter(layout.strides)
            reduced = self.group.reduced
            strides = tuple(
                0 if i in reduced else next(outer) for i in range(len(self.group.space))
            )
        return tuple(strides[i] for i in self.order)

    def operand(self, node: Node, level: str) -> int:
        """The instruction that gives an operand of a node at `level`."""
        root, layout = self.layouts.resolve(node)
        if root in self.of:
            return self.of[root]
        if root.op.name == "full":
            return self.add(constant(root.attrs["value"], root.dtype))
        strides = self.strides(layout.squeezed, level)
        if root.op.name == "iota":
            access = Access(-1, root.dtype, strides, layout.offset)
            return self.add(Instr("position", (), root.dtype, access=access))
        # The type is that of the node, not of its root: the root of a part is a complex value.
        access = Access(self.slot(root), node.dtype, strides, layout.offset)
        return self.add(Instr("load", (), node.dtype, access=access))

    def elementwise(self, node: Node) -> None:
        """The instruction of an element-wise node of the group."""
        level = self.group.level[node]
        args = tuple(self.operand(i, level) for i in node.inputs)
        attrs = tuple(sorted(node.attrs.items()))
        self.of[node] = self.add(Instr(node.op.name, args, node.dtype, attrs))
        self.checked |= node.op.name == "check_index"

    def gather(self, node: Node) -> None:
        """A gather: its indices decide where in the operand each element is loaded."""
        axes: tuple[int, ...] = node.attrs["axes"]
        x, *indices = node.inputs
        root, layout = self.layouts.resolve(x)
        index_shape = indices[0].shape
        args = []
        for i in indices:
            index_root, index_layout = self.layouts.resolve(i)
            spread = Layout(
                node.shape,  # type: ignore[arg-type]
                (*index_layout.strides, *(0 for _ in range(node.ndim - len(index_shape)))),
                index_layout.offset,
            )
            args.append(self._load(index_root, spread))
        rest = [layout.strides[a] for a in range(x.ndim) if a not in axes]
        spread = Layout(node.shape, (*(0 for _ in index_shape), *rest), layout.offset)  # type: ignore[arg-type]
        strides = self.strides(spread.squeezed, FULL)
        access = Access(self.slot(root), x.dtype, strides, spread.offset)
        check = node.attrs["mode"] == "check"
        indexed = Indexed(
            access,
            tuple(layout.shape[a] for a in axes),
            tuple(layout.strides[a] for a in axes),
            check,
        )
        self.checked |= check
        self.of[node] = self.add(Instr("load_at", tuple(args), node.dtype, indexed=indexed))

    def _load(self, root: Node, layout: Layout) -> int:
        strides = self.strides(layout.squeezed, FULL)
        if root.op.name == "full":
            return self.add(constant(root.attrs["value"], root.dtype))
        if root.op.name == "iota":
            access = Access(-1, root.dtype, strides, layout.offset)
            return self.add(Instr("position", (), root.dtype, access=access))
        access = Access(self.slot(root), root.dtype, strides, layout.offset)
        return self.add(Instr("load", (), root.dtype, access=access))


def build_loop(
    group: Group, layouts: Layouts, stored: Collection[Node]
) -> tuple[LoopSpec, list[Node]]:
    """The spec of a loop group and the values behind its slots; `stored` are written to memory.

    The dimensions of size 1 are gone, neighbours that run through memory as one are merged;
    `shape_nest` is still to come.
    """
    reduced = group.reduced or ()
    e = Expressions(group, layouts, _order(group, layouts, stored))
    reductions: list[Reduction] = []
    for node in group.nodes:
        if node.op.kind == "reduce":
            value = e.operand(node.inputs[0], FULL)
            e.instrs.append(Instr("reduced", (value,), node.dtype, dim=len(reductions)))
            e.of[node] = len(e.instrs) - 1
            reductions.append(Reduction(REDUCTIONS[node.op.name], value, e.of[node]))
        elif node.op.name == "gather":
            e.gather(node)
        else:
            e.elementwise(node)
    stores = [(n, Store(_own_access(e, n), e.of[n])) for n in group.nodes if n in stored]
    stages = _stages(e, group, reductions, stores)
    spec = LoopSpec(
        dims=tuple(group.space[i] for i in e.order),
        parallel=0,
        reduced=len(reduced),
        vector=len(group.space) - 1,
        ragged=(),
        instrs=tuple(e.instrs),
        stages=stages,
        slots=len(e.slots) + e.checked,
        checked=e.checked,
    )
    return merge_dims(spec), e.slots


def _own_access(e: Expressions, node: Node) -> Access:
    layout = e.layouts.resolve(node)[1].squeezed
    strides = e.strides(layout, e.group.level[node])
    return Access(e.slot(node), node.dtype, strides, layout.offset)


def _order(group: Group, layouts: Layouts, stored: Collection[Node]) -> tuple[int, ...]:
    """Outer axes, then reduced ones, each from the widest to the narrowest stride in memory."""
    reduced = group.reduced or ()
    guides = [n for n in group.nodes if n in stored and group.level[n] == FULL]
    if not guides:
        operands = [layouts.resolve(i) for n in group.nodes for i in n.inputs]
        seen = [y.squeezed for r, y in operands if r not in group.level and r.op.kind != "source"]
        layouts_seen = [y for y in seen if y.shape == group.space]
    else:
        layouts_seen = [layouts.resolve(n)[1].squeezed for n in guides]
    if not layouts_seen:
        return (*(i for i in range(len(group.space)) if i not in reduced), *reduced)
    strides = layouts_seen[0].strides

    def widest_first(axes: Iterable[int]) -> list[int]:
        return sorted(axes, key=lambda i: (-abs(strides[i]), i))

    outer = [i for i in range(len(group.space)) if i not in reduced]
    return (*widest_first(outer), *widest_first(reduced))


def _stages(
    e: Expressions, group: Group, reductions: list[Reduction], stores: list[tuple[Node, Store]]
) -> tuple[Stage, ...]:
    """Each value as early as its operands allow: behind a reduction comes the next stage."""
    made_by = {r.result: r for r in reductions}
    full = {e.of[n] for n, level in group.level.items() if level == FULL}
    stage: list[int] = []
    for i, instr in enumerate(e.instrs):
        if i in made_by:
            stage.append(stage[made_by[i].value])
            continue
        outer_args = [stage[a] + 1 for a in instr.args if i in full and _is_outer(e, group, a)]
        inner_args = [stage[a] for a in instr.args]
        stage.append(max([0, *outer_args, *inner_args]))
    for r in reductions:
        if _is_outer(e, group, r.value):
            raise AssertionError("a reduction of a value that does not vary over what it reduces")
    last = max((stage[i] for i in (*made_by, *(s.value for _, s in stores))), default=0)
    return tuple(
        Stage(
            tuple(r for r in reductions if stage[r.value] == s),
            tuple(t for n, t in stores if group.level[n] == FULL and stage[t.value] == s),
            tuple(t for n, t in stores if group.level[n] == OUTER and stage[t.value] == s),
        )
        for s in range(last + 1)
    )


def _is_outer(e: Expressions, group: Group, instr: int) -> bool:
    return any(e.of.get(n) == instr for n, level in group.level.items() if level == OUTER)


# -- the shape of the nest -----------------------------------------------------------------------


def accesses(spec: LoopSpec) -> list[Access]:
    """Every affine access of a spec, positions included."""
    found = []
    for i in spec.instrs:
        if i.access is not None:
            found.append(i.access)
        if i.indexed is not None:
            found.append(i.indexed.access)
    for stage in spec.stages:
        found += [s.access for s in (*stage.stores, *stage.outer_stores)]
    return found


def map_accesses(spec: LoopSpec, change: object) -> LoopSpec:
    """The spec with `change(access)` in place of every access."""

    def instr(i: Instr) -> Instr:
        access = change(i.access) if i.access is not None else None  # type: ignore[operator]
        indexed = i.indexed
        if indexed is not None:
            indexed = replace(indexed, access=change(indexed.access))  # type: ignore[operator]
        return replace(i, access=access, indexed=indexed)

    def store(s: Store) -> Store:
        access = change(s.access)  # type: ignore[operator]
        indexed = replace(s.indexed, access=access) if s.indexed is not None else None
        return replace(s, access=access, indexed=indexed)

    stages = tuple(
        Stage(s.reductions, tuple(map(store, s.stores)), tuple(map(store, s.outer_stores)))
        for s in spec.stages
    )
    return replace(spec, instrs=tuple(map(instr, spec.instrs)), stages=stages)


def merge_dims(spec: LoopSpec) -> LoopSpec:
    """Merge neighbouring dimensions that every access runs through as through one."""
    split = len(spec.dims) - spec.reduced
    d = len(spec.dims) - 2
    while d >= 0:
        if d + 1 != split and _mergeable(spec, d):
            spec = _merged(spec, d)
            if d + 1 < split:
                split -= 1
        d -= 1
    return spec


def _mergeable(spec: LoopSpec, d: int) -> bool:
    if any(r.kind in ("argmax", "argmin") for s in spec.stages for r in s.reductions):
        return False
    n = spec.dims[d + 1]
    return all(a.strides[d] == a.strides[d + 1] * n for a in accesses(spec))  # type: ignore[operator]


def _merged(spec: LoopSpec, d: int) -> LoopSpec:
    was_reduced = d >= len(spec.dims) - spec.reduced
    dims = (*spec.dims[:d], spec.dims[d] * spec.dims[d + 1], *spec.dims[d + 2 :])  # type: ignore[operator]
    merged = map_accesses(
        spec, lambda a: replace(a, strides=(*a.strides[:d], *a.strides[d + 1 :]))
    )
    reduced = spec.reduced - 1 if was_reduced else spec.reduced
    return replace(merged, dims=dims, reduced=reduced, vector=len(dims) - 1)


def shape_nest(spec: LoopSpec, varied: bool = False) -> LoopSpec:
    """Choose the vector dimension, and cut a long one into blocks for the parallel space.

    varied: no choice is made by the size of the first dimension. So if it is the only one of a map
    it is cut, though it may be short.
    """
    outer = len(spec.dims) - spec.reduced
    if spec.reduced and lanes_over_reduced(spec, outer):
        return replace(spec, parallel=outer, vector=len(spec.dims) - 1)
    if outer == 0:
        return replace(spec, parallel=0, vector=len(spec.dims) - 1)
    last = outer - 1
    block = COLUMNS if spec.reduced else BLOCK
    is_block = any(r.inner == last for r in spec.ragged)
    perhaps = varied and outer == 1 and not spec.reduced
    if (perhaps or spec.dims[last] > block) and not is_block:  # type: ignore[operator]
        return cut(spec, last, block)
    return replace(spec, parallel=last if spec.reduced else _parallel(spec, varied), vector=last)


def _parallel(spec: LoopSpec, varied: bool) -> int:
    """How many dimensions of a map make the parallel index space: a task finds its indices by
    divisions, so that lines of few elements take turns within it (the first: never, if varied)."""
    inner = {r.inner for r in spec.ragged} | {r.outer for r in spec.ragged}
    d = len(spec.dims) - 1
    elements = spec.dims[d]
    while d > varied and d - 1 not in inner:
        if elements * spec.dims[d - 1] > BLOCK:  # type: ignore[operator]
            break
        d -= 1
        elements *= spec.dims[d]  # type: ignore[operator]
    return d


def lanes_over_reduced(spec: LoopSpec, outer: int) -> bool:
    """Lanes along the last reduced dimension, or along the last outer one? Unit strides decide."""
    if outer == 0:
        return True
    found = [a for a in accesses(spec) if a.slot >= 0]
    inner_units = sum(a.strides[-1] == 1 for a in found)
    outer_units = sum(a.strides[outer - 1] == 1 and any(a.strides[outer:]) for a in found)
    return inner_units >= outer_units


def cut(spec: LoopSpec, d: int, block: int) -> LoopSpec:
    """Cut dimension `d` into blocks: a parallel dimension before it counts them."""
    total = spec.dims[d]
    count = -(-total // block)  # type: ignore[operator]

    def spread(a: Access) -> Access:
        step = a.strides[d] * block  # type: ignore[operator]
        return replace(a, strides=(*a.strides[:d], step, *a.strides[d:]))

    dims = (*spec.dims[:d], count, block, *spec.dims[d + 1 :])
    wider = map_accesses(spec, spread)
    moved = [Ragged(r.inner + (r.inner >= d), r.outer + (r.outer >= d), r.total)
             for r in spec.ragged]  # fmt: skip
    ragged = (*moved, Ragged(d + 1, d, total))
    return replace(wider, dims=dims, parallel=d + 1, vector=d + 1, ragged=ragged)

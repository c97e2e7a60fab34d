"""Graph -> Program: groups become kernel calls, values become buffers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from pentad.graph.dtypes import DType
from pentad.graph.errors import ShapeError, message
from pentad.graph.node import Graph, Node
from pentad.ops.weights import weight_of
from pentad.schedule.attention import KINDS as attention_kinds
from pentad.schedule.attention import attention
from pentad.schedule.control import control
from pentad.schedule.convolutions import operands
from pentad.schedule.donation import Donations
from pentad.schedule.epilogue import build_convolution, build_gemm
from pentad.schedule.gemm_spec import GemmPlan, GemmSpec, tiles_at_once
from pentad.schedule.generalise import generalise_conv, generalise_gemm, generalise_loop
from pentad.schedule.group import INTERLEAVE, Group, Grouping
from pentad.schedule.layout import Layout, Strides, contiguous
from pentad.schedule.loops import build_loop, merge_dims, shape_nest
from pentad.schedule.order import thrifty
from pentad.schedule.pooling import max_pool_grad, reduce_window
from pentad.schedule.prepare import Prepared
from pentad.schedule.program import Buffer, Call, HostStep, Program, Step, plan_memory
from pentad.schedule.rebase import rebase_convolution, rebase_gemm, rebase_loop
from pentad.schedule.scans import scan, sort
from pentad.schedule.size import Size
from pentad.schedule.spec import Access, Instr, LoopSpec, PackKernel, Stage, Store
from pentad.schedule.split import split
from pentad.schedule.steady import part_steady
from pentad.schedule.structured import concatenate, pad, scatter
from pentad.schedule.unroll import written_out
from pentad.schedule.workspaces import Workspaces
from pentad.target.cpu import CpuTarget

STRUCTURED: dict[str, Callable[[Any, Group], None]] = {
    **dict.fromkeys(attention_kinds, attention),
    "concatenate": concatenate,
    "control": control,
    "max_pool_grad": max_pool_grad,
    "pad": pad,
    "reduce_window": reduce_window,
    "scan": scan,
    "scatter": scatter,
    "sort": sort,
}
"""What adds the calls of a group of each structured kind."""
_TASK = 1 << 16
"""Elements times weight that one task should have at least: some ten microseconds."""

_ADDRESSABLE = 1 << 47
"""Bytes that a process can address on common machines; below it no 64-bit product overflows."""


def lower(
    graph: Graph,
    target: CpuTarget,
    *,
    input_strides: Mapping[int, Strides] | None = None,
    donated: Mapping[int, int] | None = None,
    specialise: bool = True,
    varied: bool = False,
    steady: Collection[int] = (),
    lasting: Collection[int] = (),
) -> Program:
    """The program of a graph of primitive ops with concrete sizes.

    input_strides: of the inputs that are not contiguous. donated: output -> the input whose
    memory it takes (no other input may overlap it). specialise: kernels know their sizes. varied:
    they do not, and the first axis of inputs will have other sizes, for which the same kernels
    must do. steady: inputs that seldom change: what depends on them alone becomes the program's
    prologue.
    lasting: inputs that stay for several runs, so that their packing, too, is a step of its own.
    Raises ShapeError if a value is larger than any memory.
    """
    for node in graph.nodes:
        if _nbytes(node) > _ADDRESSABLE:
            raise ShapeError(
                message(
                    f"{node.op.name}: the value is too large for memory",
                    expected=f"at most {_ADDRESSABLE} bytes",
                    got=str(node.type),
                    where=node.source,
                )
            )
    kept = {*steady, *lasting}
    assert not (specialise and varied)
    sizes = specialise, varied
    program = _Lowering(graph, target, input_strides or {}, donated or {}, sizes, kept).program
    part_steady(program, steady)
    plan_memory(program)
    return program


def _made_of(graph: Graph, inputs: Collection[int]) -> set[Node]:
    """The inputs of these numbers, and what is computed of them alone."""
    found = {graph.inputs[i] for i in inputs}
    if found:
        for node in graph.nodes:
            if node.inputs and found.issuperset(node.inputs):
                found.add(node)
    return found


class _Lowering:
    def __init__(
        self,
        graph: Graph,
        target: CpuTarget,
        input_strides: Mapping[int, Strides],
        donated: Mapping[int, int],
        sizes: tuple[bool, bool],
        kept: Collection[int] = (),
    ) -> None:
        self.target, (self.specialise, self.varied) = target, sizes
        prepared = Prepared(graph, input_strides)
        self.layouts = prepared.layouts
        self.graph = prepared.graph
        self.kept = _made_of(prepared.graph, kept)
        self.grouping = Grouping(prepared.graph, prepared.layouts, self.varied)
        self.stored = self._stored()
        self.donations = Donations(self.graph, donated, self.grouping, self.layouts)
        self.program = Program(
            [n.type for n in graph.inputs], [n.type for n in graph.outputs]
        )
        self.buffers: dict[Node, Buffer] = {}
        self.workspaces = Workspaces()
        self._place_ends(donated)
        order = thrifty(
            self.grouping, self.donations.before, self.layouts, self._kept_bytes, self._written
        )
        for group in order:
            first = len(self.program.steps)
            self._emit(group)
            _mark(self.program.steps[first:], group.nodes, group in self.donations.writers)
        for output, source in self.donations.copied:
            first = len(self.program.steps)
            self._copy_back(output, source)
            _mark(self.program.steps[first:], [output], True)

    def _stored(self) -> set[Node]:
        """The values that other groups, or the caller, read from memory."""
        stored = set(self.graph.outputs)
        for group in self.grouping.groups:
            for node in group.nodes:
                for i in node.inputs:
                    root, _ = self.layouts.resolve(i)
                    if root in self.grouping.of and self.grouping.of[root] is not group:
                        stored.add(root)
        return stored

    def _place_ends(self, donated: Mapping[int, int]) -> None:
        for i, node in enumerate(self.graph.inputs):
            self.buffers[node] = Buffer("input", _nbytes(node), i)
        fresh = 0
        for i, node in enumerate(self.graph.outputs):
            if i not in donated:
                buffer = Buffer("output", _nbytes(node), fresh)
                fresh += 1
            elif i in self.donations.direct:
                buffer = self.buffers[self.graph.inputs[donated[i]]]
            else:
                buffer = Buffer("arena", _nbytes(node))
            self.buffers[node] = buffer
            self.program.output_buffers.append(buffer)

    def _kept_bytes(self, home: Node) -> int:
        """What a value takes in the arena."""
        buffer = self.buffers.get(home)
        return _nbytes(home) if buffer is None or buffer.place == "arena" else 0

    def _written(self, group: Group) -> Iterator[Node]:
        """The values that a group leaves in memory."""
        yield from (n for n in group.nodes if n in self.stored)
        yield from group.results.values()

    def buffer(self, root: Node) -> Buffer:
        """The memory of a value."""
        home = self.layouts.home(root)
        if home not in self.buffers:
            self.buffers[home] = Buffer("arena", _nbytes(home))
        return self.buffers[home]

    def inner(
        self, graph: Graph, strides: Mapping[int, Strides], lasting: Collection[int] = ()
    ) -> Program:
        """The program of a sub-graph."""
        return lower(
            graph, self.target, input_strides=strides, specialise=self.specialise,
            varied=self.varied, lasting=lasting,
        )  # fmt: skip

    # -- groups --------------------------------------------------------------------------------

    def _emit(self, group: Group) -> None:
        if group.kind == "loop":
            spec, slots = build_loop(group, self.layouts, self.stored)
            self._emit_loop(spec, [self.buffer(n) for n in slots], group)
        elif group.kind == "gemm":
            self._emit_gemm(group)
        elif group.kind == "convolution":
            self._emit_convolution(group)
        elif group.kind == INTERLEAVE:
            return
        elif group.kind == "host":
            self._emit_host(group)
        else:
            STRUCTURED[group.kind](self, group)

    def _emit_loop(self, spec: LoopSpec, buffers: list[Buffer], group: Group) -> None:
        spec = written_out(spec)
        cut = group.closed and spec.reduced and 0 not in spec.dims
        found = split(spec, self.varied) if cut else None
        if found is None:
            self.call_loop(self.nest(spec), buffers, _label(group))
            return
        parts, total, nbytes = found
        between = Buffer("arena", nbytes)
        [stage] = spec.stages
        home = buffers[stage.outer_stores[0].access.slot]
        self.call_loop(self.nest(parts), [*buffers, between], _label(group))
        self.call_loop(self.nest(total), [between, home], _label(group))

    def nest(self, spec: LoopSpec) -> LoopSpec:
        """The shape of a nest of loops, see `shape_nest`."""
        return shape_nest(spec, self.varied)

    def call_loop(self, spec: LoopSpec, buffers: list[Buffer], label: str) -> None:
        """Add the call (or, where a reduction is cut into parts, the calls) of a loop spec."""
        n = 1
        for d in spec.dims[: spec.parallel]:
            n *= _known(d)
        if 0 in spec.dims[: len(spec.dims) - spec.reduced]:
            return
        cost = sum(weight_of(i.op) for i in spec.instrs)
        for d in spec.dims[spec.parallel :]:
            cost *= max(_known(d), 1)
        chunk = max(1, -(-_TASK // max(cost, 1)))
        params: tuple[int, ...] = ()
        spec, offsets = rebase_loop(spec)
        if not self.specialise:
            spec, params = generalise_loop(spec, self.varied)
        self.program.steps.append(
            Call(spec, buffers, params, n, chunk, label, spec.checked, offsets[: len(buffers)])
        )

    def _emit_gemm(self, group: Group) -> None:
        assert group.head is not None
        root, _ = self.layouts.resolve(group.head.inputs[1])
        kernel, slots = build_gemm(
            group, self.layouts, self.stored, self.target, (self.specialise, self.varied),
            root in self.kept,
        )  # fmt: skip
        known, plan = kernel.gemm, kernel.plan
        if not (known.batch and known.m and known.n):
            return
        workspace, there = self._workspace(group.head, known, plan)
        buffers = self._kernel_buffers(group.head.inputs, workspace, slots)
        params: tuple[int, ...] = ()
        general, offsets = rebase_gemm(kernel)
        if not self.specialise:
            general, params = generalise_gemm(general)
        for operand, slot, needed, tasks, least in (
            ("b", 1, plan.early_b, plan.pack_b_tasks, 1),
            ("a", 0, plan.pack_a, plan.pack_a_tasks, tiles_at_once(plan, known)),
        ):
            if needed and operand != there:
                spec = PackKernel(general.gemm, plan, operand)
                n = tasks(known)
                chunk = -(-max(1, n // 8) // least) * least
                touched = (slot, slot, 2)
                self.program.steps.append(Call(
                    spec, [buffers[i] for i in touched], params, n, chunk, "pack", False,
                    tuple(offsets[i] for i in touched) if offsets else (),
                ))
        n, chunk = plan.tasks(known), plan.chunk(known)
        checked = kernel.epilogue.checked
        self.program.steps.append(
            Call(general, buffers, params, n, chunk, _label(group), checked, offsets)
        )

    def _emit_convolution(self, group: Group) -> None:
        assert group.head is not None
        if 0 in group.head.shape:
            return
        kernels, slots = build_convolution(
            group, self.layouts, self.stored, self.target, self.varied
        )
        conv, plan = kernels[0].conv, kernels[0].plan
        pair = operands(group.head)
        buffers = self._kernel_buffers(pair, Buffer("arena", plan.workspace), slots)
        first, second, work = buffers[:3]
        image = Buffer("arena", plan.packed_image(conv)) if plan.pack_image else first
        of_stage = {"pack_image": [first, first, image], "pack_kernel": [second, second, work]}
        for kernel in kernels:
            last = kernel is kernels[-1]
            label = _label(group) if last else kernel.stage
            n, chunk = plan.tasks(conv, kernel.stage), plan.chunk(conv, kernel.stage)
            general, offsets = rebase_convolution(kernel)
            params: tuple[int, ...] = ()
            if not self.specialise:
                general, params = generalise_conv(general)
            here = of_stage.get(kernel.stage, [image, *buffers[1 : None if last else 3]])
            checked = kernel.epilogue.checked
            self.program.steps.append(
                Call(general, here, params, n, chunk, label, checked, offsets[: len(here)])
            )

    def _workspace(self, node: Node, spec: GemmSpec, plan: GemmPlan) -> tuple[Buffer, str]:
        """The workspace of a product, and the operand that lies packed there already.

        What is packed of operands that stay is not shared: it may be packed once for many runs.
        """
        packs = {"a": plan.pack_a, "b": plan.early_b}
        roots = {s: self.layouts.resolve(i)[0] for s, i in zip(packs, node.inputs, strict=True)}
        packed = {s: roots[s] for s, needed in packs.items() if needed}
        if not packed or self.kept.intersection(packed.values()):
            return Buffer("arena", plan.workspace(spec)), ""
        return self.workspaces.take(spec, plan, packed)

    def _kernel_buffers(
        self, inputs: Sequence[Node], workspace: Buffer, slots: Sequence[Node]
    ) -> list[Buffer]:
        """Operands, workspace, and what the epilogue reads and writes."""
        roots = [self.layouts.resolve(i)[0] for i in inputs]
        return [*map(self.buffer, roots), workspace, *map(self.buffer, slots)]

    def _emit_host(self, group: Group) -> None:
        assert group.head is not None
        operands = []
        for i in group.head.inputs:
            root, layout = self.layouts.resolve(i)
            operands.append((self.buffer(root), layout))
        home = self.layouts.resolve(group.head)[1]
        self.program.steps.append(HostStep(group.head, operands, self.buffer(group.head), home))

    def _copy_back(self, output: Node, source: Node) -> None:
        """A donated output that could not be written in place: from the arena to its home."""
        shape: tuple[int, ...] = output.shape  # type: ignore[assignment]
        _, home = self.layouts.resolve(source)
        made = Layout(shape, contiguous(shape))
        if output.dtype.is_complex:
            made, home = made.in_parts, home.in_parts
        spec = copy_spec(output.dtype.real, made, home)
        self.call_loop(spec, [self.buffer(output), self.buffer(source)], "copy")


def copy_spec(dtype: DType, source: Layout, target: Layout) -> LoopSpec:
    """A loop that copies a value of `dtype` from one layout to another."""
    kept = [i for i, n in enumerate(source.shape) if n != 1]

    def access(slot: int, layout: Layout) -> Access:
        return Access(slot, dtype, tuple(layout.strides[i] for i in kept), layout.offset)

    load = Instr("load", (), dtype, access=access(0, source))
    stage = Stage((), (Store(access(1, target), 0),), ())
    dims: tuple[Size, ...] = tuple(source.shape[i] for i in kept)
    spec = LoopSpec(dims, 0, 0, len(dims) - 1, (), (load,), (stage,), 2)
    return shape_nest(written_out(merge_dims(spec)))


def _nbytes(node: Node) -> int:
    total = node.dtype.itemsize
    for n in node.shape:
        total *= _known(n)
    return total


def _known(size: object) -> int:
    assert isinstance(size, int), f"{size} is not a number"
    return size


def _mark(steps: Sequence[Step], nodes: Sequence[Node], commits: bool) -> None:
    """Note in calls the user's line of their nodes, and that they write over an input."""
    source = next((n.source for n in nodes if n.source), None)
    for step in steps:
        if isinstance(step, Call):
            step.source, step.commits = source, commits


def _label(group: Group) -> str:
    names: list[str] = []
    for node in group.nodes:
        if node.op.name not in names:
            names.append(node.op.name)
    return "+".join(names)

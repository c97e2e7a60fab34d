"""Groups that begin with a matrix product or a convolution: its kernel with what follows it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from pentad.graph.dtypes import DType
from pentad.graph.node import Node
from pentad.schedule.conv_choice import conv_plan
from pentad.schedule.convolutions import conv_spec
from pentad.schedule.gemm_spec import gemm_plan
from pentad.schedule.group import FULL, Group
from pentad.schedule.layout import Layout, Layouts, merge_axes
from pentad.schedule.loops import Expressions
from pentad.schedule.products import gemm_spec
from pentad.schedule.spec import Access, ConvKernel, Epilogue, GemmKernel, Instr, Store
from pentad.target.cpu import CpuTarget

_WRITTEN_OUT = 5
"""Up to this weight an epilogue is written out for each vector of a tile. A heavier one is a loop
over the vectors, which takes as long to run, and much less to compile."""
_LONG, _WRITTEN_OUT_LONG = 256, 2
"""So does a lighter one behind a sum of so many products, which takes a hundred times as long."""


@dataclass
class _Epilogue(Expressions):
    """Expressions whose accesses run over the three dimensions of the kernel's results.

    Slots 0 to 2 are the operands and the workspace; the epilogue's are counted after those, and
    never shared with them.
    """

    operands: list[Node] = field(default_factory=list)

    def strides(self, layout: Layout, level: str) -> tuple[int, ...]:
        found = merge_axes(self.group.space, layout.strides, self.group.axes)
        assert found is not None, "the fusion asked for this before"
        return found

    def slot(self, root: Node) -> int:
        return super().slot(root) + 3


def _build(
    group: Group, layouts: Layouts, stored: Collection[Node], accumulator: DType
) -> tuple[Epilogue, list[Node]]:
    """The instructions and stores of a group; the values behind slots 3 and on."""
    head = group.head
    assert head is not None
    e = _Epilogue(group, layouts, tuple(range(len(group.space))))
    e.instrs.append(Instr("product", (), accumulator))
    e.of[head] = 0
    if head.dtype is not accumulator:
        e.instrs.append(Instr("cast", (0,), head.dtype, (("dtype", head.dtype),)))
        e.of[head] = 1
    for node in group.nodes:
        if node is not head:
            e.elementwise(node)
    stores = []
    for node in group.nodes:
        if node in stored:
            layout = layouts.resolve(node)[1].squeezed
            access = Access(e.slot(node), node.dtype, e.strides(layout, FULL))
            stores.append(Store(access, e.of[node]))
    slots = len(e.slots) + 3 + e.checked
    return Epilogue(tuple(e.instrs), tuple(stores), slots, e.checked), e.slots


def build_gemm(
    group: Group,
    layouts: Layouts,
    stored: Collection[Node],
    target: CpuTarget,
    sizes: tuple[bool, bool],
    kept: bool,
) -> tuple[GemmKernel, list[Node]]:
    """The kernel of a matrix product and the values behind its slots from 3 on.

    sizes: does the kernel know its sizes, and may those of its first axis vary? kept: the second
    operand is the same in later runs.
    """
    assert group.head is not None
    gemm = gemm_spec(group.head, layouts)
    epilogue, slots = _build(group, layouts, stored, gemm.accumulator)
    specialise, varied = sizes
    plan = gemm_plan(
        gemm, target, run_time=not specialise, varied=varied, kept_b=kept,
        streams=epilogue.streams,
    )  # fmt: skip
    long = specialise and gemm.k >= _LONG  # type: ignore[operator]
    if epilogue.weight > (_WRITTEN_OUT_LONG if long else _WRITTEN_OUT):
        plan = replace(plan, unroll=False)
    return GemmKernel(gemm, plan, epilogue), slots


def build_convolution(
    group: Group,
    layouts: Layouts,
    stored: Collection[Node],
    target: CpuTarget,
    varied: bool = False,
) -> tuple[list[ConvKernel], list[Node]]:
    """The kernels of a convolution's stages, in order, and the values from slot 3 on."""
    assert group.head is not None
    conv = conv_spec(group.head, layouts)
    epilogue, slots = _build(group, layouts, stored, conv.accumulator)
    plan = conv_plan(conv, target, varied=varied)
    none = Epilogue((), (), 3)
    kernels = [
        ConvKernel(conv, plan, stage, epilogue if stage == plan.stages[-1] else none)
        for stage in plan.stages
    ]
    return kernels, slots

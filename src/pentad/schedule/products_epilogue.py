"""Matrix-product groups -> GemmKernel: the product and the element-wise nodes that follow it."""

from __future__ import annotations

from collections.abc import Collection

from pentad.graph.node import Node
from pentad.schedule.gemm_spec import gemm_plan
from pentad.schedule.group import FULL, Group
from pentad.schedule.layout import Layout, Layouts, merge_parts
from pentad.schedule.loops import Expressions
from pentad.schedule.products import gemm_spec
from pentad.schedule.spec import Access, GemmKernel, Instr, Store
from pentad.target.cpu import CpuTarget


class _Epilogue(Expressions):
    """Expressions whose accesses run over (batch, m, n) in place of the group's axes."""

    def strides(self, layout: Layout, level: str) -> tuple[int, ...]:
        found = merge_parts(self.group.space, layout.strides, self.group.parts)
        assert found is not None, "the fusion asked for this before"
        return found


def build_gemm(
    group: Group, layouts: Layouts, stored: Collection[Node], target: CpuTarget, specialise: bool
) -> tuple[GemmKernel, list[Node]]:
    """The kernel of a group and the values behind its slots: A, B, then the epilogue's.

    (Slot 2, the workspace, has no value: slot 3 and on are the values 2 and on.)
    """
    assert group.head is not None
    gemm = gemm_spec(group.head, layouts)
    e = _Epilogue(group, layouts, tuple(range(len(group.space))))
    e.slots.extend(layouts.resolve(i)[0] for i in group.head.inputs)
    first = len(e.slots)
    own = _Slots(e, first)
    e.instrs.append(Instr("product", (), gemm.accumulator))
    e.of[group.head] = 0
    if group.head.dtype is not gemm.accumulator:
        e.instrs.append(Instr("cast", (0,), group.head.dtype, (("dtype", group.head.dtype),)))
        e.of[group.head] = 1
    for node in group.nodes:
        if node is not group.head:
            e.elementwise(node)
    stores = tuple(
        Store(_access(e, own, node), e.of[node]) for node in group.nodes if node in stored
    )
    kernel = GemmKernel(
        gemm,
        gemm_plan(gemm, target, run_time=not specialise),
        tuple(e.instrs),
        stores,
        len(e.slots) + 1 + e.checked,
        e.checked,
    )
    return kernel, e.slots


class _Slots:
    """Epilogue slots are counted after the workspace, and never shared with A or B."""

    def __init__(self, e: _Epilogue, first: int) -> None:
        self.e, self.first = e, first
        e.slot = self.of  # type: ignore[method-assign]

    def of(self, root: Node) -> int:
        slots = self.e.slots
        for i in range(self.first, len(slots)):
            if slots[i] is root:
                return i + 1
        slots.append(root)
        return len(slots)


def _access(e: _Epilogue, own: _Slots, node: Node) -> Access:
    strides = e.strides(e.layouts.resolve(node)[1].squeezed, FULL)
    return Access(own.of(node), node.dtype, strides)

"""Control nodes: their sub-graphs become programs of their own, which a step of the outer program
runs on memory that it hands to them.

Constants and sequences are read where they lie. What a loop carries has two places, the result's
and a spare one, which take turns; a stacked result is written at its place, step by step.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from pentad.graph.node import Graph, Node
from pentad.ops.control import result_types
from pentad.schedule.group import Group
from pentad.schedule.invariant import take_packing_out
from pentad.schedule.layout import Layout, contiguous
from pentad.schedule.program import Branch, Buffer, Loop, Place, Program, in_python

if TYPE_CHECKING:
    from pentad.schedule.lower import _Lowering as Lowering


def control(lowering: Lowering, group: Group) -> None:
    """Add the step of a control node."""
    node = group.head
    assert node is not None
    make = _loop if node.op.name == "loop" else _branch
    lowering.program.steps.append(make(lowering, node, _results(lowering, group, node)))


def _results(lowering: Lowering, group: Group, node: Node) -> list[Buffer]:
    """The memory of each result; what nobody reads is written to the arena."""
    found = []
    for i, type in enumerate(result_types(node)):
        if i in group.results:
            found.append(lowering.buffer(group.results[i]))
        else:
            size = type.dtype.itemsize
            for n in type.shape:
                assert isinstance(n, int)
                size *= n
            found.append(Buffer("arena", size))
    return found


def _loop(lowering: Lowering, node: Node, results: list[Buffer]) -> Loop:
    attrs, body = node.attrs, node.attrs["body"]
    c, nx = attrs["carries"], attrs["xs"]
    seen = [lowering.layouts.resolve(i)[1] for i in node.inputs]
    stepped = [_inner(s) if c <= i < c + nx else s for i, s in enumerate(seen)]
    constants = slice(c + nx, len(body.inputs))
    lasting = range(c + nx, len(body.inputs))
    program = _program(lowering, body, stepped[: len(body.inputs)], lasting)
    ends = None
    if attrs["cond"] is not None:
        ends = _program(lowering, attrs["cond"], [*stepped[:c], *stepped[c + nx :]])
    places = [_place(lowering, i) for i in node.inputs]
    packing, packed = take_packing_out(program, c + nx, places[constants])
    lowering.program.steps += packing
    places[len(body.inputs) : len(body.inputs)] = packed
    if ends is not None:
        ends.inputs += program.inputs[len(body.inputs) :]
    strides = [
        s.strides[0] * n.dtype.itemsize
        for s, n in zip(seen[c : c + nx], node.inputs[c : c + nx], strict=True)
    ]
    return Loop(
        node, program, ends, places, results, strides,
        spare=[Buffer("arena", b.nbytes) for b in results[:c]],
        flag=Buffer("arena", 1),
        arena=_arena(program, ends),
    )  # fmt: skip


def _branch(lowering: Lowering, node: Node, results: list[Buffer]) -> Branch:
    seen = [lowering.layouts.resolve(i)[1] for i in node.inputs[1:]]
    on_true, on_false = (
        _program(lowering, node.attrs[k], seen) for k in ("on_true", "on_false")
    )
    places = [_place(lowering, i) for i in node.inputs]
    return Branch(node, on_true, on_false, places, results, _arena(on_true, on_false))


def _program(
    lowering: Lowering, graph: Graph, layouts: list[Layout], lasting: Collection[int] = ()
) -> Program:
    strides = {
        i: s.strides for i, s in enumerate(layouts) if s.strides != contiguous(s.shape)
    }
    return lowering.inner(graph, strides, lasting)


def _inner(layout: Layout) -> Layout:
    """What one step sees of a sequence."""
    return Layout(layout.shape[1:], layout.strides[1:])


def _place(lowering: Lowering, operand: Node) -> Place:
    root, layout = lowering.layouts.resolve(operand)
    return Place(lowering.buffer(root), layout.offset * operand.dtype.itemsize)


def _arena(*programs: Program | None) -> Buffer:
    """One piece of memory for what the programs keep between their kernels, for one runs at a
    time. A program that is run by Python has an arena of its own."""
    native = [p for p in programs if p is not None and not any(map(in_python, p.steps))]
    return Buffer("arena", max((p.arena_bytes for p in native), default=0))

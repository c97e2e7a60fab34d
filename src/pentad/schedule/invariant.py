"""What a loop would do in every step alike is done once before it: packing its constants.

The weights of a recurrent network are rearranged for the matrix product of each step; as they are
constants of the loop, their packed form is one more constant, made before the first step.
"""

from __future__ import annotations

from collections.abc import Sequence

from pentad.graph.op import TensorType
from pentad.schedule.program import Buffer, Call, Place, Program, plan_memory
from pentad.schedule.spec import PackKernel


def take_packing_out(
    body: Program, first: int, constants: Sequence[Place]
) -> tuple[list[Call], list[Place]]:
    """Remove from a loop's body the calls that pack its constants.

    The body's inputs from number `first` on are the constants, which lie at the given places. The
    packed forms become inputs of the body, after those that it has: their places are the second
    result, the calls that fill them, which must run before the loop, the first.
    """
    calls: list[Call] = []
    places: list[Place] = []
    moved: dict[Buffer, Buffer] = {}
    for step in list(body.steps):
        if not isinstance(step, Call) or not isinstance(step.spec, PackKernel):
            continue
        side = 0 if step.spec.operand == "a" else 1
        source, inner = step.buffers[side], step.buffers[2]
        if source.place != "input" or source.index < first:
            continue
        if inner not in moved:
            moved[inner] = Buffer("arena", inner.nbytes)
            places.append(Place(moved[inner], 0))
            inner.place, inner.index = "input", len(body.inputs)
            dtype = step.spec.gemm.accumulator
            body.inputs.append(TensorType((inner.nbytes // dtype.itemsize,), dtype))
        constant = constants[source.index - first]
        calls.append(_outside(step, side, constant, moved[inner]))
        body.steps.remove(step)
    if calls:
        plan_memory(body)
    return calls, places


def _outside(step: Call, side: int, constant: Place, packed: Buffer) -> Call:
    """The same call where the constant is a buffer of the outer program."""
    begin = constant.offset + (step.offsets[side] if step.offsets else 0)
    # The kernel reads one operand only; the other is no buffer of the outer program.
    buffers = [constant.buffer, constant.buffer, packed]
    return Call(
        step.spec, buffers, step.params, step.n, step.chunk, step.label, step.checked,
        (begin, begin, 0),
    )  # fmt: skip

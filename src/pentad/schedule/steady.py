"""What a program computes of inputs that stay: steps that need not run at every call.

Packed weights, the scales of a normalisation in evaluation mode: steps that read only inputs that
the caller declares steady, and what such steps made. They move to the program's prologue, and
their results keep a place of their own in the arena.
"""

from __future__ import annotations

from collections.abc import Collection

from pentad.schedule.program import Buffer, Call, HostStep, Program, Step
from pentad.schedule.spec import ConvKernel, GemmKernel, LoopSpec, PackKernel

WORKSPACE = 2
"""The slot of the workspace of products and convolutions."""


def part_steady(program: Program, steady: Collection[int]) -> None:
    """Move the steps that depend on inputs `steady` alone to the prologue of `program`."""
    if not steady:
        return
    spoiled: set[Buffer] = set()
    while True:
        chosen, made = _steps(program, steady, spoiled)
        rest = [s for s in program.steps if s not in chosen]
        found = {b for s in rest for b in _written(s)} & made
        if not found:
            break
        spoiled |= found
    program.prologue = [s for s in program.steps if s in chosen]
    program.steps = rest


def _steps(
    program: Program, steady: Collection[int], spoiled: Collection[Buffer]
) -> tuple[set[Step], set[Buffer]]:
    """The steps that touch only what stays, and the buffers that they write."""
    made: set[Buffer] = set()
    other: set[Buffer] = set(spoiled)
    chosen: set[Step] = set()
    for step in program.steps:
        writes = _written(step)
        fit = isinstance(step, Call) and not step.checked and not other.intersection(step.buffers)
        if fit and all(b.place == "arena" for b in writes) and all(
            b in made or b in writes or (b.place == "input" and b.index in steady)
            for b in step.buffers  # type: ignore[union-attr]
        ):
            chosen.add(step)
            made.update(writes)
        else:
            other.update(writes)
    return chosen, made


def _written(step: Step) -> list[Buffer]:
    """The buffers that a step may write to."""
    if isinstance(step, HostStep):
        return [step.result]
    if not isinstance(step, Call):
        found = [*step.results, step.arena]
        return found if not hasattr(step, "spare") else [*found, *step.spare, step.flag]
    spec = step.spec
    if isinstance(spec, LoopSpec):
        stores = [s for stage in spec.stages for s in (*stage.stores, *stage.outer_stores)]
        return [step.buffers[s.access.slot] for s in stores]
    if isinstance(spec, (ConvKernel, GemmKernel)):
        found = [step.buffers[s.access.slot] for s in spec.epilogue.stores]
        return found or [step.buffers[WORKSPACE]]
    if isinstance(spec, PackKernel):
        return [step.buffers[WORKSPACE]]
    return step.buffers

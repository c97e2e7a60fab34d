"""Kernel specs and calls as text, for PENTAD_DEBUG=4."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pentad.schedule.program import Buffer, Call, HostStep, Program, Step
from pentad.schedule.size import Size
from pentad.schedule.spec import (
    Access,
    AttentionKernel,
    ConvKernel,
    GemmKernel,
    Indexed,
    Instr,
    KernelSpec,
    LoopSpec,
    PackKernel,
    ScanKernel,
    SortKernel,
    Stage,
    Store,
)


def describe(spec: KernelSpec) -> str:
    """What a kernel computes: its iteration space, its values, its stores."""
    if isinstance(spec, LoopSpec):
        return "\n".join(_loop(spec))
    if isinstance(spec, ScanKernel):
        return f"running {spec.kind} of {spec.dtype.name}, {spec.rank} dims, {spec.lanes} lanes"
    if isinstance(spec, AttentionKernel):
        what = "gradients of attention" if spec.gradient else "attention"
        causal = ", causal" if spec.causal else ""
        return f"{what} in {spec.dtype.name}, {spec.width} x {spec.value_width}{causal}"
    if isinstance(spec, SortKernel):
        falling = ", descending" if spec.descending else ""
        return f"order of {spec.dtype.name}, {spec.rank} dims{falling}"
    if isinstance(spec, PackKernel):
        return f"pack {spec.operand} of {spec.gemm}\n  plan {spec.plan}"
    head = f"{spec.gemm}" if isinstance(spec, GemmKernel) else _convolution(spec)
    epilogue = spec.epilogue
    lines = [head, f"  plan {spec.plan}"]
    lines += [_instr(i, instr) for i, instr in enumerate(epilogue.instrs)]
    lines += [_store(s) for s in epilogue.stores]
    return "\n".join(lines)


def _convolution(spec: ConvKernel) -> str:
    return f"{spec.stage} of {spec.conv}"


def _loop(spec: LoopSpec) -> Iterator[str]:
    outer = len(spec.dims) - spec.reduced
    sizes = [f"[{d}]" if i >= outer else str(d) for i, d in enumerate(spec.dims)]
    space = "x".join(sizes) or "one element"
    yield f"loop over {space}, {spec.parallel} dims parallel, lanes along dim {spec.vector}"
    for r in spec.ragged:
        yield f"  dim {r.inner} is a block of {r.total}, numbered by dim {r.outer}"
    yield from (_instr(i, instr) for i, instr in enumerate(spec.instrs))
    for number, stage in enumerate(spec.stages):
        yield from _stage(number, stage)


def _instr(number: int, instr: Instr) -> str:
    arguments = ", ".join(f"%{a}" for a in instr.args)
    details = [f"{key}={value}" for key, value in instr.attrs]
    if instr.op == "position":
        details.append(f"dim {instr.dim}")
    if instr.access is not None:
        details.append(_access(instr.access))
    if instr.indexed is not None:
        details.append(_indexed(instr.indexed))
    text = ", ".join(filter(None, (arguments, *details)))
    return f"  %{number} = {instr.op}({text}) {instr.dtype.name}"


def _stage(number: int, stage: Stage) -> Iterator[str]:
    yield f"  pass {number}"
    yield from (f"    %{r.result} = {r.kind} of %{r.value}" for r in stage.reductions)
    yield from (f"  {_store(s)}" for s in (*stage.stores, *stage.outer_stores))


def _store(store: Store) -> str:
    verb = store.combine or "store"
    at = "".join(f", %{i}" for i in store.indices)
    where = _indexed(store.indexed) if store.indexed is not None else _access(store.access)
    return f"  {verb} %{store.value}{at} to {where}"


def _access(access: Access) -> str:
    offset = "" if access.offset == 0 else f"+{access.offset}"
    return f"slot {access.slot}{offset} by {_sizes(access.strides)}"


def _indexed(indexed: Indexed) -> str:
    mode = "checked" if indexed.check else "clamped"
    steps = f"sizes {_sizes(indexed.sizes)} strides {_sizes(indexed.strides)}"
    return f"{_access(indexed.access)}, {mode} index of {steps}"


def _sizes(sizes: Sequence[Size]) -> str:
    return "/".join(map(str, sizes)) or "-"


def describe_calls(program: Program) -> str:
    """The steps of a program, a line each: label, parallel size, operands."""
    return "\n".join(f"call {i} {_step(step)}" for i, step in enumerate(program.steps))


def _step(step: Step) -> str:
    if isinstance(step, HostStep):
        operands = [*(b for b, _ in step.buffers), step.result]
        return f"{step.node.op.name} in Python: {_buffers(operands)}"
    if not isinstance(step, Call):
        operands = [*(p.buffer for p in step.operands), *step.results]
        inside = "\n".join(describe_calls(p) for p in step.programs)
        rows = "".join(f"\n  {row}" for row in inside.splitlines())
        return f"{step.node.op.name}: {_buffers(operands)}{rows}"
    params = f", params {_sizes(step.params)}" if step.params else ""
    tasks = f"{step.n} by {step.chunk}"
    return f"{step.label}: {tasks}, {_buffers(step.buffers)}{params}"


def _buffers(buffers: Sequence[Buffer]) -> str:
    return " ".join(
        f"{b.place}{'+' if b.place == 'arena' else ' '}{b.index}({b.nbytes} B)" for b in buffers
    )

"""Running a Specialised on tensors: at once, recorded, or into the active trace."""

from __future__ import annotations

from collections.abc import Sequence

from pentad.graph.errors import CaptureError, message
from pentad.runtime.memory import allocate
from pentad.tensor.nodes import record
from pentad.tensor.specialise import Specialised, fail
from pentad.tensor.state import state
from pentad.tensor.tensor import Tensor, numpy_view

_new = object.__new__


def run(spec: Specialised, operands: Sequence[Tensor]) -> list[Tensor]:
    """The results of `spec` on the operands, recorded if one of them requires a gradient."""
    if state.trace is not None:
        return state.trace.run(spec, operands)  # type: ignore[no-any-return]
    if spec.differentiable and state.grad:
        for t in operands:
            if t.node is not None:
                return run_recorded(spec, operands)
    return run_plain(spec, operands)


def run_plain(spec: Specialised, operands: Sequence[Tensor]) -> list[Tensor]:
    """Compute, without a record. A donated output is its operand."""
    pointers = [t.ptr for t in operands]
    if None in pointers:
        raise leaked(operands)
    results = []
    for i, meta in enumerate(spec.metas):
        if i in spec.donated:
            results.append(operands[spec.donated[i]])
            continue
        t = _new(Tensor)
        t.storage = storage = allocate(meta.nbytes)
        t.ptr = storage.ptr
        t.meta = meta
        t.node = t.alias = t._grad = None
        pointers.append(storage.ptr)
        results.append(t)
    watch = None if state.mode is None else state.watch
    before = None if watch is None else watch.before(operands)
    status = spec.call(*pointers)
    if status:
        fail(spec.name, status, ranges_of(operands, spec.name))
    if watch is not None:
        watch.after(spec, before, results)
    return results


_IGNORED = -100
"""The label that PyTorch's losses pass over, unless they are told of another."""


def ranges_of(operands: Sequence[Tensor], name: str = "") -> str:
    """Which whole numbers the operands hold, beside which other operands; of the losses of classes
    also which label is none, in PyTorch's words."""
    whole = [t for t in operands if t.dtype.is_integer and t.numel() and t.ptr is not None]
    found = [f"{t.meta.type} from {v.min()} to {v.max()}" for t in whole
             for v in (numpy_view(t),)]
    others = [str(t.meta.type) for t in operands if all(t is not w for w in whole)]
    text = ", ".join(found) + (f" beside {', '.join(others)}" if found and others else "")
    if name in ("nll_loss", "cross_entropy") and len(whole) == 1:
        labels, scores = numpy_view(whole[0]), operands[0].shape
        outside = (labels < 0) | (labels >= scores[min(1, len(scores) - 1)])
        wrong = labels[outside & (labels != _IGNORED)]
        text += f": Target {wrong[0]} is out of bounds." if wrong.size else ""
    return text


def run_recorded(spec: Specialised, operands: Sequence[Tensor]) -> list[Tensor]:
    """Compute and attach a GradNode."""
    plan = spec.plan(tuple([t.node is not None for t in operands]))
    results = run_plain(plan.forward, operands)
    record(plan, operands, results)
    return results[: plan.visible]


def leaked(operands: Sequence[Tensor]) -> CaptureError:
    """The error for a traced tensor that outlived its trace."""
    line = next((t.meta.traced.line for t in operands if t.ptr is None), None)
    return CaptureError(
        message(
            "a tensor of a traced function was kept and used after tracing",
            expected="a tensor with values",
            got=f"a traced one, made at {line or 'an unknown line'}",
            hint="return the tensor from the compiled function instead of storing it",
        )
    )

"""In-place operations: writing over a tensor, and what that means for autograd.

The write itself is a Specialised whose output is donated the tensor's memory. It bumps the
storage's version. A recorded write through a view rebases the history of the view's base: the base
becomes "base with the new value in the place of the view", and every view is taken anew from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pentad.graph.errors import AutogradError, ShapeError, message
from pentad.graph.lines import user_line
from pentad.runtime.memory import allocate
from pentad.tensor.meta import overlaps_itself
from pentad.tensor.nodes import GradNode, record
from pentad.tensor.run import run_plain
from pentad.tensor.specialise import Plan, Specialised
from pentad.tensor.state import state
from pentad.tensor.tensor import Tensor, notes_of, numpy_view, same_value, wrap
from pentad.tensor.views import live_views, put_spec, record_view


def write_over(
    name: str, operands: Sequence[Tensor], specialise: Callable[[], Specialised]
) -> Tensor:
    """Run an operation whose result takes the memory of its first operand."""
    target = operands[0]
    if state.grad and target.node is None:
        _join_base(target)
    recording = state.grad and any(t.node is not None for t in operands)
    if recording:
        _check_leaf(name, target)
    _check_memory(name, target)
    spec = specialise()
    if state.trace is not None:
        return state.trace.write(spec, operands)  # type: ignore[no-any-return]
    if any(_entangled(target, t) for t in operands[1:]):
        operands = [target, *(_apart(target, t) for t in operands[1:])]
    if recording and spec.differentiable:
        _write_recorded(spec, operands)
    else:
        run_plain(spec, operands)
        mark_written(target)
    return target


def _join_base(target: Tensor) -> None:
    """A view that was taken under no_grad() has the history of its base after all."""
    alias = target.alias
    if alias is not None and alias.base is not None and alias.base.node is not None:
        record_view(alias.base, target, alias.steps[alias.depth :])


def mark_written(target: Tensor) -> None:
    """Count a write to the storage and note its line."""
    storage = target.storage
    storage.version += 1
    notes_of(storage).written_at = user_line()


def _entangled(target: Tensor, other: Tensor) -> bool:
    """May the other operand lie in the memory that is written to?"""
    return other.storage is target.storage


def _apart(target: Tensor, other: Tensor) -> Tensor:
    if not _entangled(target, other):
        return other
    return same_value(strided_copy(other), other.node)


def _check_memory(name: str, target: Tensor) -> None:
    if overlaps_itself(target.meta):
        raise ShapeError(
            message(
                f"{name}_: several elements of the tensor share one place in memory",
                expected="a tensor whose elements have memory of their own",
                got=f"{list(target.shape)} with strides {list(target.meta.strides)}",
                hint="clone() the expanded tensor first",
            )
        )


def _check_leaf(name: str, target: Tensor) -> None:
    base = target if target.alias is None or target.alias.base is None else target.alias.base
    leaf = target.node is not None and target.is_leaf
    of_leaf = base is not target and base.node is not None and base.is_leaf
    if leaf or of_leaf:
        raise AutogradError(
            message(
                f"{name}_: in-place write to a leaf that requires a gradient",
                expected="the result of an operation, or a write under no_grad()",
                got=("a leaf" if leaf else "a view of a leaf") + f" of type {base.meta.type}",
                hint="wrap the update in `with pentad.no_grad():`",
            )
        )


# -- recorded writes -------------------------------------------------------------------------------


def _write_recorded(spec: Specialised, operands: Sequence[Tensor]) -> None:
    target = operands[0]
    plan = spec.plan(tuple(t.node is not None for t in operands))
    before = [same_value(t, t.node) for t in operands]
    if any(s.is_input and s.index == 0 for s in plan.saved):
        before[0] = same_value(strided_copy(target), target.node)
    results = run_plain(plan.forward, operands)
    mark_written(target)
    finish_write(plan, before, [same_value(target, None), *results[1:]], target)


def strided_copy(t: Tensor) -> Tensor:
    """A copy in the strides of `t`, so that what was specialised for `t` takes it too."""
    span = 1 + sum(s * (n - 1) for n, s in zip(t.meta.shape, t.meta.strides, strict=True))
    copy = wrap(allocate(max(span, 0) * t.meta.dtype.itemsize), t.meta)
    numpy_view(copy)[...] = numpy_view(t)
    return copy


def finish_write(
    plan: Plan, before: Sequence[Tensor], results: Sequence[Tensor], target: Tensor
) -> None:
    """Give the target, its base and the base's views their new history."""
    node = record(plan, before, results)
    alias = target.alias
    base = target if alias is None or alias.base is None else alias.base
    if base is target:
        set_history(target, node)
    else:
        value = same_value(target, node)
        steps = alias.steps[alias.depth :]  # type: ignore[union-attr]
        spec = put_spec(base.meta, steps)
        put_plan = spec.plan((base.node is not None, True))
        whole = same_value(base, None)
        set_history(base, record(put_plan, [base, value], [whole]))
    for view in live_views(base):
        if state.trace is not None:
            state.trace.touch(view)
        own = view.alias.steps[view.alias.depth :]  # type: ignore[union-attr]
        record_view(base, view, own)


def set_history(t: Tensor, node: GradNode) -> None:
    """Make `node` the history of a tensor."""
    if state.trace is not None:
        state.trace.touch(t)
    t.node = node

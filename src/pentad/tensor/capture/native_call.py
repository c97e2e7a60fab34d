"""The native way of the repeated call of a compiled function: what its record says.

`record_for` puts into words by what a call is known to be like the one before, and what it does
(see runtime/call_ir.py). Where a call does more than launch a block (numbers read anew by the host,
writes to captured tensors, changes of gradients), `Bound.middle` does that in between.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

from pentad.runtime import call_ir as ir
from pentad.runtime import eager_ir, memory
from pentad.tensor import native
from pentad.tensor.capture import epoch
from pentad.tensor.capture.bound import Bound
from pentad.tensor.capture.cells import Argument, Fixed
from pentad.tensor.capture.guards import Guard, is_settled
from pentad.tensor.state import get_default_dtype, state
from pentad.tensor.tensor import Tensor, wrap

_KEYWORDS = 0x80 | 0x02


class CallRecord:
    """The words of a record, their address, and what they point at."""

    __slots__ = ("address", "keep", "words")

    def __init__(self, words: array[int], keep: Any) -> None:
        self.words = words
        self.address = words.buffer_info()[0]
        self.keep = keep


class Recorded:
    """The base of CompiledFunction, with the slot that native code reads."""

    __slots__ = ("record",)

    record: CallRecord | None


_installed: set[type] = set()


def install(kind: type, python_call: Any) -> bool:
    """Have calls of a class of compiled functions go the native way; False if there is none."""
    if kind in _installed:
        return True
    engine = native.engine()
    if engine is None:
        return False
    _installed.add(kind)
    slots = native.slot_offsets(
        native.CLASSES | {"CompiledFunction": Recorded, "CallRecord": CallRecord}
    )
    text = eager_ir.text(slots, ir.text(slots))
    imports = {
        "epoch": epoch.words.buffer_info()[0], "last_loan": memory.loans.buffer_info()[0],
    }
    library = engine.load(text, ir.EXPORTS, imports)
    engine.board[eager_ir.PYTHON_CALL] = id(python_call)
    engine.method(kind, "__call__", library.address("compiled_call"), _KEYWORDS)
    return True


def record_for(
    bound: Bound, guards: Sequence[Guard], arguments: Sequence[Tensor]
) -> CallRecord | None:
    """The record of calls like the one with these arguments, or None."""
    if bound.program.entry_grads or bound.program.merged or not _fits(bound, arguments):
        return None
    steady = bound.native.steady
    alone = bound.native.executable.block is not None and not bound.more
    rows = {
        "checks": [(t.meta, type(t.node)) for t in arguments],
        "fixed": bound.fixed,
        "guards": _guard_rows(guards),
        "inputs": _input_rows(bound) if alone else [],
        "outputs": [(m, memory.free_list(m.nbytes), m.nbytes) for m in bound.fresh],
        "parents": [(ir.OBJECT, o.tensor) if o.index is None else (ir.ARGUMENT, o.index)
                    for o in bound.program.outside.leaves] if bound.plan is not None else [],
        "saved": _saved_rows(bound),
        "steady": [(s,) for s in steady.storages] if steady is not None else [],
    }
    if any(r is None for r in rows.values()):
        return None
    return _written(bound, rows, len(arguments), alone)  # type: ignore[arg-type]


def _fits(bound: Bound, arguments: Sequence[Tensor]) -> bool:
    """Are there few enough of all, and is only the first result recorded?"""
    sources = bound.program.sources
    few = len(arguments) <= ir.MAX_ARGUMENTS and len(sources) <= ir.MAX_INPUTS
    recorded = bound.program.outside.differentiable if bound.plan is not None else [False]
    return few and len(bound.fresh) <= ir.MAX_OUTPUTS and not any(recorded[1:])


def _guard_rows(guards: Sequence[Guard]) -> list[tuple[Any, ...]] | None:
    """The guards, if each is of one object, or of a list of such."""
    rows: list[tuple[Any, ...]] = []
    for g in guards:
        if g.place is None:
            return None
        if isinstance(g.place, dict):
            rows.append((_Number(ir.GLOBAL), g.place, g.name.rpartition(".")[2], g.keep))
        else:
            rows.append((_Number(ir.CELL), g.place, None, g.keep))
        if g.settled:
            continue
        if type(g.keep) is tuple and all(map(is_settled, g.keep)):
            continue
        if type(g.keep) is not list or not all(map(is_settled, g.keep)):
            return None
        rows.append((_Number(ir.LENGTH), g.keep, None, _Number(len(g.keep))))
        rows += [(_Number(ir.ITEM), g.keep, _Number(i), v) for i, v in enumerate(g.keep)]
    return rows


class _Number:
    """A number in a row of guards, where an int is an object."""

    def __init__(self, value: int) -> None:
        self.value = value


def _input_rows(bound: Bound) -> list[tuple[int, int]]:
    rows = []
    for source, pointer in zip(bound.program.sources, bound.pointers, strict=True):
        if isinstance(source, Argument):
            rows.append((1, source.index))
        else:
            rows.append((0, pointer))
    return rows


def _saved_rows(bound: Bound) -> list[tuple[int, Any]] | None:
    if bound.plan is None:
        return []
    rows: list[tuple[int, Any]] = []
    for s in bound.plan.saved:
        source = bound.program.sources[s.index] if s.is_input else None
        if source is None:
            rows.append((ir.RESULT, s.index))
        elif isinstance(source, Argument):
            rows.append((ir.ARGUMENT, source.index))
        elif not isinstance(source, Fixed):
            return None
        else:
            rows.append((ir.OBJECT, wrap(source.storage, bound.metas[s.index])))
    return rows


def _written(
    bound: Bound, rows: dict[str, list[Any]], count: int, alone: bool
) -> CallRecord:
    """The record: its words, and after them the rows."""
    executable, steady = bound.native.executable, bound.native.steady
    finish, middle = bound.finish, bound.middle
    keep = (bound.program.name, bound, rows, finish, middle)
    mask = eager_ir.USUAL | eager_ir.RECORDS
    modes = eager_ir.USUAL | (eager_ir.RECORDS if state.grad else 0)
    if bound.plan is not None:
        mask, modes = mask | eager_ir.NAMELESS, modes | eager_ir.NAMELESS
    now = epoch.current_epoch()
    head: dict[str, int] = {
        "arguments": count, "mode_mask": mask, "modes": modes, "changes": now[0],
        "evaluating": now[1], "default_dtype": id(get_default_dtype()),
        "block": executable.block or 0, "long": int(not executable.short),
        "plan": 0 if bound.plan is None else id(bound.plan),
        "only": -1 if bound.only is None else bound.only,
        "keep": id(keep), "finish": id(finish), "middle": 0 if alone else id(middle),
        "versions_at": 0 if steady is None else steady.words.buffer_info()[0],
    }
    head |= {name: len(r) for name, r in rows.items() if name != "checks"}
    flat = {name: [_as_word(name, v) for row in r for v in row] for name, r in rows.items()}
    words = array("q", bytes(8 * (len(ir.WORDS) + sum(map(len, flat.values())))))
    start = words.buffer_info()[0]
    at = len(ir.WORDS)
    for name, found in flat.items():
        head[f"{name}_at"] = start + 8 * at
        words[at : at + len(found)] = array("q", found)
        at += len(found)
    for name, value in head.items():
        words[ir.WORDS[name]] = value
    return CallRecord(words, keep)


def _as_word(rows: str, value: Any) -> int:
    """A number as it is where numbers stand, else the address of the object."""
    if isinstance(value, _Number):
        return value.value
    return value if type(value) is int and rows in ("inputs", "parents", "saved") else id(value)

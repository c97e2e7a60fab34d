"""Launching a Program: one native call that fills in the operands' addresses and runs the table.

A LaunchBlock is everything that a Program needs at run time in one piece of memory: the call
table, each call's operand addresses and sizes, and a list of *fixups*, which say where the
addresses of this launch's arguments go. Two ways in:

* `launch_function()` is a JIT-compiled CPython function, `launch(block.address, p0, p1, ...)`. It
  keeps the GIL and costs about as much as an empty Python call. For small programs.
* `launch_released(block, [p0, p1, ...])` lets other Python threads run meanwhile. For big ones.

Both give the status word: 0 if all went well, else the code that a kernel left there. A block has
a lock of its own: a second launch of the same block waits for the first. Nothing here relies on
how CPython lays out its objects: numbers are read and made by its C API.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from pentad.graph.errors import ArgumentError, message
from pentad.runtime import control_ir, jit, launch_ir
from pentad.runtime.profiling import timed
from pentad.runtime.thread_pool import Pool, pool
from pentad.target.code_target import CodeTarget, host

INLINE = timed.INLINE
"""Flag of a call: never run by several threads."""

_HEADER_WORDS = 9
_RECORD_WORDS = timed.RECORD_WORDS
_FIXUP_WORDS = 3

_METH_FASTCALL = 0x80


class Call(NamedTuple):
    """One kernel call of a Program.

    `fn` is the kernel's address; `buffers` its operands' addresses, None where a fixup puts one;
    `params` its run-time sizes; [0, n) its parallel index space, cut into tasks of `chunk` (0:
    one task); `flags` as in the call table (INLINE). A `checked` kernel finds the address of the
    block's status word after its operands.
    """

    fn: int
    buffers: Sequence[int | None]
    params: Sequence[int] = ()
    n: int = 1
    chunk: int = 0
    flags: int = 0
    checked: bool = False


class Fixup(NamedTuple):
    """Before a launch, buffer `slot` of call `call` becomes argument `arg` plus `offset` bytes."""

    arg: int
    call: int
    slot: int
    offset: int = 0


class LaunchBlock:
    """A Program's calls in the form that `launch` runs; owns that memory.

    `address` goes to `launch` as its first argument, followed by `nargs` addresses. `keep` holds
    what must stay alive as long as the block: libraries, constants; `name` and `steps` (one for
    each call) tell profiles what runs. Calls from number `first_write` on are left out once a
    checked one before them has failed. Raises ArgumentError for a negative size, a slot or
    argument that does not exist, or a slot that nothing fills.
    """

    __slots__ = (
        "__weakref__", "address", "before", "keep", "name", "nargs", "status_address", "steps",
        "timed", "words",
    )

    def __init__(
        self, calls: Sequence[Call], fixups: Sequence[Fixup], nargs: int, keep: object = None,
        name: str = "block", steps: Sequence[object] = (), first_write: int | None = None,
    ) -> None:
        _check(calls, fixups, nargs)
        fixups_at = _HEADER_WORDS + nargs
        table_at = fixups_at + _FIXUP_WORDS * len(fixups)
        status_at = table_at + _RECORD_WORDS * len(calls)
        tail = status_at + 1
        self.words = array("q", bytes(8 * (tail + sum(map(_operand_words, calls)))))
        self.address = self.words.buffer_info()[0]
        self.nargs = nargs
        self.keep = keep
        self.status_address = self.address + 8 * status_at
        slots = []
        for index, call in enumerate(calls):
            slots.append(tail)
            tail = self._place_call(call, table_at + _RECORD_WORDS * index, tail)
        for index, fixup in enumerate(fixups):
            at = fixups_at + _FIXUP_WORDS * index
            slot = self.address + 8 * (slots[fixup.call] + fixup.slot)
            self.words[at : at + 3] = array("q", (fixup.arg, fixup.offset, slot))
        watched = self.status_address if any(call.checked for call in calls) else 0
        header = (nargs, len(fixups), len(calls), self.address + 8 * table_at, watched, 0)
        before = len(calls) if first_write is None else first_write
        places = (self.address + 8 * _HEADER_WORDS, self.address + 8 * fixups_at, before)
        self.words[:_HEADER_WORDS] = array("q", header + places)
        self.name, self.steps = name, steps
        self.timed: array[int] | None = None
        self.before: array[int] | None = None
        timed.register(self)

    def _place_call(self, call: Call, record: int, tail: int) -> int:
        """Write a call's operands at `tail` and its record; the first free word after them."""
        operands = [0 if pointer is None else pointer for pointer in call.buffers]
        if call.checked:
            operands.append(self.status_address)
        params = tail + len(operands)
        end = params + len(call.params)
        self.words[tail:end] = array("q", (*operands, *call.params))
        pointers = (call.fn, self.address + 8 * tail, self.address + 8 * params)
        self.words[record : record + _RECORD_WORDS] = array(
            "q", (*pointers, call.n, call.chunk, call.flags, 0, 0)
        )
        return end


def _operand_words(call: Call) -> int:
    return len(call.buffers) + len(call.params) + call.checked


def _check(calls: Sequence[Call], fixups: Sequence[Fixup], nargs: int) -> None:
    for index, call in enumerate(calls):
        if call.n < 0 or call.chunk < 0 or not call.fn:
            raise ArgumentError(
                message(
                    f"call {index} of the program is not a call",
                    expected="a kernel, n >= 0 and chunk >= 0",
                    got=f"fn = {call.fn}, n = {call.n}, chunk = {call.chunk}",
                )
            )
    empty = {(i, s) for i, c in enumerate(calls) for s, p in enumerate(c.buffers) if p is None}
    for fixup in fixups:
        place = (fixup.call, fixup.slot)
        if not 0 <= fixup.arg < nargs or place not in empty:
            raise ArgumentError(
                message(
                    "a fixup does not fit the program",
                    expected=f"an argument below {nargs} and a slot that is None, filled once",
                    got=str(fixup),
                )
            )
        empty.discard(place)
    if empty:
        raise ArgumentError(
            message("operands without an address", got=f"(call, slot) {sorted(empty)[:4]}")
        )


class MethodDef(ctypes.Structure):
    """PyMethodDef, part of Python's stable ABI."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("method", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    ]


class Launcher:
    """The two entry points, compiled for one thread pool. There is one, except in tests."""

    def __init__(self, workers: Pool) -> None:
        self.pool = workers
        imports = {
            "run_program": workers.run_program_address,
            "pool_yield": workers.yield_address,
            "pool_epoch": workers.epoch_address,
            "PyExc_TypeError": ctypes.addressof(
                ctypes.c_void_p.in_dll(ctypes.pythonapi, "PyExc_TypeError")
            ),
        }
        for name in launch_ir.PYTHON_API:
            pointer = ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p)
            imports[name] = pointer.value or 0
        for name in control_ir.IMPORTS:
            imports[name] = ctypes.cast(getattr(ctypes, name), ctypes.c_void_p).value or 0
        plain = CodeTarget(host().triple, "", "")
        text = launch_ir.TEXT + control_ir.TEXT
        exports = (*launch_ir.EXPORTS, *control_ir.EXPORTS)
        library = jit.load(text, exports, target=plain, imports=imports)
        library.keep_forever()  # the function object below may outlive every other reference
        self._method = MethodDef(
            b"launch", library.address("launch"), _METH_FASTCALL, b"Run a launch block."
        )
        make = ctypes.pythonapi.PyCFunction_NewEx
        make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p] * 3
        self.launch: Callable[..., int] = make(ctypes.addressof(self._method), None, None)
        self.loop, self.branch = map(library.address, control_ir.EXPORTS)
        self.released_address = library.address("launch_released")
        self._released = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)(
            self.released_address
        )

    def launch_released(self, block: LaunchBlock, pointers: Sequence[int]) -> int:
        """As the function `launch_released` of this module."""
        if len(pointers) != block.nargs:
            raise TypeError("launch: wrong number of data pointers")
        values = array("q", pointers)
        status: int = self._released(block.address, values.buffer_info()[0])
        return status


@cache
def launcher() -> Launcher:
    """The entry points on this process's thread pool."""
    return Launcher(pool())


def launch_function() -> Callable[..., int]:
    """The native function `launch(block.address, p0, p1, ...) -> status`; hold on to it.

    TypeError if the number of addresses is not the block's, or one of them is no int. The
    caller keeps the block alive and vouches for the addresses.
    """
    return launcher().launch


def launch_released(block: LaunchBlock, pointers: Sequence[int]) -> int:
    """Run a block on the addresses `pointers` while other Python threads go on; its status.

    TypeError if there are not `block.nargs` of them.
    """
    return launcher().launch_released(block, pointers)

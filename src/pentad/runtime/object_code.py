"""IR text to object code in several threads at once.

llvmlite lets one thread at a time into LLVM. LLVM itself asks for less: a context and a target
machine for each thread. So modules are compiled here through a handle of our own on llvmlite's
library, by the same C functions that llvmlite calls. What this path refuses is compiled again
through llvmlite, which then says what is wrong.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any

_P = ctypes.c_void_p
_OUT = ctypes.POINTER(ctypes.c_void_p)
# name: result, arguments, does it take long?
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...], bool]] = {
    "ContextCreate": (_P, (), False),
    "ContextDispose": (None, (_P,), False),
    "ParseAssembly": (_P, (_P, ctypes.c_char_p, _OUT), True),
    "VerifyModule": (ctypes.c_int, (_P, _OUT), True),
    "TargetMachineEmitToMemory": (_P, (_P, _P, ctypes.c_int, _OUT), True),
    "GetBufferStart": (_P, (_P,), False),
    "GetBufferSize": (ctypes.c_size_t, (_P,), False),
    "DisposeMemoryBuffer": (None, (_P,), False),
    "DisposeModule": (None, (_P,), False),
    "DisposeString": (None, (_P,), False),
}


@cache
def _functions() -> dict[str, Any] | None:
    """LLVM's functions by name, past llvmlite's lock; None if this llvmlite lacks one of them."""
    from llvmlite.binding import ffi

    path = ffi.lib._name
    # Short calls keep the interpreter's lock: giving it away costs them more than they take.
    long, short = ctypes.CDLL(path), ctypes.PyDLL(path)
    found = {}
    for name, (result, arguments, takes_long) in _SIGNATURES.items():
        function = getattr(long if takes_long else short, f"LLVMPY_{name}", None)
        if function is None:
            return None
        function.restype, function.argtypes = result, arguments
        found[name] = function
    return found


def emit_object(ir_text: str, machine: Any) -> bytes | None:
    """The object file of a module; None if it cannot be made in this way.

    The machine is in nobody else's hands meanwhile; other threads may compile with theirs.
    """
    f = _functions()
    if f is None:
        return None
    context = f["ContextCreate"]()
    complaint = _P()
    out = ctypes.byref(complaint)
    module = buffer = code = None
    try:
        module = f["ParseAssembly"](context, ir_text.encode(), out)
        if module and not f["VerifyModule"](module, out):
            buffer = f["TargetMachineEmitToMemory"](machine, module, 1, out)
        if buffer:
            code = ctypes.string_at(f["GetBufferStart"](buffer), f["GetBufferSize"](buffer))
    finally:
        if complaint:
            f["DisposeString"](complaint)
        if buffer:
            f["DisposeMemoryBuffer"](buffer)
        if module:
            f["DisposeModule"](module)
        f["ContextDispose"](context)
    return code


class Compilers:
    """Threads that compile, for the length of a `with` block; none of them outlives it.

    make_machine: a new target machine of LLVM. With one thread, `submit` compiles at once.
    """

    def __init__(self, make_machine: Callable[[], Any], threads: int) -> None:
        self._make_machine = make_machine
        self._machines: SimpleQueue[Any] = SimpleQueue()
        self._threads = threads
        self._executor: Any = None

    def submit(self, ir_text: str) -> Callable[[], bytes | None]:
        """Begin with a module. What is returned waits for its object code (see `emit_object`)."""
        if self._threads == 1:
            code = self._compile(ir_text)
            return lambda: code
        if self._executor is None:
            from concurrent.futures import ThreadPoolExecutor  # late: most programs are cached

            self._executor = ThreadPoolExecutor(self._threads)
        result: Callable[[], bytes | None] = self._executor.submit(self._compile, ir_text).result
        return result

    def _compile(self, ir_text: str) -> bytes | None:
        try:
            machine = self._machines.get_nowait()
        except Empty:
            machine = self._make_machine()
        code = emit_object(ir_text, machine)
        self._machines.put(machine)
        return code

    def __enter__(self) -> Compilers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=kind is not None)

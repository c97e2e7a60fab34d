"""Small kernels as LLVM IR text, in the ABI of the call table, for the tests of the runtime."""

from __future__ import annotations

from functools import cache

import numpy as np

from pentad.runtime import jit
from pentad.runtime.launch import Call, Fixup, LaunchBlock
from pentad.target.code_target import host

_LOOP = """
define void @{name}(ptr %bufs, ptr %params, i64 %b, i64 %e) {{
entry:
  %p = load ptr, ptr %bufs
  %any = icmp slt i64 %b, %e
  br i1 %any, label %loop, label %exit
loop:
  %i = phi i64 [%b, %entry], [%i1, %loop]
  %a = getelementptr i64, ptr %p, i64 %i
  %v = load i64, ptr %a
  %v1 = add i64 %v, {step}
  store i64 %v1, ptr %a
  %i1 = add i64 %i, 1
  %c = icmp slt i64 %i1, %e
  br i1 %c, label %loop, label %exit
exit:
  ret void
}}
"""

# add_param: element 0 += params[0] * (end - begin), atomically. begins: element `begin` = end.
# check: leaves 7 in the status word, its second operand. nested: runs the table in params[0].
_TEXT = (
    _LOOP.format(name="increment", step="1")
    + """
define void @add_param(ptr %bufs, ptr %params, i64 %b, i64 %e) {
  %p = load ptr, ptr %bufs
  %k = load i64, ptr %params
  %n = sub i64 %e, %b
  %s = mul i64 %k, %n
  %old = atomicrmw add ptr %p, i64 %s seq_cst
  ret void
}
define void @begins(ptr %bufs, ptr %params, i64 %b, i64 %e) {
  %p = load ptr, ptr %bufs
  %a = getelementptr i64, ptr %p, i64 %b
  store i64 %e, ptr %a
  ret void
}
define void @check(ptr %bufs, ptr %params, i64 %b, i64 %e) {
  %a = getelementptr ptr, ptr %bufs, i64 1
  %status = load ptr, ptr %a
  store atomic i64 7, ptr %status monotonic, align 8
  ret void
}
declare i64 @run_program(ptr, i64)
define void @nested(ptr %bufs, ptr %params, i64 %b, i64 %e) {
  %table = load ptr, ptr %params
  %a = getelementptr i64, ptr %params, i64 1
  %count = load i64, ptr %a
  %r = call i64 @run_program(ptr %table, i64 %count)
  ret void
}
"""
)
NAMES = ("increment", "add_param", "begins", "check", "nested")


@cache
def _library(run_program: int) -> jit.Library:
    return jit.load(_TEXT, NAMES, target=host(), imports={"run_program": run_program})


def kernel(name: str, pool) -> int:
    """The address of a kernel; `nested` enters the given pool again."""
    return _library(pool.run_program_address).address(name)


def table_of(*calls: Call) -> tuple[LaunchBlock, int, int]:
    """Calls without fixups: (what keeps them alive, address of the table, number of records)."""
    block = LaunchBlock(calls, [], 0)
    return block, block.words[3], len(calls)


def incrementing(pool, array: np.ndarray, chunk: int, repeats: int = 1) -> list[Call]:
    fn = kernel("increment", pool)
    return [Call(fn, [array.ctypes.data], (), array.size, chunk)] * repeats


__all__ = ["NAMES", "Call", "Fixup", "LaunchBlock", "incrementing", "kernel", "table_of"]

"""Kernels that time other kernels, as LLVM IR text (see timed.py).

`timed_call` runs one record of a call table, `timed_task` one task of a kernel; both note when
that began and ended, and on which thread, in the log: rows {number, begin, end, thread}.
"""

from __future__ import annotations

import sys
import time

EXPORTS = ("timed_call", "timed_task", "log", "log_room", "log_count")

_NOTING = """
@log = global ptr null
@log_room = global i64 0
@log_count = global i64 0
declare i64 @run_program(ptr, i64)

define internal void @note(i64 %number, i64 %begin, i64 %end) nounwind {
entry:
  %at = atomicrmw add ptr @log_count, i64 1 monotonic
  %room = load i64, ptr @log_room
  %fits = icmp ult i64 %at, %room
  br i1 %fits, label %write, label %exit
write:
  %thread = call i64 @this_thread()
  %base = load ptr, ptr @log
  %bytes = shl i64 %at, 5
  %row = getelementptr i8, ptr %base, i64 %bytes
  store i64 %number, ptr %row
  %r1 = getelementptr i64, ptr %row, i64 1
  store i64 %begin, ptr %r1
  %r2 = getelementptr i64, ptr %row, i64 2
  store i64 %end, ptr %r2
  %r3 = getelementptr i64, ptr %row, i64 3
  store i64 %thread, ptr %r3
  br label %exit
exit:
  ret void
}

; params {record, number}
define void @timed_call(ptr %bufs, ptr %params, i64 %first, i64 %last) nounwind {
  %record = load ptr, ptr %params
  %p1 = getelementptr i64, ptr %params, i64 1
  %number = load i64, ptr %p1
  %begin = call i64 @now()
  %shared = call i64 @run_program(ptr %record, i64 1)
  %end = call i64 @now()
  call void @note(i64 %number, i64 %begin, i64 %end)
  ret void
}

; params {kernel, its params, number}
define void @timed_task(ptr %bufs, ptr %params, i64 %first, i64 %last) nounwind {
  %kernel = load ptr, ptr %params
  %p1 = getelementptr i64, ptr %params, i64 1
  %inner = load ptr, ptr %p1
  %p2 = getelementptr i64, ptr %params, i64 2
  %number = load i64, ptr %p2
  %begin = call i64 @now()
  call void %kernel(ptr %bufs, ptr %inner, i64 %first, i64 %last)
  %end = call i64 @now()
  call void @note(i64 %number, i64 %begin, i64 %end)
  ret void
}
"""

_POSIX = """
declare i32 @clock_gettime(i32, ptr)
declare i64 @pthread_self()

define internal i64 @this_thread() nounwind {{
  %t = call i64 @pthread_self()
  ret i64 %t
}}

define internal i64 @now() nounwind {{
  %time = alloca {{i64, i64}}
  %r = call i32 @clock_gettime(i32 {clock}, ptr %time)
  %seconds = load i64, ptr %time
  %rest = getelementptr i64, ptr %time, i64 1
  %nanoseconds = load i64, ptr %rest
  %whole = mul i64 %seconds, 1000000000
  %sum = add i64 %whole, %nanoseconds
  ret i64 %sum
}}
"""

# The counter's ticks: 100 ns each on every Windows since version 10, as Python's clock takes them.
_WINDOWS = """
declare i32 @QueryPerformanceCounter(ptr)
declare i32 @GetCurrentThreadId()

define internal i64 @this_thread() nounwind {
  %t = call i32 @GetCurrentThreadId()
  %wide = zext i32 %t to i64
  ret i64 %wide
}

define internal i64 @now() nounwind {
  %ticks = alloca i64
  %r = call i32 @QueryPerformanceCounter(ptr %ticks)
  %t = load i64, ptr %ticks
  %nanoseconds = mul i64 %t, 100
  ret i64 %nanoseconds
}
"""


def module(platform: str = sys.platform) -> tuple[str, list[str]]:
    """The IR text for a platform, and the functions of the system that it calls."""
    if platform == "win32":
        return _NOTING + _WINDOWS, ["QueryPerformanceCounter", "GetCurrentThreadId"]
    clock = _POSIX.format(clock=int(time.CLOCK_MONOTONIC))
    return _NOTING + clock, ["clock_gettime", "pthread_self"]

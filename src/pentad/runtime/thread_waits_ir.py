"""What the thread pool needs of a platform, as LLVM IR text: threads, waiting, the spin hint.

`futex` (Linux on x86-64 and AArch64), `condvar` (any POSIX threads; tested on Linux only, not on
macOS or BSD), `serial` (no threads; what Windows gets).
"""

from __future__ import annotations

import sys

_THREADS = """
@threads = internal global [1024 x i64] zeroinitializer
@all_signals = internal global [16 x i64] zeroinitializer
@old_signals = internal global [16 x i64] zeroinitializer
declare i32 @pthread_create(ptr, ptr, ptr, ptr)
declare i32 @pthread_join(i64, ptr)
declare i32 @pthread_sigmask(i32, ptr, ptr)
declare i32 @sigfillset(ptr)
declare i32 @sched_yield()

define void @pool_yield() nounwind {
  %r = call i32 @sched_yield()
  ret void
}

define internal ptr @worker(ptr %number) nounwind {
entry:
  %wide = ptrtoint ptr %number to i64
  %me = trunc i64 %wide to i32
  %now = load atomic i32, ptr @seq acquire, align 4
  %start = sub i32 %now, 1
  br label %rest
rest:
  %last = phi i32 [%start, %entry], [%q, %job], [%last, %sleep]
  %limit = load atomic i32, ptr @pool_spin monotonic, align 4
  br label %spin
spin:
  %i = phi i32 [0, %rest], [%i1, %pause]
  %q = load atomic i32, ptr @seq acquire, align 4
  %fresh = icmp ne i32 %q, %last
  br i1 %fresh, label %check, label %pause
pause:
  call void @relax()
  %i1 = add i32 %i, 1
  %long = icmp ugt i32 %i1, %limit
  br i1 %long, label %sleep, label %spin
sleep:
  %u = atomicrmw add ptr @sleepers, i32 1 seq_cst
  call void @wait(ptr @seq, i32 %last)
  %v = atomicrmw sub ptr @sleepers, i32 1 seq_cst
  br label %rest
check:
  %workers = load atomic i32, ptr @pool_workers acquire, align 4
  %fired = icmp sge i32 %me, %workers
  br i1 %fired, label %exit, label %job
job:
  call void @work(i32 %q)
  br label %rest
exit:
  ret ptr null
}

; Start the missing workers, with signals blocked: Python's handlers belong to its own threads.
; If the system gives no more threads, the number of workers becomes what there is.
define internal void @grow() nounwind {
entry:
  %r1 = call i32 @sigfillset(ptr @all_signals)
  %r2 = call i32 @pthread_sigmask(i32 SIG_SETMASK, ptr @all_signals, ptr @old_signals)
  br label %next
next:
  %i = load i32, ptr @pool_running
  %workers = load atomic i32, ptr @pool_workers monotonic, align 4
  %more = icmp slt i32 %i, %workers
  br i1 %more, label %start, label %exit
start:
  %wide = zext i32 %i to i64
  %slot = getelementptr i64, ptr @threads, i64 %wide
  %number = inttoptr i64 %wide to ptr
  %rc = call i32 @pthread_create(ptr %slot, ptr null, ptr @worker, ptr %number)
  %ok = icmp eq i32 %rc, 0
  br i1 %ok, label %count, label %settle
count:
  %i1 = add i32 %i, 1
  store i32 %i1, ptr @pool_running
  br label %next
settle:
  store atomic i32 %i, ptr @pool_workers monotonic, align 4
  br label %exit
exit:
  %r3 = call i32 @pthread_sigmask(i32 SIG_SETMASK, ptr @old_signals, ptr null)
  ret void
}

; Set the number of workers. Surplus ones are joined here, missing ones start with the next job.
define void @pool_resize(i32 %workers) nounwind {
entry:
  br label %lock
lock:
  %swap = cmpxchg ptr @busy, i32 0, i32 1 acquire monotonic
  %got = extractvalue {i32, i1} %swap, 1
  br i1 %got, label %set, label %yield
yield:
  call void @pool_yield()
  br label %lock
set:
  store atomic i32 %workers, ptr @pool_workers release, align 4
  %running = load i32, ptr @pool_running
  %surplus = icmp sgt i32 %running, %workers
  br i1 %surplus, label %dismiss, label %exit
dismiss:
  %u = atomicrmw add ptr @seq, i32 1 seq_cst
  call void @wake(ptr @seq, i32 2147483647)
  br label %join
join:
  %i = phi i32 [%workers, %dismiss], [%i1, %join]
  %wide = zext i32 %i to i64
  %slot = getelementptr i64, ptr @threads, i64 %wide
  %thread = load i64, ptr %slot
  %rc = call i32 @pthread_join(i64 %thread, ptr null)
  %i1 = add i32 %i, 1
  %more = icmp slt i32 %i1, %running
  br i1 %more, label %join, label %joined
joined:
  store i32 %workers, ptr @pool_running
  br label %exit
exit:
  store atomic i32 0, ptr @busy release, align 4
  ret void
}
"""

_NO_THREADS = """
define void @pool_yield() nounwind {
  ret void
}
define internal void @grow() nounwind {
  store atomic i32 0, ptr @pool_workers monotonic, align 4
  ret void
}
define void @pool_resize(i32 %workers) nounwind {
  ret void
}
define internal void @wait(ptr %word, i32 %expected) nounwind {
  ret void
}
define internal void @wake(ptr %word, i32 %count) nounwind {
  ret void
}
define void @pool_prepare() nounwind {
  ret void
}
"""

_FUTEX = """
declare i64 @syscall(i64, ...)
; Sleep while the word holds %expected. Returns early now and then: callers look again.
define internal void @wait(ptr %word, i32 %expected) nounwind {
  %r = call i64 (i64, ...) @syscall(i64 SYS_FUTEX, ptr %word, i32 128, i32 %expected, ptr null)
  ret void
}
define internal void @wake(ptr %word, i32 %count) nounwind {
  %r = call i64 (i64, ...) @syscall(i64 SYS_FUTEX, ptr %word, i32 129, i32 %count)
  ret void
}
define void @pool_prepare() nounwind {
  ret void
}
"""

_CONDVAR = """
@mutex = internal global [16 x i64] zeroinitializer, align 64
@condition = internal global [16 x i64] zeroinitializer, align 64
declare i32 @pthread_mutex_init(ptr, ptr)
declare i32 @pthread_mutex_lock(ptr)
declare i32 @pthread_mutex_unlock(ptr)
declare i32 @pthread_cond_init(ptr, ptr)
declare i32 @pthread_cond_wait(ptr, ptr)
declare i32 @pthread_cond_broadcast(ptr)
define void @pool_prepare() nounwind {
  %r1 = call i32 @pthread_mutex_init(ptr @mutex, ptr null)
  %r2 = call i32 @pthread_cond_init(ptr @condition, ptr null)
  ret void
}
define internal void @wait(ptr %word, i32 %expected) nounwind {
entry:
  %r1 = call i32 @pthread_mutex_lock(ptr @mutex)
  %now = load atomic i32, ptr %word seq_cst, align 4
  %same = icmp eq i32 %now, %expected
  br i1 %same, label %sleep, label %exit
sleep:
  %r2 = call i32 @pthread_cond_wait(ptr @condition, ptr @mutex)
  br label %exit
exit:
  %r3 = call i32 @pthread_mutex_unlock(ptr @mutex)
  ret void
}
define internal void @wake(ptr %word, i32 %count) nounwind {
  %r1 = call i32 @pthread_mutex_lock(ptr @mutex)
  %r2 = call i32 @pthread_cond_broadcast(ptr @condition)
  %r3 = call i32 @pthread_mutex_unlock(ptr @mutex)
  ret void
}
"""

_RELAX = {
    "x86_64": ("declare void @llvm.x86.sse2.pause()", "call void @llvm.x86.sse2.pause()"),
    "aarch64": ("declare void @llvm.aarch64.hint(i32)", "call void @llvm.aarch64.hint(i32 1)"),
}
_SYS_FUTEX = {"x86_64": 202, "aarch64": 98}
_POSIX_NAMES = ("pthread_create", "pthread_join", "pthread_sigmask", "sigfillset", "sched_yield")
_CONDVAR_NAMES = tuple(
    f"pthread_{name}"
    for name in ("mutex_init", "mutex_lock", "mutex_unlock")
    + ("cond_init", "cond_wait", "cond_broadcast")
)


def variant(architecture: str, platform: str = sys.platform) -> str:
    """How threads wait here: `futex`, `condvar` or `serial` (no threads)."""
    if platform == "win32":
        return "serial"
    known = platform == "linux" and architecture in _SYS_FUTEX
    return "futex" if known else "condvar"


def relax(architecture: str) -> str:
    """The function that a spinning thread calls between two looks."""
    declaration, instruction = _RELAX.get(architecture, ("", ""))
    head = f"{declaration}\ndefine internal void @relax() nounwind"
    return f"{head} {{\n  {instruction}\n  ret void\n}}\n"


def threads(kind: str, architecture: str, platform: str = sys.platform) -> tuple[str, list[str]]:
    """The text for one variant and the libc functions it calls."""
    if kind == "serial":
        return _NO_THREADS, []
    # SIG_SETMASK is 2 on Linux, 3 on macOS and the BSDs.
    text = _THREADS.replace("SIG_SETMASK", "2" if platform == "linux" else "3")
    if kind == "futex":
        waiting = _FUTEX.replace("SYS_FUTEX", str(_SYS_FUTEX[architecture]))
        return text + waiting, [*_POSIX_NAMES, "syscall"]
    return text + _CONDVAR, [*_POSIX_NAMES, *_CONDVAR_NAMES]

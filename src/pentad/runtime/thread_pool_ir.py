"""The thread pool and the program loop as LLVM IR text.

One job at a time: `run_call` publishes a record's fields in @job, then opens the job by storing
generation << 32 in @state; whoever claims a task adds one to it by compare-and-swap, so that a
late thread with an old generation can never claim. Waiting is a bounded spin, then sleep.

What differs among platforms (threads, sleeping, the spin hint) is in thread_waits_ir.py.
"""

from __future__ import annotations

import sys

from pentad.runtime import thread_waits_ir

_SHARED = """
@state = internal global i64 4294967295, align 128
@done = internal global i32 0, align 128
@seq = internal global i32 0, align 128
@sleepers = internal global i32 0, align 128
@busy = internal global i32 0, align 128
@waiting = internal global i32 0
@job = internal global [6 x i64] zeroinitializer, align 128
@job_bufs = internal alias i64, getelementptr (i64, ptr @job, i64 1)
@job_params = internal alias i64, getelementptr (i64, ptr @job, i64 2)
@job_n = internal alias i64, getelementptr (i64, ptr @job, i64 3)
@job_chunk = internal alias i64, getelementptr (i64, ptr @job, i64 4)
@job_tasks = internal alias i64, getelementptr (i64, ptr @job, i64 5)
@pool_workers = global i32 0, align 128
@pool_running = global i32 0
@pool_spin = global i32 20000
@pool_epoch = global i64 1

; Claim and run tasks of generation %g until none is left; the last finisher wakes the owner.
define internal void @work(i32 %g) nounwind {
entry:
  br label %look
look:
  %count = phi i32 [0, %entry], [%count, %claim], [%more, %run]
  %s = load atomic i64, ptr @state acquire, align 8
  %high = lshr i64 %s, 32
  %gen = trunc i64 %high to i32
  %next = and i64 %s, 4294967295
  %tasks = load atomic i64, ptr @job_tasks monotonic, align 8
  %mine = icmp eq i32 %gen, %g
  %left = icmp ult i64 %next, %tasks
  %open = and i1 %mine, %left
  br i1 %open, label %claim, label %out
claim:
  %f = load atomic i64, ptr @job monotonic, align 8
  %b = load atomic i64, ptr @job_bufs monotonic, align 8
  %p = load atomic i64, ptr @job_params monotonic, align 8
  %n = load atomic i64, ptr @job_n monotonic, align 8
  %chunk = load atomic i64, ptr @job_chunk monotonic, align 8
  ; Fields of a later job imply that @state has moved on: then the exchange below fails.
  fence acquire
  %s1 = add i64 %s, 1
  %swap = cmpxchg ptr @state, i64 %s, i64 %s1 acq_rel monotonic
  %got = extractvalue {i64, i1} %swap, 1
  br i1 %got, label %run, label %look
run:
  %begin = mul i64 %next, %chunk
  %rest = sub i64 %n, %begin
  %short = icmp slt i64 %rest, %chunk
  %length = select i1 %short, i64 %rest, i64 %chunk
  %end = add i64 %begin, %length
  %fn = inttoptr i64 %f to ptr
  %bufs = inttoptr i64 %b to ptr
  %params = inttoptr i64 %p to ptr
  call void %fn(ptr %bufs, ptr %params, i64 %begin, i64 %end)
  %more = add i32 %count, 1
  br label %look
out:
  %none = icmp eq i32 %count, 0
  br i1 %none, label %exit, label %report
report:
  %all = load atomic i64, ptr @job_tasks monotonic, align 8
  %all32 = trunc i64 %all to i32
  %before = atomicrmw add ptr @done, i32 %count seq_cst
  %after = add i32 %before, %count
  %complete = icmp eq i32 %after, %all32
  %asleep = load atomic i32, ptr @waiting seq_cst, align 4
  %sleeps = icmp ne i32 %asleep, 0
  %call = and i1 %complete, %sleeps
  br i1 %call, label %rouse, label %exit
rouse:
  call void @wake(ptr @done, i32 1)
  br label %exit
exit:
  ret void
}

; Open a job of %tasks tasks, take part in it, wait for its end. The caller holds @busy.
define internal void @par_for(ptr %fn, ptr %bufs, ptr %params, i64 %n, i64 %chunk, i64 %tasks)
    nounwind {
entry:
  %f = ptrtoint ptr %fn to i64
  %b = ptrtoint ptr %bufs to i64
  %p = ptrtoint ptr %params to i64
  %all = trunc i64 %tasks to i32
  fence release
  store atomic i64 %f, ptr @job monotonic, align 8
  store atomic i64 %b, ptr @job_bufs monotonic, align 8
  store atomic i64 %p, ptr @job_params monotonic, align 8
  store atomic i64 %n, ptr @job_n monotonic, align 8
  store atomic i64 %chunk, ptr @job_chunk monotonic, align 8
  store atomic i64 %tasks, ptr @job_tasks monotonic, align 8
  store atomic i32 0, ptr @done monotonic, align 4
  %q = load atomic i32, ptr @seq monotonic, align 4
  %g = add i32 %q, 1
  %wide = zext i32 %g to i64
  %opened = shl i64 %wide, 32
  store atomic i64 %opened, ptr @state release, align 8
  store atomic i32 %g, ptr @seq seq_cst, align 4
  fence seq_cst
  %asleep = load atomic i32, ptr @sleepers seq_cst, align 4
  %any = icmp ne i32 %asleep, 0
  br i1 %any, label %rouse, label %share
rouse:
  %helpers = sub i32 %all, 1
  call void @wake(ptr @seq, i32 %helpers)
  br label %share
share:
  call void @work(i32 %g)
  %limit = load atomic i32, ptr @pool_spin monotonic, align 4
  br label %spin
spin:
  %i = phi i32 [0, %share], [%i1, %again]
  %d = load atomic i32, ptr @done acquire, align 4
  %finished = icmp eq i32 %d, %all
  br i1 %finished, label %close, label %pause
pause:
  call void @relax()
  %i1 = add i32 %i, 1
  %long = icmp ugt i32 %i1, %limit
  br i1 %long, label %doze, label %again
again:
  br label %spin
doze:
  store atomic i32 1, ptr @waiting seq_cst, align 4
  %d2 = load atomic i32, ptr @done seq_cst, align 4
  %finished2 = icmp eq i32 %d2, %all
  br i1 %finished2, label %awake, label %sleep
sleep:
  call void @wait(ptr @done, i32 %d2)
  br label %doze
awake:
  store atomic i32 0, ptr @waiting seq_cst, align 4
  br label %close
close:
  %closed = or i64 %opened, 4294967295
  store atomic i64 %closed, ptr @state release, align 8
  ret void
}

; One 64-byte record {fn, bufs, params, n, chunk, flags, 0, 0}; 1 if the pool ran it, 0 if inline.
define internal i64 @run_call(ptr %record) nounwind {
entry:
  %fn = load ptr, ptr %record
  %a1 = getelementptr i64, ptr %record, i64 1
  %bufs = load ptr, ptr %a1
  %a2 = getelementptr i64, ptr %record, i64 2
  %params = load ptr, ptr %a2
  %a3 = getelementptr i64, ptr %record, i64 3
  %n = load i64, ptr %a3
  %a4 = getelementptr i64, ptr %record, i64 4
  %asked = load i64, ptr %a4
  %a5 = getelementptr i64, ptr %record, i64 5
  %flags = load i64, ptr %a5
  %empty = icmp sle i64 %n, 0
  br i1 %empty, label %skip, label %size
skip:
  ret i64 0
size:
  %bit = trunc i64 %flags to i1
  %whole = icmp sle i64 %asked, 0
  %single = icmp sle i64 %n, %asked
  %workers = load atomic i32, ptr @pool_workers monotonic, align 4
  %alone = icmp sle i32 %workers, 0
  %o1 = or i1 %bit, %whole
  %o2 = or i1 %single, %alone
  %straight = or i1 %o1, %o2
  br i1 %straight, label %inline, label %enter
enter:
  %swap = cmpxchg ptr @busy, i32 0, i32 1 acquire monotonic
  %got = extractvalue {i32, i1} %swap, 1
  br i1 %got, label %staff, label %inline
staff:
  %running = load i32, ptr @pool_running
  %few = icmp slt i32 %running, %workers
  br i1 %few, label %grow, label %cut
grow:
  call void @grow()
  %grown = load i32, ptr @pool_running
  %still = icmp eq i32 %grown, 0
  br i1 %still, label %leave, label %cut
leave:
  store atomic i32 0, ptr @busy release, align 4
  br label %inline
cut:
  ; Task numbers have 32 bits: at most 2^20 tasks, of a larger chunk if need be.
  %n1 = sub i64 %n, 1
  %least = lshr i64 %n1, 20
  %floor = add i64 %least, 1
  %small = icmp slt i64 %asked, %floor
  %chunk = select i1 %small, i64 %floor, i64 %asked
  %t = udiv i64 %n1, %chunk
  %tasks = add i64 %t, 1
  call void @par_for(ptr %fn, ptr %bufs, ptr %params, i64 %n, i64 %chunk, i64 %tasks)
  store atomic i32 0, ptr @busy release, align 4
  ret i64 1
inline:
  call void %fn(ptr %bufs, ptr %params, i64 0, i64 %n)
  ret i64 0
}

; Run %count records of a call table in order; how many of them the pool ran.
define i64 @run_program(ptr %table, i64 %count) nounwind {
entry:
  %none = icmp sle i64 %count, 0
  br i1 %none, label %exit, label %loop
loop:
  %i = phi i64 [0, %entry], [%i1, %loop]
  %sum = phi i64 [0, %entry], [%sum1, %loop]
  %at = shl i64 %i, 6
  %record = getelementptr i8, ptr %table, i64 %at
  %shared = call i64 @run_call(ptr %record)
  %sum1 = add i64 %sum, %shared
  %i1 = add i64 %i, 1
  %more = icmp slt i64 %i1, %count
  br i1 %more, label %loop, label %exit
exit:
  %total = phi i64 [0, %entry], [%sum1, %loop]
  ret i64 %total
}

; In the child of a fork no worker exists and nobody else can be inside.
define void @pool_after_fork() nounwind {
  store atomic i32 0, ptr @pool_workers monotonic, align 4
  store i32 0, ptr @pool_running
  store atomic i32 0, ptr @sleepers monotonic, align 4
  store atomic i32 0, ptr @waiting monotonic, align 4
  store atomic i64 4294967295, ptr @state monotonic, align 8
  %old = load atomic i64, ptr @pool_epoch monotonic, align 8
  %new = add i64 %old, 1
  store atomic i64 %new, ptr @pool_epoch monotonic, align 8
  call void @pool_prepare()
  store atomic i32 0, ptr @busy seq_cst, align 4
  ret void
}
"""

EXPORTS = (
    "run_program",
    "pool_prepare",
    "pool_resize",
    "pool_after_fork",
    "pool_yield",
    "pool_workers",
    "pool_running",
    "pool_spin",
    "pool_epoch",
)


def module(kind: str, architecture: str, platform: str = sys.platform) -> tuple[str, list[str]]:
    """The IR text of the pool in one of its variants, and the libc functions it calls."""
    text, names = thread_waits_ir.threads(kind, architecture, platform)
    return _SHARED + thread_waits_ir.relax(architecture) + text, names

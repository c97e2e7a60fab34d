"""The two native entry points of a launch block, as LLVM IR text (see launch.py)."""

from __future__ import annotations

EXPORTS = ("launch", "launch_released")
PYTHON_API = ("PyLong_AsVoidPtr", "PyLong_FromLongLong", "PyErr_Occurred", "PyErr_SetString")

# Words of a block: 0 arguments, 1 fixups, 2 calls, 3 table, 4 status address or 0, 5 lock,
# 6 room for the arguments, 7 list of fixups {argument, byte offset, slot address}, 8 how many calls
# come before the first that writes over an argument, and is left out once a check has failed.
TEXT = """
declare ptr @PyLong_AsVoidPtr(ptr)
declare ptr @PyLong_FromLongLong(i64)
declare ptr @PyErr_Occurred()
declare void @PyErr_SetString(ptr, ptr)
declare i64 @run_program(ptr, i64)
declare void @pool_yield()
@PyExc_TypeError = external global ptr
@pool_epoch = external global i64
@wrong_count = internal constant [38 x i8] c"launch: wrong number of data pointers\\00"
@no_block = internal constant [28 x i8] c"launch: no block to launch.\\00"

; The lock holds 0 or the number of forks before the process that took it: after a fork, a lock
; that another thread of the parent held is free.
define internal void @lock(ptr %block) nounwind {
entry:
  %word = getelementptr i64, ptr %block, i64 5
  %mine = load i64, ptr @pool_epoch
  br label %try
try:
  %swap = cmpxchg ptr %word, i64 0, i64 %mine acquire monotonic
  %got = extractvalue {i64, i1} %swap, 1
  br i1 %got, label %exit, label %held
held:
  %owner = extractvalue {i64, i1} %swap, 0
  %ours = icmp eq i64 %owner, %mine
  br i1 %ours, label %yield, label %steal
steal:
  %swap2 = cmpxchg ptr %word, i64 %owner, i64 %mine acquire monotonic
  %got2 = extractvalue {i64, i1} %swap2, 1
  br i1 %got2, label %exit, label %yield
yield:
  call void @pool_yield()
  br label %try
exit:
  ret void
}

define internal void @unlock(ptr %block) nounwind {
  %word = getelementptr i64, ptr %block, i64 5
  store atomic i64 0, ptr %word release, align 8
  ret void
}

; Apply the fixups, run the table, give the status. The lock is held, the arguments are in place.
define internal i64 @run_block(ptr %block) nounwind {
entry:
  %a1 = getelementptr i64, ptr %block, i64 1
  %fixups = load i64, ptr %a1
  %a2 = getelementptr i64, ptr %block, i64 2
  %calls = load i64, ptr %a2
  %a3 = getelementptr i64, ptr %block, i64 3
  %table = load ptr, ptr %a3
  %a4 = getelementptr i64, ptr %block, i64 4
  %status = load ptr, ptr %a4
  %a6 = getelementptr i64, ptr %block, i64 6
  %args = load ptr, ptr %a6
  %a7 = getelementptr i64, ptr %block, i64 7
  %list = load ptr, ptr %a7
  %none = icmp eq i64 %fixups, 0
  br i1 %none, label %ready, label %fix
fix:
  %i = phi i64 [0, %entry], [%i1, %fix]
  %at = mul i64 %i, 24
  %row = getelementptr i8, ptr %list, i64 %at
  %which = load i64, ptr %row
  %r1 = getelementptr i64, ptr %row, i64 1
  %offset = load i64, ptr %r1
  %r2 = getelementptr i64, ptr %row, i64 2
  %slot = load ptr, ptr %r2
  %source = getelementptr i64, ptr %args, i64 %which
  %base = load i64, ptr %source
  %address = add i64 %base, %offset
  store i64 %address, ptr %slot
  %i1 = add i64 %i, 1
  %more = icmp slt i64 %i1, %fixups
  br i1 %more, label %fix, label %ready
ready:
  %silent = icmp eq ptr %status, null
  br i1 %silent, label %plain, label %watched
plain:
  %u = call i64 @run_program(ptr %table, i64 %calls)
  br label %exit
watched:
  store atomic i64 0, ptr %status monotonic, align 8
  %a8 = getelementptr i64, ptr %block, i64 8
  %before = load i64, ptr %a8
  %v = call i64 @run_program(ptr %table, i64 %before)
  %found = load atomic i64, ptr %status acquire, align 8
  %good = icmp eq i64 %found, 0
  %left = sub i64 %calls, %before
  %writes = icmp sgt i64 %left, 0
  %on = and i1 %good, %writes
  br i1 %on, label %write, label %exit
write:
  %bytes = shl i64 %before, 6
  %second = getelementptr i8, ptr %table, i64 %bytes
  %w = call i64 @run_program(ptr %second, i64 %left)
  %code = load atomic i64, ptr %status acquire, align 8
  br label %exit
exit:
  %result = phi i64 [0, %plain], [%found, %watched], [%code, %write]
  ret i64 %result
}

; METH_FASTCALL: (self, arguments, how many). Holds the GIL from beginning to end.
define ptr @launch(ptr %self, ptr %given, i64 %count) nounwind {
entry:
  %n = sub i64 %count, 1
  %some = icmp sge i64 %n, 0
  br i1 %some, label %first, label %bad_block
first:
  %o = load ptr, ptr %given
  %block = call ptr @PyLong_AsVoidPtr(ptr %o)
  %nil = icmp eq ptr %block, null
  br i1 %nil, label %bad_block, label %arity
arity:
  %wanted = load i64, ptr %block
  %same = icmp eq i64 %wanted, %n
  br i1 %same, label %enter, label %bad_count
enter:
  call void @lock(ptr %block)
  %a6 = getelementptr i64, ptr %block, i64 6
  %args = load ptr, ptr %a6
  br label %head
head:
  %i = phi i64 [0, %enter], [%i1, %keep]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %read, label %run
read:
  %i1 = add i64 %i, 1
  %from = getelementptr ptr, ptr %given, i64 %i1
  %object = load ptr, ptr %from
  %pointer = call ptr @PyLong_AsVoidPtr(ptr %object)
  %zero = icmp eq ptr %pointer, null
  br i1 %zero, label %suspect, label %keep
suspect:
  %error = call ptr @PyErr_Occurred()
  %fine = icmp eq ptr %error, null
  br i1 %fine, label %keep, label %abandon
keep:
  %to = getelementptr ptr, ptr %args, i64 %i
  store ptr %pointer, ptr %to
  br label %head
run:
  %status = call i64 @run_block(ptr %block)
  call void @unlock(ptr %block)
  %result = call ptr @PyLong_FromLongLong(i64 %status)
  ret ptr %result
abandon:
  call void @unlock(ptr %block)
  ret ptr null
bad_block:
  %raised = call ptr @PyErr_Occurred()
  %already = icmp ne ptr %raised, null
  br i1 %already, label %fail, label %say_block
say_block:
  %type1 = load ptr, ptr @PyExc_TypeError
  call void @PyErr_SetString(ptr %type1, ptr @no_block)
  br label %fail
bad_count:
  %type2 = load ptr, ptr @PyExc_TypeError
  call void @PyErr_SetString(ptr %type2, ptr @wrong_count)
  br label %fail
fail:
  ret ptr null
}

; The same for a caller without the GIL: the arguments come as an array of addresses.
define i64 @launch_released(ptr %block, ptr %given) nounwind {
entry:
  call void @lock(ptr %block)
  %n = load i64, ptr %block
  %a6 = getelementptr i64, ptr %block, i64 6
  %args = load ptr, ptr %a6
  br label %head
head:
  %i = phi i64 [0, %entry], [%i1, %copy]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %copy, label %run
copy:
  %from = getelementptr i64, ptr %given, i64 %i
  %value = load i64, ptr %from
  %to = getelementptr i64, ptr %args, i64 %i
  store i64 %value, ptr %to
  %i1 = add i64 %i, 1
  br label %head
run:
  %status = call i64 @run_block(ptr %block)
  call void @unlock(ptr %block)
  ret i64 %status
}
"""

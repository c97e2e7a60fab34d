"""The repeated call of a compiled function as LLVM IR text: it follows the text of eager_ir.py.

`compiled_call` is `CompiledFunction.__call__`. The function's `record` says by which checks this
call is known to be like one before, and what it does then: fill in addresses, run the launch block,
record the node. Where a check fails, `slowly`, a Python function, has the same meaning.
tensor/capture/native_call.py makes the records.
"""

from __future__ import annotations

from pentad.runtime.call_checks_ir import CHECKS
from pentad.runtime.call_history_ir import RECORDING

EXPORTS = ("compiled_call",)
PYTHON_API = (
    "PyCell_Get", "PyDict_GetItem", "PyEval_RestoreThread", "PyEval_SaveThread", "PyList_Size",
    "PyTuple_Size",
)
MAX_ARGUMENTS = 128
MAX_INPUTS = 512
MAX_OUTPUTS = 64

_WORDS = """
arguments mode_mask modes changes evaluating default_dtype block long fixed guards inputs outputs
plan parents saved steady only keep finish middle checks_at fixed_at guards_at inputs_at outputs_at
parents_at saved_at steady_at versions_at
"""
WORDS = {name: i for i, name in enumerate(_WORDS.split())}
"""The words of a record. Rows: checks {meta, type of node}; fixed {tensor, storage}; guards {kind,
object, key or index, value}; inputs {is argument, address or index}; outputs {meta, free list,
bytes}; parents and saved {kind, object or index}; steady {storage}, with versions beside it."""
CELL, GLOBAL, LENGTH, ITEM = range(4)
"""Kinds of guards: what a cell holds, a value of a dict, the length of a list, an item of it."""
OBJECT, ARGUMENT, RESULT = range(3)
"""Kinds of parents and saved values."""


def text(offsets: dict[str, int]) -> str:
    """The functions; offsets: of the slots of CompiledFunction, CallRecord, Tensor, Storage."""
    found = CHECKS + RECORDING + _RUN + _CALL
    for name, value in offsets.items():
        found = found.replace(f"<{name.replace('.', '_')}>", str(value))
    for name, value in WORDS.items():
        found = found.replace(f"<{name}>", str(value))
    return found


_RUN = """
; Addresses of the inputs.
define internal void @gather(ptr %r, ptr %args, ptr %pointers) {
entry:
  %count = call i64 @word(ptr %r, i64 <inputs>)
  %rows = call ptr @place(ptr %r, i64 <inputs_at>)
  br label %head
head:
  %i = phi i64 [0, %entry], [%i1, %next]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %one, label %exit
one:
  %two = shl i64 %i, 1
  %row = getelementptr i64, ptr %rows, i64 %two
  %moves = load i64, ptr %row
  %fixed = call ptr @place(ptr %row, i64 1)
  %still = icmp eq i64 %moves, 0
  br i1 %still, label %next, label %argument
argument:
  %index = ptrtoint ptr %fixed to i64
  %t = call ptr @place(ptr %args, i64 %index)
  %p = call ptr @slot(ptr %t, i64 <Tensor_ptr>)
  %address = call ptr @PyLong_AsVoidPtr(ptr %p)
  br label %next
next:
  %where = phi ptr [%fixed, %one], [%address, %argument]
  %into = getelementptr ptr, ptr %pointers, i64 %i
  store ptr %where, ptr %into
  %i1 = add i64 %i, 1
  br label %head
exit:
  ret void
}
; The block's status; other Python threads may run meanwhile if it takes long.
define internal i64 @run(ptr %r, ptr %pointers) {
entry:
  %block = call ptr @place(ptr %r, i64 <block>)
  %long = call i64 @word(ptr %r, i64 <long>)
  %short = icmp eq i64 %long, 0
  br i1 %short, label %held, label %freed
held:
  %a = call i64 @launch_released(ptr %block, ptr %pointers)
  ret i64 %a
freed:
  %thread = call ptr @PyEval_SaveThread()
  %b = call i64 @launch_released(ptr %block, ptr %pointers)
  call void @PyEval_RestoreThread(ptr %thread)
  ret i64 %b
}
; What the call gives: the one result, or what Python makes of them. Takes the results over.
define internal ptr @answer(ptr %r, ptr %args, i64 %n, ptr %outs, i64 %many) {
entry:
  %only = call i64 @word(ptr %r, i64 <only>)
  %alone = icmp sge i64 %only, 0
  br i1 %alone, label %one, label %several
one:
  %out = call ptr @place(ptr %outs, i64 %only)
  call void @Py_IncRef(ptr %out)
  call void @release(ptr %outs, i64 %many)
  ret ptr %out
several:
  %given = call ptr @tuple_of(ptr %args, i64 %n)
  %made = call ptr @tuple_of(ptr %outs, i64 %many)
  call void @release(ptr %outs, i64 %many)
  %no_given = icmp eq ptr %given, null
  %no_made = icmp eq ptr %made, null
  %failed = or i1 %no_given, %no_made
  br i1 %failed, label %bad, label %python
bad:
  ret ptr null
python:
  %finish = call ptr @place(ptr %r, i64 <finish>)
  %result = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(
    ptr %finish, ptr %given, ptr %made, ptr null)
  call void @Py_DecRef(ptr %given)
  call void @Py_DecRef(ptr %made)
  ret ptr %result
}
; What Python does of a call: numbers of the host, the launch, notes of what was written. 0 if all
; went well.
define internal i64 @through_python(ptr %middle, ptr %args, i64 %n, ptr %outs, i64 %many) {
entry:
  %given = call ptr @tuple_of(ptr %args, i64 %n)
  %made = call ptr @tuple_of(ptr %outs, i64 %many)
  %no_given = icmp eq ptr %given, null
  %no_made = icmp eq ptr %made, null
  %failed = or i1 %no_given, %no_made
  br i1 %failed, label %bad, label %python
python:
  %done = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(
    ptr %middle, ptr %given, ptr %made, ptr null)
  call void @Py_DecRef(ptr %given)
  call void @Py_DecRef(ptr %made)
  %error = icmp eq ptr %done, null
  br i1 %error, label %bad, label %good
good:
  call void @Py_DecRef(ptr %done)
  ret i64 0
bad:
  ret i64 1
}
define internal ptr @perform_call(ptr %r, ptr %args, i64 %n) {
entry:
  %pointers = alloca [576 x ptr]
  %outs = alloca [64 x ptr]
  %inputs = call i64 @word(ptr %r, i64 <inputs>)
  %many = call i64 @word(ptr %r, i64 <outputs>)
  %rows = call ptr @place(ptr %r, i64 <outputs_at>)
  %unmade = call i64 @make_results(
    ptr %rows, i64 %many, ptr %outs, ptr %pointers, i64 %inputs)
  %made = icmp eq i64 %unmade, 0
  br i1 %made, label %launch, label %nothing
launch:
  %middle = call ptr @place(ptr %r, i64 <middle>)
  %native = icmp eq ptr %middle, null
  br i1 %native, label %straight, label %around
around:
  %went = call i64 @through_python(
    ptr %middle, ptr %args, i64 %n, ptr %outs, i64 %many)
  %well = icmp eq i64 %went, 0
  br i1 %well, label %history, label %bad
straight:
  call void @gather(ptr %r, ptr %args, ptr %pointers)
  %status = call i64 @run(ptr %r, ptr %pointers)
  %fine = icmp eq i64 %status, 0
  br i1 %fine, label %history, label %complain
complain:
  %keep = call ptr @place(ptr %r, i64 <keep>)
  call void @complain(ptr %keep, i64 %status)
  br label %bad
history:
  %plan = call i64 @word(ptr %r, i64 <plan>)
  %silent = icmp eq i64 %plan, 0
  br i1 %silent, label %done, label %recorded
recorded:
  %trouble = call i64 @attach(ptr %r, ptr %args, ptr %outs)
  %attached = icmp eq i64 %trouble, 0
  br i1 %attached, label %done, label %bad
done:
  %answer = call ptr @answer(ptr %r, ptr %args, i64 %n, ptr %outs, i64 %many)
  ret ptr %answer
bad:
  call void @release(ptr %outs, i64 %many)
  br label %nothing
nothing:
  ret ptr null
}
"""

_CALL = """
define internal i1 @like_before(ptr %r, ptr %args, i64 %n, i64 %modes) {
entry:
  %count = call i64 @word(ptr %r, i64 <arguments>)
  %mask = call i64 @word(ptr %r, i64 <mode_mask>)
  %want = call i64 @word(ptr %r, i64 <modes>)
  %mine = and i64 %modes, %mask
  %s1 = icmp eq i64 %count, %n
  %s2 = icmp eq i64 %mine, %want
  %s = and i1 %s1, %s2
  br i1 %s, label %world, label %no
world:
  %w = call i1 @same_world(ptr %r)
  br i1 %w, label %arguments, label %no
arguments:
  %a = call i1 @same_arguments(ptr %r, ptr %args, i64 %n)
  br i1 %a, label %fixed, label %no
fixed:
  %f = call i1 @same_fixed(ptr %r, ptr %args, i64 %n)
  br i1 %f, label %guards, label %no
guards:
  %g = call i1 @same_guards(ptr %r)
  br i1 %g, label %steady, label %no
steady:
  %d = call i1 @same_steady(ptr %r)
  ret i1 %d
no:
  ret i1 false
}
define internal ptr @slowly(ptr %self, ptr %args, i64 %n, ptr %names) {
entry:
  %named = icmp eq ptr %names, null
  br i1 %named, label %count, label %more
more:
  %extra = call i64 @PyTuple_Size(ptr %names)
  br label %count
count:
  %keywords = phi i64 [0, %entry], [%extra, %more]
  %given = add i64 %n, %keywords
  %all = add i64 %given, 1
  %whole = alloca ptr, i64 %all
  store ptr %self, ptr %whole
  %rest = getelementptr ptr, ptr %whole, i64 1
  %bytes = shl i64 %given, 3
  call void @llvm.memcpy.p0.p0.i64(ptr %rest, ptr %args, i64 %bytes, i1 false)
  %positional = add i64 %n, 1
  %python = call ptr @helper(i64 13)
  %r = call ptr @PyObject_Vectorcall(ptr %python, ptr %whole, i64 %positional, ptr %names)
  ret ptr %r
}
define ptr @compiled_call(ptr %self, ptr %args, i64 %n, ptr %names) {
entry:
  %holder = call ptr @slot(ptr %self, i64 <CompiledFunction_record>)
  %unmade = icmp eq ptr %holder, null
  %off = icmp eq ptr %holder, @none
  %nothing = or i1 %unmade, %off
  %plain = icmp eq ptr %names, null
  br i1 %nothing, label %python, label %record
record:
  br i1 %plain, label %state, label %python
state:
  %modes = call i64 @modes()
  %error = icmp eq i64 %modes, -1
  br i1 %error, label %fail, label %checks
checks:
  call void @Py_IncRef(ptr %holder)
  %address = call ptr @slot(ptr %holder, i64 <CallRecord_address>)
  %r = call ptr @PyLong_AsVoidPtr(ptr %address)
  %like = call i1 @like_before(ptr %r, ptr %args, i64 %n, i64 %modes)
  br i1 %like, label %run, label %other
run:
  %result = call ptr @perform_call(ptr %r, ptr %args, i64 %n)
  call void @Py_DecRef(ptr %holder)
  ret ptr %result
other:
  call void @Py_DecRef(ptr %holder)
  br label %python
python:
  %answer = call ptr @slowly(ptr %self, ptr %args, i64 %n, ptr %names)
  ret ptr %answer
fail:
  ret ptr null
}
"""

"""The repeated call of a compiled function as LLVM IR text: it follows the text of eager_ir.py.

`compiled_call` is `CompiledFunction.__call__`. The function's `record` says by which checks this
call is known to be like one before, and what it does then: fill in addresses, run the launch block,
record the node. Where a check fails, `slowly`, a Python function, has the same meaning.
tensor/capture/native_call.py makes the records.
"""

from __future__ import annotations

from pentad.runtime.call_checks_ir import CHECKS

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
plan parents saved steady only keep finish checks_at fixed_at guards_at inputs_at outputs_at
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
    found = CHECKS + _RECORDING + _RUN + _CALL
    for name, value in offsets.items():
        found = found.replace(f"<{name.replace('.', '_')}>", str(value))
    for name, value in WORDS.items():
        found = found.replace(f"<{name}>", str(value))
    return found


_RECORDING = """
; An object that a row {kind, object or index} names, borrowed.
define internal ptr @named(ptr %row, ptr %args, ptr %outs) {
entry:
  %kind = load i64, ptr %row
  %object = call ptr @place(ptr %row, i64 1)
  %index = ptrtoint ptr %object to i64
  switch i64 %kind, label %ready [i64 1, label %argument
    i64 2, label %result]
argument:
  %a = call ptr @place(ptr %args, i64 %index)
  ret ptr %a
result:
  %o = call ptr @place(ptr %outs, i64 %index)
  ret ptr %o
ready:
  ret ptr %object
}
; The parents of the node: histories of leaves.
define internal ptr @leaves(ptr %r, ptr %args) {
entry:
  %count = call i64 @word(ptr %r, i64 <parents>)
  %rows = call ptr @place(ptr %r, i64 <parents_at>)
  %all = call ptr @PyTuple_New(i64 %count)
  %failed = icmp eq ptr %all, null
  br i1 %failed, label %exit, label %head
head:
  %i = phi i64 [0, %entry], [%i1, %one]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %one, label %exit
one:
  %two = shl i64 %i, 1
  %row = getelementptr i64, ptr %rows, i64 %two
  %t = call ptr @named(ptr %row, ptr %args, ptr null)
  %history = call ptr @slot(ptr %t, i64 <Tensor_node>)
  call void @Py_IncRef(ptr %history)
  %set = call i32 @PyTuple_SetItem(ptr %all, i64 %i, ptr %history)
  %i1 = add i64 %i, 1
  br label %head
exit:
  ret ptr %all
}
; Tuples of the values that the gradient needs and of their versions; 0 if all went well.
define internal i64 @keep_values(ptr %r, ptr %args, ptr %outs, ptr %into) {
entry:
  %count = call i64 @word(ptr %r, i64 <saved>)
  %rows = call ptr @place(ptr %r, i64 <saved_at>)
  %values = call ptr @PyTuple_New(i64 %count)
  %no_values = icmp eq ptr %values, null
  br i1 %no_values, label %bad, label %second
second:
  %versions = call ptr @PyTuple_New(i64 %count)
  %no_versions = icmp eq ptr %versions, null
  br i1 %no_versions, label %bad1, label %head
head:
  %i = phi i64 [0, %second], [%i1, %noted]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %one, label %done
one:
  %two = shl i64 %i, 1
  %row = getelementptr i64, ptr %rows, i64 %two
  %kind = load i64, ptr %row
  %t = call ptr @named(ptr %row, ptr %args, ptr %outs)
  %s = call ptr @slot(ptr %t, i64 <Tensor_storage>)
  %p = call ptr @slot(ptr %t, i64 <Tensor_ptr>)
  %ready = icmp eq i64 %kind, 0
  br i1 %ready, label %same, label %copy
same:
  call void @Py_IncRef(ptr %t)
  br label %have
copy:
  %m = call ptr @slot(ptr %t, i64 <Tensor_meta>)
  %other = call ptr @tensor_on(ptr %s, ptr %p, ptr %m)
  %no_other = icmp eq ptr %other, null
  br i1 %no_other, label %bad2, label %have
have:
  %value = phi ptr [%t, %same], [%other, %copy]
  %set = call i32 @PyTuple_SetItem(ptr %values, i64 %i, ptr %value)
  %note = call ptr @note(ptr %s, ptr %p)
  %no_note = icmp eq ptr %note, null
  br i1 %no_note, label %bad2, label %noted
noted:
  %put = call i32 @PyTuple_SetItem(ptr %versions, i64 %i, ptr %note)
  %i1 = add i64 %i, 1
  br label %head
done:
  store ptr %values, ptr %into
  %into1 = getelementptr ptr, ptr %into, i64 1
  store ptr %versions, ptr %into1
  ret i64 0
bad2:
  call void @Py_DecRef(ptr %versions)
  br label %bad1
bad1:
  call void @Py_DecRef(ptr %values)
  br label %bad
bad:
  ret i64 1
}
; Give the first result its history; 0 if all went well.
define internal i64 @attach(ptr %r, ptr %args, ptr %outs) {
entry:
  %kept = alloca [2 x ptr]
  %trouble = call i64 @keep_values(ptr %r, ptr %args, ptr %outs, ptr %kept)
  %failed = icmp ne i64 %trouble, 0
  br i1 %failed, label %bad, label %family
family:
  %parents = call ptr @leaves(ptr %r, ptr %args)
  %plan = call ptr @place(ptr %r, i64 <plan>)
  %node = call ptr @node_of(ptr %plan, ptr %parents, ptr %kept)
  %none_made = icmp eq ptr %node, null
  br i1 %none_made, label %bad, label %good
good:
  %out = load ptr, ptr %outs
  call void @give(ptr %out, i64 <Tensor_node>, ptr %node)
  call void @Py_DecRef(ptr @none)
  ret i64 0
bad:
  ret i64 1
}
"""

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
define internal ptr @perform_call(ptr %r, ptr %args, i64 %n) {
entry:
  %pointers = alloca [576 x ptr]
  %outs = alloca [64 x ptr]
  %inputs = call i64 @word(ptr %r, i64 <inputs>)
  %many = call i64 @word(ptr %r, i64 <outputs>)
  %rows = call ptr @place(ptr %r, i64 <outputs_at>)
  br label %head
head:
  %i = phi i64 [0, %entry], [%i1, %made]
  %more = icmp slt i64 %i, %many
  br i1 %more, label %make, label %launch
make:
  %three = mul i64 %i, 3
  %record_at = getelementptr i64, ptr %rows, i64 %three
  %t = call ptr @fresh(ptr %record_at)
  %failed = icmp eq ptr %t, null
  br i1 %failed, label %bad_outs, label %made
made:
  %to = getelementptr ptr, ptr %outs, i64 %i
  store ptr %t, ptr %to
  %p = call ptr @slot(ptr %t, i64 <Tensor_ptr>)
  %address = call ptr @PyLong_AsVoidPtr(ptr %p)
  %where = add i64 %inputs, %i
  %into = getelementptr ptr, ptr %pointers, i64 %where
  store ptr %address, ptr %into
  %i1 = add i64 %i, 1
  br label %head
launch:
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
  ret ptr null
bad_outs:
  call void @release(ptr %outs, i64 %i)
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

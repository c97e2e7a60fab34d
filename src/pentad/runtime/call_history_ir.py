"""What leads from the results of call_ir.py back to leaves outside, as LLVM IR text."""

from __future__ import annotations

RECORDING = """
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
; The values that the gradient needs, into two new tuples at %kept; 0 if all went well.
define internal i64 @keep_values(ptr %r, ptr %args, ptr %outs, ptr %kept) {
entry:
  %count = call i64 @word(ptr %r, i64 <saved>)
  %rows = call ptr @place(ptr %r, i64 <saved_at>)
  %trouble = call i64 @begin_saving(ptr %kept, i64 %count)
  %begun = icmp eq i64 %trouble, 0
  br i1 %begun, label %head, label %bad
head:
  %i = phi i64 [0, %entry], [%i1, %have]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %one, label %good
one:
  %two = shl i64 %i, 1
  %row = getelementptr i64, ptr %rows, i64 %two
  %kind = load i64, ptr %row
  %t = call ptr @named(ptr %row, ptr %args, ptr %outs)
  %ready = icmp eq i64 %kind, 0
  br i1 %ready, label %same, label %copy
same:
  call void @Py_IncRef(ptr %t)
  br label %have
copy:
  %other = call ptr @without_history(ptr %t)
  br label %have
have:
  %value = phi ptr [%t, %same], [%other, %copy]
  %failed = call i64 @save_one(ptr %kept, i64 %i, ptr %value)
  %saved = icmp eq i64 %failed, 0
  %i1 = add i64 %i, 1
  br i1 %saved, label %head, label %bad
good:
  ret i64 0
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

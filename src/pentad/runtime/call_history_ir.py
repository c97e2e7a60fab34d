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

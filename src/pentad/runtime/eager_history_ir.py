"""What leads from the results of eager_ir.py back to its operands, as LLVM IR text."""

from __future__ import annotations

RECORDING = """
; (storage, its version, pointer): how a saved value was.
define internal ptr @note(ptr %s, ptr %p) {
entry:
  %note = call ptr @PyTuple_New(i64 3)
  %failed = icmp eq ptr %note, null
  br i1 %failed, label %exit, label %good
good:
  %v = call ptr @slot(ptr %s, i64 <Storage_version>)
  call void @Py_IncRef(ptr %s)
  call void @Py_IncRef(ptr %v)
  call void @Py_IncRef(ptr %p)
  %n0 = call i32 @PyTuple_SetItem(ptr %note, i64 0, ptr %s)
  %n1 = call i32 @PyTuple_SetItem(ptr %note, i64 1, ptr %v)
  %n2 = call i32 @PyTuple_SetItem(ptr %note, i64 2, ptr %p)
  br label %exit
exit:
  ret ptr %note
}
; A node of a plan, new parents (null: an error before) and two tuples of what is saved, all of
; which it takes over.
define internal ptr @node_of(ptr %plan, ptr %parents, ptr %kept) {
entry:
  %values = load ptr, ptr %kept
  %kept1 = getelementptr ptr, ptr %kept, i64 1
  %versions = load ptr, ptr %kept1
  %orphan = icmp eq ptr %parents, null
  br i1 %orphan, label %bad, label %make
make:
  %node = call ptr @PyType_GenericAlloc(ptr @type_GradNode, i64 0)
  %none_made = icmp eq ptr %node, null
  br i1 %none_made, label %bad1, label %good
good:
  call void @fill(ptr %node, i64 <GradNode_plan>, ptr %plan)
  call void @give(ptr %node, i64 <GradNode_parents>, ptr %parents)
  call void @give(ptr %node, i64 <GradNode_saved>, ptr %values)
  call void @give(ptr %node, i64 <GradNode_versions>, ptr %versions)
  call void @fill(ptr %node, i64 <GradNode_hooks>, ptr @none)
  call void @fill(ptr %node, i64 <GradNode_line>, ptr @none)
  ret ptr %node
bad1:
  call void @Py_DecRef(ptr %parents)
  br label %bad
bad:
  call void @release(ptr %kept, i64 2)
  ret ptr null
}
; Two new tuples at %kept: for saved values and for how they were; 0 if all went well.
define internal i64 @begin_saving(ptr %kept, i64 %count) {
entry:
  %kept1 = getelementptr ptr, ptr %kept, i64 1
  %values = call ptr @PyTuple_New(i64 %count)
  %no_values = icmp eq ptr %values, null
  br i1 %no_values, label %bad, label %second
second:
  %versions = call ptr @PyTuple_New(i64 %count)
  %no_versions = icmp eq ptr %versions, null
  br i1 %no_versions, label %bad1, label %good
good:
  store ptr %values, ptr %kept
  store ptr %versions, ptr %kept1
  ret i64 0
bad1:
  call void @Py_DecRef(ptr %values)
  br label %bad
bad:
  ret i64 1
}
; Item i of both tuples. Takes the value over (null: an error before); after an error the tuples
; are gone.
define internal i64 @save_one(ptr %kept, i64 %i, ptr %t) {
entry:
  %values = load ptr, ptr %kept
  %kept1 = getelementptr ptr, ptr %kept, i64 1
  %versions = load ptr, ptr %kept1
  %nothing = icmp eq ptr %t, null
  br i1 %nothing, label %bad, label %have
have:
  %set = call i32 @PyTuple_SetItem(ptr %values, i64 %i, ptr %t)
  %s = call ptr @slot(ptr %t, i64 <Tensor_storage>)
  %p = call ptr @slot(ptr %t, i64 <Tensor_ptr>)
  %note = call ptr @note(ptr %s, ptr %p)
  %no_note = icmp eq ptr %note, null
  br i1 %no_note, label %bad, label %good
good:
  %put = call i32 @PyTuple_SetItem(ptr %versions, i64 %i, ptr %note)
  ret i64 0
bad:
  call void @release(ptr %kept, i64 2)
  ret i64 1
}
; A result once more, as a value of its own history: a tensor that does not lead to that history.
define internal ptr @without_history(ptr %t) {
  %s = call ptr @slot(ptr %t, i64 <Tensor_storage>)
  %p = call ptr @slot(ptr %t, i64 <Tensor_ptr>)
  %m = call ptr @slot(ptr %t, i64 <Tensor_meta>)
  %other = call ptr @tensor_on(ptr %s, ptr %p, ptr %m)
  ret ptr %other
}
; The values that a gradient needs, into two new tuples at %kept; 0 if all went well.
define internal i64 @save(ptr %entry_at, ptr %operands, ptr %outs, ptr %kept) {
entry:
  %codes_at = getelementptr i64, ptr %entry_at, i64 11
  %codes = load i64, ptr %codes_at
  %count_at = getelementptr i64, ptr %entry_at, i64 13
  %count = load i64, ptr %count_at
  %trouble = call i64 @begin_saving(ptr %kept, i64 %count)
  %begun = icmp eq i64 %trouble, 0
  br i1 %begun, label %head, label %bad
head:
  %i = phi i64 [0, %entry], [%i1, %have]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %one, label %good
one:
  %shift = shl i64 %i, 2
  %rest = lshr i64 %codes, %shift
  %code = and i64 %rest, 15
  %is_out = icmp sge i64 %code, 9
  br i1 %is_out, label %output, label %operand
operand:
  %at = sub i64 %code, 1
  %from = getelementptr ptr, ptr %operands, i64 %at
  %o = load ptr, ptr %from
  call void @Py_IncRef(ptr %o)
  br label %have
output:
  %at2 = sub i64 %code, 9
  %from2 = getelementptr ptr, ptr %outs, i64 %at2
  %out = load ptr, ptr %from2
  %visible = icmp eq i64 %at2, 0
  br i1 %visible, label %again, label %hidden
again:
  %other = call ptr @without_history(ptr %out)
  br label %have
hidden:
  call void @Py_IncRef(ptr %out)
  br label %have
have:
  %t = phi ptr [%o, %operand], [%other, %again], [%out, %hidden]
  %failed = call i64 @save_one(ptr %kept, i64 %i, ptr %t)
  %saved = icmp eq i64 %failed, 0
  %i1 = add i64 %i, 1
  br i1 %saved, label %head, label %bad
good:
  ret i64 0
bad:
  ret i64 1
}
; The parents of a node: the history of each operand, or None.
define internal ptr @parents(ptr %operands, i64 %count) {
entry:
  %all = call ptr @PyTuple_New(i64 %count)
  %failed = icmp eq ptr %all, null
  br i1 %failed, label %exit, label %head
head:
  %i = phi i64 [0, %entry], [%i1, %one]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %one, label %exit
one:
  %from = getelementptr ptr, ptr %operands, i64 %i
  %o = load ptr, ptr %from
  %history = call ptr @slot(ptr %o, i64 <Tensor_node>)
  call void @Py_IncRef(ptr %history)
  %set = call i32 @PyTuple_SetItem(ptr %all, i64 %i, ptr %history)
  %i1 = add i64 %i, 1
  br label %head
exit:
  ret ptr %all
}
; The history of the first output; null after an error.
define internal ptr @record(ptr %entry_at, ptr %operands, i64 %count, ptr %outs) {
entry:
  %kept = alloca [2 x ptr]
  %trouble = call i64 @save(ptr %entry_at, ptr %operands, ptr %outs, ptr %kept)
  %failed = icmp ne i64 %trouble, 0
  br i1 %failed, label %bad, label %family
family:
  %parents = call ptr @parents(ptr %operands, i64 %count)
  %plan_at = getelementptr i64, ptr %entry_at, i64 10
  %plan = load ptr, ptr %plan_at
  %node = call ptr @node_of(ptr %plan, ptr %parents, ptr %kept)
  ret ptr %node
bad:
  ret ptr null
}
"""

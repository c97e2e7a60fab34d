"""Views in eager_ir.py, as LLVM IR text: another tensor on the memory of the operand."""

from __future__ import annotations

VIEW = """
declare ptr @PyLong_FromVoidPtr(ptr)
declare ptr @PyWeakref_NewRef(ptr, ptr)
@type_Alias = external global i8
; How the view comes from the tensor, which is no view itself.
define internal ptr @alias_of(ptr %x, ptr %steps) {
entry:
  %alias = call ptr @PyType_GenericAlloc(ptr @type_Alias, i64 0)
  %failed = icmp eq ptr %alias, null
  br i1 %failed, label %exit, label %good
good:
  %meta = call ptr @slot(ptr %x, i64 <Tensor_meta>)
  %zero = call ptr @helper(i64 12)
  call void @fill(ptr %alias, i64 <Alias_base>, ptr %x)
  call void @fill(ptr %alias, i64 <Alias_root>, ptr %meta)
  call void @fill(ptr %alias, i64 <Alias_steps>, ptr %steps)
  call void @fill(ptr %alias, i64 <Alias_depth>, ptr %zero)
  br label %exit
exit:
  ret ptr %alias
}
; The tensor of a view: an entry's first output is {meta, steps, bytes from the operand's start}.
define internal ptr @shown(ptr %e, ptr %x) {
entry:
  %meta_at = getelementptr ptr, ptr %e, i64 <outputs>
  %meta = load ptr, ptr %meta_at
  %offset_at = getelementptr i64, ptr %meta_at, i64 2
  %offset = load i64, ptr %offset_at
  %old = call ptr @slot(ptr %x, i64 <Tensor_ptr>)
  %start = call ptr @PyLong_AsVoidPtr(ptr %old)
  %where = getelementptr i8, ptr %start, i64 %offset
  %pointer = call ptr @PyLong_FromVoidPtr(ptr %where)
  %failed = icmp eq ptr %pointer, null
  br i1 %failed, label %exit, label %good
good:
  %storage = call ptr @slot(ptr %x, i64 <Tensor_storage>)
  %t = call ptr @tensor_on(ptr %storage, ptr %pointer, ptr %meta)
  call void @Py_DecRef(ptr %pointer)
  ret ptr %t
exit:
  ret ptr null
}
; Let the storage know its view, as `register_view` does; 0 if all went well.
define internal i64 @register(ptr %t) {
entry:
  %storage = call ptr @slot(ptr %t, i64 <Tensor_storage>)
  %notes = call ptr @slot(ptr %storage, i64 <Storage_notes>)
  %first = icmp eq ptr %notes, @none
  br i1 %first, label %ask, label %known
known:
  %views = call ptr @slot(ptr %notes, i64 <Notes_views>)
  %count = call i64 @PyList_Size(ptr %views)
  %less = sub i64 %count, 1
  %common = and i64 %count, %less
  %power = icmp eq i64 %common, 0
  %many = icmp sge i64 %count, 16
  %full = and i1 %power, %many
  br i1 %full, label %ask, label %add
add:
  %ref = call ptr @PyWeakref_NewRef(ptr %t, ptr null)
  %no_ref = icmp eq ptr %ref, null
  br i1 %no_ref, label %bad, label %append
append:
  %put = call i32 @PyList_Append(ptr %views, ptr %ref)
  call void @Py_DecRef(ptr %ref)
  %status = sext i32 %put to i64
  ret i64 %status
ask:
  %python = call ptr @helper(i64 14)
  %done = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(ptr %python, ptr %t, ptr null)
  %failed = icmp eq ptr %done, null
  br i1 %failed, label %bad, label %good
good:
  call void @Py_DecRef(ptr %done)
  ret i64 0
bad:
  ret i64 -1
}
; A view of the only operand, or null after an error.
define internal ptr @view(ptr %e, ptr %operands) {
entry:
  %x = load ptr, ptr %operands
  %out = alloca ptr
  %t = call ptr @shown(ptr %e, ptr %x)
  store ptr %t, ptr %out
  %failed = icmp eq ptr %t, null
  br i1 %failed, label %exit, label %origin
origin:
  %steps_at = getelementptr ptr, ptr %e, i64 <steps_at>
  %steps = load ptr, ptr %steps_at
  %alias = call ptr @alias_of(ptr %x, ptr %steps)
  %no_alias = icmp eq ptr %alias, null
  br i1 %no_alias, label %bad, label %history
history:
  call void @give(ptr %t, i64 <Tensor_alias>, ptr %alias)
  call void @Py_DecRef(ptr @none)
  %plan_at = getelementptr i64, ptr %e, i64 10
  %plan = load i64, ptr %plan_at
  %silent = icmp eq i64 %plan, 0
  br i1 %silent, label %enter, label %recorded
recorded:
  %node = call ptr @record(ptr %e, ptr %operands, i64 1, ptr %out)
  %lost = icmp eq ptr %node, null
  br i1 %lost, label %bad, label %joined
joined:
  call void @give(ptr %t, i64 <Tensor_node>, ptr %node)
  call void @Py_DecRef(ptr @none)
  br label %enter
enter:
  %status = call i64 @register(ptr %t)
  %entered = icmp eq i64 %status, 0
  br i1 %entered, label %exit, label %bad
bad:
  call void @Py_DecRef(ptr %t)
  br label %exit
exit:
  %result = phi ptr [null, %entry], [%t, %enter], [null, %bad]
  ret ptr %result
}
"""

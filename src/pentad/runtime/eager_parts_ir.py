"""The parts of eager_ir.py that deal with objects: operands and results, as LLVM IR text."""

from __future__ import annotations

HELPERS = """
define internal ptr @slot(ptr %o, i64 %at) alwaysinline {
  %p = getelementptr i8, ptr %o, i64 %at
  %v = load ptr, ptr %p
  ret ptr %v
}
; Fill a slot of a new object, which then owns a reference more.
define internal void @fill(ptr %o, i64 %at, ptr %v) alwaysinline {
  call void @Py_IncRef(ptr %v)
  %p = getelementptr i8, ptr %o, i64 %at
  store ptr %v, ptr %p
  ret void
}
; The same for a reference that is handed over.
define internal void @give(ptr %o, i64 %at, ptr %v) alwaysinline {
  %p = getelementptr i8, ptr %o, i64 %at
  store ptr %v, ptr %p
  ret void
}
define internal ptr @helper(i64 %i) alwaysinline {
  %p = getelementptr ptr, ptr @board, i64 %i
  %v = load ptr, ptr %p
  ret ptr %v
}
define internal void @release(ptr %objects, i64 %n) {
entry:
  br label %head
head:
  %i = phi i64 [0, %entry], [%i1, %next]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %next, label %exit
next:
  %p = getelementptr ptr, ptr %objects, i64 %i
  %o = load ptr, ptr %p
  call void @Py_DecRef(ptr %o)
  %i1 = add i64 %i, 1
  br label %head
exit:
  ret void
}
; The modes of this thread; -1 after an error.
define internal i64 @modes() {
entry:
  %thread = call ptr @PyThreadState_Get()
  %id = call i64 @PyThreadState_GetID(ptr %thread)
  %known = load i64, ptr @known_modes
  %same = icmp eq i64 %id, %known
  br i1 %same, label %have, label %ask
have:
  %flags_at = getelementptr i64, ptr @known_modes, i64 1
  %flags = load i64, ptr %flags_at
  ret i64 %flags
ask:
  %tell = call ptr @helper(i64 8)
  %told = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(ptr %tell, ptr null)
  %failed = icmp eq ptr %told, null
  br i1 %failed, label %bad, label %good
bad:
  ret i64 -1
good:
  %new = call i64 @PyLong_AsLongLong(ptr %told)
  call void @Py_DecRef(ptr %told)
  %p = getelementptr i64, ptr @known_modes, i64 1
  store i64 %new, ptr %p
  store i64 %id, ptr @known_modes
  ret i64 %new
}
define internal i1 @is_tensor(ptr %type) alwaysinline {
entry:
  %usual = icmp eq ptr %type, @type_Tensor
  br i1 %usual, label %exit, label %next
next:
  %i = phi i64 [0, %entry], [%i1, %on]
  %other = call ptr @helper(i64 %i)
  %same = icmp eq ptr %type, %other
  br i1 %same, label %exit, label %on
on:
  %i1 = add i64 %i, 1
  %more = icmp slt i64 %i1, <many_types>
  br i1 %more, label %next, label %exit
exit:
  %r = phi i1 [true, %entry], [true, %next], [false, %on]
  ret i1 %r
}
; A Python float (kind 1) or int (kind 2) as an operand: a new reference, or null: not to be had
; here, or an error.
define internal ptr @scalar(ptr %o, i64 %kind) {
entry:
  %overflow = alloca i32
  %float = icmp eq i64 %kind, 1
  br i1 %float, label %real, label %whole
real:
  %d = call double @PyFloat_AsDouble(ptr %o)
  %dbits = bitcast double %d to i64
  br label %look
whole:
  store i32 0, ptr %overflow
  %w = call i64 @PyLong_AsLongLongAndOverflow(ptr %o, ptr %overflow)
  %over = load i32, ptr %overflow
  %fits = icmp eq i32 %over, 0
  br i1 %fits, label %look, label %exit
look:
  %bits = phi i64 [%dbits, %real], [%w, %whole]
  %mixed = add i64 %bits, %kind
  %hash = mul i64 %mixed, <mix>
  %index = lshr i64 %hash, 56
  %at = mul i64 %index, <scalar_bytes>
  %entry_at = getelementptr i8, ptr @scalars, i64 %at
  %bits_at = getelementptr i64, ptr %entry_at, i64 1
  %tensor_at = getelementptr i64, ptr %entry_at, i64 2
  %known_kind = load i64, ptr %entry_at
  %known_bits = load i64, ptr %bits_at
  %same_kind = icmp eq i64 %known_kind, %kind
  %same_bits = icmp eq i64 %known_bits, %bits
  %same = and i1 %same_kind, %same_bits
  br i1 %same, label %have, label %make
have:
  %found = load ptr, ptr %tensor_at
  call void @Py_IncRef(ptr %found)
  ret ptr %found
make:
  %maker = call ptr @helper(i64 9)
  %made = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(ptr %maker, ptr %o, ptr null)
  %failed = icmp eq ptr %made, null
  br i1 %failed, label %exit, label %keep
keep:
  %old = load ptr, ptr %tensor_at
  store i64 %kind, ptr %entry_at
  store i64 %bits, ptr %bits_at
  store ptr %made, ptr %tensor_at
  call void @Py_IncRef(ptr %made)
  %empty = icmp eq ptr %old, null
  br i1 %empty, label %done, label %drop
drop:
  call void @Py_DecRef(ptr %old)
  br label %done
done:
  ret ptr %made
exit:
  ret ptr null
}
; Raise what a nonzero status means; keep: a tuple that begins with the name.
define internal void @complain(ptr %keep, i64 %status) {
  %code = call ptr @PyLong_FromLongLong(i64 %status)
  %raise = call ptr @helper(i64 11)
  %raised = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(
    ptr %raise, ptr %keep, ptr %code, ptr null)
  call void @Py_DecRef(ptr %code)
  ret void
}
define internal ptr @tuple_of(ptr %objects, i64 %n) {
entry:
  %all = call ptr @PyTuple_New(i64 %n)
  %failed = icmp eq ptr %all, null
  br i1 %failed, label %exit, label %head
head:
  %i = phi i64 [0, %entry], [%i1, %one]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %one, label %exit
one:
  %at = getelementptr ptr, ptr %objects, i64 %i
  %o = load ptr, ptr %at
  call void @Py_IncRef(ptr %o)
  %set = call i32 @PyTuple_SetItem(ptr %all, i64 %i, ptr %o)
  %i1 = add i64 %i, 1
  br label %head
exit:
  ret ptr %all
}
"""

ALLOCATION = """
; Another tensor on the same memory, without history.
define internal ptr @tensor_on(ptr %storage, ptr %pointer, ptr %meta) {
entry:
  %t = call ptr @PyType_GenericAlloc(ptr @type_Tensor, i64 0)
  %failed = icmp eq ptr %t, null
  br i1 %failed, label %exit, label %good
good:
  call void @fill(ptr %t, i64 <Tensor_storage>, ptr %storage)
  call void @fill(ptr %t, i64 <Tensor_ptr>, ptr %pointer)
  call void @fill(ptr %t, i64 <Tensor_meta>, ptr %meta)
  call void @fill(ptr %t, i64 <Tensor_node>, ptr @none)
  call void @fill(ptr %t, i64 <Tensor_alias>, ptr @none)
  call void @fill(ptr %t, i64 <Tensor__grad>, ptr @none)
  br label %exit
exit:
  ret ptr %t
}
; A tensor on memory from the pool, by a record {meta, free list, bytes}.
define internal ptr @fresh(ptr %record) {
entry:
  %meta = load ptr, ptr %record
  %p1 = getelementptr ptr, ptr %record, i64 1
  %free = load ptr, ptr %p1
  %p2 = getelementptr ptr, ptr %record, i64 2
  %bytes = load ptr, ptr %p2
  %count = call i64 @PyList_Size(ptr %free)
  %some = icmp sgt i64 %count, 0
  br i1 %some, label %take, label %ask
ask:
  %maker = call ptr @helper(i64 10)
  %made = call ptr (ptr, ...) @PyObject_CallFunctionObjArgs(ptr %maker, ptr %meta, ptr null)
  ret ptr %made
take:
  %last = sub i64 %count, 1
  %pointer = call ptr @PyList_GetItem(ptr %free, i64 %last)
  call void @Py_IncRef(ptr %pointer)
  %cut = call i32 @PyList_SetSlice(ptr %free, i64 %last, i64 %count, ptr null)
  %s = call ptr @PyType_GenericAlloc(ptr @type_Storage, i64 0)
  %failed = icmp eq ptr %s, null
  br i1 %failed, label %back, label %good
back:
  %put = call i32 @PyList_Append(ptr %free, ptr %pointer)
  call void @Py_DecRef(ptr %pointer)
  ret ptr null
good:
  %zero = call ptr @helper(i64 12)
  call void @give(ptr %s, i64 <Storage_ptr>, ptr %pointer)
  call void @fill(ptr %s, i64 <Storage_nbytes>, ptr %bytes)
  call void @fill(ptr %s, i64 <Storage_owner>, ptr @none)
  call void @fill(ptr %s, i64 <Storage__free>, ptr %free)
  call void @fill(ptr %s, i64 <Storage_version>, ptr %zero)
  call void @fill(ptr %s, i64 <Storage_notes>, ptr @none)
  %t = call ptr @tensor_on(ptr %s, ptr %pointer, ptr %meta)
  call void @Py_DecRef(ptr %s)
  ret ptr %t
}
; The results by their records, and their addresses behind those of `before` inputs; 0 if all went
; well.
define internal i64 @make_results(ptr %records, i64 %many, ptr %outs, ptr %pointers, i64 %before) {
entry:
  br label %head
head:
  %i = phi i64 [0, %entry], [%i1, %made]
  %more = icmp slt i64 %i, %many
  br i1 %more, label %make, label %good
make:
  %three = mul i64 %i, 3
  %record = getelementptr i64, ptr %records, i64 %three
  %t = call ptr @fresh(ptr %record)
  %failed = icmp eq ptr %t, null
  br i1 %failed, label %bad, label %made
made:
  %to = getelementptr ptr, ptr %outs, i64 %i
  store ptr %t, ptr %to
  %p = call ptr @slot(ptr %t, i64 <Tensor_ptr>)
  %address = call ptr @PyLong_AsVoidPtr(ptr %p)
  %place = add i64 %before, %i
  %into = getelementptr ptr, ptr %pointers, i64 %place
  store ptr %address, ptr %into
  %i1 = add i64 %i, 1
  br label %head
good:
  ret i64 0
bad:
  call void @release(ptr %outs, i64 %i)
  ret i64 1
}
"""

"""The checks of call_ir.py, by which a call is known to be like one before, as LLVM IR text.

None of them runs Python code, so that nothing changes in between.
"""

from __future__ import annotations

CHECKS = """
declare ptr @PyCell_Get(ptr)
declare ptr @PyDict_GetItem(ptr, ptr)
declare void @PyEval_RestoreThread(ptr)
declare ptr @PyEval_SaveThread()
declare i64 @PyTuple_Size(ptr)
@epoch = external global i64
@last_loan = external global i64
define internal i64 @word(ptr %record, i64 %i) alwaysinline {
  %p = getelementptr i64, ptr %record, i64 %i
  %v = load i64, ptr %p
  ret i64 %v
}
define internal ptr @place(ptr %record, i64 %i) alwaysinline {
  %p = getelementptr ptr, ptr %record, i64 %i
  %v = load ptr, ptr %p
  ret ptr %v
}
; Is nothing else than at the call before: modules, default dtype?
define internal i1 @same_world(ptr %r) {
  %changes = load i64, ptr @epoch
  %c = call i64 @word(ptr %r, i64 <changes>)
  %e1 = icmp eq i64 %changes, %c
  %evaluating = call i64 @word(ptr @epoch, i64 1)
  %m = call i64 @word(ptr %r, i64 <evaluating>)
  %e2 = icmp eq i64 %evaluating, %m
  %dtype = call i64 @word(ptr @known_modes, i64 2)
  %d = call i64 @word(ptr %r, i64 <default_dtype>)
  %e3 = icmp eq i64 %dtype, %d
  %e12 = and i1 %e1, %e2
  %e = and i1 %e12, %e3
  ret i1 %e
}
; Does none of these tensors lie on the storage?
define internal i1 @apart(ptr %tensors, i64 %n, ptr %storage) {
entry:
  br label %head
head:
  %i = phi i64 [0, %entry], [%i1, %one]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %one, label %exit
one:
  %t = call ptr @place(ptr %tensors, i64 %i)
  %its = call ptr @slot(ptr %t, i64 <Tensor_storage>)
  %shared = icmp eq ptr %its, %storage
  %i1 = add i64 %i, 1
  br i1 %shared, label %exit, label %head
exit:
  %answer = phi i1 [true, %head], [false, %one]
  ret i1 %answer
}
; Are the arguments tensors like those before, each on memory of its own?
define internal i1 @same_arguments(ptr %r, ptr %args, i64 %n) {
entry:
  %checks = call ptr @place(ptr %r, i64 <checks_at>)
  br label %head
head:
  %i = phi i64 [0, %entry], [%i1, %memory]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %one, label %yes
one:
  %at = getelementptr ptr, ptr %args, i64 %i
  %t = load ptr, ptr %at
  %type = call ptr @slot(ptr %t, i64 <type_at>)
  %is_tensor = icmp eq ptr %type, @type_Tensor
  br i1 %is_tensor, label %tensor, label %no
tensor:
  %two = shl i64 %i, 1
  %row = getelementptr ptr, ptr %checks, i64 %two
  %meta = call ptr @slot(ptr %t, i64 <Tensor_meta>)
  %want = load ptr, ptr %row
  %same_meta = icmp eq ptr %meta, %want
  %node = call ptr @slot(ptr %t, i64 <Tensor_node>)
  %kind = call ptr @slot(ptr %node, i64 <type_at>)
  %want_kind = call ptr @place(ptr %row, i64 1)
  %same_kind = icmp eq ptr %kind, %want_kind
  %same = and i1 %same_meta, %same_kind
  %storage = call ptr @slot(ptr %t, i64 <Tensor_storage>)
  br i1 %same, label %memory, label %no
memory:
  %apart = call i1 @apart(ptr %args, i64 %i, ptr %storage)
  %i1 = add i64 %i, 1
  br i1 %apart, label %head, label %no
yes:
  ret i1 true
no:
  ret i1 false
}
; Are the tensors found outside on the memory of before, and no argument on it?
define internal i1 @same_fixed(ptr %r, ptr %args, i64 %n) {
entry:
  %count = call i64 @word(ptr %r, i64 <fixed>)
  %rows = call ptr @place(ptr %r, i64 <fixed_at>)
  br label %head
head:
  %i = phi i64 [0, %entry], [%i1, %memory]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %one, label %yes
one:
  %two = shl i64 %i, 1
  %row = getelementptr ptr, ptr %rows, i64 %two
  %t = load ptr, ptr %row
  %want = call ptr @place(ptr %row, i64 1)
  %storage = call ptr @slot(ptr %t, i64 <Tensor_storage>)
  %same = icmp eq ptr %storage, %want
  br i1 %same, label %memory, label %no
memory:
  %apart = call i1 @apart(ptr %args, i64 %n, ptr %want)
  %i1 = add i64 %i, 1
  br i1 %apart, label %head, label %no
yes:
  ret i1 true
no:
  ret i1 false
}
; Do closures and globals hold the values of before?
define internal i1 @same_guards(ptr %r) {
entry:
  %count = call i64 @word(ptr %r, i64 <guards>)
  %rows = call ptr @place(ptr %r, i64 <guards_at>)
  br label %head
head:
  %i = phi i64 [0, %entry], [%i1, %next]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %one, label %yes
one:
  %at = shl i64 %i, 2
  %row = getelementptr i64, ptr %rows, i64 %at
  %kind = load i64, ptr %row
  %object = call ptr @place(ptr %row, i64 1)
  %key = call ptr @place(ptr %row, i64 2)
  %index = ptrtoint ptr %key to i64
  %want = call ptr @place(ptr %row, i64 3)
  %want_number = ptrtoint ptr %want to i64
  switch i64 %kind, label %no [i64 0, label %cell
    i64 1, label %dict
    i64 2, label %length
    i64 3, label %item]
cell:
  %held = call ptr @PyCell_Get(ptr %object)
  %empty = icmp eq ptr %held, null
  br i1 %empty, label %no, label %counted
counted:
  call void @Py_DecRef(ptr %held)
  %same_held = icmp eq ptr %held, %want
  br i1 %same_held, label %next, label %no
dict:
  %value = call ptr @PyDict_GetItem(ptr %object, ptr %key)
  %same_value = icmp eq ptr %value, %want
  br i1 %same_value, label %next, label %no
length:
  %size = call i64 @PyList_Size(ptr %object)
  %same_size = icmp eq i64 %size, %want_number
  br i1 %same_size, label %next, label %no
item:
  %member = call ptr @PyList_GetItem(ptr %object, i64 %index)
  %same_member = icmp eq ptr %member, %want
  br i1 %same_member, label %next, label %no
next:
  %i1 = add i64 %i, 1
  br label %head
yes:
  ret i1 true
no:
  ret i1 false
}
; Has nobody written to what steady values were computed of? A loan since then matters if one of
; these storages was lent.
define internal i1 @same_steady(ptr %r) {
entry:
  %count = call i64 @word(ptr %r, i64 <steady>)
  %none = icmp eq i64 %count, 0
  br i1 %none, label %yes, label %loans
loans:
  %versions = call ptr @place(ptr %r, i64 <versions_at>)
  %rows = call ptr @place(ptr %r, i64 <steady_at>)
  %loan = load i64, ptr @last_loan
  %known = load i64, ptr %versions
  %never = icmp eq i64 %known, -1
  br i1 %never, label %no, label %lent
lent:
  %same_loan = icmp eq i64 %loan, %known
  br i1 %same_loan, label %head, label %look
look:
  %j = phi i64 [0, %lent], [%j1, %ask]
  %left = icmp slt i64 %j, %count
  br i1 %left, label %ask, label %kept
ask:
  %s = call ptr @place(ptr %rows, i64 %j)
  %borrowers = call ptr @slot(ptr %s, i64 <Storage__borrowers>)
  %nobody = icmp eq ptr %borrowers, null
  %j1 = add i64 %j, 1
  br i1 %nobody, label %look, label %no
kept:
  store i64 %loan, ptr %versions
  br label %head
head:
  %i = phi i64 [0, %lent], [0, %kept], [%i1, %one]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %one, label %yes
one:
  %storage = call ptr @place(ptr %rows, i64 %i)
  %version = call ptr @slot(ptr %storage, i64 <Storage_version>)
  %number = call i64 @PyLong_AsLongLong(ptr %version)
  %i1 = add i64 %i, 1
  %want = call i64 @word(ptr %versions, i64 %i1)
  %same = icmp eq i64 %number, %want
  br i1 %same, label %head, label %no
yes:
  ret i1 true
no:
  ret i1 false
}
"""

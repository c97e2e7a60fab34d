"""The table of eager_ir.py and what is done by an entry of it, as LLVM IR text."""

from __future__ import annotations

LOOKUP = """
; The entry of a case, or null.
define internal ptr @find(i64 %route, i64 %case, ptr %keys, i64 %n) {
entry:
  %h0 = xor i64 %route, %case
  br label %mix
mix:
  %i = phi i64 [0, %entry], [%i1, %mix]
  %h = phi i64 [%h0, %entry], [%h3, %mix]
  %key_at = getelementptr i64, ptr %keys, i64 %i
  %key = load i64, ptr %key_at
  %h1 = xor i64 %h, %key
  %h2 = mul i64 %h1, <mix>
  %down = lshr i64 %h2, 32
  %h3 = xor i64 %h2, %down
  %i1 = add i64 %i, 1
  %more = icmp slt i64 %i1, %n
  br i1 %more, label %mix, label %hashed
hashed:
  %index = and i64 %h3, <sets>
  %offset = mul i64 %index, <set_bytes>
  %first = getelementptr i8, ptr @table, i64 %offset
  br label %try
try:
  %way = phi i64 [0, %hashed], [1, %other]
  %skip = mul i64 %way, <entry_bytes>
  %e = getelementptr i8, ptr %first, i64 %skip
  %r = load i64, ptr %e
  %case_at = getelementptr i64, ptr %e, i64 1
  %c = load i64, ptr %case_at
  %same_route = icmp eq i64 %r, %route
  %same_case = icmp eq i64 %c, %case
  %same = and i1 %same_route, %same_case
  br i1 %same, label %compare, label %other
compare:
  %j = phi i64 [0, %try], [%j1, %on]
  %mine_at = getelementptr i64, ptr %keys, i64 %j
  %mine = load i64, ptr %mine_at
  %w = add i64 %j, 2
  %its_at = getelementptr i64, ptr %e, i64 %w
  %its = load i64, ptr %its_at
  %equal = icmp eq i64 %mine, %its
  br i1 %equal, label %on, label %other
on:
  %j1 = add i64 %j, 1
  %left = icmp slt i64 %j1, %n
  br i1 %left, label %compare, label %hit
hit:
  ret ptr %e
other:
  %again = icmp eq i64 %way, 0
  br i1 %again, label %try, label %miss
miss:
  ret ptr null
}
; Make the outputs, run the block, record: the first output, or null after an error.
define internal ptr @perform(ptr %e, ptr %operands, i64 %count) {
entry:
  %pointers = alloca [10 x ptr]
  %outs = alloca [4 x ptr]
  %many_at = getelementptr i64, ptr %e, i64 12
  %many = load i64, ptr %many_at
  %records = getelementptr i64, ptr %e, i64 <outputs>
  %trouble = call i64 @make_results(
    ptr %records, i64 %many, ptr %outs, ptr %pointers, i64 %count)
  %made = icmp eq i64 %trouble, 0
  br i1 %made, label %read, label %nothing
read:
  %j = phi i64 [0, %entry], [%j1, %given]
  %left = icmp slt i64 %j, %count
  br i1 %left, label %given, label %launch
given:
  %from = getelementptr ptr, ptr %operands, i64 %j
  %o = load ptr, ptr %from
  %q = call ptr @slot(ptr %o, i64 <Tensor_ptr>)
  %where = call ptr @PyLong_AsVoidPtr(ptr %q)
  %into2 = getelementptr ptr, ptr %pointers, i64 %j
  store ptr %where, ptr %into2
  %j1 = add i64 %j, 1
  br label %read
launch:
  %block_at = getelementptr i64, ptr %e, i64 8
  %block = load ptr, ptr %block_at
  %status = call i64 @launch_released(ptr %block, ptr %pointers)
  %fine = icmp eq i64 %status, 0
  ; The way round in Python fails as well, and says with which operands.
  br i1 %fine, label %history, label %bad
history:
  %plan_at = getelementptr i64, ptr %e, i64 10
  %plan = load i64, ptr %plan_at
  %out = load ptr, ptr %outs
  switch i64 %plan, label %recorded [i64 0, label %done
    i64 1, label %several]
several:
  %all = call ptr @tuple_of(ptr %outs, i64 %many)
  call void @release(ptr %outs, i64 %many)
  ret ptr %all
recorded:
  %node = call ptr @record(ptr %e, ptr %operands, i64 %count, ptr %outs)
  %lost = icmp eq ptr %node, null
  br i1 %lost, label %bad, label %joined
joined:
  call void @give(ptr %out, i64 <Tensor_node>, ptr %node)
  call void @Py_DecRef(ptr @none)
  br label %done
done:
  %hidden = getelementptr ptr, ptr %outs, i64 1
  %rest = sub i64 %many, 1
  call void @release(ptr %hidden, i64 %rest)
  ret ptr %out
bad:
  call void @release(ptr %outs, i64 %many)
  br label %nothing
nothing:
  ret ptr null
}
"""

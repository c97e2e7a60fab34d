"""Loops and branches as LLVM IR text: kernels that run launch blocks (see control.py).

They are called like any kernel, `(buffers, params, begin, end)`, but not in parallel: the calls
of the blocks that they run share the threads.
"""

from __future__ import annotations

EXPORTS = ("run_loop", "run_branch")
IMPORTS = ("memmove", "memset")

# It follows the text of launch_ir.py, whose @run_block it calls.
# Loop: params {body, cond or 0, carries, xs, constants, ys, length or -1, reverse, limited, bytes
# of each carry, of a step of each x, of each y}; buffers {carries, xs, constants, final carries,
# spare carries, ys, number of steps, flag, limit, status}. The body's arguments are {carries, xs,
# constants, new carries, ys}, those of the condition {carries, constants, flag}.
# Branch: params {block if true, block if false, arguments}; buffers {predicate, arguments, status}.
TEXT = """
declare ptr @memmove(ptr, ptr, i64)
declare ptr @memset(ptr, i32, i64)

; to[i] = from[i] + at * strides[i]
define internal void @place(ptr %to, ptr %from, ptr %strides, i64 %at, i64 %count) nounwind {
entry:
  %none = icmp sle i64 %count, 0
  br i1 %none, label %exit, label %next
next:
  %i = phi i64 [0, %entry], [%i1, %next]
  %source = getelementptr i64, ptr %from, i64 %i
  %base = load i64, ptr %source
  %which = getelementptr i64, ptr %strides, i64 %i
  %stride = load i64, ptr %which
  %way = mul i64 %stride, %at
  %address = add i64 %base, %way
  %target = getelementptr i64, ptr %to, i64 %i
  store i64 %address, ptr %target
  %i1 = add i64 %i, 1
  %more = icmp slt i64 %i1, %count
  br i1 %more, label %next, label %exit
exit:
  ret void
}

; to[i] = from[i]
define internal void @hand(ptr %to, ptr %from, i64 %count) nounwind {
  %bytes = shl i64 %count, 3
  %r = call ptr @memmove(ptr %to, ptr %from, i64 %bytes)
  ret void
}

; The values themselves: sizes[i] bytes from *from[i] to *to[i]
define internal void @settle(ptr %to, ptr %from, ptr %sizes, i64 %count) nounwind {
entry:
  %none = icmp sle i64 %count, 0
  br i1 %none, label %exit, label %next
next:
  %i = phi i64 [0, %entry], [%i1, %next]
  %f = getelementptr ptr, ptr %from, i64 %i
  %source = load ptr, ptr %f
  %t = getelementptr ptr, ptr %to, i64 %i
  %target = load ptr, ptr %t
  %s = getelementptr i64, ptr %sizes, i64 %i
  %size = load i64, ptr %s
  %r = call ptr @memmove(ptr %target, ptr %source, i64 %size)
  %i1 = add i64 %i, 1
  %more = icmp slt i64 %i1, %count
  br i1 %more, label %next, label %exit
exit:
  ret void
}

; Zeros in length * strides[i] bytes of *buffers[i]
define internal void @clear(ptr %buffers, ptr %strides, i64 %length, i64 %count) nounwind {
entry:
  %none = icmp sle i64 %count, 0
  br i1 %none, label %exit, label %next
next:
  %i = phi i64 [0, %entry], [%i1, %next]
  %b = getelementptr ptr, ptr %buffers, i64 %i
  %target = load ptr, ptr %b
  %s = getelementptr i64, ptr %strides, i64 %i
  %stride = load i64, ptr %s
  %size = mul i64 %stride, %length
  %r = call ptr @memset(ptr %target, i32 0, i64 %size)
  %i1 = add i64 %i, 1
  %more = icmp slt i64 %i1, %count
  br i1 %more, label %next, label %exit
exit:
  ret void
}

define internal ptr @arguments(ptr %block) nounwind {
  %a6 = getelementptr i64, ptr %block, i64 6
  %args = load ptr, ptr %a6
  ret ptr %args
}

define internal i64 @smaller(i64 %a, i64 %b) nounwind {
  %less = icmp slt i64 %a, %b
  %r = select i1 %less, i64 %a, i64 %b
  ret i64 %r
}

define void @run_loop(ptr %buffers, ptr %params, i64 %begin, i64 %end) nounwind {
entry:
  %body = load ptr, ptr %params
  %p1 = getelementptr i64, ptr %params, i64 1
  %cond = load ptr, ptr %p1
  %p2 = getelementptr i64, ptr %params, i64 2
  %c = load i64, ptr %p2
  %p3 = getelementptr i64, ptr %params, i64 3
  %nx = load i64, ptr %p3
  %p4 = getelementptr i64, ptr %params, i64 4
  %nk = load i64, ptr %p4
  %p5 = getelementptr i64, ptr %params, i64 5
  %ny = load i64, ptr %p5
  %p6 = getelementptr i64, ptr %params, i64 6
  %length = load i64, ptr %p6
  %p7 = getelementptr i64, ptr %params, i64 7
  %backwards = load i64, ptr %p7
  %p8 = getelementptr i64, ptr %params, i64 8
  %limited = load i64, ptr %p8
  %csizes = getelementptr i64, ptr %params, i64 9
  %xstrides = getelementptr i64, ptr %csizes, i64 %c
  %ystrides = getelementptr i64, ptr %xstrides, i64 %nx
  %xs = getelementptr ptr, ptr %buffers, i64 %c
  %constants = getelementptr ptr, ptr %xs, i64 %nx
  %finals = getelementptr ptr, ptr %constants, i64 %nk
  %spares = getelementptr ptr, ptr %finals, i64 %c
  %ys = getelementptr ptr, ptr %spares, i64 %c
  %tail = getelementptr ptr, ptr %ys, i64 %ny
  %steps = load ptr, ptr %tail
  %t1 = getelementptr ptr, ptr %tail, i64 1
  %flag = load ptr, ptr %t1
  %t2 = getelementptr ptr, ptr %tail, i64 2
  %limit = load ptr, ptr %t2
  %t3 = getelementptr ptr, ptr %tail, i64 3
  %status = load ptr, ptr %t3
  %args = call ptr @arguments(ptr %body)
  call void @hand(ptr %args, ptr %buffers, i64 %c)
  %args_x = getelementptr ptr, ptr %args, i64 %c
  %args_k = getelementptr ptr, ptr %args_x, i64 %nx
  call void @hand(ptr %args_k, ptr %constants, i64 %nk)
  %args_c = getelementptr ptr, ptr %args_k, i64 %nk
  %args_y = getelementptr ptr, ptr %args_c, i64 %c
  %asks = icmp ne ptr %cond, null
  br i1 %asks, label %ask, label %bound
ask:
  %seen0 = call ptr @arguments(ptr %cond)
  %seen_k = getelementptr ptr, ptr %seen0, i64 %c
  call void @hand(ptr %seen_k, ptr %constants, i64 %nk)
  %seen_f = getelementptr ptr, ptr %seen_k, i64 %nk
  store ptr %flag, ptr %seen_f
  br label %bound
bound:
  %seen = phi ptr [null, %entry], [%seen0, %ask]
  %is_limited = icmp ne i64 %limited, 0
  br i1 %is_limited, label %read, label %known
read:
  %asked = load i64, ptr %limit
  %n0 = call i64 @smaller(i64 %asked, i64 %length)
  br label %known
known:
  %n = phi i64 [%length, %bound], [%n0, %read]
  %open = or i1 %asks, %is_limited
  br i1 %open, label %zero, label %start
zero:
  call void @clear(ptr %ys, ptr %ystrides, i64 %length, i64 %ny)
  br label %start
start:
  ; The carries' two places take turns so that a known last step writes to the final one.
  %last = sub i64 %n, 1
  %odd = and i64 %last, 1
  %parity = select i1 %asks, i64 0, i64 %odd
  %endless = icmp slt i64 %length, 0
  br label %head
head:
  %t = phi i64 [0, %start], [%tt, %advance]
  %left = icmp slt i64 %t, %n
  %on = or i1 %left, %endless
  br i1 %on, label %check, label %finish
check:
  br i1 %asks, label %test, label %step
test:
  call void @hand(ptr %seen, ptr %args, i64 %c)
  %failed = call i64 @run_block(ptr %cond)
  %bad = icmp ne i64 %failed, 0
  br i1 %bad, label %fail, label %decide
decide:
  %byte = load i8, ptr %flag
  %no = icmp eq i8 %byte, 0
  br i1 %no, label %finish, label %step
step:
  %back = sub i64 %last, %t
  %is_back = icmp ne i64 %backwards, 0
  %at = select i1 %is_back, i64 %back, i64 %t
  call void @place(ptr %args_x, ptr %xs, ptr %xstrides, i64 %at, i64 %nx)
  %turn = add i64 %t, %parity
  %side = and i64 %turn, 1
  %is_final = icmp eq i64 %side, 0
  %to = select i1 %is_final, ptr %finals, ptr %spares
  call void @hand(ptr %args_c, ptr %to, i64 %c)
  call void @place(ptr %args_y, ptr %ys, ptr %ystrides, i64 %at, i64 %ny)
  %wrong = call i64 @run_block(ptr %body)
  %bad2 = icmp ne i64 %wrong, 0
  br i1 %bad2, label %fail, label %advance
advance:
  call void @hand(ptr %args, ptr %args_c, i64 %c)
  %tt = add i64 %t, 1
  br label %head
finish:
  ; From where the carries are now: at first, in the final places, or in the spare ones.
  store i64 %t, ptr %steps
  call void @settle(ptr %finals, ptr %args, ptr %csizes, i64 %c)
  ret void
fail:
  %code = phi i64 [%failed, %test], [%wrong, %step]
  store atomic i64 %code, ptr %status monotonic, align 8
  store i64 %t, ptr %steps
  ret void
}

define void @run_branch(ptr %buffers, ptr %params, i64 %begin, i64 %end) nounwind {
entry:
  %predicate = load ptr, ptr %buffers
  %byte = load i8, ptr %predicate
  %no = icmp eq i8 %byte, 0
  %p1 = getelementptr ptr, ptr %params, i64 1
  %which = select i1 %no, ptr %p1, ptr %params
  %block = load ptr, ptr %which
  %p2 = getelementptr i64, ptr %params, i64 2
  %count = load i64, ptr %p2
  %given = getelementptr ptr, ptr %buffers, i64 1
  %args = call ptr @arguments(ptr %block)
  call void @hand(ptr %args, ptr %given, i64 %count)
  %code = call i64 @run_block(ptr %block)
  %bad = icmp ne i64 %code, 0
  br i1 %bad, label %fail, label %exit
fail:
  %s = getelementptr ptr, ptr %given, i64 %count
  %status = load ptr, ptr %s
  store atomic i64 %code, ptr %status monotonic, align 8
  br label %exit
exit:
  ret void
}
"""

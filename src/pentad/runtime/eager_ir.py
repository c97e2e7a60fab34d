"""The usual call of an eager operation as LLVM IR text: a CPython function for all operations.

`call` (a METH_FASTCALL function whose `self` is the address of a *route*) looks up the case at
hand in a table by the operands' metas; if it is there, it makes the result, runs the launch block
and records the gradient's node. In every other case it calls the route's fallback, a Python
function with the same meaning. tensor/native.py fills the table.

Objects are made, counted and taken apart by functions of CPython's C API. Only two things are read
past it, both verified before use: the type of an object and the slots of our own classes, whose
offsets stand in `Offsets`.
"""

from __future__ import annotations

from collections.abc import Mapping

from pentad.runtime.eager_history_ir import RECORDING
from pentad.runtime.eager_lookup_ir import LOOKUP
from pentad.runtime.eager_parts_ir import ALLOCATION, HELPERS
from pentad.runtime.eager_view_ir import VIEW

EXPORTS = ("call", "storage_del")
PYTHON_API = (
    "PyErr_Occurred", "PyFloat_AsDouble", "PyList_Append", "PyList_GetItem", "PyList_SetSlice",
    "PyList_Size", "PyLong_AsLongLong", "PyLong_AsLongLongAndOverflow", "PyLong_AsVoidPtr",
    "PyLong_FromLongLong", "PyLong_FromVoidPtr", "PyObject_CallFunctionObjArgs",
    "PyObject_Vectorcall",
    "PyThreadState_Get", "PyThreadState_GetID", "PyTuple_New", "PyTuple_SetItem",
    "PyType_GenericAlloc", "PyWeakref_NewRef", "Py_DecRef", "Py_IncRef",
)
TYPES = ("Tensor", "Storage", "GradNode", "float", "int")

MAX_ARGUMENTS = 6
MAX_OUTPUTS = 4
MAX_SAVED = 8
TYPE_OFFSET = 8
"""Where an object's type stands."""

BOARD_WORDS = 16
"""0 to 7 further types of tensors; functions in Python: 8 tells the modes, 9 makes an operand of a
number, 10 makes a tensor, 11 raises; 12 the integer 0; in Python: 13 calls a compiled function, 14
enters a view."""
MANY_TYPES = 8
PYTHON_CALL, ENTER_VIEW = 13, 14
USUAL, RECORDS, NAMELESS = 1, 2, 4
"""Modes of a thread: no trace and no autocast; operations are recorded; without their lines."""

# A route has three words: 0 the fallback, 1 which arguments are operands (a bit each), 2 the
# address of the route under which its cases stand in the table.

SETS, ENTRY_WORDS = 512, 32
"""The table is of pairs of entries: 0 route, 1 case (number of arguments, operands that require a
gradient from bit 8 on), 2 to 7 keys, 8 launch block (0: a view), 9 what keeps all this alive, 10
the plan, 0 for one result or 1 for a tuple, 11 saved values (4 bits each: operand i is i + 1,
output j is 9 + j), 12 number of outputs, 13 number of saved values, from 14 on each output: meta,
free list, bytes."""
OUTPUTS_AT = 14
SCALARS, SCALAR_WORDS = 256, 3
"""Numbers as operands: kind, bits, tensor."""
MIX = 0x9E3779B97F4A7C15


def text(offsets: Mapping[str, int], functions: str = "") -> str:
    """The module; offsets: of the slots, as "Tensor.meta"; functions: others than those of here."""
    slots = {k.replace(".", "_"): v for k, v in offsets.items()}
    constants = {
        "set_bytes": 2 * 8 * ENTRY_WORDS, "entry_bytes": 8 * ENTRY_WORDS, "sets": SETS - 1,
        "mix": MIX - (1 << 64), "outputs": OUTPUTS_AT, "steps_at": OUTPUTS_AT + 1,
        "type_at": TYPE_OFFSET,
        "max_arguments": MAX_ARGUMENTS, "scalar_bytes": 8 * SCALAR_WORDS,
        "usual": USUAL, "records": RECORDS, "nameless": NAMELESS, "many_types": MANY_TYPES,
    }
    found = _DECLARATIONS + HELPERS + ALLOCATION + RECORDING + (functions or VIEW + LOOKUP + _CALL)
    for name, value in {**slots, **constants}.items():
        found = found.replace(f"<{name}>", str(value))
    return found


_DECLARATIONS = """
declare ptr @PyErr_Occurred()
declare double @PyFloat_AsDouble(ptr)
declare i32 @PyList_Append(ptr, ptr)
declare ptr @PyList_GetItem(ptr, i64)
declare i32 @PyList_SetSlice(ptr, i64, i64, ptr)
declare i64 @PyList_Size(ptr)
declare i64 @PyLong_AsLongLong(ptr)
declare i64 @PyLong_AsLongLongAndOverflow(ptr, ptr)
declare ptr @PyLong_AsVoidPtr(ptr)
declare ptr @PyLong_FromLongLong(i64)
declare ptr @PyObject_CallFunctionObjArgs(ptr, ...)
declare ptr @PyObject_Vectorcall(ptr, ptr, i64, ptr)
declare ptr @PyThreadState_Get()
declare i64 @PyThreadState_GetID(ptr)
declare ptr @PyTuple_New(i64)
declare i32 @PyTuple_SetItem(ptr, i64, ptr)
declare ptr @PyType_GenericAlloc(ptr, i64)
declare void @Py_DecRef(ptr)
declare void @Py_IncRef(ptr)
declare i64 @launch_released(ptr, ptr)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
@none = external global i8
@type_Tensor = external global i8
@type_Storage = external global i8
@type_GradNode = external global i8
@type_float = external global i8
@type_int = external global i8
@board = external global i64
@known_modes = external global i64
@table = external global i64
@scalars = external global i64
"""

_CALL = """
define internal ptr @go(ptr %route, ptr %args, i64 %n) {
entry:
  %keys = alloca [6 x i64]
  %operands = alloca [6 x ptr]
  %copy = alloca [32 x i64]
  %overflow = alloca i32
  %fallback = load ptr, ptr %route
  %mask_at = getelementptr i64, ptr %route, i64 1
  %places = load i64, ptr %mask_at
  %less = sub i64 %n, 1
  %few = icmp ult i64 %less, <max_arguments>
  br i1 %few, label %state, label %python
state:
  %modes = call i64 @modes()
  %error = icmp eq i64 %modes, -1
  br i1 %error, label %fail, label %usual
usual:
  %u = and i64 %modes, <usual>
  %is_usual = icmp ne i64 %u, 0
  br i1 %is_usual, label %head, label %python
head:
  %i = phi i64 [0, %usual], [%i1, %next]
  %m = phi i64 [0, %usual], [%m1, %next]
  %needs = phi i64 [0, %usual], [%needs1, %next]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %argument, label %settle
argument:
  %from = getelementptr ptr, ptr %args, i64 %i
  %o = load ptr, ptr %from
  %type = call ptr @slot(ptr %o, i64 <type_at>)
  %tensor = call i1 @is_tensor(ptr %type)
  br i1 %tensor, label %operand, label %other
other:
  %bit = shl i64 1, %i
  %here = and i64 %places, %bit
  %operand_here = icmp ne i64 %here, 0
  br i1 %operand_here, label %number, label %static
number:
  %float = icmp eq ptr %type, @type_float
  %int = icmp eq ptr %type, @type_int
  %either = or i1 %float, %int
  br i1 %either, label %convert, label %static
convert:
  %kind = select i1 %float, i64 1, i64 2
  %made = call ptr @scalar(ptr %o, i64 %kind)
  %unmade = icmp eq ptr %made, null
  br i1 %unmade, label %drop, label %counted
operand:
  call void @Py_IncRef(ptr %o)
  br label %counted
counted:
  %t = phi ptr [%made, %convert], [%o, %operand]
  %meta = call ptr @slot(ptr %t, i64 <Tensor_meta>)
  %meta_key = ptrtoint ptr %meta to i64
  %history = call ptr @slot(ptr %t, i64 <Tensor_node>)
  %wants = icmp ne ptr %history, @none
  %want = zext i1 %wants to i64
  %want_bit = shl i64 %want, %m
  %needs2 = or i64 %needs, %want_bit
  %to = getelementptr ptr, ptr %operands, i64 %m
  store ptr %t, ptr %to
  %m2 = add i64 %m, 1
  br label %next
static:
  %own = ptrtoint ptr %o to i64
  %whole = icmp eq ptr %type, @type_int
  br i1 %whole, label %value, label %next
value:
  store i32 0, ptr %overflow
  %w = call i64 @PyLong_AsLongLongAndOverflow(ptr %o, ptr %overflow)
  %over = load i32, ptr %overflow
  %fits_word = icmp eq i32 %over, 0
  %twice = shl i64 %w, 1
  %half = ashr i64 %twice, 1
  %unchanged = icmp eq i64 %half, %w
  %small = and i1 %fits_word, %unchanged
  %odd = or i64 %twice, 1
  %own_value = select i1 %small, i64 %odd, i64 %own
  br label %next
next:
  %key = phi i64 [%meta_key, %counted], [%own, %static], [%own_value, %value]
  %m1 = phi i64 [%m2, %counted], [%m, %static], [%m, %value]
  %needs1 = phi i64 [%needs2, %counted], [%needs, %static], [%needs, %value]
  %key_to = getelementptr i64, ptr %keys, i64 %i
  store i64 %key, ptr %key_to
  %i1 = add i64 %i, 1
  br label %head
settle:
  %records = and i64 %modes, <records>
  %no_records = icmp eq i64 %records, 0
  %wanted = select i1 %no_records, i64 0, i64 %needs
  %plain = icmp eq i64 %wanted, 0
  %nameless = and i64 %modes, <nameless>
  %is_nameless = icmp ne i64 %nameless, 0
  %fit = or i1 %plain, %is_nameless
  br i1 %fit, label %look, label %drop
look:
  %high = shl i64 %wanted, 8
  %case = or i64 %high, %n
  %route_at = getelementptr i64, ptr %route, i64 2
  %route_word = load i64, ptr %route_at
  %e = call ptr @find(i64 %route_word, i64 %case, ptr %keys, i64 %n)
  %missing = icmp eq ptr %e, null
  br i1 %missing, label %drop, label %hit
hit:
  %block_at = getelementptr i64, ptr %e, i64 8
  %block = load i64, ptr %block_at
  %is_view = icmp eq i64 %block, 0
  br i1 %is_view, label %origin, label %ready
origin:
  %x = load ptr, ptr %operands
  %alias = call ptr @slot(ptr %x, i64 <Tensor_alias>)
  %whole_tensor = icmp eq ptr %alias, @none
  br i1 %whole_tensor, label %ready, label %drop
ready:
  ; What runs meanwhile (a collection of garbage) may replace the entry: work on a copy.
  call void @llvm.memcpy.p0.p0.i64(ptr %copy, ptr %e, i64 <entry_bytes>, i1 false)
  %keep_at = getelementptr ptr, ptr %copy, i64 9
  %keep = load ptr, ptr %keep_at
  call void @Py_IncRef(ptr %keep)
  br i1 %is_view, label %show, label %compute
show:
  %shown = call ptr @view(ptr %copy, ptr %operands)
  br label %finish
compute:
  %computed = call ptr @perform(ptr %copy, ptr %operands, i64 %m)
  br label %finish
finish:
  %result = phi ptr [%shown, %show], [%computed, %compute]
  call void @release(ptr %operands, i64 %m)
  call void @Py_DecRef(ptr %keep)
  %absent = icmp eq ptr %result, null
  br i1 %absent, label %judge, label %give
judge:
  %wrong = call ptr @PyErr_Occurred()
  %quiet = icmp eq ptr %wrong, null
  br i1 %quiet, label %python, label %give
give:
  ret ptr %result
drop:
  %held = phi i64 [%m, %convert], [%m, %settle], [%m, %look], [%m, %origin]
  call void @release(ptr %operands, i64 %held)
  %raised = call ptr @PyErr_Occurred()
  %clean = icmp eq ptr %raised, null
  br i1 %clean, label %python, label %fail
python:
  %answer = call ptr @PyObject_Vectorcall(ptr %fallback, ptr %args, i64 %n, ptr null)
  ret ptr %answer
fail:
  ret ptr null
}
; Storage.__del__: the block goes back to its free list.
define ptr @storage_del(ptr %self, ptr %unused) {
entry:
  %free = call ptr @slot(ptr %self, i64 <Storage__free>)
  %foreign = icmp eq ptr %free, @none
  %unmade = icmp eq ptr %free, null
  %nothing = or i1 %foreign, %unmade
  br i1 %nothing, label %exit, label %pooled
pooled:
  %pointer = call ptr @slot(ptr %self, i64 <Storage_ptr>)
  %put = call i32 @PyList_Append(ptr %free, ptr %pointer)
  %failed = icmp ne i32 %put, 0
  br i1 %failed, label %bad, label %exit
exit:
  call void @Py_IncRef(ptr @none)
  ret ptr @none
bad:
  ret ptr null
}
define ptr @call(ptr %self, ptr %args, i64 %n) {
  %route = call ptr @PyLong_AsVoidPtr(ptr %self)
  %r = call ptr @go(ptr %route, ptr %args, i64 %n)
  ret ptr %r
}
"""


def method_text(name: str, route: str, arguments: int) -> str:
    """A method `name` of a tensor, METH_NOARGS or (one argument more) METH_O."""
    second = """  %at = getelementptr ptr, ptr %all, i64 1
  store ptr %other, ptr %at
"""
    return f"""
@{route} = external global i64
define ptr @{name}(ptr %self, ptr %other) {{
  %all = alloca [2 x ptr]
  store ptr %self, ptr %all
{second if arguments else ""}  %r = call ptr @go(ptr @{route}, ptr %all, i64 {arguments + 1})
  ret ptr %r
}}
"""

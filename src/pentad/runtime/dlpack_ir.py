"""The ends of DLPack's structs as native code, so that any thread may free them at any time.

A deleter may be called without the GIL, with an exception pending, and while the process ends;
Python functions as C callbacks do not bear that. Each struct's context is the Python object that
owns all its memory, and the deleter gives up one reference to it.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import NamedTuple

from pentad.runtime import jit
from pentad.target.code_target import CodeTarget, host

PLAIN_CONTEXT, VERSIONED_CONTEXT = 48, 8
"""Where the context lies in DLManagedTensor and DLManagedTensorVersioned, in bytes."""

_PYTHON_API = (
    "Py_DecRef", "PyGILState_Ensure", "PyGILState_Release", "PyCapsule_IsValid",
    "PyCapsule_GetPointer",
)
_EXPORTS = ("release_plain", "release_versioned", "drop_capsule")

_TEXT = f"""
declare void @Py_DecRef(ptr)
declare i32 @PyGILState_Ensure()
declare void @PyGILState_Release(i32)
declare i32 @PyCapsule_IsValid(ptr, ptr)
declare ptr @PyCapsule_GetPointer(ptr, ptr)
@plain = internal constant [9 x i8] c"dltensor\\00"
@versioned = internal constant [19 x i8] c"dltensor_versioned\\00"

define internal void @release(ptr %place) nounwind {{
  %state = call i32 @PyGILState_Ensure()
  %context = load ptr, ptr %place
  call void @Py_DecRef(ptr %context)
  call void @PyGILState_Release(i32 %state)
  ret void
}}

define void @release_plain(ptr %managed) nounwind {{
  %place = getelementptr i8, ptr %managed, i64 {PLAIN_CONTEXT}
  call void @release(ptr %place)
  ret void
}}

define void @release_versioned(ptr %managed) nounwind {{
  %place = getelementptr i8, ptr %managed, i64 {VERSIONED_CONTEXT}
  call void @release(ptr %place)
  ret void
}}

; A capsule that nobody took still has its first name, and owns its struct.
define void @drop_capsule(ptr %capsule) nounwind {{
entry:
  %is_plain = call i32 @PyCapsule_IsValid(ptr %capsule, ptr @plain)
  %p = icmp ne i32 %is_plain, 0
  br i1 %p, label %drop_plain, label %other
drop_plain:
  %a = call ptr @PyCapsule_GetPointer(ptr %capsule, ptr @plain)
  call void @release_plain(ptr %a)
  ret void
other:
  %is_versioned = call i32 @PyCapsule_IsValid(ptr %capsule, ptr @versioned)
  %v = icmp ne i32 %is_versioned, 0
  br i1 %v, label %drop_versioned, label %exit
drop_versioned:
  %b = call ptr @PyCapsule_GetPointer(ptr %capsule, ptr @versioned)
  call void @release_versioned(ptr %b)
  ret void
exit:
  ret void
}}
"""


class Ends(NamedTuple):
    """Addresses of native functions: deleters of both structs, and a capsule's destructor."""

    release_plain: int
    release_versioned: int
    drop_capsule: int


@cache
def ends() -> Ends:
    """The native functions of this process; they stay for ever."""
    imports = {}
    for name in _PYTHON_API:
        pointer = ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p)
        imports[name] = pointer.value or 0
    plain = CodeTarget(host().triple, "", "")
    library = jit.load(_TEXT, _EXPORTS, target=plain, imports=imports)
    library.keep_forever()
    return Ends(*(library.address(name) for name in _EXPORTS))

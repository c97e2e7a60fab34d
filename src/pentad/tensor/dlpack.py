"""DLPack: sharing memory with other libraries, without a copy, both ways.

A capsule holds a pointer to a C struct that describes the memory. Whoever takes the capsule
renames it and calls the struct's deleter when done; until then the struct's context keeps our
Tensor alive. (DLPack 1.0, https://dmlc.github.io/dlpack/latest/.)
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import (
    ArgumentError,
    AutogradError,
    DTypeError,
    SharingError,
    message,
)
from pentad.runtime.dlpack_ir import ends
from pentad.runtime.memory import Loan, Storage, as_numpy
from pentad.tensor.convert import require_values
from pentad.tensor.functions.creation import tensor
from pentad.tensor.functions.pointwise import clone
from pentad.tensor.meta import intern, row_major
from pentad.tensor.tensor import Tensor, wrap

CPU_DEVICE = (1, 0)
_VERSION = (1, 0)
_READ_ONLY, _IS_COPIED = 1, 2
_PLAIN, _USED = b"dltensor", b"used_dltensor"
_VERSIONED, _USED_VERSIONED = b"dltensor_versioned", b"used_dltensor_versioned"

_CODES = {"int": 0, "uint": 1, "float": 2, "bfloat": 4, "complex": 5, "bool": 6}


class _Device(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int32), ("id", ctypes.c_int32)]


class _Type(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16)]


class _Described(ctypes.Structure):
    """DLTensor."""

    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device", _Device),
        ("ndim", ctypes.c_int32),
        ("dtype", _Type),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]


class _Managed(ctypes.Structure):
    """DLManagedTensor, before version 1."""

    _fields_ = [
        ("tensor", _Described),
        ("context", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
    ]


class _ManagedVersioned(ctypes.Structure):
    """DLManagedTensorVersioned."""

    _fields_ = [
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("context", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
        ("flags", ctypes.c_uint64),
        ("tensor", _Described),
    ]


_DELETER = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_api = ctypes.pythonapi


def _function(name: str, result: Any, *arguments: Any) -> Any:
    """A function of Python's C interface as an object of its own, for others declare them too."""
    return ctypes.PYFUNCTYPE(result, *arguments)((name, _api))


_capsule_new = _function(
    "PyCapsule_New", ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p
)
_capsule_pointer = _function(
    "PyCapsule_GetPointer", ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p
)
_capsule_is = _function("PyCapsule_IsValid", ctypes.c_int, ctypes.py_object, ctypes.c_char_p)
_capsule_rename = _function(
    "PyCapsule_SetName", ctypes.c_int, ctypes.py_object, ctypes.c_char_p
)
_keep = _function("Py_IncRef", None, ctypes.py_object)

for _name in (_PLAIN, _USED, _VERSIONED, _USED_VERSIONED):
    _keep(_name)  # capsules may outlive this module, and know their names by address

# -- lending ---------------------------------------------------------------------------------------


def to_dlpack(
    input: Tensor, *, stream: Any = None, max_version: tuple[int, int] | None = None,
    dl_device: tuple[Any, int] | None = None, copy: bool | None = None,
) -> Any:
    """`x.__dlpack__()`: a capsule on the tensor's memory, for another library's `from_dlpack`.

    SharingError for another device than the CPU and for memory that requires a gradient.
    """
    if stream is not None:
        raise ArgumentError(
            message("__dlpack__: a stream", expected="None on the CPU", got=repr(stream))
        )
    if dl_device is not None and (int(dl_device[0]), int(dl_device[1])) != CPU_DEVICE:
        raise SharingError(
            message("__dlpack__: no such device", expected="(1, 0), the CPU", got=repr(dl_device))
        )
    if input.node is not None:
        raise AutogradError(
            message("__dlpack__ of a tensor that requires a gradient",
                    expected="a tensor without history", got=repr(input.meta.type),
                    hint="use x.detach()")
        )
    require_values("__dlpack__", input)
    source = clone(input) if copy else input
    versioned = max_version is not None and max_version[0] >= _VERSION[0]
    return _capsule(source, versioned, _IS_COPIED if copy else 0)


def _capsule(source: Tensor, versioned: bool, flags: int) -> Any:
    managed: Any = _ManagedVersioned() if versioned else _Managed()
    n = source.ndim
    shape = (ctypes.c_int64 * max(n, 1))(*source.meta.shape)
    strides = (ctypes.c_int64 * max(n, 1))(*source.meta.strides)
    described = managed.tensor
    described.data = source.ptr
    described.device.type, described.device.id = CPU_DEVICE
    described.ndim = n
    code = "bfloat" if source.dtype is dtypes.bfloat16 else source.dtype.kind
    described.dtype.code, described.dtype.bits = _CODES[code], source.dtype.bits
    described.dtype.lanes = 1
    described.shape = ctypes.cast(shape, ctypes.POINTER(ctypes.c_int64))
    described.strides = ctypes.cast(strides, ctypes.POINTER(ctypes.c_int64))
    described.byte_offset = 0
    native = ends()
    managed.deleter = native.release_versioned if versioned else native.release_plain
    if versioned:
        managed.major, managed.minor = _VERSION
        managed.flags = flags
    owner = (managed, shape, strides, source, Loan(source.storage))
    managed.context = id(owner)
    _keep(owner)  # the deleter gives this reference up
    name = _VERSIONED if versioned else _PLAIN
    return _capsule_new(ctypes.addressof(managed), name, native.drop_capsule)


def dlpack_device(input: Tensor) -> tuple[int, int]:
    """`x.__dlpack_device__()`: the CPU, in DLPack's numbers."""
    return CPU_DEVICE


# -- borrowing -------------------------------------------------------------------------------------


class _Borrowed:
    """Owns a struct of another library, and calls its deleter at the end."""

    __slots__ = ("address", "capsule", "deleter")

    def __init__(self, capsule: Any, address: int, deleter: int | None) -> None:
        self.capsule = capsule
        self.address = address
        self.deleter = deleter

    def __del__(self, call: Any = _DELETER) -> None:
        if self.deleter:
            call(self.deleter)(self.address)


def from_dlpack(x: Any, *, device: Any = None, copy: bool | None = None) -> Any:
    """A tensor on the memory of any object with `__dlpack__` (or of a capsule).

    copy: True always copies, False never (SharingError where it would have to), None where it
    must: for memory that is read-only, not aligned, or has negative strides.
    """
    if hasattr(x, "__dlpack_device__") and int(x.__dlpack_device__()[0]) != CPU_DEVICE[0]:
        raise SharingError(
            message("from_dlpack: the memory is on another device", expected="(1, 0), the CPU",
                    got=repr(x.__dlpack_device__()))
        )
    if device is not None and str(device) != "cpu":
        raise ArgumentError(
            message("from_dlpack: no such device", expected='"cpu"', got=repr(device))
        )
    capsule = _ask(x, copy) if hasattr(x, "__dlpack__") else x
    if type(capsule).__name__ != "PyCapsule":
        raise DTypeError(
            message("from_dlpack: nothing to share", expected="an object with __dlpack__",
                    got=type(x).__name__)
        )
    borrowed, described, flags = _take(capsule)
    found = _as_tensor(borrowed, described, bool(flags & _READ_ONLY), copy)
    copied = bool(flags & _IS_COPIED) or found.storage.owner is not borrowed
    return clone(found) if copy and not copied else found


def _ask(x: Any, copy: bool | None) -> Any:
    try:
        if copy is None:
            return x.__dlpack__(max_version=_VERSION)
        return x.__dlpack__(max_version=_VERSION, copy=copy)
    except TypeError:  # from before version 1
        return x.__dlpack__()


def _take(capsule: Any) -> tuple[_Borrowed, _Described, int]:
    """The struct of a capsule, which is marked as taken."""
    for name, used, kind in (
        (_VERSIONED, _USED_VERSIONED, _ManagedVersioned), (_PLAIN, _USED, _Managed),
    ):
        if _capsule_is(capsule, name):
            address = _capsule_pointer(capsule, name)
            managed: Any = kind.from_address(address)
            if name is _VERSIONED and managed.major > _VERSION[0]:
                raise SharingError(
                    message("from_dlpack: a later version of the protocol",
                            expected=f"version {_VERSION[0]}", got=str(managed.major))
                )
            _capsule_rename(capsule, used)
            flags = managed.flags if name is _VERSIONED else 0
            return _Borrowed(capsule, address, managed.deleter), managed.tensor, flags
    raise ArgumentError(
        message("from_dlpack: not a fresh DLPack capsule", expected="one that nobody took",
                got=repr(capsule))
    )


def _dtype_of(given: _Type) -> DType:
    for kind, code in _CODES.items():
        if code == given.code and given.lanes == 1:
            name = "bool" if kind == "bool" else f"{kind}{given.bits}"
            for dtype in dtypes.ALL:
                if dtype.name == name:
                    return dtype
    raise DTypeError(
        message("from_dlpack: no such dtype", expected=", ".join(d.name for d in dtypes.ALL),
                got=f"code {given.code}, {given.bits} bits, {given.lanes} lanes")
    )


def _as_tensor(owner: Any, given: _Described, read_only: bool, copy: bool | None) -> Tensor:
    dtype = _dtype_of(given.dtype)
    shape = tuple(given.shape[i] for i in range(given.ndim))
    strides = (
        tuple(given.strides[i] for i in range(given.ndim)) if given.strides else row_major(shape)
    )
    if 0 in shape:
        return tensor(np.empty(shape, dtype.numpy), dtype=dtype)  # type: ignore[no-any-return]
    size, start = dtype.itemsize, (given.data or 0) + given.byte_offset
    ends = [s * (n - 1) for n, s in zip(shape, strides)]
    low = sum(e for e in ends if e < 0)
    high = sum(e for e in ends if e > 0)
    storage = Storage(start + low * size, (high - low + 1) * size, owner, None)
    if not read_only and start % min(size, 8) == 0 and low == 0:
        return wrap(storage, intern(shape, strides, dtype))
    if copy is False:
        raise SharingError(
            message("from_dlpack: copy=False, but a copy is needed",
                    expected="memory that is writable, aligned, with strides >= 0",
                    got=f"strides {strides}" + (", read-only" if read_only else ""))
        )
    values = as_numpy(storage, -low, shape, strides, dtype)
    return tensor(dtypes.from_memory(values, dtype), dtype=dtype)  # type: ignore[no-any-return]

"""The names that a file may use, and the data that each makes. There are no others."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from pentad.formats import limits
from pentad.formats.torch import arrays
from pentad.formats.torch.cursor import Cursor
from pentad.formats.torch.instances import Made
from pentad.formats.torch.machine import Name, checked_key
from pentad.formats.torch.storages import Storages, StorageType, Stored
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import FormatError
from pentad.tensor.tensor import Tensor

STORAGE_NAMES = {
    "DoubleStorage": dtypes.float64, "FloatStorage": dtypes.float32, "HalfStorage": dtypes.float16,
    "BFloat16Storage": dtypes.bfloat16, "LongStorage": dtypes.int64, "IntStorage": dtypes.int32,
    "ShortStorage": dtypes.int16, "CharStorage": dtypes.int8, "ByteStorage": dtypes.uint8,
    "BoolStorage": dtypes.bool_, "ComplexFloatStorage": dtypes.complex64,
    "ComplexDoubleStorage": dtypes.complex128,
}
DTYPE_NAMES = {d.name: d for d in dtypes.ALL} | {
    "float": dtypes.float32, "double": dtypes.float64, "half": dtypes.float16,
    "long": dtypes.int64, "int": dtypes.int32, "short": dtypes.int16,
    "cfloat": dtypes.complex64, "cdouble": dtypes.complex128,
}
_HINTS = {
    "torch": "only weights are read: in PyTorch save model.state_dict(), of dense tensors",
}
_HINT = ("only weights are read, never programs: in PyTorch load the file, if you trust it, and "
         "save model.state_dict()")


class Names:
    """The table of names for one file."""

    def __init__(self, storages: Storages, made: Made) -> None:
        self.storages, self.made = storages, made
        self.cursor: Cursor | None = None

    def find(self, cursor: Cursor, module: str, name: str) -> Any:
        """What a name of the file is: data, or a Name that makes data; FormatError for others."""
        self.cursor = cursor
        module = {"__builtin__": "builtins"}.get(module, module)
        if module in ("torch", "torch.cuda", "torch.storage"):
            if name in STORAGE_NAMES:
                return StorageType(STORAGE_NAMES[name])
            if name == "UntypedStorage":
                return StorageType(None)
            if module == "torch" and name in DTYPE_NAMES:
                return DTYPE_NAMES[name]
        make = MAKERS.get((module, name))
        if make is None:
            known = self.made.find(module, name)
            if known is None:
                raise self._unknown(cursor, module, name)
            return known
        text = f"{module}.{name}"
        return Name(text, lambda arguments: self._made(text, make, arguments))

    def _unknown(self, cursor: Cursor, module: str, name: str) -> FormatError:
        shown = repr(f"{module}.{name}"[:200])[1:-1]
        return cursor.broken(
            f"the name {shown}, which is not one of data",
            expected="tensors, numbers, texts, and containers of them", got=shown,
            hint=_HINTS.get(module.partition(".")[0], _HINT),
        )

    def _made(self, text: str, make: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        made = make(self, *arguments) if len(arguments) <= 8 else _NOTHING
        if made is _NOTHING:
            raise self.broken(text, arguments)
        return made

    def charge(self, nbytes: int) -> None:
        """Memory that is about to be made; see Cursor."""
        assert self.cursor is not None
        self.cursor.charge(nbytes)

    def broken(self, text: str, arguments: tuple[Any, ...]) -> FormatError:
        """The error for arguments that do not fit."""
        assert self.cursor is not None
        kinds = ", ".join(type(a).__name__ for a in arguments[:8])
        return self.cursor.broken(f"{text} of other things than it takes", got=f"({kinds})")


_NOTHING = object()
"""What a maker returns for arguments that do not fit."""
Maker = Callable[..., Any]


def _takes(*kinds: Any, optional: tuple[Any, ...] = ()) -> Callable[[Maker], Maker]:
    """Check the types of a maker's arguments; `optional` ones may be left out."""

    def checked(make: Maker) -> Maker:
        every = (*kinds, *optional)

        def call(names: Names, *arguments: Any) -> Any:
            fits = len(kinds) <= len(arguments) <= len(every)
            if fits and all(type(a) in k for a, k in zip(arguments, every)):
                return make(names, *arguments)
            return _NOTHING

        return call

    return checked


_STORED, _INT, _BOOL, _SIZES = (Stored,), (int,), (bool,), (tuple, list)
_HOOKS = (OrderedDict, dict, type(None))
_FLAGS = (dict, type(None))
_ORDERED, _PAIR, _ELEMENT = 128, 128, 32
"""Bytes of an OrderedDict, of each pair in it, of each element of a set."""


def _ordered(names: Names, *arguments: Any) -> Any:
    items = arguments[0] if arguments else []
    if len(arguments) > 1 or type(items) is not list:
        return _NOTHING
    if not all(type(i) in (tuple, list) and len(i) == 2 for i in items):
        return _NOTHING
    assert names.cursor is not None
    names.charge(_ORDERED + _PAIR * len(items))
    return OrderedDict((checked_key(names.cursor, k), v) for k, v in items)


@_takes(_STORED, _INT, _SIZES, _SIZES)
def _tensor(names: Names, stored: Stored, *place: Any) -> Any:
    return _tensor_2(names, stored, *place, False, None)


@_takes(_STORED, _INT, _SIZES, _SIZES, _BOOL, _HOOKS, optional=(_FLAGS,))
def _tensor_2(names: Names, stored: Stored, *rest: Any) -> Any:
    dtype = stored.type.dtype
    if dtype is None:
        return _NOTHING
    return _placed(names, stored, dtype, rest[:3], rest[3], rest[4], *rest[5:])


@_takes(_STORED, _INT, _SIZES, _SIZES, _BOOL, _HOOKS, (DType,), optional=(_FLAGS,))
def _tensor_3(names: Names, stored: Stored, *rest: Any) -> Any:
    return _placed(names, stored, rest[5], rest[:3], rest[3], rest[4], *rest[6:])


def _placed(
    names: Names, stored: Stored, dtype: DType, place: Any, requires_grad: bool, hooks: Any,
    flags: Any = None,
) -> Any:
    flags = flags or {}
    known = set(flags) <= {"conj", "neg"} and all(type(v) is bool for v in flags.values())
    if hooks or not known or (requires_grad and not dtype.is_inexact):
        return _NOTHING
    assert names.cursor is not None
    flipped = (flags.get("conj", False) and dtype.is_complex, flags.get("neg", False))
    if flipped[1] and not dtype.is_inexact:
        return _NOTHING
    made = names.storages.tensor(names.cursor, stored, dtype, place, flipped)
    return made.requires_grad_() if requires_grad else made


@_takes((Tensor,), _BOOL, _HOOKS)
def _parameter(names: Names, data: Tensor, requires_grad: bool, hooks: Any) -> Any:
    if hooks or (requires_grad and not data.dtype.is_inexact):
        return _NOTHING
    return names.storages.parameter(data, requires_grad)


@_takes((list, tuple))
def _size(names: Names, sizes: Any) -> Any:
    fits = all(type(n) is int for n in sizes) and len(sizes) <= limits.TORCH_RANK
    return tuple(sizes) if fits else _NOTHING


@_takes((str,), optional=(_INT,))
def _device(names: Names, kind: str, index: int | None = None) -> str:
    return kind if index is None else f"{kind}:{index}"


@_takes((str,), (str,))
def _encoded(names: Names, text: str, encoding: str) -> Any:
    # How Python 3 writes bytes for Python 2.
    if encoding not in ("latin1", "latin-1"):
        return _NOTHING
    names.charge(len(text))
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return _NOTHING


@_takes((float,), (float,))
def _complex(names: Names, real: float, imaginary: float) -> complex:
    return complex(real, imaginary)


@_takes(optional=((bytes,),))
def _bytearray(names: Names, data: bytes = b"") -> bytearray:
    names.charge(len(data))
    return bytearray(data)


@_takes()
def _bytes(names: Names) -> bytes:
    return b""


def _set_of(kind: Any) -> Maker:
    @_takes((list,))
    def make(names: Names, items: list[Any]) -> Any:
        assert names.cursor is not None
        names.charge(_ELEMENT * (8 + len(items)))
        return kind(checked_key(names.cursor, i) for i in items)

    return make


def _of_numpy(make: Maker, *counts: int) -> Maker:
    def call(names: Names, *arguments: Any) -> Any:
        found = make(*arguments) if len(arguments) in counts else None
        return _NOTHING if found is None else found

    return call


MAKERS: dict[tuple[str, str], Maker] = {
    ("collections", "OrderedDict"): _ordered,
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor_2,
    ("torch._utils", "_rebuild_tensor_v3"): _tensor_3,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch", "Size"): _size,
    ("torch", "device"): _device,
    ("_codecs", "encode"): _encoded,
    ("builtins", "complex"): _complex,
    ("builtins", "bytearray"): _bytearray,
    ("builtins", "bytes"): _bytes,
    ("builtins", "set"): _set_of(set),
    ("builtins", "frozenset"): _set_of(frozenset),
    ("numpy", "dtype"): _of_numpy(arrays.type_of, 1, 2, 3),
    ("numpy", "ndarray"): lambda names, *arguments: _NOTHING,
} | {
    (module, name): _of_numpy(make, count)
    for module in arrays.MODULES
    for name, make, count in (("_reconstruct", arrays.begun, 3), ("scalar", arrays.number_of, 2))
}
"""(module, name) -> what it makes of the arguments that a file gives it."""

"""Tensors and their types in TensorFlow's messages, to arrays and back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pentad.formats import limits, wire
from pentad.formats.encoding import packed
from pentad.formats.files import broken
from pentad.formats.messages import Message
from pentad.formats.text_format import enum
from pentad.graph.errors import DTypeError, message

TYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string",
    8: "complex64", 9: "int64", 10: "bool", 11: "qint8", 12: "quint8", 13: "qint32",
    14: "bfloat16", 15: "qint16", 16: "quint16", 17: "uint16", 18: "complex128", 19: "float16",
    20: "resource", 21: "variant", 22: "uint32", 23: "uint64",
}
"""The numbers of element types in files, and NumPy's name where it has one."""

CODES = {name: code for code, name in TYPES.items()}
_STORED = {"qint8": "int8", "quint8": "uint8", "qint32": "int32", "qint16": "int16",
           "quint16": "uint16", "bfloat16": "uint16"}
_NAMES = {"float32": "FLOAT", "float64": "DOUBLE", "float16": "HALF"}
DT_NAMES = {f"DT_{_NAMES.get(n, n.upper())}": code for code, n in TYPES.items()}
DT_NAMES |= {"DT_INVALID": 0} | {f"{n}_REF": code + 100 for n, code in DT_NAMES.items()}


def stored_dtype(code: int, where: str) -> np.dtype[Any]:
    """How elements of a type stand in files; FormatError for types without elements there."""
    name = TYPES.get(code, "")
    if name in ("", "string", "resource", "variant"):
        raise broken(where, "an element type without numbers", got=f"{name or code}")
    return np.dtype(_STORED.get(name, name)).newbyteorder("<")


def native(array: np.ndarray[Any, Any], code: int) -> np.ndarray[Any, Any]:
    """Stored elements as NumPy has them: bfloat16 becomes float32, which holds it exactly."""
    if TYPES[code] == "bfloat16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def code_of(array: np.ndarray[Any, Any]) -> int:
    """The number of an array's element type; DTypeError if the format has none for it."""
    if array.dtype.kind in "OSU":
        return CODES["string"]
    found = CODES.get(array.dtype.name)
    if found is None:
        raise DTypeError(message("the format has no such element type",
                                 expected="numbers, truth values or texts", got=str(array.dtype)))
    return found


def texts(array: np.ndarray[Any, Any]) -> list[bytes]:
    """The elements of an array of texts, as bytes."""
    return [t if isinstance(t, bytes) else str(t).encode("utf-8")
            for t in np.asarray(array, object).reshape(-1)]


class Dim(Message):
    """One axis of a shape; -1 where its size is unknown."""

    FIELDS = """
        1 size int64
        2 name string
    """


class TensorShapeProto(Message):
    """A shape, or that not even the rank is known."""

    Dim = Dim
    FIELDS = """
        2 dim Dim*
        3 unknown_rank bool
    """


class TensorProto(Message):
    """A tensor: its bytes, or numbers in the list of its type."""

    FIELDS = """
        1 dtype enum
        2 tensor_shape TensorShapeProto
        3 version_number int32
        4 tensor_content bytes
        13 half_val int32*
        5 float_val float*
        6 double_val double*
        7 int_val int32*
        8 string_val bytes*
        9 scomplex_val float*
        10 int64_val int64*
        11 bool_val bool*
        12 dcomplex_val double*
        16 uint32_val uint32*
        17 uint64_val uint64*
    """


enum("TensorProto.dtype", DT_NAMES)
LISTS = {
    "float32": (5, "float", "float_val"), "float64": (6, "double", "double_val"),
    "string": (8, "bytes", "string_val"), "complex64": (9, "float", "scomplex_val"),
    "int64": (10, "int64", "int64_val"), "bool": (11, "bool", "bool_val"),
    "complex128": (12, "double", "dcomplex_val"), "float16": (13, "int32", "half_val"),
    "bfloat16": (13, "int32", "half_val"), "uint32": (16, "uint32", "uint32_val"),
    "uint64": (17, "uint64", "uint64_val"),
} | dict.fromkeys(
    ("int32", "uint8", "int16", "int8", "uint16", "qint8", "quint8", "qint32", "qint16", "quint16"),
    (7, "int32", "int_val"),
)
"""The list of a TensorProto for each type: field number, kind, name."""


def from_list(values: np.ndarray[Any, Any], code: int) -> np.ndarray[Any, Any]:
    """The numbers of a list as elements of the type."""
    name = TYPES[code]
    if name in ("complex64", "complex128"):
        return np.ascontiguousarray(values[:len(values) // 2 * 2]).view(name)
    if name in ("float16", "bfloat16"):
        bits = values.astype(np.uint16)
        return bits.view(np.float16) if name == "float16" else native(bits, code)
    return values.astype(_STORED.get(name, name))


def to_list(array: np.ndarray[Any, Any], code: int) -> np.ndarray[Any, Any]:
    """Elements as the numbers of a list."""
    flat, name = np.ascontiguousarray(array).reshape(-1), TYPES[code]
    if name in ("complex64", "complex128"):
        return flat.view("float32" if name == "complex64" else "float64")
    return flat.view(np.uint16) if name == "float16" else flat


def shape_of(proto: TensorShapeProto, where: str) -> tuple[int, ...]:
    """A whole shape of a file, within the limits."""
    sizes = tuple(d.size for d in proto.dim)
    if proto.unknown_rank or any(n < 0 for n in sizes):
        raise broken(where, "a shape that is not known", "sizes of at least 0", str(sizes))
    if len(sizes) > limits.RANK or math.prod(sizes) > limits.ELEMENTS:
        raise broken(where, "a tensor that is too large",
                     f"rank {limits.RANK}, {limits.ELEMENTS} elements at most", str(sizes))
    return sizes


def shape_proto(shape: Any) -> TensorShapeProto:
    """A shape as a message; None for an unknown size or rank."""
    if shape is None:
        return TensorShapeProto(unknown_rank=True)
    return TensorShapeProto(dim=[Dim(size=-1 if n is None else int(n)) for n in shape])


def make_tensor_proto(values: Any, dtype: Any = None, shape: Any = None) -> TensorProto:
    """An array as a message."""
    array = np.asarray(values) if dtype is None else np.asarray(values, dtype)
    if shape is not None:
        array = array.reshape(tuple(shape)) if array.size else array
        array = np.broadcast_to(array, tuple(shape))
    code = code_of(array)
    made = TensorProto(dtype=code, tensor_shape=shape_proto(array.shape))
    if code == CODES["string"]:
        made.string_val.extend(texts(array))
    elif array.size == 1:
        getattr(made, LISTS[TYPES[code]][2]).extend(to_list(array, code).tolist())
    else:
        made.tensor_content = np.ascontiguousarray(array, stored_dtype(code, "")).tobytes()
    return made


def make_ndarray(proto: TensorProto, where: str = "TensorProto") -> np.ndarray[Any, Any]:
    """A message as an array; FormatError if its parts do not fit each other."""
    shape, code = shape_of(proto.tensor_shape, where), proto.dtype
    count = math.prod(shape)
    if TYPES.get(code) == "string":
        values: Any = np.empty(len(proto.string_val), object)
        values[:] = list(proto.string_val)
    elif proto.tensor_content:
        dtype = stored_dtype(code, where)
        if len(proto.tensor_content) != count * dtype.itemsize:
            raise broken(where, "a tensor whose bytes do not fit its shape",
                         f"{count * dtype.itemsize}", f"{len(proto.tensor_content)}")
        return native(np.frombuffer(proto.tensor_content, dtype), code).reshape(shape).copy()
    else:
        dtype = stored_dtype(code, where)
        values = np.array(getattr(proto, LISTS[TYPES[code]][2]))
        kind = LISTS[TYPES[code]][1]
        if not len(values):
            values = np.zeros(0, {"float": "f4", "double": "f8"}.get(kind, "i8"))
        elif kind == "float":
            values = values.astype(np.float32)
        values = from_list(values, code)
    return _filled(values, count, where).reshape(shape)


def _filled(values: np.ndarray[Any, Any], count: int, where: str) -> np.ndarray[Any, Any]:
    """The last value of a list stands for those that follow; no value for zeros."""
    if len(values) > count:
        raise broken(where, "more values than the shape has", f"{count}", f"{len(values)}")
    if len(values) == count:
        return values
    if count > limits.BLOCK_BYTES:
        raise broken(where, "a filled tensor that is too large", got=f"{count} elements")
    last = values[-1] if len(values) else (b"" if values.dtype == object else 0)
    found = np.empty(count, values.dtype)
    found[:len(values)], found[len(values):] = values, last
    return found


def packed_tensor(data: wire.Data, code: int, where: str) -> np.ndarray[Any, Any]:
    """The elements in the list of a TensorProto, without making a number of each."""
    number, kind, _ = LISTS.get(TYPES.get(code, ""), (0, "", ""))
    if not number:
        raise broken(where, "an element type without numbers", got=str(code))
    found = []
    for field, form, value in wire.fields(data, where):
        if field != number:
            continue
        if kind == "bytes":
            if form != wire.BYTES:
                raise broken(where, "a field of another wire type")
            found.append(bytes(value))
        elif form == wire.VARINT:
            found.append(np.array([value], np.uint64).view(np.int64))
        else:
            found.append(packed(kind, value, where))
    if kind == "bytes":
        texts = np.empty(len(found), object)
        texts[:] = found
        return texts
    values = np.concatenate(found) if found else np.zeros(0, np.int64)
    return from_list(values, code)

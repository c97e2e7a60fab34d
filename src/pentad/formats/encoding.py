"""Messages (messages.py) to bytes and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad.formats import limits, wire
from pentad.formats.files import broken

FIXED = {"float": "<f4", "double": "<f8", "fixed32": "<u4", "fixed64": "<u8", "sfixed32": "<i4",
         "sfixed64": "<i8"}
VARINTS = {"int32", "int64", "uint32", "uint64", "bool", "enum"}


def encoded(message: Any) -> bytes:
    """The fields that are set, in the order of their numbers."""
    out = bytearray()
    for field, value in message.ListFields():
        if field.key:
            for key in sorted(value):
                pair = _one(1, field.key, key) + _one(2, field.kind, value[key])
                out += wire.put(field.number, wire.BYTES, pair)
        elif not field.repeated:
            out += _one(field.number, field.kind, value)
        elif field.kind in FIXED:
            packed = np.array(value, FIXED[field.kind]).tobytes()
            out += wire.put(field.number, wire.BYTES, packed)
        elif field.kind in VARINTS:
            packed = b"".join(map(wire.put_varint, value))
            out += wire.put(field.number, wire.BYTES, packed)
        else:
            for element in value:
                out += _one(field.number, field.kind, element)
    return bytes(out)


def _one(number: int, kind: str, value: Any) -> bytes:
    if kind in VARINTS:
        return wire.put(number, wire.VARINT, value)
    if kind in FIXED:
        data = np.array(value, FIXED[kind]).tobytes()
        return wire.put(number, wire.FIXED32 if len(data) == 4 else wire.FIXED64, data)
    if kind == "string":
        return wire.put(number, wire.BYTES, value.encode("utf-8"))
    return wire.put(number, wire.BYTES, value if kind == "bytes" else encoded(value))


def merge(message: Any, data: wire.Data, where: str, depth: int = 0) -> None:
    """Add the fields that bytes hold; those that the table does not name are passed over."""
    if depth > limits.MESSAGE_DEPTH:
        raise broken(where, "messages within messages", f"at most {limits.MESSAGE_DEPTH}")
    values = message.__dict__["_values"]
    for number, found, value in wire.fields(data, where):
        field = message.by_number.get(number)
        if field is None:
            continue
        name = field.name
        if field.key:
            _merge_pair(getattr(message, name), field, _expect(value, found, wire.BYTES, where),
                        where, depth)
        elif field.repeated:
            _merge_repeated(getattr(message, name), field, found, value, where, depth)
        elif field.kind[0].isupper():
            inner = getattr(message, name)
            merge(inner, _expect(value, found, wire.BYTES, where), where, depth + 1)
            inner._touch()
        else:
            message._clear_group(field)
            values[name] = _scalar(field.kind, found, value, where)


def _expect(value: Any, found: int, kind: int, where: str) -> Any:
    if found != kind:
        raise broken(where, "a field of another wire type", f"{kind}", f"{found}")
    return value


def _merge_repeated(
    target: Any, field: Any, found: int, value: Any, where: str, depth: int
) -> None:
    kind = field.kind
    if kind[0].isupper():
        inner = field.message()
        merge(inner, _expect(value, found, wire.BYTES, where), where, depth + 1)
        inner.__dict__["_owner"] = target.owner
        list.append(target, inner)
    elif found == wire.BYTES and (kind in FIXED or kind in VARINTS):
        list.extend(target, packed(kind, value, where).tolist())
    else:
        list.append(target, _scalar(kind, found, value, where))


def packed(kind: str, data: wire.Data, where: str) -> np.ndarray[Any, Any]:
    """Packed numbers of a kind as an array."""
    if kind in FIXED:
        dtype = np.dtype(FIXED[kind])
        if len(data) % dtype.itemsize:
            raise broken(where, "truncated packed numbers")
        return np.frombuffer(data, dtype)
    found = wire.varints(data, where)
    if kind == "bool":
        return found != 0
    if kind in ("int32", "enum"):
        return found.astype(np.uint32).view(np.int32)
    if kind == "uint32":
        return found.astype(np.uint32)
    return found.view(np.int64) if kind == "int64" else found


def _merge_pair(target: Any, field: Any, data: wire.Data, where: str, depth: int) -> None:
    key: Any = "" if field.key == "string" else 0
    made = field.message() if field.message else None
    scalar = None
    for number, found, value in wire.fields(data, where):
        if number == 1:
            key = _scalar(field.key, found, value, where)
        elif number == 2 and made is not None:
            merge(made, _expect(value, found, wire.BYTES, where), where, depth + 1)
        elif number == 2:
            scalar = _scalar(field.kind, found, value, where)
    if made is not None:
        made.__dict__["_owner"] = target.owner
        dict.__setitem__(target, key, made)
    elif scalar is None:
        dict.__setitem__(target, key, {"string": "", "bytes": b""}.get(field.kind, 0))
    else:
        dict.__setitem__(target, key, scalar)


def _scalar(kind: str, found: int, value: Any, where: str) -> Any:
    if kind in VARINTS:
        number = _expect(value, found, wire.VARINT, where)
        if kind == "bool":
            return number != 0
        if kind in ("int32", "enum"):
            number &= 0xFFFFFFFF
            return number - (1 << 32) if number >> 31 else number
        if kind == "uint32":
            return number & 0xFFFFFFFF
        return wire.signed(number) if kind == "int64" else number
    if kind in FIXED:
        dtype = np.dtype(FIXED[kind])
        _expect(value, found, wire.FIXED32 if dtype.itemsize == 4 else wire.FIXED64, where)
        return np.frombuffer(value, dtype)[0].item()
    data = bytes(_expect(value, found, wire.BYTES, where))
    if kind == "bytes":
        return data
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise broken(where, "a text that is not UTF-8", got=repr(data[:40])) from error

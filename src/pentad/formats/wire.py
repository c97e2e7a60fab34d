"""The wire format of protocol buffers: numbers, and fields one after the other.

Reads are bounded by the data; what does not fit raises FormatError with the place.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np

from pentad.formats import limits
from pentad.formats.files import broken

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
Data = bytes | memoryview


def varint(data: Data, at: int, where: str) -> tuple[int, int]:
    """The number at a place, 64 bits without a sign, and the place behind it."""
    value = shift = 0
    for i in range(at, min(at + 10, len(data))):
        byte = data[i]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, i + 1
        shift += 7
    raise broken(where, f"a truncated number at byte {at}")


def put_varint(value: int) -> bytes:
    """A number of 64 bits; negative ones as their two's complement."""
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value: int) -> int:
    """A 64-bit number as one with a sign."""
    return value - (1 << 64) if value >> 63 else value


def fields(data: Data, where: str) -> Iterator[tuple[int, int, Any]]:
    """Each field: its number, its wire type, its value: a number, or the bytes as a view."""
    view, at = memoryview(data), 0
    if len(view) > limits.MESSAGE_BYTES:
        raise broken(where, "a message that is too long", got=f"{len(view)} bytes")
    while at < len(view):
        begin = at
        tag, at = varint(view, at, where)
        number, kind = tag >> 3, tag & 7
        if not 0 < number < 1 << 29:
            raise broken(where, f"a field number out of range at byte {begin}", got=str(number))
        value: Any
        if kind == VARINT:
            value, at = varint(view, at, where)
        elif kind == BYTES:
            size, at = varint(view, at, where)
            if size > len(view) - at:
                raise broken(where, f"a truncated field {number} at byte {begin}",
                             f"{size} bytes", f"{len(view) - at}")
            value, at = view[at:at + size], at + size
        elif kind in (FIXED32, FIXED64):
            size = 4 if kind == FIXED32 else 8
            if size > len(view) - at:
                raise broken(where, f"a truncated field {number} at byte {begin}")
            value, at = view[at:at + size], at + size
        else:
            raise broken(where, f"an unknown wire type at byte {begin}", got=str(kind))
        yield number, kind, value


def put(number: int, kind: int, value: Any) -> bytes:
    """One field; the value of BYTES and of the FIXED types is bytes."""
    head = put_varint(number << 3 | kind)
    if kind == VARINT:
        return head + put_varint(int(value))
    return head + put_varint(len(value)) + bytes(value) if kind == BYTES else head + bytes(value)


def varints(data: Data, where: str) -> np.ndarray[Any, Any]:
    """Packed numbers as uint64."""
    bytes_ = np.frombuffer(data, np.uint8)
    if not len(bytes_):
        return np.zeros(0, np.uint64)
    ends = np.flatnonzero(bytes_ < 0x80)
    if bytes_[-1] >= 0x80:
        raise broken(where, "truncated packed numbers")
    starts = np.concatenate([[0], ends[:-1] + 1])
    sizes = ends - starts + 1
    if sizes.max() > 10:
        raise broken(where, "a packed number of more than ten bytes")
    found = np.zeros(len(ends), np.uint64)
    for i in range(int(sizes.max())):
        live = sizes > i
        part = (bytes_[starts[live] + i] & 0x7F).astype(np.uint64)
        found[live] |= part << np.uint64(7 * i)
    return found


def put_varints(values: np.ndarray[Any, Any]) -> bytes:
    """Whole numbers, packed."""
    if np.size(values) < 16:
        return b"".join(put_varint(int(v)) for v in np.reshape(values, -1))
    left = np.asarray(values).reshape(-1).astype(np.int64).view(np.uint64)
    sizes = np.ones(len(left), np.int64)
    for i in range(1, 10):
        sizes += left >> np.uint64(7 * i) != 0
    starts = np.concatenate([[0], np.cumsum(sizes)])
    out = np.zeros(int(starts[-1]), np.uint8)
    for i in range(int(sizes.max(initial=0))):
        live = sizes > i
        byte = (left[live] >> np.uint64(7 * i)).astype(np.uint8) & 0x7F
        out[starts[:-1][live] + i] = byte | np.where(sizes[live] > i + 1, 0x80, 0).astype(np.uint8)
    return out.tobytes()


def fixed(code: str, value: Any) -> bytes:
    """A number in little-endian order, by its struct code."""
    return struct.pack("<" + code, value)

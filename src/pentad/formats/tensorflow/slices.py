"""Slices of partitioned tensors: their messages, and their keys in checkpoints.

A key is in OrderedCode, whose bytes sort as what they stand for: a zero, the tensor's name, the
number of axes, for each axis where the slice begins and how long it is (0 and -1 for the whole).
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from pentad.formats.files import broken
from pentad.formats.messages import Message


class Extent(Message):
    """Where a slice begins along an axis; the whole axis if it has no length."""

    FIELDS = """
        1 start int64
        2 length int64 | has_length
    """


class TensorSliceProto(Message):
    """A slice of a tensor."""

    Extent = Extent
    FIELDS = "1 extent Extent*"


def slice_proto(
    offsets: tuple[int, ...], sizes: tuple[int, ...], full: tuple[int, ...]
) -> TensorSliceProto:
    """A slice as a message; whole axes without a length."""
    made = TensorSliceProto()
    for begin, size, whole in zip(offsets, sizes, full, strict=True):
        extent = made.extent.add()
        if (begin, size) != (0, whole):
            extent.start, extent.length = begin, size
    return made


def bounds(proto: TensorSliceProto, full: tuple[int, ...], where: str) -> tuple[slice, ...]:
    """A slice of a tensor of that shape as Python's slices."""
    if len(proto.extent) != len(full):
        raise broken(where, "a slice of another rank", str(len(full)), str(len(proto.extent)))
    found = []
    for extent, size in zip(proto.extent, full, strict=True):
        begin, end = extent.start, size
        if extent.HasField("length"):
            end = begin + extent.length
        elif begin:
            raise broken(where, "a slice without a length", got=f"it begins at {begin}")
        if not 0 <= begin <= end <= size:
            raise broken(where, "a slice beyond its tensor", f"within {size}", f"{begin}:{end}")
        found.append(slice(begin, end))
    return tuple(found)


def sizes(part: tuple[slice, ...]) -> tuple[int, ...]:
    """The shape of a slice."""
    return tuple(s.stop - s.start for s in part)


def joined(
    shape: tuple[int, ...], parts: list[tuple[slice, ...]], values: list[np.ndarray[Any, Any]],
    where: str,
) -> np.ndarray[Any, Any]:
    """A tensor of its slices; FormatError if they do not cover it."""
    covered, count = sum(v.size for v in values), math.prod(shape)
    if covered != count or not values:
        raise broken(where, "slices that do not cover the tensor", f"{count} elements",
                     str(covered))
    if len(values) == 1:
        return values[0]
    found = np.zeros(shape, values[0].dtype)
    for part, value in zip(parts, values, strict=True):
        found[part] = value
    return found


def key(name: str, proto: TensorSliceProto) -> bytes:
    """The key of a slice."""
    out = _number(0) + _text(name.encode("utf-8")) + _number(len(proto.extent))
    for extent in proto.extent:
        length = extent.length if extent.HasField("length") else -1
        out += _signed(extent.start) + _signed(length)
    return out


def _number(value: int) -> bytes:
    digits = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([len(digits)]) + digits


def _text(value: bytes) -> bytes:
    escaped = re.sub(rb"[\0\xff]", lambda m: b"\0\xff" if m[0] == b"\0" else b"\xff\0", value)
    return escaped + b"\0\1"


def _signed(value: int) -> bytes:
    """The sign and the number of bytes stand in the leading bits."""
    size = 1
    while not -(1 << 7 * size - 1) <= value < 1 << 7 * size - 1:
        size += 1
    head = (1 << size) - 1 << 7 * size
    return ((value & (1 << 8 * size) - 1) ^ head).to_bytes(size, "big")

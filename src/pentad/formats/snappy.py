"""Snappy, unpacked: tables may have blocks packed with it. (Ours are written unpacked.)"""

from __future__ import annotations

from pentad.formats import limits
from pentad.formats.files import broken
from pentad.formats.wire import varint


def unpacked(data: bytes | memoryview, where: str) -> bytes:
    """What packed data holds; FormatError if it is broken or grows beyond its length."""
    size, at = varint(data, 0, where)
    if size > min(limits.BLOCK_BYTES, len(data) * limits.EXPANSION):
        raise broken(where, "Snappy data that declares too much", got=f"{size} bytes")
    out = bytearray()
    while at < len(data):
        tag = data[at]
        if tag & 3 == 0:
            at = _literal(data, at, out, where)
        else:
            at = _copy(data, at, out, where)
        if len(out) > size:
            raise broken(where, "Snappy data longer than declared", got=f"more than {size} bytes")
    if len(out) != size:
        raise broken(where, "truncated Snappy data", f"{size} bytes", f"{len(out)}")
    return bytes(out)


def _literal(data: bytes | memoryview, at: int, out: bytearray, where: str) -> int:
    count, at = data[at] >> 2, at + 1
    if count >= 60:
        extra = count - 59
        count = int.from_bytes(data[at:at + extra], "little")
        at += extra
    end = at + count + 1
    if end > len(data):
        raise broken(where, "truncated Snappy literal")
    out += data[at:end]
    return end


def _copy(data: bytes | memoryview, at: int, out: bytearray, where: str) -> int:
    tag = data[at]
    extra = (0, 1, 2, 4)[tag & 3]
    if at + 1 + extra > len(data):
        raise broken(where, "truncated Snappy copy")
    offset = int.from_bytes(data[at + 1:at + 1 + extra], "little")
    if tag & 3 == 1:
        count, offset = ((tag >> 2) & 7) + 4, offset | (tag >> 5) << 8
    else:
        count = (tag >> 2) + 1
    start = len(out) - offset
    if offset == 0 or start < 0:
        raise broken(where, "a Snappy copy from before the start")
    piece = out[start:start + count]
    out += (piece * (count // len(piece) + 1))[:count]
    return at + 1 + extra

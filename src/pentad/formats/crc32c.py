"""CRC-32C (Castagnoli), the checksum of LevelDB tables, checkpoints and TFRecord files.

Long data is cut into lanes of equal length that NumPy takes one step of at once; the checksums of
neighbouring lanes are then joined in pairs. Short data goes through the table byte by byte.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

_POLYNOMIAL = 0x82F63B78
_SHORT = 2048
_DELTA = 0xA282EAD8


def _table() -> np.ndarray[Any, Any]:
    values = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        values = np.where(values & 1, (values >> 1) ^ np.uint32(_POLYNOMIAL), values >> 1)
    return values


_TABLE = _table()
_LIST = _TABLE.tolist()
_PAIRS = np.arange(1 << 16, dtype=np.uint32)
for _ in range(2):
    _PAIRS = _TABLE[_PAIRS & 0xFF] ^ (_PAIRS >> np.uint32(8))


def crc32c(data: bytes | memoryview, start: int = 0) -> int:
    """The checksum of data; of data that follows what had the checksum `start`."""
    crc = start ^ 0xFFFFFFFF
    view = memoryview(data).cast("B")
    if len(view) > _SHORT:
        crc, view = _long(crc, view)
    table = _LIST
    for byte in bytes(view):
        crc = table[crc & 0xFF ^ byte] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def _long(crc: int, view: memoryview) -> tuple[int, memoryview]:
    """The state after most of the data, and the rest."""
    lanes = 1 << max(4, min(16, (len(view) // 256).bit_length() - 1))
    steps = min(len(view) // lanes, 4096) & ~1
    part = lanes * steps
    while len(view) >= part:
        rows = np.frombuffer(view[:part], "<u2").reshape(lanes, steps // 2)
        columns = np.ascontiguousarray(rows.T)
        state = np.zeros(lanes, np.uint32)
        state[0] = crc
        for column in columns:
            state = _PAIRS.take((state ^ column) & 0xFFFF) ^ (state >> np.uint32(16))
        width = steps
        while len(state) > 1:
            state = _shifted(state[0::2], width) ^ state[1::2]
            width *= 2
        crc, view = int(state[0]), view[part:]
    return crc, view


@functools.lru_cache(64)
def _shift_tables(count: int) -> np.ndarray[Any, Any]:
    """What a state becomes after `count` zero bytes, by each of its four bytes: linear."""
    states = np.uint32(1) << np.arange(32, dtype=np.uint32)
    for bit in f"{count:b}":
        states = _apply_bits(states, states)
        if bit == "1":
            states = _TABLE[states & 0xFF] ^ (states >> np.uint32(8))
    return np.stack([_span(states[8 * i:8 * i + 8]) for i in range(4)])


def _apply_bits(map: np.ndarray[Any, Any], states: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    found = np.zeros_like(states)
    for bit in range(32):
        found ^= np.where((states >> np.uint32(bit)) & 1, map[bit], np.uint32(0))
    return found


def _span(images: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The images of all 256 bytes from those of its 8 bits."""
    values = np.arange(256)
    found = np.zeros(256, np.uint32)
    for bit in range(8):
        found ^= np.where((values >> bit) & 1, images[bit], np.uint32(0))
    return found


def _shifted(states: np.ndarray[Any, Any], count: int) -> np.ndarray[Any, Any]:
    tables = _shift_tables(count)
    found = np.zeros_like(states)
    for i in range(4):
        found ^= tables[i][(states >> np.uint32(8 * i)) & 0xFF]
    return found


def masked(crc: int) -> int:
    """A checksum as files store it: rotated and shifted, so that it may be checksummed itself."""
    return (((crc >> 15) | (crc << 17)) + _DELTA) & 0xFFFFFFFF


def unmasked(stored: int) -> int:
    """The checksum that a file stores."""
    crc = (stored - _DELTA) & 0xFFFFFFFF
    return ((crc >> 17) | (crc << 15)) & 0xFFFFFFFF

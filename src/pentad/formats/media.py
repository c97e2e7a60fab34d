"""Images as PNG files and sounds as WAV files, without another library."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from typing import Any

import numpy as np

_COLORS = {1: 0, 2: 4, 3: 2, 4: 6}


def png(pixels: np.ndarray[Any, Any]) -> bytes:
    """A (height, width, channels) image of bytes, or of 16 bits, as a PNG file.

    One channel is grey, two are grey and opacity, three are colours, four colours and opacity.
    """
    height, width, channels = pixels.shape
    depth = 8 * pixels.dtype.itemsize
    rows = pixels.astype(pixels.dtype.newbyteorder(">")).reshape(height, -1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    head = struct.pack(">IIBBBBB", width, height, depth, _COLORS[channels], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(raw)) + (
        _chunk(b"IEND", b""))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def wav(samples: np.ndarray[Any, Any], rate: float) -> bytes:
    """(frames, channels) samples of 16 bits as a WAV file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(round(rate))
        file.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()

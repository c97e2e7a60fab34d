"""Files of PyTorch, put together by hand."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

import pentad as pt
from pentad.formats import torch

FIXTURES = Path(__file__).parent / "fixtures" / "torch"
P = b"\x80\x02"
LEGACY = 0x1950A86A20F9469CFC6C


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def archive(data: bytes, *, top="m", packed=zipfile.ZIP_STORED, **entries: bytes) -> bytes:
    """An archive with that pickle; entries by name, with `__` for a slash."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", packed) as file:
        file.writestr(f"{top}/data.pkl", data)
        for name, content in entries.items():
            file.writestr(f"{top}/" + name.replace("__", "/"), content)
        if "version" not in entries:
            file.writestr(f"{top}/version", b"3\n")
    return made.getvalue()


def refused(content: bytes) -> str:
    with pytest.raises(pt.FormatError) as caught:
        torch.load(io.BytesIO(content))
    return str(caught.value)


def reference(kind=b"ctorch\nFloatStorage\n", key="0", length=b"K\x04", first=None, more=b""):
    return b"(" + text(first or "storage") + kind + text(key) + text("cpu") + length + more + b"tQ"


def tensor(storage=None, offset=b"K\x00", shape=b"K\x04\x85", steps=b"K\x01\x85", more=b"\x89N"):
    return (b"ctorch._utils\n_rebuild_tensor_v2\n(" + (storage or reference()) + offset + shape
            + steps + more + b"tR")


FOUR = struct.pack("<4f", 1, 2, 3, 4)

"""Writing PyTorch's files: the archive around the pickle."""

from __future__ import annotations

import struct
import sys
import zipfile
from typing import Any, BinaryIO

from pentad.formats.torch.instances import Classes
from pentad.formats.torch.writing import Pickler
from pentad.graph import dtypes
from pentad.runtime.memory import as_numpy

_ALIGNMENT = 64
_PIECE = 1 << 24


def write_archive(
    obj: Any, file: BinaryIO, top: str, classes: Classes | None = None
) -> None:
    """Write the archive of an object, whose entries stand in a folder of that name."""
    pickler = Pickler(classes)
    pickle = pickler.dumped(obj)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, f"{top}/data.pkl", pickle)
        _add(archive, f"{top}/byteorder", sys.byteorder.encode())
        for kept in pickler.storages.values():
            storage = kept.storage
            content = as_numpy(storage, 0, (storage.nbytes,), (1,), dtypes.uint8)
            _add(archive, f"{top}/data/{kept.key}", content.data)
        _add(archive, f"{top}/version", b"3\n")


def _add(archive: zipfile.ZipFile, name: str, content: bytes | bytearray | memoryview[Any]) -> None:
    """An entry whose bytes begin at a multiple of 64, as readers that map files like it."""
    entry = zipfile.ZipInfo(name)  # of 1980: equal objects are equal files
    entry.file_size = len(content)
    assert archive.fp is not None
    gap = -(archive.fp.tell() + 30 + len(name) + 4) % _ALIGNMENT
    entry.extra = struct.pack("<2sH", b"FB", gap) + b"Z" * gap
    with archive.open(entry, "w") as stream:
        for at in range(0, len(content), _PIECE):
            stream.write(content[at:at + _PIECE])

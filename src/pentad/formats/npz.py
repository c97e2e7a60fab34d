"""NumPy's .npz files: arrays of numbers by name."""

from __future__ import annotations

import math
import os
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from pentad.formats import files, limits
from pentad.formats.archive import Archive
from pentad.formats.files import broken

_MAGICS = (b"\x93NUMPY\1\0", b"\x93NUMPY\2\0")
_HEADER = re.compile(
    rb"\{'descr': '([<>|=]?[biufc]\d{1,2})', 'fortran_order': (True|False), "
    rb"'shape': \(((?:\d{1,18}L?,? ?){0,70})\), \}\s*")


def is_npz(names: list[str]) -> bool:
    """Are these entries of an archive those of an .npz file?"""
    return bool(names) and all(name.endswith(".npy") for name in names)


def entries(path: str | os.PathLike[str]) -> list[str]:
    """The names of what a zip archive holds; FormatError for a broken one."""
    with files.reading(path) as file:
        return list(Archive(file, files.length(file), os.fspath(path)).entries)


def read_npz(path: str | os.PathLike[str]) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of a file; FormatError if it is broken, or holds something but numbers."""
    where = os.fspath(path)
    found = {}
    with files.reading(path) as file:
        archive = Archive(file, files.length(file), where)
        if not is_npz(list(archive.entries)):
            raise broken(where, "a zip archive, but not of arrays", "entries called *.npy",
                         ", ".join(list(archive.entries)[:4])[:120] or "none")
        for name, entry in archive.entries.items():
            data = archive.read(name, entry.size)
            found[name.removesuffix(".npy")] = _array(data, f"{where}, entry {name!r}")
    return found


def _array(data: bytes, where: str) -> np.ndarray[Any, Any]:
    wide = 4 if data[6:7] == b"\2" else 2  # of the header's length, by the version
    start = 8 + wide + int.from_bytes(data[8:8 + wide], "little")
    header = _HEADER.fullmatch(data[8 + wide:start])
    if not data.startswith(_MAGICS) or header is None:
        raise broken(where, "not an array of numbers", "the header of an .npy file",
                     repr(data[:100]))
    code, order, sizes = (part.decode() for part in header.groups())
    shape = tuple(int(n) for n in re.findall(r"\d+", sizes))
    try:
        dtype = np.dtype(code)
    except TypeError as error:
        raise broken(where, "an element type that is none", got=code) from error
    count, body = math.prod(shape), data[start:]
    if len(shape) > limits.TORCH_RANK or count * dtype.itemsize != len(body):
        raise broken(where, "an array of another size", f"{str(shape)[:80]} of {dtype}",
                     f"{len(body)} bytes")
    array = np.frombuffer(body, dtype).reshape(shape, order="F" if order == "True" else "C")
    return array.astype(dtype.newbyteorder("="), order="C")


def write_npz(path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
    """Write arrays by name, whole or not at all; np.load reads them."""
    with files.replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)

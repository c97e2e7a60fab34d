"""`load` and `save`: whole files of PyTorch."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from pentad.formats import files
from pentad.formats.files import broken
from pentad.formats.torch import reading
from pentad.formats.torch.instances import Classes
from pentad.formats.torch.writing_archive import write_archive
from pentad.graph.errors import ArgumentError, message

_HEAD = 512


def load(f: str | os.PathLike[str] | BinaryIO, classes: Classes | None = None) -> Any:
    """What a .pt or .pth file holds: tensors, numbers, texts, and containers of them.

    f: a path, or a binary file that can seek. Tensors that shared their storage share their memory,
    Parameters stay Parameters, sizes are tuples, devices texts. Nothing in the file is executed:
    FormatError for a file that is broken, or that names any class or function but those of tensors
    and containers (torch.load(weights_only=True) is the counterpart); ResourceError if it cannot
    be read.
    """
    with _reading(f) as (file, length, name):
        start = file.tell()
        head = file.read(_HEAD)
        file.seek(start)
        if reading.is_zip(head):
            return reading.read_archive(file, length, name, classes)
        if reading.is_legacy(head):
            return reading.read_legacy(file, length, name, classes)
        tar = "a tar archive, as PyTorch wrote before 0.1.10"
        raise broken(
            name, tar if reading.is_tar(head) else "not a file of PyTorch",
            expected="what torch.save writes: a zip archive, or the older sequence of pickles",
            got=repr(head[:16]), hint="a pickle of another kind, a broken download? In PyTorch, "
            "torch.save(torch.load(path), path) writes the present format",
        )


def load_pickle(f: str | os.PathLike[str] | BinaryIO) -> Any:
    """The numbers, texts, NumPy arrays and containers of a plain pickle, of Python 2 or 3.

    Texts of Python 2 longer than 255 bytes are bytes. Nothing in the file is executed: FormatError
    for one that is broken or names anything else.
    """
    with _reading(f) as (file, length, name):
        return reading.read_pickle(file, length, name)


def save(
    obj: Any, f: str | os.PathLike[str] | BinaryIO, classes: Classes | None = None
) -> None:
    """Write tensors, numbers, texts and containers of them as torch.save does (a .pt file).

    torch.load(weights_only=True) reads it. Tensors that share memory share it in the file. A path
    appears complete or not at all. ArgumentError, before anything is written, for anything else.
    classes: what knows further classes (torch.load then needs weights_only=False).
    """
    if hasattr(f, "write"):
        made = io.BytesIO()
        write_archive(obj, made, "archive", classes)
        f.write(made.getvalue())
        return
    if not isinstance(f, (str, os.PathLike)):
        raise ArgumentError(message("save: not a file", expected="a path, or a binary file",
                                    got=type(f).__name__))
    stem = os.path.splitext(os.path.basename(os.fspath(f)))[0]
    with files.replacing(f) as file:
        top = stem if stem.isascii() and stem.isidentifier() else "archive"
        write_archive(obj, file, top, classes)


def is_torch_file(f: str | os.PathLike[str]) -> bool:
    """Does a file begin as PyTorch's do? (A zip archive of another kind does, too.)"""
    with files.reading(f) as file:
        head = file.read(_HEAD)
    return reading.is_zip(head) or reading.is_legacy(head) or reading.is_tar(head)


@contextmanager
def _reading(f: Any) -> Iterator[tuple[BinaryIO, int, str]]:
    """A file that can seek, the bytes in it, its name."""
    if isinstance(f, (str, os.PathLike)):
        with files.reading(f) as file:
            yield file, files.length(file), os.fspath(f)
        return
    content = f.read() if hasattr(f, "read") else None
    if not isinstance(content, bytes):
        raise ArgumentError(message("load: not a file", expected="a path, or a binary file",
                                    got=type(f).__name__))
    yield io.BytesIO(content), len(content), str(getattr(f, "name", "the file"))

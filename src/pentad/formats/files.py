"""Files that are read with care and written whole."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from pentad.graph.absent import MissingFile
from pentad.graph.errors import FormatError, ResourceError, message


def broken(
    where: str, what: str, expected: str | None = None, got: str | None = None,
    hint: str | None = None,
) -> FormatError:
    """The error for a file, or a place in one, that is not what it should be."""
    return FormatError(message(f"{where}: {what}", expected=expected, got=got, hint=hint))


def _open_without_waiting(name: str, flags: int) -> int:
    # A named pipe in place of a file would block the open for ever.
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


@contextmanager
def reading(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A regular file, opened for reading; ResourceError if it cannot be."""
    name = os.fspath(path)
    try:
        with open(name, "rb", opener=_open_without_waiting) as f:
            if not stat.S_ISREG(os.fstat(f.fileno()).st_mode):
                raise broken(name, "not a regular file", "a file", "a directory, device or pipe")
            yield f
    except OSError as error:
        kind = MissingFile if isinstance(error, FileNotFoundError) else ResourceError
        raise kind(message(
            f"cannot read {name}", expected="a readable file", got=error.strerror or str(error),
        )) from error


def length(file: BinaryIO) -> int:
    """How many bytes an open file has."""
    return os.fstat(file.fileno()).st_size


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file to write to that takes its name when it is complete and on disk, or not at all."""
    name = os.fspath(path)
    temporary = f"{name}.tempstate{secrets.token_hex(8)}"
    try:
        handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, name)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise ResourceError(message(
            f"cannot write {name}", expected="room in a writable directory",
            got=error.strerror or str(error),
        )) from error

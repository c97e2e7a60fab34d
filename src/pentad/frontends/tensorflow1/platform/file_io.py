"""Files by name, with TensorFlow's errors."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from pentad import static
from pentad.frontends.tensorflow1 import errors

_KINDS = (
    (FileNotFoundError, errors.NotFoundError), (FileExistsError, errors.AlreadyExistsError),
    (PermissionError, errors.PermissionDeniedError),
    (IsADirectoryError, errors.FailedPreconditionError),
    (NotADirectoryError, errors.FailedPreconditionError), (OSError, errors.UnknownError),
)


@contextmanager
def translated() -> Iterator[None]:
    """Errors of the operating system as TensorFlow's."""
    try:
        yield
    except OSError as error:
        kind = next(new for old, new in _KINDS if isinstance(error, old))
        raise kind(None, None, static.message(
            f"{error.filename}; {error.strerror}", got=str(error.filename))) from error


def path_of(name: Any) -> str:
    """A path as text; `file://` before it is left out."""
    name = os.fspath(name)
    name = name.decode() if isinstance(name, bytes) else name
    return name.removeprefix("file://")


class FileStatistics(NamedTuple):
    """What is known of a file."""

    length: int
    mtime_nsec: int
    is_directory: bool


class GFile:
    """A file, opened when it is first read or written."""

    def __init__(self, name: Any, mode: str = "r") -> None:
        self.name, self.mode = path_of(name), mode
        if mode.replace("b", "").replace("+", "") not in ("r", "w", "a"):
            raise errors.PermissionDeniedError(None, None, static.message(
                f"Mode {mode!r} of {name!r} is not one of a file", expected="r, w, a, rb, wb"))
        self._file: Any = None

    @property
    def _open(self) -> Any:
        if self._file is None:
            with translated():
                binary = "b" in self.mode
                self._file = open(  # noqa: SIM115 (closed by close)
                    self.name, self.mode, encoding=None if binary else "utf-8",
                    newline=None if binary else "")
        return self._file

    def read(self, n: int = -1) -> Any:
        """So many characters or bytes, all that are left if negative."""
        with translated():
            return self._open.read(n)

    def readline(self) -> Any:
        """The next line, with its end."""
        return self._open.readline()

    def readlines(self) -> list[Any]:
        """The lines that are left."""
        return self._open.readlines()

    def write(self, file_content: Any) -> None:
        """Write texts or bytes."""
        text = "b" not in self.mode
        if text and isinstance(file_content, bytes):
            file_content = file_content.decode()
        self._open.write(file_content if text or isinstance(file_content, bytes)
                         else str(file_content).encode())

    def seek(self, offset: Any = None, whence: int = 0, position: Any = None) -> None:
        """Go to a place."""
        self._open.seek(position if offset is None else offset, whence)

    def tell(self) -> int:
        """The place."""
        return self._open.tell()

    def size(self) -> int:
        """How many bytes the file has."""
        self.flush()
        return Stat(self.name).length

    def flush(self) -> None:
        """Hand everything to the operating system."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Close it."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __del__(self) -> None:
        # Programs leave them open, as TensorFlow's are closed by themselves.
        if getattr(self, "_file", None) is not None:
            self.close()

    def __enter__(self) -> GFile:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __iter__(self) -> GFile:
        return self

    def __next__(self) -> Any:
        line = self._open.readline()
        if not line:
            raise StopIteration
        return line


def Exists(filename: Any) -> bool:
    """Is there a file or folder of that name?"""
    return os.path.exists(path_of(filename))


def IsDirectory(dirname: Any) -> bool:
    """Is it a folder?"""
    return os.path.isdir(path_of(dirname))


def ListDirectory(dirname: Any) -> list[str]:
    """The names in a folder."""
    with translated():
        return os.listdir(path_of(dirname))


def Glob(filename: Any) -> list[str]:
    """The files that patterns match, in order."""
    patterns = filename if isinstance(filename, list | tuple) else [filename]
    return sorted(f for p in patterns for f in glob.glob(path_of(p)))


def MkDir(dirname: Any) -> None:
    """Make a folder."""
    with translated():
        os.mkdir(path_of(dirname))


def MakeDirs(dirname: Any) -> None:
    """Make a folder, and those above it."""
    with translated():
        os.makedirs(path_of(dirname), exist_ok=True)


def Remove(filename: Any) -> None:
    """Delete a file."""
    with translated():
        os.remove(path_of(filename))


def DeleteRecursively(dirname: Any) -> None:
    """Delete a folder with what is in it, or a file."""
    path = path_of(dirname)
    with translated():
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.remove(path)


def Copy(oldpath: Any, newpath: Any, overwrite: bool = False) -> None:
    """Copy a file; AlreadyExistsError if there is one and it is not to be overwritten."""
    _may_write(newpath, overwrite)
    with translated():
        shutil.copyfile(path_of(oldpath), path_of(newpath))


def Rename(oldname: Any, newname: Any, overwrite: bool = False) -> None:
    """Give a file another name."""
    _may_write(newname, overwrite)
    with translated():
        os.replace(path_of(oldname), path_of(newname))


def _may_write(path: Any, overwrite: bool) -> None:
    if not overwrite and os.path.exists(path_of(path)):
        raise errors.AlreadyExistsError(None, None, static.message(
            f"file already exists: {path}", hint="pass overwrite=True"))


def Stat(filename: Any) -> FileStatistics:
    """What is known of a file; NotFoundError if there is none."""
    with translated():
        found = os.stat(path_of(filename))
    return FileStatistics(found.st_size, found.st_mtime_ns, os.path.isdir(path_of(filename)))


def Walk(top: Any, in_order: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
    """The folders below one: each with its folders and its files."""
    for path, folders, files in os.walk(path_of(top), topdown=in_order):
        folders.sort()
        yield path, folders, sorted(files)


def write_string_to_file(filename: Any, file_content: Any) -> None:
    """Write a whole file."""
    with GFile(filename, "wb" if isinstance(file_content, bytes) else "w") as file:
        file.write(file_content)


def read_file_to_string(filename: Any, binary_mode: bool = False) -> Any:
    """Read a whole file."""
    with GFile(filename, "rb" if binary_mode else "r") as file:
        return file.read()

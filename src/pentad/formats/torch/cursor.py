"""The bytes of a file as an interpreter of pickles takes them."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

from pentad.formats import limits
from pentad.formats.files import broken
from pentad.graph.errors import FormatError


class Cursor:
    """The bytes of a file from its present place on: never more than there are.

    whole: the bytes of the file that these come from, by which what is made of them is bounded.
    """

    def __init__(self, file: BinaryIO, left: int, where: str, whole: int | None = None) -> None:
        self.file, self.left, self.where, self.at = file, left, where, 0
        self.room = limits.MADE_BYTES + limits.MADE * (left if whole is None else whole)

    def charge(self, nbytes: int) -> None:
        """Memory that is about to be made of what was read before; FormatError if it is too much.

        What stands in the file is bounded by the file; a step of two bytes that copies it is not.
        """
        self.room -= nbytes
        if self.room < 0:
            raise self.broken("too much is made of what the file holds",
                              f"{limits.MADE} times the bytes of the file and "
                              f"{limits.MADE_BYTES >> 20} MiB at most", "copies of the same values")

    def take(self, count: int) -> bytes:
        """The next bytes; FormatError if there are fewer."""
        data = self.file.read(count) if count <= self.left else b""
        if len(data) != count:
            raise self.broken("truncated", f"{count} bytes more", f"{self.left}")
        self.left -= count
        self.at += count
        return data

    def take_into(self, values: Any) -> None:
        """Fill an array of bytes with the next ones."""
        fits = values.nbytes <= self.left
        if not fits or self.file.readinto(values) != values.nbytes:  # type: ignore[attr-defined]
            raise self.broken("truncated", f"{values.nbytes} bytes more", f"{self.left}")
        self.left -= values.nbytes
        self.at += values.nbytes

    def line(self) -> str:
        """The next line, without its end."""
        data = self.file.readline(min(self.left, limits.NAME_BYTES))
        if not data.endswith(b"\n"):
            raise self.broken("truncated, or too long a name")
        self.left -= len(data)
        self.at += len(data)
        return self.text(data[:-1])

    def text(self, data: bytes) -> str:
        """Bytes that must be UTF-8."""
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise self.broken("a text that is not UTF-8", got=repr(data[:40])) from error

    def number(self, form: str) -> Any:
        """The number of a form of `struct` that comes next."""
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def broken(
        self, what: str, expected: str | None = None, got: str | None = None,
        hint: str | None = None,
    ) -> FormatError:
        """The error for what stands here."""
        return broken(f"{self.where}, byte {self.at}", what, expected, got, hint)

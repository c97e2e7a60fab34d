"""The flags, each declared once: environment variable, type, default and doc.

`config.debug`, `config.cache_dir`, ... read their variable on first use and keep the value; a value
outside the flag's domain raises ArgumentError, which names the variable. `config.override(...)`
changes flags for a while, `config.describe()` lists them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar, overload

from pentad.graph.errors import ArgumentError, message

VERSION = "0.1.0"

T = TypeVar("T")


class FlagState(NamedTuple):
    """One line of `config.describe()`."""

    variable: str
    value: object
    default: object
    doc: str


def _integer(lowest: int, highest: int) -> tuple[Callable[[str], int], str]:
    """The parser of whole numbers in [lowest, highest] and the domain in words."""

    def parse(text: str) -> int:
        value = int(text)
        if not lowest <= value <= highest:
            raise ValueError(text)
        return value

    return parse, f"a whole number from {lowest} to {highest}"


def _parse_path(text: str) -> Path:
    if not text or "\0" in text:
        raise ValueError(text)
    return Path(text).expanduser()


def _parse_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", text):
        raise ValueError(text)
    return text


_PATH: tuple[Callable[[str], Path], str] = (_parse_path, "the path of a directory")
_NAME: tuple[Callable[[str], str], str] = (_parse_name, "a name, such as avx2")


class Flag(Generic[T]):
    """One flag: `domain` is the parser of its text and the domain in words."""

    def __init__(
        self, variable: str, domain: tuple[Callable[[str], Any], str], default: T, doc: str
    ) -> None:
        self.variable = variable
        self.parse, self.expected = domain
        self.default = default
        self.doc = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, holder: None, owner: type) -> Flag[T]: ...

    @overload
    def __get__(self, holder: Config, owner: type) -> T: ...

    def __get__(self, holder: Config | None, owner: type) -> T | Flag[T]:
        if holder is None:
            return self
        text = os.environ.get(self.variable)
        value = self.default if text is None else self.read(text)
        # Without a __set__, the instance's dictionary comes first: the next read costs nothing.
        holder.__dict__[self.name] = value
        return value

    def read(self, text: str) -> T:
        """The value that `text` stands for; ArgumentError if it stands for none."""
        try:
            value: T = self.parse(text)
        except ValueError:
            raise ArgumentError(
                message(
                    f"{self.variable} has an unusable value",
                    expected=self.expected,
                    got=repr(text),
                    hint=f"unset {self.variable} to get its default ({self.default})",
                )
            ) from None
        return value


class Config:
    """The flags of this process. Assigning checks the value as if it came from outside."""

    debug = Flag(
        "PENTAD_DEBUG",
        _integer(0, 6),
        0,
        "what is shown on stderr: 1 devices, 2 passes, 3 graphs, 4 kernels, 5 LLVM IR, 6 assembly",
    )
    cache_dir: Flag[Path | None] = Flag(
        "PENTAD_CACHE_DIR",
        _PATH,
        None,
        "where compiled code is kept (default: pentad in $XDG_CACHE_HOME or ~/.cache)",
    )
    cache_megabytes = Flag(
        "PENTAD_CACHE_MB",
        _integer(0, 1 << 20),
        512,
        "how much compiled code is kept on disk; the oldest goes first",
    )
    num_threads: Flag[int | None] = Flag(
        "PENTAD_NUM_THREADS",
        _integer(1, 1024),
        None,
        "at most this many threads (never more than the processors this process may use)",
    )
    target: Flag[str | None] = Flag(
        "PENTAD_TARGET",
        _NAME,
        None,
        "generate code for this kind of processor instead of the one found (avx2, avx512)",
    )
    bfloat16_dot = Flag(
        "PENTAD_BFLOAT16_DOT",
        _integer(0, 1),
        0,
        "1: bfloat16 products by the processor's own instruction, if any; it rounds otherwise",
    )
    winograd = Flag(
        "PENTAD_WINOGRAD",
        _integer(0, 1),
        1,
        "0: 3x3 convolutions tap by tap, not by the fewer products of Winograd's F(2x2, 3x3)",
    )
    data: Flag[Path | None] = Flag(
        "PENTAD_DATA", _PATH, None, "the directory in which data sets are looked for"
    )

    def __setattr__(self, name: str, value: object) -> None:
        flag = _FLAGS.get(name)
        if flag is None:
            raise ArgumentError(message(f"there is no flag {name!r}", expected=", ".join(_FLAGS)))
        unset = value is None and flag.default is None
        self.__dict__[name] = None if unset else flag.read(str(value))

    def reload(self) -> None:
        """Forget the values, so that each flag is read from the environment again."""
        self.__dict__.clear()

    @contextmanager
    def override(self, **values: object) -> Iterator[Config]:
        """Set flags for the length of a `with` block."""
        before = dict(self.__dict__)
        try:
            for name, value in values.items():
                setattr(self, name, value)
            yield self
        finally:
            self.__dict__.clear()
            self.__dict__.update(before)

    def describe(self) -> list[FlagState]:
        """Every flag with its present value, for `pentad doctor`."""
        return [
            FlagState(flag.variable, getattr(self, name), flag.default, flag.doc)
            for name, flag in _FLAGS.items()
        ]


_FLAGS: dict[str, Flag[Any]] = {
    name: value for name, value in vars(Config).items() if isinstance(value, Flag)
}
config = Config()

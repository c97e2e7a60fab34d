"""Operations with whole files."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.framework.resources import boxed, name_of
from pentad.frontends.tensorflow1.platform.file_io import Glob, translated


def _read(store: Any, node: Any, filename: Any) -> Any:
    with translated(), open(name_of(filename), "rb") as file:
        return boxed(file.read())


def _write(store: Any, node: Any, filename: Any, contents: Any) -> Any:
    path = name_of(filename)
    with translated():
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "wb") as file:
            file.write(np.asarray(contents, object).item())
    return ()


def _matching(store: Any, node: Any, pattern: Any) -> Any:
    patterns = [p.decode() for p in np.asarray(pattern, object).reshape(-1)]
    return np.array([*(os.fsencode(f) for f in Glob(patterns)), None], object)[:-1]


_READ = op("ReadFile", "filename: string -> contents: string", _read, kind=static.ResourceOp,
           types=lambda *_: [(dtypes.string, ())])
_WRITE = op("WriteFile", "filename: string, contents: string -> ", _write,
            kind=static.ResourceOp, types=lambda *_: [])
_MATCHING = op("MatchingFiles", "pattern: string -> filenames: string", _matching,
               kind=static.ResourceOp, types=lambda *_: [(dtypes.string, (None,))])


def read_file(filename: Any, name: str | None = None) -> Any:
    """A whole file as a text."""
    return _READ(filename, name=name)


def write_file(filename: Any, contents: Any, name: str | None = None) -> Any:
    """An operation that writes a text to a file."""
    return _WRITE(filename, contents, name=name)


def matching_files(pattern: Any, name: str | None = None) -> Any:
    """The names of the files that patterns match, in order."""
    return _MATCHING(pattern, name=name)

"""torch.serialization: files of tensors, containers of them, and whole modules (whole.py).

Nothing in a file is run, whatever weights_only says.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any

import pentad as pt
from pentad.frontends.missing import absent
from pentad.frontends.torch.whole import SAFE, Known


def save(
    obj: Any, f: Any, pickle_module: Any = None, pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True, **options: Any,
) -> None:
    """Write a file as torch.save does; ArgumentError for what is neither data nor a module."""
    pt.formats.torch.save(obj, f, Known())


def load(
    f: Any, map_location: Any = None, pickle_module: Any = None, *, weights_only: Any = None,
    mmap: bool | None = None, **options: Any,
) -> Any:
    """What a file of PyTorch's holds, its tensors on the CPU; FormatError for any other object in
    it, ArgumentError where another device is asked for. Modules are read unless weights_only=True;
    their classes must be imported."""
    if isinstance(map_location, str):
        pt.empty(0, device=map_location)
    return pt.formats.torch.load(f, None if weights_only and not SAFE else Known())


def add_safe_globals(safe_globals: Sequence[Any]) -> None:
    """Files may have instances of these classes too."""
    SAFE.extend(kind for kind in safe_globals if isinstance(kind, type))


def get_safe_globals() -> list[Any]:
    """The classes that the program called safe."""
    return list(SAFE)


def clear_safe_globals() -> None:
    """No class is called safe any more."""
    SAFE.clear()


class safe_globals:
    """As a context: these classes are safe within it."""

    def __init__(self, safe_globals: Sequence[Any]) -> None:
        self.given = safe_globals

    def __enter__(self) -> None:
        self.before = list(SAFE)
        add_safe_globals(self.given)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        SAFE[:] = self.before


__getattr__ = absent(__name__)

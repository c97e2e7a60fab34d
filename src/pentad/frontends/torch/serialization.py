"""torch.serialization: files of tensors and containers of them, read as data and written as data.

Whole modules are no data: their state_dicts are. Nothing in a file is run, whatever weights_only
says.
"""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad.frontends.missing import absent


def save(
    obj: Any, f: Any, pickle_module: Any = None, pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True, **options: Any,
) -> None:
    """Write a file as torch.save does; ArgumentError for what is no data, such as a module."""
    pt.formats.torch.save(obj, f)


def load(
    f: Any, map_location: Any = None, pickle_module: Any = None, *, weights_only: Any = None,
    mmap: bool | None = None, **options: Any,
) -> Any:
    """What a file of PyTorch's holds, its tensors on the CPU; FormatError for any other object in
    it, ArgumentError where another device is asked for."""
    if isinstance(map_location, str):
        pt.empty(0, device=map_location)
    return pt.formats.torch.load(f)


def add_safe_globals(safe_globals: Any) -> None:
    """Nothing: no class that a file names is made, whatever is called safe."""


__getattr__ = absent(__name__)

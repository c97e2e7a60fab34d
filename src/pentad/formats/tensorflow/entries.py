"""What a checkpoint says of a tensor."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """A tensor's element type, by NumPy's name where it has one, and its shape."""

    dtype: str
    shape: tuple[int, ...]

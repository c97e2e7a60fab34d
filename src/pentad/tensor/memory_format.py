"""PyTorch's memory formats: how the dimensions of a tensor follow each other in memory."""

from __future__ import annotations

from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.graph.naming import naming


class MemoryFormat:
    """An order of the dimensions in memory. `channels_last_of` is the number of dimensions of
    which the second comes last there; None: the order is that of the shape."""

    def __init__(self, name: str, channels_last_of: int | None = None) -> None:
        self.name = name
        self.channels_last_of = channels_last_of

    def __repr__(self) -> str:
        return f"{naming.package}.{self.name}"


contiguous_format = MemoryFormat("contiguous_format")
preserve_format = MemoryFormat("preserve_format")
channels_last = MemoryFormat("channels_last", 4)
channels_last_3d = MemoryFormat("channels_last_3d", 5)


def checked(value: Any) -> MemoryFormat:
    """The value if it is a memory format; ArgumentError otherwise."""
    if isinstance(value, MemoryFormat):
        return value
    raise ArgumentError(
        message("no memory format", expected="contiguous_format, preserve_format, channels_last "
                "or channels_last_3d", got=repr(value))
    )

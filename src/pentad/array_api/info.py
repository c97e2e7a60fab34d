"""Inspection: what this implementation of the standard can do."""

from __future__ import annotations

from typing import Any

from pentad.array_api.array import CPU, check_device
from pentad.array_api.data_types import complex_of
from pentad.array_api.promotion import ALL, KINDS
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, message
from pentad.tensor.state import get_default_dtype

MAX_DIMENSIONS = 64




class Info:
    """What `__array_namespace_info__()` returns."""

    __slots__ = ()

    def capabilities(self) -> dict[str, Any]:
        """What is optional in the standard, and is there."""
        return {
            "boolean indexing": True,
            "data-dependent shapes": True,
            "max dimensions": MAX_DIMENSIONS,
        }

    def default_device(self) -> str:
        """The device of new arrays."""
        return CPU

    def default_dtypes(self, *, device: Any = None) -> dict[str, DType]:
        """The dtypes of new arrays by kind; `pentad.set_default_dtype` changes the floats."""
        check_device("default_dtypes", device)
        real = get_default_dtype()
        return {
            "real floating": real,
            "complex floating": complex_of(real),
            "integral": dtypes.int64,
            "indexing": dtypes.int64,
        }

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, DType]:
        """The dtypes by name; only those of a kind, or of one of a tuple of kinds."""
        check_device("dtypes", device)
        kinds = (kind,) if isinstance(kind, str) else kind
        unknown = [k for k in kinds or () if k not in KINDS]
        if unknown:
            raise ArgumentError(
                message("dtypes: unknown kind", expected=", ".join(KINDS), got=repr(unknown[0]))
            )
        chosen = ALL if kinds is None else tuple(d for k in kinds for d in KINDS[k])
        return {d.name: d for d in ALL if d in chosen}

    def devices(self) -> list[str]:
        """All devices."""
        return [CPU]


def __array_namespace_info__() -> Info:
    """What this implementation can do."""
    return Info()

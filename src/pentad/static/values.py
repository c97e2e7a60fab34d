"""What is known of a value before it is computed.

Types have shapes with sizes that may be None, or no shape at all. To find the type of a result an
op is tried (probing.py) on abstract values: `Abstract` has a dtype and a shape in which every
unknown size is replaced by a number, once by the first of PROBES and once by the second; what
differs between the two is unknown in the result. `Known` are small arrays that are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pentad.graph.errors import ShapeError, message

PROBES = (840, 2520)
"""Sizes to try instead of unknown ones: most numbers up to ten divide both."""


class _String:
    """The dtype of texts: values of it exist in Python only."""

    name, numpy = "string", np.dtype(object)
    is_floating_point = is_complex = is_integer = is_inexact = False

    def __repr__(self) -> str:
        return "string"


STRING = _String()

Shape = tuple["int | None", ...] | None


class Abstract(NamedTuple):
    """A tensor of which only the type is known."""

    dtype: Any
    shape: tuple[int, ...]


class Known:
    """A small array of which the values are known; an object array if some are symbolic sizes."""

    __slots__ = ("array", "dtype")

    def __init__(self, array: np.ndarray[Any, Any], dtype: Any) -> None:
        self.array, self.dtype = array, dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return self.array.shape

    def __repr__(self) -> str:
        return f"Known({self.array!r})"


class Unknown(NamedTuple):
    """A value of which not even the number of axes is known."""

    dtype: Any

    @staticmethod
    def probes(type: Type, before: Sequence[Any] = ()) -> tuple[Any, ...]:
        """Abstract values of a type; those of `before` that are known and of its shape stay."""
        if type.shape is None:
            return (Unknown(type.dtype),)
        if before and all(isinstance(p, Known) for p in before):
            return tuple(before)
        sizes = PROBES if None in type.shape else PROBES[:1]
        return tuple(
            Abstract(type.dtype, tuple(n if s is None else s for s in type.shape)) for n in sizes
        )


class Type(NamedTuple):
    """A dtype and what is known of a shape."""

    dtype: Any
    shape: Shape

    @staticmethod
    def common(probes: Sequence[Any]) -> Shape:
        """The sizes on which the probes agree."""
        if any(isinstance(p, Unknown) for p in probes):
            return None
        shapes = [p.shape for p in probes]
        if len({len(s) for s in shapes}) != 1:
            return None
        return tuple(
            column[0] if len(set(column)) == 1 else None for column in zip(*shapes, strict=True)
        )

    def refined(self, shape: Shape, what: Any) -> Type:
        """With what another shape knows; ShapeError if they contradict each other."""
        if shape is None or self.shape is None:
            return Type(self.dtype, self.shape if shape is None else tuple(shape))
        fits = len(shape) == len(self.shape) and all(
            a is None or b is None or a == b for a, b in zip(self.shape, shape, strict=True)
        )
        if not fits:
            raise ShapeError(
                message(f"{what}: shapes do not fit", expected=str(Type(self.dtype, self.shape)),
                        got=str(Type(self.dtype, tuple(shape))))
            )
        pairs = zip(self.shape, shape, strict=True)
        return Type(self.dtype, tuple(b if a is None else a for a, b in pairs))

    def may_be_sizes(self) -> tuple[Any, ...] | None:
        """Probes for a whole number, or a few of them, that something may use as sizes."""
        dtype, shape = self
        if not getattr(dtype, "is_integer", False) or shape is None or None in shape:
            return None
        if int(np.prod(shape)) > 8 or np.iinfo(dtype.numpy).max < max(PROBES):
            return None
        return tuple(Known(np.full(shape, n, dtype.numpy), dtype) for n in PROBES)

    def __str__(self) -> str:
        name = getattr(self.dtype, "name", str(self.dtype))
        if self.shape is None:
            return f"{name}[...]"
        return f"{name}[{', '.join('?' if n is None else str(n) for n in self.shape)}]"

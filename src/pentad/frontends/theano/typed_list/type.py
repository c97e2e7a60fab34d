"""`TypedListType`: lists whose elements are of one type."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.type import Type


class TypedListType(Type):
    """The type of lists of `ttype`; with a `depth`, of lists of lists, so many more."""

    def __init__(self, ttype: Any, depth: int = 0) -> None:
        if depth < 0:
            raise ValueError(
                static.message("Please specify a depth superior or equal to 0", got=str(depth))
            )
        if not isinstance(ttype, Type):
            raise TypeError(static.message("Expected a Theano Type", got=str(ttype)))
        self.ttype = ttype if depth == 0 else TypedListType(ttype, depth - 1)

    @property
    def dtype(self) -> Any:
        """The type of the elements."""
        return self.ttype

    @property
    def ndim(self) -> int:
        """How many axes the elements have, and one more."""
        return int(self.ttype.ndim) + 1  # type: ignore[attr-defined]

    def get_depth(self) -> int:
        """How many lists lie within one another, beyond the first."""
        inner = self.ttype
        return inner.get_depth() + 1 if isinstance(inner, TypedListType) else 0

    def filter(self, data: Any, strict: bool = False, allow_downcast: Any = None) -> Any:
        """The list, each element as its type has it; TypeError if one cannot be."""
        if strict and not isinstance(data, list):
            raise TypeError(
                static.message("Expected a python list", expected=str(self),
                               got=type(data).__name__)
            )
        if not isinstance(data, list | tuple):
            raise TypeError(
                static.message("Expected a list", expected=str(self), got=type(data).__name__)
            )
        return [self.ttype.filter(v, strict, allow_downcast) for v in data]

    def values_eq(self, a: Any, b: Any) -> bool:  # type: ignore[override]
        """Are two lists equal?"""
        return len(a) == len(b) and all(
            self.ttype.values_eq(as_value(v), as_value(w)) for v, w in zip(a, b)
        )

    def may_share_memory(self, a: Any, b: Any) -> bool:
        """May elements of two lists, or of a list and another value, lie in the same memory?"""
        return a is b or any(
            np.may_share_memory(v, w) for v in _leaves(a) for w in _leaves(b)
        )

    def joined(self, arrays: list[Any]) -> Any:
        """The list, for what the graph gives."""
        return as_value(arrays[0].item())

    def __eq__(self, other: Any) -> bool:
        return type(self) is type(other) and self.ttype == other.ttype

    def __hash__(self) -> int:
        return hash((type(self), self.ttype))

    def __str__(self) -> str:
        return f"TypedList <{self.ttype}>"

    __repr__ = __str__


def as_value(found: Any) -> Any:
    """An element, or a list of them, with arrays in the place of tensors."""
    if isinstance(found, list):
        return [as_value(v) for v in found]
    return found.detach().numpy() if isinstance(found, pt.Tensor) else found


def _leaves(value: Any) -> list[Any]:
    if not isinstance(value, list):
        return [value]
    return [leaf for v in value for leaf in _leaves(v)]


__all__ = ["TypedListType"]

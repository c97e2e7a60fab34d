"""Variables that are made of several tensors, such as sparse matrices, and objects of Python.

Functions take one value for such a variable and hand its parts to the graph; of results they put
the parts together again. The type says how: `split(value)` and `joined(arrays)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pentad import static
from pentad.frontends.theano.gof.graph import Apply, Variable


class Bundle(Variable):
    """A variable made of tensors, its `parts`."""

    def __init__(self, type: Any, parts: Sequence[Any], name: str | None = None) -> None:
        self.parts, self._kind, self.name = tuple(parts), type, name
        self.node, self.index = parts[0].node, parts[0].index

    @property
    def type(self) -> Any:
        """Its type."""
        return self._kind

    @property
    def probes(self) -> Any:  # type: ignore[override]
        """Refused: it is no tensor."""
        raise TypeError(
            static.message("Variable type field must be a TensorType.", got=f"{self}: {self.type}",
                           where=self.node.line,
                           hint="use the functions of its own module, or make it a tensor first")
        )

    @property
    def owner(self) -> Apply | None:
        """What computes it; None if it is an input."""
        inputs = all(p.owner is None for p in self.parts)
        return None if inputs else next(p.owner for p in self.parts if p.owner is not None)

    def clone(self) -> Any:
        """A variable of the same type, computed by nothing."""
        return self.type.make_variable(self.name)

    def __str__(self) -> str:
        return self.name if self.name is not None else f"<{self.type}>"

    __repr__ = __str__


def parts_of(v: Any) -> tuple[Any, ...]:
    """The tensors that a variable is made of: itself, if it is a tensor."""
    return v.parts if isinstance(v, Bundle) else (v,)


def packed(v: Any) -> bool:
    """Do functions take and give other values of it than the graph does?"""
    return isinstance(v, Bundle) or v.static_type.dtype is static.STRING


def flat(variables: Iterable[Any]) -> list[Any]:
    """Variables, their parts in the place of bundles."""
    return [p for v in variables for p in parts_of(v)]


def split(variables: Sequence[Any], values: Sequence[Any]) -> list[Any]:
    """The values of the parts, for values of variables."""
    found: list[Any] = []
    for v, value in zip(variables, values, strict=True):
        found += v.type.split(value) if packed(v) else [value]
    return found


def joined(variables: Sequence[Any], values: Sequence[Any]) -> list[Any]:
    """The values of variables, for values of their parts."""
    left = iter(values)
    return [
        v.type.joined([next(left) for _ in parts_of(v)]) if packed(v) else next(left)
        for v in variables
    ]


def remade(variables: Sequence[Any], parts: Sequence[Any]) -> list[Any]:
    """The variables, made of other parts."""
    left = iter(parts)
    return [
        v.type.made_of([next(left) for _ in v.parts], v.name) if isinstance(v, Bundle)
        else next(left) for v in variables
    ]


__all__ = ["Bundle", "flat", "joined", "packed", "parts_of", "remade", "split"]

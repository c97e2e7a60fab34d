"""`FunctionGraph`: what a function computes, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad.frontends.missing import absent
from pentad.frontends.theano.gof.errors import MissingInputError
from pentad.frontends.theano.gof.graph import Apply, io_toposort, variables
from pentad.frontends.theano.gof.utils import InconsistencyError


class FunctionGraph:
    """The graph between inputs and outputs."""

    def __init__(
        self, inputs: Sequence[Any], outputs: Sequence[Any], features: Any = None,
        clone: bool = True, update_mapping: dict[int, int] | None = None,
    ) -> None:
        self.inputs, self.outputs = list(inputs), list(outputs)
        self.update_mapping = update_mapping or {}
        self.name: str | None = None

    def toposort(self) -> list[Apply]:
        """The Apply nodes in an order in which they can be computed."""
        return io_toposort(self.inputs, self.outputs)

    @property
    def apply_nodes(self) -> set[Apply]:
        """The Apply nodes."""
        return set(self.toposort())

    @property
    def variables(self) -> set[Any]:
        """The variables."""
        return set(variables(self.inputs, self.outputs)) | set(self.inputs)

    def clients(self, r: Any) -> list[tuple[Any, int]]:
        """Who reads a variable: pairs of an Apply, or "output", and the place there."""
        found: list[tuple[Any, int]] = [
            (a, i) for a in self.toposort() for i, v in enumerate(a.inputs) if v is r
        ]
        return found + [("output", i) for i, v in enumerate(self.outputs) if v is r]

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.outputs))}]"

    __repr__ = __str__


__all__ = ["FunctionGraph", "InconsistencyError", "MissingInputError"]
__getattr__ = absent(__name__)

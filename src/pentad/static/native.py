"""The main part of a run as one compiled function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pentad.static.graph import Symbol
from pentad.static.lane import Slots
from pentad.static.values import Known
from pentad.tensor.capture import compile

if TYPE_CHECKING:
    from pentad.static.runner import Run


class Native:
    """The main part of a run, compiled for some values of sizes."""

    def __init__(
        self, run: Run, symbols: Sequence[Symbol], known: dict[Symbol, Any], inside: bool
    ) -> None:
        self.run, self.symbols, self.inside = run, symbols, inside
        self.known = {
            s: Known(np.array(v, s.static_type.dtype.numpy), s.static_type.dtype)
            for s, v in known.items()
        }
        self.variables = tuple(dict.fromkeys([*run.parts.writes, *(v for v, _ in run.updates)]))
        self.slots = Slots() if run.simple else None
        axes = [
            tuple(i for i, n in enumerate(s.static_type.shape or ()) if n is None) for s in symbols
        ]
        self.compiled = compile.compile(self._traced, dynamic=axes)

    def _traced(self, *tensors: Any) -> Any:
        """Results without slots, and variables that are of another shape; None without either."""
        given = {**self.known, **dict(zip(self.symbols, tensors, strict=True))}
        results, moved = self.run.replayed(given, False, self.inside)
        new = dict(moved)
        if self.slots is not None and not new and self.slots.put(results):
            return None
        if not new:
            return tuple(results)
        return tuple(results), tuple([new.get(v) for v in self.variables])

    def taken(self, found: Any) -> Sequence[Any]:
        """The results of what native code gave; variables are changed."""
        results, moved = self.opened(found)
        self.keep(moved)
        return results

    def opened(self, found: Any) -> tuple[Sequence[Any], Sequence[Any]]:
        """The results of what native code gave, and what variables become, for `keep`."""
        if found is None:
            assert self.slots is not None
            return self.slots.arrays(), ()
        if not found or type(found[0]) is not tuple:
            return found, ()
        results, moved = found
        return results, moved

    def keep(self, moved: Sequence[Any]) -> None:
        """Store what variables become that were not written in place."""
        for variable, value in zip(self.variables, moved):
            if value is not None:
                self.run.store.keep(variable, value)

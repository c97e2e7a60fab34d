"""Small things that programs import from `theano.gof.utils`."""

from __future__ import annotations

from typing import Any


class MethodNotDefined(Exception):
    """A method that a class of ops should have is missing."""


class TestValueError(Exception):
    """A variable has no test value, though one is needed."""


class InconsistencyError(Exception):
    """A graph that an optimisation made is inconsistent."""


class scratchpad:
    """Whatever one likes to attach to a variable: `x.tag.test_value = ...`."""

    def clear(self) -> None:
        """Forget everything."""
        self.__dict__.clear()

    def __str__(self) -> str:
        return "scratchpad" + str(self.__dict__)

    __repr__ = __str__


def hashtype(self: Any) -> int:
    """A hash of its class: `__hash__` of ops of which all are equal."""
    kind = type(self)
    return hash((kind.__name__, kind.__module__))


class object2:
    """An object."""

    def __ne__(self, other: Any) -> bool:
        return not self == other


__all__ = [
    "InconsistencyError", "MethodNotDefined", "TestValueError", "hashtype", "object2", "scratchpad",
]

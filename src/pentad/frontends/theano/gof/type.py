"""`Type`: what the types of variables have in common.

Values of a type that a program makes itself are any objects of Python: in the graph each lies in an
array of one element, and what is done with it runs outside of native code.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.theano.gof.graph import GRAPH, Constant, Variable


def boxed(value: Any) -> np.ndarray[Any, Any]:
    """An object as the graph holds it."""
    found = np.empty(1, object)
    found[0] = value
    return found.reshape(())


class ObjectVariable(Variable):
    """A variable whose values are objects of Python."""


class ObjectConstant(Constant):
    """An object that is known."""

    def signature(self) -> Any:
        """What equal constants have in common."""
        return self.type, self.data

    def __str__(self) -> str:
        return self.name if self.name is not None else f"{type(self).__name__}{{{self.data}}}"

    __repr__ = __str__


class Type:
    """The type of variables: which values they may have.

    Variable, Constant: the classes of its variables.
    """

    name: str | None = None
    Variable: Any = ObjectVariable
    Constant: Any = ObjectConstant

    @property
    def static(self) -> static.Type:
        """The type for the core."""
        return static.Type(static.STRING, ())

    # -- variables -----------------------------------------------------------------------------

    def make_variable(self, name: str | None = None) -> Any:
        """A new variable of the type."""
        made = static.placeholder(GRAPH, *self.static, extra={"value_types": [self]})
        made.name = name
        return made

    def __call__(self, name: str | None = None) -> Any:
        """A new variable of the type."""
        return self.make_variable(name)

    def make_constant(self, value: Any, name: str | None = None) -> Any:
        """A value of the type as a variable."""
        made = static.constant(GRAPH, boxed(self.filter(value)), static.STRING,
                               extra={"value_types": [self]})
        made.name = name
        return made

    def filter_variable(self, other: Any, allow_convert: bool = True) -> Any:
        """A variable of this type for one that can be taken for it; TypeError if it cannot."""
        found = other if isinstance(other, Variable) else self.make_constant(other)
        if found.type != self:
            raise TypeError(
                static.message(f"Cannot convert Type {found.type} (of Variable {other}) into Type "
                               f"{self}", expected=str(self), got=str(found.type),
                               where=found.node.line)
            )
        return found

    # -- values --------------------------------------------------------------------------------

    def filter(self, data: Any, strict: bool = False, allow_downcast: Any = None) -> Any:
        """The value as this type has it; TypeError if it cannot be one."""
        raise NotImplementedError(f"{type(self).__name__}.filter")

    def is_valid_value(self, a: Any) -> bool:
        """Is it a value of this type?"""
        try:
            self.filter(a, strict=True)
        except (TypeError, ValueError):
            return False
        return True

    def value_validity_msg(self, a: Any) -> str:
        """Why something is no value of this type."""
        try:
            self.filter(a, strict=True)
        except (TypeError, ValueError) as error:
            return str(error)
        return "value is valid"

    @staticmethod
    def values_eq(a: Any, b: Any) -> bool:
        """Are two values equal?"""
        return bool(a == b)

    @classmethod
    def values_eq_approx(cls, a: Any, b: Any) -> bool:
        """Are two values equal up to rounding?"""
        return cls.values_eq(a, b)

    def split(self, value: Any) -> list[Any]:
        """What the graph takes for a value."""
        return [boxed(value)]

    def joined(self, arrays: list[Any]) -> Any:
        """The value, for what the graph gives."""
        return arrays[0].item()

    def __str__(self) -> str:
        return self.name or type(self).__name__

    __repr__ = __str__


__all__ = ["Type"]

"""How functions take inputs and give outputs: `In`, `Out`, `Param`."""

from __future__ import annotations

from typing import Any

from pentad import static
from pentad.frontends.theano.gof.graph import Variable


class SymbolicInput:
    """An input of a function: its variable, a default, how strictly values are taken."""

    def __init__(
        self, variable: Any, name: str | None = None, update: Any = None,
        mutable: bool | None = None, strict: bool = False, allow_downcast: bool | None = None,
        autoname: bool = True, implicit: bool = False,
    ) -> None:
        if implicit is None:
            raise TypeError(static.message("implicit must be True or False", got="None"))
        self.variable = variable
        self.name = variable.name if autoname and name is None else name
        if self.name is not None and not isinstance(self.name, str):
            raise TypeError(
                static.message("name must be a string", expected="str", got=repr(self.name))
            )
        self.update, self.mutable = update, bool(mutable or update is not None)
        self.strict, self.allow_downcast, self.implicit = strict, allow_downcast, implicit
        self.value: Any = None
        if update is not None and not _fits(variable.type, update.type):
            raise TypeError(
                static.message("Variable has a different type than its update",
                               expected=str(variable.type), got=str(update.type))
            )

    def __str__(self) -> str:
        return f"In({self.variable})" if self.update is None else (
            f"In({self.variable} -> {self.update})")

    __repr__ = __str__


def _fits(wanted: Any, got: Any) -> bool:
    return wanted == got or getattr(wanted, "is_super", lambda t: False)(got)


class In(SymbolicInput):
    """An input with a default value, and what becomes of it after each call."""

    def __init__(
        self, variable: Any, name: str | None = None, value: Any = None, update: Any = None,
        mutable: bool | None = None, strict: bool = False, allow_downcast: bool | None = None,
        autoname: bool = True, implicit: bool | None = None, borrow: bool | None = None,
        shared: bool = False,
    ) -> None:
        if mutable and borrow is False:
            raise AssertionError(
                static.message("a mutable input cannot be kept from being borrowed",
                               got="mutable=True, borrow=False")
            )
        super().__init__(variable, name, update, mutable, strict, allow_downcast, autoname,
                         bool(implicit))
        self.borrow = bool(borrow or self.mutable)
        self.value, self.shared = value, shared
        if self.implicit and value is None:
            raise TypeError(static.message("An implicit input must be given a default value"))


def Param(
    variable: Any, default: Any = None, name: str | None = None, mutable: bool = False,
    strict: bool = False, allow_downcast: bool | None = None, implicit: bool | None = None,
    borrow: bool | None = None,
) -> In:
    """The older name of `In`."""
    return In(variable, name, default, None, mutable, strict, allow_downcast, True, implicit,
              borrow)


class SymbolicOutput:
    """An output of a function; `borrow` lets it be memory that the function uses again."""

    def __init__(self, variable: Any, borrow: bool = False) -> None:
        self.variable, self.borrow = variable, borrow

    def __str__(self) -> str:
        return f"Out({self.variable},{self.borrow})"

    __repr__ = __str__


Out = SymbolicOutput


def as_input(x: Any) -> In:
    """What a program gives as an input, as an In; TypeError if it is none."""
    if isinstance(x, In):
        return x
    if isinstance(x, SymbolicInput):
        made = In(x.variable, x.name, None, x.update, x.mutable, x.strict, x.allow_downcast)
        return made
    if isinstance(x, Variable):
        return In(x)
    if isinstance(x, list | tuple):
        if len(x) == 2 and isinstance(x[0], str):
            return In(x[1], name=x[0])
        if len(x) == 2 and isinstance(x[0], Variable):
            if isinstance(x[1], Variable):
                return In(x[0], update=x[1], value=None)
            return In(x[0], value=x[1])
        if len(x) == 2 and isinstance(x[0], tuple):
            return In(x[0][0], value=x[1], update=x[0][1])
    raise TypeError(
        static.message("Unknown parameter type", expected="a variable or In", got=f"{type(x)}")
    )


__all__ = ["In", "Out", "Param", "SymbolicInput", "SymbolicOutput"]

"""Classes of operations by Theano's names: what programs call, and what they ask `isinstance` for.

An operation of the front end is a record (gof/op.py), one for all nodes; `Sum(axis=0)` makes a
function of variables that makes such nodes, and `isinstance(node.op, Sum)` tells them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from pentad import static
from pentad.frontends.theano.gof.graph import Apply


class OpClass(type):
    """The type of these classes: the records of some names count as their instances."""

    names: frozenset[str] = frozenset()

    def __instancecheck__(cls, op: Any) -> bool:
        if type.__instancecheck__(cls, op):
            return True
        return isinstance(op, static.Op) and op.name in cls.names


class Made(metaclass=OpClass):
    """An operation with its parameters; called with variables, it gives the results."""

    make: Callable[..., Callable[..., Any]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = inspect.signature(type(self).make).bind(*args, **kwargs)
        given.apply_defaults()
        self.__dict__.update(given.arguments)
        self._props = tuple((k, repr(v)) for k, v in given.arguments.items())
        self._given = args, kwargs
        self._function = type(self).make(*args, **kwargs)

    def __call__(self, *inputs: Any, **kwargs: Any) -> Any:
        """The results for variables."""
        name = kwargs.pop("name", None)
        several = kwargs.pop("return_list", False)
        found = self._function(*inputs, **kwargs)
        if name is not None and not isinstance(found, list | tuple):
            found.name = name
        return [found] if several and not isinstance(found, list | tuple) else found

    def make_node(self, *inputs: Any) -> Apply:
        """What computes the results."""
        found = self(*inputs)
        return Apply.of((found[0] if isinstance(found, list | tuple) else found).node)

    def __reduce__(self) -> Any:
        return _made_again, (type(self), self._given)

    def __eq__(self, other: Any) -> bool:
        return type(self) is type(other) and self._props == other._props

    def __hash__(self) -> int:
        return hash((type(self), self._props))

    def __str__(self) -> str:
        inner = ", ".join(f"{k}={v}" for k, v in self._props)
        return f"{type(self).__name__}{{{inner}}}" if inner else type(self).__name__

    __repr__ = __str__


def _made_again(cls: Any, given: tuple[Any, Any]) -> Any:
    return cls(*given[0], **given[1])


def op_class(
    name: str, records: str, make: Callable[..., Callable[..., Any]], module: str
) -> OpClass:
    """The class of that name: of the records of these names, made by `make`."""
    return OpClass(name, (Made,), {
        "names": frozenset(records.split()), "make": staticmethod(make), "__module__": module,
        "__doc__": f"Theano's operation {name}.",
    })


def op_classes(
    table: dict[str, tuple[str, Callable[..., Callable[..., Any]]]], module: str
) -> dict[str, OpClass]:
    """The classes of a table: name -> names of records, what makes the function."""
    return {name: op_class(name, *row, module) for name, row in table.items()}


def plain(function: Callable[..., Any], records: str) -> tuple[str, Callable[..., Any]]:
    """The row of an operation without parameters."""
    return records, lambda inplace=False: function




__all__ = ["Made", "OpClass", "op_class", "op_classes", "plain"]

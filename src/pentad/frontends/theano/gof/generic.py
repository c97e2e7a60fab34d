"""Types of things that are no tensors: any objects, and constants by their names."""

from __future__ import annotations

from typing import Any

from pentad import static
from pentad.frontends.theano.gof.type import Type


class Generic(Type):
    """The type of any Python object. What is done with one runs in Python."""

    def __init__(self, name: str = "generic") -> None:
        self.name = name

    def filter(self, data: Any, strict: bool = False, allow_downcast: Any = None) -> Any:
        """The object."""
        return data

    def is_valid_value(self, a: Any) -> bool:
        """Any object is."""
        return True

    def __eq__(self, other: Any) -> bool:
        return type(self) is type(other) and self.name == other.name

    def __hash__(self) -> int:
        return hash((type(self), self.name))


class EnumList(Generic):
    """Constants by their names: EnumList("MODE_A", ("MODE_B", "b")) gives 0 and 1."""

    def __init__(self, *names: Any, **more: Any) -> None:
        super().__init__("EnumList")
        pairs = [n if isinstance(n, tuple) else (n, n) for n in names]
        self.aliases = {alias: name for name, alias in pairs}
        self.values = {name: i for i, (name, _) in enumerate(pairs)}

    def __getattr__(self, name: str) -> int:
        values = self.__dict__.get("values", {})
        if name in values:
            return values[name]
        raise AttributeError(static.message(f"no constant of that name: {name}"))

    def __getitem__(self, name: str) -> int:
        return self.values[name]

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def fromalias(self, alias: str) -> int:
        """The constant of an alias."""
        return self.values[self.aliases[alias]]


generic = Generic()
__all__ = ["EnumList", "Generic", "generic"]

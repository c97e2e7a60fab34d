"""Instances of classes in a file of PyTorch, where the caller knows the classes.

`torch.save(model)` writes a module as its class's name and its attributes. `load(f, classes=)` and
`save(obj, f, classes=)` take one object that knows some classes; without it a file has none. An
instance is made without its __init__, and given attributes that are data: nothing is imported or
called because a file says so.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from pentad.formats.torch.cursor import Cursor
from pentad.formats.torch.machine import Machine, step

_SIZE = 1024
"""Bytes that an instance takes, about, without its attributes."""


class Classes(Protocol):
    """What a caller knows of classes and functions."""

    def find(self, module: str, name: str) -> Any:
        """The class or plain function of a name in a file; None for an unknown one."""

    def finish(self, made: Any) -> None:
        """Adapt the attributes that a file gave to an instance."""

    def name_of(self, obj: Any) -> tuple[str, str] | None:
        """(module, name) of a function, or of an instance's class; None if it is not known."""

    def attributes(self, obj: Any) -> dict[str, Any]:
        """The attributes to write for an instance."""


class Kind(NamedTuple):
    """A class as it lies on the stack of the machine."""

    kind: type


class Made:
    """What one file makes besides data: instances, and the functions that it names."""

    def __init__(self, classes: Classes | None) -> None:
        self.classes = classes
        self.instances: list[Any] = []
        self.waiting: set[int] = set()  # those without attributes yet, by address
        self.functions: list[Any] = []

    def find(self, module: str, name: str) -> Any:
        """A Kind or a function; None if the name is unknown."""
        found = None if self.classes is None else self.classes.find(module, name)
        if isinstance(found, type):
            return Kind(found)
        if found is not None:
            self.functions.append(found)
        return found

    def give(self, cursor: Cursor, target: Any, state: Any) -> bool:
        """Give an instance its attributes, once; False if the target is none of them."""
        if id(target) not in self.waiting:
            return False
        if type(state) is not dict or not all(type(k) is str for k in state):
            raise cursor.broken("the attributes of an instance", "a dict of names",
                                type(state).__name__)
        self.waiting.discard(id(target))
        target.__dict__.update(state)
        return True

    def finish(self) -> None:
        """Give the instances the attributes that their classes use here."""
        for made in self.instances:
            assert self.classes is not None
            self.classes.finish(made)


@step("81")
def _new(m: Machine) -> None:
    """NEWOBJ: an instance without attributes, of a class that the caller knows."""
    arguments, kind = m.pop(), m.pop()
    if type(kind) is not Kind or arguments != ():
        raise m.cursor.broken(
            "the step NEWOBJ, which weights do not need", expected="an instance of a known class",
            got=type(kind).__name__, hint="only weights are read: save model.state_dict()")
    m.cursor.charge(_SIZE)
    made = object.__new__(kind.kind)
    m.made.instances.append(made)
    m.made.waiting.add(id(made))
    m.stack.append(made)

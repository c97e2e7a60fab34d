"""Finding tensors and operations of a graph by their names."""

from __future__ import annotations

import difflib
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.operation import Operation
from pentad.frontends.tensorflow1.framework.tensor import Tensor


class Lookup:
    """What a graph finds by name; a part of Graph."""

    nodes: list[Any]
    by_name: dict[str, Any]

    def as_graph_element(
        self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True
    ) -> Any:
        """The tensor or operation that an object or a name stands for."""
        turn = getattr(obj, "_as_graph_element", None)
        if turn is not None:
            obj = turn()
        if isinstance(obj, bytes):
            obj = obj.decode()
        if isinstance(obj, str):
            found = self._named(obj, allow_tensor, allow_operation)
        elif (isinstance(obj, Tensor) and allow_tensor) or (
            isinstance(obj, Operation) and allow_operation
        ):
            found = obj
            if obj.graph is not self:
                raise pt.ArgumentError(static.message(
                    f"{obj} is not an element of this graph.", expected=f"one of {self!r}",
                    got=f"one of {obj.graph!r}", hint="build and run it in one graph"))
        else:
            kinds = " or a ".join(
                k for k, on in (("Tensor", allow_tensor), ("Operation", allow_operation)) if on)
            raise TypeError(static.message(
                f"Can not convert a {type(obj).__name__} into a {kinds}.", got=repr(obj)[:100]))
        return found

    def _named(self, name: str, allow_tensor: bool, allow_operation: bool) -> Any:
        if ":" in name and allow_tensor:
            op_name, _, index = name.partition(":")
            node = self.by_name.get(op_name)
            if not index.isdigit():
                raise pt.ArgumentError(static.message(
                    f"The name {name!r} looks a like a Tensor name, but is not a valid one.",
                    expected='"<op_name>:<output_index>"'))
            if node is None or int(index) >= len(node.outputs):
                why = "does not exist in the graph" if node is None else (
                    f"has only {len(node.outputs)} outputs")
                raise _MissingElement(static.message(
                    f"The name {name!r} refers to a Tensor which does not exist. The operation, "
                    f"{op_name!r}, {why}."))
            return node.outputs[int(index)]
        if ":" in name or not allow_operation:
            raise pt.ArgumentError(static.message(
                f"The name {name!r} refers to {'a Tensor' if ':' in name else 'an Operation'}, "
                f"not {'an Operation' if ':' in name else 'a Tensor'}.",
                expected="<op_name>" if ":" in name else '"<op_name>:<output_index>"'))
        if name not in self.by_name:
            raise _MissingElement(static.message(
                f"The name {name!r} refers to an Operation not in the graph.",
                hint=_close(name, self.by_name)))
        return self.by_name[name]

    def get_tensor_by_name(self, name: str) -> Tensor:
        """The tensor of a name such as "add:0"; KeyError if there is none."""
        if not isinstance(name, str):
            raise TypeError(static.message("Tensor names are strings", got=type(name).__name__))
        return self.as_graph_element(name, allow_operation=False)

    def get_operation_by_name(self, name: str) -> Operation:
        """The operation of a name; KeyError if there is none."""
        if not isinstance(name, str):
            raise TypeError(static.message("Operation names are strings", got=type(name).__name__))
        return self.as_graph_element(name, allow_tensor=False)

    def get_operations(self) -> list[Operation]:
        """All operations, in the order of their making."""
        return list(self.nodes)


class _MissingElement(pt.PentadError, KeyError):
    """A name that is not in the graph."""

    __str__ = Exception.__str__


def _close(name: str, names: Any) -> str:
    found = difflib.get_close_matches(name, list(names)[:2000], 1)
    return f"there is {found[0]!r}" if found else ""

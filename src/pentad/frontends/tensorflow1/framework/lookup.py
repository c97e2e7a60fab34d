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
            return self._named(obj, allow_tensor, allow_operation)
        if (isinstance(obj, Tensor) and allow_tensor) or (
            isinstance(obj, Operation) and allow_operation
        ):
            if obj.graph is not self:
                raise ForeignElement(obj, self)
            return obj
        kinds = " or a ".join(
            k for k, on in (("Tensor", allow_tensor), ("Operation", allow_operation)) if on)
        raise TypeError(static.message(
            f"Can not convert a {type(obj).__name__} into a {kinds}.",
            expected=f"a {kinds} of the graph, or the name of one", got=repr(obj)[:100]))

    def _named(self, name: str, allow_tensor: bool, allow_operation: bool) -> Any:
        if ":" in name and allow_tensor:
            return self._tensor_named(name)
        if ":" in name or not allow_operation:
            raise pt.ArgumentError(static.message(
                f"The name {name!r} refers to {'a Tensor' if ':' in name else 'an Operation'}, "
                f"not {'an Operation' if ':' in name else 'a Tensor'}.",
                expected='"<op_name>"' if ":" in name else '"<op_name>:<output_index>"',
                got=repr(name), hint=f"write {name.partition(':')[0]!r}" if ":" in name else
                f"write '{name}:0'"))
        if name not in self.by_name:
            raise MissingElement(static.message(
                f"The name {name!r} refers to an Operation not in the graph.",
                expected="the name of one of its operations", got=repr(name),
                hint=self._near(name)))
        return self.by_name[name]

    def _tensor_named(self, name: str) -> Tensor:
        op_name, _, index = name.partition(":")
        node = self.by_name.get(op_name)
        if not index.isdigit():
            raise pt.ArgumentError(static.message(
                f"The name {name!r} looks a like a Tensor name, but is not a valid one.",
                expected='"<op_name>:<output_index>"', got=repr(name),
                hint=f"write '{op_name}:0' for the first result of {op_name!r}"))
        if node is not None and int(index) < len(node.outputs):
            return node.outputs[int(index)]
        if node is None:
            why, hint = "does not exist in the graph", self._near(op_name, ":" + index)
        else:
            why = f"exists but only has {len(node.outputs)} outputs"
            hint = f"it was made at {node.line}"
        raise MissingElement(static.message(
            f"The name {name!r} refers to a Tensor which does not exist. The operation, "
            f"{op_name!r}, {why}.", expected="the name of a tensor of the graph", got=repr(name),
            hint=hint))

    def _near(self, name: str, end: str = "") -> str:
        """What may have been meant, or what there is."""
        names = list(self.by_name)[:2000]
        found = difflib.get_close_matches(name, names, 1) or [
            n for n in names if n.rpartition("/")[2] == name.rpartition("/")[2]]
        if found:
            return f"there is {found[0] + end!r}"
        shown = ", ".join(map(repr, names[:4])) + (", ..." if len(names) > 4 else "")
        return f"there are {shown}" if names else "the graph is empty: is another one the default?"

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


class MissingElement(pt.PentadError, KeyError):
    """A name that is not in the graph."""

    __str__ = Exception.__str__


class ForeignElement(pt.ArgumentError):
    """A tensor or an operation of another graph."""

    def __init__(self, element: Any, graph: Any) -> None:
        node = getattr(element, "node", element)
        super().__init__(static.message(
            f"{element if isinstance(element, Tensor) else repr(element)} is not an element of "
            "this graph.", expected=f"one of {graph!r}",
            got=f"one of {element.graph!r}, made at {node.line}",
            hint="make the session with tf.Session(graph=...) of its graph, or make all of it "
            "within one `with graph.as_default():`"))

"""`debugprint`: a graph as an indented list of its nodes; `Print`: values as they come."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Sequence
from io import StringIO
from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.theano.compile.callable import Function
from pentad.frontends.theano.gof.fg import FunctionGraph
from pentad.frontends.theano.gof.graph import Apply, Variable
from pentad.frontends.theano.gof.op import Native, label, make
from pentad.frontends.theano.tensor.constants import as_tensor_variable


class _Listing:
    """What is known while a graph is listed."""

    def __init__(
        self, out: Any, depth: int, types: bool, ids: str, stop_on_name: bool
    ) -> None:
        self.out, self.depth, self.types, self.ids = out, depth, types, ids
        self.stop_on_name = stop_on_name
        self.names: dict[Any, str] = {}
        self.done: set[Any] = set()

    def id_of(self, key: Any) -> str:
        """` [id A]`: the same for the same thing."""
        if not self.ids:
            return ""
        if key not in self.names:
            count = len(self.names)
            self.names[key] = _letters(count) if self.ids == "CHAR" else str(
                count if self.ids == "int" else id(key))
        return f" [id {self.names[key]}]"

    def add(self, v: Any, before: str, below: str, left: int, order: Sequence[Any]) -> None:
        """List a variable and what it is computed of."""
        if left == 0:
            return
        kind = f" <{v.type}>" if self.types else ""
        if v.owner is None:
            self.out.write(f"{before}{v}{self.id_of(v)}{kind}\n")
            return
        node = v.node
        several = f".{v.index}" if len(node.outputs) > 1 else ""
        place = order.index(v.owner) if v.owner in order else ""
        known = node in self.done
        self.out.write(
            f"{before}{label(node)}{several}{self.id_of(node)}{kind} '{v.name or ''}'   {place}\n"
        )
        self.done.add(node)
        if known or (self.stop_on_name and v.name):
            return
        for i, s in enumerate(node.inputs):
            deeper = below + ("  " if i == len(node.inputs) - 1 else " |")
            self.add(s, below + " |", deeper, left - 1, order)


def _letters(count: int) -> str:
    text = ""
    while True:
        text = chr(ord("A") + count % 26) + text
        count = count // 26 - 1
        if count < 0:
            return text


def _listed(obj: Any) -> list[tuple[Any, Sequence[Any]]]:
    """The variables that an object stands for, each with the order of the nodes."""
    if isinstance(obj, list | tuple | set):
        return [pair for o in obj for pair in _listed(o)]
    if isinstance(obj, Variable):
        return [(obj, ())]
    if isinstance(obj, Apply):
        return [(v, ()) for v in obj.outputs]
    graph = obj.maker.fgraph if isinstance(obj, Function) else obj
    if isinstance(graph, FunctionGraph):
        order = graph.toposort()
        return [(v, order) for v in graph.outputs]
    if hasattr(obj, "variable"):
        return [(obj.variable, ())]
    raise TypeError(
        static.message("debugprint cannot print an object of this type", got=str(type(obj)),
                       expected="a variable, an Apply, a function or a list of these")
    )


def debugprint(
    obj: Any, depth: int = -1, print_type: bool = False, file: Any = None, ids: str = "CHAR",
    stop_on_name: bool = False, done: Any = None, print_storage: bool = False,
    print_clients: bool = False, used_ids: Any = None,
) -> Any:
    """List a graph: each node with an id, below it what it is computed of.

    file: where to write; "str" gives the text.
    """
    if not isinstance(depth, int):
        raise Exception(static.message("depth parameter must be an int", got=repr(depth)))
    out = StringIO() if file == "str" else sys.stdout if file is None else file
    listing = _Listing(out, depth, print_type, ids, stop_on_name)
    for v, order in _listed(obj):
        listing.add(v, "", "", depth, order)
    if file == "str":
        return out.getvalue()
    out.flush()
    return file


# -- short descriptions --------------------------------------------------------------------------


def min_informative_str(
    obj: Any, indent_level: int = 0, _prev_obs: Any = None, _tag_generator: Any = None
) -> str:
    """An expression as a short list, one line for each node, with letters for repetitions."""
    lines: list[str] = []
    letters: dict[Any, str] = {}

    def add(v: Any, level: int) -> None:
        if v in letters:
            lines.append(" " * level + f"<{letters[v]}>")
            return
        letters[v] = _letters(len(letters))
        name = v.name or (str(v) if v.owner is None else label(v.node))
        lines.append(" " * level + f"{letters[v]}. {name}")
        if v.name is None and v.owner is not None:
            for s in v.node.inputs:
                add(s, level + 1)

    add(obj, indent_level)
    return "\n".join(lines)


def var_descriptor(obj: Any, _prev_obs: Any = None, _tag_generator: Any = None) -> str:
    """A text that is equal for equal expressions."""
    letters: dict[Any, str] = {}

    def text(v: Any) -> str:
        if v in letters:
            return f"<{letters[v]}>"
        letters[v] = _letters(len(letters))
        name = str(v) if v.owner is None else (
            f"{label(v.node)}({','.join(text(s) for s in v.node.inputs)})")
        return f"{letters[v]}={name}"

    return text(obj) if isinstance(obj, Variable) else str(obj)


def position_independent_str(obj: Any) -> str:
    """A text of a variable that does not say where it is in memory."""
    if isinstance(obj, Variable):
        return f"theano_var{{type={obj.type}}}"
    raise NotImplementedError(
        static.message("position_independent_str takes a variable", got=str(type(obj)))
    )


def hex_digest(x: Any) -> str:
    """A short code of an array and its layout."""
    found = np.asarray(x)
    text = f"{hashlib.sha256(found.tobytes()).hexdigest()}|strides={found.strides}"
    return f"{text}|shape={found.shape}"


# -- values --------------------------------------------------------------------------------------


def _print_fn(op: Any, xin: Any) -> None:
    for attr in op.attrs:
        found = getattr(xin, attr)
        value = found() if callable(found) else found
        sys.stdout.write(f"{op.message} {attr} = {value}\n")


class _Printing(Native):
    """Values are printed where they are computed, so that this part of a graph runs eagerly."""

    def evaluate(self, replay: Any, node: static.Node, inputs: Any) -> Any:
        """The value, after it was printed."""
        value = replay.tensor(inputs[0])
        op = node.extra["print"]
        op.global_fn(op, value.detach().numpy())
        return value


PRINT = _Printing("Print", lambda x: x, dynamic=True, effect=True)


class Print:
    """`Print("message")(x)` is x, and prints it whenever it is computed."""

    def __init__(
        self, message: str = "", attrs: Sequence[str] = ("__str__",),
        global_fn: Callable[[Any, Any], None] = _print_fn,
    ) -> None:
        self.message, self.attrs, self.global_fn = message, tuple(attrs), global_fn

    def __call__(self, x: Any) -> Any:
        """The variable, printed when it is computed."""
        x = as_tensor_variable(x)
        made = make(PRINT, [x], types=[x.static_type], extra={"print": self}).outputs[0]
        made.name = x.name
        return made

    def __str__(self) -> str:
        return f"Print{{message='{self.message}', attrs={self.attrs}}}"

    __repr__ = __str__


__all__ = [
    "Print", "debugprint", "hex_digest", "min_informative_str", "position_independent_str",
    "var_descriptor",
]

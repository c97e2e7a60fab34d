"""What is kept between runs: the values of variables, and where random streams stand."""

from __future__ import annotations

import threading
from collections.abc import Callable, MutableMapping
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from pentad.graph.errors import ArgumentError, message
from pentad.graph.lines import calling_line
from pentad.static.graph import Node
from pentad.tensor.functions.creation import as_tensor
from pentad.tensor.functions.random import Generator, initial_seed
from pentad.tensor.state import no_grad
from pentad.tensor.tensor import Tensor


class Uninitialized(ArgumentError):
    """A variable was read before it had a value."""


def _plain(value: Any) -> np.ndarray[Any, Any]:
    """The value as an array whose memory a tensor can lie in."""
    return np.require(value, requirements=["C", "A"]).reshape(np.shape(value))


class Store:
    """The values of variables, as tensors that are written in place.

    resources: what else is kept, by any key (ResourceOp). version: changes whenever a variable
    that had a tensor gets another, so that what was compiled for the old one is dropped.
    """

    def __init__(self) -> None:
        # Weak: a variable that nothing needs any more goes, and its value with it.
        self.values: MutableMapping[Node, Tensor] = WeakKeyDictionary()
        self.generators: MutableMapping[Node, Generator] = WeakKeyDictionary()
        self.resources: dict[Any, Any] = {}
        self._lock = threading.RLock()
        self.loops = Generator()
        self.loops.manual_seed(initial_seed())
        self.version = 0

    def tensor(self, variable: Node) -> Tensor:
        """The tensor of a variable; Uninitialized if it has none."""
        found = self.values.get(variable)
        if found is None:
            raise Uninitialized(
                message(f"Attempting to use uninitialized value {variable.name}",
                        expected=f"a value of type {variable.outputs[0].static_type}", got="none",
                        hint=f"it was made at {variable.line}; run its initializer first",
                        where=calling_line())
            )
        return found

    def set(self, variable: Node, value: Any) -> None:
        """Give a variable a value: a tensor or an array, which is copied."""
        dtype = variable.outputs[0].static_type.dtype
        new = value.detach() if isinstance(value, Tensor) else as_tensor(_plain(value))
        self.keep(variable, new.to(dtype))

    def move(self, variable: Node, value: Any) -> None:
        """`set` in other memory, whatever the shape: what lies in the old one stays as it is."""
        self.values.pop(variable, None)
        self.version += 1
        self.set(variable, value)

    def keep(self, variable: Node, value: Tensor) -> None:
        """The same for a tensor of the variable's dtype: in place where the shape stays."""
        old = self.values.get(variable)
        with no_grad():
            if old is not None and old.shape == value.shape:
                old.copy_(value)
            else:
                self.values[variable] = value.detach().clone().contiguous()
                self.version += old is not None

    def resource(self, key: Any, make: Callable[[], Any]) -> Any:
        """What is kept by a key, made once: threads that ask at the same time get the same."""
        with self._lock:
            if key not in self.resources:
                self.resources[key] = make()
            return self.resources[key]

    def generator(self, node: Node) -> Generator:
        """The random stream of a node, begun at its seed."""
        with self._lock:
            found = self.generators.get(node)
            if found is None:
                found = self.generators[node] = Generator()
                seed = node.extra.get("seed")
                found.seed() if seed is None else found.manual_seed(seed)
            return found

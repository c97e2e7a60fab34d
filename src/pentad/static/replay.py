"""Replaying a graph: its nodes in order, on Pentad's tensors.

The same walk serves three ends: within `pentad.compile` it traces the graph into native code,
outside of it the graph runs eagerly, and within a bare trace it tells types (probing.py). Reading
and writing variables is kept functional: `state` holds what each variable is at this point of the
walk, and what is left there at the end is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from pentad.graph.errors import ArgumentError, PentadError, ShapeError, message
from pentad.graph.lines import at_line
from pentad.graph.sizes import Dim
from pentad.static.graph import Node, Symbol
from pentad.static.values import STRING, Known
from pentad.tensor.function import custom_vjp
from pentad.tensor.functions.creation import as_tensor, empty, full, ones
from pentad.tensor.functions.creation import tensor as literal
from pentad.tensor.functions.random import Generator, default_generator
from pentad.tensor.functions.shaping import stack
from pentad.tensor.tensor import Tensor

LITERAL = 64
"""Constants of at most so many elements become part of the code."""


VARIABLE_READ = object()
"""Stands for the value of a variable: who reads it gets what the variable is then."""


class NeedsValue(ArgumentError):
    """A size depends on a value that is not known before the graph runs."""


class Replay:
    """One walk over nodes; see the module's text."""

    def __init__(
        self, store: Any, wanted: frozenset[Symbol] = frozenset(),
        higher: frozenset[Node] = frozenset(),
        replaced: Mapping[Symbol, Symbol] = MappingProxyType({}), *,
        eager: bool = False, outer: Replay | None = None,
        windows: Mapping[Node, int] = MappingProxyType({}),
        passed: frozenset[Symbol] = frozenset(), watched: frozenset[Node] = frozenset(),
    ) -> None:
        self.store, self.wanted, self.higher, self.eager = store, wanted, higher, eager
        self.replaced, self.windows, self.passed = replaced, windows, passed
        self.watched = watched
        self.instead: dict[Symbol, Any] = {}
        self.env: dict[Symbol, Any] = {}
        self.state: dict[Node, Tensor] = {} if outer is None else dict(outer.state)
        self.written: list[Node] = []
        self.outer = outer

    def inner(self) -> Replay:
        """A replay of a body within this one: it sees what this one has, and keeps its own."""
        return Replay(
            self.store, self.wanted, self.higher, self.replaced, eager=self.eager, outer=self,
            windows=self.windows, passed=self.passed, watched=self.watched,
        )

    # -- values --------------------------------------------------------------------------------

    def give(self, symbol: Symbol, value: Any) -> None:
        """Set the value of a symbol."""
        if symbol in self.passed:
            self.instead[symbol] = value
        else:
            self.env[symbol] = self._leaf(symbol, value)

    def _leaf(self, symbol: Symbol, value: Any) -> Any:
        """The value, made something to take gradients by if anybody wants them."""
        if symbol not in self.wanted:
            return value
        t = self.tensor(value)
        if not t.requires_grad and (t.dtype.is_floating_point or t.dtype.is_complex):
            t = t.detach().requires_grad_()
        return t

    def has(self, node: Node) -> bool:
        """Were the results of a node computed, here or outside?"""
        here: Replay | None = self
        while here is not None:
            if node.outputs and all(s in here.env for s in node.outputs):
                return True
            here = here.outer
        return False

    def value(self, symbol: Symbol) -> Any:
        """The value of a symbol; that of a variable is what the variable is now."""
        other = self.replaced.get(symbol)
        if other is None or symbol in self.passed:
            return self._found(symbol)
        return self._in_place(symbol, other) if self.wanted else self._found(other)

    def _in_place(self, symbol: Symbol, other: Symbol) -> Any:
        """The value of a symbol that another one is computed for.

        Gradients are those of the graph as it was: by something that was given, what is computed
        in its place is a number, though it may be computed of what gradients are taken by.
        """
        if symbol.node.inputs:
            return self._found(other)
        root = self
        while root.outer is not None:
            if symbol in root.env:
                return root.env[symbol]
            root = root.outer
        if symbol not in root.env:
            found = self._found(other)
            smooth = isinstance(found, Tensor) and found.requires_grad
            root.env[symbol] = self._leaf(symbol, found.detach() if smooth else found)
        return root.env[symbol]

    def _found(self, symbol: Symbol) -> Any:
        here: Replay | None = self
        while here is not None:
            if symbol in here.env:
                found = here.env[symbol]
                return self.read(symbol.node) if found is VARIABLE_READ else found
            here = here.outer
        node = symbol.node
        raise ArgumentError(
            message(f"'{node.name}' has no value here", expected="a value that was computed or fed",
                    got=f"{node.op.name} made at {node.line}",
                    hint="feed it, or fetch it outside of the loop or branch that it belongs to")
        )

    def tensor(self, value: Any) -> Tensor:
        """A value as a tensor; texts stay as they are."""
        if not isinstance(value, Known) or value.dtype is STRING:
            return value
        array = value.array
        if array.dtype == object:
            return _of_sizes(array, value.dtype)
        if _is_one_number(array):
            # Rules of the compiler look for numbers; one that was reshaped, as (1, 1), is one.
            return full(array.shape, array.reshape(-1)[0].item(), dtype=value.dtype)
        return literal(array, dtype=value.dtype)

    def array(self, value: Any, node: Node, index: int) -> np.ndarray[Any, Any]:
        """A value that must be known before the code is made; eagerly it always is."""
        if isinstance(value, Known):
            return value.array
        if self.eager:
            return value.detach().numpy()
        source = node.inputs[index]
        raise NeedsValue(
            message(f"{node.op.name}: a size depends on a computed value",
                    got=f"'{source.node.name}', made at {source.node.line}")
        )

    def operands(self, node: Node, inputs: Sequence[Any]) -> list[Any]:
        """The inputs as the op's rule takes them: sizes as arrays, the rest as tensors."""
        sizes = node.op.sizes
        return [
            self.array(v, node, i) if i in sizes or i - len(inputs) in sizes else self.tensor(v)
            for i, v in enumerate(inputs)
        ]

    def on_host(self, node: Node, inputs: Sequence[Any], *first: Any) -> Any:
        """The results of a step in Python, for arrays; `first`: arguments that come before them."""
        given = [
            v.array if isinstance(v, Known) else v.detach().numpy() for v in inputs
        ]
        results = node.op.run(*first, *given, **node.attrs)
        several = isinstance(results, tuple)
        made = tuple(
            Known(np.asarray(r, object), symbol.static_type.dtype)
            if symbol.static_type.dtype is STRING
            else as_tensor(np.asarray(r)).to(symbol.static_type.dtype)
            for r, symbol in zip(results if several else (results,), node.outputs)
        )
        return made if node.op.backward is None else _with_backward(node, inputs, made)

    @staticmethod
    def all_known(values: Sequence[Any]) -> bool:
        """Are they all known arrays?"""
        return all(isinstance(v, Known) for v in values)

    @staticmethod
    def knowing(array: Any, node: Node) -> Any:
        """The known results of a node."""
        if isinstance(array, tuple):
            return tuple(
                Known(np.asarray(a), _dtype(a, node, i)) for i, a in enumerate(array)
            )
        return Known(np.asarray(array), _dtype(array, node, 0))

    # -- variables -----------------------------------------------------------------------------

    def read(self, variable: Node) -> Tensor:
        """What a variable is at this point."""
        found = self.state.get(variable)
        if found is None:
            found = self.state[variable] = self._leaf(
                variable.outputs[0], self.store.tensor(variable).detach()
            )
        return found

    def write(self, variable: Node, value: Any) -> None:
        """Let a variable be another value from here on."""
        self.state[variable] = self._leaf(variable.outputs[0], self.tensor(value))
        if variable not in self.written:
            self.written.append(variable)

    def generator(self, node: Node) -> Generator:
        """The stream of random numbers of a node; within loops that of the loop."""
        return default_generator if self.outer is not None else self.store.generator(node)

    # -- the walk ------------------------------------------------------------------------------

    def run(self, nodes: Iterable[Node]) -> None:
        """Evaluate nodes in order; those whose results were given are passed over.

        What looks at values later (plan.py) only hands on its first input.
        """
        for node in nodes:
            if node.outputs and all(s in self.env for s in node.outputs):
                continue
            if node in self.watched:
                inputs = [self.value(s) for s in node.inputs[:node.op.watches]]
                results = tuple(inputs)
            else:
                inputs = [self.value(s) for s in node.inputs]
                with at_line(node.line):
                    results = located(node, node.op.evaluate, self, node, inputs)
            results = results if isinstance(results, tuple) else (results,)
            for symbol, value in zip(node.outputs, results):
                if symbol in self.env or value is VARIABLE_READ:
                    self.env.setdefault(symbol, value)
                    continue
                known = isinstance(value, Known)
                if symbol in self.wanted and not known and any(value is v for v in inputs):
                    value = value.clone()
                if symbol in self.passed:
                    value = self._put(symbol, value)
                self.env[symbol] = self._leaf(symbol, value)

    def _put(self, symbol: Symbol, computed: Any) -> Any:
        """The value that was given for a symbol; gradients pass to what computes it."""
        given = self.instead.get(symbol)
        if given is None:
            given = self._found(self.replaced[symbol])
        own, given = self.tensor(computed), self.tensor(given).detach()
        if tuple(own.shape) != tuple(given.shape):
            raise ShapeError(
                message(f"'{symbol.node.name}' has another shape than what is put in its place, "
                        "and gradients are taken through it", expected=str(tuple(own.shape)),
                        got=str(tuple(given.shape)))
            )
        return with_gradients_of(own, given)


def with_gradients_of(source: Tensor, value: Tensor) -> Tensor:
    """The value, through which gradients pass to the source, a tensor of the same shape."""
    if not source.requires_grad:
        return value
    carry = custom_vjp(lambda _: value)
    carry.defvjp(lambda _: (value, None), lambda _, cotangent: (cotangent,))
    return carry(source)  # type: ignore[no-any-return]


def located(node: Node, function: Callable[..., Any], *args: Any) -> Any:
    """Call it; an error of ours says for which node, and where that was made."""
    try:
        return function(*args)
    except PentadError as error:
        if not hasattr(error, "node"):
            error.node = node  # type: ignore[attr-defined]
            error.args = (f"{error}\n  node:     '{node.name}' ({node.op.name}), made at "
                          f"{node.line}", *error.args[1:])
        raise


def _with_backward(node: Node, inputs: Sequence[Any], made: tuple[Any, ...]) -> tuple[Any, ...]:
    """What Python has found, with the gradients that the op gives."""
    tensors = [v for v in inputs if isinstance(v, Tensor)]
    if not any(t.requires_grad for t in tensors):
        return made
    numbers = tuple(m for m in made if isinstance(m, Tensor))

    def backward(_: Any, cotangents: Sequence[Tensor]) -> tuple[Any, ...]:
        each = iter(cotangents)
        rule = node.op.backward
        assert rule is not None
        found = rule(node, inputs, [next(each) if isinstance(m, Tensor) else None for m in made])
        return tuple(g for g, v in zip(found, inputs, strict=True) if isinstance(v, Tensor))

    carry = custom_vjp(lambda *_: numbers)
    carry.defvjp(lambda *_: (numbers, None), backward)
    each = iter(carry(*tensors))
    return tuple(next(each) if isinstance(m, Tensor) else m for m in made)


def _dtype(array: Any, node: Node, index: int) -> Any:
    """The dtype of a known result; symbolic sizes have that of the symbol."""
    if node.outputs:
        return node.outputs[index].static_type.dtype
    texts = any(s.static_type.dtype is STRING for s in node.inputs)
    if texts and np.asarray(array).dtype == object:
        return STRING
    return as_tensor(np.zeros((), np.asarray(array).dtype)).dtype


def _is_one_number(array: np.ndarray[Any, Any]) -> bool:
    """Are all elements the same, bit for bit?"""
    return array.size > 0 and array.tobytes() == array.reshape(-1)[:1].tobytes() * array.size


def _of_sizes(array: np.ndarray[Any, Any], dtype: Any) -> Tensor:
    """A tensor of elements that may be symbolic sizes."""
    one = ones((), dtype=dtype)
    parts = [
        one * n if isinstance(n, Dim) else full((), n, dtype=dtype) for n in array.reshape(-1)
    ]
    if not parts:
        return empty(array.shape, dtype=dtype)
    return parts[0] if array.ndim == 0 else stack(parts).reshape(array.shape)

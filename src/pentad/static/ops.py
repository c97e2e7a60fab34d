"""The ops that the core itself knows: what stands at the edges of a graph, and its variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pentad.graph.dtypes import bfloat16, round_bfloat16
from pentad.graph.errors import ArgumentError, message
from pentad.graph.lines import calling_line
from pentad.static.graph import Graph, Node, Op, Symbol
from pentad.static.probing import apply
from pentad.static.replay import LITERAL, VARIABLE_READ, Replay
from pentad.static.values import STRING, Known, Type
from pentad.tensor.functions.creation import from_numpy
from pentad.tensor.misfit import guarded
from pentad.tensor.tensor import Tensor


class _Placeholder(Op):
    def evaluate(self, replay: Replay, node: Node, inputs: Sequence[Any]) -> Any:
        if "default" in node.extra:
            return node.extra["default"]
        raise ArgumentError(
            message(f"placeholder '{node.name}' was not fed",
                    expected=f"a value of type {node.outputs[0].static_type}", got="none",
                    hint=f"it was made at {node.line}; feed it",
                    where=calling_line())
        )


class _Constant(Op):
    def evaluate(self, replay: Replay, node: Node, inputs: Sequence[Any]) -> Any:
        array, dtype = node.extra["value"], node.outputs[0].static_type.dtype
        if array.size <= LITERAL or dtype is STRING:
            return Known(array, dtype)
        kept = node.extra.get("tensor")
        if kept is None:
            # Nothing writes to it, but tensors stand on memory that may be written.
            array.setflags(write=True)
            kept = node.extra["tensor"] = from_numpy(array)
            array.setflags(write=False)
        return kept


class _Variable(Op):
    def evaluate(self, replay: Replay, node: Node, inputs: Sequence[Any]) -> Any:
        replay.read(node)
        return VARIABLE_READ

    def states(self, node: Node) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
        return (node,), ()


class StateOp(Op):
    """An op that writes to variables, those of `node.extra["variables"]`.

    run: (the values of these, the inputs, attributes) to (their new values, results).
    """

    def __init__(self, name: str, run: Callable[..., Any], reads: bool = True, **more: Any) -> None:
        super().__init__(name, run, effect=True, **more)
        self.reads = reads

    def evaluate(self, replay: Replay, node: Node, inputs: Sequence[Any]) -> Any:
        """Write the new values; the results."""
        variables = node.extra["variables"]
        before = [replay.read(v) for v in variables] if self.reads else []
        after, results = self.run(before, *replay.operands(node, inputs), **node.attrs)
        for variable, value in zip(variables, after, strict=True):
            replay.write(variable, value)
        return results

    def states(self, node: Node) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
        """What it reads and writes."""
        variables = tuple(node.extra["variables"])
        return (variables if self.reads else ()), variables


class RandomOp(Op):
    """An op that draws random numbers: `run` is called with a generator first.

    node.extra["seed"] is where its stream begins, None for a seed of the operating system.
    """

    def evaluate(self, replay: Replay, node: Node, inputs: Sequence[Any]) -> Any:
        """The results for inputs of a replay."""
        return self.run(replay.generator(node), *replay.operands(node, inputs), **node.attrs)


class ResourceOp(Op):
    """An op that works with what a store keeps beside variables: queues, readers, iterators.

    It runs in Python: `run` is called with the store (see `Store.resources`), the node, the inputs
    as arrays, the attributes.
    """

    def __init__(self, name: str, run: Callable[..., Any], **more: Any) -> None:
        super().__init__(name, run, host=True, effect=True, differentiable=False, **more)

    def evaluate(self, replay: Replay, node: Node, inputs: Sequence[Any]) -> Any:
        """The results for inputs of a replay."""
        return replay.on_host(node, inputs, replay.store, node)


PLACEHOLDER, CONSTANT, VARIABLE = _Placeholder("placeholder"), _Constant("const"), _Variable("var")


@guarded
def placeholder(
    graph: Graph, dtype: Any, shape: Sequence[int | None] | None = None, name: str | None = None,
    extra: Any = (),
) -> Symbol:
    """A value that is fed: a symbol of that dtype; sizes of None, or no shape, are unknown.

    A whole number, or a few of them, may be used as a size: a graph that does so is compiled for
    each value anew. extra: what its node keeps.
    """
    shape = None if shape is None else tuple(shape)
    node = apply(graph, PLACEHOLDER, name=name, types=[Type(dtype, shape)], extra=extra)
    [symbol] = node.outputs
    symbol.probes = symbol.static_type.may_be_sizes() or symbol.probes
    return symbol


@guarded
def constant(
    graph: Graph, value: Any, dtype: Any = None, name: str | None = None, extra: Any = ()
) -> Symbol:
    """A value that is known now: a symbol of its dtype and shape, the array copied; extra: what
    its node keeps."""
    array = np.array(value, None if dtype is None else dtype.numpy)
    if dtype is bfloat16:
        array = round_bfloat16(array)
    array.setflags(write=False)
    dtype = dtype or from_numpy(np.zeros((), array.dtype)).dtype
    node = apply(graph, CONSTANT, name=name, types=[Type(dtype, array.shape)],
                 extra={**dict(extra), "value": array})
    [symbol] = node.outputs
    if array.size <= LITERAL:
        symbol.probes = (Known(array, dtype),)
    return symbol


@guarded
def variable(
    graph: Graph, dtype: Any, shape: Sequence[int | None] | None, name: str | None = None,
    extra: Any = (),
) -> Symbol:
    """A value that is kept between runs, in a store (store.py); extra: what its node keeps."""
    shape = None if shape is None else tuple(shape)
    return apply(graph, VARIABLE, name=name, types=[Type(dtype, shape)], extra=extra).outputs[0]


def _assigned(before: Any, value: Tensor) -> Any:
    return (value,), value


ASSIGN = StateOp("assign", _assigned, reads=False)


@guarded
def assign(variable: Symbol, value: Symbol, name: str | None = None) -> Node:
    """A node that stores a value in a variable, and gives it."""
    return apply(variable.graph, ASSIGN, [value], name=name, extra={"variables": [variable.node]},
                 types=[value.static_type])


__all__ = ["ASSIGN", "CONSTANT", "PLACEHOLDER", "VARIABLE", "RandomOp", "ResourceOp",
           "StateOp", "assign", "constant", "placeholder", "variable"]

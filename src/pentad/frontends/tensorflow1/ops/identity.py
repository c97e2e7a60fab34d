"""Operations that give what they take: identity, stopping gradients, grouping."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, graph_of, name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.framework.tensor import Tensor


class _Identity(static.Op):
    """It gives known values as known ones, and texts too."""

    def evaluate(self, replay: Any, node: Any, inputs: Any) -> Any:
        found = tuple(inputs)
        return found if len(found) != 1 else found[0]


class _Stop(static.Op):
    def evaluate(self, replay: Any, node: Any, inputs: Any) -> Any:
        value = inputs[0]
        return value if isinstance(value, static.Known) else value.detach()


_IDENTITY = op("Identity", "input: T -> output: T", kind=_Identity)
identity_n = op("IdentityN", "input: T... -> output: T...", kind=_Identity)
_STOP = op("StopGradient", "input: T -> output: T", kind=_Stop, differentiable=False)
_PREVENT = op("PreventGradient", "input: T; message='' -> output: T", kind=_Stop,
              differentiable=False)
_NO_OP = op("NoOp", " -> ", lambda: ())
_SNAPSHOT = op("Snapshot", "input: T -> output: T", kind=_Identity)


def identity(input: Any, name: str | None = None) -> Any:
    """The same value, as a tensor of its own."""
    from pentad.frontends.tensorflow1.framework.sparse import SparseTensor

    if isinstance(input, SparseTensor):
        return SparseTensor(identity(input.indices), identity(input.values, name),
                            identity(input.dense_shape))
    return _IDENTITY(input, name=name)


def stop_gradient(input: Any, name: str | None = None) -> Any:
    """The same value; gradients do not pass through it."""
    return _STOP(input, name=name)


def guarantee_const(input: Any, name: str | None = None) -> Any:
    """The same value."""
    return _IDENTITY(input, name=name)


def no_op(name: str | None = None) -> Any:
    """An operation that does nothing; control dependencies make it useful."""
    return _NO_OP(name=name)


def operation_of(value: Any) -> Any:
    """The operation of a tensor, a variable, or the operation itself."""
    turn = getattr(value, "_as_graph_element", None)
    value = turn() if turn is not None else value
    if isinstance(value, Tensor):
        return value.op
    if isinstance(value, static.Node):
        return value
    if hasattr(value, "op"):
        return value.op
    raise TypeError(static.message(
        f"Expected tf.group() expected Tensor objects not None or {type(value).__name__}",
        got=repr(value)))


def group(*inputs: Any, **kwargs: Any) -> Any:
    """An operation that runs all of these."""
    name = kwargs.pop("name", None)
    if kwargs:
        raise pt.ArgumentError(f"Unknown keyword arguments: {list(kwargs)}")
    flat = [v for i in inputs for v in _leaves(i)]
    nodes = [operation_of(v) for v in flat]
    graph = graph_of(nodes)
    with graph.as_default(), graph.control_dependencies(nodes):
        return no_op(name=name or "group_deps")


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [leaf for v in value for leaf in _leaves(v)]
    return [value]


def tuple_(tensors: Any, name: str | None = None, control_inputs: Any = None) -> Any:
    """The same tensors, given when all of them are computed."""
    with name_scope(name, "tuple", [t for t in tensors if t is not None]):
        gates = [operation_of(t) for t in tensors if t is not None]
        gates += [operation_of(c) for c in control_inputs or ()]
        if not gates:
            raise pt.ArgumentError("Must have at least one Tensor.")
        with get_default_graph().control_dependencies(gates):
            gate = no_op(name="group_deps")
        with get_default_graph().control_dependencies([gate]):
            return [
                None if t is None else identity(t) if not isinstance(t, static.Node) else gate
                for t in tensors
            ]


def with_dependencies(dependencies: Any, output: Any, name: str | None = None) -> Any:
    """The output, given after the dependencies have run."""
    needed = [d for d in dependencies if d is not None]
    with (
        name_scope(name, "control_dependency", [output]) as scope,
        get_default_graph().control_dependencies(needed),
    ):
        return identity(convert_to_tensor(output), name=scope)

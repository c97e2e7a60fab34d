"""Gradients that programs write: tf.custom_gradient, RegisterGradient."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import nest
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.ops.branches import built

_REGISTERED: dict[str, Callable[..., Any] | None] = {}


class _WithGradient(static.Op):
    """inputs: what gradients go to, the results, then what the gradient's body takes from outside.

    It gives the results. attrs: `xs` and `ys`, how many there are.
    """

    def evaluate(self, replay: Any, node: Any, inputs: Any) -> Any:
        count, ys = node.attrs["xs"], node.attrs["ys"]
        xs = [replay.tensor(v) for v in inputs[:count]]
        found = [replay.tensor(v).detach() for v in inputs[count:count + ys]]
        [body] = node.extra["bodies"]
        outside = dict(zip(body.captures, inputs[count + ys:]))
        if not any(x.requires_grad for x in xs):
            return tuple(found)

        def backward(_: Any, cotangent: Any) -> Any:
            inner = replay.inner()
            given = cotangent if isinstance(cotangent, tuple) else (cotangent,)
            return tuple(inner.tensor(v) for v in body.run(inner, given, outside))

        carry = pt.custom_vjp(lambda *_: tuple(found) if ys > 1 else found[0])
        carry.defvjp(lambda *_: (tuple(found) if ys > 1 else found[0], None), backward)
        result = carry(*xs)
        return result if isinstance(result, tuple) else (result,)


_OP = _WithGradient("CustomGradient")


def with_gradient(xs: Any, ys: Any, grad_fn: Callable[..., Any]) -> list[Any]:
    """ys again, with the gradients by xs that a function of those of ys gives."""
    graph = get_default_graph()
    with name_scope("CustomGradient") as scope:
        holder: dict[str, Any] = {}

        def call() -> Any:
            holder["parameters"] = [
                static.parameter(graph, y.static_type, "grad_ys") for y in ys]
            found = grad_fn(*holder["parameters"])
            found = list(found) if isinstance(found, list | tuple) else [found]
            if len(found) != len(xs):
                raise pt.ArgumentError(static.message(
                    "custom_gradient: the gradient function gives another number of gradients",
                    expected=str(len(xs)), got=str(len(found))))
            return [_or_zeros(g, x) for g, x in zip(found, xs)]

        body, _, found, operations = built(graph, call)
        block = static.block(body, holder["parameters"], found, operations)
        made = static.apply(
            graph, _OP, [*xs, *ys, *block.captures], {"xs": len(xs), "ys": len(ys)},
            name=graph.unique_name_in(scope), types=[y.static_type for y in ys],
            extra={"bodies": (block,)}, control=graph.control)
    graph.placed(made)
    return list(made.outputs)


def _or_zeros(gradient: Any, x: Any) -> Any:
    from pentad.frontends.tensorflow1.ops.creation import zeros_like

    return zeros_like(x) if gradient is None else convert_to_tensor(gradient)


def custom_gradient(f: Callable[..., Any] | None = None) -> Any:
    """The function, which gives (result, function of the gradients), with that gradient."""
    if f is None:
        return custom_gradient

    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        xs = [convert_to_tensor(a) for a in args]
        # What f computes of them has a gradient of its own, which nobody may take.
        result, grad_fn = f(*xs, **kwargs)
        ys = [convert_to_tensor(y) for y in nest.flatten(result)]
        found = with_gradient(xs, ys, grad_fn)
        return nest.pack_sequence_as(result, found) if nest.is_nested(result) else found[0]

    return decorated


def grad_pass_through(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with the gradient of the identity."""
    return custom_gradient(lambda *args: (f(*args), lambda *dys: list(dys)))


def recompute_grad(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function as it is: the memory of a run is planned by the compiler."""
    return f


class RegisterGradient:
    """`@tf.RegisterGradient("Name")`: the gradient that gradient_override_map calls by that name.

    The function is given the operation and the gradients of its results.
    """

    def __init__(self, op_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string")
        self._op_type = op_type

    def __call__(self, f: Callable[..., Any]) -> Callable[..., Any]:
        if self._op_type in _REGISTERED:
            raise KeyError(f"Registering two gradient with name '{self._op_type}'!")
        _REGISTERED[self._op_type] = f
        return f


def no_gradient(op_type: str) -> None:
    """Let operations overridden by that name have no gradient."""
    if not isinstance(op_type, str):
        raise TypeError("op_type must be a string")
    _REGISTERED[op_type] = None


def overridden(node: Any, kind: str) -> Any:
    """The node that stands for an operation whose gradient another function gives."""
    if kind not in _REGISTERED:
        raise LookupError(static.message(f"No gradient defined for operation '{node.name}'",
                                         expected="a name of tf.RegisterGradient", got=kind))
    function = _REGISTERED[kind]
    graph = get_default_graph()
    if function is None:
        from pentad.frontends.tensorflow1.ops.identity import stop_gradient

        kept, graph._gradient_names = graph._gradient_names, {}
        try:
            return [stop_gradient(y) for y in node.outputs]
        finally:
            graph._gradient_names = kept
    kept, graph._gradient_names = graph._gradient_names, {}
    try:
        return with_gradient(list(node.inputs), list(node.outputs),
                             lambda *dys: function(node, *dys))
    finally:
        graph._gradient_names = kept

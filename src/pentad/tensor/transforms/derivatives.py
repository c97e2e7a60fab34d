"""Functions of functions: grad, value_and_grad, vjp, jvp, linearize. They compose, and
pentad.compile takes them in and out."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pentad.graph.errors import ArgumentError, AutogradError, message
from pentad.tensor import gradients
from pentad.tensor.autograd import topological
from pentad.tensor.functions.creation import zeros_like
from pentad.tensor.nodes import edge
from pentad.tensor.pytree import flatten, map_leaves, unflatten
from pentad.tensor.state import enable_grad, state
from pentad.tensor.tensor import Leaf, Tensor
from pentad.tensor.views import alias_view, detached


class _Depth(threading.local):
    levels = 0


_depth = _Depth()


@contextmanager
def _level() -> Iterator[bool]:
    """One more transform around what is computed; is there another one outside?"""
    _depth.levels += 1
    try:
        with enable_grad():
            yield _depth.levels > 1
    finally:
        _depth.levels -= 1


def _variable(t: Tensor) -> Tensor:
    """A tensor of its own to differentiate with respect to; the history of `t` stays its past."""
    if not t.meta.dtype.is_inexact:
        raise AutogradError(
            message(
                "differentiation with respect to integers",
                expected="floating-point tensors",
                got=str(t.meta.type),
                hint="choose other arguments with argnums",
            )
        )
    if t.node is not None:
        return alias_view(t)
    # Not t.detach(): under vmap that would also cut the gradient of what surrounds it.
    own = detached(t) if state.trace is None else state.trace.unrecorded(t)
    return own.requires_grad_()  # type: ignore[no-any-return]


def _chosen(argnums: int | Sequence[int], args: Sequence[Any]) -> tuple[int, ...]:
    given = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for i in given:
        if not -len(args) <= i < len(args):
            raise ArgumentError(
                message("argnums out of range", expected=f"below {len(args)}", got=str(i))
            )
    return tuple(i % len(args) for i in given)


def value_and_grad(
    function: Callable[..., Any], argnums: int | Sequence[int] = 0, *, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that gives (value, gradient) of a function with a scalar result.

    The gradient has the structure of argument `argnums`, or is a tuple of such for several. With
    has_aux the function returns (value, anything) and so does the new one.
    """

    @functools.wraps(function)
    def transformed(*args: Any, **kwargs: Any) -> Any:
        chosen = _chosen(argnums, args)
        with _level() as nested:
            changed = list(args)
            outer = nested or _requires(args)
            for i in chosen:
                changed[i] = map_leaves(_variable, args[i])
            result = function(*changed, **kwargs)
            value, aux = result if has_aux else (result, None)
            _require_scalar(value)
            variables = [changed[i] for i in chosen]
            outer = outer or _reaches_beyond(value, variables)
            found = _pull(value, None, variables, outer)
        if not outer:
            value, aux = value.detach(), map_leaves(lambda t: t.detach(), aux)  # type: ignore
        picked = found[0] if isinstance(argnums, int) else tuple(found)
        return ((value, aux) if has_aux else value), picked

    return transformed


def grad(
    function: Callable[..., Any], argnums: int | Sequence[int] = 0, *, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that gives the gradient of a function with a scalar result (see value_and_grad);
    with has_aux, (gradient, aux)."""
    both = value_and_grad(function, argnums, has_aux=has_aux)

    @functools.wraps(function)
    def transformed(*args: Any, **kwargs: Any) -> Any:
        value, found = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return transformed


def _requires(args: Any) -> bool:
    leaves: list[Tensor] = []
    flatten(args, leaves)
    return any(t.node is not None for t in leaves)


def _reaches_beyond(results: Any, variables: Any) -> bool:
    """Do the results depend on leaves other than the variables, so that what is made of them is
    part of a larger gradient?"""
    outs: list[Tensor] = []
    flatten(results, outs)
    own: list[Tensor] = []
    flatten(variables, own)
    ours = {edge(t.node)[0] for t in own}
    order = topological([edge(t.node)[0] for t in outs if t.node is not None])
    return any(type(node) is Leaf and node not in ours for node in order)


def _require_scalar(value: Any) -> None:
    if not isinstance(value, Tensor) or value.meta.numel != 1:
        got = f"shape {list(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
        raise AutogradError(
            message(
                "the function to differentiate has no scalar result",
                expected="a tensor of one element",
                got=got,
                hint="reduce it (.sum(), .mean()), or use vjp",
            )
        )


def _pull(value: Any, cotangent: Any, inputs: Sequence[Any], create: bool) -> list[Any]:
    """Gradients in the structures of `inputs`; zeros where the result does not depend on one."""
    leaves: list[Tensor] = []
    structure = flatten(list(inputs), leaves)
    outs: list[Tensor] = []
    cots: list[Tensor] = []
    flatten(value, outs)
    flatten(cotangent, cots)
    pairs = [
        (o, cots[i] if cots else None) for i, o in enumerate(outs) if o.node is not None
    ]
    if not pairs:
        found: Any = [zeros_like(t) for t in leaves]
    else:
        found = gradients.grad(
            [o for o, _ in pairs], leaves, [c for _, c in pairs],
            create_graph=create, retain_graph=True, materialize_grads=True,
        )
    results = iter(found)
    return unflatten(structure, lambda: next(results))  # type: ignore[no-any-return]


def _split_aux(name: str, result: Any, has_aux: bool) -> tuple[Any, Any]:
    """(result, aux) of a function that gives both."""
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        raise ArgumentError(
            message(f"{name}: has_aux", expected="a function that returns (result, aux)",
                    got=type(result).__name__)
        )
    return result


def _without_history(tree: Any) -> Any:
    return map_leaves(lambda t: t.detach(), tree)  # type: ignore[attr-defined]


def vjp(function: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """(result, pull): `pull(cotangent)` gives the cotangents of all primals, as a tuple.

    The cotangent has the structure of the result. With has_aux the function returns (result,
    anything), and (result, pull, anything) comes back.

    >>> import pentad as pt
    >>> value, pull = pt.vjp(lambda x: x * x, pt.tensor([1.0, 2.0]))
    >>> pull(pt.tensor([1.0, 1.0]))
    (tensor([2., 4.]),)
    """
    with _level() as nested:
        outer = nested or _requires(primals)
        inputs = [map_leaves(_variable, p) for p in primals]
        result, aux = _split_aux("vjp", function(*inputs), has_aux)
        outer = outer or _reaches_beyond(result, inputs)

    def pull(cotangent: Any) -> tuple[Any, ...]:
        with enable_grad():
            create = outer or _depth.levels > 0 or _requires(cotangent)
            return tuple(_pull(result, cotangent, inputs, create))

    shown, aux = (result, aux) if outer else _without_history((result, aux))
    return (shown, pull, aux) if has_aux else (shown, pull)


def jvp(
    function: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], *,
    has_aux: bool = False,
) -> tuple[Any, ...]:
    """(result, its tangent): the derivative along `tangents`, as the vjp of a vjp, which is linear
    in its cotangent. With has_aux also what the function returns besides, at the end.

    >>> import pentad as pt
    >>> pt.jvp(lambda x: x * x, (pt.tensor(3.0),), (pt.tensor(1.0),))
    (tensor(9.), tensor(6.))
    """
    if len(primals) != len(tangents):
        raise ArgumentError(
            message("jvp: one tangent for each primal", expected=str(len(primals)),
                    got=str(len(tangents)))
        )
    with _level() as nested:
        outer = nested or _requires((primals, tangents))
        result, aux, pulled, dummy, beyond = _linearized("jvp", function, primals, has_aux)
        outer = outer or beyond
        tangent = _pull(pulled, list(tangents), [dummy], outer)[0]
    if not outer:
        result, tangent, aux = _without_history((result, tangent, aux))
    return (result, tangent, aux) if has_aux else (result, tangent)


def _linearized(
    name: str, function: Callable[..., Any], primals: Sequence[Any], has_aux: bool
) -> tuple[Any, ...]:
    """(result, aux, its pullback of a variable cotangent, that cotangent, does the result depend on
    more than the primals?)."""
    inputs = [map_leaves(_variable, p) for p in primals]
    result, aux = _split_aux(name, function(*inputs), has_aux)
    dummy = map_leaves(
        lambda t: zeros_like(t).requires_grad_(), result  # type: ignore[no-any-return]
    )
    pulled = _pull(result, dummy, inputs, True)
    return result, aux, pulled, dummy, _reaches_beyond(result, inputs)


def linearize(function: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """(result, push): `push(*tangents)` is the derivative along tangents of the primals, without
    computing the function again.

    >>> import pentad as pt
    >>> value, push = pt.linearize(lambda x: x.sin(), pt.tensor(0.0))
    >>> push(pt.tensor(2.0))
    tensor(2.)
    """
    with _level() as nested:
        outer = nested or _requires(primals)
        result, _, pulled, dummy, beyond = _linearized("linearize", function, primals, False)
        outer = outer or beyond

    def push(*tangents: Any) -> Any:
        if len(tangents) != len(primals):
            raise ArgumentError(
                message("linearize: one tangent for each primal", expected=str(len(primals)),
                        got=str(len(tangents)))
            )
        with enable_grad():
            create = outer or _depth.levels > 0 or _requires(tangents)
            return _pull(pulled, list(tangents), [dummy], create)[0]

    return (result if outer else _without_history(result)), push

"""Functions of functions: grad, value_and_grad, vjp, jvp. They compose, and pentad.compile takes
them in and out."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pentad.graph.errors import ArgumentError, AutogradError, message
from pentad.tensor import gradients
from pentad.tensor.creation import zeros_like
from pentad.tensor.pytree import flatten, map_leaves, unflatten
from pentad.tensor.state import enable_grad
from pentad.tensor.tensor import Tensor
from pentad.tensor.views import alias_view


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
    if not t.meta.dtype.is_floating_point:
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
    return t.detach().requires_grad_()  # type: ignore[attr-defined, no-any-return]


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
            found = _pull(value, None, [changed[i] for i in chosen], outer)
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


def vjp(function: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], Any]]:
    """(result, pull): `pull(cotangent)` gives the cotangents of all primals, as a tuple."""
    with _level() as nested:
        outer = nested or _requires(primals)
        inputs = [map_leaves(_variable, p) for p in primals]
        result = function(*inputs)

    def pull(cotangent: Any) -> tuple[Any, ...]:
        with enable_grad():
            create = outer or _depth.levels > 0 or _requires(cotangent)
            return tuple(_pull(result, cotangent, inputs, create))

    shown = result if outer else map_leaves(lambda t: t.detach(), result)  # type: ignore
    return shown, pull


def jvp(
    function: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Any, Any]:
    """(result, its tangent): the derivative along `tangents`, as the vjp of a vjp, which is linear
    in its cotangent."""
    if len(primals) != len(tangents):
        raise ArgumentError(
            message("jvp: one tangent for each primal", expected=str(len(primals)),
                    got=str(len(tangents)))
        )
    with _level() as nested:
        outer = nested or _requires((primals, tangents))
        inputs = [map_leaves(_variable, p) for p in primals]
        result = function(*inputs)
        dummy = map_leaves(
            lambda t: zeros_like(t).requires_grad_(), result  # type: ignore[no-any-return]
        )
        pulled = _pull(result, dummy, inputs, True)
        tangent = _pull(pulled, list(tangents), [dummy], outer)[0]
    if outer:
        return result, tangent
    return tuple(map_leaves(lambda t: t.detach(), part) for part in (result, tangent))  # type: ignore

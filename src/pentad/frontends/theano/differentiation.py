"""`grad`: gradients of a scalar, and what is said where there are none."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.theano.configparser import config
from pentad.frontends.theano.gof.bundle import Bundle
from pentad.frontends.theano.gof.disconnected import (
    DisconnectedType,
    Missing,
    disconnected_type,
)
from pentad.frontends.theano.gof.graph import Variable, ancestors
from pentad.frontends.theano.gof.ruled import Ruled
from pentad.frontends.theano.gof.test_values import compute_whole
from pentad.frontends.theano.scalar.types import CONTINUOUS, FLOATS
from pentad.frontends.theano.stops import UNDEFINED, disconnected_grad
from pentad.frontends.theano.tensor.creation import zeros_like
from pentad.frontends.theano.tensor.elemwise import cast


class DisconnectedInputError(pt.PentadError, ValueError):
    """A gradient was asked by a variable that the cost does not depend on."""


class NullTypeGradError(pt.PentadError, TypeError):
    """A gradient is not a number."""


# -- connections -------------------------------------------------------------------------------

# Nodes that gradients do not pass, though their results are numbers.
_CUTS = ("disconnected_grad", "shape")


def connected_by_any_way(cost: Any, wrt: Sequence[Any], within: bool = False) -> set[Any]:
    """Those of `wrt` that the cost depends on, by ways that Theano lets gradients pass; within: not
    by others of them."""
    asked, seen, stack = set(wrt), set(), [cost]
    while stack:
        v = stack.pop()
        if v in seen:
            continue
        seen.add(v)
        if within and v in asked:
            continue
        if v.owner is not None and v.node.op.name not in _CUTS and not v.node.op.from_type:
            places = v.node.op.reached(v.node, {v.index}, _by_any_way)
            stack.extend(v.node.inputs[i] for i in places if i not in v.node.op.sizes)
    return asked & seen


def _by_any_way(results: Sequence[Any], wrt: Sequence[Any]) -> set[Any]:
    return {x for y in results for x in connected_by_any_way(y, wrt, True)}


# -- grad --------------------------------------------------------------------------------------


def format_as(use_list: bool, use_tuple: bool, outputs: Any) -> Any:
    """The outputs as a list, a tuple or, if there is one, alone."""
    found = list(outputs) if isinstance(outputs, list | tuple) else [outputs]
    return found if use_list else tuple(found) if use_tuple else found[0]


def _listed(wrt: Any) -> list[Any]:
    if isinstance(wrt, set):
        raise TypeError(
            static.message("wrt must not be a set", got="a set", expected="a list",
                           hint="sets have no order, so that gradients could not be told apart")
        )
    found = list(wrt) if isinstance(wrt, list | tuple) else [wrt]
    for v in found:
        if not isinstance(v, Variable):
            raise TypeError(
                static.message(f"Expected Variable, got {v}", got=str(type(v)))
            )
    return found


def grad(
    cost: Any, wrt: Any, consider_constant: Any = None, disconnected_inputs: str = "raise",
    add_names: bool = True, known_grads: Mapping[Any, Any] | None = None,
    return_disconnected: str = "zero", null_gradients: str = "raise",
) -> Any:
    """The gradients of a scalar cost by variables, in the form of `wrt`."""
    if cost is None and known_grads is None:
        raise AssertionError(static.message("cost and known_grads can't both be None."))
    if cost is not None and cost.ndim != 0:
        raise TypeError(
            static.message("cost must be a scalar.", expected="a variable without axes",
                           got=str(cost.type), where=cost.node.line,
                           hint="take the mean or the sum of it")
        )
    # By a sparse matrix, what is asked for are the gradients of the elements that it stores.
    names = [v.data if isinstance(v, Bundle) else v for v in _listed(wrt)]
    ys, seeds = _ends(cost, dict(known_grads or {}))
    asked = names
    stop = list(consider_constant or [])
    if stop or known_grads:
        ys, asked = _cut(ys, names, stop, dict(known_grads or {}))
    if null_gradients == "raise":
        _check_defined(ys, asked)
    ys, asked = _as_floats(ys, asked)
    found = _gradients(ys, asked, seeds)
    compute_whole([g for g in found if g is not None])
    results = []
    for v, a, g in zip(names, asked, found, strict=True):
        if g is None:
            g = _absent(ys, v, a, disconnected_inputs, return_disconnected)
        elif add_names and cost is not None and cost.name and v.name and g.name is None:
            g.name = f"(d{cost.name}/d{v.name})"
        results.append(g)
    results = [v.with_data(g) if isinstance(v, Bundle) and isinstance(g, Variable) else g
               for v, g in zip(_listed(wrt), results)]
    return format_as(isinstance(wrt, list), isinstance(wrt, tuple), results)


def _ends(cost: Any, known: dict[Any, Any]) -> tuple[list[Any], list[Any]]:
    """What is differentiated, and the weights of it."""
    # What is said to have no gradient has none to hand on.
    known = {v: g for v, g in known.items() if not (
        isinstance(g, Missing) and isinstance(g.type, DisconnectedType))}
    for v, g in list(known.items()):
        if not isinstance(g, Variable):
            raise TypeError(
                static.message("output grads must be theano variables.", got=str(type(g)),
                               hint="theano.shared or T.constant makes one")
            )
        if hasattr(g, "dtype") and g.dtype not in FLOATS:
            raise TypeError(
                static.message("Gradients must always be continuous", got=str(g.type),
                               expected="a float")
            )
        if g.ndim > v.ndim:
            raise TypeError(
                static.message("known_grads: a gradient has more axes than its variable",
                               expected=str(v.type), got=str(g.type))
            )
        if g.ndim < v.ndim:
            # One for all elements along the axes that it lacks.
            known[v] = zeros_like(v, g.dtype) + g
    ys, seeds = list(known), list(known.values())
    if cost is not None and cost not in known:
        ys, seeds = [cost, *ys], [None, *seeds]
    return ys, seeds


def _cut(
    ys: Sequence[Any], wrt: Sequence[Any], stop: Sequence[Any], known: Mapping[Any, Any]
) -> tuple[list[Any], list[Any]]:
    """The same ends and variables in a copy of the graph where some variables are constants.

    A variable with a known gradient is an end: from what else depends on it nothing flows to it.
    """
    cuts = {v: disconnected_grad(v) for v in dict.fromkeys([*stop, *known])}
    copies = static.clone([*ys, *wrt], cuts)
    ends = [
        static.clone([y], {k: v for k, v in cuts.items() if k is not y})[0] if y in cuts else copy
        for y, copy in zip(ys, copies)
    ]
    # What is held constant is still asked for, just nothing beyond it.
    places = {**cuts, **{y: end for y, end in zip(ys, ends) if y in known}}
    return ends, [places.get(v, c) for v, c in zip(wrt, copies[len(ys):], strict=True)]


def _check_defined(ys: Sequence[Any], wrt: Sequence[Any]) -> None:
    """NullTypeGradError if a way to one of the variables leads by a gradient without meaning."""
    seen: set[Any] = set()
    for v in ancestors(list(ys)):
        if isinstance(v.node.op, Ruled) and v.node not in seen and v.node.op.differentiable:
            seen.add(v.node)
            for x, why in v.node.op.undefined(v.node):
                if x.dtype in CONTINUOUS and set(wrt) & set(ancestors([x])):
                    raise NullTypeGradError(
                        static.message(f"tensor.grad encountered a NaN. {why}", where=v.node.line)
                    )
        if v.node.op is UNDEFINED and set(wrt) & set(ancestors(v.node.inputs)):
            raise NullTypeGradError(
                static.message("tensor.grad encountered a NaN: the gradient is undefined here",
                               got=str(v), where=v.node.line)
            )


def _as_floats(ys: list[Any], wrt: list[Any]) -> tuple[list[Any], list[Any]]:
    """Whole numbers that gradients are asked by are floats in a copy of the graph."""
    floats = {v: cast(v, config.floatX) for v in wrt if v.dtype not in CONTINUOUS}
    if not floats:
        return ys, wrt
    try:
        found = static.clone([*ys, *wrt], floats)
    except pt.DTypeError:
        # Something is taken at them: only whole numbers are places.
        return ys, wrt
    return found[:len(ys)], found[len(ys):]


def _gradients(ys: Sequence[Any], wrt: Sequence[Any], seeds: Sequence[Any]) -> list[Any]:
    smooth = [(y, s) for y, s in zip(ys, seeds, strict=True) if y.dtype in CONTINUOUS]
    if len(smooth) > 1:
        # An end that nothing asked for leads to has no part in the gradients, nor need it a value.
        smooth = [(y, s) for y, s in smooth if not set(wrt).isdisjoint(ancestors([y]))]
    if not smooth:
        return [None] * len(wrt)
    return static.gradients([y for y, _ in smooth], list(wrt), [s for _, s in smooth])


def _absent(ys: Sequence[Any], v: Any, asked: Any, policy: str, give: str) -> Any:
    """What stands for the gradient by a variable where the core finds no way to it."""
    if any(asked in connected_by_any_way(y, [asked]) for y in ys):
        return zeros_like(v, None if v.dtype in CONTINUOUS else config.floatX)
    if policy not in ("ignore", "warn", "raise"):
        raise ValueError(
            static.message("Invalid value for keyword 'disconnected_inputs'",
                           expected="'ignore', 'warn' or 'raise'", got=repr(policy))
        )
    text = static.message(
        "grad method was asked to compute the gradient with respect to a variable that is not part "
        f"of the computational graph of the cost, or is used only by a non-differentiable "
        f"operator: {v}", expected="a variable that the cost depends on", got=str(v.type),
        where=v.node.line, hint="look at what the cost is made of, or pass "
                                "disconnected_inputs='ignore'")
    if policy == "raise":
        raise DisconnectedInputError(text)
    if policy == "warn":
        warnings.warn(text, stacklevel=4)
    if give in ("None", "Disconnected"):
        return None if give == "None" else disconnected_type()
    return zeros_like(v, None if v.dtype in CONTINUOUS else config.floatX)


__all__ = ["DisconnectedInputError", "NullTypeGradError", "format_as", "grad"]

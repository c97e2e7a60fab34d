"""`theano.function`: a part of the graph, made something to call."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from pentad import static
from pentad.frontends.theano.compile.callable import Function
from pentad.frontends.theano.compile.io import In, SymbolicOutput, as_input
from pentad.frontends.theano.compile.mode import get_mode
from pentad.frontends.theano.compile.sharedvalue import SharedVariable
from pentad.frontends.theano.configparser import config
from pentad.frontends.theano.gof.bundle import Bundle, flat, parts_of, remade
from pentad.frontends.theano.gof.errors import MissingInputError, UnusedInputError
from pentad.frontends.theano.gof.graph import Variable, ancestors
from pentad.frontends.theano.tensor.constants import as_tensor_variable


def function(
    inputs: Any, outputs: Any = None, mode: Any = None, updates: Any = None, givens: Any = None,
    no_default_updates: Any = False, accept_inplace: bool = False, name: str | None = None,
    rebuild_strict: bool = True, allow_input_downcast: bool | None = None, profile: Any = None,
    on_unused_input: str | None = None,
) -> Function:
    """A callable: values of `inputs` to values of `outputs`, changing shared variables."""
    if not isinstance(inputs, list | tuple):
        raise Exception(
            static.message("Input variables of a Theano function should be contained in a list, "
                           "even when there is a single input.", got=str(inputs), expected="a list")
        )
    taken = _inputs(inputs, allow_input_downcast)
    keys, results = _outputs(outputs)
    replaced = _givens(givens, rebuild_strict)
    for x in taken:
        if any(part in replaced for part in parts_of(x.variable)):
            raise RuntimeError(
                static.message(f"givens: {x.variable} is an input of the function",
                               expected="variables that the function is not given",
                               hint="leave it out of the inputs, or out of givens")
            )
    changes = _updates(updates)
    once = _circular(replaced)
    reached = _reached(_values(results) + list(changes.values()), taken, replaced, once)
    _add_defaults(changes, taken, replaced, reached, no_default_updates)
    if once:
        found = static.clone([*_values(results), *changes.values()], replaced)
        changes, replaced = dict(zip(changes, found[len(_values(results)):])), {}
        results = [SymbolicOutput(v, r.borrow)
                   for v, r in zip(remade([r.variable for r in results], found), results)]
    reached = _reached(_values(results) + list(changes.values()), taken, replaced)
    _check_unused(taken, reached, on_unused_input)
    _check_missing(reached, taken, replaced)
    return Function(
        taken, results, changes, replaced, get_mode(mode), name=name, keys=keys,
        single=not isinstance(outputs, list | tuple | dict) and outputs is not None,
        nothing=outputs is None, profile=profile,
    )


def _values(results: Sequence[Any]) -> list[Any]:
    return flat(r.variable for r in results)


def _inputs(inputs: Sequence[Any], downcast: bool | None) -> list[In]:
    found = [as_input(x) for x in inputs]
    for x in found:
        if x.allow_downcast is None:
            x.allow_downcast = downcast
        if isinstance(x.variable, SharedVariable):
            raise TypeError(
                static.message(f"Cannot use a shared variable ({x.variable}) as explicit input",
                               hint="substitute a variable for it by `givens`")
            )
    seen: dict[Any, int] = {}
    for i, x in enumerate(found):
        if x.variable in seen:
            raise UnusedInputError(
                static.message(f"Variable {x.variable} is used twice in inputs to theano.function",
                               got=f"at indices {seen[x.variable]} and {i}",
                               expected="each input once")
            )
        seen[x.variable] = i
    return found


def _outputs(outputs: Any) -> tuple[list[str] | None, list[SymbolicOutput]]:
    keys = None
    if outputs is None:
        return None, []
    if isinstance(outputs, dict):
        if not all(isinstance(k, str) for k in outputs):
            raise AssertionError(
                static.message("the keys of a dictionary of outputs must be strings",
                               got=str(list(outputs)))
            )
        keys = sorted(outputs)
        outputs = [outputs[k] for k in keys]
    elif not isinstance(outputs, list | tuple):
        outputs = [outputs]
    found = []
    for out in outputs:
        wrapped = out if isinstance(out, SymbolicOutput) else SymbolicOutput(out)
        if not isinstance(wrapped.variable, Variable):
            if isinstance(wrapped.variable, str | type(None)) or callable(wrapped.variable):
                raise TypeError(
                    static.message("Outputs must be theano Variable or Out instances.",
                                   got=f"{wrapped.variable!r} of type {type(wrapped.variable)}")
                )
            wrapped = SymbolicOutput(as_tensor_variable(wrapped.variable))
        found.append(wrapped)
    return keys, found


def _pairs(given: Any) -> list[tuple[Any, Any]]:
    if given is None:
        return []
    if isinstance(given, Mapping) or hasattr(given, "items"):
        return list(given.items())
    return [tuple(pair) for pair in given]  # type: ignore[misc]


def _givens(givens: Any, strict: bool) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key, value in _pairs(givens):
        if not isinstance(key, Variable):
            raise TypeError(
                static.message("givens: a key must be a Variable", got=repr(key))
            )
        if key in found:
            raise AssertionError(
                static.message("givens: a variable is replaced twice", got=str(key))
            )
        if isinstance(key, SharedVariable) and isinstance(value, SharedVariable) is False and (
            not isinstance(value, Variable)
        ):
            value = key.type.filter_variable(value)
        value = key.type.filter_variable(value) if strict or not isinstance(
            value, Variable) else value
        found.update(zip(parts_of(key), parts_of(value), strict=True))
    return found


def _circular(replaced: Mapping[Any, Any]) -> bool:
    """Is a variable replaced by something that is computed of a variable that is replaced?"""
    return any(v in replaced for v in ancestors(list(replaced.values())))


def _updates(updates: Any) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key, value in _pairs(updates):
        if isinstance(key, Bundle) and hasattr(key, "get_value"):
            new = parts_of(_fitting(key, value))
            found.update((k, v) for k, v in zip(key.parts, new) if isinstance(k, SharedVariable))
            continue
        if not isinstance(key, SharedVariable):
            raise TypeError(
                static.message("update target must be a SharedVariable", got=f"{key!r}",
                               expected="a shared variable")
            )
        if key in found:
            raise ValueError(
                static.message("this shared variable already has an update expression",
                               got=str(key))
            )
        found[key] = _fitting(key, value)
    return found


def _fitting(key: Any, value: Any) -> Any:
    """The new value of a shared variable, of its type."""
    try:
        return key.type.filter_variable(value, allow_convert=True)
    except TypeError as error:
        got = getattr(value, "type", type(value))
        raise TypeError(
            static.message("An update must have the same type as the original shared variable "
                           f"(shared_var={key})", expected=str(key.type), got=f"{value}: {got}",
                           hint="cast the update to the dtype of the variable, for instance with "
                                "T.cast, or look for a float64 among float32s")
        ) from error


# -- what the graph reaches --------------------------------------------------------------------


def _reached(
    targets: Sequence[Any], inputs: Sequence[In], replaced: Mapping[Any, Any],
    once: bool = False,
) -> dict[Any, None]:
    """All variables that the targets depend on, with replacements in place; once: what stands for
    a variable is taken as it is."""
    fed = set(flat(x.variable for x in inputs))
    found: dict[Any, None] = {}
    stack = [*targets, *[x.update for x in inputs if x.update is not None]]
    while stack:
        v = stack.pop()
        if once and v in replaced and v not in found:
            found.update(dict.fromkeys(ancestors([replaced[v]])))
        v = replaced.get(v, v)
        if v in found:
            continue
        found[v] = None
        if v not in fed:
            stack.extend(v.node.inputs)
            stack.extend(s for n in v.node.control for s in n.inputs)
            for body in v.node.extra.get("bodies", ()):
                stack.extend(n.outputs[0] for n in body.reads())
    return found


def _add_defaults(
    changes: dict[Any, Any], inputs: Sequence[In], replaced: Mapping[Any, Any],
    reached: Mapping[Any, None], skip: Any,
) -> None:
    """Add the default updates of the shared variables that are used."""
    if skip is True:
        return
    left = set(skip) if isinstance(skip, list | tuple) else set()
    if not isinstance(skip, bool | list | tuple):
        raise TypeError(
            static.message("no_default_update should be either a boolean or a list",
                           got=repr(skip))
        )
    seen: set[Any] = set()
    queue = [*reached, *changes]
    while queue:
        v = queue.pop()
        if v in seen:
            continue
        seen.add(v)
        if isinstance(v, SharedVariable) and v._update is not None and v not in changes and (
            v not in left
        ):
            changes[v] = v._update
            queue.extend(_reached([v._update], inputs, replaced))


def _check_missing(
    reached: Mapping[Any, None], inputs: Sequence[In], replaced: Mapping[Any, Any]
) -> None:
    fed = set(flat(x.variable for x in inputs))
    for v in reached:
        if v.node.op.name == "placeholder" and v not in fed:
            raise MissingInputError(
                static.message(
                    f"Undeclared input: {v} of the graph was not provided and not given a value",
                    expected=f"a value of type {v.type}", got="none", where=v.node.line,
                    hint="add it to the inputs of theano.function, or to givens")
            )


def _check_unused(
    inputs: Sequence[In], reached: Mapping[Any, None], policy: str | None
) -> None:
    policy = config.on_unused_input if policy is None else policy
    if policy not in ("raise", "warn", "ignore"):
        raise ValueError(
            static.message("Invalid value for keyword on_unused_input of theano.function",
                           expected="raise, warn or ignore", got=repr(policy))
        )
    # What was given to a loop counts as used, though its function may not look at it.
    given = [v for r in reached for v in r.node.extra.get("given", ())]
    reached = {**reached, **_reached(given, (), {})}
    for i, x in enumerate(inputs):
        used = any(part in reached for part in parts_of(x.variable))
        if policy == "ignore" or used or x.update is not None:
            continue
        text = static.message(
            "theano.function was asked to create a function computing outputs given certain "
            f"inputs, but the provided input variable at index {i} is not part of the "
            f"computational graph needed to compute the outputs: {x.variable}",
            where=x.variable.node.line,
            hint="leave it out, or pass on_unused_input='warn' or 'ignore'")
        if policy == "raise":
            raise UnusedInputError(text)
        warnings.warn(text, stacklevel=3)


pfunc = function
"""The same: what makes it lies in one place here."""
__all__ = ["function", "pfunc"]

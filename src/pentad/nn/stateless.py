"""Modules as functions of their parameters (torch.func.functional_call, stack_module_state)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.nn.module import Module
from pentad.tensor.functions.shaping import stack
from pentad.tensor.tensor import Tensor

_TABLES = ("_parameters", "_buffers")


def _require(name: str, values: Sequence[Any], cls: type, expected: str) -> None:
    for value in values:
        if not isinstance(value, cls):
            raise ArgumentError(
                message(f"{name}: wrong kind of argument", expected=expected,
                        got=type(value).__name__)
            )



def functional_call(
    module: Module, parameter_and_buffer_dicts: Any, args: Any = (),
    kwargs: Mapping[str, Any] | None = None, *, tie_weights: bool = True, strict: bool = False,
) -> Any:
    """What a module gives with other tensors in place of its parameters and buffers.

    parameter_and_buffer_dicts: {path: tensor}, or several such dicts; args: the arguments, a tuple
    or a single one. What is not named stays (strict: everything must be named). tie_weights: a
    tensor that the module has at several paths is replaced at all of them if it is named at one.
    The module is unchanged afterwards. ArgumentError for a path that the module does not have.

    >>> import pentad as pt
    >>> layer = pt.nn.Linear(2, 1, bias=False)
    >>> pt.func.functional_call(layer, {"weight": pt.ones(1, 2)}, pt.tensor([2.0, 3.0]))
    tensor([5.])
    """
    single = isinstance(parameter_and_buffer_dicts, Mapping)
    dicts = [parameter_and_buffer_dicts] if single else list(parameter_and_buffer_dicts)
    given: dict[str, Any] = {}
    _require("functional_call", (module,), Module, "a Module")
    _require("functional_call", dicts, Mapping, "dicts of tensors by path")
    for d in dicts:
        twice = sorted(given.keys() & d.keys())
        if twice:
            raise ArgumentError(
                message("functional_call: a name in several dicts", expected="each name once",
                        got=", ".join(twice))
            )
        given.update(d)
    arguments = args if isinstance(args, tuple) else (args,)
    with replaced(module, given, tie_weights, strict):
        return module(*arguments, **(kwargs or {}))


@contextmanager
def replaced(
    module: Module, given: Mapping[str, Any], tie: bool, strict: bool
) -> Iterator[None]:
    """Within it, the module has other tensors at these paths."""
    places = {path: (table, name) for path, table, name in _places(module)}
    unknown = sorted(given.keys() - places.keys())
    if unknown or (strict and given.keys() != places.keys()):
        missing = sorted(places.keys() - given.keys())
        raise ArgumentError(
            message("functional_call: the names do not fit the module",
                    expected=f"names among {', '.join(places)}" + (", all of them" * strict),
                    got=f"unknown: {', '.join(unknown) or 'none'}"
                    + (f"; missing: {', '.join(missing)}" if strict else ""))
        )
    values = dict(given)
    if tie:
        shared = {id(places[p][0][places[p][1]]): v for p, v in given.items()}
        for path, (table, name) in places.items():
            if id(table[name]) in shared:
                values.setdefault(path, shared[id(table[name])])
    before = {path: places[path][0][places[path][1]] for path in values}
    try:
        # Not through setattr: what compiled functions know of the module stays true.
        for path, value in values.items():
            table, name = places[path]
            table[name] = value
        yield
    finally:
        for path, value in before.items():
            table, name = places[path]
            table[name] = value


def _places(module: Module) -> Iterator[tuple[str, dict[str, Any], str]]:
    """(path, table, name in the table) of every parameter and buffer."""
    for prefix, part in module.named_modules(remove_duplicate=False):
        for kind in _TABLES:
            table = part.__dict__[kind]
            for name, value in table.items():
                if value is not None:
                    yield (f"{prefix}.{name}" if prefix else name), table, name


def stack_module_state(
    models: Sequence[Module],
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """(parameters, buffers) of modules of one kind, each stacked along a new first dimension: with
    vmap and functional_call an ensemble is one call.

    >>> import pentad as pt
    >>> params, buffers = pt.func.stack_module_state([pt.nn.Linear(2, 3) for _ in range(4)])
    >>> params["weight"].shape
    (4, 3, 2)
    """
    if not models:
        raise ArgumentError(
            message("stack_module_state: no modules", expected="at least one", got="none")
        )
    _require("stack_module_state", models, Module, "modules")
    kinds = {type(m).__name__ for m in models}
    modes = {m.training for m in models}
    if len(kinds) > 1 or len(modes) > 1:
        raise ArgumentError(
            message("stack_module_state: the modules differ", expected="one class and one mode",
                    got=", ".join(sorted(kinds)) + f"; training: {sorted(modes)}")
        )

    def stacked(named: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
        found = {}
        for name, first in named[0].items():
            whole = stack([d[name] for d in named]).detach()
            found[name] = whole.requires_grad_() if first.requires_grad else whole
        return found

    return (
        stacked([dict(m.named_parameters()) for m in models]),
        stacked([dict(m.named_buffers()) for m in models]),
    )

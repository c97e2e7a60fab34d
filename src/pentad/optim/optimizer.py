"""Optimizer: parameter groups, state and its saved form, as in PyTorch.

Hyper-parameters and step counters are numbers of the host: they may change between calls of a
compiled step without a new compilation. The state's tensors are made outside any trace.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from operator import is_
from typing import Any

from pentad.graph.errors import ArgumentError, DTypeError, message
from pentad.tensor import methods
from pentad.tensor.capture import varying
from pentad.tensor.capture.epoch import bump_epoch
from pentad.tensor.functions.creation import as_tensor, zeros_like
from pentad.tensor.state import no_grad, set_trace, state
from pentad.tensor.tensor import Tensor

assert methods  # importing it gives tensors their methods


class Group(dict[str, Any]):
    """The parameters of a group and their hyper-parameters.

    What decides which formula is computed (is there a momentum? which parameters?) counts as a
    change of the program that a compiled step notices; the numbers themselves do not.
    """

    checked: tuple[Any, ...] = ()
    """The values that were last found to be in range."""

    def __setitem__(self, key: str, value: Any) -> None:
        if key != "lr" and _structure(value) != _structure(self.get(key)):
            bump_epoch()
        super().__setitem__(key, value)


def _structure(value: Any) -> Any:
    """What of a hyper-parameter decides the formula: whether a number is 0, all of the rest."""
    if isinstance(value, tuple):
        return tuple(_structure(v) for v in value)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value != 0 if number else value


def _settled(value: Any) -> Any:
    """A saved hyper-parameter: what JSON made a list of is a tuple again."""
    return tuple(value) if isinstance(value, list) else value


def check_number(
    optimizer: str, name: str, value: Any, low: float = 0.0, below: float = math.inf
) -> None:
    """ArgumentError unless low <= value < below; NaN is never within."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not low <= value < below:
        limit = "" if below == math.inf else f" < {below:g}"
        raise ArgumentError(
            message(
                f"{optimizer}: {name} is out of range",
                expected=f"a finite number, {low:g} <= {name}{limit}",
                got=repr(value),
            )
        )


@contextmanager
def outside_trace() -> Iterator[None]:
    """Within it, operations are carried out, though a function is being traced."""
    trace = state.trace
    set_trace(None)
    try:
        with no_grad():
            yield
    finally:
        set_trace(trace)


class Optimizer:
    """The base of all optimisers.

    params: parameters, (name, parameter) pairs, or groups: dicts with "params" and their own
    hyper-parameters. Subclasses define `check` and `update`.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.param_groups: list[Group] = []
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        if isinstance(params, (Tensor, str, Mapping)):
            raise DTypeError(
                message(f"{type(self).__name__}: params", expected="an iterable of parameters",
                        got=type(params).__name__, hint="pass model.parameters() or a list")
            )
        given = list(params)
        if not given:
            raise ArgumentError(
                message(f"{type(self).__name__}: no parameters", expected="at least one",
                        got="an empty list", hint="has the model any parameters?")
            )
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    # -- groups --------------------------------------------------------------------------------

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Add parameters with hyper-parameters of their own; what is absent is the default."""
        params = param_group["params"]
        members = [params] if isinstance(params, Tensor) else list(params)
        members = [p[1] if isinstance(p, tuple) else p for p in members]
        for p in members:
            self._check_parameter(p)
        known = [p for g in self.param_groups for p in g["params"]]
        if len({id(p) for p in (*known, *members)}) != len(known) + len(members):
            raise ArgumentError(
                message(f"{type(self).__name__}: a parameter is given twice",
                        expected="each parameter in one group, once", got=f"{len(members)} given")
            )
        group = Group({**self.defaults, **param_group, "params": members})
        self.check(group)
        self.param_groups.append(group)
        bump_epoch()

    def _check_parameter(self, p: Any) -> None:
        if not isinstance(p, Tensor):
            raise DTypeError(
                message(f"{type(self).__name__}: not a parameter", expected="a Tensor",
                        got=type(p).__name__)
            )
        if not p.is_leaf:
            raise ArgumentError(
                message(f"{type(self).__name__}: a parameter is no leaf",
                        expected="a tensor that no recorded operation made", got=repr(p.grad_fn))
            )

    def check(self, group: Mapping[str, Any]) -> None:
        """ArgumentError for hyper-parameters out of range."""
        raise NotImplementedError

    # -- stepping ------------------------------------------------------------------------------

    def update(self, p: Tensor, grad: Any, group: Group, numbers: Any) -> None:
        """Update one parameter; numbers: what `group_numbers` gave."""
        raise NotImplementedError

    def group_numbers(self, group: Group) -> Any:
        """The run-time numbers that all parameters of a group share."""
        return tuple(self.number(group, name) for name in ("lr", "weight_decay"))

    def number(self, group: Group, name: str) -> Any:
        """A hyper-parameter as a run-time number."""
        return varying.host_scalar(lambda: float(group[name]))

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient; returns what `closure()` gave, if any."""
        loss = None if closure is None else closure()
        with no_grad():
            for group in self.param_groups:
                varying.each_call(lambda group=group: self._check_changed(group))
                pairs = [(p, p.grad) for p in group["params"]]
                pairs = [(p, g) for p, g in pairs if g is not None]
                numbers = self.group_numbers(group) if pairs else ()
                for p, g in pairs:
                    self.update(p, g, group, numbers)
        return loss

    def _check_changed(self, group: Group) -> None:
        """`check`, if a hyper-parameter is another object than when it was last called."""
        last = group.checked
        if len(last) != len(group) or not all(map(is_, group.values(), last)):
            self.check(group)
            group.checked = tuple(group.values())

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or (set_to_none=False) fill them with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p.grad = None
                elif p.grad is not None:
                    p.grad.detach_().zero_()

    def tensors(self, p: Tensor, *names: str) -> list[Tensor]:
        """State tensors of a parameter, made of zeros when they are first asked for."""
        own = self.state[p]
        for name in names:
            if own.get(name) is None:
                with outside_trace():
                    own[name] = zeros_like(p.detach())  # type: ignore[attr-defined]
                bump_epoch()
        return [own[name] for name in names]

    def count_step(self, p: Tensor) -> None:
        """Count a step of a parameter, at each call."""
        own = self.state[p]
        own.setdefault("step", 0)

        skipped = state.skip

        def advance() -> None:
            # A compiled step that was skipped (GradScaler) is known as such at the next one.
            if skipped is None or not skipped.item():
                own["step"] += 1

        varying.each_call(advance)

    # -- saving --------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """{"state": {index: state}, "param_groups": [...]}, with indices for the parameters."""
        index: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            for p in group["params"]:
                index.setdefault(id(p), len(index))
            saved = {k: v for k, v in group.items() if k != "params"}
            groups.append({**saved, "params": [index[id(p)] for p in group["params"]]})
        found = {
            index[id(p)]: self.saved_state(p) for p in self.state if id(p) in index
        }
        return {"state": dict(sorted(found.items())), "param_groups": groups}

    def saved_state(self, p: Tensor) -> dict[str, Any]:
        """The state of one parameter as it is saved."""
        return dict(self.state[p])

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave; ArgumentError if the groups do not fit."""
        groups = state_dict["param_groups"]
        own = [len(g["params"]) for g in self.param_groups]
        given = [len(g["params"]) for g in groups]
        if own != given:
            raise ArgumentError(
                message(f"{type(self).__name__}.load_state_dict: groups do not fit",
                        expected=f"groups of {own} parameters", got=f"groups of {given}")
            )
        places: dict[int, Tensor] = {}
        for mine, saved in zip(self.param_groups, groups, strict=True):
            places.update(zip(saved["params"], mine["params"], strict=True))
        states = {
            places[int(k)]: self._loaded(places[int(k)], v) for k, v in state_dict["state"].items()
        }
        for mine, saved in zip(self.param_groups, groups, strict=True):
            hyper = {k: _settled(v) for k, v in saved.items() if k != "params"}
            self.check({**mine, **hyper})
            for key, value in hyper.items():
                mine[key] = value
        self.state = defaultdict(dict, states)
        bump_epoch()

    def _loaded(self, p: Tensor, saved: Mapping[str, Any]) -> dict[str, Any]:
        own: dict[str, Any] = {}
        for name, value in saved.items():
            if name == "step":
                own[name] = int(value.item() if hasattr(value, "item") else value)
            elif value is None:
                own[name] = None
            else:
                t = as_tensor(value)
                if t.shape != p.shape:
                    raise ArgumentError(
                        message(f"{type(self).__name__}.load_state_dict: {name} does not fit",
                                expected=str(list(p.shape)), got=str(list(t.shape)))
                    )
                own[name] = t.detach().clone().to(p.dtype)
        return own

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {k}: {group[k]}" for k in sorted(group) if k != "params"]
        return "\n".join([*lines, ")"])

"""Optimizer: parameter groups, hooks and the saved form, as in PyTorch.

Subclasses, of users too, define `step`; those of the package are fused.FusedOptimizer.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pentad.graph.errors import ArgumentError, DTypeError, message
from pentad.nn.hooks import HookHandle
from pentad.optim.hooks import Hooks, hooked
from pentad.optim.saving import converted, packed, unpack
from pentad.tensor import methods
from pentad.tensor.capture.epoch import bump_epoch
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
        if key == "params" or (key != "lr" and _structure(value) != _structure(self.get(key))):
            bump_epoch()
        super().__setitem__(key, value)


def _structure(value: Any) -> Any:
    """What of a hyper-parameter decides the formula: whether a number is 0, all of the rest."""
    if isinstance(value, tuple):
        return tuple(_structure(v) for v in value)
    number = isinstance(value, (int, float, Tensor)) and not isinstance(value, bool)
    return bool(value != 0) if number else value


class Required:
    """Stands for a hyper-parameter that each group must name."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = Required()


def is_number(value: Any) -> bool:
    """A number, or a tensor that holds one."""
    if isinstance(value, Tensor):
        return value.numel() == 1 and not value.is_complex()
    return hasattr(value, "__float__") and not isinstance(value, bool)


def check_number(
    optimizer: str, name: str, value: Any, low: float = 0.0, below: float = math.inf
) -> None:
    """ArgumentError unless low <= value < below; NaN is never within."""
    if not is_number(value) or not low <= float(value) < below:
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
    hyper-parameters; `defaults` are the others'. Subclasses define `step`.
    """

    stepping = False
    has_stepped = False

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.param_groups: list[Group] = []
        self.state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        self.hooks = Hooks()
        name = type(self).__name__
        if isinstance(params, (Tensor, str, Mapping, set, frozenset)):
            raise DTypeError(
                message(f"{name}: params", expected="an iterable of parameters, in an order",
                        got=type(params).__name__, hint="pass model.parameters() or a list")
            )
        given = list(params)
        if not given:
            raise ArgumentError(
                message(f"{name}: no parameters", expected="at least one", got="an empty list",
                        hint="has the model any parameters?")
            )
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = hooked(cls.step)  # type: ignore[method-assign]

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters; each subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} does not define step()")

    def check(self, group: Mapping[str, Any]) -> None:
        """ArgumentError for hyper-parameters out of range; subclasses may define it."""

    # -- groups --------------------------------------------------------------------------------

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Add parameters with hyper-parameters of their own; what is absent is the default."""
        name = type(self).__name__
        if not isinstance(param_group, Mapping) or "params" not in param_group:
            raise DTypeError(
                message(f"{name}: a parameter group", expected='a dict with "params"',
                        got=type(param_group).__name__)
            )
        members, names = self._members(param_group["params"])
        for p in members:
            self._check_parameter(p)
        known = [p for g in self.param_groups for p in g["params"]]
        if len({id(p) for p in (*known, *members)}) != len(known) + len(members):
            raise ArgumentError(
                message(f"{name}: a parameter is given twice",
                        expected="each parameter in one group, once", got=f"{len(members)} given")
            )
        group = Group({**self.defaults, **param_group, "params": members})
        if names:
            group["param_names"] = names
        if any(("param_names" in g) != ("param_names" in group) for g in self.param_groups):
            raise self._named_in_part()
        missing = [key for key, value in group.items() if value is required]
        if missing:
            raise ArgumentError(
                message(f"{name}: a group lacks hyper-parameters", expected=", ".join(missing),
                        got=", ".join(param_group))
            )
        self.check(group)
        self.param_groups.append(group)
        bump_epoch()

    def _members(self, params: Any) -> tuple[list[Any], list[str]]:
        """(parameters, their names, if they come with names)."""
        if isinstance(params, (set, frozenset)):
            raise DTypeError(
                message(f"{type(self).__name__}: params", expected="parameters in an order",
                        got="a set", hint="pass a list")
            )
        members = [params] if isinstance(params, Tensor) else list(params)
        names = [p[0] for p in members if isinstance(p, tuple)]
        if names and len(names) != len(members):
            raise self._named_in_part()
        return [p[1] if isinstance(p, tuple) else p for p in members], names

    def _named_in_part(self) -> ArgumentError:
        return ArgumentError(
            message(f"{type(self).__name__}: params", expected="names for all parameters or none",
                    got="names for some")
        )

    def _check_parameter(self, p: Any) -> None:
        if not isinstance(p, Tensor):
            raise DTypeError(
                message(f"{type(self).__name__}: not a parameter", expected="a Tensor",
                        got=type(p).__name__)
            )
        if not (p.is_leaf or self.defaults.get("differentiable")):
            raise ArgumentError(
                message(f"{type(self).__name__}: a parameter is no leaf",
                        expected="a tensor that no recorded operation made", got=repr(p.grad_fn))
            )

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or (set_to_none=False) fill them with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p.grad = None
                elif p.grad is not None:
                    p.grad.detach_().zero_()

    # -- hooks ---------------------------------------------------------------------------------

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call hook(optimizer, args, kwargs) before each step; args begin with the optimiser.

        It may return other (args, kwargs). In a compiled function it runs once, while tracing.
        """
        return self.hooks.add("step_pre", hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call hook(optimizer, args, kwargs) after each step."""
        return self.hooks.add("step_post", hook)

    def register_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> HookHandle:
        """Call hook(optimizer) before state_dict()."""
        return self.hooks.add("state_dict_pre", hook, prepend)

    def register_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> HookHandle:
        """Call hook(optimizer, state_dict) after state_dict(); it may return another."""
        return self.hooks.add("state_dict_post", hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> HookHandle:
        """Call hook(optimizer, state_dict) before load_state_dict; it may return another."""
        return self.hooks.add("load_state_dict_pre", hook, prepend)

    def register_load_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> HookHandle:
        """Call hook(optimizer) after load_state_dict."""
        return self.hooks.add("load_state_dict_post", hook, prepend)

    # -- saving --------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """{"state": {index: state}, "param_groups": [...]}, with indices for the parameters."""
        for hook in self.hooks.of("state_dict_pre"):
            hook(self)
        return self.hooks.changed("state_dict_post", self, packed(self))  # type: ignore[no-any-return]

    def saved_state(self, p: Tensor) -> dict[str, Any]:
        """The state of one parameter as it is saved."""
        return dict(self.state[p])

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave; ArgumentError if the groups do not fit."""
        given = dict(state_dict) if isinstance(state_dict, Mapping) else state_dict
        unpack(self, self.hooks.changed("load_state_dict_pre", self, given))
        for hook in self.hooks.of("load_state_dict_post"):
            hook(self)

    def loaded_state(self, p: Tensor, saved: Mapping[str, Any]) -> dict[str, Any]:
        """The state of one parameter from its saved form."""
        return converted(p, saved)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {k}: {group[k]}" for k in sorted(group) if k != "params"]
        return "\n".join([*lines, ")"])

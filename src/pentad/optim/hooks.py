"""Hooks of optimisers: functions called before and after a step, and when states are saved."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.nn.hooks import HookHandle
from pentad.tensor.capture.epoch import bump_epoch

_KINDS = (
    "step_pre", "step_post", "state_dict_pre", "state_dict_post", "load_state_dict_pre",
    "load_state_dict_post",
)


class Hooks:
    """The hooks of one optimiser (or of all), a list for each occasion."""

    def __init__(self) -> None:
        self.lists: dict[str, list[Any]] = {kind: [] for kind in _KINDS}

    def add(self, kind: str, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Register a hook, last or first in its list."""
        hooks = self.lists[kind]
        hooks.insert(0 if prepend else len(hooks), hook)
        bump_epoch()
        return HookHandle(hooks, hook)

    def of(self, kind: str) -> Iterator[Any]:
        """The hooks of an occasion as they stand now."""
        return iter(tuple(self.lists[kind]))

    def changed(self, kind: str, optimizer: Any, value: Any) -> Any:
        """A value after hooks that may put another in its place."""
        for hook in self.of(kind):
            other = hook(optimizer, value)
            value = value if other is None else other
        return value


everywhere = Hooks()
"""The hooks of all optimisers."""


def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> HookHandle:
    """Call hook(optimizer, args, kwargs) before each step of any optimiser (see Optimizer)."""
    return everywhere.add("step_pre", hook)


def register_optimizer_step_post_hook(hook: Callable[..., Any]) -> HookHandle:
    """Call hook(optimizer, args, kwargs) after each step of any optimiser."""
    return everywhere.add("step_post", hook)


def _before(optimizer: Any, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """The arguments of a step after the hooks before it."""
    for hook in (*everywhere.of("step_pre"), *optimizer.hooks.of("step_pre")):
        other = hook(optimizer, args, kwargs)
        if other is None:
            continue
        if not isinstance(other, tuple) or len(other) != 2:
            raise ArgumentError(
                message("a hook before an optimiser's step", expected="None or (args, kwargs)",
                        got=repr(other))
            )
        args, kwargs = other
    return args, kwargs


def hooked(step: Callable[..., Any]) -> Callable[..., Any]:
    """A method `step` with the hooks around it, once if a subclass calls its parent's."""

    @functools.wraps(step)
    def stepped(*args: Any, **kwargs: Any) -> Any:
        optimizer = args[0]
        if optimizer.stepping:
            return step(*args, **kwargs)
        optimizer.stepping = optimizer.has_stepped = True
        try:
            args, kwargs = _before(optimizer, args, kwargs)
            result = step(*args, **kwargs)
        finally:
            optimizer.stepping = False
        for hook in (*optimizer.hooks.of("step_post"), *everywhere.of("step_post")):
            hook(optimizer, args, kwargs)
        return result

    return stepped

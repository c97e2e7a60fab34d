"""What all schedules are: a count of steps, and the rates that were set last."""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pentad.graph.errors import ArgumentError, DTypeError, message
from pentad.optim.optimizer import Optimizer
from pentad.tensor.tensor import Tensor


def require_optimizer(name: str, optimizer: Any) -> None:
    """DTypeError for what is no optimiser."""
    if not isinstance(optimizer, Optimizer):
        raise DTypeError(
            message(f"{name}: not an optimiser", expected="an Optimizer",
                    got=type(optimizer).__name__)
        )


def per_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """A value for each group: of one for all, or of as many as there are groups."""
    count = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * count
    if len(value) != count:
        raise ArgumentError(
            message(f"{name} does not fit the groups", expected=f"one value or {count}",
                    got=str(len(value)))
        )
    return list(value)


def values_of(optimizer: Optimizer, key: str) -> list[Any]:
    """What each group has under a key; tensors are copied."""
    found = [group[key] for group in optimizer.param_groups]
    return [x.clone() if isinstance(x, Tensor) else x for x in found]  # type: ignore[attr-defined]


def set_value(group: Any, key: str, value: Any) -> None:
    """Give a group a value; a tensor stays the same tensor."""
    if isinstance(group[key], Tensor):
        group[key].fill_(float(value))
    else:
        group[key] = value


def set_momentum(group: Any, value: float) -> None:
    """Set what takes the part of the momentum: beta1, or the momentum itself."""
    if "betas" in group:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value


class LRScheduler:
    """The base: counts steps in last_epoch; subclasses define `get_lr()`, the rates of the groups.

    last_epoch: -1 to begin; another count to go on, for which the groups must have "initial_lr".
    """

    _is_initial = False
    _hidden: tuple[str, ...] = ()
    """Attributes that are functions, which a state_dict does not have."""

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        require_optimizer(type(self).__name__, optimizer)
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                first = group["lr"]
                copied = first.clone() if isinstance(first, Tensor) else first  # type: ignore[attr-defined]
                group.setdefault("initial_lr", copied)
            elif "initial_lr" not in group:
                raise ArgumentError(
                    message(f"{type(self).__name__}: going on at step {last_epoch}",
                            expected='"initial_lr" in each parameter group', got=f"none in {i}",
                            hint="load the optimiser's state first, or begin with last_epoch=-1")
                )
        self.base_lrs = values_of(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        self._last_lr: list[Any] = []
        self._initial_step()

    def _initial_step(self) -> None:
        """The step that a schedule begins with."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_lr(self) -> list[Any]:
        """The rates of the groups at step last_epoch."""
        raise NotImplementedError

    def _present(self, factor: float = 1.0) -> list[Any]:
        """The present rates times a factor."""
        return [lr * factor for lr in values_of(self.optimizer, "lr")]

    def step(self, epoch: int | None = None) -> None:
        """Count a step (or go to step `epoch`) and set the rates."""
        if self._step_count == 1 and not self.optimizer.has_stepped:
            warnings.warn(
                f"{type(self).__name__}.step() before the first optimizer.step(): the schedule's "
                "first rate is skipped. Call optimizer.step() first.", UserWarning, stacklevel=2,
            )
        self._step_count += 1
        if epoch is not None:
            warnings.warn("scheduler.step(epoch) is deprecated: call scheduler.step()",
                          UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        """Go to the next step or to `epoch`, and set the rates."""
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        closed = getattr(self, "_get_closed_form_lr", None)
        rates = self.get_lr() if epoch is None or closed is None else closed()
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            set_value(group, "lr", lr)
        self._last_lr = values_of(self.optimizer, "lr")

    def get_last_lr(self) -> list[Any]:
        """The rates that were set last."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser and functions."""
        return {k: v for k, v in self.__dict__.items() if k not in ("optimizer", *self._hidden)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave; the rates themselves are the optimiser's state."""
        self.__dict__.update(state_dict)


class _LRScheduler(LRScheduler):
    """The base under its older name."""


def saved_functions(functions: Sequence[Any]) -> list[Any]:
    """The attributes of objects that are called, None for functions."""
    plain = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)
    return [None if isinstance(f, plain) else dict(f.__dict__) for f in functions]


def restore_functions(functions: Sequence[Any], saved: Sequence[Any]) -> None:
    """Give objects that are called the attributes that were saved."""
    for function, own in zip(functions, saved, strict=True):
        if own is not None:
            function.__dict__.update(own)


def require_callable(name: str, functions: Sequence[Callable[..., Any]]) -> None:
    """DTypeError for what cannot be called."""
    for function in functions:
        if not callable(function):
            raise DTypeError(
                message(f"{name}: not a function", expected="a function of the step",
                        got=type(function).__name__)
            )

"""Schedules that raise the rate and lower it again, and the momentum the other way."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.optim.lr_scheduler.base import (
    LRScheduler,
    per_group,
    require_optimizer,
    restore_functions,
    saved_functions,
    set_momentum,
    set_value,
)
from pentad.optim.optimizer import Optimizer

_SCALES: dict[str, tuple[str, Callable[[float, float], float]]] = {
    "triangular": ("cycle", lambda gamma, x: 1.0),
    "triangular2": ("cycle", lambda gamma, x: 0.5 ** (x - 1)),
    "exp_range": ("iterations", lambda gamma, x: gamma**x),
}


def _begin_momentum(
    name: str, optimizer: Optimizer, base: Any, top: Any, last_epoch: int
) -> tuple[list[Any], list[Any]]:
    """(lowest, highest) momentum of each group, which begins with the highest."""
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        raise ArgumentError(
            message(f"{name}: cycle_momentum", expected="an optimiser with momentum or betas",
                    got=type(optimizer).__name__, hint="pass cycle_momentum=False")
        )
    lows = per_group(f"{name}: base_momentum", optimizer, base)
    highs = per_group(f"{name}: max_momentum", optimizer, top)
    if last_epoch == -1:
        for group, low, high in zip(optimizer.param_groups, lows, highs, strict=True):
            set_momentum(group, high)
            group["max_momentum"], group["base_momentum"] = high, low
    return lows, highs


class CyclicLR(LRScheduler):
    """Between base_lr and max_lr in triangles (Smith, 2017), one step for each batch.

    mode: "triangular", "triangular2" (each half as high as the last) or "exp_range" (gamma ** step
    as high); or a scale_fn of the cycle or of the step (scale_mode "cycle" or "iterations").
    """

    _hidden = ("_scale_fn_custom",)

    def __init__(
        self, optimizer: Optimizer, base_lr: float | Sequence[float],
        max_lr: float | Sequence[float], step_size_up: int = 2000,
        step_size_down: int | None = None, mode: str = "triangular", gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None, scale_mode: str = "cycle",
        cycle_momentum: bool = True, base_momentum: float | Sequence[float] = 0.8,
        max_momentum: float | Sequence[float] = 0.9, last_epoch: int = -1,
    ) -> None:
        require_optimizer("CyclicLR", optimizer)
        if mode not in _SCALES and scale_fn is None:
            raise ArgumentError(
                message("CyclicLR: mode", expected=", ".join(_SCALES) + ", or a scale_fn",
                        got=repr(mode))
            )
        lows = per_group("CyclicLR: base_lr", optimizer, base_lr)
        self.max_lrs = per_group("CyclicLR: max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, low in zip(optimizer.param_groups, lows, strict=True):
                set_value(group, "lr", low)
        up = float(step_size_up)
        self.total_size = up + (up if step_size_down is None else float(step_size_down))
        self.step_ratio = up / self.total_size
        self.mode, self.gamma, self._scale_fn_custom = mode, gamma, scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else _SCALES[mode][0]
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = "betas" in optimizer.defaults
            self.base_momentums, self.max_momentums = _begin_momentum(
                "CyclicLR", optimizer, base_momentum, max_momentum, last_epoch
            )
        super().__init__(optimizer, last_epoch)
        self.base_lrs = lows

    def scale_fn(self, x: float) -> float:
        """How high the triangle of a cycle (or at a step) is."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        return _SCALES[self.mode][1](self.gamma, x)

    def get_lr(self) -> list[Any]:
        """The rates in the cycle; sets the momentum as well."""
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        rising = x <= self.step_ratio
        share = x / self.step_ratio if rising else (x - 1) / (self.step_ratio - 1)
        share *= self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            ends = zip(self.base_momentums, self.max_momentums, strict=True)
            for group, (low, high) in zip(self.optimizer.param_groups, ends, strict=True):
                set_momentum(group, high - (high - low) * share)
        pairs = zip(self.base_lrs, self.max_lrs, strict=True)
        return [low + (high - low) * share for low, high in pairs]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser; of an object as scale_fn, what it holds."""
        custom = self._scale_fn_custom
        own = None if custom is None else saved_functions([custom])[0]
        return {**super().state_dict(), "_scale_fn_custom": own}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        super().load_state_dict({k: v for k, v in state_dict.items() if k not in self._hidden})
        if self._scale_fn_custom is not None:
            restore_functions([self._scale_fn_custom], [state_dict["_scale_fn_custom"]])


# -- one cycle -------------------------------------------------------------------------------------

_RISE = ("initial_lr", "max_lr", "max_momentum", "base_momentum")
_FALL = ("max_lr", "min_lr", "base_momentum", "max_momentum")
_BACK = ("max_lr", "initial_lr", "base_momentum", "max_momentum")
_END = ("initial_lr", "min_lr", "max_momentum", "max_momentum")


def _phase(end: float, names: tuple[str, str, str, str]) -> dict[str, Any]:
    """A phase as PyTorch saves it: its last step, what the groups go from and to."""
    start_lr, end_lr, start_momentum, end_momentum = names
    return {"end_step": end, "start_lr": start_lr, "end_lr": end_lr,
            "start_momentum": start_momentum, "end_momentum": end_momentum}


def _total_steps(total: Any, epochs: Any, each: Any) -> int:
    given = (total,) if total is not None else (epochs, each)
    if not all(isinstance(n, int) and n > 0 for n in given):
        raise ArgumentError(
            message("OneCycleLR: the number of steps", expected="total_steps, or epochs and "
                    "steps_per_epoch: integers >= 1", got=", ".join(map(repr, given)))
        )
    return math.prod(given)


class OneCycleLR(LRScheduler):
    """Up to max_lr and down to almost nothing (Smith and Topin, 2018), one step for each batch.

    pct_start of the steps lead from max_lr / div_factor to max_lr, the rest down to
    max_lr / div_factor / final_div_factor, along a cosine or a line; three_phase goes back down
    to the first rate before. Momentum (or beta1) moves the other way.
    """

    def __init__(
        self, optimizer: Optimizer, max_lr: float | Sequence[float],
        total_steps: int | None = None, epochs: int | None = None,
        steps_per_epoch: int | None = None, pct_start: float = 0.3, anneal_strategy: str = "cos",
        cycle_momentum: bool = True, base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95, div_factor: float = 25.0,
        final_div_factor: float = 1e4, three_phase: bool = False, last_epoch: int = -1,
    ) -> None:
        require_optimizer("OneCycleLR", optimizer)
        total = self.total_steps = _total_steps(total_steps, epochs, steps_per_epoch)
        if not 0 <= pct_start <= 1 or anneal_strategy not in ("cos", "linear"):
            raise ArgumentError(
                message("OneCycleLR", expected="0 <= pct_start <= 1, anneal_strategy "
                        '"cos" or "linear"', got=f"{pct_start}, {anneal_strategy!r}")
            )
        rise = float(pct_start * total)
        first, last = _phase(rise - 1, _RISE), total - 1
        self._schedule_phases = [first, _phase(last, _FALL)]
        if three_phase:
            self._schedule_phases = [first, _phase(2 * rise - 2, _BACK), _phase(last, _END)]
        self._anneal_func_type, self.cycle_momentum = anneal_strategy, cycle_momentum
        tops = per_group("OneCycleLR: max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, top in zip(optimizer.param_groups, tops, strict=True):
                group["initial_lr"], group["max_lr"] = top / div_factor, top
                group["min_lr"] = group["initial_lr"] / final_div_factor
        if cycle_momentum:
            self.use_beta1 = "betas" in optimizer.defaults
            _begin_momentum("OneCycleLR", optimizer, base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def _between(self, start: float, end: float, share: float) -> float:
        if self._anneal_func_type == "linear":
            return start + (end - start) * share
        return end + (start - end) / 2 * (1 + math.cos(math.pi * share))

    def _position(self) -> tuple[dict[str, Any], float]:
        """The phase of step last_epoch, and the share of it that is over."""
        start = 0.0
        for phase in self._schedule_phases:
            end = phase["end_step"]
            if self.last_epoch <= end or phase is self._schedule_phases[-1]:
                break
            start = end
        return phase, (self.last_epoch - start) / (end - start) if end != start else 1.0

    def get_lr(self) -> list[Any]:
        """The rates in the cycle, ArgumentError after its end; sets the momentum as well."""
        if self.last_epoch > self.total_steps:
            raise ArgumentError(
                message("OneCycleLR: the cycle is over", expected=f"{self.total_steps} steps",
                        got=f"step {self.last_epoch}")
            )
        phase, share = self._position()
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            ends = (phase["start_momentum"], phase["end_momentum"])
            for group in groups:
                set_momentum(group, self._between(*(group[key] for key in ends), share))
        ends = (phase["start_lr"], phase["end_lr"])
        return [self._between(*(group[key] for key in ends), share) for group in groups]

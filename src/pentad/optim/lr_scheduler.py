"""Learning-rate schedules: each `step()` sets the rate of every group, by PyTorch's formulas.

Most schedules are a function of the count of steps, so that a schedule that was loaded goes on as
if it had never stopped.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pentad.graph.errors import ArgumentError, DTypeError, message
from pentad.optim.optimizer import Optimizer


class LRScheduler:
    """The base: counts steps in last_epoch; subclasses define `rate(group index, base rate)`."""

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise DTypeError(
                message(f"{type(self).__name__}: not an optimiser", expected="an Optimizer",
                        got=type(optimizer).__name__)
            )
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._last_lr: list[float] = []
        self.step()

    def rate(self, index: int, base: float) -> float:
        """The rate of a group at step last_epoch, its first rate being `base`."""
        raise NotImplementedError

    def step(self) -> None:
        """Count a step and set the rates."""
        self.last_epoch += 1
        for i, (group, base) in enumerate(
            zip(self.optimizer.param_groups, self.base_lrs, strict=True)
        ):
            group["lr"] = self.rate(i, base)
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def get_last_lr(self) -> list[float]:
        """The rates that were set last."""
        return list(self._last_lr)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser and functions."""
        return {
            k: v for k, v in self.__dict__.items() if k != "optimizer" and not _functions(v)
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave; the rates themselves are the optimiser's state."""
        self.__dict__.update(state_dict)


def _functions(value: Any) -> bool:
    return callable(value) or (isinstance(value, list) and any(callable(v) for v in value))


class LambdaLR(LRScheduler):
    """The base rate times lr_lambda(step); one function, or one for each group."""

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Callable[[int], float] | Sequence[Any],
        last_epoch: int = -1,
    ) -> None:
        count = len(optimizer.param_groups)
        several = isinstance(lr_lambda, Sequence)
        self.lr_lambdas = list(lr_lambda) if several else [lr_lambda] * count
        if len(self.lr_lambdas) != count:
            raise ArgumentError(
                message("LambdaLR: lr_lambda", expected=f"one function or {count}",
                        got=str(len(self.lr_lambdas)))
            )
        super().__init__(optimizer, last_epoch)

    def rate(self, index: int, base: float) -> float:
        """base * lr_lambda(step)."""
        return base * self.lr_lambdas[index](self.last_epoch)


class StepLR(LRScheduler):
    """The rate times gamma after every step_size steps."""

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        if step_size < 1:
            raise ArgumentError(message("StepLR: step_size", expected=">= 1", got=str(step_size)))
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, index: int, base: float) -> float:
        """base * gamma ** (step // step_size)."""
        return base * self.gamma ** (self.last_epoch // self.step_size)


class MultiStepLR(LRScheduler):
    """The rate times gamma at each of the milestones."""

    def __init__(
        self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, index: int, base: float) -> float:
        """base * gamma ** (milestones passed)."""
        return base * self.gamma ** bisect_right(self.milestones, self.last_epoch)


class ExponentialLR(LRScheduler):
    """The rate times gamma at every step."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, index: int, base: float) -> float:
        """base * gamma ** step."""
        return base * self.gamma**self.last_epoch


class ConstantLR(LRScheduler):
    """The rate times factor during the first total_iters steps."""

    def __init__(
        self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def rate(self, index: int, base: float) -> float:
        """base * factor, then base."""
        return base * (self.factor if self.last_epoch < self.total_iters else 1.0)


class LinearLR(LRScheduler):
    """The rate's factor goes from start_factor to end_factor in total_iters steps, evenly."""

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0,
        total_iters: int = 5, last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1 or total_iters < 1:
            raise ArgumentError(
                message("LinearLR: factors", expected="0 < start_factor <= 1, "
                        "0 <= end_factor <= 1, total_iters >= 1",
                        got=f"{start_factor}, {end_factor}, {total_iters}")
            )
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def rate(self, index: int, base: float) -> float:
        """base * (start + (end - start) * min(step / total, 1))."""
        share = min(self.last_epoch, self.total_iters) / self.total_iters
        return base * (self.start_factor + (self.end_factor - self.start_factor) * share)


class PolynomialLR(LRScheduler):
    """base * (1 - step / total_iters) ** power, 0 from total_iters on."""

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def rate(self, index: int, base: float) -> float:
        """base * (1 - min(step, total) / total) ** power."""
        return base * (1 - min(self.last_epoch, self.total_iters) / self.total_iters) ** self.power


class CosineAnnealingLR(LRScheduler):
    """Half a cosine from the base rate to eta_min in T_max steps (Loshchilov and Hutter, 2017)."""

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        if T_max < 1:
            raise ArgumentError(
                message("CosineAnnealingLR: T_max", expected=">= 1", got=str(T_max))
            )
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def rate(self, index: int, base: float) -> float:
        """eta_min + (base - eta_min) * (1 + cos(pi * step / T_max)) / 2."""
        wave = 1 + math.cos(math.pi * self.last_epoch / self.T_max)
        return self.eta_min + (base - self.eta_min) * wave / 2


class OneCycleLR(LRScheduler):
    """Up to max_lr and down to almost nothing (Smith and Topin, 2018).

    pct_start of the steps lead from max_lr / div_factor to max_lr, the rest down to
    max_lr / div_factor / final_div_factor, along a cosine or a line; three_phase goes back down
    to the first rate before. Momentum (or beta1) moves the other way.
    """

    def __init__(
        self, optimizer: Optimizer, max_lr: float | Sequence[float],
        total_steps: int | None = None, epochs: int | None = None,
        steps_per_epoch: int | None = None, pct_start: float = 0.3, anneal_strategy: str = "cos",
        cycle_momentum: bool = True, base_momentum: float = 0.85, max_momentum: float = 0.95,
        div_factor: float = 25.0, final_div_factor: float = 1e4, three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None:
            total_steps = (epochs or 0) * (steps_per_epoch or 0)
        if total_steps < 2 or not 0 <= pct_start <= 1 or anneal_strategy not in ("cos", "linear"):
            raise ArgumentError(
                message("OneCycleLR", expected="total_steps >= 2 (or epochs and "
                        'steps_per_epoch), 0 <= pct_start <= 1, anneal_strategy "cos" or "linear"',
                        got=f"{total_steps}, {pct_start}, {anneal_strategy!r}")
            )
        self.total_steps, self.anneal_strategy = total_steps, anneal_strategy
        self.cycle_momentum = cycle_momentum
        self.base_momentum, self.max_momentum = base_momentum, max_momentum
        rise = float(pct_start * total_steps)
        self._ends = [rise - 1, 2 * rise - 2, total_steps - 1.0] if three_phase else [
            rise - 1, total_steps - 1.0]
        count = len(optimizer.param_groups)
        tops = list(max_lr) if isinstance(max_lr, Sequence) else [max_lr] * count
        firsts = [top / div_factor for top in tops]
        self._rates = [
            [first, top, *([first] if three_phase else []), first / final_div_factor]
            for first, top in zip(firsts, tops, strict=True)
        ]
        low, high = base_momentum, max_momentum
        self._momenta = [high, low, high, high] if three_phase else [high, low, high]
        if last_epoch == -1:
            for group, first in zip(optimizer.param_groups, firsts, strict=True):
                group["initial_lr"] = first
        super().__init__(optimizer, last_epoch)

    def _between(self, values: Sequence[float]) -> float:
        """Where step last_epoch is on the way through the values."""
        start = 0.0
        for i, end in enumerate(self._ends):
            if self.last_epoch <= end or i == len(self._ends) - 1:
                share = (self.last_epoch - start) / (end - start) if end > start else 1.0
                a, b = values[i], values[i + 1]
                if self.anneal_strategy == "linear":
                    return a + (b - a) * share
                return b + (a - b) / 2 * (1 + math.cos(math.pi * share))
            start = end
        raise AssertionError("there is at least one phase")

    def rate(self, index: int, base: float) -> float:
        """The rate in the cycle; ArgumentError after its end."""
        if self.last_epoch >= self.total_steps:
            raise ArgumentError(
                message("OneCycleLR: the cycle is over", expected=f"{self.total_steps} steps",
                        got=f"step {self.last_epoch + 1}")
            )
        if self.cycle_momentum:
            self._set_momentum(self.optimizer.param_groups[index])
        return self._between(self._rates[index])

    def _set_momentum(self, group: Any) -> None:
        value = self._between(self._momenta)
        if "betas" in group:
            group["betas"] = (value, *group["betas"][1:])
        elif "momentum" in group:
            group["momentum"] = value


class SequentialLR:
    """One schedule after the other: schedulers[i] until milestones[i]."""

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int]
    ) -> None:
        if len(milestones) != len(schedulers) - 1:
            raise ArgumentError(
                message("SequentialLR: milestones", expected=str(len(schedulers) - 1),
                        got=str(len(milestones)))
            )
        self.optimizer, self.schedulers, self.milestones = optimizer, schedulers, list(milestones)
        self.last_epoch = 0
        for scheduler in schedulers:
            scheduler.last_epoch = -1
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        schedulers[0].step()

    def step(self) -> None:
        """Count a step and let the schedule whose turn it is set the rates."""
        self.last_epoch += 1
        self.schedulers[bisect_right(self.milestones, self.last_epoch)].step()

    def get_last_lr(self) -> list[float]:
        """The rates that were set last."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """The counts of all schedules."""
        own = {"last_epoch": self.last_epoch, "milestones": self.milestones}
        return {**own, "schedulers": [s.state_dict() for s in self.schedulers]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        self.last_epoch = state_dict["last_epoch"]
        self.milestones = list(state_dict["milestones"])
        for scheduler, saved in zip(self.schedulers, state_dict["schedulers"], strict=True):
            scheduler.load_state_dict(saved)


class ReduceLROnPlateau:
    """The rates times factor when a quantity has not improved for more than `patience` steps."""

    def __init__(
        self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1, patience: int = 10,
        threshold: float = 1e-4, threshold_mode: str = "rel", cooldown: int = 0,
        min_lr: float = 0.0, eps: float = 1e-8,
    ) -> None:
        known = mode in ("min", "max") and threshold_mode in ("rel", "abs")
        if not known or not 0 <= factor < 1:
            raise ArgumentError(
                message("ReduceLROnPlateau", expected='mode "min" or "max", threshold_mode "rel" '
                        'or "abs", 0 <= factor < 1', got=f"{mode!r}, {threshold_mode!r}, {factor}")
            )
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.cooldown, self.min_lr, self.eps = cooldown, min_lr, eps
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = self.last_epoch = 0

    def _better(self, value: float) -> bool:
        relative = self.threshold_mode == "rel"
        if self.mode == "min":
            limit = self.best * (1 - self.threshold) if relative else self.best - self.threshold
            return value < limit
        limit = self.best * (1 + self.threshold) if relative else self.best + self.threshold
        return value > limit

    def step(self, metrics: Any) -> None:
        """Look at the quantity; reduce the rates if it has not improved for too long."""
        value = float(metrics)
        self.last_epoch += 1
        if self._better(value):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            for group in self.optimizer.param_groups:
                lower = max(group["lr"] * self.factor, self.min_lr)
                if group["lr"] - lower > self.eps:
                    group["lr"] = lower
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0

    def get_last_lr(self) -> list[float]:
        """The present rates."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser."""
        return {k: v for k, v in self.__dict__.items() if k != "optimizer"}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        self.__dict__.update(state_dict)

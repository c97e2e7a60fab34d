"""Schedules that multiply the rate: by a function's value, at steps, along a line or a power."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.optim.lr_scheduler.base import (
    LRScheduler,
    per_group,
    require_callable,
    require_optimizer,
    restore_functions,
    saved_functions,
)
from pentad.optim.optimizer import Optimizer


class _ByFunction(LRScheduler):
    """Schedules by functions of the step, one for all groups or one for each."""

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Callable[[int], float] | Sequence[Any],
        last_epoch: int = -1,
    ) -> None:
        name = type(self).__name__
        require_optimizer(name, optimizer)
        self.lr_lambdas = per_group(f"{name}: lr_lambda", optimizer, lr_lambda)
        require_callable(f"{name}: lr_lambda", self.lr_lambdas)
        super().__init__(optimizer, last_epoch)

    def _scaled(self, rates: Sequence[Any]) -> list[Any]:
        return [lr * f(self.last_epoch) for f, lr in zip(self.lr_lambdas, rates, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser; of objects that are called, what they hold."""
        return {**super().state_dict(), "lr_lambdas": saved_functions(self.lr_lambdas)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        rest = {k: v for k, v in state_dict.items() if k != "lr_lambdas"}
        super().load_state_dict(rest)
        restore_functions(self.lr_lambdas, state_dict["lr_lambdas"])


class LambdaLR(_ByFunction):
    """The base rate times lr_lambda(step); one function, or one for each group."""

    def get_lr(self) -> list[Any]:
        """base * lr_lambda(step)."""
        return self._scaled(self.base_lrs)


class MultiplicativeLR(_ByFunction):
    """The present rate times lr_lambda(step); one function, or one for each group."""

    def get_lr(self) -> list[Any]:
        """lr * lr_lambda(step)."""
        return self._present() if self._is_initial else self._scaled(self._present())


class _ByFactor(LRScheduler):
    """Schedules whose rate is a function of the step times the base rate."""

    def _change(self) -> float:
        """By what the present rates are multiplied at step last_epoch."""
        raise NotImplementedError

    def _whole(self) -> float:
        """By what the base rates are multiplied at step last_epoch."""
        raise NotImplementedError

    def get_lr(self) -> list[Any]:
        """The present rates times the change from the last step."""
        return self._present(self._change())

    def _get_closed_form_lr(self) -> list[Any]:
        """The base rates times the schedule's factor."""
        return [base * self._whole() for base in self.base_lrs]


class StepLR(_ByFactor):
    """The rate times gamma after every step_size steps."""

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        if step_size < 1:
            raise ArgumentError(message("StepLR: step_size", expected=">= 1", got=str(step_size)))
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def _change(self) -> float:
        first = self.last_epoch == 0 or self.last_epoch % self.step_size != 0
        return 1.0 if first else self.gamma

    def _whole(self) -> float:
        return self.gamma ** (self.last_epoch // self.step_size)


class MultiStepLR(_ByFactor):
    """The rate times gamma at each of the milestones."""

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def _change(self) -> float:
        return float(self.gamma ** self.milestones[self.last_epoch])

    def _whole(self) -> float:
        return self.gamma ** bisect_right(sorted(self.milestones.elements()), self.last_epoch)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave; JSON may have made texts of the milestones."""
        super().load_state_dict(state_dict)
        self.milestones = Counter({int(k): int(n) for k, n in self.milestones.items()})


class ExponentialLR(_ByFactor):
    """The rate times gamma at every step."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _change(self) -> float:
        return 1.0 if self._is_initial else self.gamma

    def _whole(self) -> float:
        return self.gamma**self.last_epoch


class ConstantLR(_ByFactor):
    """The rate times factor during the first total_iters steps."""

    def __init__(
        self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 <= factor <= 1:
            raise ArgumentError(message("ConstantLR: factor", expected="0..1", got=str(factor)))
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """base * factor, then base."""
        if self.last_epoch == self.total_iters and not self.factor:
            return list(self.base_lrs)  # the present rate is 0, which no factor leads out of
        return super().get_lr()

    def _change(self) -> float:
        if self.last_epoch == 0:
            return self.factor
        return 1.0 if self.last_epoch != self.total_iters else 1.0 / self.factor

    def _whole(self) -> float:
        return self.factor if self.last_epoch < self.total_iters else 1.0


class LinearLR(_ByFactor):
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

    def _change(self) -> float:
        if self.last_epoch == 0:
            return self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return 1.0
        rise = self.end_factor - self.start_factor
        return 1.0 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise)

    def _whole(self) -> float:
        share = min(self.last_epoch, self.total_iters) / self.total_iters
        return self.start_factor + (self.end_factor - self.start_factor) * share


class PolynomialLR(_ByFactor):
    """base * (1 - step / total_iters) ** power, 0 from total_iters on."""

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def _left(self, step: int) -> float:
        return 1.0 - min(step, self.total_iters) / self.total_iters

    def _change(self) -> float:
        if self._is_initial or self.last_epoch > self.total_iters:
            return 1.0
        ratio = self._left(self.last_epoch) / self._left(self.last_epoch - 1)
        return float(ratio**self.power)

    def _whole(self) -> float:
        return float(self._left(self.last_epoch) ** self.power)



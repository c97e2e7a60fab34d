"""Schedules along a cosine (Loshchilov and Hutter, 2017)."""

from __future__ import annotations

import math
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.optim.lr_scheduler.base import LRScheduler, set_value, values_of
from pentad.optim.optimizer import Optimizer


def _wave(share: float) -> float:
    """1 at 0, 0 at 1, along a cosine."""
    return (1 + math.cos(math.pi * share)) / 2


class CosineAnnealingLR(LRScheduler):
    """Half a cosine from the base rate to eta_min in T_max steps, and back in as many."""

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        if T_max < 1:
            raise ArgumentError(
                message("CosineAnnealingLR: T_max", expected=">= 1", got=str(T_max))
            )
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """From the present rates: the same share of the way to eta_min as the cosine's."""
        step, low = self.last_epoch, self.eta_min
        present = self._present()
        if self._is_initial:
            return present
        if self._step_count == 1 and step > 0:
            return self._get_closed_form_lr()
        if (step - 1 - self.T_max) % (2 * self.T_max) == 0:  # up again from the lowest rate
            rise = 1 - _wave(1 / self.T_max)
            pairs = zip(present, self.base_lrs, strict=True)
            return [lr + (base - low) * rise for lr, base in pairs]
        change = _wave(step / self.T_max) / _wave((step - 1) / self.T_max)
        return [low + (lr - low) * change for lr in present]

    def _get_closed_form_lr(self) -> list[Any]:
        """eta_min + (base - eta_min) * (1 + cos(pi * step / T_max)) / 2."""
        share = _wave(self.last_epoch / self.T_max)
        return [self.eta_min + (base - self.eta_min) * share for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half a cosine to eta_min again and again: T_0 steps, then T_mult times as many each time.

    step(epoch) may be given a fraction of an epoch, and may go back.
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        whole = isinstance(T_0, int) and isinstance(T_mult, int)
        if not whole or T_0 < 1 or T_mult < 1 or not isinstance(eta_min, (int, float)):
            raise ArgumentError(
                message("CosineAnnealingWarmRestarts", expected="integers T_0 >= 1, T_mult >= 1, "
                        "a number eta_min", got=f"{T_0!r}, {T_mult!r}, {eta_min!r}")
            )
        self.T_0, self.T_i, self.T_mult, self.eta_min = T_0, T_0, T_mult, eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """eta_min + (base - eta_min) * (1 + cos(pi * T_cur / T_i)) / 2."""
        share = _wave(self.T_cur / self.T_i)
        return [self.eta_min + (base - self.eta_min) * share for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Count a step, or go to `epoch`, and set the rates."""
        if epoch is None and self.last_epoch >= 0:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur, self.T_i = self.T_cur % self.T_i, self.T_i * self.T_mult
        else:
            epoch = 0 if epoch is None else epoch
            self._go_to(epoch)
        self.last_epoch = math.floor(epoch)
        for group, lr in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
            set_value(group, "lr", lr)
        self._last_lr = values_of(self.optimizer, "lr")

    def _go_to(self, epoch: float) -> None:
        if epoch < 0:
            raise ArgumentError(
                message("CosineAnnealingWarmRestarts.step: epoch", expected=">= 0", got=str(epoch))
            )
        if epoch < self.T_0:
            self.T_i, self.T_cur = self.T_0, epoch
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            before = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            passed = self.T_0 * (self.T_mult**before - 1) / (self.T_mult - 1)
            self.T_cur, self.T_i = epoch - passed, self.T_0 * self.T_mult**before

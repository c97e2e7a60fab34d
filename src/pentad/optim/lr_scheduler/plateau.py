"""A schedule that waits for a quantity to stop improving."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.optim.lr_scheduler.base import (
    LRScheduler,
    per_group,
    require_optimizer,
    set_value,
    values_of,
)
from pentad.optim.optimizer import Optimizer


class ReduceLROnPlateau(LRScheduler):
    """The rates times factor when a quantity has not improved for more than `patience` steps."""

    def __init__(
        self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1, patience: int = 10,
        threshold: float = 1e-4, threshold_mode: str = "rel", cooldown: int = 0,
        min_lr: float | Sequence[float] = 0.0, eps: float = 1e-8,
    ) -> None:
        require_optimizer("ReduceLROnPlateau", optimizer)
        known = mode in ("min", "max") and threshold_mode in ("rel", "abs")
        if not known or not factor < 1:
            raise ArgumentError(
                message("ReduceLROnPlateau", expected='mode "min" or "max", threshold_mode "rel" '
                        'or "abs", factor < 1', got=f"{mode!r}, {threshold_mode!r}, {factor}")
            )
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.cooldown, self.eps = cooldown, eps
        self.default_min_lr = None if isinstance(min_lr, (list, tuple)) else min_lr
        self.min_lrs = per_group("ReduceLROnPlateau: min_lr", optimizer, min_lr)
        self.mode_worse = math.inf if mode == "min" else -math.inf
        self._last_lr = values_of(optimizer, "lr")
        self.last_epoch = 0
        self._reset()

    def _reset(self) -> None:
        """Forget the best value and the counts."""
        self.best, self.num_bad_epochs, self.cooldown_counter = self.mode_worse, 0, 0

    def _is_better(self, value: float, best: float) -> bool:
        relative = self.threshold_mode == "rel"
        if self.mode == "min":
            return value < (best * (1 - self.threshold) if relative else best - self.threshold)
        return value > (best * (1 + self.threshold) if relative else best + self.threshold)

    @property
    def in_cooldown(self) -> bool:
        """Are values not looked at, since the rates were reduced a short time ago?"""
        return self.cooldown_counter > 0

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Look at the quantity; reduce the rates if it has not improved for too long."""
        value = float(metrics)
        if epoch is not None:
            warnings.warn("step(metric, epoch) of a schedule is deprecated: call step(metric)",
                          UserWarning, stacklevel=2)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(value, self.best):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce_lr()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = values_of(self.optimizer, "lr")

    def _reduce_lr(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            lowest = self.min_lrs if self.default_min_lr is None else self.default_min_lr
            self.min_lrs = per_group("ReduceLROnPlateau: min_lr", self.optimizer, lowest)
        for group, low in zip(groups, self.min_lrs, strict=True):
            old = float(group["lr"])
            new = max(old * self.factor, low)
            if old - new > self.eps:
                set_value(group, "lr", new)

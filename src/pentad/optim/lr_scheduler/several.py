"""Several schedules for one optimiser: one after the other, or all at once."""

from __future__ import annotations

import warnings
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.optim.lr_scheduler.base import LRScheduler, set_value, values_of
from pentad.optim.lr_scheduler.plateau import ReduceLROnPlateau
from pentad.optim.optimizer import Optimizer


def _require_members(name: str, optimizer: Any, schedulers: Sequence[Any]) -> None:
    for scheduler in schedulers:
        fits = isinstance(scheduler, LRScheduler) and scheduler.optimizer is optimizer
        if not fits or isinstance(scheduler, ReduceLROnPlateau):
            raise ArgumentError(
                message(f"{name}: a schedule that does not fit", expected="schedules of one "
                        "optimiser whose step() takes no metric", got=type(scheduler).__name__)
            )
    if not schedulers:
        raise ArgumentError(
            message(f"{name}: no schedules", expected="one or more", got="an empty list")
        )


class _Several(LRScheduler):
    """A schedule made of others, whose states are saved with its own."""

    _hidden = ("_schedulers",)
    _schedulers: list[Any]

    def _initial_step(self) -> None:
        with warnings.catch_warnings():  # the members begin anew, before any step of the optimiser
            warnings.simplefilter("ignore")
            super()._initial_step()

    def state_dict(self) -> dict[str, Any]:
        """Its own count and the states of all schedules."""
        return {**super().state_dict(), "_schedulers": [s.state_dict() for s in self._schedulers]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "_schedulers"})
        for scheduler, saved in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(saved)


class SequentialLR(_Several):
    """One schedule after the other: schedulers[i] until milestones[i]."""

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        _require_members("SequentialLR", optimizer, schedulers)
        if len(milestones) != len(schedulers) - 1:
            raise ArgumentError(
                message("SequentialLR: milestones", expected=str(len(schedulers) - 1),
                        got=str(len(milestones)))
            )
        self.optimizer = optimizer
        self._schedulers, self._milestones = list(schedulers), list(milestones)
        self.last_epoch = last_epoch + 1
        for group in optimizer.param_groups:
            set_value(group, "lr", group["initial_lr"])
        self._undo(self)
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def _undo(self, scheduler: Any) -> None:
        """Take back the step that each schedule began with."""
        members = getattr(scheduler, "_schedulers", None)
        if members is None:
            scheduler.last_epoch -= 1
        for member in members or ():
            self._undo(member)

    def step(self, epoch: int | None = None) -> None:
        """Count a step and let the schedule whose turn it is set the rates."""
        self.last_epoch += 1
        turn = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[turn]
        if turn and self._milestones[turn - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(_Several):
    """Several schedules at once: each goes from the rate that the one before it set."""

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        given = list(schedulers)
        found = optimizer or (getattr(given[0], "optimizer", None) if given else None)
        _require_members("ChainedScheduler", found, given)
        self._schedulers = given
        self.optimizer = given[0].optimizer
        self._last_lr = values_of(self.optimizer, "lr")

    def step(self, epoch: int | None = None) -> None:
        """Let each schedule make its step."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = values_of(self.optimizer, "lr")

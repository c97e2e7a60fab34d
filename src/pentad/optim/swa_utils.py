"""Averages of weights along a training: stochastic weight averaging and exponential means."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, message
from pentad.nn.module import Module
from pentad.nn.normalization import running_norms
from pentad.optim.lr_scheduler.base import LRScheduler, per_group, require_optimizer
from pentad.optim.optimizer import Optimizer
from pentad.tensor.functions.creation import zeros
from pentad.tensor.state import no_grad
from pentad.tensor.tensor import Tensor

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]


def get_ema_avg_fn(decay: float = 0.999) -> Callable[[Any, Any, Any], Any]:
    """average(mean, new, count) = decay * mean + (1 - decay) * new."""
    if not 0 <= decay <= 1:
        raise ArgumentError(message("get_ema_avg_fn: decay", expected="0..1", got=str(decay)))

    @no_grad()
    def ema_update(ema_param: Any, current_param: Any, num_averaged: Any) -> Any:
        return decay * ema_param + (1 - decay) * current_param

    return ema_update  # type: ignore[no-any-return]


def get_swa_avg_fn() -> Callable[[Any, Any, Any], Any]:
    """average(mean, new, count): the mean of all so far."""

    @no_grad()
    def swa_update(averaged_param: Any, current_param: Any, num_averaged: Any) -> Any:
        return averaged_param + (current_param - averaged_param) / (int(num_averaged) + 1)

    return swa_update  # type: ignore[no-any-return]


def _of_lists(average: Callable[[Any, Any, Any], Any]) -> Callable[..., None]:
    """The same for lists of tensors, of which the first are written over."""

    @no_grad()
    def update(means: Sequence[Any], present: Sequence[Any], num_averaged: Any) -> None:
        for mean, new in zip(means, present, strict=True):
            mean.copy_(average(mean, new, num_averaged))

    return update  # type: ignore[no-any-return]


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable[..., None]:
    """get_ema_avg_fn for lists: average(means, new ones, count) writes over the means."""
    return _of_lists(get_ema_avg_fn(decay))


def get_swa_multi_avg_fn() -> Callable[..., None]:
    """get_swa_avg_fn for lists: average(means, new ones, count) writes over the means."""
    return _of_lists(get_swa_avg_fn())


class AveragedModel(Module):
    """A copy of a model whose parameters are means of those at each `update_parameters`.

    avg_fn(mean, new, count) gives another mean than the equal one; multi_avg_fn the same for lists,
    in place. use_buffers: buffers are averaged too; else they are copied.
    """

    n_averaged: Tensor

    def __init__(
        self, model: Module, device: Any = None, avg_fn: Callable[..., Any] | None = None,
        multi_avg_fn: Callable[..., None] | None = None, use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ArgumentError(
                message("AveragedModel", expected="avg_fn or multi_avg_fn", got="both")
            )
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", zeros((), dtype=dtypes.int64))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged model computes."""
        return self.module(*args, **kwargs)

    @no_grad()
    def update_parameters(self, model: Module) -> None:
        """Take the parameters of the model into the means; the first time, copy them."""
        pairs = list(zip(self.module.parameters(), model.parameters(), strict=True))
        buffers = list(zip(self.module.buffers(), model.buffers(), strict=True))
        if self.use_buffers:
            pairs, buffers = pairs + buffers, []
        means: list[Any] = [mean.detach() for mean, _ in pairs]
        present: list[Any] = [new.detach() for _, new in pairs]
        count = int(self.n_averaged.item())  # type: ignore[attr-defined]
        if not count:
            for mean, new in zip(means, present, strict=True):
                mean.copy_(new)
        elif self.multi_avg_fn is not None:
            self.multi_avg_fn(means, present, self.n_averaged)
        else:
            _of_lists(self.avg_fn or get_swa_avg_fn())(means, present, self.n_averaged)
        for mine, other in buffers:
            mine.copy_(other)
        self.n_averaged.add_(1)  # type: ignore[attr-defined]


@no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the running statistics of a model's batch norms anew, over all batches.

    A batch is a tensor, or a sequence that begins with one.
    """
    norms: list[Any] = running_norms(model)
    if not norms:
        return
    momenta, training = [norm.momentum for norm in norms], model.training
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean of all batches
    model.train()
    try:
        for batch in loader:
            given = batch[0] if isinstance(batch, (list, tuple)) else batch
            model(given if device is None else given.to(device))
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        model.train(training)


_SHARES: dict[str, Callable[[float], float]] = {
    "cos": lambda t: (1 - math.cos(math.pi * t)) / 2,
    "linear": lambda t: t,
}


class SWALR(LRScheduler):
    """From the present rate to swa_lr in anneal_epochs steps, along a cosine or a line."""

    def __init__(
        self, optimizer: Optimizer, swa_lr: float | Sequence[float], anneal_epochs: int = 10,
        anneal_strategy: str = "cos", last_epoch: int = -1,
    ) -> None:
        require_optimizer("SWALR", optimizer)
        rates = per_group("SWALR: swa_lr", optimizer, swa_lr)
        whole = isinstance(anneal_epochs, int) and anneal_epochs >= 0
        if anneal_strategy not in _SHARES or not whole:
            raise ArgumentError(
                message("SWALR", expected='anneal_strategy "cos" or "linear", an integer '
                        "anneal_epochs >= 0", got=f"{anneal_strategy!r}, {anneal_epochs!r}")
            )
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["swa_lr"] = rate
        self._anneal_strategy, self.anneal_epochs = anneal_strategy, anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _share(self, step: int) -> float:
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return _SHARES[self._anneal_strategy](t)

    def get_lr(self) -> list[Any]:
        """The rate before the annealing, by the present one's share, and the next share of it."""
        step = self._step_count - 1
        if not self.anneal_epochs:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        found = []
        for group, lr in zip(self.optimizer.param_groups, self._present(), strict=True):
            end = group["swa_lr"]
            first = end if before == 1 else (lr - before * end) / (1 - before)
            found.append(end * now + first * (1 - now))
        return found

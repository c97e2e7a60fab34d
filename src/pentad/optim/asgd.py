"""Averaged gradient descent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pentad import ops
from pentad.graph.node import Node
from pentad.optim.fused import FusedOptimizer
from pentad.optim.numbers import moved, scaled
from pentad.optim.optimizer import Group, check_number
from pentad.optim.sgd import decayed
from pentad.optim.update import update
from pentad.tensor.capture import varying
from pentad.tensor.tensor import Tensor


@update
def asgd(
    state: Sequence[Node], g: Node, eta: Node, shrink: Node, share: Node, weight_decay: Node, *,
    decay: bool, maximize: bool,
) -> list[Node]:
    """p * shrink - eta * g; the average moves a share of the way to it."""
    p, average = state
    g = decayed(p, g, weight_decay, decay, maximize)
    p = ops.sub(scaled(p, shrink), scaled(g, eta))
    return [p, moved(average, p, share)]


class ASGD(FusedOptimizer):
    """Gradient descent whose steps get smaller, with the mean of the parameters in "ax" from step
    t0 on (Polyak and Juditsky, 1992)."""

    counters = ("step", "eta", "mu")

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, lambd: float = 1e-4, alpha: float = 0.75,
        t0: float = 1e6, weight_decay: float = 0.0, foreach: bool | None = None,
        maximize: bool = False, differentiable: bool = False, capturable: bool = False,
    ) -> None:
        super().__init__(params, {
            "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay,
            "foreach": foreach, "maximize": maximize, "differentiable": differentiable,
            "capturable": capturable,
        })

    def check(self, group: Mapping[str, Any]) -> None:
        """ArgumentError for hyper-parameters out of range."""
        for name in ("lr", "weight_decay"):
            check_number("ASGD", name, group[name])

    def group_numbers(self, group: Group) -> Any:
        """weight_decay."""
        return (self.number(group, "weight_decay"),)

    def update(self, p: Tensor, grad: Any, group: Group, numbers: Any) -> None:
        """One step of one parameter."""
        now: dict[str, float] = {}

        def advance(own: dict[str, Any]) -> None:
            # This step is made with the numbers that the last one left (in float32, as PyTorch's).
            now.update(eta=own["eta"], mu=own["mu"])
            lr, lambd, step = float(group["lr"]), group["lambd"], own["step"]
            eta = lr / (1 + lambd * lr * step) ** group["alpha"]
            mu = 1 / max(1, step - group["t0"])
            own.update(eta=float(np.float32(eta)), mu=float(np.float32(mu)))

        self.count_step(p, advance, eta=float(np.float32(float(group["lr"]))), mu=1.0)
        reads = (lambda: now["eta"], lambda: 1 - group["lambd"] * now["eta"], lambda: now["mu"])
        asgd([p, *self.tensors(p, "ax")], grad, *map(varying.host_scalar, reads), *numbers,
             decay=bool(group["weight_decay"]), maximize=bool(group["maximize"]))

"""Adam and AdamW."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pentad import ops
from pentad.graph.node import Node
from pentad.optim.numbers import moved, scaled, squared_average, wide
from pentad.optim.optimizer import Group, Optimizer, check_number
from pentad.optim.sgd import decayed
from pentad.optim.update import update
from pentad.tensor.capture import varying
from pentad.tensor.tensor import Tensor


@update
def adam(
    state: Sequence[Node], g: Node, step_size: Node, scale: Node, eps: Node, weight_decay: Node,
    shrink: Node, fresh1: Node, kept2: Node, fresh2: Node, *, decay: bool, decoupled: bool,
    maximize: bool,
) -> list[Node]:
    """p - step_size * m / (sqrt(v) * scale + eps), and the moments m and v.

    A fourth member of the state is the largest v so far (amsgrad), which then takes its place.
    """
    p, m, v, *tops = state
    g = decayed(p, g, weight_decay, decay and not decoupled, maximize)
    if decay and decoupled:
        p = scaled(p, shrink)
    m, v = moved(m, g, fresh1), squared_average(v, g, kept2, fresh2)
    tops = [ops.maximum(top, v) for top in tops]
    depth = ops.sqrt(tops[0] if tops else v)
    depth = ops.add(scaled(depth, scale), wide(eps, v))
    return [ops.sub(p, scaled(ops.div(m, depth), step_size)), m, v, *tops]


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015): steps by the gradients' moments, weight decay among them.

    amsgrad: divide by the largest second moment so far (Reddi et al., 2018).
    """

    decoupled = False

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0.0, amsgrad: bool = False, *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, {
            "lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay,
            "amsgrad": amsgrad, "maximize": maximize,
        })

    def check(self, group: Mapping[str, Any]) -> None:
        """ArgumentError for hyper-parameters out of range."""
        name = type(self).__name__
        for key in ("lr", "eps", "weight_decay"):
            check_number(name, key, group[key])
        for i, beta in enumerate(group["betas"]):
            check_number(name, f"betas[{i}]", beta, below=1.0)

    def group_numbers(self, group: Group) -> Any:
        """eps, weight_decay, 1 - lr * weight_decay, 1 - beta1, beta2, 1 - beta2."""
        read = varying.host_scalar
        return (
            self.number(group, "eps"),
            self.number(group, "weight_decay"),
            read(lambda: 1 - group["lr"] * group["weight_decay"]),
            read(lambda: 1 - group["betas"][0]),
            read(lambda: float(group["betas"][1])),
            read(lambda: 1 - group["betas"][1]),
        )

    def update(self, p: Tensor, grad: Any, group: Group, numbers: Any) -> None:
        """One step of one parameter."""
        self.count_step(p)
        own = self.state[p]
        step_size = varying.host_scalar(
            lambda: group["lr"] / (1 - group["betas"][0] ** own["step"])
        )
        scale = varying.host_scalar(lambda: 1 / math.sqrt(1 - group["betas"][1] ** own["step"]))
        names = ["exp_avg", "exp_avg_sq"] + (["max_exp_avg_sq"] if group["amsgrad"] else [])
        adam(
            [p, *self.tensors(p, *names)], grad, step_size, scale, *numbers,
            decay=bool(group["weight_decay"]), decoupled=self.decoupled,
            maximize=group["maximize"],
        )


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019)."""

    decoupled = True

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 1e-2, amsgrad: bool = False, *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)

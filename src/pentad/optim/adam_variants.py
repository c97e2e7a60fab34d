"""Relatives of Adam: Adamax, NAdam, RAdam."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pentad import ops
from pentad.graph.node import Node
from pentad.optim.adam import check_moments
from pentad.optim.fused import FusedOptimizer
from pentad.optim.numbers import moved, scaled, squared_average, wide
from pentad.optim.optimizer import Group, check_number
from pentad.optim.sgd import decayed
from pentad.optim.update import update
from pentad.tensor.capture import varying
from pentad.tensor.tensor import Tensor


class _Moments(FusedOptimizer):
    """What they share: options, moments, weight decay of either kind."""

    def check(self, group: Mapping[str, Any]) -> None:
        """ArgumentError for hyper-parameters out of range."""
        name = type(self).__name__
        check_moments(name, group)
        check_number(name, "momentum_decay", group.get("momentum_decay", 0.0))

    def group_numbers(self, group: Group) -> Any:
        """eps, weight_decay, 1 - lr * weight_decay, 1 - beta1, beta2, 1 - beta2."""
        read = varying.host_scalar
        return (
            self.number(group, "eps"),
            self.number(group, "weight_decay"),
            read(lambda: 1 - float(group["lr"]) * group["weight_decay"]),
            read(lambda: 1 - float(group["betas"][0])),
            read(lambda: float(group["betas"][1])),
            read(lambda: 1 - float(group["betas"][1])),
        )

    def flags(self, group: Group) -> dict[str, bool]:
        """Which formula is computed."""
        return {
            "decay": bool(group["weight_decay"]),
            "decoupled": bool(group.get("decoupled_weight_decay")),
            "maximize": bool(group["maximize"]),
        }


def _shrunk(
    p: Node, g: Node, weight_decay: Node, shrink: Node, decay: bool, decoupled: bool,
    maximize: bool,
) -> tuple[Node, Node]:
    """(parameter, gradient) after weight decay: of the gradient, or of the parameter itself."""
    g = decayed(p, g, weight_decay, decay and not decoupled, maximize)
    return (scaled(p, shrink) if decay and decoupled else p), g


# -- Adamax ----------------------------------------------------------------------------------------


@update
def adamax(
    state: Sequence[Node], g: Node, step_size: Node, eps: Node, weight_decay: Node, shrink: Node,
    fresh1: Node, kept2: Node, fresh2: Node, *, decay: bool, decoupled: bool, maximize: bool,
) -> list[Node]:
    """p - step_size * m / u, where u is the largest |g| + eps, earlier ones decayed."""
    p, m, u = state
    p, g = _shrunk(p, g, weight_decay, shrink, decay, decoupled, maximize)
    m = moved(m, g, fresh1)
    u = ops.maximum(scaled(u, kept2), ops.add(ops.abs(g), wide(eps, g)))
    return [ops.sub(p, scaled(ops.div(m, u), step_size)), m, u]


class Adamax(_Moments):
    """Adam by the largest gradient instead of the mean square (Kingma and Ba, 2015)."""

    def __init__(
        self, params: Iterable[Any], lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0.0, foreach: bool | None = None, *,
        maximize: bool = False, differentiable: bool = False, capturable: bool = False,
    ) -> None:
        super().__init__(params, {
            "lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay,
            "foreach": foreach, "maximize": maximize, "differentiable": differentiable,
            "capturable": capturable,
        })

    def update(self, p: Tensor, grad: Any, group: Group, numbers: Any) -> None:
        """One step of one parameter."""
        own = self.count_step(p)
        step_size = varying.host_scalar(
            lambda: float(group["lr"]) / (1 - float(group["betas"][0]) ** own["step"])
        )
        adamax([p, *self.tensors(p, "exp_avg", "exp_inf")], grad, step_size, *numbers,
               **self.flags(group))


# -- NAdam -----------------------------------------------------------------------------------------


@update
def nadam(
    state: Sequence[Node], g: Node, scale: Node, of_gradient: Node, of_moment: Node, eps: Node,
    weight_decay: Node, shrink: Node, fresh1: Node, kept2: Node, fresh2: Node, *, decay: bool,
    decoupled: bool, maximize: bool,
) -> list[Node]:
    """p - (of_gradient * g + of_moment * m) / (sqrt(v) * scale + eps)."""
    p, m, v = state
    p, g = _shrunk(p, g, weight_decay, shrink, decay, decoupled, maximize)
    m, v = moved(m, g, fresh1), squared_average(v, g, kept2, fresh2)
    depth = ops.add(scaled(ops.sqrt(v), scale), wide(eps, v))
    step = ops.add(scaled(ops.div(g, depth), of_gradient), scaled(ops.div(m, depth), of_moment))
    return [ops.sub(p, step), m, v]


class NAdam(_Moments):
    """Adam with Nesterov's momentum, which grows by momentum_decay (Dozat, 2016)."""

    counters = ("step", "mu_product")

    def __init__(
        self, params: Iterable[Any], lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0.0, momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False, *, foreach: bool | None = None,
        maximize: bool = False, capturable: bool = False, differentiable: bool = False,
    ) -> None:
        super().__init__(params, {
            "lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay,
            "momentum_decay": momentum_decay, "decoupled_weight_decay": decoupled_weight_decay,
            "foreach": foreach, "maximize": maximize, "capturable": capturable,
            "differentiable": differentiable,
        })

    def update(self, p: Tensor, grad: Any, group: Group, numbers: Any) -> None:
        """One step of one parameter."""

        def momentum(step: int) -> float:
            return float(group["betas"][0]) * (1 - 0.5 * 0.96 ** (step * group["momentum_decay"]))

        def multiply(own: dict[str, Any]) -> None:
            # PyTorch keeps the product in float32, and saves it so.
            factor = np.float32(momentum(own["step"]))
            own["mu_product"] = float(np.float32(own["mu_product"]) * factor)

        own = self.count_step(p, multiply, mu_product=1.0)

        def of_gradient() -> float:
            share = (1 - momentum(own["step"])) / (1 - own["mu_product"])
            return float(group["lr"]) * share

        def of_moment() -> float:
            coming = momentum(own["step"] + 1)
            return float(group["lr"]) * coming / (1 - own["mu_product"] * coming)

        scale = varying.host_scalar(
            lambda: 1 / math.sqrt(1 - float(group["betas"][1]) ** own["step"])
        )
        shares = (varying.host_scalar(f) for f in (of_gradient, of_moment))
        nadam([p, *self.tensors(p, "exp_avg", "exp_avg_sq")], grad, scale, *shares, *numbers,
              **self.flags(group))


# -- RAdam -----------------------------------------------------------------------------------------


@update
def radam(
    state: Sequence[Node], g: Node, step_size: Node, rectified: Node, eps: Node,
    weight_decay: Node, shrink: Node, fresh1: Node, kept2: Node, fresh2: Node, *, decay: bool,
    decoupled: bool, maximize: bool,
) -> list[Node]:
    """p - step_size * m / (sqrt(v) + eps), or without the division where `rectified` is 0."""
    p, m, v = state
    p, g = _shrunk(p, g, weight_decay, shrink, decay, decoupled, maximize)
    m, v = moved(m, g, fresh1), squared_average(v, g, kept2, fresh2)
    one, share = ops.full_like(1, v), wide(rectified, v)
    depth = ops.where(ops.eq(share, one), ops.add(ops.sqrt(v), wide(eps, v)), one)
    return [ops.sub(p, scaled(ops.div(m, depth), step_size)), m, v]


def rectification(step: int, beta2: float) -> float:
    """By what an adaptive step is multiplied, 0 while too few gradients are known for one."""
    longest = 2 / (1 - beta2) - 1
    length = longest - 2 * step * beta2**step / (1 - beta2**step)
    if length <= 5:
        return 0.0
    ratio = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
    return math.sqrt(ratio)


class RAdam(_Moments):
    """Adam whose first steps do not trust the second moment (Liu et al., 2020)."""

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0.0, decoupled_weight_decay: bool = False, *,
        foreach: bool | None = None, maximize: bool = False, capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, {
            "lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay,
            "decoupled_weight_decay": decoupled_weight_decay, "foreach": foreach,
            "maximize": maximize, "capturable": capturable, "differentiable": differentiable,
        })

    def update(self, p: Tensor, grad: Any, group: Group, numbers: Any) -> None:
        """One step of one parameter."""
        own = self.count_step(p)

        def rectified() -> float:
            return rectification(own["step"], float(group["betas"][1]))

        def step_size() -> float:
            kept1, kept2 = (float(beta) ** own["step"] for beta in group["betas"])
            trust = rectified() * math.sqrt(1 - kept2)
            return float(group["lr"]) / (1 - kept1) * (trust or 1.0)

        scalars = (varying.host_scalar(f) for f in (step_size, lambda: float(rectified() > 0)))
        radam([p, *self.tensors(p, "exp_avg", "exp_avg_sq")], grad, *scalars, *numbers,
              **self.flags(group))

"""RMSprop, Adagrad and Adadelta: steps scaled by the gradients' sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pentad import ops
from pentad.graph.node import Node
from pentad.optim.fused import FusedOptimizer
from pentad.optim.numbers import moved, scaled, squared_average, wide
from pentad.optim.optimizer import Group, check_number
from pentad.optim.sgd import decayed
from pentad.optim.update import update
from pentad.tensor.capture import varying
from pentad.tensor.tensor import Tensor


def _size(square: Node, average: Node | None, eps: Node) -> Node:
    """sqrt(square - average ** 2) + eps."""
    if average is not None:
        square = ops.sub(square, ops.mul(average, average))
    return ops.add(ops.sqrt(square), wide(eps, square))


@update
def rmsprop(
    state: Sequence[Node], g: Node, lr: Node, weight_decay: Node, alpha: Node, fresh: Node,
    eps: Node, momentum: Node, *, decay: bool, maximize: bool, centered: bool,
) -> list[Node]:
    """p - lr * g / size, or along a momentum buffer, which is then the last of the state.

    centered: the size is the standard deviation (Graves, 2013), the mean follows the square.
    """
    p, square, *rest = state
    g = decayed(p, g, weight_decay, decay, maximize)
    square = squared_average(square, g, alpha, fresh)
    average = moved(rest.pop(0), g, fresh) if centered else None
    step = ops.div(g, _size(square, average, eps))
    buffers = [ops.add(scaled(buffer, momentum), step) for buffer in rest]
    p = ops.sub(p, scaled(buffers[0] if buffers else step, lr))
    return [p, square, *([average] if average is not None else []), *buffers]


class RMSprop(FusedOptimizer):
    """Steps divided by the root of a running mean of the squared gradients (Hinton, 2012)."""

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
        weight_decay: float = 0.0, momentum: float = 0.0, centered: bool = False,
        capturable: bool = False, foreach: bool | None = None, maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, {
            "lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay,
            "momentum": momentum, "centered": centered, "capturable": capturable,
            "foreach": foreach, "maximize": maximize, "differentiable": differentiable,
        })

    def check(self, group: Mapping[str, Any]) -> None:
        """ArgumentError for hyper-parameters out of range."""
        for name in ("lr", "eps", "weight_decay", "momentum", "alpha"):
            check_number("RMSprop", name, group[name])

    def group_numbers(self, group: Group) -> Any:
        """lr, weight_decay, alpha, 1 - alpha, eps, momentum."""
        lr, weight_decay, alpha, eps, momentum = (
            self.number(group, name) for name in ("lr", "weight_decay", "alpha", "eps", "momentum")
        )
        fresh = varying.host_scalar(lambda: 1 - group["alpha"])
        return lr, weight_decay, alpha, fresh, eps, momentum

    def update(self, p: Tensor, grad: Any, group: Group, numbers: Any) -> None:
        """One step of one parameter."""
        self.count_step(p)
        names = ["square_avg"] + ["grad_avg"] * bool(group["centered"])
        names += ["momentum_buffer"] * bool(group["momentum"])
        rmsprop([p, *self.tensors(p, *names)], grad, *numbers, decay=bool(group["weight_decay"]),
                maximize=group["maximize"], centered=group["centered"])


# -- Adagrad ---------------------------------------------------------------------------------------


@update
def adagrad(
    state: Sequence[Node], g: Node, lr: Node, weight_decay: Node, eps: Node, *, decay: bool,
    maximize: bool,
) -> list[Node]:
    """p - lr * g / (sqrt(sum of squares) + eps)."""
    p, total = state
    g = decayed(p, g, weight_decay, decay, maximize)
    total = ops.add(total, ops.mul(g, g))
    return [ops.sub(p, scaled(ops.div(g, _size(total, None, eps)), lr)), total]


class Adagrad(FusedOptimizer):
    """Steps divided by the root of the sum of all squared gradients (Duchi et al., 2011)."""

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, lr_decay: float = 0.0,
        weight_decay: float = 0.0, initial_accumulator_value: float = 0.0, eps: float = 1e-10,
        foreach: bool | None = None, *, maximize: bool = False, differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(params, {
            "lr": lr, "lr_decay": lr_decay, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "eps": eps, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "fused": fused,
        })

    def check(self, group: Mapping[str, Any]) -> None:
        """ArgumentError for hyper-parameters out of range."""
        for name in ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps"):
            check_number("Adagrad", name, group[name])

    def group_numbers(self, group: Group) -> Any:
        """weight_decay and eps."""
        return self.number(group, "weight_decay"), self.number(group, "eps")

    def update(self, p: Tensor, grad: Any, group: Group, numbers: Any) -> None:
        """One step of one parameter."""
        own = self.count_step(p)
        [total] = self.tensors(p, "sum", value=group["initial_accumulator_value"])
        lr = varying.host_scalar(
            lambda: float(group["lr"]) / (1 + (own["step"] - 1) * group["lr_decay"])
        )
        adagrad([p, total], grad, lr, *numbers, decay=bool(group["weight_decay"]),
                maximize=group["maximize"])


# -- Adadelta --------------------------------------------------------------------------------------


@update
def adadelta(
    state: Sequence[Node], g: Node, lr: Node, weight_decay: Node, rho: Node, fresh: Node,
    eps: Node, *, decay: bool, maximize: bool,
) -> list[Node]:
    """p - lr * g * sqrt(travelled + eps) / sqrt(square + eps)."""
    p, square, travelled = state
    g = decayed(p, g, weight_decay, decay, maximize)
    square = squared_average(square, g, rho, fresh)
    low = wide(eps, g)
    ratio = ops.div(ops.sqrt(ops.add(travelled, low)), ops.sqrt(ops.add(square, low)))
    delta = ops.mul(ratio, g)
    return [ops.sub(p, scaled(delta, lr)), square, squared_average(travelled, delta, rho, fresh)]


class Adadelta(FusedOptimizer):
    """Steps as large as earlier ones, by the gradients' sizes (Zeiler, 2012)."""

    def __init__(
        self, params: Iterable[Any], lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6,
        weight_decay: float = 0.0, foreach: bool | None = None, *, capturable: bool = False,
        maximize: bool = False, differentiable: bool = False,
    ) -> None:
        super().__init__(params, {
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize,
            "capturable": capturable, "foreach": foreach, "differentiable": differentiable,
        })

    def check(self, group: Mapping[str, Any]) -> None:
        """ArgumentError for hyper-parameters out of range."""
        for name in ("lr", "eps", "weight_decay"):
            check_number("Adadelta", name, group[name])
        if not 0 <= group["rho"] <= 1:
            check_number("Adadelta", "rho", group["rho"], below=1.0)

    def group_numbers(self, group: Group) -> Any:
        """lr, weight_decay, rho, 1 - rho, eps."""
        lr, weight_decay, rho, eps = (
            self.number(group, name) for name in ("lr", "weight_decay", "rho", "eps")
        )
        return lr, weight_decay, rho, varying.host_scalar(lambda: 1 - group["rho"]), eps

    def update(self, p: Tensor, grad: Any, group: Group, numbers: Any) -> None:
        """One step of one parameter."""
        self.count_step(p)
        adadelta([p, *self.tensors(p, "square_avg", "acc_delta")], grad, *numbers,
                 decay=bool(group["weight_decay"]), maximize=group["maximize"])

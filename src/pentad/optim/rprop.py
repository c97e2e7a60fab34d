"""Rprop: steps by the gradient's signs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pentad import ops
from pentad.graph.errors import ArgumentError, message
from pentad.graph.node import Node
from pentad.optim.fused import FusedOptimizer
from pentad.optim.numbers import wide
from pentad.optim.optimizer import Group, check_number
from pentad.optim.update import update
from pentad.tensor.capture import varying
from pentad.tensor.tensor import Tensor


@update
def rprop(
    state: Sequence[Node], g: Node, shorter: Node, longer: Node, least: Node, most: Node, *,
    maximize: bool,
) -> list[Node]:
    """p - sign(g) * size; sizes grow while signs stay; where they turn, they shrink for no step."""
    p, before, size = state
    g = ops.neg(g) if maximize else g
    along, zero = ops.mul(g, before), ops.full_like(0, g)
    turned = ops.lt(along, zero)
    factor = ops.where(ops.gt(along, zero), wide(longer, size), ops.full_like(1, size))
    factor = ops.where(turned, wide(shorter, size), factor)
    size = ops.maximum(ops.mul(size, factor), wide(least, size))
    size = ops.minimum(size, wide(most, size))
    g = ops.where(turned, zero, g)
    return [ops.sub(p, ops.mul(ops.sign(g), size)), g, size]


class Rprop(FusedOptimizer):
    """Steps by the gradient's signs alone, for full batches (Riedmiller and Braun, 1993)."""

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50), *, capturable: bool = False,
        foreach: bool | None = None, maximize: bool = False, differentiable: bool = False,
    ) -> None:
        super().__init__(params, {
            "lr": lr, "etas": tuple(etas), "step_sizes": tuple(step_sizes), "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "capturable": capturable,
        })

    def check(self, group: Mapping[str, Any]) -> None:
        """ArgumentError for hyper-parameters out of range."""
        check_number("Rprop", "lr", group["lr"])
        shorter, longer = group["etas"]
        if not 0 < shorter < 1 < longer:
            raise ArgumentError(
                message("Rprop: etas", expected="0 < etas[0] < 1 < etas[1]", got=str(group["etas"]))
            )

    def group_numbers(self, group: Group) -> Any:
        """etas and step_sizes."""
        places = [(name, i) for name in ("etas", "step_sizes") for i in (0, 1)]
        return tuple(
            varying.host_scalar(lambda name=name, i=i: float(group[name][i])) for name, i in places
        )

    def update(self, p: Tensor, grad: Any, group: Group, numbers: Any) -> None:
        """One step of one parameter."""
        self.count_step(p)
        before = self.tensors(p, "prev")
        sizes = self.tensors(p, "step_size", value=float(group["lr"]))
        rprop([p, *before, *sizes], grad, *numbers, maximize=bool(group["maximize"]))

"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pentad import ops
from pentad.graph.errors import ArgumentError, message
from pentad.graph.node import Node
from pentad.optim.fused import FusedOptimizer
from pentad.optim.numbers import plus_scaled, scaled
from pentad.optim.optimizer import Group, check_number
from pentad.optim.update import update
from pentad.tensor.capture import varying
from pentad.tensor.tensor import Tensor


def decayed(p: Node, g: Node, weight_decay: Node, decay: bool, maximize: bool) -> Node:
    """The gradient to go down along: turned round to maximise, plus weight_decay * p."""
    g = ops.neg(g) if maximize else g
    return plus_scaled(g, p, weight_decay) if decay else g


@update
def sgd(
    state: Sequence[Node], g: Node, lr: Node, weight_decay: Node, *, decay: bool, maximize: bool
) -> list[Node]:
    """p - lr * g."""
    [p] = state
    return [ops.sub(p, scaled(decayed(p, g, weight_decay, decay, maximize), lr))]


@update
def sgd_momentum(
    state: Sequence[Node], g: Node, lr: Node, weight_decay: Node, momentum: Node, share: Node, *,
    decay: bool, maximize: bool, nesterov: bool,
) -> list[Node]:
    """buffer = momentum * buffer + share * g; p - lr * (buffer, or g + momentum * buffer)."""
    p, buffer = state
    g = decayed(p, g, weight_decay, decay, maximize)
    buffer = ops.add(scaled(buffer, momentum), scaled(g, share))
    direction = plus_scaled(g, buffer, momentum) if nesterov else buffer
    return [ops.sub(p, scaled(direction, lr)), buffer]


class SGD(FusedOptimizer):
    """Gradient descent with momentum, dampening, Nesterov's variant and weight decay.

    As in PyTorch the first step's buffer is the gradient itself, and the momentum buffer is not
    multiplied by the learning rate.
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0.0,
        dampening: float = 0.0, weight_decay: float = 0.0, nesterov: bool = False, *,
        maximize: bool = False, foreach: bool | None = None, differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        self._fresh: set[int] = set()
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize, "foreach": foreach,
            "differentiable": differentiable, "fused": fused,
        })

    def check(self, group: Mapping[str, Any]) -> None:
        """ArgumentError for hyper-parameters out of range."""
        for name in ("lr", "momentum", "weight_decay"):
            check_number("SGD", name, group[name])
        check_number("SGD", "dampening", group["dampening"], -float("inf"))
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ArgumentError(
                message("SGD: Nesterov's momentum", expected="momentum > 0 and dampening 0",
                        got=f"momentum {group['momentum']}, dampening {group['dampening']}")
            )

    def group_numbers(self, group: Group) -> Any:
        """lr, weight_decay, momentum."""
        return tuple(self.number(group, name) for name in ("lr", "weight_decay", "momentum"))

    def update(self, p: Tensor, grad: Any, group: Group, numbers: Any) -> None:
        """One step of one parameter."""
        lr, weight_decay, momentum = numbers
        flags = {"decay": bool(group["weight_decay"]), "maximize": group["maximize"]}
        if not group["momentum"]:
            sgd([p], grad, lr, weight_decay, **flags)
            return
        if self.state[p].get("momentum_buffer") is None:
            self._fresh.add(id(p))
        [buffer] = self.tensors(p, "momentum_buffer")
        share = self._share(p, group)
        sgd_momentum([p, buffer], grad, lr, weight_decay, momentum, share, **flags,
                     nesterov=group["nesterov"])

    def _share(self, p: Tensor, group: Group) -> Any:
        """The share of the gradient in the buffer: 1 at first, then 1 - dampening."""
        share = varying.host_scalar(
            lambda: 1.0 if id(p) in self._fresh else 1.0 - group["dampening"]
        )
        varying.each_call(lambda: self._fresh.discard(id(p)))
        return share

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave; ArgumentError if the groups do not fit."""
        super().load_state_dict(state_dict)
        self._fresh.clear()

    def saved_state(self, p: Tensor) -> dict[str, Any]:
        """As PyTorch: a buffer before its first step is None."""
        saved = super().saved_state(p)
        return {"momentum_buffer": None} if id(p) in self._fresh else saved

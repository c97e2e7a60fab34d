"""Muon: steps along the nearest orthogonal matrix."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.optim.fused import FusedOptimizer
from pentad.optim.numbers import moved, scaled, wide
from pentad.optim.optimizer import Group, check_number
from pentad.optim.update import update
from pentad.tensor.capture import varying
from pentad.tensor.tensor import Tensor

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def _short(x: Node) -> Node:
    """Rounded to bfloat16, for arithmetic in float32."""
    return ops.cast(ops.cast(x, dtypes.bfloat16), dtypes.float32)


def _orthogonalised(g: Node, coefficients: Sequence[Node], eps: Node, steps: int) -> Node:
    """The orthogonal matrix next to g, roughly, with values in bfloat16: a quintic Newton-Schulz
    iteration brings the singular values between 0.5 and 1.5 (Jordan et al., 2024)."""
    a, b, c = coefficients
    tall = g.shape[0] > g.shape[1]
    x = _short(g)
    x = ops.transpose(x, (1, 0)) if tall else x
    size = _short(ops.sqrt(ops.reduce_sum(ops.mul(x, x), (0, 1))))
    size = ops.maximum(size, _short(wide(eps, size)))
    x = _short(ops.div(x, ops.broadcast(size, x.shape)))
    for _ in range(steps):
        gram = _short(ops.dot_general(x, x, ((1,), (1,))))
        polynomial = _short(ops.add(scaled(gram, b), scaled(ops.matmul(gram, gram), c)))
        x = _short(ops.add(scaled(x, a), ops.matmul(polynomial, x)))
    return ops.transpose(x, (1, 0)) if tall else x


@update
def muon(
    state: Sequence[Node], g: Node, shrink: Node, rate: Node, momentum: Node, fresh: Node,
    eps: Node, a: Node, b: Node, c: Node, *, nesterov: bool, steps: int,
) -> list[Node]:
    """p * shrink - rate * (the orthogonal matrix next to the momentum)."""
    p, buffer = state
    buffer = moved(buffer, g, fresh)
    direction = moved(g, buffer, momentum) if nesterov else buffer
    direction = ops.cast(_orthogonalised(direction, (a, b, c), eps, steps), p.dtype)
    return [ops.sub(scaled(p, shrink), scaled(direction, rate)), buffer]


class Muon(FusedOptimizer):
    """Momentum made orthogonal, for the matrices inside of a network (Jordan et al., 2024).

    adjust_lr_fn: None or "original": lr * sqrt(max(1, rows / columns)); "match_rms_adamw":
    0.2 * lr * sqrt(max(rows, columns)). Biases and embeddings are better left to AdamW.
    """

    complex_allowed = False

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, weight_decay: float = 0.1,
        momentum: float = 0.95, nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = _COEFFICIENTS, eps: float = 1e-7,
        ns_steps: int = 5, adjust_lr_fn: str | None = None,
    ) -> None:
        super().__init__(params, {
            "lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov,
            "ns_coefficients": tuple(ns_coefficients), "eps": eps, "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        })

    def check(self, group: Mapping[str, Any]) -> None:
        """ArgumentError for hyper-parameters out of range, ShapeError for what is no matrix."""
        for name in ("lr", "weight_decay", "momentum", "eps"):
            check_number("Muon", name, group[name])
        steps, kind = group["ns_steps"], group["adjust_lr_fn"]
        if not 0 <= steps < 100 or len(group["ns_coefficients"]) != 3:
            raise ArgumentError(
                message("Muon", expected="three ns_coefficients, 0 <= ns_steps < 100",
                        got=f"{group['ns_coefficients']}, {steps}")
            )
        if kind not in (None, "original", "match_rms_adamw"):
            raise ArgumentError(
                message("Muon: adjust_lr_fn", expected='None, "original" or "match_rms_adamw"',
                        got=repr(kind))
            )
        for p in group.get("params", ()):
            if p.ndim != 2:
                raise ShapeError(
                    message("Muon: a parameter is no matrix", expected="two dimensions",
                            got=str(list(p.shape)), hint="leave the others to AdamW")
                )

    def group_numbers(self, group: Group) -> Any:
        """momentum, 1 - momentum, eps and the coefficients."""
        read = varying.host_scalar
        return (
            self.number(group, "momentum"),
            read(lambda: 1 - float(group["momentum"])),
            self.number(group, "eps"),
            *(read(lambda i=i: float(group["ns_coefficients"][i])) for i in range(3)),
        )

    def update(self, p: Tensor, grad: Any, group: Group, numbers: Any) -> None:
        """One step of one parameter."""
        rows, columns = p.shape
        ratio = math.sqrt(max(1, rows / columns))
        if group["adjust_lr_fn"] == "match_rms_adamw":
            ratio = 0.2 * math.sqrt(max(rows, columns))
        shrink = varying.host_scalar(lambda: 1 - float(group["lr"]) * group["weight_decay"])
        rate = varying.host_scalar(lambda: float(group["lr"]) * ratio)
        muon([p, *self.tensors(p, "momentum_buffer")], grad, shrink, rate, *numbers,
             nesterov=bool(group["nesterov"]), steps=int(group["ns_steps"]))

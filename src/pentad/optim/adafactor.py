"""Adafactor: the squares of a matrix's gradients as rows times columns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.optim.fused import FusedOptimizer
from pentad.optim.numbers import moved, scaled, wide
from pentad.optim.optimizer import Group, check_number
from pentad.optim.update import update
from pentad.tensor.capture import varying
from pentad.tensor.tensor import Tensor


def _root_mean_square(x: Node) -> Node:
    """The root of the mean of the squares, 0-d."""
    total = ops.reduce_sum(ops.mul(x, x), tuple(range(x.ndim)))
    return ops.sqrt(ops.div(total, ops.full_like(max(product(x.shape), 1), total)))


def _mean_square(g: Node, axis: int) -> Node:
    """The mean of the squares along an axis, which stays with size 1."""
    total = ops.reduce_sum(ops.mul(g, g), (axis,))
    kept = tuple(1 if i == axis else n for i, n in enumerate(g.shape))
    return ops.reshape(ops.div(total, ops.full_like(g.shape[axis], total)), kept)


def _spread(x: Node, like: Node) -> Node:
    """Sizes of 1 spread to those of another."""
    axes = [i for i, n in enumerate(x.shape) if n == like.shape[i]]
    return ops.broadcast(ops.reshape(x, [x.shape[i] for i in axes]), like.shape, axes)


def _estimate(g: Node, moments: Sequence[Node], fresh: Node, eps1: Node) -> tuple[Node, list[Node]]:
    """(the estimate of the mean squares, the new moments)."""
    if len(moments) == 1:
        new = moved(moments[0], ops.mul(g, g), fresh)
        return new, [new]
    last = g.ndim - 1
    row = moved(moments[0], _mean_square(g, last), fresh)
    column = moved(moments[1], _mean_square(g, last - 1), fresh)
    mean = ops.mean(row, (last - 1,))
    mean = ops.reshape(mean, (*row.shape[: last - 1], 1, 1))
    mean = ops.maximum(mean, wide(eps1, mean))
    return ops.div(ops.mul(_spread(row, g), _spread(column, g)), _spread(mean, g)), [row, column]


@update
def adafactor(
    state: Sequence[Node], g: Node, fresh: Node, rate: Node, shrink: Node, eps1: Node, eps2: Node,
    d: Node, *, maximize: bool,
) -> list[Node]:
    """p - rate * max(eps2, rms(p)) * u / max(1, rms(u) / d), with u = g / sqrt(estimate)."""
    p, *moments = state
    g = ops.neg(g) if maximize else g
    size = _root_mean_square(p)
    size = ops.maximum(size, wide(eps2, size))
    estimate, moments = _estimate(g, moments, fresh, eps1)
    floor = wide(eps1, estimate)
    u = ops.mul(ops.rsqrt(ops.maximum(estimate, ops.mul(floor, floor))), g)
    length = _root_mean_square(u)
    length = ops.div(length, wide(d, length))
    length = ops.maximum(length, ops.full_like(1, length))
    step = ops.div(ops.mul(size, wide(rate, size)), length)
    return [ops.sub(scaled(p, shrink), scaled(u, step)), *moments]


class Adafactor(FusedOptimizer):
    """Adam's adaptive steps with little memory: one moment for each row and one for each column
    (Shazeer and Stern, 2018), with PyTorch's part for lr and eps.

    lr limits the relative step 1 / sqrt(step); eps: (least mean square, None for the type's
    epsilon; least size of a parameter); d: the largest step without clipping.
    """

    complex_allowed = False

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3), d: float = 1.0,
        weight_decay: float = 0.0, *, foreach: bool | None = None, maximize: bool = False,
    ) -> None:
        super().__init__(params, {
            "lr": lr, "beta2_decay": beta2_decay, "eps": tuple(eps), "d": d,
            "weight_decay": weight_decay, "foreach": foreach, "maximize": maximize,
        })

    def check(self, group: Mapping[str, Any]) -> None:
        """ArgumentError for hyper-parameters out of range."""
        check_number("Adafactor", "lr", group["lr"])
        check_number("Adafactor", "weight_decay", group["weight_decay"])
        check_number("Adafactor", "d", group["d"], 1.0)
        for i, eps in enumerate(group["eps"]):
            if eps is not None or i == 1:
                check_number("Adafactor", f"eps[{i}]", eps)
        if not group["beta2_decay"] <= 0:
            raise ArgumentError(
                message("Adafactor: beta2_decay", expected="<= 0", got=str(group["beta2_decay"]))
            )

    def group_numbers(self, group: Group) -> Any:
        """1 - lr * weight_decay."""
        shrink = varying.host_scalar(lambda: 1 - float(group["lr"]) * group["weight_decay"])
        return (shrink,)

    def update(self, p: Tensor, grad: Any, group: Group, numbers: Any) -> None:
        """One step of one parameter."""
        own = self.count_step(p)
        names = ("row_var", "col_var") if p.ndim > 1 else ("variance",)
        bfloat = p.dtype is dtypes.bfloat16
        least = 2.0**-7 if bfloat else float(np.finfo(p.dtype.numpy).eps)
        reads = (
            lambda: own["step"] ** group["beta2_decay"],
            lambda: min(float(group["lr"]), 1 / math.sqrt(own["step"])),
        )
        rest = (
            lambda: least if group["eps"][0] is None else float(group["eps"][0]),
            lambda: float(group["eps"][1]),
            lambda: float(group["d"]),
        )
        adafactor([p, *self.tensors(p, *names)], grad, *map(varying.host_scalar, reads), *numbers,
                  *map(varying.host_scalar, rest), maximize=bool(group["maximize"]))

    def state_shape(self, p: Tensor, name: str) -> Any:
        """Of moments: the parameter's without its last axis, or the one before."""
        if name == "row_var":
            return (*p.shape[:-1], 1)
        if name == "col_var":
            return (*p.shape[:-2], 1, p.shape[-1])
        return p.shape

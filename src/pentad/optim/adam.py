"""Adam, AdamW and SparseAdam."""

from __future__ import annotations

import math
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


def check_moments(name: str, group: Mapping[str, Any]) -> None:
    """ArgumentError for a rate, eps, weight decay or betas out of range."""
    for key in ("lr", "eps", "weight_decay"):
        check_number(name, key, group.get(key, 0.0))
    for i, beta in enumerate(group["betas"]):
        check_number(name, f"betas[{i}]", beta, below=1.0)


class Adam(FusedOptimizer):
    """Adam (Kingma and Ba, 2015): steps by the gradients' moments, weight decay among them.

    amsgrad: divide by the largest second moment so far (Reddi et al., 2018).
    decoupled_weight_decay: the weights shrink by themselves, as AdamW's.
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0.0, amsgrad: bool = False, *,
        foreach: bool | None = None, maximize: bool = False, capturable: bool = False,
        differentiable: bool = False, fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(params, {
            "lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay,
            "amsgrad": amsgrad, "maximize": maximize, "foreach": foreach,
            "capturable": capturable, "differentiable": differentiable, "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        })

    def check(self, group: Mapping[str, Any]) -> None:
        """ArgumentError for hyper-parameters out of range."""
        check_moments(type(self).__name__, group)

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

    def update(self, p: Tensor, grad: Any, group: Group, numbers: Any) -> None:
        """One step of one parameter."""
        own = self.count_step(p)
        step_size = varying.host_scalar(
            lambda: float(group["lr"]) / (1 - float(group["betas"][0]) ** own["step"])
        )
        scale = varying.host_scalar(
            lambda: 1 / math.sqrt(1 - float(group["betas"][1]) ** own["step"])
        )
        names = ["exp_avg", "exp_avg_sq"] + (["max_exp_avg_sq"] if group["amsgrad"] else [])
        adam(
            [p, *self.tensors(p, *names)], grad, step_size, scale, *numbers,
            decay=bool(group["weight_decay"]), decoupled=group["decoupled_weight_decay"],
            maximize=group["maximize"],
        )


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019)."""

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 1e-2, amsgrad: bool = False, *,
        maximize: bool = False, foreach: bool | None = None, capturable: bool = False,
        differentiable: bool = False, fused: bool | None = None,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, foreach=foreach,
            capturable=capturable, differentiable=differentiable, fused=fused,
            decoupled_weight_decay=True,
        )

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """As Adam's, whose states may be loaded too."""
        super().load_state_dict(state_dict)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True


# -- where the gradient is not zero ----------------------------------------------------------------


@update
def sparse_adam(
    state: Sequence[Node], g: Node, step_size: Node, eps: Node, fresh1: Node, fresh2: Node, *,
    maximize: bool,
) -> list[Node]:
    """Adam's step for the rows (along the first axis) of which the gradient is not all zeros."""
    p, m, v = state
    g = ops.neg(g) if maximize else g
    met = ops.ne(g, ops.full_like(0, g))
    if g.ndim > 1:
        rows = ops.reduce_or(met, tuple(range(1, g.ndim)))
        met = ops.broadcast(rows, g.shape, (0,))
    new_m, new_v = moved(m, g, fresh1), moved(v, ops.mul(g, g), fresh2)
    depth = ops.add(ops.sqrt(new_v), wide(eps, v))
    new_p = ops.sub(p, scaled(ops.div(new_m, depth), step_size))
    pairs = ((new_p, p), (new_m, m), (new_v, v))
    return [ops.where(met, new, old) for new, old in pairs]


class SparseAdam(FusedOptimizer):
    """Adam that leaves rows alone, moments and all, of which no gradient came (embeddings).

    PyTorch's takes sparse gradients; here all gradients are dense, and a row of zeros is one that
    was not looked up.
    """

    counters = ()
    complex_allowed = False

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, maximize: bool = False,
    ) -> None:
        super().__init__(params, {
            "lr": lr, "betas": tuple(betas), "eps": eps, "maximize": maximize,
        })

    def check(self, group: Mapping[str, Any]) -> None:
        """ArgumentError for hyper-parameters out of range."""
        check_moments("SparseAdam", group)

    def group_numbers(self, group: Group) -> Any:
        """eps, 1 - beta1, 1 - beta2."""
        fresh = (varying.host_scalar(lambda i=i: 1 - float(group["betas"][i])) for i in (0, 1))
        return self.number(group, "eps"), *fresh

    def update(self, p: Tensor, grad: Any, group: Group, numbers: Any) -> None:
        """One step of one parameter."""
        own = self.count_step(p)

        def step_size() -> float:
            kept1, kept2 = (float(beta) ** own["step"] for beta in group["betas"])
            return float(group["lr"]) * math.sqrt(1 - kept2) / (1 - kept1)

        sparse_adam([p, *self.tensors(p, "exp_avg", "exp_avg_sq")], grad,
                    varying.host_scalar(step_size), *numbers, maximize=group["maximize"])

    def loaded_state(self, p: Tensor, saved: Mapping[str, Any]) -> dict[str, Any]:
        """The state of one parameter from its saved form, whose step is a plain number."""
        rest = super().loaded_state(p, {k: v for k, v in saved.items() if k != "step"})
        return {"step": int(saved["step"]), **rest} if "step" in saved else rest

"""Gradient descent, and Adam."""

from __future__ import annotations

from typing import Any

from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.identity import group
from pentad.frontends.tensorflow1.ops.training import apply_adam, apply_gradient_descent
from pentad.frontends.tensorflow1.train.optimizer import Optimizer


class GradientDescentOptimizer(Optimizer):
    """variable - learning_rate * gradient."""

    def __init__(
        self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate

    def _prepare(self) -> None:
        rate = self._call_if_callable(self._learning_rate)
        self._learning_rate_tensor = convert_to_tensor(rate, name="learning_rate")

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        rate = cast(self._learning_rate_tensor, var.dtype.base_dtype)
        return apply_gradient_descent(var, rate, grad, use_locking=self._use_locking).op


class AdamOptimizer(Optimizer):
    """Adam, with TensorFlow's place of epsilon: beside the root, before the correction."""

    def __init__(
        self, learning_rate: Any = 0.001, beta1: Any = 0.9, beta2: Any = 0.999,
        epsilon: Any = 1e-8, use_locking: bool = False, name: str = "Adam",
    ) -> None:
        super().__init__(use_locking, name)
        self._lr, self._beta1, self._beta2, self._epsilon = learning_rate, beta1, beta2, epsilon

    def _get_beta_accumulators(self) -> tuple[Any, Any]:
        return tuple(self._get_non_slot_variable(n) for n in ("beta1_power", "beta2_power"))

    def _create_slots(self, var_list: Any) -> None:
        first = min(var_list, key=lambda v: v.name)
        for name, beta in (("beta1_power", self._beta1), ("beta2_power", self._beta2)):
            self._create_non_slot_variable(self._call_if_callable(beta), name, first)
        for var in var_list:
            self._zeros_slot(var, "m", self._name)
            self._zeros_slot(var, "v", f"{self._name}_1")

    def _prepare(self) -> None:
        given = {"learning_rate": self._lr, "beta1": self._beta1, "beta2": self._beta2,
                 "epsilon": self._epsilon}
        self._tensors = {
            n: convert_to_tensor(self._call_if_callable(v), name=n) for n, v in given.items()}

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        dtype = var.dtype.base_dtype
        rate, beta1, beta2, epsilon = (cast(t, dtype) for t in self._tensors.values())
        powers = [cast(p.value(), dtype) for p in self._get_beta_accumulators()]
        return apply_adam(var, self.get_slot(var, "m"), self.get_slot(var, "v"), *powers, rate,
                          beta1, beta2, epsilon, grad, use_locking=self._use_locking).op

    def _finish(self, update_ops: Any, name_scope_: str) -> Any:
        with get_default_graph().control_dependencies(update_ops):
            powers = self._get_beta_accumulators()
            betas = self._tensors["beta1"], self._tensors["beta2"]
            more = [p.assign(p * cast(b, p.dtype.base_dtype)).op for p, b in zip(powers, betas)]
        return group(*update_ops, *more, name=name_scope_)

"""The optimisers: their settings, the variables that they keep, the update that they make."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.identity import group
from pentad.frontends.tensorflow1.ops.training import UPDATES
from pentad.frontends.tensorflow1.train.optimizer import Optimizer
from pentad.frontends.tensorflow1.variables.initializers import Constant, Ones, Zeros


class Tabled(Optimizer):
    """An optimiser whose update is in the table of ops/training.py.

    RULE: which one. SLOTS: (kind, what it begins with) of the variables that it keeps for each
    variable. LAZY: rows that have no gradient stay as they are.
    """

    RULE = ""
    SLOTS: tuple[tuple[str, Any], ...] = ()
    LAZY = True

    def _settings(self) -> dict[str, Any]:
        """The inputs of the update that are the same for all variables, by name."""
        raise NotImplementedError

    def _options(self) -> dict[str, Any]:
        """The attributes of the update."""
        return {}

    def _create_slots(self, var_list: Any) -> None:
        for var in var_list:
            for kind, first in self._kept():
                self._get_or_make_slot_with_initializer(
                    var, first, var.shape, var.dtype.base_dtype, kind, self._slot_name(kind))

    def _kept(self) -> Any:
        return self.SLOTS

    def _slot_name(self, kind: str) -> str:
        return self._name

    def _prepare(self) -> None:
        self._tensors = {
            name: convert_to_tensor(self._call_if_callable(value), name=name)
            for name, value in self._settings().items()
        }

    def _given(self, var: Any) -> dict[str, Any]:
        dtype = var.dtype.base_dtype
        return {name: cast(t, dtype) for name, t in self._tensors.items()}

    def _slots_of(self, var: Any) -> list[Any]:
        return [self.get_slot(var, kind) for kind, _ in self._kept()]

    def _update(self, rows: int, grad: Any, var: Any, **more: Any) -> Any:
        made = UPDATES[self.RULE][rows]
        names = made.record.parameters
        gradient = {"delta" if "delta" in names else "grad": grad}
        kept = dict(zip(names, [var, *self._slots_of(var)]))
        return made(**kept, **self._given(var), **gradient, **more, **self._options(),
                    use_locking=self._use_locking).op

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        return self._update(0, grad, var)

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
        return self._apply_dense(grad, handle)

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        if not self.LAZY:
            return super()._apply_sparse(grad, var)
        return self._update(1, grad.values, var, indices=grad.indices)


class GradientDescentOptimizer(Tabled):
    """variable - learning_rate * gradient."""

    RULE, LAZY = "GradientDescent", False

    def __init__(
        self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate

    def _settings(self) -> dict[str, Any]:
        return {"alpha": self._learning_rate}


class MomentumOptimizer(Tabled):
    """A step along the decaying sum of gradients; Nesterov's variant if asked for."""

    RULE, SLOTS = "Momentum", (("momentum", Zeros()),)

    def __init__(
        self, learning_rate: Any, momentum: Any, use_locking: bool = False,
        name: str = "Momentum", use_nesterov: bool = False,
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate, self._momentum = learning_rate, momentum
        self._use_nesterov = use_nesterov

    def _settings(self) -> dict[str, Any]:
        return {"lr": self._learning_rate, "momentum": self._momentum}

    def _options(self) -> dict[str, Any]:
        return {"use_nesterov": self._use_nesterov}


class AdamOptimizer(Tabled):
    """Adam, with TensorFlow's place of epsilon: beside the root, before the correction."""

    RULE, SLOTS, LAZY = "Adam", (("m", Zeros()), ("v", Zeros())), False
    POWERS: tuple[str, ...] = ("beta1_power", "beta2_power")
    NESTEROV = False

    def __init__(
        self, learning_rate: Any = 0.001, beta1: Any = 0.9, beta2: Any = 0.999,
        epsilon: Any = 1e-8, use_locking: bool = False, name: str = "Adam",
    ) -> None:
        super().__init__(use_locking, name)
        self._lr, self._beta1, self._beta2, self._epsilon = learning_rate, beta1, beta2, epsilon

    def _settings(self) -> dict[str, Any]:
        return {"lr": self._lr, "beta1": self._beta1, "beta2": self._beta2,
                "epsilon": self._epsilon}

    def _options(self) -> dict[str, Any]:
        return {"use_nesterov": True} if self.NESTEROV else {}

    def _get_beta_accumulators(self) -> tuple[Any, ...]:
        return tuple(self._get_non_slot_variable(n) for n in self.POWERS)

    def _create_slots(self, var_list: Any) -> None:
        first = min(var_list, key=lambda v: v.name)
        betas = {"beta1_power": self._beta1, "beta2_power": self._beta2}
        for name in self.POWERS:
            self._create_non_slot_variable(self._call_if_callable(betas[name]), name, first)
        super()._create_slots(var_list)

    def _given(self, var: Any) -> dict[str, Any]:
        dtype = var.dtype.base_dtype
        powers = zip(self.POWERS, self._get_beta_accumulators())
        return super()._given(var) | {n: cast(p.value(), dtype) for n, p in powers}

    def _finish(self, update_ops: Any, name_scope: str) -> Any:
        with get_default_graph().control_dependencies(update_ops):
            betas = {"beta1_power": "beta1", "beta2_power": "beta2"}
            more = [
                p.assign(p * cast(self._tensors[betas[n]], p.dtype.base_dtype)).op
                for n, p in zip(self.POWERS, self._get_beta_accumulators())
            ]
        return group(*update_ops, *more, name=name_scope)


class AdagradOptimizer(Tabled):
    """Steps divided by the root of the sum of squares of the gradients."""

    RULE, LAZY = "Adagrad", False

    def __init__(
        self, learning_rate: Any, initial_accumulator_value: float = 0.1,
        use_locking: bool = False, name: str = "Adagrad",
    ) -> None:
        if initial_accumulator_value <= 0.0:
            raise pt.ArgumentError(static.message(
                f"initial_accumulator_value must be positive: {initial_accumulator_value}"))
        super().__init__(use_locking, name)
        self._learning_rate, self._first = learning_rate, initial_accumulator_value

    def _kept(self) -> Any:
        return (("accumulator", Constant(self._first)),)

    def _settings(self) -> dict[str, Any]:
        return {"lr": self._learning_rate}


class AdagradDAOptimizer(Tabled):
    """Adagrad with dual averaging: weights that stay at zero where that is enough."""

    RULE = "AdagradDA"

    def __init__(
        self, learning_rate: Any, global_step: Any,
        initial_gradient_squared_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0, l2_regularization_strength: float = 0.0,
        use_locking: bool = False, name: str = "AdagradDA",
    ) -> None:
        if initial_gradient_squared_accumulator_value <= 0.0:
            raise pt.ArgumentError(
                "initial_gradient_squared_accumulator_value must be positive: "
                f"{initial_gradient_squared_accumulator_value}")
        super().__init__(use_locking, name)
        self._learning_rate, self._global_step = learning_rate, global_step
        self._first = initial_gradient_squared_accumulator_value
        self._l1, self._l2 = l1_regularization_strength, l2_regularization_strength

    def _kept(self) -> Any:
        return (("gradient_accumulator", Zeros()),
                ("gradient_squared_accumulator", Constant(self._first)))

    def _settings(self) -> dict[str, Any]:
        return {"lr": self._learning_rate, "l1": self._l1, "l2": self._l2}

    def _given(self, var: Any) -> dict[str, Any]:
        # The step counts the one that is made.
        step = cast(convert_to_tensor(self._global_step), "int64") + 1
        return super()._given(var) | {"global_step": step}


class AdadeltaOptimizer(Tabled):
    """Steps in proportion to the size of the last steps over that of the gradients."""

    RULE, SLOTS = "Adadelta", (("accum", Zeros()), ("accum_update", Zeros()))

    def __init__(
        self, learning_rate: Any = 0.001, rho: Any = 0.95, epsilon: Any = 1e-8,
        use_locking: bool = False, name: str = "Adadelta",
    ) -> None:
        super().__init__(use_locking, name)
        self._lr, self._rho, self._epsilon = learning_rate, rho, epsilon

    def _settings(self) -> dict[str, Any]:
        return {"lr": self._lr, "rho": self._rho, "epsilon": self._epsilon}


class RMSPropOptimizer(Tabled):
    """Steps divided by the root of the decaying mean of the squares of the gradients."""

    def __init__(
        self, learning_rate: Any, decay: Any = 0.9, momentum: Any = 0.0, epsilon: Any = 1e-10,
        use_locking: bool = False, centered: bool = False, name: str = "RMSProp",
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate, self._decay, self._momentum = learning_rate, decay, momentum
        self._epsilon, self._centered = epsilon, centered
        self.RULE = "CenteredRMSProp" if centered else "RMSProp"

    def _kept(self) -> Any:
        # The order in which they are made decides their names.
        centre = (("mg", Zeros()),) if self._centered else ()
        return (("rms", Ones()), *centre, ("momentum", Zeros()))

    def _slots_of(self, var: Any) -> list[Any]:
        kinds = ("mg", "rms", "momentum") if self._centered else ("rms", "momentum")
        return [self.get_slot(var, kind) for kind in kinds]

    def _settings(self) -> dict[str, Any]:
        return {"lr": self._learning_rate, "rho": self._decay, "momentum": self._momentum,
                "epsilon": self._epsilon}


class FtrlOptimizer(Tabled):
    """Follow the regularised leader (McMahan et al., 2013)."""

    def __init__(
        self, learning_rate: Any, learning_rate_power: Any = -0.5,
        initial_accumulator_value: float = 0.1, l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0, use_locking: bool = False, name: str = "Ftrl",
        accum_name: str | None = None, linear_name: str | None = None,
        l2_shrinkage_regularization_strength: float = 0.0,
    ) -> None:
        super().__init__(use_locking, name)
        for what, value in (
            ("initial_accumulator_value", initial_accumulator_value),
            ("l1_regularization_strength", l1_regularization_strength),
            ("l2_regularization_strength", l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength),
        ):
            if value < 0.0:
                raise pt.ArgumentError(f"{what} {value} needs to be positive or zero")
        if not callable(learning_rate_power) and learning_rate_power > 0.0:
            raise pt.ArgumentError(
                f"learning_rate_power {learning_rate_power} needs to be negative or zero")
        self._given_settings = {
            "lr": learning_rate, "l1": l1_regularization_strength,
            "l2": l2_regularization_strength, "lr_power": learning_rate_power}
        self._first = initial_accumulator_value
        self._slot_names = {"accum": accum_name or name, "linear": linear_name or name}
        self.RULE = "Ftrl"
        if l2_shrinkage_regularization_strength > 0:
            self.RULE = "FtrlV2"
            self._given_settings["l2_shrinkage"] = l2_shrinkage_regularization_strength

    def _kept(self) -> Any:
        return (("accum", Constant(self._first)), ("linear", Zeros()))

    def _slot_name(self, kind: str) -> str:
        return self._slot_names[kind]

    def _settings(self) -> dict[str, Any]:
        return self._given_settings


class ProximalGradientDescentOptimizer(Tabled):
    """Gradient descent that moves weights towards zero besides."""

    RULE = "ProximalGradientDescent"

    def __init__(
        self, learning_rate: Any, l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0, use_locking: bool = False,
        name: str = "ProximalGradientDescent",
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._l1, self._l2 = l1_regularization_strength, l2_regularization_strength

    def _settings(self) -> dict[str, Any]:
        return {"alpha": self._learning_rate, "l1": self._l1, "l2": self._l2}


class ProximalAdagradOptimizer(Tabled):
    """Adagrad that moves weights towards zero besides."""

    RULE = "ProximalAdagrad"

    def __init__(
        self, learning_rate: Any, initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0, l2_regularization_strength: float = 0.0,
        use_locking: bool = False, name: str = "ProximalAdagrad",
    ) -> None:
        if initial_accumulator_value <= 0.0:
            raise pt.ArgumentError(
                f"initial_accumulator_value must be positive: {initial_accumulator_value}")
        super().__init__(use_locking, name)
        self._learning_rate, self._first = learning_rate, initial_accumulator_value
        self._l1, self._l2 = l1_regularization_strength, l2_regularization_strength

    def _kept(self) -> Any:
        return (("accumulator", Constant(self._first)),)

    def _settings(self) -> dict[str, Any]:
        return {"lr": self._learning_rate, "l1": self._l1, "l2": self._l2}


class SyncReplicasOptimizer(Optimizer):
    """Is refused: there are no replicas to wait for."""

    def __init__(self, opt: Any, replicas_to_aggregate: int, *args: Any, **kwargs: Any) -> None:
        from pentad.frontends.tensorflow1.errors import UnimplementedError

        raise UnimplementedError(None, None, static.message(
            "SyncReplicasOptimizer adds up the gradients of several machines, and there is one",
            expected="an optimiser of one machine", got=f"{replicas_to_aggregate} replicas",
            hint="use the optimiser that it was given; average gradients of parts of a batch"))

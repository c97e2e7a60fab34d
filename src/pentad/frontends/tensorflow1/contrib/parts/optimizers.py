"""The optimisers of tf.contrib.opt."""

from __future__ import annotations

import math
from typing import Any

from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.identity import group
from pentad.frontends.tensorflow1.ops.state import assign_sub
from pentad.frontends.tensorflow1.train.moving_averages import ExponentialMovingAverage
from pentad.frontends.tensorflow1.train.optimizer import Optimizer
from pentad.frontends.tensorflow1.train.optimizers import AdamOptimizer, MomentumOptimizer, Tabled
from pentad.frontends.tensorflow1.variables.initializers import Zeros


class AdaMaxOptimizer(AdamOptimizer):
    """Adam by the largest gradients instead of their squares."""

    RULE, POWERS, LAZY = "AdaMax", ("beta1_power",), True

    def __init__(
        self, learning_rate: Any = 0.001, beta1: Any = 0.9, beta2: Any = 0.999,
        epsilon: Any = 1e-8, use_locking: bool = False, name: str = "AdaMax",
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon, use_locking, name)


class NadamOptimizer(AdamOptimizer):
    """Adam with Nesterov's step."""

    NESTEROV = True


class LazyAdamOptimizer(AdamOptimizer):
    """Adam that leaves rows without gradients as they are."""

    LAZY = True


class _Signs(Tabled):
    SLOTS = (("m", Zeros()),)

    def _keep(self, learning_rate: Any, beta: Any, sign_decay_fn: Any, **more: Any) -> None:
        self._given_settings = {"lr": learning_rate, "beta": beta, **more}
        self._sign_decay_fn = sign_decay_fn

    def apply_gradients(
        self, grads_and_vars: Any, global_step: Any = None, name: str | None = None
    ) -> Any:
        """An operation that changes variables by their gradients."""
        step = convert_to_tensor(0 if global_step is None else global_step)
        self._given_settings["sign_decay"] = (
            1.0 if self._sign_decay_fn is None else self._sign_decay_fn(step))
        return super().apply_gradients(grads_and_vars, global_step, name)

    def _settings(self) -> dict[str, Any]:
        return self._given_settings


class AddSignOptimizer(_Signs):
    """Larger steps where gradients keep their sign (Bello et al., 2017)."""

    RULE = "AddSign"

    def __init__(
        self, learning_rate: Any = 0.1, alpha: Any = 1.0, beta: Any = 0.9,
        sign_decay_fn: Any = None, use_locking: bool = False, name: str = "AddSignOptimizer",
    ) -> None:
        super().__init__(use_locking, name)
        self._keep(learning_rate, beta, sign_decay_fn, alpha=alpha)


class PowerSignOptimizer(_Signs):
    """The same by a power."""

    RULE = "PowerSign"

    def __init__(
        self, learning_rate: Any = 0.1, base: Any = math.e, beta: Any = 0.9,
        sign_decay_fn: Any = None, use_locking: bool = False, name: str = "PowerSignOptimizer",
    ) -> None:
        super().__init__(use_locking, name)
        self._keep(learning_rate, beta, sign_decay_fn, logbase=math.log(base))


class DecoupledWeightDecayExtension:
    """Weights decay besides what the optimiser does (Loshchilov and Hutter, 2017)."""

    def __init__(self, weight_decay: Any, **kwargs: Any) -> None:
        self._weight_decay = weight_decay
        self._decayed: Any = None
        super().__init__(**kwargs)

    def minimize(self, loss: Any, *args: Any, decay_var_list: Any = None, **kwargs: Any) -> Any:
        """An operation that makes the loss smaller; decay_var_list: the variables that decay."""
        self._decayed = None if decay_var_list is None else {v.op.name for v in decay_var_list}
        return super().minimize(loss, *args, **kwargs)  # type: ignore[misc]

    def apply_gradients(
        self, grads_and_vars: Any, global_step: Any = None, name: str | None = None,
        decay_var_list: Any = None,
    ) -> Any:
        """An operation that changes variables by their gradients."""
        if decay_var_list is not None:
            self._decayed = {v.op.name for v in decay_var_list}
        return super().apply_gradients(  # type: ignore[misc]
            grads_and_vars, global_step=global_step, name=name)

    def _updated(self, gradient: Any, variable: Any) -> Any:
        if self._decayed is not None and variable.op.name not in self._decayed:
            return super()._updated(gradient, variable)  # type: ignore[misc]
        given = self._weight_decay() if callable(self._weight_decay) else self._weight_decay
        rate = cast(convert_to_tensor(given), variable.dtype.base_dtype)
        decay = assign_sub(variable, rate * variable.value())
        with get_default_graph().control_dependencies([decay.op]):
            return super()._updated(gradient, variable)  # type: ignore[misc]


def extend_with_decoupled_weight_decay(base_optimizer: Any) -> Any:
    """A class of optimisers whose weights decay; its first argument is how much."""
    class Decayed(DecoupledWeightDecayExtension, base_optimizer):
        """The optimiser, with decaying weights."""

        def __init__(self, weight_decay: Any, *args: Any, **kwargs: Any) -> None:
            base_optimizer.__init__(self, *args, **kwargs)
            self._weight_decay, self._decayed = weight_decay, None

    return Decayed


class AdamWOptimizer(extend_with_decoupled_weight_decay(AdamOptimizer)):  # type: ignore[misc]
    """Adam with decaying weights."""

    def __init__(
        self, weight_decay: Any, learning_rate: Any = 0.001, beta1: Any = 0.9,
        beta2: Any = 0.999, epsilon: Any = 1e-8, use_locking: bool = False, name: str = "AdamW",
    ) -> None:
        super().__init__(weight_decay, learning_rate, beta1, beta2, epsilon, use_locking, name)


class MomentumWOptimizer(  # type: ignore[misc]
    extend_with_decoupled_weight_decay(MomentumOptimizer)
):
    """Momentum with decaying weights."""

    def __init__(
        self, weight_decay: Any, learning_rate: Any, momentum: Any, use_locking: bool = False,
        name: str = "MomentumW", use_nesterov: bool = False,
    ) -> None:
        super().__init__(weight_decay, learning_rate, momentum, use_locking, name, use_nesterov)


class MovingAverageOptimizer(Optimizer):
    """An optimiser, and averages of the variables that it changes."""

    def __init__(
        self, opt: Any, average_decay: float = 0.9999, num_updates: Any = None,
        sequential_update: bool = True,
    ) -> None:
        super().__init__(False, "MovingAverage")
        self._optimizer = opt
        self._ema = ExponentialMovingAverage(average_decay, num_updates)

    def compute_gradients(self, *args: Any, **kwargs: Any) -> Any:
        """Those of the optimiser."""
        return self._optimizer.compute_gradients(*args, **kwargs)

    def apply_gradients(
        self, grads_and_vars: Any, global_step: Any = None, name: str | None = None
    ) -> Any:
        """A step of the optimiser, then one of the averages."""
        pairs = list(grads_and_vars)
        train = self._optimizer.apply_gradients(pairs, global_step, name)
        with get_default_graph().control_dependencies([train]):
            return group(self._ema.apply([v for g, v in pairs if g is not None]))

    def swapping_saver(self, var_list: Any = None, name: str = "swapping_saver", **kw: Any) -> Any:
        """A saver that writes the averages in place of the variables."""
        from pentad.frontends.tensorflow1 import train
        from pentad.frontends.tensorflow1.variables.lists import global_variables

        chosen = global_variables() if var_list is None else list(var_list)
        found = {v.op.name: self._ema.average(v) if self._ema.average(v) is not None else v
                 for v in chosen if not v.op.name.endswith(self._ema.name)}
        return train.Saver(found, name=name, **kw)

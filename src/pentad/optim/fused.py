"""FusedOptimizer: each parameter's update is one native kernel (update.py).

Hyper-parameters and step counters are numbers of the host: they may change between calls of a
compiled step without a new compilation. The state's tensors are made outside any trace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import is_
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.optim.optimizer import Group, Optimizer, outside_trace
from pentad.optim.saving import converted, counter, require_shape
from pentad.tensor.capture import varying
from pentad.tensor.capture.epoch import bump_epoch
from pentad.tensor.functions.creation import as_tensor, full, full_like
from pentad.tensor.state import enable_grad, set_grad_enabled, state
from pentad.tensor.tensor import Tensor


class FusedOptimizer(Optimizer):
    """The base of the package's optimisers: subclasses define `check`, `group_numbers`, `update`.

    foreach, fused and capturable mean nothing here: every step is one native call in any case.
    differentiable: the step itself is recorded for autograd.
    """

    counters: tuple[str, ...] = ("step",)
    """Numbers of the host in a parameter's state, which are saved as 0-d tensors."""
    complex_allowed = True

    def update(self, p: Tensor, grad: Any, group: Group, numbers: Any) -> None:
        """Update one parameter; numbers: what `group_numbers` gave."""
        raise NotImplementedError

    def group_numbers(self, group: Group) -> Any:
        """The run-time numbers that all parameters of a group share."""
        return tuple(self.number(group, name) for name in ("lr", "weight_decay"))

    def number(self, group: Group, name: str) -> Any:
        """A hyper-parameter as a run-time number."""
        return varying.host_scalar(lambda: float(group[name]))

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient; returns what `closure()` gave, if any."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with set_grad_enabled(bool(self.defaults.get("differentiable"))):
            for group in self.param_groups:
                varying.each_call(lambda group=group: self._check_changed(group))
                pairs = [(p, p.grad) for p in group["params"]]
                pairs = [(p, g) for p, g in pairs if g is not None]
                numbers = self.group_numbers(group) if pairs else ()
                for p, g in pairs:
                    self.update(p, g, group, numbers)
        return loss

    def _check_parameter(self, p: Any) -> None:
        super()._check_parameter(p)
        if p.is_complex() and not self.complex_allowed:
            raise ArgumentError(
                message(f"{type(self).__name__}: a complex parameter", expected="real parameters",
                        got=str(p.meta.type))
            )

    def _check_changed(self, group: Group) -> None:
        """`check`, if a hyper-parameter is another object than when it was last called."""
        last = group.checked
        if len(last) != len(group) or not all(map(is_, group.values(), last)):
            self.check(group)
            group.checked = tuple(group.values())

    # -- state ---------------------------------------------------------------------------------

    def tensors(self, p: Tensor, *names: str, value: float = 0.0) -> list[Tensor]:
        """State tensors of a parameter, made of zeros (or `value`) when first asked for."""
        own = self.state[p]
        for name in names:
            if own.get(name) is None:
                first = complex(value, value) if p.is_complex() else value
                shape = self.state_shape(p, name)
                with outside_trace():
                    own[name] = (full_like(p.detach(), first) if shape == p.shape
                                 else full(shape, first, dtype=p.dtype))
                bump_epoch()
        return [own[name] for name in names]

    def state_shape(self, p: Tensor, name: str) -> Any:
        """The shape of a state tensor: the parameter's; None for any."""
        return p.shape

    def count_step(
        self, p: Tensor, then: Callable[[dict[str, Any]], None] | None = None, **first: float
    ) -> dict[str, Any]:
        """Count a step of a parameter at each call, then do `then(state)`; the state.

        first: other numbers of the host, and what they begin with.
        """
        own = self.state[p]
        if "step" not in own:
            own.update(step=0, **first)
        skipped = state.skip

        def advance() -> None:
            # A compiled step that was skipped (GradScaler) is known as such at the next one.
            if skipped is None or not skipped.item():
                own["step"] += 1
                if then is not None:
                    then(own)

        varying.each_call(advance)
        return own

    def saved_state(self, p: Tensor) -> dict[str, Any]:
        """As PyTorch: numbers of the host are tensors of one."""
        own = self.state[p].items()
        return {k: counter(v) if k in self.counters else v for k, v in own}

    def loaded_state(self, p: Tensor, saved: Mapping[str, Any]) -> dict[str, Any]:
        """The state of one parameter from its saved form; ArgumentError if it does not fit."""
        own: dict[str, Any] = {}
        for name, value in saved.items():
            if name in self.counters:
                number = value.item() if hasattr(value, "item") else value
                own[name] = int(number) if name == "step" else float(number)
            elif value is None:
                own[name] = None
            else:
                t = as_tensor(value)
                require_shape(self, name, t, self.state_shape(p, name))
                own[name] = converted(p, t)
        return own

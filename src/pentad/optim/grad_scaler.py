"""GradScaler: gradients that are too small for float16 are computed larger (torch.amp)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, message
from pentad.graph.node import Node
from pentad.optim.optimizer import Optimizer, outside_trace
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.creation import full, zeros
from pentad.tensor.inplace import copy_into
from pentad.tensor.pytree import map_leaves
from pentad.tensor.state import no_grad, state
from pentad.tensor.tensor import Tensor


@surface
def _unscaled(g: Node, scale: Node) -> Node:
    """g / scale, in the dtype of g."""
    inverse = ops.reciprocal(ops.cast(scale, dtypes.float64))
    wide = g.dtype if g.dtype is dtypes.float64 else dtypes.float32
    factor = ops.broadcast(ops.cast(inverse, wide), g.shape)
    return ops.cast(ops.mul(ops.cast(g, wide), factor), g.dtype)


@surface
def _found(g: Node, before: Node) -> Node:
    """1 if `before` is, or if an element of g is infinite or NaN."""
    bad = ops.logical_not(ops.isfinite(g))
    any_bad = ops.reduce_or(bad, tuple(range(g.ndim)))
    return ops.maximum(before, ops.cast(any_bad, before.dtype))


@surface
def _next_scale(
    scale: Node, good: Node, found: Node, growth: float, backoff: float, interval: int
) -> tuple[Node, Node]:
    """(scale, good steps in a row) after a step."""
    bad = ops.ne(found, ops.full_like(0, found))
    more = ops.add(good, ops.full_like(1, good))
    full_row = ops.ge(more, ops.full_like(interval, more))
    grown = ops.mul(scale, ops.full_like(growth, scale))
    # The scale does not grow out of float32.
    grown = ops.where(ops.isfinite(grown), grown, scale)
    after = ops.where(full_row, grown, scale)
    after = ops.where(bad, ops.mul(scale, ops.full_like(backoff, scale)), after)
    none = ops.full_like(0, good)
    return after, ops.where(ops.logical_or(bad, full_row), none, more)


class GradScaler:
    """Scale the loss, so that small gradients do not vanish in float16; skip the steps in which
    one overflowed (torch.amp.GradScaler).

        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()

    The scale is halved (backoff_factor) after a step with an infinite or NaN gradient, which
    changes nothing, and doubled (growth_factor) after growth_interval steps without. In a compiled
    step the decision is part of the native call; an optimiser's count of steps notices there at
    the next call that one was skipped.
    """

    def __init__(
        self, device: str = "cpu", init_scale: float = 2.0**16, growth_factor: float = 2.0,
        backoff_factor: float = 0.5, growth_interval: int = 2000, enabled: bool = True,
    ) -> None:
        if device != "cpu":
            raise ArgumentError(
                message("GradScaler: device", expected="'cpu'", got=repr(device))
            )
        if not growth_factor > 1 or not 0 < backoff_factor < 1 or not growth_interval >= 1:
            raise ArgumentError(
                message(
                    "GradScaler: a factor is out of range",
                    expected="growth_factor > 1, 0 < backoff_factor < 1, growth_interval >= 1",
                    got=f"{growth_factor}, {backoff_factor}, {growth_interval}",
                )
            )
        self._enabled = enabled
        self._growth_factor = float(growth_factor)
        self._backoff_factor = float(backoff_factor)
        self._growth_interval = int(growth_interval)
        self._scale: Tensor = full((), float(init_scale), dtype=dtypes.float32)
        self._good: Tensor = zeros((), dtype=dtypes.int64)
        self._found: dict[int, tuple[Optimizer, Tensor]] = {}
        self._stages: dict[int, str] = {}

    # -- a step ------------------------------------------------------------------------------------

    def scale(self, outputs: Any) -> Any:
        """A loss (or a nested structure of losses) times the scale."""
        if not self._enabled:
            return outputs
        return map_leaves(lambda t: t * self._scale, outputs)  # type: ignore[operator]

    def found(self, optimizer: Optimizer) -> Tensor:
        """Not 0 if the last step of an optimiser was skipped; the next one writes over it."""
        known = self._found.get(id(optimizer))
        if known is None:
            with outside_trace():
                known = optimizer, zeros((), dtype=dtypes.float32)
            self._found[id(optimizer)] = known
        return known[1]

    @no_grad()
    def unscale_(self, optimizer: Optimizer) -> None:
        """Divide the gradients of an optimiser's parameters by the scale (to clip them, say)."""
        if not self._enabled:
            return
        stage = self._stages.get(id(optimizer))
        if stage is not None:
            raise ArgumentError(
                message(
                    "GradScaler.unscale_ a second time since the last update()",
                    expected="unscale_ at most once, before step",
                    got="gradients that were unscaled" if stage == "unscaled" else "after step",
                )
            )
        found = self.found(optimizer)
        worst: Any = zeros((), dtype=dtypes.float32)
        for group in optimizer.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    if p.grad.dtype is dtypes.float16:
                        raise ArgumentError(
                            message("GradScaler: a float16 gradient", expected="parameters in "
                                    "float32 or bfloat16", got=str(p.meta.type),
                                    hint="keep the parameters in float32 and use autocast")
                        )
                    _unscaled.inplace(p.grad, self._scale)
                    worst = _found(p.grad, worst)
        copy_into(found, worst)
        self._stages[id(optimizer)] = "unscaled"

    def step(self, optimizer: Optimizer, *args: Any, **kwargs: Any) -> Any:
        """`optimizer.step()`, unless a gradient is infinite or NaN; unscales if need be."""
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if self._stages.get(id(optimizer)) == "stepped":
            raise ArgumentError(
                message("GradScaler.step a second time since the last update()",
                        expected="update() after each step", got="two steps")
            )
        if self._stages.get(id(optimizer)) is None:
            self.unscale_(optimizer)
        found = self.found(optimizer)
        result = None
        if state.trace is not None:
            with skipping(found):
                result = optimizer.step(*args, **kwargs)
        elif not found.item():  # type: ignore[attr-defined]
            result = optimizer.step(*args, **kwargs)
        self._stages[id(optimizer)] = "stepped"
        return result

    @no_grad()
    def update(self, new_scale: Any = None) -> None:
        """Set the scale for the next step: by the rule, or to `new_scale`."""
        if not self._enabled:
            return
        if not self._stages and new_scale is None:
            raise ArgumentError(
                message("GradScaler.update without a step", expected="step or unscale_ before it",
                        got="none")
            )
        if new_scale is not None:
            given = new_scale if isinstance(new_scale, Tensor) else float(new_scale)
            self._scale.copy_(given)  # type: ignore[attr-defined]
        else:
            founds = [t for i, (_, t) in self._found.items() if i in self._stages]
            worst: Any = founds[0]
            for t in founds[1:]:
                worst = worst.maximum(t)
            scale, good = _next_scale(
                self._scale, self._good, worst, self._growth_factor, self._backoff_factor,
                self._growth_interval,
            )
            copy_into(self._scale, scale)
            copy_into(self._good, good)
        self._stages.clear()

    # -- what it is --------------------------------------------------------------------------------

    def is_enabled(self) -> bool:
        """Does it do anything?"""
        return self._enabled

    def get_scale(self) -> float:
        """The present scale; 1 if not enabled."""
        return float(self._scale.item()) if self._enabled else 1.0  # type: ignore[attr-defined]

    def get_growth_factor(self) -> float:
        """What the scale grows by."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Set what the scale grows by."""
        self._growth_factor = float(new_factor)

    def get_backoff_factor(self) -> float:
        """What the scale is multiplied with after an overflow."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Set what the scale is multiplied with after an overflow."""
        self._backoff_factor = float(new_factor)

    def get_growth_interval(self) -> int:
        """After how many good steps the scale grows."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Set after how many good steps the scale grows."""
        self._growth_interval = int(new_interval)

    def state_dict(self) -> dict[str, Any]:
        """The scale, the factors and the count of good steps, as numbers."""
        if not self._enabled:
            return {}
        return {
            "scale": self.get_scale(),
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": int(self._good.item()),  # type: ignore[attr-defined]
        }

    @no_grad()
    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        if not self._enabled:
            return
        if not state_dict:
            raise ArgumentError(
                message("GradScaler.load_state_dict", expected="the state of an enabled scaler",
                        got="an empty dict")
            )
        self._scale.copy_(float(state_dict["scale"]))  # type: ignore[attr-defined]
        self._growth_factor = float(state_dict["growth_factor"])
        self._backoff_factor = float(state_dict["backoff_factor"])
        self._growth_interval = int(state_dict["growth_interval"])
        self._good.copy_(int(state_dict["_growth_tracker"]))  # type: ignore[attr-defined]


@contextmanager
def skipping(found: Tensor) -> Any:
    """Within it, updates change nothing where `found` is not 0 (while tracing)."""
    before, state.skip = state.skip, found
    try:
        yield
    finally:
        state.skip = before

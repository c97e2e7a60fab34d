"""tf.estimator.train_and_evaluate: training with evaluations now and then."""

from __future__ import annotations

import os
import time
from collections import namedtuple
from typing import Any

import pentad as pt
from pentad.frontends.tensorflow1.train.hooks import CheckpointSaverListener


class TrainSpec(namedtuple("TrainSpec", ["input_fn", "max_steps", "hooks", "saving_listeners"])):
    """What to train on, up to which step."""

    def __new__(
        cls, input_fn: Any, max_steps: int | None = None, hooks: Any = None,
        saving_listeners: Any = None,
    ) -> Any:
        """ValueError for a step that is none."""
        if max_steps is not None and max_steps <= 0:
            raise pt.ArgumentError(f"Must specify max_steps > 0, given: {max_steps}")
        return super().__new__(cls, input_fn, max_steps, tuple(hooks or ()),
                               tuple(saving_listeners or ()))


class EvalSpec(namedtuple("EvalSpec", [
        "input_fn", "steps", "name", "hooks", "exporters", "start_delay_secs", "throttle_secs"])):
    """What to evaluate on, how long, how often."""

    def __new__(
        cls, input_fn: Any, steps: int | None = 100, name: str | None = None, hooks: Any = None,
        exporters: Any = None, start_delay_secs: float = 120, throttle_secs: float = 600,
    ) -> Any:
        """exporters: one, or several, that write the model after an evaluation."""
        several = isinstance(exporters, list | tuple)
        found = tuple(exporters) if several else (exporters,) if exporters else ()
        return super().__new__(cls, input_fn, steps, name, tuple(hooks or ()), found,
                               start_delay_secs, throttle_secs)


class _Evaluating(CheckpointSaverListener):
    """Evaluates each checkpoint that comes late enough after the last evaluation."""

    def __init__(self, estimator: Any, spec: EvalSpec, last: int | None) -> None:
        self.estimator, self.spec, self.last = estimator, spec, last
        self.when, self.step, self.result = 0.0, -1, None

    def after_save(self, session: Any, global_step_value: int) -> Any:
        """Evaluate, unless it is the first checkpoint of this training."""
        first, self.step = self.step < 0, global_step_value
        if not first and time.time() - self.when >= self.spec.throttle_secs:
            self.evaluate(self.last is not None and global_step_value >= self.last)

    def end(self, session: Any, global_step_value: int) -> None:
        """Nothing: the last evaluation comes after the training."""

    def evaluate(self, final: bool) -> Any:
        """Evaluate the latest checkpoint, and export it."""
        spec = self.spec
        self.result = self.estimator.evaluate(spec.input_fn, spec.steps, spec.hooks, None,
                                              spec.name)
        self.when, self.evaluated = time.time(), self.step
        for exporter in spec.exporters:
            exporter.export(
                self.estimator, os.path.join(self.estimator.model_dir, "export", exporter.name),
                self.estimator.latest_checkpoint(), self.result, final)
        return self.result


def train_and_evaluate(estimator: Any, train_spec: TrainSpec, eval_spec: EvalSpec) -> Any:
    """Train; evaluate checkpoints, and the last one in any case. (metrics, export results)."""
    listener = _Evaluating(estimator, eval_spec, train_spec.max_steps)
    estimator.train(train_spec.input_fn, train_spec.hooks, max_steps=train_spec.max_steps,
                    saving_listeners=[*train_spec.saving_listeners, listener])
    listener.evaluate(True)
    return listener.result, []

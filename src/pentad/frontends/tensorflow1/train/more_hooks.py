"""Hooks that are used less."""

from __future__ import annotations

import time
from typing import Any

from pentad.frontends.tensorflow1.train.session_run import SessionRunArgs, SessionRunHook
from pentad.frontends.tensorflow1.train.steps import get_global_step


class GlobalStepWaiterHook(SessionRunHook):
    """Waits until the global step is far enough."""

    def __init__(self, wait_until_step: int) -> None:
        self._until = wait_until_step

    def begin(self) -> None:
        """Find the step."""
        self._step = get_global_step()
        if self._step is None:
            raise RuntimeError("Global step should be created to use _GlobalStepWaiterHook.")

    def before_run(self, run_context: Any) -> Any:
        """Wait."""
        while self._until > 0 and int(run_context.session.run(self._step)) < self._until:
            time.sleep(0.5)
        self._until = 0
        return None


class FinalOpsHook(SessionRunHook):
    """Runs something at the end, and keeps its values."""

    def __init__(self, final_ops: Any, final_ops_feed_dict: Any = None) -> None:
        self._ops, self._feed = final_ops, final_ops_feed_dict
        self._values: Any = None

    @property
    def final_ops_values(self) -> Any:
        """The values."""
        return self._values

    def end(self, session: Any) -> None:
        """Run it."""
        if self._ops is not None:
            self._values = session.run(self._ops, feed_dict=self._feed)


class FeedFnHook(SessionRunHook):
    """Feeds what a function gives."""

    def __init__(self, feed_fn: Any) -> None:
        self.feed_fn = feed_fn

    def before_run(self, run_context: Any) -> Any:
        """The feeds."""
        return SessionRunArgs(fetches=None, feed_dict=self.feed_fn())


class ProfilerHook(SessionRunHook):
    """Takes what TensorFlow's profiler hook takes; nothing is measured (see pentad.profile)."""

    def __init__(
        self, save_steps: int | None = None, save_secs: float | None = None, output_dir: str = "",
        show_dataflow: bool = True, show_memory: bool = False,
    ) -> None:
        self.output_dir = output_dir

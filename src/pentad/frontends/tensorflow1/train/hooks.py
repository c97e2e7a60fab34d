"""The hooks that TensorFlow brings: logging, stopping, saving, counting, watching for NaN."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1 import logging
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.framework.messages import SessionLog, Summary
from pentad.frontends.tensorflow1.summaries.event_files import FileWriterCache
from pentad.frontends.tensorflow1.train.session_run import SessionRunArgs, SessionRunHook
from pentad.frontends.tensorflow1.train.steps import get_global_step


class SecondOrStepTimer:
    """Tells after how many steps, or seconds, something is due again."""

    def __init__(self, every_secs: float | None = None, every_steps: int | None = None) -> None:
        if every_secs is None and every_steps is None:
            raise pt.ArgumentError("Either every_secs or every_steps should be provided.")
        if every_secs is not None and every_steps is not None:
            raise pt.ArgumentError("Can not provide both every_secs and every_steps.")
        self._secs, self._steps = every_secs, every_steps
        self.reset()

    def reset(self) -> None:
        """Nothing was done yet."""
        self._last_step: int | None = None
        self._last_time: float | None = None

    def should_trigger_for_step(self, step: int) -> bool:
        """Is it due?"""
        if self._last_step is None:
            return True
        if step == self._last_step:
            return False
        if self._secs is not None:
            return time.time() >= (self._last_time or 0) + self._secs
        return step >= self._last_step + (self._steps or 0)

    def update_last_triggered_step(self, step: int) -> tuple[Any, Any]:
        """It was done: the seconds and steps since the last time."""
        now = time.time()
        first = self._last_step is None
        found = (None, None) if first else (now - (self._last_time or 0), step - self._last_step)  # type: ignore[operator]
        self._last_time, self._last_step = now, step
        return found

    def last_triggered_step(self) -> int | None:
        """At which step it was done last."""
        return self._last_step


class LoggingTensorHook(SessionRunHook):
    """Logs the values of tensors every so many runs or seconds."""

    def __init__(
        self, tensors: Any, every_n_iter: int | None = None, every_n_secs: float | None = None,
        at_end: bool = False, formatter: Any = None,
    ) -> None:
        if at_end is False and (every_n_iter is None) == (every_n_secs is None):
            raise pt.ArgumentError("exactly one of every_n_iter and every_n_secs must be provided.")
        if every_n_iter is not None and every_n_iter <= 0:
            raise pt.ArgumentError(f"invalid every_n_iter={every_n_iter}.")
        self._order = list(tensors)
        self._tensors = dict(tensors) if isinstance(tensors, Mapping) else {
            getattr(t, "name", t): t for t in tensors}
        self._order = list(self._tensors)
        self._at_end, self._formatter = at_end, formatter
        only_end = every_n_iter is None and every_n_secs is None
        self._timer = None if only_end else SecondOrStepTimer(every_n_secs, every_n_iter)

    def begin(self) -> None:
        """Find the tensors."""
        if self._timer is not None:
            self._timer.reset()
        self._count = 0
        graph = get_default_graph()
        self._current = {n: graph.as_graph_element(t) for n, t in self._tensors.items()}

    def before_run(self, run_context: Any) -> Any:
        """Ask for the tensors where it is due."""
        self._due = self._timer is not None and self._timer.should_trigger_for_step(self._count)
        return SessionRunArgs(self._current) if self._due else None

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Log them."""
        if self._due:
            self._log(run_values.results)
        self._count += 1

    def _log(self, values: Any) -> None:
        seconds = None
        if self._timer is not None:
            seconds, _ = self._timer.update_last_triggered_step(self._count)
        if self._formatter is not None:
            logging.info(self._formatter(values))
            return
        text = ", ".join(f"{n} = {values[n]}" for n in self._order)
        logging.info("%s", text if seconds is None else f"{text} ({seconds:.3f} sec)")

    def end(self, session: Any) -> None:
        """Log them once more if asked."""
        if self._at_end:
            self._log(session.run(self._current))


class StopAtStepHook(SessionRunHook):
    """Stops after so many steps, or at a step."""

    def __init__(self, num_steps: int | None = None, last_step: int | None = None) -> None:
        if (num_steps is None) == (last_step is None):
            raise pt.ArgumentError("Exactly one of num_steps or last_step must be specified.")
        self._num_steps, self._last_step = num_steps, last_step

    def begin(self) -> None:
        """Find the global step."""
        self._step = _step_tensor("StopAtStepHook")

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Where it stops."""
        if self._last_step is None:
            self._last_step = int(session.run(self._step)) + (self._num_steps or 0)

    def before_run(self, run_context: Any) -> Any:
        """Ask for the step."""
        return SessionRunArgs(self._step)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Stop if it is reached."""
        step = int(run_values.results) + 1
        if step >= (self._last_step or 0):
            # The run may have counted already: its value says so.
            step = int(run_context.session.run(self._step))
            if step >= (self._last_step or 0):
                run_context.request_stop()


def _step_tensor(name: str) -> Any:
    found = get_global_step()
    if found is None:
        raise RuntimeError(static.message(
            f"Global step should be created to use {name}.",
            hint="call tf.train.get_or_create_global_step() and pass it to minimize"))
    return found


class CheckpointSaverListener:
    """Told of checkpoints; the methods here do nothing."""

    def begin(self) -> None:
        """Once, while the graph may still be changed."""

    def before_save(self, session: Any, global_step_value: int) -> None:
        """Before a checkpoint."""

    def after_save(self, session: Any, global_step_value: int) -> Any:
        """After a checkpoint; true to stop."""

    def end(self, session: Any, global_step_value: int) -> None:
        """At the end."""


class CheckpointSaverHook(SessionRunHook):
    """Saves every so many steps or seconds, at the beginning and at the end."""

    def __init__(
        self, checkpoint_dir: Any, save_secs: float | None = None, save_steps: int | None = None,
        saver: Any = None, checkpoint_basename: str = "model.ckpt", scaffold: Any = None,
        listeners: Any = None,
    ) -> None:
        if saver is not None and scaffold is not None:
            raise pt.ArgumentError("You cannot provide both saver and scaffold.")
        self._saver, self._scaffold, self._dir = saver, scaffold, checkpoint_dir
        self._path = os.path.join(checkpoint_dir, checkpoint_basename)
        self._timer = SecondOrStepTimer(save_secs, save_steps)
        self._listeners = list(listeners or [])

    def begin(self) -> None:
        """Find the step and the writer."""
        self._writer = FileWriterCache.get(self._dir)
        self._step = _step_tensor("CheckpointSaverHook")
        for listener in self._listeners:
            listener.begin()

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Save the first values."""
        step = int(session.run(self._step))
        self._save(session, step)
        self._timer.update_last_triggered_step(step)

    def before_run(self, run_context: Any) -> Any:
        """Ask for the step."""
        return SessionRunArgs(self._step)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Save if it is due."""
        if self._timer.should_trigger_for_step(int(run_values.results) + 1):
            step = int(run_context.session.run(self._step))
            if self._timer.should_trigger_for_step(step):
                self._timer.update_last_triggered_step(step)
                if self._save(run_context.session, step):
                    run_context.request_stop()

    def end(self, session: Any) -> None:
        """Save the last values."""
        step = int(session.run(self._step))
        if step != self._timer.last_triggered_step():
            self._save(session, step)
        for listener in self._listeners:
            listener.end(session, step)

    def _save(self, session: Any, step: int) -> bool:
        for listener in self._listeners:
            listener.before_save(session, step)
        self._get_saver().save(session, self._path, global_step=step)
        log = SessionLog(status=SessionLog.CHECKPOINT, checkpoint_path=self._path)
        self._writer.add_session_log(log, step)
        return any([bool(li.after_save(session, step)) for li in self._listeners])  # noqa: C419 (all are told)

    def _get_saver(self) -> Any:
        if self._saver is not None:
            return self._saver
        if self._scaffold is not None:
            return self._scaffold.saver
        found = get_default_graph().get_collection(GraphKeys.SAVERS)
        if len(found) != 1:
            raise RuntimeError(static.message("one saver is needed in the collection SAVERS",
                                              got=str(len(found))))
        return found[0]


class StepCounterHook(SessionRunHook):
    """Writes how many steps are done in a second."""

    def __init__(
        self, every_n_steps: int | None = 100, every_n_secs: float | None = None,
        output_dir: Any = None, summary_writer: Any = None,
    ) -> None:
        self._timer = SecondOrStepTimer(every_n_secs, None if every_n_secs else every_n_steps)
        self._writer, self._dir = summary_writer, output_dir

    def begin(self) -> None:
        """Find the step and the writer."""
        if self._writer is None and self._dir:
            self._writer = FileWriterCache.get(self._dir)
        self._step = _step_tensor("StepCounterHook")

    def before_run(self, run_context: Any) -> Any:
        """Ask for the step."""
        return SessionRunArgs(self._step)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Write if it is due."""
        step = int(run_values.results) + 1
        if self._timer.should_trigger_for_step(step):
            seconds, steps = self._timer.update_last_triggered_step(step)
            if seconds:
                self._log_and_record(steps, seconds, step)

    def _log_and_record(self, elapsed_steps: int, elapsed_time: float, global_step: int) -> None:
        rate = elapsed_steps / elapsed_time
        if self._writer is not None:
            name = f"{self._step.op.name}/sec"
            self._writer.add_summary(Summary(value=[
                Summary.Value(tag=name, simple_value=rate)]), global_step)
        logging.info("%s: %g", f"{self._step.op.name}/sec", rate)


class NanLossDuringTrainingError(RuntimeError):
    """The loss is not a number."""

    def __str__(self) -> str:
        return "NaN loss during training."


class NanTensorHook(SessionRunHook):
    """Stops where a loss is not a number."""

    def __init__(self, loss_tensor: Any, fail_on_nan_loss: bool = True) -> None:
        self._loss, self._fail = loss_tensor, fail_on_nan_loss

    def before_run(self, run_context: Any) -> Any:
        """Ask for the loss."""
        return SessionRunArgs(self._loss)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Look at it."""
        if np.isnan(run_values.results).any():
            logging.error("Model diverged with loss = NaN.")
            if self._fail:
                raise NanLossDuringTrainingError
            run_context.request_stop()


class SummarySaverHook(SessionRunHook):
    """Writes summaries every so many steps or seconds."""

    def __init__(
        self, save_steps: int | None = None, save_secs: float | None = None,
        output_dir: Any = None, summary_writer: Any = None, scaffold: Any = None,
        summary_op: Any = None,
    ) -> None:
        if (scaffold is None) == (summary_op is None):
            raise pt.ArgumentError("Exactly one of scaffold or summary_op must be provided.")
        self._op, self._scaffold = summary_op, scaffold
        self._writer, self._dir = summary_writer, output_dir
        self._timer = SecondOrStepTimer(save_secs, save_steps)

    def begin(self) -> None:
        """Find the step and the writer."""
        if self._writer is None and self._dir:
            self._writer = FileWriterCache.get(self._dir)
        self._next: int | None = None
        self._step = _step_tensor("SummarySaverHook")

    def before_run(self, run_context: Any) -> Any:
        """Ask for the summaries where it is due."""
        self._due = self._next is None or self._timer.should_trigger_for_step(self._next)
        asked = {"step": self._step}
        found = self._summaries()
        if self._due and found:
            asked["summary"] = found
        return SessionRunArgs(asked)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Write them."""
        step = int(run_values.results["step"]) + 1
        if self._writer is not None:
            if self._next is None:
                self._writer.add_session_log(SessionLog(status=SessionLog.START), step)
            for summary in run_values.results.get("summary", ()):
                self._writer.add_summary(summary, step)
        if self._due:
            self._timer.update_last_triggered_step(step)
        self._next = step + 1

    def end(self, session: Any) -> None:
        """Let them be seen."""
        if self._writer is not None:
            self._writer.flush()

    def _summaries(self) -> list[Any]:
        found = self._op if self._op is not None else self._scaffold.summary_op
        if found is None:
            return []
        return list(found) if isinstance(found, list | tuple) else [found]

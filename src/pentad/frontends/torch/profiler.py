"""torch.profiler: pentad.profile under PyTorch's names, with its schedules of steps."""

from __future__ import annotations

import enum
import gzip
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pentad as pt
from pentad.frontends.missing import absent
from pentad.frontends.torch.autograd.profiler import measured, record_function, refuse_memory
from pentad.frontends.torch.autograd.profiler_util import EventList, averages
from pentad.static import message

Schedule = Callable[[int], "ProfilerAction"]


class ProfilerActivity(enum.Enum):
    """What may be recorded: here the processor."""

    CPU = 0
    CUDA = 1
    XPU = 2
    MTIA = 3
    HPU = 4
    PrivateUse1 = 5


class ProfilerAction(enum.Enum):
    """What a profiler does in a step."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


def supported_activities() -> set[ProfilerActivity]:
    """What can be recorded."""
    return {ProfilerActivity.CPU}


def schedule(
    *, wait: int, warmup: int, active: int, repeat: int = 0, skip_first: int = 0,
    skip_first_wait: int = 0,
) -> Schedule:
    """What to do in each step: skip some, then again and again wait, warm up and record. repeat: so
    many times, 0 for ever; skip_first_wait: not 0 to leave out the first wait."""
    if min(wait, warmup, active, repeat, skip_first, skip_first_wait) < 0 or not active:
        raise pt.ArgumentError(
            message("schedule: numbers of steps", expected="active > 0 and no negative ones",
                    got=f"wait={wait}, warmup={warmup}, active={active}, repeat={repeat}, "
                    f"skip_first={skip_first}"))
    length = wait + warmup + active

    def action(step: int) -> ProfilerAction:
        step -= skip_first
        if step < 0:
            return ProfilerAction.NONE
        if skip_first_wait:
            step += wait
        if repeat and step // length >= repeat:
            return ProfilerAction.NONE
        place = step % length
        if place < wait:
            return ProfilerAction.NONE
        if place < wait + warmup:
            return ProfilerAction.WARMUP
        last = place == length - 1
        return ProfilerAction.RECORD_AND_SAVE if last else ProfilerAction.RECORD

    return action


_RECORDING = (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)


class profile:
    """Records what runs in a `with` block, or in the steps that `schedule` says, which `step()`
    ends; on_trace_ready(profile) is called after each recording.

    Without a schedule the whole block is recorded. Shapes, lines and operations are always
    recorded; memory is not (ArgumentError).
    """

    def __init__(
        self, *, activities: Iterable[ProfilerActivity] | None = None,
        schedule: Schedule | None = None, on_trace_ready: Callable[[Any], Any] | None = None,
        record_shapes: bool = False, profile_memory: bool = False, with_stack: bool = False,
        with_flops: bool = False, with_modules: bool = False, experimental_config: Any = None,
        execution_trace_observer: Any = None, acc_events: bool = False,
        use_cuda: bool | None = None,
    ) -> None:
        refuse_memory(profile_memory)
        self.activities = set(activities) if activities is not None else supported_activities()
        self.with_flops, self.on_trace_ready = with_flops, on_trace_ready
        self._schedule, self.step_num = schedule, 0
        self.current_action = ProfilerAction.NONE
        self._running: pt.profile | None = None
        self._last: pt.profile | None = None
        self._part: Any = None

    # -- when it records -----------------------------------------------------------------------

    def __enter__(self) -> profile:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin with the first step."""
        self._begin_step()

    def step(self) -> None:
        """The next step begins."""
        self._end_step()
        self.step_num += 1
        self._begin_step()

    def stop(self) -> None:
        """End; what is being recorded is finished."""
        self._end_step(last=True)
        self.current_action = ProfilerAction.NONE

    def _begin_step(self) -> None:
        self.current_action = (
            ProfilerAction.RECORD if self._schedule is None else self._schedule(self.step_num)
        )
        if self.current_action in _RECORDING and self._running is None:
            self._running = pt.profile()
            self._running.__enter__()
        if self._schedule is not None:
            self._part = record_function(f"ProfilerStep#{self.step_num}")
            self._part.__enter__()

    def _end_step(self, last: bool = False) -> None:
        if self._part is not None:
            self._part.__exit__(None, None, None)
            self._part = None
        done = last or self.current_action is ProfilerAction.RECORD_AND_SAVE
        if self._running is None or not done:
            return
        self._last, self._running = self._running, None
        self._last.__exit__(None, None, None)
        if self.on_trace_ready is not None:
            self.on_trace_ready(self)

    # -- what it recorded ----------------------------------------------------------------------

    def key_averages(
        self, group_by_input_shape: bool = False, group_by_stack_n: int = 0,
        group_by_overload_name: bool = False,
    ) -> EventList:
        """What the time was spent on: one row for each kind of kernel or part."""
        return averages(measured(self._last), group_by_input_shape, bool(group_by_stack_n),
                        self.with_flops)

    def events(self) -> EventList:
        """The rows, apart by size and line."""
        return averages(measured(self._last), True, True, self.with_flops)

    def export_chrome_trace(self, path: str) -> None:
        """A trace for chrome://tracing or ui.perfetto.dev, compressed if its name ends in .gz."""
        found = measured(self._last)
        if not str(path).endswith(".gz"):
            found.save_trace(path)
            return
        with tempfile.TemporaryDirectory() as folder:
            plain = Path(folder) / "trace.json"
            found.save_trace(plain)
            with plain.open("rb") as source, gzip.open(path, "wb") as target:
                shutil.copyfileobj(source, target)

    def export_stacks(self, path: str, metric: str = "self_cpu_time_total") -> None:
        """Lines `FILE:LINE microseconds`, as flame graphs are made of."""
        rows = [row for row in self.events() if row.stack]
        text = "".join(f"{';'.join(row.stack)} {int(getattr(row, metric))}\n" for row in rows)
        Path(path).write_text(text, encoding="utf-8")


def tensorboard_trace_handler(
    dir_name: str, worker_name: str | None = None, use_gzip: bool = False
) -> Callable[[profile], None]:
    """An `on_trace_ready` that writes a trace file into the folder."""
    name = worker_name or f"{socket.gethostname()}_{os.getpid()}"

    def handler(prof: profile) -> None:
        os.makedirs(dir_name, exist_ok=True)
        ending = ".pt.trace.json.gz" if use_gzip else ".pt.trace.json"
        prof.export_chrome_trace(os.path.join(dir_name, f"{name}.{time.time_ns()}{ending}"))

    return handler


__getattr__ = absent(__name__)

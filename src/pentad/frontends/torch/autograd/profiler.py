"""torch.autograd.profiler: names of parts of a program, and the older way to profile one."""

from __future__ import annotations

import functools
from typing import Any

import pentad as pt
from pentad.frontends.missing import absent
from pentad.frontends.torch.autograd.profiler_util import EventList, averages


class record_function:
    """A part of a program by name, as a context manager or a decorator: a row of a profile."""

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = name
        self._part: Any = None

    def __enter__(self) -> record_function:
        self._part = pt.profile.part(self.name)
        self._part.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._part.__exit__(*error)

    def __call__(self, function: Any) -> Any:
        """The function, within the part."""
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with record_function(self.name):
                return function(*args, **kwargs)

        return call


class profile:
    """What ran inside of a `with` block; see torch.profiler.profile for the newer way."""

    def __init__(
        self, enabled: bool = True, *, use_cuda: bool = False, use_device: str | None = None,
        record_shapes: bool = False, with_flops: bool = False, profile_memory: bool = False,
        with_stack: bool = False, with_modules: bool = False, use_kineto: bool = False,
        use_cpu: bool = True,
    ) -> None:
        refuse_memory(profile_memory)
        self.enabled, self.with_flops = enabled, with_flops
        self._measured: pt.profile | None = None

    def __enter__(self) -> profile:
        if self.enabled:
            self._measured = pt.profile()
            self._measured.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        if self._measured is not None:
            self._measured.__exit__(*error)

    def key_averages(
        self, group_by_input_shape: bool = False, group_by_stack_n: int = 0
    ) -> EventList:
        """What the time was spent on: one row for each kind of kernel or part."""
        return averages(measured(self._measured), group_by_input_shape, bool(group_by_stack_n),
                        self.with_flops)

    def total_average(self) -> Any:
        """All rows as one."""
        return self.key_averages().total_average()

    @property
    def self_cpu_time_total(self) -> float:
        """Microseconds of all rows."""
        return self.key_averages().self_cpu_time_total

    def table(self, sort_by: str | None = None, row_limit: int = 100, **options: Any) -> str:
        """The rows as text."""
        return self.key_averages().table(sort_by, row_limit, **options)

    def export_chrome_trace(self, path: str) -> None:
        """A trace for chrome://tracing or ui.perfetto.dev."""
        measured(self._measured).save_trace(path)

    def __str__(self) -> str:
        return self.table() if self._measured is not None else "<unfinished profile>"


def measured(found: pt.profile | None) -> pt.profile:
    """A profile that has run; ArgumentError if there is none."""
    if found is None:
        raise pt.ArgumentError("the profiler has recorded nothing yet: it runs within `with`, or "
                               "from start() to stop(), in the steps that its schedule says")
    return found


def refuse_memory(asked: bool) -> None:
    """Memory is not attributed to operations."""
    if asked:
        raise pt.ArgumentError(
            "profile_memory=True: memory is not counted by operation; expected: False; got: True; "
            "hint: pentad.summary(model) says what a network takes")


__getattr__ = absent(__name__)

"""torch.autograd.profiler_util: the rows of a profile under PyTorch's names, and their table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pentad as pt
from pentad.frontends.missing import absent
from pentad.static import message


@dataclass
class FunctionEventAvg:
    """All runs of one kind of kernel, or of one part of the program; times in microseconds.

    key: the operations of the kernel, or the part's name; input_shapes: the kernel's iteration
    space; stack: the line that asked for it. The `self` times are without what ran inside.
    """

    key: str
    count: int = 0
    cpu_time_total: float = 0.0
    self_cpu_time_total: float = 0.0
    flops: int = 0
    input_shapes: str = ""
    stack: Sequence[str] = ()
    device_time_total: float = 0.0
    self_device_time_total: float = 0.0
    is_async: bool = False
    is_remote: bool = False

    @property
    def cpu_time(self) -> float:
        """Microseconds of one run."""
        return self.cpu_time_total / self.count if self.count else 0.0

    @property
    def device_time(self) -> float:
        """Microseconds on another device: there is none."""
        return self.device_time_total / self.count if self.count else 0.0

    @property
    def name(self) -> str:
        return self.key

    cpu_time_str = property(lambda self: _time(self.cpu_time))
    cpu_time_total_str = property(lambda self: _time(self.cpu_time_total))
    self_cpu_time_total_str = property(lambda self: _time(self.self_cpu_time_total))

    def add(self, other: FunctionEventAvg) -> FunctionEventAvg:
        """This one with the runs of another."""
        for name in ("count", "cpu_time_total", "self_cpu_time_total", "flops"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


_SORTED_BY = {
    "count": "count", "flops": "flops", "cpu_time": "cpu_time", "device_time": "device_time",
    **{name: name for name in ("cpu_time_total", "self_cpu_time_total", "device_time_total",
                               "self_device_time_total")},
    "cuda_time": "device_time", "cuda_time_total": "device_time_total",
    "self_cuda_time_total": "self_device_time_total",
}


class EventList(list[FunctionEventAvg]):
    """The rows of a profile. with_flops: the table has their operations."""

    def __init__(self, rows: Iterable[FunctionEventAvg], *, with_flops: bool = False) -> None:
        super().__init__(rows)
        self._with_flops = with_flops

    @property
    def self_cpu_time_total(self) -> float:
        """Microseconds of all rows."""
        return sum(row.self_cpu_time_total for row in self)

    def total_average(self) -> FunctionEventAvg:
        """All rows as one."""
        total = FunctionEventAvg("Total")
        for row in self:
            total.add(row)
        return total

    def table(
        self, sort_by: str | None = None, row_limit: int = 100,
        max_src_column_width: int = 75, max_name_column_width: int = 55,
        max_shapes_column_width: int = 80, header: str | None = None,
        top_level_events_only: bool = False, time_unit: str | None = None,
    ) -> str:
        """The rows as text, at most row_limit (-1: all), the largest of `sort_by` first."""
        rows = list(self)
        if sort_by is not None:
            if sort_by not in _SORTED_BY:
                raise pt.ArgumentError(
                    message("the rows of a profile cannot be sorted by this",
                            expected=", ".join(_SORTED_BY), got=repr(sort_by)))
            rows.sort(key=lambda row: -float(getattr(row, _SORTED_BY[sort_by])))
        if row_limit >= 0:
            rows = rows[:row_limit]
        whole = self.self_cpu_time_total
        columns = _columns(rows, whole, self._with_flops, time_unit,
                           (max_name_column_width, max_shapes_column_width, max_src_column_width))
        return _drawn(columns, header) + f"\nSelf CPU time total: {_time(whole, time_unit)}\n"

    def __str__(self) -> str:
        return self.table()

    __repr__ = __str__


def averages(prof: pt.profile, by_size: bool, by_line: bool, with_flops: bool) -> EventList:
    """The rows of a profile of ours, those of one name as one unless asked for apart."""
    found: dict[Any, FunctionEventAvg] = {}
    for row in prof.rows:
        name = row.name or row.kind
        size, line = row.size if by_size else "", (row.source or "") if by_line else ""
        one = FunctionEventAvg(name, row.calls, row.inclusive * 1e6, row.seconds * 1e6, row.flops,
                               size, (line,) if line else ())
        key = name, size, line
        found[key] = found[key].add(one) if key in found else one
    return EventList(found.values(), with_flops=with_flops)


def _columns(
    rows: Sequence[FunctionEventAvg], whole: float, with_flops: bool, unit: str | None,
    widths: tuple[int, int, int],
) -> dict[str, list[str]]:
    def share(part: float) -> str:
        return f"{100 * part / whole:.2f}%" if whole else "0.00%"

    found = {
        "Name": [_cut(r.key, widths[0]) for r in rows],
        "Self CPU %": [share(r.self_cpu_time_total) for r in rows],
        "Self CPU": [_time(r.self_cpu_time_total, unit) for r in rows],
        "CPU total %": [share(r.cpu_time_total) for r in rows],
        "CPU total": [_time(r.cpu_time_total, unit) for r in rows],
        "CPU time avg": [_time(r.cpu_time, unit) for r in rows],
        "# of Calls": [str(r.count) for r in rows],
    }
    if any(r.input_shapes for r in rows):
        found["Input Shapes"] = [_cut(r.input_shapes, widths[1]) for r in rows]
    if any(r.stack for r in rows):
        found["Source Location"] = [_cut("; ".join(r.stack), widths[2]) for r in rows]
    if with_flops:
        found["Total MFLOPs"] = [f"{r.flops / 1e6:.3f}" if r.flops else "--" for r in rows]
    return found


def _drawn(columns: dict[str, list[str]], header: str | None) -> str:
    widths = [max(map(len, (title, *cells))) for title, cells in columns.items()]
    line = "  ".join("-" * width for width in widths)
    rows = [list(columns), *zip(*columns.values(), strict=True)]
    texts = ["  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([*([header] if header else []), line, texts[0], line, *texts[1:], line])


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


_UNITS = {"s": 1e6, "ms": 1e3, "us": 1.0}


def _time(microseconds: float, unit: str | None = None) -> str:
    fitting = "s" if microseconds >= 1e6 else "ms" if microseconds >= 1e3 else "us"
    unit = unit or fitting
    return f"{microseconds / _UNITS[unit]:.3f}{unit}"


__getattr__ = absent(__name__)

"""A profile as a table: for a terminal with colours, or as text."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pentad.runtime.profiling.peaks import Peaks
    from pentad.runtime.profiling.profile import Row, profile

_WIDEST = 10_000
_NAME = 44
_GOOD, _POOR = 0.5, 0.1


def text(prof: profile, sort_by: str, limit: int | None) -> str:
    """The table as text, each line as long as it has to be."""
    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=_WIDEST, color_system=None).print(rich_table(prof, sort_by, limit))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def rich_table(prof: profile, sort_by: str = "total", limit: int | None = 30) -> Any:
    """The table for `rich`."""
    from rich import box
    from rich.table import Table

    from pentad.runtime.profiling.profile import sort_key

    rows = sorted(prof.rows, key=sort_key(sort_by))
    shown = rows if limit is None else rows[:limit]
    found = Table(box=box.SIMPLE_HEAD, title=_title(prof), title_justify="left", pad_edge=False)
    for heading in ("kind", "what", "size", "line"):
        found.add_column(heading, no_wrap=heading != "what", overflow="fold")
    for heading in ("calls", "total", "share", "mean", "GFLOP/s", "of peak", "GB/s", "of peak"):
        found.add_column(heading, justify="right", no_wrap=True)
    limits = prof.peaks
    for row in shown:
        found.add_row(*_cells(row, prof.seconds, limits), style=_style(row, limits))
    left = rows[len(shown):]
    if left:
        found.add_row(*_rest(f"{len(left)} more rows", left, prof.seconds), style="dim")
    outside = prof.outside
    share = _percent(outside, prof.seconds)
    found.add_row("", "outside of all this (Python)", "", "", "", _time(outside), share,
                  style="dim")
    return found


def _title(prof: profile) -> str:
    limits = prof.peaks
    threads = "1 thread" if limits.threads == 1 else f"{limits.threads} threads"
    title = (
        f"{_time(prof.seconds)} on {threads}; peaks of this machine: "
        f"{limits.float32 / 1e9:.0f} GFLOP/s in float32, {limits.float64 / 1e9:.0f} in float64, "
        f"{limits.memory / 1e9:.1f} GB/s from and to memory"
    )
    return f"{title}; {prof.lost} events found no room" if prof.lost else title


def _cells(row: Row, whole: float, limits: Peaks) -> Sequence[str]:
    speed = limits.float64 if row.double else limits.float32
    name = row.name if len(row.name) <= _NAME else row.name[: _NAME - 3] + "..."
    return (
        row.kind, name, row.size, _line(row.source), str(row.calls), _time(row.seconds),
        _percent(row.seconds, whole), _time(row.mean),
        _rate(row.gflops), _percent(row.gflops * 1e9, speed) if row.flops else "",
        _rate(row.gbytes), _percent(row.gbytes * 1e9, limits.memory) if row.bytes else "",
    )  # fmt: skip


def _rest(what: str, rows: Sequence[Row], whole: float) -> Sequence[str]:
    seconds = sum(row.seconds for row in rows)
    calls = str(sum(row.calls for row in rows))
    return "", what, "", "", calls, _time(seconds), _percent(seconds, whole)


def _style(row: Row, limits: Peaks) -> str:
    """Green for kernels near one of the limits, yellow for those far from both."""
    if not (row.flops or row.bytes):
        return "cyan"
    speed = limits.float64 if row.double else limits.float32
    near = max(row.gflops * 1e9 / speed, row.gbytes * 1e9 / limits.memory)
    return "green" if near >= _GOOD else "yellow" if near < _POOR else ""


def _line(source: str | None) -> str:
    """The file's name and line, without its folder."""
    return os.path.basename(source) if source else ""


def _rate(value: float) -> str:
    return f"{value:.3g}" if 0 < value < 100 else f"{value:.0f}" if value else ""


def _percent(part: float, whole: float) -> str:
    if not whole:
        return ""
    share = 100 * part / whole
    return f"{share:.0f}%" if share >= 9.95 else f"{share:.1f}%"


def _time(seconds: float) -> str:
    """Three digits and a unit."""
    units = (("s", 1.0), ("ms", 1e3), ("us", 1e6))
    unit, scale = next((u for u in units if seconds * u[1] >= 0.9995), units[-1])
    value = seconds * scale
    return f"{value:.0f} {unit}" if value >= 99.95 else f"{value:.3g} {unit}"

"""Records as tables for people and as a JSON file for programs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import means, older
from bench.peers import PEERS, REFERENCE

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

Record = dict[str, Any]
FAMILIES = (*dict.fromkeys(p.family for p in PEERS), *older.PYTHONS)
_OWN = "pentad"


def show(console: Console, report: Mapping[str, Any]) -> None:
    """Print the machine, a table for each group and number of threads, and what was left out."""
    console.print(heading(report), soft_wrap=True)
    records: list[Record] = report["workloads"]
    averages = {(m["group"], m["threads"]): m for m in report["means"]}
    for group, threads in dict.fromkeys((r["group"], r["threads"]) for r in records):
        rows = [r for r in records if (r["group"], r["threads"]) == (group, threads)]
        console.print(table(f"{group}, {threads_text(threads)}", rows))
        if mean := averages.get((group, threads)):
            console.print(means.sentence(mean), soft_wrap=True)
        for line in left_out(rows):
            console.print(line, style="dim", soft_wrap=True)
    if report["startup"]:
        console.print(startup_table(report["startup"]))
        for line in left_out(report["startup"]):
            console.print(line, style="dim", soft_wrap=True)


def heading(report: Mapping[str, Any]) -> str:
    machine, settings = report["machine"], report["settings"]
    versions = ", ".join(f"{k} {v or 'missing'}" for k, v in machine["versions"].items())
    return (
        f"{machine['processor']} ({machine['llvm_name']}), {machine['processors']} processors, "
        f"{machine['system']}\n{versions}\n"
        f"{settings['rounds']} interleaved rounds of {settings['block']:g} s each, fewer of slow "
        f"steps; medians; (2.0x) = takes twice Pentad's time"
    )


def threads_text(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def table(title: str, records: Sequence[Record]) -> Table:
    """One line for each workload, one column for each family of peers that took part."""
    return _grid(title, *cells(records))


def cells(records: Sequence[Record]) -> tuple[list[str], list[list[str]]]:
    """The headings of a table of workloads (the first is that of the names), and its rows."""
    families = [f for f in FAMILIES if any(_best(r, f) for r in records)]
    own = [f for f in families if f.startswith(REFERENCE)][:1]
    speed = any(r["flops"] or r["bytes"] or r.get("items") for r in records)
    peak = any(means.share_of_peak(r) is not None for r in records)
    headings = ["", *own, *(["min"] if own else []), *(["speed"] if speed and own else [])]
    headings += [*(["of peak"] if peak and own else []), *(f for f in families if f not in own)]
    rows = []
    for record in records:
        first = _own_cells(record, own, speed, peak) if own else []
        others = [_cell(record, f) for f in families if f not in own]
        rows.append([record["name"], *first, *others])
    return headings, rows


def _grid(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    from rich import box
    from rich.table import Table as Grid

    grid = Grid(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    grid.add_column(headings[0])
    for heading in headings[1:]:
        grid.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        grid.add_row(*row)
    return grid


def _own_cells(record: Record, own: Sequence[str], speed: bool, peak: bool) -> list[str]:
    mine = _best(record, own[0])
    if mine is None:
        return ["-"] * (2 + speed + peak)
    cells = [duration(mine["median_us"]), duration(mine["min_us"])]
    if speed:
        cells.append(_speed(record, mine["min_us"]))
    if peak:
        share = means.share_of_peak(record)
        cells.append("" if share is None else f"{share:.0%}")
    return cells


def _speed(record: Record, microseconds: float) -> str:
    if record["flops"]:
        return f"{record['flops'] / microseconds / 1e3:.0f} GF/s"
    if items := record.get("items"):
        return f"{items / microseconds * 1e6:,.0f} /s"
    return f"{record['bytes'] / microseconds / 1e3:.0f} GB/s" if record["bytes"] else ""


def _best(record: Record, family: str) -> Record | None:
    """The fastest setting of a family; of the reference, its only one."""
    found = [m for m in record["measurements"] if m["family"] == family]
    return min(found, key=lambda m: m["median_us"], default=None)


def _cell(record: Record, family: str) -> str:
    best = _best(record, family)
    if best is None:
        return "-"
    text = duration(best["median_us"])
    if best["ratio"] is not None:
        text += f" ({best['ratio']:.2f}x)"
    mode = best["peer"].partition(", ")[2]
    return f"{text} {mode}" if mode else text


def duration(microseconds: float) -> str:
    """Three digits and a unit."""
    for limit, unit, scale in ((1e3, "us", 1.0), (1e6, "ms", 1e3)):
        if microseconds < limit * 0.9995:
            return f"{_digits(microseconds / scale)} {unit}"
    return f"{_digits(microseconds / 1e6)} s"


def _digits(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def left_out(records: Iterable[Record]) -> list[str]:
    """A line for each peer and reason, with the workloads it concerns unless it is all."""
    places: dict[tuple[str, str], list[str]] = {}
    records = list(records)
    for record in records:
        for peer, why in record["left_out"].items():
            places.setdefault((peer, why), []).append(record["name"])
    lines = []
    for (peer, why), names in places.items():
        where = "" if len(names) == len(records) else f" in {', '.join(names)}"
        lines.append(f"left out: {peer}{where}: {why}")
    return lines


def startup_table(records: Sequence[Record]) -> Table:
    """Import, compile, memory and size: one line for each, one column for each peer."""
    return _grid("beside the steps", *startup_cells(records))


def startup_cells(records: Sequence[Record]) -> tuple[list[str], list[list[str]]]:
    """The headings and rows of the table of what is paid beside the steps."""
    peers = list(dict.fromkeys(v["peer"] for r in records for v in r["values"]))
    rows = []
    for record in records:
        values = {v["peer"]: v for v in record["values"]}
        own = values.get(_OWN)
        rows.append([record["name"], *(_value(values.get(p), own) for p in peers)])
    return ["", *peers], rows


def _value(value: Record | None, own: Record | None) -> str:
    if value is None:
        return "-"
    seconds = value["unit"] == "s"
    text = duration(value["median"] * 1e6) if seconds else f"{value['median']:.0f} {value['unit']}"
    if own is None or own is value:
        return text
    return f"{text} ({value['median'] / own['median']:.1f}x)"


def save(report: Mapping[str, Any], path: Path) -> None:
    """Write the report as JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + f".{os.getpid()}.part")
    part.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    part.replace(path)

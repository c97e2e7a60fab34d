"""docs/performance.md out of results: `python -m bench.page RESULT.json [RANDOM.json ...]`.

What stands below the page's line OWN_WORDS is written by hand, and kept. With --add the tables of
RESULT, of a later run of some groups, take the places of those on the page.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from bench import means
from bench.report import cells, heading, left_out, startup_cells, threads_text
from bench.runner import ROOT

PAGE = ROOT / "docs" / "performance.md"
OWN_WORDS = "## What is behind, and why"
_AFTER = ("## Beside the steps", "## Random shapes", OWN_WORDS)
"""What stands below the tables of groups."""
WORST = 12
"""Random shapes that are shown."""

Report = Mapping[str, Any]


def page(report: Report, random: Sequence[Report], own_words: str) -> str:
    """The page's text: results of the usual workloads, of random shapes, what is behind."""
    return "\n".join([*_top(report), *_groups(report), *_beside(report), *_random(random)]) + (
        f"\n{OWN_WORDS}\n{own_words}"
    )


def _top(report: Report) -> Iterator[str]:
    settings = report["settings"]
    yield "# How fast is it?\n"
    yield (
        "Pentad beside other frameworks, each in its fastest setting, measured in turns in one\n"
        "run. Written by `python -m bench.page` from the file that `make bench` leaves; only the\n"
        "last section is written by hand. Compare figures of one run only: the machine is a\n"
        "shared one, and its speed varies.\n"
    )
    yield "```text"
    yield heading(report)
    yield f"threads: {', '.join(map(str, settings['threads']))}; taken on {report['started'][:10]}"
    yield "```\n"
    yield (
        "**(2.0x)**: takes twice Pentad's time, the median of the rounds' ratios. **min**: the\n"
        "shortest round. **of peak**: the least time that its multiply-adds and bytes take as a\n"
        "share of that, at the rates that the same threads reached in between: of fused\n"
        "multiply-adds in registers, and of a = b + c * c on large arrays. Words behind a ratio:\n"
        "the fastest setting of that framework.\n"
    )
    yield (
        "| table | threads | against the fastest peer of each row, geometric mean | worst row | "
        "of peak, mean |"
    )
    yield "|---|---|---|---|---|"
    yield from map(_summary, report["means"])
    yield ""


def _summary(mean: Mapping[str, Any]) -> str:
    return (
        f"| {mean['group']} | {mean['threads']} | **{mean['geometric_mean']:.2f}x** "
        f"({mean['rows']} rows) | {mean['worst_ratio']:.2f}x {_escaped(mean['worst'])} | "
        f"{_percent(mean['share_of_peak'])} |"
    )


def _groups(report: Report, note: str = "") -> Iterator[str]:
    records = report["workloads"]
    for group, threads in dict.fromkeys((r["group"], r["threads"]) for r in records):
        rows = [r for r in records if (r["group"], r["threads"]) == (group, threads)]
        yield f"## {group[:1].upper() + group[1:]}, {threads_text(threads)}\n"
        if note:
            yield note
        yield from _table(*cells(rows))
        yield from _missing(rows)


def added(text: str, report: Report) -> str:
    """The page with the tables of a later run of some groups, which say when they were taken."""
    note = (f"From a run of its own on {report['started'][:10]}, "
            f"{report['settings']['rounds']} rounds.\n")
    parts = re.split(r"(?m)^(?=## )", text)
    new = re.split(r"(?m)^(?=## )", "\n".join(_groups(report, note)) + "\n")[1:]
    places = {_title(part): i for i, part in enumerate(parts)}
    after = [part for part in new if _title(part) not in places]
    for part in new:
        if (place := places.get(_title(part))) is not None:
            parts[place] = part
    following = next(i for i, part in enumerate(parts) if _title(part) in _AFTER)
    parts[following:following] = after
    for mean in report["means"]:
        parts[0] = _with_summary(parts[0], mean)
    return "".join(parts)


def _title(part: str) -> str:
    return part.partition("\n")[0]


def _with_summary(top: str, mean: Mapping[str, Any]) -> str:
    """The page's top with a row of the first table in the place of the old one, or at the end."""
    begin = f"| {mean['group']} | {mean['threads']} |"
    lines = top.rstrip("\n").split("\n")
    at = next((i for i, line in enumerate(lines) if line.startswith(begin)), None)
    if at is None:
        lines.append(_summary(mean))
    else:
        lines[at] = _summary(mean)
    return "\n".join(lines) + "\n\n"


def _beside(report: Report) -> Iterator[str]:
    if report["startup"]:
        yield "## Beside the steps\n"
        yield from _table(*startup_cells(report["startup"]))
        yield from _missing(report["startup"])


def _random(reports: Sequence[Report]) -> Iterator[str]:
    """The worst ratios of workloads whose sizes were drawn."""
    found = [
        (best["ratio"], best["peer"], record, report["settings"]["random_shapes"])
        for report in reports for record in report["workloads"]
        if (best := means.fastest(record))
    ]  # fmt: skip
    if not found:
        return
    mean = means.geometric(ratio for ratio, *_ in found)
    seeds = ", ".join(str(r["settings"]["random_shapes"]) for r in reports)
    yield "## Random shapes\n"
    yield (
        f"`python -m bench --random-shapes SEED`, seeds {seeds}: {len(found)} rows, geometric mean "
        f"{mean:.2f}x\nagainst the fastest peer of each; the worst:\n"
    )
    yield "| workload | threads | fastest peer | ratio | seed |"
    yield "|---|---|---|---|---|"
    for ratio, peer, record, seed in sorted(found, key=lambda row: row[0])[:WORST]:
        yield (
            f"| {_escaped(record['name'])} | {record['threads']} | {peer} | {ratio:.2f}x | {seed} |"
        )
    yield ""


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield f"|---{'|---:' * (len(headings) - 1)}|"
    for row in rows:
        yield f"| {' | '.join(map(_escaped, row))} |"
    yield ""


def _missing(records: Sequence[dict[str, Any]]) -> Iterator[str]:
    lines = left_out(records)
    yield from (f"* {_escaped(line)}" for line in lines)
    if lines:
        yield ""


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


@click.command()
@click.argument("result", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("random", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--add", is_flag=True, help="Keep what RESULT has not measured.")
def main(result: Path, random: tuple[Path, ...], add: bool) -> None:
    """Write docs/performance.md from a RESULT of the bench, and results of random shapes."""
    old = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if add and OWN_WORDS not in old:
        raise click.UsageError(f"there is no page to add to: {PAGE}")
    if add:
        text = added(old, _read(result))
    else:
        own_words = old.partition(f"{OWN_WORDS}\n")[2]
        text = page(_read(result), [_read(path) for path in random], own_words)
    part = PAGE.with_name(f"{PAGE.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(PAGE)


def _read(path: Path) -> Report:
    found: Report = json.loads(path.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    main()

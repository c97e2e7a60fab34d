"""How far ahead, in one number for each table: geometric means against the fastest peers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from bench.peers import REFERENCE

Record = Mapping[str, Any]


def fastest(record: Record) -> Mapping[str, Any] | None:
    """The measurement of the fastest peer, all settings of all frameworks but Pentad counted."""
    peers = [
        m for m in record["measurements"]
        if not m["family"].startswith(REFERENCE) and m["ratio"] is not None
    ]  # fmt: skip
    return min(peers, key=lambda m: m["ratio"], default=None)


def share_of_peak(record: Record) -> float | None:
    """The least time that the machine's limits allow, as they were seen between the rounds, as a
    share of Pentad's best time; None if that was not measured."""
    own = next((m for m in record["measurements"] if m["family"].startswith(REFERENCE)), None)
    pairs = (record["flops"], record["peak_gflops"]), (record["bytes"], record["peak_gbytes"])
    least = [amount / peak / 1e3 for amount, peak in pairs if amount and peak]
    return max(least) / own["min_us"] if own and least else None


def geometric(ratios: Iterable[float]) -> float:
    """The geometric mean; ValueError without a number."""
    logarithms = [math.log(r) for r in ratios]
    if not logarithms:
        raise ValueError("the mean of no numbers")
    return math.exp(math.fsum(logarithms) / len(logarithms))


def means(records: Sequence[Record]) -> list[dict[str, Any]]:
    """For each group and number of threads the geometric mean of the rows' ratios, and the worst.

    Rows in which Pentad or all peers are missing do not count; `missing` names them. The mean share
    of the peak is that of the rows that have one.
    """
    found = []
    for group, threads in dict.fromkeys((r["group"], r["threads"]) for r in records):
        rows = [r for r in records if (r["group"], r["threads"]) == (group, threads)]
        ratios = {r["name"]: best["ratio"] for r in rows if (best := fastest(r))}
        if not ratios:
            continue
        worst = min(ratios, key=lambda name: ratios[name])
        shares = [share for r in rows if (share := share_of_peak(r)) is not None]
        found.append({
            "group": group,
            "threads": threads,
            "rows": len(ratios),
            "geometric_mean": geometric(ratios.values()),
            "worst": worst,
            "worst_ratio": ratios[worst],
            "missing": [r["name"] for r in rows if r["name"] not in ratios],
            "share_of_peak": fmean(shares) if shares else None,
        })
    return found


def sentence(mean: Mapping[str, Any]) -> str:
    """A mean in words."""
    text = (
        f"geometric mean against the fastest peer of each row: {mean['geometric_mean']:.2f}x "
        f"({mean['rows']} rows; the worst {mean['worst_ratio']:.2f}x, {mean['worst']})"
    )
    if mean["share_of_peak"]:
        text += f"; {mean['share_of_peak']:.0%} of the peak on average"
    return f"{text}; without {', '.join(mean['missing'])}" if mean["missing"] else text

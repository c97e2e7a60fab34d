"""plot: the curves of a training, one panel for each quantity."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.pictures.canvas import Circle, Line, Picture, Rectangle, Text
from pentad.pictures.letters import text_width
from pentad.pictures.ticks import label, ticks, whole_ticks

INK, MUTED, GRID, AXIS = "#1f2937", "#6b7280", "#e8eaee", "#9ca3af"
COLOURS = ("#2563eb", "#ea580c", "#0d9488", "#9333ea", "#ca8a04", "#db2777", "#475569")
_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 380.0, 250.0, 58.0, 44.0, 20.0, 40.0
_MARGIN, _TITLE = 16.0, 34.0
_LARGER_IS_BETTER = ("accuracy", "precision", "recall", "f1", "auc", "r2", "score")
_SKIPPED = ("epoch", "seconds")
_MARKED = 30  # with so many epochs or fewer, each is a dot


@dataclass(frozen=True)
class Curve:
    """A column of a run's records: its places, its name in the legend, how it is drawn."""

    name: str
    points: tuple[tuple[float, float], ...]
    colour: str
    dash: tuple[float, float] | None = None
    judged: bool = False


def plot(
    history: Any, path: str | os.PathLike[str] | None = None, *,
    quantities: Sequence[str] | None = None, title: str = "",
) -> Picture:
    """The curves of a History: for each quantity training and validation, the best epoch marked.

    history: what `train.fit` gave, its records, or {name: history} of several runs to compare.
    quantities: which of "loss", "accuracy", ...; all that are numbers unless said. path: a .svg or
    .png file to write (PNG needs Pillow). Returns the Picture.
    Raises ArgumentError for a history without an epoch, or a quantity that it does not have.
    """
    runs = _runs(history)
    found = _quantities(runs)
    names = found if quantities is None else list(quantities)
    absent = [name for name in names if name not in found]
    if absent or not names:
        raise ArgumentError(
            message("plot: nothing to plot" if not names else f"plot: no {', '.join(absent)}",
                    expected=", ".join(found) or "a history of at least one epoch",
                    got=", ".join(names) or "a history without one")
        )
    columns = 1 if len(names) == 1 else 2 if len(names) in (2, 4) else 3
    rows = math.ceil(len(names) / columns)
    above = _TITLE * (bool(title) + (len(runs) > 1))
    picture = Picture(2 * _MARGIN + columns * _WIDTH, 2 * _MARGIN + rows * _HEIGHT + above,
                      title or "the course of a training")
    if title:
        picture.add(Text(_MARGIN + 8, _MARGIN + 20, title, 17, INK, bold=True))
    if len(runs) > 1:
        _names_of_runs(picture, _MARGIN + above - 14, list(runs))
    for i, name in enumerate(names):
        x, y = _MARGIN + i % columns * _WIDTH, _MARGIN + above + i // columns * _HEIGHT
        _panel(picture, x, y, name, _curves(runs, name))
    if path is not None:
        picture.save(path)
    return picture


# -- what is plotted ---------------------------------------------------------------------------


def _runs(history: Any) -> dict[str, list[dict[str, Any]]]:
    """{name: records}; one run has no name."""
    if isinstance(history, Mapping):
        return {str(name): list(h) for name, h in history.items()}
    return {"": list(history)}


def _quantities(runs: Mapping[str, list[dict[str, Any]]]) -> list[str]:
    """The quantities in the records, validation aside; a rate only if it changes."""
    names = dict.fromkeys(
        key.removeprefix("val_") for records in runs.values() for record in records
        for key, value in record.items() if key not in _SKIPPED and _is_number(value)
    )
    rates = {r["lr"] for records in runs.values() for r in records if "lr" in r}
    return [name for name in names if name != "lr" or len(rates) > 1]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _curves(runs: Mapping[str, list[dict[str, Any]]], name: str) -> list[Curve]:
    found = []
    for i, records in enumerate(runs.values()):
        columns = {key: _points(records, key) for key in (name, f"val_{name}")}
        validated = bool(columns[f"val_{name}"])
        for key, points in columns.items():
            if not points:
                continue
            is_train = key == name
            kind = "" if name == "lr" else "training" if is_train else "validation"
            many = len(runs) > 1
            found.append(Curve(
                kind if not many or i == 0 else "", points,
                COLOURS[(i if many else int(not is_train)) % len(COLOURS)],
                (1.5, 3.5) if many and is_train and validated else None,
                judged=name != "lr" and is_train is not validated,
            ))
    return found


def _points(records: list[dict[str, Any]], key: str) -> tuple[tuple[float, float], ...]:
    return tuple(
        (float(record.get("epoch", i + 1)), float(record[key]))
        for i, record in enumerate(records) if _is_number(record.get(key))
    )


def _names_of_runs(picture: Picture, y: float, runs: list[str]) -> None:
    """Which colour is which run."""
    x = _MARGIN + 8
    for i, run in enumerate(runs):
        picture.add(Circle(x + 4, y - 4, 4.5, COLOURS[i % len(COLOURS)]),
                    Text(x + 14, y, run, 12, INK))
        x += text_width(run, 12) + 36


# -- a panel -----------------------------------------------------------------------------------


class _Axes:
    """The plane of a panel: from epochs and values to places."""

    def __init__(self, x: float, y: float, curves: Sequence[Curve]) -> None:
        self.left, self.right = x + _LEFT, x + _WIDTH - _RIGHT
        self.top, self.bottom = y + _TOP, y + _HEIGHT - _BOTTOM
        places = [p for c in curves for p in c.points if math.isfinite(p[1])]
        epochs = [int(c[0]) for curve in curves for c in curve.points]
        values = [v for _, v in places] or [0.0]
        self.first, self.last = min(epochs), max(epochs)
        self.levels = ticks(min(values), max(values))

    def place(self, epoch: float, value: float) -> tuple[float, float]:
        """Where a point is."""
        across = (epoch - self.first) / (self.last - self.first) if self.last > self.first else 0.5
        low, high = self.levels[0], self.levels[-1]
        up = (value - low) / (high - low)
        return (self.left + across * (self.right - self.left),
                self.bottom - up * (self.bottom - self.top))


def _panel(picture: Picture, x: float, y: float, name: str, curves: list[Curve]) -> None:
    axes = _Axes(x, y, curves)
    heading = "learning rate" if name == "lr" else name.replace("_", " ")
    picture.add(Text(axes.left, y + 24, heading, 14, INK, bold=True))
    _legend(picture, axes, y + 24, text_width(heading, 14, True), curves)
    _grid(picture, axes)
    for curve in curves:
        _draw_curve(picture, axes, curve)
    judged = [c for c in curves if c.judged and len(c.points) > 1]
    for i, curve in enumerate(judged):
        _mark_best(picture, axes, name, curve, i)


def _legend(
    picture: Picture, axes: _Axes, y: float, heading: float, curves: list[Curve]
) -> None:
    """The names of the curves, at the right of the heading as far as there is room."""
    at = axes.right
    for curve in reversed(curves):
        if not curve.name:
            continue
        wide = text_width(curve.name, 11)
        if at - wide - 22 < axes.left + heading + 12:
            return
        picture.add(Text(at, y, curve.name, 11, MUTED, "end"))
        end = at - wide - 6
        picture.add(Line(((end - 15, y - 4), (end, y - 4)), curve.colour, 2.2, curve.dash))
        at = end - 29


def _grid(picture: Picture, axes: _Axes) -> None:
    step = axes.levels[1] - axes.levels[0]
    for level in axes.levels:
        _, y = axes.place(axes.first, level)
        picture.add(Line(((axes.left, y), (axes.right, y)), GRID, 1.0))
        picture.add(Text(axes.left - 8, y + 3.8, label(level, step), 11, MUTED, "end"))
    picture.add(Line(((axes.left, axes.bottom), (axes.right, axes.bottom)), AXIS, 1.0))
    for epoch in whole_ticks(axes.first, axes.last):
        x, _ = axes.place(epoch, axes.levels[0])
        picture.add(Line(((x, axes.bottom), (x, axes.bottom + 4)), AXIS, 1.0))
        picture.add(Text(x, axes.bottom + 17, str(epoch), 11, MUTED, "middle"))
    middle = (axes.left + axes.right) / 2
    picture.add(Text(middle, axes.bottom + 33, "epoch", 11, MUTED, "middle"))


def _draw_curve(picture: Picture, axes: _Axes, curve: Curve) -> None:
    """The curve, in pieces where a value is no finite number."""
    piece: list[tuple[float, float]] = []
    for epoch, value in (*curve.points, (0.0, math.nan)):
        if math.isfinite(value):
            piece.append(axes.place(epoch, value))
            continue
        if len(piece) > 1:
            picture.add(Line(tuple(piece), curve.colour, 2.0, curve.dash))
        if len(curve.points) <= _MARKED and curve.dash is None:
            picture.add(*(Circle(px, py, 2.6, curve.colour) for px, py in piece))
        piece = []


def _mark_best(
    picture: Picture, axes: _Axes, name: str, curve: Curve, number: int
) -> None:
    """A ring around the best epoch, with its value in words where curves of its kind are not: at
    the top if smaller is better, else at the bottom."""
    finite = [p for p in curve.points if math.isfinite(p[1])]
    if not finite:
        return
    larger = any(word in name for word in _LARGER_IS_BETTER)
    epoch, value = (max if larger else min)(finite, key=lambda p: p[1])
    x, y = axes.place(epoch, value)
    picture.add(Line(((x, axes.top), (x, axes.bottom)), curve.colour, 1.0, (2.0, 4.0)))
    picture.add(Circle(x, y, 5.0, "#ffffff", curve.colour, 2.2))
    words = f"best {value:.4g}, epoch {epoch:.0f}"
    wide = text_width(words, 11, True) + 16
    left = x + 6 if x + wide < axes.right else x - wide + 4
    down = axes.bottom - 22 - 18 * number if larger else axes.top + 6 + 18 * number
    picture.add(Rectangle(left - 3, down - 2, wide - 6, 17, "#ffffff"),
                Text(left, down + 11, words, 11, curve.colour, bold=True))

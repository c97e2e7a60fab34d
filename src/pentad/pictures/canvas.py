"""Picture: shapes in the plane, written as SVG, or as PNG through Pillow."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from pentad.graph.errors import ArgumentError, message
from pentad.tensor.serialize import write_atomically

Point = tuple[float, float]
FONT = "Helvetica Neue, Helvetica, Arial, sans-serif"


@dataclass(frozen=True)
class Rectangle:
    """A rectangle with rounded corners."""

    x: float
    y: float
    width: float
    height: float
    fill: str | None = None
    stroke: str | None = None
    line: float = 1.0
    radius: float = 0.0


@dataclass(frozen=True)
class Line:
    """A line through points; smooth: with vertical (or horizontal) tangents at them; arrow: at its
    end."""

    points: tuple[Point, ...]
    stroke: str
    line: float = 1.0
    dash: tuple[float, float] | None = None
    smooth: str = ""
    arrow: bool = False


@dataclass(frozen=True)
class Circle:
    """A circle."""

    x: float
    y: float
    radius: float
    fill: str
    stroke: str | None = None
    line: float = 1.0


@dataclass(frozen=True)
class Text:
    """A line of text whose baseline begins ("start"), has its middle or ends at a place."""

    x: float
    y: float
    text: str
    size: float
    fill: str
    anchor: str = "start"
    bold: bool = False


@dataclass(frozen=True)
class Polygon:
    """A filled polygon."""

    points: tuple[Point, ...]
    fill: str


class Picture:
    """Shapes in the order in which they are painted.

    save("a.svg") and save("a.png") write files; svg() gives the text. Notebooks show it.
    """

    def __init__(self, width: float, height: float, title: str, background: str = "#ffffff"):
        self.width, self.height, self.title = width, height, title
        self.background = background
        self.shapes: list[Any] = []

    def add(self, *shapes: Any) -> None:
        """Paint shapes over what there is."""
        self.shapes += shapes

    def svg(self) -> str:
        """The picture as an SVG document."""
        width, height = _number(self.width), _number(self.height)
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" font-family="{FONT}" role="img">',
            f"<title>{escape(self.title)}</title>",
            f'<rect width="100%" height="100%" fill="{self.background}"/>',
            *(_WRITERS[type(s)](s) for s in self.shapes),
            "</svg>",
        ]
        return "\n".join(lines) + "\n"

    def png(self, scale: float = 2.0) -> bytes:
        """The picture as PNG, `scale` pixels for each unit. MissingExtra without Pillow."""
        from pentad.pictures.raster import render

        return render(self, scale)

    def save(self, path: str | os.PathLike[str], scale: float = 2.0) -> None:
        """Write a .svg or .png file; ArgumentError for other names, ResourceError if it cannot be
        written."""
        file = Path(path)
        if file.suffix == ".svg":
            content = self.svg().encode()
        elif file.suffix == ".png":
            content = self.png(scale)
        else:
            raise ArgumentError(message("a picture's file", expected="a name that ends with .svg "
                                        "or .png", got=repr(os.fspath(path))))
        write_atomically(file, content)

    def _repr_svg_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        return f"<Picture {self.title!r}, {self.width:.0f} x {self.height:.0f}>"


def bezier(line: Line) -> list[tuple[Point, Point, Point]]:
    """A smooth line as cubic pieces: (control, control, end) from each point to the next."""
    found = []
    for (x0, y0), (x1, y1) in zip(line.points, line.points[1:], strict=False):
        if line.smooth == "vertical":
            bend = (y1 - y0) / 2
            found.append(((x0, y0 + bend), (x1, y1 - bend), (x1, y1)))
        else:
            bend = (x1 - x0) / 2
            found.append(((x0 + bend, y0), (x1 - bend, y1), (x1, y1)))
    return found


def arrow_head(line: Line) -> Polygon:
    """The head of an arrow at the end of a line."""
    x, y = line.points[-1]
    a, b = 7.0, 3.2
    if line.smooth == "horizontal":
        return Polygon(((x, y), (x - a, y - b), (x - a, y + b)), line.stroke)
    return Polygon(((x, y), (x - b, y - a), (x + b, y - a)), line.stroke)


# -- SVG ---------------------------------------------------------------------------------------


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _places(points: Sequence[Point]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _stroke(stroke: str | None, line: float) -> str:
    return "" if stroke is None else f' stroke="{stroke}" stroke-width="{_number(line)}"'


def _rectangle(s: Rectangle) -> str:
    corner = f' rx="{_number(s.radius)}"' if s.radius else ""
    return (f'<rect x="{_number(s.x)}" y="{_number(s.y)}" width="{_number(s.width)}" '
            f'height="{_number(s.height)}"{corner} fill="{s.fill or "none"}"'
            f"{_stroke(s.stroke, s.line)}/>")


def _line(s: Line) -> str:
    x, y = s.points[0]
    if s.smooth:
        pieces = " ".join(f"C{_places(piece)}" for piece in bezier(s))
        path = f"M{_number(x)},{_number(y)} {pieces}"
    else:
        path = "M" + " L".join(f"{_number(x)},{_number(y)}" for x, y in s.points)
    dash = ""
    if s.dash is not None:
        dash = f' stroke-dasharray="{_number(s.dash[0])} {_number(s.dash[1])}"'
    text = (f'<path d="{path}" fill="none"{_stroke(s.stroke, s.line)}{dash} '
            'stroke-linejoin="round" stroke-linecap="round"/>')
    return text + ("\n" + _polygon(arrow_head(s)) if s.arrow else "")


def _polygon(s: Polygon) -> str:
    return f'<polygon points="{_places(s.points)}" fill="{s.fill}"/>'


def _circle(s: Circle) -> str:
    return (f'<circle cx="{_number(s.x)}" cy="{_number(s.y)}" r="{_number(s.radius)}" '
            f'fill="{s.fill}"{_stroke(s.stroke, s.line)}/>')


def _text(s: Text) -> str:
    anchor = "" if s.anchor == "start" else f" text-anchor={quoteattr(s.anchor)}"
    bold = ' font-weight="600"' if s.bold else ""
    return (f'<text x="{_number(s.x)}" y="{_number(s.y)}" font-size="{_number(s.size)}" '
            f'fill="{s.fill}"{anchor}{bold}>{escape(s.text)}</text>')


_WRITERS: dict[type, Any] = {
    Rectangle: _rectangle, Line: _line, Circle: _circle, Text: _text, Polygon: _polygon,
}

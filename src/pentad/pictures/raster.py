"""A Picture painted by Pillow, larger than asked for and then reduced, so that edges are smooth."""

from __future__ import annotations

import io
import math
from functools import lru_cache
from typing import Any

from pentad.graph.errors import MissingExtra, ResourceError, message
from pentad.pictures.canvas import (
    Circle,
    Line,
    Picture,
    Point,
    Polygon,
    Rectangle,
    Text,
    arrow_head,
    bezier,
)

_FINER = 3
_LARGEST = 100_000_000  # points that are painted
_STEPS = 24  # straight pieces of a cubic one


def render(picture: Picture, scale: float) -> bytes:
    """The PNG file's content. MissingExtra without Pillow, ResourceError for a picture so large
    that it would fill the memory."""
    try:
        from PIL import Image, ImageDraw
    except ImportError as error:
        raise MissingExtra(
            message("PNG pictures need Pillow", expected="pip install 'pentad[data]'",
                    got=str(error), hint="save an .svg file, which needs nothing")
        ) from error
    width, height = math.ceil(picture.width * scale), math.ceil(picture.height * scale)
    finer = _FINER if width * height * _FINER**2 <= _LARGEST else 1
    if width * height * finer**2 > _LARGEST:
        raise ResourceError(
            message("the picture is too large for PNG", expected=f"{_LARGEST:,} points at most",
                    got=f"{width} x {height}", hint="save an .svg file, or a smaller scale")
        )
    image = Image.new("RGB", (width * finer, height * finer), picture.background)
    painter = _Painter(ImageDraw.Draw(image), scale * finer)
    for shape in picture.shapes:
        painter.paint(shape)
    if finer > 1:
        image = image.resize((width, height), Image.Resampling.BOX)
    out = io.BytesIO()
    image.save(out, format="PNG", optimize=True)
    return out.getvalue()


@lru_cache(64)
def _font(size: float) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size)


class _Painter:
    """Paints shapes at a scale."""

    def __init__(self, draw: Any, scale: float) -> None:
        self.draw, self.scale = draw, scale

    def paint(self, shape: Any) -> None:
        match shape:
            case Rectangle():
                self._rectangle(shape)
            case Line():
                self._line(shape)
            case Circle():
                self._circle(shape)
            case Text():
                self._text(shape)
            case Polygon():
                self.draw.polygon(self._places(shape.points), fill=shape.fill)

    def _places(self, points: Any) -> list[Point]:
        return [(x * self.scale, y * self.scale) for x, y in points]

    def _width(self, line: float) -> int:
        return max(1, round(line * self.scale))

    def _rectangle(self, s: Rectangle) -> None:
        corners = self._places([(s.x, s.y), (s.x + s.width, s.y + s.height)])
        self.draw.rounded_rectangle(
            corners, s.radius * self.scale, fill=s.fill, outline=s.stroke,
            width=self._width(s.line) if s.stroke else 0,
        )

    def _line(self, s: Line) -> None:
        points = _flat(s) if s.smooth else list(s.points)
        for piece in _dashes(points, s.dash) if s.dash else [points]:
            self.draw.line(self._places(piece), fill=s.stroke, width=self._width(s.line),
                           joint="curve")
        if s.arrow:
            self.draw.polygon(self._places(arrow_head(s).points), fill=s.stroke)

    def _circle(self, s: Circle) -> None:
        r = s.radius
        corners = self._places([(s.x - r, s.y - r), (s.x + r, s.y + r)])
        self.draw.ellipse(corners, fill=s.fill, outline=s.stroke,
                          width=self._width(s.line) if s.stroke else 0)

    def _text(self, s: Text) -> None:
        font, (x, y) = _font(s.size * self.scale), self._places([(s.x, s.y)])[0]
        if not s.bold:
            anchor = {"start": "ls", "middle": "ms", "end": "rs"}[s.anchor]
            self.draw.text((x, y), s.text, fill=s.fill, font=font, anchor=anchor)
            return
        # The font has no bold face: letters get a rim, and the room for it.
        rim = s.size * self.scale / 34
        wide = font.getlength(s.text) + 1.6 * rim * len(s.text)
        x -= {"start": 0.0, "middle": wide / 2, "end": wide}[s.anchor]
        for i, letter in enumerate(s.text):
            at = x + font.getlength(s.text[:i]) + 1.6 * rim * i
            self.draw.text((at, y), letter, fill=s.fill, font=font, anchor="ls",
                           stroke_width=round(rim), stroke_fill=s.fill)


def _flat(s: Line) -> list[Point]:
    """A smooth line as many straight pieces."""
    (x0, y0), found = s.points[0], [s.points[0]]
    for (x1, y1), (x2, y2), (x3, y3) in bezier(s):
        for i in range(1, _STEPS + 1):
            t = i / _STEPS
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            found.append((a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3))
        x0, y0 = x3, y3
    return found


def _dashes(points: list[Point], dash: tuple[float, float]) -> list[list[Point]]:
    """The visible pieces of a dashed line."""
    found: list[list[Point]] = [[points[0]]]
    on, left = True, dash[0]
    for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
        length = math.hypot(x1 - x0, y1 - y0)
        done = 0.0
        while length - done > left:
            done += left
            place = (x0 + (x1 - x0) * done / length, y0 + (y1 - y0) * done / length)
            if on:
                found[-1].append(place)
            else:
                found.append([place])
            on = not on
            left = dash[0] if on else dash[1]
        left -= length - done
        if on:
            found[-1].append((x1, y1))
    return [piece for piece in found if len(piece) > 1]

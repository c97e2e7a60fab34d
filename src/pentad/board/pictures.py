"""Images, with boxes or without, figures and videos."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from pentad import formats
from pentad.board import summaries
from pentad.board.package import extra, proto
from pentad.board.values import Array, required

_COLUMNS = 8


def checked(values: Array, axes: str, what: str) -> str:
    """The names of the axes in capitals; ShapeError unless they are those of an image or, with an
    N, of several, and fit the array."""
    axes = axes.upper()
    expected = f"{' or '.join(_ORDERS)}, in any order"
    required("".join(sorted(axes)) in _ORDERS, f"{what}: dataformats", expected, repr(axes))
    required(values.ndim == len(axes), f"{what} does not fit dataformats {axes!r}",
             f"{len(axes)} axes", f"shape {values.shape}")
    channels = values.shape[axes.index("C")] if "C" in axes else 1
    required(channels in (1, 3, 4), f"{what}: channels", "1, 3 or 4", f"{channels}")
    required(values.size > 0, f"{what} is empty", "pixels", f"shape {values.shape}")
    return axes


_ORDERS = {"HW": "HW", "CHW": "HWC", "CHNW": "NCHW"}
"""By their sorted axes: the order that images are brought to."""


def pixels(values: Array, axes: str) -> Array:
    """Bytes (height, width, 3 or 4): bytes as they are, other numbers as colours from 0 to 1."""
    order = _ORDERS["".join(sorted(axes))]
    values = _bytes(values.transpose([axes.index(a) for a in order]))
    if order == "HW":
        values = values[..., None]
    if order == "NCHW":
        values = grid(values, min(len(values), _COLUMNS)).transpose(1, 2, 0)
    return values.repeat(3, 2) if values.shape[2] == 1 else values


def _bytes(values: Array) -> Array:
    if values.dtype == np.uint8:
        return values
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(values.astype(np.float32) * 255).clip(0, 255).astype(np.uint8)


def grid(images: Array, columns: int) -> Array:
    """Images (n, channels, height, width) side by side in rows: (channels, height, width)."""
    n, channels, height, width = images.shape
    rows = -(-n // columns)
    padded = np.zeros((rows * columns, *images.shape[1:]), images.dtype)
    padded[:n] = images
    tiles = padded.reshape(rows, columns, channels, height, width).transpose(2, 0, 3, 1, 4)
    return tiles.reshape(channels, rows * height, columns * width)


def image(tag: str, values: Array, axes: str) -> Any:
    """One image, or several in a grid, as a PNG file."""
    return _summary(tag, shown := pixels(values, axes), formats.media.png(shown))


def _summary(tag: str, shown: Array, data: bytes) -> Any:
    """An encoded image; `shown` has its sizes."""
    height, width, channels = shown.shape
    made = proto("summary").Summary.Image(height=height, width=width, colorspace=channels,
                                          encoded_image_string=data)
    return summaries.summary(tag, image=made)


# -- boxes -----------------------------------------------------------------------------------------


def pillow(what: str) -> Any:
    """Pillow's modules of images and of drawing; MissingExtra without it."""
    return extra("PIL.Image", what), extra("PIL.ImageDraw", what)


def image_with_boxes(
    tag: str, values: Array, axes: str, boxes: Array, labels: Sequence[str] | None, scale: float
) -> Any:
    """An image with red boxes (left, top, right, bottom), each with its label at the bottom."""
    images, drawing = pillow("boxes in images")
    shown = pixels(values, axes)
    picture = images.fromarray(shown)
    draw = drawing.Draw(picture)
    for i, (left, top, right, bottom) in enumerate(boxes.tolist()):
        draw.rectangle((left, top, right, bottom), outline="red", width=2)
        if labels is not None:
            place = (left + 2, bottom - 2)
            draw.rectangle(draw.textbbox(place, labels[i], anchor="lb"), fill="red")
            draw.text(place, labels[i], fill="black", anchor="lb")
    if scale != 1:
        size = (int(picture.width * scale), int(picture.height * scale))
        picture = picture.resize(size, images.Resampling.LANCZOS)
    return _summary(tag, shown, formats.media.png(np.asarray(picture)))


# -- figures ---------------------------------------------------------------------------------------


def figure_pixels(figure: Any, close: bool) -> Array:
    """What a figure of Matplotlib shows: bytes (height, width, 3)."""
    out = io.BytesIO()
    figure.savefig(out, format="rgba", dpi=figure.dpi)
    width, height = (int(n) for n in figure.bbox.size)
    if close and "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(figure)
    return np.frombuffer(out.getvalue(), np.uint8).reshape(height, width, 4)[:, :, :3]


# -- videos ----------------------------------------------------------------------------------------


def video(tag: str, values: Array, rate: float) -> Any:
    """Videos (n, time, channels, height, width) side by side, as one GIF file."""
    images, _ = pillow("videos")
    n = len(values)
    spread = 1 << (n - 1).bit_length()  # the next power of two, as torch.utils.tensorboard has it
    columns = spread // (1 << ((n.bit_length() - 1) // 2))
    frames = [grid(_bytes(frame), columns).transpose(1, 2, 0) for frame in values.swapaxes(0, 1)]
    frames = [f.repeat(3, 2) if f.shape[2] == 1 else f[..., :3] for f in frames]
    first, *rest = (images.fromarray(np.ascontiguousarray(f)) for f in frames)
    out = io.BytesIO()
    first.save(out, "GIF", save_all=True, append_images=rest, duration=1000 / rate, loop=0)
    return _summary(tag, frames[0], out.getvalue())

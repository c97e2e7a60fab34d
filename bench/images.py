"""Images in files, and a data set that reads them as people write it: for every loader the same."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

MEAN, DEVIATION = 0.45, 0.225


class Images:
    """Decodes a file, cuts a square out of the image, mirrors half of them, and normalises it.

    files: bytes as Pillow reads them. corners [N, 2]: where each image's square begins; given, not
    drawn, so that every loader does the same. lib: the library whose tensors it gives.
    """

    def __init__(
        self, files: Sequence[bytes], labels: np.ndarray, corners: np.ndarray, size: int, lib: str
    ) -> None:
        self.files, self.labels, self.size, self.lib = files, labels.tolist(), size, lib
        self.corners = corners.tolist()

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        from PIL import Image

        left, top = self.corners[index]
        picture = Image.open(io.BytesIO(self.files[index]))
        picture = picture.crop((left, top, left + self.size, top + self.size))
        if index % 2:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        pixels = np.asarray(picture)
        channels = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
        x = np.ascontiguousarray(channels, np.float32)
        x /= 255
        x -= MEAN
        x /= DEVIATION
        return import_module(self.lib).from_numpy(x), self.labels[index]


def files(
    rng: np.random.Generator, count: int, size: int, channels: int, kind: str
) -> list[bytes]:
    """Images of random waves, which files of this kind (PNG, JPEG) hold like photographs: neither
    flat nor noise."""
    from PIL import Image

    x, y = np.meshgrid(*[np.linspace(0, 2 * np.pi, size)] * 2)
    made = []
    for _ in range(count):
        a, b, c = rng.uniform(-4, 4, (3, channels))
        waves = np.sin(a * x[..., None] + b * y[..., None] + c)
        pixels = 127 + 90 * waves + rng.normal(0, 12, (size, size, channels))
        array = pixels.clip(0, 255).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(array[..., 0] if channels == 1 else array).save(file, kind)
        made.append(file.getvalue())
    return made


def packed(made: Sequence[bytes]) -> np.ndarray:
    """Files as one array, which workloads' data are: a row each, its length in the first 8 bytes,
    the rest filled up."""
    width = max(map(len, made))
    rows = (len(f).to_bytes(8, "little") + f.ljust(width, b"\0") for f in made)
    return np.stack([np.frombuffer(row, np.uint8) for row in rows])


def unpacked(rows: np.ndarray) -> list[bytes]:
    """The files of such an array."""
    whole = map(np.ndarray.tobytes, rows)
    return [row[8 : 8 + int.from_bytes(row[:8], "little")] for row in whole]

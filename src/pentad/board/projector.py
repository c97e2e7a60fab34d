"""Embeddings: the files that TensorBoard's projector reads."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

from pentad import formats
from pentad.board import pictures
from pentad.board.event_files import unwritable
from pentad.board.package import extra, part
from pentad.board.values import Array, required

_CONFIG = "projector_config.pbtxt"


class Embedding:
    """Points (n, size) with what is said of each, and a picture (n, channels, height, width) of
    each, if there is any; ShapeError unless they fit."""

    def __init__(
        self, points: Array, labels: Sequence[Any] | None, header: Sequence[str] | None,
        images: Array | None,
    ) -> None:
        n = len(points) if points.ndim else 0
        required(points.ndim == 2 and n > 0, "add_embedding: mat", "(points, size)",
                 f"shape {points.shape}")
        if labels is not None:
            required(len(labels) == n, "add_embedding: metadata", f"a label for each of {n} points",
                     f"{len(labels)}")
        if labels is not None and header:
            widths = {len(row) for row in labels}
            required(widths == {len(header)}, "add_embedding: metadata",
                     f"{len(header)} columns, as metadata_header has", f"{sorted(widths)}")
        if images is not None:
            required(images.ndim == 4 and len(images) == n and images.shape[1] in (1, 3),
                     "add_embedding: label_img", f"({n}, 3, height, width)",
                     f"shape {images.shape}")
        self.points, self.labels, self.header, self.images = points, labels, header, images

    def save(self, log_dir: str, folder: str, name: str) -> None:
        """Write the files to a folder in the log folder, and say so in its configuration.

        FormatError, and no file is written, if that is of another sort or too large.
        """
        config = _configuration(log_dir)
        place = os.path.join(log_dir, folder)
        try:
            os.makedirs(place, exist_ok=True)
        except OSError as error:
            raise unwritable(place, error) from error
        info = part("plugins.projector.projector_config_pb2").EmbeddingInfo(
            tensor_name=name, tensor_path=f"{folder}/tensors.tsv")
        _write(place, "tensors.tsv", _table(self.points.tolist()))
        if self.labels is not None:
            info.metadata_path = f"{folder}/metadata.tsv"
            rows = [self.header, *self.labels] if self.header else [[x] for x in self.labels]
            _write(place, "metadata.tsv", _table(rows))
        if self.images is not None:
            info.sprite.image_path = f"{folder}/sprite.png"
            height, width = self.images.shape[2:]
            info.sprite.single_image_dim.extend([width, height])
            _write(place, "sprite.png", _sprite(self.images))
        others = [e for e in config.embeddings if e.tensor_name != name]
        del config.embeddings[:]
        config.embeddings.extend([*others, info])
        _write(log_dir, _CONFIG, _text_format().MessageToString(config).encode())


def folder_of(step: int, tag: str) -> str:
    """Where the files of a tag lie: no tag leads out of the log folder."""
    for sign in "%/\\":
        tag = tag.replace(sign, f"%{ord(sign):02x}")
    return f"{step:05d}/{tag.replace('.', '%2e') if set(tag) <= {'.'} else tag}"


def _write(place: str, name: str, data: bytes) -> None:
    with formats.files.replacing(os.path.join(place, name)) as file:
        file.write(data)


def _table(rows: Sequence[Sequence[Any]]) -> bytes:
    """Rows with tabs between their columns; those in texts become blanks."""
    lines = ["\t".join(" ".join(str(x).split()) for x in row) for row in rows]
    return "".join(f"{line}\n" for line in lines).encode()


def _sprite(images: Array) -> bytes:
    """All images in one, in a square of them."""
    side = math.ceil(math.sqrt(len(images)))
    height, width = images.shape[2:]
    shown = pictures.pixels(pictures.grid(images, side), "CHW")
    whole = shown[:1, :1].repeat(side * height, 0).repeat(side * width, 1) * 0
    whole[:len(shown)] = shown
    return formats.media.png(whole)


def _text_format() -> Any:
    return extra("google.protobuf.text_format", "TensorBoard's files")


def _configuration(log_dir: str) -> Any:
    """The configuration of a log folder, which may be that of an earlier writer."""
    config = part("plugins.projector.projector_config_pb2").ProjectorConfig()
    path = os.path.join(log_dir, _CONFIG)
    if not os.path.exists(path):
        return config
    with formats.files.reading(path) as file:
        if (size := formats.files.length(file)) > formats.limits.PROJECTOR_BYTES:
            raise formats.files.broken(
                path, "too long for the configuration of a projector",
                f"at most {formats.limits.PROJECTOR_BYTES:,} bytes", f"{size:,}",
                "write to another log_dir, or remove the file")
        try:
            _text_format().Parse(file.read(size).decode(), config)
        except (_text_format().ParseError, UnicodeDecodeError) as error:
            raise formats.files.broken(path, "no configuration of a projector",
                                       got=str(error)) from error
    return config

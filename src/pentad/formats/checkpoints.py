"""Checkpoints by their prefix, of either version, and the `checkpoint` file beside them."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pentad.formats import files, text_format
from pentad.formats.tensorflow.checkpoint_v1 import SlicesReader, write_slices
from pentad.formats.tensorflow.checkpoint_v2 import BundleReader, write_bundle
from pentad.formats.tensorflow.graphs import CheckpointState
from pentad.graph.errors import ResourceError, message

Reader = BundleReader | SlicesReader
_PART = re.compile(r"-\d{5}-of-(\d{5})$")


def open_checkpoint(prefix: str | os.PathLike[str]) -> Reader:
    """A checkpoint for reading; ResourceError if there is none, FormatError if it is broken."""
    prefix = os.fspath(prefix)
    if os.path.exists(f"{prefix}.index"):
        return BundleReader(prefix)
    if os.path.isfile(prefix):
        return SlicesReader(prefix)
    parts = _parts(prefix)
    if parts:
        return SlicesReader(prefix, parts)
    raise ResourceError(message(
        f"Unsuccessful TensorSliceReader constructor: Failed to find any matching files for "
        f"{prefix}", expected=f"{prefix}.index, or a file of that name", got="neither",
        hint="give the path without .index, .meta or .data-00000-of-00001",
    ))


def exists(prefix: str | os.PathLike[str]) -> bool:
    """Is there a checkpoint with that prefix?"""
    prefix = os.fspath(prefix)
    return bool(os.path.exists(f"{prefix}.index") or os.path.isfile(prefix) or _parts(prefix))


def _parts(prefix: str) -> list[str]:
    found = sorted(glob.glob(f"{glob.escape(prefix)}-?????-of-?????"))
    return [p for p in found if _PART.search(p)]


def write_checkpoint(
    prefix: str | os.PathLike[str], tensors: Mapping[str, Any], version: int = 2
) -> None:
    """Write tensors (arrays by name) as a checkpoint of version 1 or 2, whole or not at all."""
    (write_slices if version == 1 else write_bundle)(prefix, tensors)


# -- the file `checkpoint` -----------------------------------------------------------------------


def read_state(path: str | os.PathLike[str]) -> CheckpointState | None:
    """What a `checkpoint` file says, with paths as seen from here; None if there is no file."""
    path = os.fspath(path)
    if not os.path.exists(path):
        return None
    with files.reading(path) as file:
        found = text_format.parse(file.read(), CheckpointState(), path)
    folder = os.path.dirname(path)
    if found.model_checkpoint_path:
        found.model_checkpoint_path = os.path.join(folder, found.model_checkpoint_path)
    paths = found.all_model_checkpoint_paths
    paths[:] = [os.path.join(folder, p) for p in paths]
    return found


def write_state(
    path: str | os.PathLike[str], latest: str, paths: Sequence[str] = (),
    timestamps: Sequence[float] = (), preserved: float | None = None, relative: bool = False,
) -> CheckpointState:
    """Write a `checkpoint` file: the latest checkpoint, and all that are kept."""
    folder = os.path.dirname(os.fspath(path))
    paths = list(paths)
    if latest not in paths:
        paths.append(latest)

    def shown(name: str) -> str:
        return os.path.relpath(name, folder or ".") if relative and os.path.isabs(name) else name

    made = CheckpointState(
        model_checkpoint_path=shown(latest), all_model_checkpoint_paths=map(shown, paths),
        all_model_checkpoint_timestamps=timestamps,
    )
    if preserved is not None:
        made.last_preserved_timestamp = preserved
    with files.replacing(path) as file:
        file.write(text_format.printed(made).encode())
    return made

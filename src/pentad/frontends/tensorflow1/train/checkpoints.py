"""Which checkpoints there are, and what is in them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

import pentad as pt
from pentad import formats
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.messages import CheckpointState
from pentad.frontends.tensorflow1.ops.saving import opened, remove_files, tensor_of
from pentad.frontends.tensorflow1.platform.file_io import path_of

_formats = formats.checkpoints


def _state_file(folder: Any, latest_filename: str | None) -> str:
    return os.path.join(path_of(folder), latest_filename or "checkpoint")


def get_checkpoint_state(checkpoint_dir: Any, latest_filename: str | None = None) -> Any:
    """What the `checkpoint` file of a folder says, None if there is none or it is broken."""
    try:
        return _formats.read_state(_state_file(checkpoint_dir, latest_filename))
    except (pt.FormatError, pt.ResourceError):
        return None


def latest_checkpoint(checkpoint_dir: Any, latest_filename: str | None = None) -> str | None:
    """The prefix of the latest checkpoint of a folder, None if there is none."""
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None or not state.model_checkpoint_path:
        return None
    return state.model_checkpoint_path if checkpoint_exists(state.model_checkpoint_path) else None


def checkpoint_exists(checkpoint_prefix: Any) -> bool:
    """Is there a checkpoint with that prefix?"""
    return _formats.exists(path_of(checkpoint_prefix))


def generate_checkpoint_state_proto(
    save_dir: Any, model_checkpoint_path: str, all_model_checkpoint_paths: Any = None,
    all_model_checkpoint_timestamps: Any = None, last_preserved_timestamp: Any = None,
) -> Any:
    """What a `checkpoint` file would say."""
    paths = list(all_model_checkpoint_paths or [])
    if model_checkpoint_path not in paths:
        paths.append(model_checkpoint_path)
    folder = path_of(save_dir)
    if not os.path.isabs(folder):
        model_checkpoint_path = os.path.relpath(model_checkpoint_path, folder)
        paths = [os.path.relpath(p, folder) for p in paths]
    return CheckpointState(
        model_checkpoint_path=model_checkpoint_path, all_model_checkpoint_paths=paths,
        all_model_checkpoint_timestamps=all_model_checkpoint_timestamps,
        last_preserved_timestamp=last_preserved_timestamp)


def update_checkpoint_state(
    save_dir: Any, model_checkpoint_path: str, all_model_checkpoint_paths: Any = None,
    latest_filename: str | None = None, all_model_checkpoint_timestamps: Any = None,
    last_preserved_timestamp: Any = None, relative: bool = False,
) -> None:
    """Write the `checkpoint` file of a folder."""
    folder = path_of(save_dir)
    paths = [model_checkpoint_path, *(all_model_checkpoint_paths or [])]
    if relative or not os.path.isabs(folder):
        paths = [os.path.relpath(p, folder or ".") for p in paths]
    _formats.write_state(
        _state_file(folder, latest_filename), paths[0], paths[1:],
        all_model_checkpoint_timestamps or (), last_preserved_timestamp)


def get_checkpoint_mtimes(checkpoint_prefixes: Sequence[Any]) -> list[float]:
    """When checkpoints were written, those that there are."""
    found = []
    for prefix in map(path_of, checkpoint_prefixes):
        name = f"{prefix}.index" if os.path.exists(f"{prefix}.index") else prefix
        if os.path.exists(name):
            found.append(os.path.getmtime(name))
    return found


def remove_checkpoint(
    checkpoint_prefix: Any, checkpoint_format_version: Any = None, meta_graph_suffix: str = "meta"
) -> None:
    """Delete a checkpoint and its graph."""
    prefix = path_of(checkpoint_prefix)
    remove_files(prefix)
    meta = f"{prefix}.{meta_graph_suffix}"
    if os.path.exists(meta):
        os.remove(meta)


def checkpoints_iterator(
    checkpoint_dir: Any, min_interval_secs: float = 0, timeout: float | None = None,
    timeout_fn: Any = None,
) -> Iterator[str]:
    """Each new checkpoint of a folder; ends when none came for so many seconds."""
    last: str | None = None
    while True:
        begun = time.monotonic()
        while (found := latest_checkpoint(checkpoint_dir)) in (None, last):
            if timeout is not None and time.monotonic() - begun > timeout:
                if timeout_fn is None or timeout_fn():
                    return
                begun = time.monotonic()
            time.sleep(0.05)
        last = found
        yield str(found)
        time.sleep(max(0.0, min_interval_secs - (time.monotonic() - begun)))


# -- reading -------------------------------------------------------------------------------------


class CheckpointReader:
    """What is in a checkpoint."""

    def __init__(self, filepattern: Any) -> None:
        self._reader = opened(path_of(filepattern))

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """The shapes by name."""
        return {n: list(e.shape) for n, e in self._reader.entries.items()}

    def get_variable_to_dtype_map(self) -> dict[str, Any]:
        """The element types by name."""
        return {n: dtypes.as_dtype(e.dtype) for n, e in self._reader.entries.items()}

    def has_tensor(self, name: Any) -> bool:
        """Is there a tensor of that name?"""
        return (name.decode() if isinstance(name, bytes) else name) in self._reader.entries

    def get_tensor(self, name: Any) -> Any:
        """A tensor; NotFoundError if there is none of that name."""
        name = name.decode() if isinstance(name, bytes) else name
        found = np.array(tensor_of(self._reader, name))
        return found if found.ndim else found[()]

    def debug_string(self) -> bytes:
        """A line for each tensor."""
        return "".join(
            f"{n} (DT_{e.dtype.upper()}) {list(e.shape)}\n"
            for n, e in self._reader.entries.items()).encode()


NewCheckpointReader = CheckpointReader


def load_checkpoint(ckpt_dir_or_file: Any) -> CheckpointReader:
    """What is in a checkpoint, or the latest of a folder; ValueError if there is none."""
    path = path_of(ckpt_dir_or_file)
    if os.path.isdir(path):
        latest = latest_checkpoint(path)
        if latest is None:
            raise pt.ArgumentError(f"Couldn't find 'checkpoint' file or checkpoints in given "
                                   f"directory {path}")
        path = latest
    return CheckpointReader(path)


def load_variable(ckpt_dir_or_file: Any, name: str) -> Any:
    """A tensor of a checkpoint."""
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name.removesuffix(":0"))


def list_variables(ckpt_dir_or_file: Any) -> list[tuple[str, list[int]]]:
    """The names and shapes of the tensors of a checkpoint."""
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


__all__ = ["CheckpointReader", "NewCheckpointReader", "errors"]

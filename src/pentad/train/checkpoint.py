"""Checkpoints: everything a training needs to go on with the same bits, in one file.

The file is a safetensors file: tensors "model/NAME", "optimizer/INDEX/NAME" and "notes/NUMBER", and
one JSON text in its metadata with all that is no tensor. It is written beside its place, synced,
and renamed, so that there is always a whole one: the old or the new.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pentad.graph.errors import FormatError, ResourceError, message
from pentad.tensor import serialize
from pentad.tensor.functions.random import Generator, default_generator
from pentad.tensor.tensor import Tensor

VERSION = 3
_MAX_HEADER = 64 << 20
_KEY = "pentad-checkpoint"
_MARK = "$tensor"


@dataclass
class Checkpoint:
    """What a checkpoint file holds.

    model: tensors by name; optimizer: a state_dict; notes: numbers, texts, tensors, lists
    and dicts of the trainer.
    """

    model: dict[str, Tensor]
    optimizer: dict[str, Any] | None = None
    notes: dict[str, Any] = field(default_factory=dict)


def save_checkpoint(path: str | os.PathLike[str], checkpoint: Checkpoint) -> None:
    """Write a checkpoint, making its folder; ResourceError, and the old file as it was, if not."""
    path = Path(path)
    tensors = {f"model/{name}": t for name, t in checkpoint.model.items()}
    notes = _without_tensors(checkpoint.notes, tensors)
    text: dict[str, Any] = {"version": VERSION, "notes": notes, "optimizer": None}
    if checkpoint.optimizer is not None:
        numbers: dict[str, dict[str, Any]] = {}
        for index, own in checkpoint.optimizer["state"].items():
            numbers[str(index)] = {k: v for k, v in own.items() if not isinstance(v, Tensor)}
            tensors.update(
                (f"optimizer/{index}/{k}", v) for k, v in own.items() if isinstance(v, Tensor)
            )
        text["optimizer"] = {
            "param_groups": checkpoint.optimizer["param_groups"], "state": numbers
        }
    make_folder(path.parent)
    serialize.save(tensors, path, metadata={_KEY: json.dumps(text)})


def _without_tensors(tree: Any, tensors: dict[str, Tensor]) -> Any:
    """The tree with a mark in place of each tensor, which is entered into `tensors`."""
    if isinstance(tree, Tensor):
        number = sum(name.startswith("notes/") for name in tensors)
        tensors[f"notes/{number}"] = tree
        return {_MARK: number}
    if isinstance(tree, Mapping):
        return {k: _without_tensors(v, tensors) for k, v in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [_without_tensors(v, tensors) for v in tree]
    return tree


def _with_tensors(tree: Any, tensors: Mapping[str, Tensor]) -> Any:
    """The tree with the tensors in place of their marks; KeyError for one that is not there."""
    if isinstance(tree, dict):
        if _MARK in tree:
            return tensors[str(tree[_MARK])]
        return {k: _with_tensors(v, tensors) for k, v in tree.items()}
    return [_with_tensors(v, tensors) for v in tree] if isinstance(tree, list) else tree


def make_folder(folder: Path) -> None:
    """Make a folder; ResourceError if that is not possible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResourceError(
            message(f"cannot make the folder {folder}", expected="a place to write to",
                    got=error.strerror or str(error), hint="name another folder")
        ) from error


def load_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a checkpoint; FormatError for a damaged or other file, ResourceError if unreadable."""
    path = Path(path)
    tensors = serialize.load(path)
    text = _text_of(path)
    if not isinstance(tensors, dict):
        tensors = {}
    model: dict[str, Tensor] = {}
    states: dict[int, dict[str, Any]] = {}
    noted: dict[str, Tensor] = {}
    try:
        for name, t in tensors.items():
            room, _, rest = name.partition("/")
            if room == "model":
                model[rest] = t
            elif room == "notes":
                noted[rest] = t
            else:
                index, _, key = rest.partition("/")
                states.setdefault(int(index), {})[key] = t
        optimizer = text["optimizer"]
        if optimizer is not None:
            for index, numbers in optimizer["state"].items():
                states.setdefault(int(index), {}).update(numbers)
            optimizer = {"param_groups": optimizer["param_groups"], "state": states}
        return Checkpoint(model, optimizer, dict(_with_tensors(text["notes"], noted)))
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise _no_checkpoint(path, f"an entry that does not fit: {error}") from error


def _text_of(path: Path) -> dict[str, Any]:
    """The JSON in the file's metadata, whose header serialize.load has found to be whole."""
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        if size > _MAX_HEADER:
            raise _no_checkpoint(path, f"a header of {size:,} bytes")
        header = json.loads(file.read(size))
    metadata = header.get("__metadata__", {})
    if _KEY not in metadata:
        raise _no_checkpoint(path, "a safetensors file without a training's state")
    try:
        text = json.loads(metadata[_KEY])
        version = text["version"]
    except (ValueError, KeyError, RecursionError, TypeError) as error:
        raise _no_checkpoint(path, f"a damaged description: {error}") from error
    if version != VERSION:
        raise FormatError(
            message(f"{path} is of another version", expected=f"version {VERSION}",
                    got=f"version {version}", hint="resume with the Pentad that wrote it")
        )
    return text  # type: ignore[no-any-return]


def _no_checkpoint(path: Path, got: str) -> FormatError:
    return FormatError(
        message(f"{path} is not a checkpoint", expected="a file that pentad.train.fit wrote",
                got=got, hint="remove it to begin anew; weights alone are read by pentad.load")
    )


# -- random streams --------------------------------------------------------------------------------


def random_state(*generators: Generator | None) -> list[list[int]]:
    """Seed and offset of the default stream and of each other generator."""
    found = [default_generator, *(g for g in generators if g is not None)]
    return [[g.seed_value, g.offset] for g in found]


def set_random_state(state: Any, *generators: Generator | None) -> None:
    """Go on from what `random_state` gave."""
    found = [default_generator, *(g for g in generators if g is not None)]
    for generator, (seed, offset) in zip(found, state, strict=True):
        generator.seed_value, generator.offset = int(seed), int(offset)


def write_json(path: Path, value: Mapping[str, Any] | list[Any]) -> None:
    """Write a JSON file in one step; ResourceError if it cannot be written."""
    make_folder(path.parent)
    serialize.write_atomically(path, (json.dumps(value, indent=2) + "\n").encode())

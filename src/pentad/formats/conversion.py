"""Weights of one format as weights of another: what `pentad convert` does."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pentad.formats import checkpoints, files, npz, torch
from pentad.formats.torch import reading
from pentad.formats.weights import TORCH_SUFFIXES
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, FormatError, message
from pentad.tensor import serialize
from pentad.tensor.functions.creation import from_numpy
from pentad.tensor.tensor import Tensor, numpy_view

TARGETS = (".safetensors", *TORCH_SUFFIXES, ".npz")
_TABLE = bytes.fromhex("57fb808b247547db")
_PARTS = (".index", ".meta")


class Row(NamedTuple):
    """What became of an entry; kept: is it in the new file?"""

    name: str
    kind: str
    shape: tuple[int, ...] | None
    nbytes: int
    kept: bool
    note: str


class Weights(NamedTuple):
    """The tensors of a file, its format, and what else it holds: (name, kind, why it is none)."""

    format: str
    tensors: dict[str, Tensor]
    others: list[tuple[str, str, str]]


def read_weights(path: str | os.PathLike[str]) -> Weights:
    """The tensors of a safetensors, .pt, .pth or .npz file or a TensorFlow checkpoint.

    The content tells which it is. Containers within containers become names with dots.
    """
    prefix = _checkpoint_prefix(os.fspath(path))
    if prefix is not None:
        return _of_checkpoint(prefix)
    if not torch.is_torch_file(path):
        return _named("safetensors", serialize.load(path))
    with files.reading(path) as file:
        packed = reading.is_zip(file.read(4))
    if packed and npz.is_npz(npz.entries(path)):
        return _named("NumPy", npz.read_npz(path))
    return _named("PyTorch", torch.load(path))


def _checkpoint_prefix(path: str) -> str | None:
    """The prefix of the TensorFlow checkpoint that a path means, if it means one."""
    for part in _PARTS:
        path = path.removesuffix(part)
    if os.path.isdir(path):
        state = checkpoints.read_state(os.path.join(path, "checkpoint"))
        if state is None or not state.model_checkpoint_path:
            raise FormatError(message(
                f"{path} is a folder without a checkpoint", expected="a file `checkpoint` in it, "
                "as TensorFlow writes", hint="name a file, or the prefix of a checkpoint"))
        return str(state.model_checkpoint_path)
    if os.path.isfile(path):
        with files.reading(path) as file:
            file.seek(max(0, files.length(file) - len(_TABLE)))
            return path if file.read() == _TABLE else None
    return path if checkpoints.exists(path) else None


def _of_checkpoint(prefix: str) -> Weights:
    reader = checkpoints.open_checkpoint(prefix)
    found = Weights("TensorFlow", {}, [])
    for name, entry in reader.entries.items():
        if not _is_tensor(entry.dtype):
            found.others.append((name, entry.dtype, "no numbers that tensors have"))
            continue
        found.tensors[name] = from_numpy(np.array(reader.tensor(name)))
    return found


def _is_tensor(dtype: Any) -> bool:
    """Do tensors have an element type of NumPy?"""
    try:
        dtypes.from_numpy(np.dtype(dtype))
    except (DTypeError, TypeError):
        return False
    return True


def _named(format: str, obj: Any) -> Weights:
    found = Weights(format, {}, [])
    for path, value in _leaves(obj, ()):
        name = ".".join(path) or "tensor"
        if isinstance(value, np.ndarray) and _is_tensor(value.dtype):
            value = from_numpy(value.astype(value.dtype.newbyteorder("="), copy=False))
        if not isinstance(value, Tensor):
            found.others.append((name, type(value).__name__, f"{value!r:.40}"))
            continue
        if name in found.tensors:
            raise ArgumentError(message(f"two tensors would be called {name!r}",
                                        expected="names that differ once joined by dots",
                                        hint="convert one part of the file: --entry NAME"))
        found.tensors[name] = value
    return found


def _leaves(obj: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(obj, Mapping):
        items = [(str(key), value) for key, value in obj.items()]
    elif isinstance(obj, (list, tuple)):
        items = [(str(i), value) for i, value in enumerate(obj)]
    else:
        yield path, obj
        return
    for key, value in items:
        yield from _leaves(value, (*path, key))


def entry_of(weights: Weights, entry: str) -> Weights:
    """The part of the weights whose names begin with `entry.`, without it."""
    lead = entry + "."
    found = {k.removeprefix(lead): v for k, v in weights.tensors.items() if k.startswith(lead)}
    if not found:
        tops = dict.fromkeys(k.partition(".")[0] for k in weights.tensors if "." in k)
        raise ArgumentError(message(f"nothing in the file is called {entry!r}",
                                    expected=", ".join(tops)[:200] or "a file of nested names",
                                    got=entry))
    return Weights(weights.format, found, [])


def write_weights(path: str | os.PathLike[str], weights: Weights) -> list[Row]:
    """Write the tensors in the format of the path's suffix; what became of each entry.

    ArgumentError for another suffix, FormatError where there are no tensors: nothing is written.
    """
    suffix = Path(path).suffix
    if suffix not in TARGETS:
        raise ArgumentError(message(f"convert: what is {os.fspath(path)} to be?",
                                    expected="a name that ends in " + ", ".join(TARGETS),
                                    got=suffix or "no suffix"))
    if not weights.tensors:
        others = [f"{name} ({kind})" for name, kind, _ in weights.others]
        raise FormatError(message(
            "convert: there are no tensors in the file", expected="at least one",
            got=", ".join(others)[:200] or f"an empty file of {weights.format}"))
    tensors = {k: v.detach() for k, v in weights.tensors.items()}  # type: ignore[attr-defined]
    if suffix == ".npz":
        npz.write_npz(path, {k: _array(t) for k, t in tensors.items()})
    elif suffix in TORCH_SUFFIXES:
        torch.save(tensors, path)
    else:
        serialize.save(tensors, path)
    rows = [Row(k, t.dtype.name, t.shape, t.nbytes, True, note)
            for (k, t), note in zip(tensors.items(), _notes(tensors, suffix))]
    return rows + [Row(k, kind, None, 0, False, why) for k, kind, why in weights.others]


def _array(t: Tensor) -> np.ndarray[Any, Any]:
    # NumPy has no bfloat16; float32 holds all its values.
    return numpy_view(t.float() if t.dtype is dtypes.bfloat16 else t)  # type: ignore[attr-defined]


def _notes(tensors: Mapping[str, Tensor], suffix: str) -> Iterator[str]:
    """What is to be said of each tensor: that it is another type now, that it was shared."""
    first: dict[int, str] = {}
    for name, t in tensors.items():
        owner = first.setdefault(id(t.storage), name)
        if suffix == ".npz" and t.dtype is dtypes.bfloat16:
            yield "written as float32"
        elif owner != name:
            shared = suffix in TORCH_SUFFIXES
            yield f"shares memory with {owner}" + ("" if shared else ": written twice")
        else:
            yield ""

"""`pentad.save` and `pentad.load`: tensors in safetensors files, or in PyTorch's."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pentad.formats import torch
from pentad.graph.errors import ArgumentError, message
from pentad.tensor import serialize

TORCH_SUFFIXES = (".pt", ".pth")


def save(
    obj: Any, f: str | os.PathLike[str], metadata: Mapping[str, str] | None = None
) -> None:
    """Write a tensor, or tensors by name (a state_dict), to a safetensors file.

    A name that ends in .pt or .pth gives a file of PyTorch, which holds containers within
    containers and numbers, too. The file appears complete or not at all. ArgumentError for
    anything but tensors (and data, in a .pt file), DTypeError for complex128, which safetensors
    files do not have, ResourceError where the file cannot be written; an existing file is then left
    as it was.
    """
    if Path(f).suffix not in TORCH_SUFFIXES:
        serialize.save(obj, f, metadata)
        return
    if metadata is not None:
        raise ArgumentError(message("save: metadata in a file of PyTorch", expected="none",
                                    got=f"{len(metadata)} entries",
                                    hint="save a dict with the entries beside the tensors"))
    torch.save(obj, f)


def load(f: str | os.PathLike[str]) -> Any:
    """The tensors of a safetensors file by name; one Tensor if `save` was given one.

    A file that torch.save wrote is read as well (see pentad.formats.torch.load). FormatError for a
    file of another kind, or a broken one, ResourceError if it cannot be read.
    """
    return torch.load(f) if torch.is_torch_file(f) else serialize.load(f)

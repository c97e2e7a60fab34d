"""Saving and loading tensors as safetensors files; models are data, never programs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, TensorSpec, deserialize, serialize

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, FormatError, ResourceError, message
from pentad.tensor.convert import require_values
from pentad.tensor.functions.creation import empty
from pentad.tensor.functions.shaping import contiguous
from pentad.tensor.tensor import Tensor, numpy_view

_SINGLE = "tensor"
_CODES = {
    "BOOL": dtypes.bool_, "I8": dtypes.int8, "I16": dtypes.int16, "I32": dtypes.int32,
    "I64": dtypes.int64, "U8": dtypes.uint8, "U16": dtypes.uint16, "U32": dtypes.uint32,
    "U64": dtypes.uint64, "F16": dtypes.float16, "BF16": dtypes.bfloat16, "F32": dtypes.float32,
    "F64": dtypes.float64, "C64": dtypes.complex64,
}


def save(
    obj: Tensor | Mapping[str, Tensor], f: str | os.PathLike[str],
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write a tensor, or tensors by name (a state_dict), to a safetensors file.

    The file appears complete or not at all. ArgumentError for anything but tensors, DTypeError for
    complex128, which the format does not have, ResourceError where the file cannot be written; an
    existing file is then left as it was.
    """
    tensors = {_SINGLE: obj} if isinstance(obj, Tensor) else dict(obj)
    notes = dict(metadata or {})
    if isinstance(obj, Tensor):
        notes["pentad"] = _SINGLE
    kept, specs = [], {}
    for name, t in tensors.items():
        _require_writable(name, t)
        memory = numpy_view(contiguous(t.detach()))  # type: ignore[attr-defined]
        kept.append(memory)
        specs[name] = TensorSpec(
            dtype=t.dtype.name, shape=list(t.shape), data_ptr=memory.ctypes.data,
            data_len=memory.nbytes,
        )
    write_atomically(Path(f), bytes(serialize(specs, metadata=notes or None)))
    del kept


def _require_writable(name: Any, t: Any) -> None:
    """ArgumentError or DTypeError for what a safetensors file does not hold."""
    if not isinstance(name, str) or not isinstance(t, Tensor):
        raise ArgumentError(
            message(
                "save: not a tensor",
                expected="a Tensor, or a mapping of names to Tensors",
                got=f"{name!r}: {type(t).__name__}",
                hint="save model.state_dict(), and numbers as metadata",
            )
        )
    require_values("save", t)
    if t.dtype is dtypes.complex128:
        raise DTypeError(
            message(
                f"save: the safetensors format has no complex128 ({name!r})",
                expected="complex64, or real numbers",
                got="complex128",
                hint="save pentad.view_as_real(x), and view_as_complex what was loaded",
            )
        )


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it has its old content or the new one, never a part of it."""
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        raise ResourceError(
            message(
                f"cannot write {path}",
                expected=f"room for {len(content):,} bytes in a writable directory",
                got=str(error),
            )
        ) from error


def load(f: str | os.PathLike[str]) -> Any:
    """The tensors of a safetensors file by name; one Tensor if `save` was given one.

    FormatError for a file that is no safetensors file, ResourceError if it cannot be read.
    """
    try:
        content = Path(f).read_bytes()
    except OSError as error:
        raise ResourceError(
            message(f"cannot read {f}", expected="a safetensors file", got=str(error))
        ) from error
    try:
        entries = deserialize(content)
    except SafetensorError as error:
        raise FormatError(
            message(
                f"{f} is not a safetensors file",
                expected="a file written by pentad.save or another safetensors writer",
                got=str(error),
                hint="a truncated download? models in other formats need pentad's readers",
            )
        ) from error
    found = {name: _tensor(name, entry) for name, entry in entries}
    return found[_SINGLE] if list(found) == [_SINGLE] else found


def _tensor(name: str, entry: Mapping[str, Any]) -> Tensor:
    dtype = _CODES.get(entry["dtype"])
    if dtype is None:
        raise FormatError(
            message(
                f"tensor {name!r} has an unsupported dtype",
                expected=", ".join(_CODES),
                got=str(entry["dtype"]),
            )
        )
    if dtype is dtypes.bool_ and np.frombuffer(entry["data"], np.uint8).max(initial=0) > 1:
        raise FormatError(
            message(f"tensor {name!r} of bool holds other bytes", expected="0 and 1",
                    got=str(max(entry["data"])))
        )
    t = empty(tuple(entry["shape"]), dtype=dtype)
    numpy_view(t)[...] = np.frombuffer(entry["data"], dtype=dtype.memory).reshape(entry["shape"])
    return t  # type: ignore[no-any-return]

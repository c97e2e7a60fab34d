"""The operations of savers: tensors to checkpoints and back."""

from __future__ import annotations

import os
import re
from typing import Any

import numpy as np

import pentad as pt
from pentad import formats, static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.make import op

checkpoints = formats.checkpoints


def no_results(*inputs: Any, **attrs: Any) -> list[Any]:
    """The types of an operation without results."""
    return []


def text(value: Any) -> str:
    """An array of one text as a text."""
    found = np.asarray(value, object).reshape(-1)[0]
    return found.decode() if isinstance(found, bytes) else found


def texts(value: Any) -> list[str]:
    """An array of texts as texts."""
    found = np.asarray(value, object).reshape(-1)
    return [v.decode() if isinstance(v, bytes) else v for v in found]


def _slice_of(spec: str) -> tuple[list[int], tuple[slice, ...]]:
    """What "8 3 0,3:-" says: the whole shape, and the part."""
    *sizes, parts = spec.split()
    whole = [int(n) for n in sizes]
    bounds = []
    for part, size in zip(parts.split(":"), whole):
        start, _, length = part.partition(",")
        begin = 0 if part == "-" else int(start)
        bounds.append(slice(begin, size if part == "-" else begin + int(length)))
    return whole, tuple(bounds)


def _gathered(names: Any, specs: Any, tensors: Any) -> dict[str, Any]:
    """Tensors by name; parts of one are put together."""
    found: dict[str, Any] = {}
    filled: dict[str, int] = {}
    for name, spec, value in zip(texts(names), texts(specs), tensors):
        if not spec:
            found[name] = value
            continue
        whole, bounds = _slice_of(spec)
        target = found.setdefault(name, np.zeros(whole, value.dtype))
        target[bounds] = value
        filled[name] = filled.get(name, 0) + value.size
    short = [n for n, count in filled.items() if count != found[n].size]
    if short:
        raise errors.UnimplementedError(None, None, static.message(
            "a checkpoint holds whole tensors", got=f"only some parts of {', '.join(short)}",
            hint="give all parts of a partitioned variable to the saver"))
    return found


def _save(version: int) -> Any:
    def run(store: Any, node: Any, prefix: Any, names: Any, *rest: Any, **attrs: Any) -> Any:
        count = len(texts(names))
        specs, tensors = (rest[0], rest[1:]) if len(rest) > count else ([""] * count, rest)
        path = text(prefix)
        folder = os.path.dirname(path)
        if folder and not os.path.isdir(folder):
            raise errors.NotFoundError(None, None, static.message(
                f"{path}.tempstate; No such file or directory", got=folder))
        try:
            checkpoints.write_checkpoint(path, _gathered(names, specs, tensors), version)
        except pt.ResourceError as error:
            raise errors.UnknownError(None, None, str(error)) from error
        return ()

    return run


def opened(prefix: str) -> Any:
    """A checkpoint; NotFoundError or DataLossError if it cannot be read."""
    try:
        return checkpoints.open_checkpoint(prefix)
    except pt.FormatError as error:
        raise errors.DataLossError(None, None, str(error)) from error
    except pt.ResourceError as error:
        raise errors.NotFoundError(None, None, str(error)) from error


def tensor_of(reader: Any, name: str) -> Any:
    """A tensor of a checkpoint; NotFoundError if it has none of that name."""
    if name not in reader.entries:
        raise errors.NotFoundError(None, None, static.message(
            f"Key {name} not found in checkpoint", expected=_some(reader.entries), got=name,
            hint=f"it was looked for in {reader.prefix}"))
    try:
        return reader.tensor(name)
    except pt.FormatError as error:
        raise errors.DataLossError(None, None, str(error)) from error
    except pt.ResourceError as error:
        raise errors.NotFoundError(None, None, str(error)) from error


def _some(names: Any) -> str:
    found = list(names)
    return ", ".join(found[:8]) + (f" and {len(found) - 8} more" if len(found) > 8 else "")


def _restore(
    store: Any, node: Any, prefix: Any, names: Any, specs: Any, dtypes: Any = (), **attrs: Any
) -> Any:
    reader, found = opened(text(prefix)), []
    for name, spec, symbol in zip(texts(names), texts(specs), node.outputs):
        value = tensor_of(reader, name)
        wanted, stored = symbol.dtype.base_dtype.name, reader.entries[name].dtype
        if wanted != stored:
            raise errors.InvalidArgumentError(None, None, static.message(
                f"Expected dtype {wanted} for '{name}' but the checkpoint has {stored}",
                expected=wanted, got=stored))
        found.append(value[_slice_of(spec)[1]] if spec else value)
    return tuple(found)


def _restored_types(prefix: Any, names: Any, specs: Any, dtypes: Any) -> Any:
    return [(t, None) for t in dtypes]


save_v2 = op("SaveV2", "prefix: string, tensor_names: string, shape_and_slices: string, "
             "tensors: dtypes... -> ", _save(2), kind=static.ResourceOp, types=no_results)
save_slices = op("SaveSlices", "filename: string, tensor_names: string, "
                 "shapes_and_slices: string, data: T... -> ", _save(1),
                 kind=static.ResourceOp, types=no_results)
save_v1 = op("Save", "filename: string, tensor_names: string, data: T... -> ", _save(1),
             kind=static.ResourceOp, types=no_results)
restore_v2 = op("RestoreV2", "prefix: string, tensor_names: string, shape_and_slices: string; "
                "dtypes -> tensors: dtypes...", _restore, kind=static.ResourceOp,
                types=_restored_types)


def _name_of_shard(store: Any, node: Any, base: Any, shard: Any, count: Any) -> Any:
    return np.array(f"{text(base)}-{int(shard):05d}-of-{int(count):05d}".encode(), object)


sharded_filename = op(
    "ShardedFilename", "basename: string, shard: int32, num_shards: int32 -> filename: string",
    _name_of_shard, kind=static.ResourceOp, types=lambda *inputs: [(dtypes.string, ())])


def _merge(
    store: Any, node: Any, prefixes: Any, destination: Any, delete_old_dirs: bool = True
) -> Any:
    """Checkpoints in parts become one, and go."""
    found: dict[str, Any] = {}
    parts = texts(prefixes)
    for part in parts:
        reader = opened(part)
        found |= {name: reader.tensor(name) for name in reader.entries}
    checkpoints.write_checkpoint(text(destination), found)
    for part in parts:
        remove_files(part)
        folder = os.path.dirname(part)
        if delete_old_dirs and folder != os.path.dirname(text(destination)):
            try:
                os.rmdir(folder)
            except OSError:
                continue
    return ()


merge_v2_checkpoints = op(
    "MergeV2Checkpoints",
    "checkpoint_prefixes: string, destination_prefix: string; delete_old_dirs=True -> ",
    _merge, kind=static.ResourceOp, types=no_results)
_PART = re.compile(r"(\.index|\.data-\d{5}-of-\d{5}|-\d{5}-of-\d{5}|)$")


def remove_files(prefix: str) -> None:
    """Delete a checkpoint's files."""
    folder = os.path.dirname(prefix) or "."
    base = os.path.basename(prefix)
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        if name.startswith(base) and _PART.fullmatch(name[len(base):]):
            os.remove(os.path.join(folder, name))

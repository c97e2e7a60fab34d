"""Samples put together to batches."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import DataError, DTypeError, message
from pentad.tensor.functions.creation import tensor
from pentad.tensor.functions.shaping import stack
from pentad.tensor.meta import Meta, contiguous_meta
from pentad.tensor.state import state
from pentad.tensor.tensor import Tensor, empty_tensor, numpy_view

Place = Callable[[Meta], Tensor]
"""Gives memory for a batch."""


def default_collate(batch: Sequence[Any]) -> Any:
    """A list of equal structures as one structure of batches, by PyTorch's rules.

    Tensors and arrays are stacked, numbers become int64 and float64 tensors, texts lists; dicts
    stay dicts, tuples become lists. DataError if the samples do not fit together.
    """
    return collated(batch, empty_tensor)


def collated(batch: Sequence[Any], place: Place) -> Any:
    """The same, stacked in memory that `place` gives."""
    if not batch:
        raise DataError(message("the batch is empty", expected="at least one sample", got="none"))
    first = batch[0]
    if isinstance(first, Tensor):
        return _tensors(batch, place)
    if isinstance(first, (np.ndarray, np.generic)):
        return _arrays(batch, place)
    if isinstance(first, bool):
        return tensor(list(batch))
    if isinstance(first, float):
        return tensor(list(batch), dtype=dtypes.float64)
    if isinstance(first, int):
        return tensor(list(batch), dtype=dtypes.int64)
    if isinstance(first, (str, bytes)):
        return list(batch)
    if isinstance(first, Mapping):
        _same([sorted(map(str, x)) for x in batch], "keys")
        return {key: collated([x[key] for x in batch], place) for key in first}
    if isinstance(first, (list, tuple)):
        _same([len(x) for x in batch], "length")
        columns = [collated(column, place) for column in zip(*batch, strict=True)]
        return type(first)(*columns) if hasattr(first, "_fields") else columns
    raise DTypeError(
        message("the samples cannot be put together",
                expected="tensors, arrays, numbers, texts, or dicts and tuples of them",
                got=type(first).__name__, hint="pass a collate_fn of your own")
    )


def _tensors(batch: Sequence[Any], place: Place) -> Any:
    meta = batch[0].meta
    alike = meta.contiguous and state.trace is None and all(
        isinstance(t, Tensor) and t.meta is meta and t.node is None for t in batch
    )
    if not alike or meta.traced is not None:
        _same([list(x.shape) for x in batch], "shape")
        return stack(list(batch))
    out = place(contiguous_meta((len(batch), *meta.shape), meta.dtype))
    at, nbytes = out.ptr, meta.nbytes
    for t in batch:
        ctypes.memmove(at, t.ptr, nbytes)
        at += nbytes
    return out


def _arrays(batch: Sequence[Any], place: Place) -> Any:
    _same([list(np.shape(x)) for x in batch], "shape")
    arrays = [np.asarray(x) for x in batch]
    dtype = arrays[0].dtype
    if not dtype.isnative or any(a.dtype != dtype for a in arrays):
        return tensor(np.stack(arrays))
    shape = (len(arrays), *arrays[0].shape)
    out = place(contiguous_meta(shape, dtypes.from_numpy(dtype)))
    np.stack(arrays, out=numpy_view(out))
    return out


def _same(found: Sequence[Any], what: str) -> None:
    for i, value in enumerate(found):
        if value != found[0]:
            raise DataError(
                message("the samples of a batch do not fit together",
                        expected=f"{what} {found[0]}, as the first has",
                        got=f"{value} (sample {i})",
                        hint="pad or crop them in the data set, or pass a collate_fn of your own")
            )


def default_convert(sample: Any) -> Any:
    """A sample with its arrays as tensors (what batch_size=None gives)."""
    if isinstance(sample, (np.ndarray, np.generic)):
        return tensor(sample)
    if isinstance(sample, Mapping):
        return {key: default_convert(value) for key, value in sample.items()}
    if isinstance(sample, tuple) and hasattr(sample, "_fields"):
        return type(sample)(*map(default_convert, sample))
    if isinstance(sample, (list, tuple)):
        return [default_convert(value) for value in sample]
    return sample

"""Samples put together to batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import DataError, DTypeError, message
from pentad.tensor.functions.creation import tensor
from pentad.tensor.functions.shaping import stack
from pentad.tensor.tensor import Tensor


def default_collate(batch: Sequence[Any]) -> Any:
    """A list of equal structures as one structure of batches, by PyTorch's rules.

    Tensors and arrays are stacked, numbers become int64 and float64 tensors, texts lists; dicts
    stay dicts, tuples become lists. DataError if the samples do not fit together.
    """
    if not batch:
        raise DataError(message("the batch is empty", expected="at least one sample", got="none"))
    first = batch[0]
    if isinstance(first, Tensor):
        _same([list(x.shape) for x in batch], "shape")
        return stack(list(batch))
    if isinstance(first, (np.ndarray, np.generic)):
        _same([list(np.shape(x)) for x in batch], "shape")
        return tensor(np.stack([np.asarray(x) for x in batch]))
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
        return {key: default_collate([x[key] for x in batch]) for key in first}
    if isinstance(first, (list, tuple)):
        _same([len(x) for x in batch], "length")
        columns = [default_collate(column) for column in zip(*batch, strict=True)]
        return type(first)(*columns) if hasattr(first, "_fields") else columns
    raise DTypeError(
        message("the samples cannot be put together",
                expected="tensors, arrays, numbers, texts, or dicts and tuples of them",
                got=type(first).__name__, hint="pass a collate_fn of your own")
    )


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

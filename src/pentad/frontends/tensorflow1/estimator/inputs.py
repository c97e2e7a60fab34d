"""tf.estimator.inputs: arrays as input functions."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.data.dataset import Dataset
from pentad.frontends.tensorflow1.data.shuffling import Shuffling
from pentad.frontends.tensorflow1.data.structure import Spec, Structure, as_array
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.shapes import TensorShape

_TARGETS = "__target_key__"


def numpy_input_fn(
    x: Any, y: Any = None, batch_size: int = 128, num_epochs: int | None = 1,
    shuffle: bool | None = None, queue_capacity: int = 1000, num_threads: int = 1,
) -> Callable[[], Any]:
    """Batches of arrays: x an array or a dict of them, y their labels."""
    if shuffle not in (True, False):
        raise pt.ArgumentError(static.message(
            "shuffle must be provided and explicitly set as boolean (it is recommended to set it "
            "as True for training)", got=repr(shuffle)))
    if isinstance(x, Mapping) and not x:
        raise pt.ArgumentError("x cannot be an empty dict")

    def input_fn() -> Any:
        columns = OrderedDict(sorted(x.items())) if isinstance(x, Mapping) else {"x": x}
        targets = OrderedDict()
        if isinstance(y, Mapping):
            targets.update((f"{_TARGETS}{k}", v) for k, v in sorted(y.items()))
        elif y is not None:
            targets[_TARGETS] = y
        found = _batches({**columns, **targets}, batch_size, num_epochs, shuffle)
        features: Any = {k: found[k] for k in columns} if isinstance(x, Mapping) else found["x"]
        if y is None:
            return features
        if isinstance(y, Mapping):
            return features, {k: found[f"{_TARGETS}{k}"] for k in y}
        return features, found[_TARGETS]

    return input_fn


def pandas_input_fn(
    x: Any, y: Any = None, batch_size: int = 128, num_epochs: int | None = 1,
    shuffle: bool | None = None, queue_capacity: int = 1000, num_threads: int = 1,
    target_column: str = "target",
) -> Callable[[], Any]:
    """Batches of the columns of a DataFrame, and of a Series of labels."""
    if shuffle not in (True, False):
        raise pt.ArgumentError(static.message(
            "shuffle must be provided and explicitly set as boolean", got=repr(shuffle)))
    columns = {c: np.asarray(x[c].values) for c in x.columns}
    if y is not None and not np.array_equal(x.index, y.index):
        raise pt.ArgumentError(static.message("Index for x and y are mismatched.",
                                              got=f"{x.index} and {y.index}"))
    labels = None if y is None else np.asarray(y.values)
    return numpy_input_fn(columns, labels, batch_size, num_epochs, shuffle)


def _batches(columns: Mapping[str, Any], size: int, epochs: int | None, shuffle: bool) -> Any:
    """The next batch of each column, as tensors."""
    arrays = {k: np.asarray(v) for k, v in columns.items()}
    lengths = {k: len(v) for k, v in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise pt.ArgumentError(static.message(
            "Length of tensors in x and y is mismatched. All elements in x and y must have the "
            "same length.", got=str({k.replace(_TARGETS, "y"): n for k, n in lengths.items()})))
    kinds = {k: dtypes.as_dtype(v.dtype) for k, v in arrays.items()}
    specs = {k: Spec(kinds[k], TensorShape([None, *v.shape[1:]])) for k, v in arrays.items()}
    order = Shuffling(None, True)
    names = sorted(arrays)

    def numbers(random: Any) -> Iterator[np.ndarray[Any, Any]]:
        count, left, done = len(arrays[names[0]]), np.zeros(0, np.int64), 0
        while epochs is None or done < epochs:
            done += 1
            left = np.concatenate([left, random.permutation(count) if shuffle else
                                   np.arange(count)])
            while len(left) >= size:
                yield left[:size]
                left = left[size:]
        if len(left):
            yield left

    def iterate(context: Any) -> Iterator[Any]:
        for rows in numbers(order.random(context)):
            yield [as_array(arrays[n][rows], kinds[n]) for n in names]

    made = Dataset(Structure(specs), [], iterate)
    return made.make_one_shot_iterator().get_next()

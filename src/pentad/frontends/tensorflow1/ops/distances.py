"""tf.edit_distance: how far sequences are from others (V. Levenshtein, 1966)."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor, SparseTensorValue


def _distance(found: list[Any], truth: list[Any]) -> int:
    """How many elements must be put in, taken out or changed, at the least."""
    row = list(range(len(truth) + 1))
    for i, a in enumerate(found, 1):
        above, row[0] = row[0], i
        for j, b in enumerate(truth, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (a != b))
    return row[-1]


def _sequences(indices: Any, values: Any) -> dict[tuple[int, ...], list[Any]]:
    rows: dict[tuple[int, ...], list[Any]] = {}
    for place, value in zip(indices[:, :-1].tolist(), values.tolist()):
        rows.setdefault(tuple(place), []).append(value)
    return rows


def _distances(
    i1: Any, v1: Any, s1: Any, i2: Any, v2: Any, s2: Any, normalize: bool
) -> Any:
    if len(s1) != len(s2):
        raise pt.ArgumentError(static.message(
            "truth_shape and hypothesis_shape should have the same number of axes",
            expected=f"{len(s2)} axes", got=f"{len(s1)}"))
    found, truth = _sequences(i1, v1), _sequences(i2, v2)
    distances = np.zeros(tuple(np.maximum(s1, s2)[:-1].tolist()), np.float32)
    for place in found.keys() | truth.keys():
        a, b = found.get(place, []), truth.get(place, [])
        far = float(_distance(a, b))
        if normalize:
            far = far / len(b) if b else np.inf
        distances[place] = far
    return distances


_EDIT_DISTANCE = op(
    "EditDistance",
    "hypothesis_indices: int64, hypothesis_values: T, hypothesis_shape: int64, "
    "truth_indices: int64, truth_values: T, truth_shape: int64; normalize=True -> output: float32",
    _distances, host=True, differentiable=False,
    types=lambda i, v, s, *_, normalize: [
        (dtypes.float32,
         None if i.shape[1].value is None else (None,) * (i.shape[1].value - 1))])


def _sparse(value: Any, what: str) -> SparseTensor:
    if isinstance(value, SparseTensorValue):
        return SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        raise TypeError(static.message(f"{what} must be a SparseTensor.", got=type(value).__name__))
    return value


def edit_distance(
    hypothesis: Any, truth: Any, normalize: bool = True, name: str = "edit_distance"
) -> Any:
    """The distances of sequences, the last axes of sparse tensors: the number of elements put in,
    taken out or changed; normalize: of each element of the truth (infinite where it has none).

    Raises TypeError for dense tensors, ArgumentError for other numbers of axes.
    """
    a, b = _sparse(hypothesis, "Hypothesis"), _sparse(truth, "Truth")
    return _EDIT_DISTANCE(a.indices, a.values, a.dense_shape, b.indices, b.values, b.dense_shape,
                          normalize=normalize, name=name)


__all__ = ["edit_distance"]

"""Batches of elements of several shapes, filled up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.data import iterating, structure
from pentad.frontends.tensorflow1.data.dataset import Dataset, tensors
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import constant_value, convert_to_tensor
from pentad.frontends.tensorflow1.framework.shapes import TensorShape, as_shape
from pentad.frontends.tensorflow1.framework.tensor import Tensor


def padded_batch(
    dataset: Dataset, batch_size: Any, padded_shapes: Any, padding_values: Any,
    drop_remainder: Any,
) -> Dataset:
    """See Dataset.padded_batch."""
    kind = dataset._structure
    shapes = [s.shape for s in kind.flat] if padded_shapes is None else [
        _shape(s) for s in structure._flatten_like(kind.map(lambda s: None), padded_shapes)]
    for spec, shape in zip(kind.flat, shapes):
        fits = spec.shape.ndims in (None, shape.ndims)
        if not fits:
            raise pt.ShapeError(static.message(
                f"The padded shape {shape} is not compatible with the corresponding input "
                f"component shape {spec.shape}.", expected=f"rank {spec.shape.ndims}"))
    values = _values(kind, padding_values)
    size = constant_value(batch_size) if isinstance(batch_size, Tensor) else batch_size
    known = int(size) if size is not None and drop_remainder is True else None
    left = list(shapes)
    made = kind.changed(lambda s: s._replace(shape=TensorShape([known]).concatenate(left.pop(0))))

    def iterate(context: Any) -> Iterator[Any]:
        fill = [context.value(v) for v in values]
        sizes = [s.known() for s in shapes]
        return iterating.batched(
            dataset._iterate(context), context.number(batch_size),
            bool(context.value(drop_remainder)),
            lambda parts, i: iterating.padded([np.asarray(p) for p in parts], sizes[i], fill[i]))

    return Dataset(made, [*dataset._inputs, *tensors(batch_size, drop_remainder, *values)], iterate)


def _shape(value: Any) -> TensorShape:
    if isinstance(value, Tensor):
        value = constant_value(value)
    if not isinstance(value, TensorShape):
        value = [None if getattr(n, "value", n) in (-1, None) else int(n) for n in value]
    return as_shape(value)


def _values(kind: structure.Structure, given: Any) -> list[Any]:
    """What to fill up with; zeros and empty texts where nothing is given."""
    count = len(kind.flat)
    leaves = [None] * count if given is None else structure.flatten(given)
    if len(leaves) == 1:
        leaves = leaves * count
    found: list[Any] = []
    for spec, value in zip(kind.flat, leaves):
        if value is None:
            found.append(b"" if spec.dtype is dtypes.string else 0)
        elif isinstance(value, Tensor):
            found.append(convert_to_tensor(value, spec.dtype))
        else:
            found.append(structure.as_array(value, spec.dtype).item())
    return found

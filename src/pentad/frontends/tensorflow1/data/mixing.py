"""Data sets mixed of several, and endless ones."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import pentad as pt
from pentad.frontends.tensorflow1.data.dataset import Dataset, tensors
from pentad.frontends.tensorflow1.data.functions import Traced
from pentad.frontends.tensorflow1.data.shuffling import Shuffling
from pentad.frontends.tensorflow1.data.structure import Spec, Structure
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.shapes import TensorShape


def Counter(start: Any = 0, step: Any = 1, dtype: Any = dtypes.int64) -> Dataset:
    """Whole numbers without an end."""
    kind = dtypes.as_dtype(dtype)
    array = kind.as_numpy_dtype
    return Dataset(Structure(Spec(kind, TensorShape([]))), tensors(start, step), lambda c: (
        [array(i)] for i in itertools.count(c.number(start), c.number(step))))


class RandomDataset(Dataset):
    """Random whole numbers without an end."""

    def __init__(self, seed: Any = None) -> None:
        order = Shuffling(seed, True)

        def iterate(context: Any) -> Iterator[Any]:
            random = order.random(context)
            while True:
                yield [np.int64(random.randint(1 << 32, dtype=np.int64))]

        super().__init__(Structure(Spec(dtypes.int64, TensorShape([]))), tensors(seed), iterate)


def _chosen(rows: list[Any], numbers: Iterator[int]) -> Iterator[Any]:
    for i in numbers:
        if rows[i] is not None:
            found = next(rows[i], None)
            if found is None:
                rows[i] = None
                if not any(rows):
                    return
            else:
                yield found


def choose_from_datasets(datasets: Sequence[Dataset], choice_dataset: Dataset) -> Dataset:
    """Elements of the data sets whose numbers another data set gives."""
    inputs = [t for d in (*datasets, choice_dataset) for t in d._inputs]
    return Dataset(datasets[0]._structure, inputs, lambda c: _chosen(
        [d._iterate(c) for d in datasets], (int(row[0]) for row in choice_dataset._iterate(c))))


def sample_from_datasets(
    datasets: Sequence[Dataset], weights: Any = None, seed: Any = None
) -> Dataset:
    """Elements of data sets drawn by weights."""
    count = len(datasets)
    given = convert_to_tensor([1.0 / count] * count if weights is None else weights)
    order = Shuffling(seed, True)

    def iterate(context: Any) -> Iterator[Any]:
        rows: list[Any] = [d._iterate(context) for d in datasets]
        random, chances = order.random(context), np.array(context.value(given), float)
        while any(r is not None for r in rows):
            live = [0.0 if r is None else w for r, w in zip(rows, chances)]
            i = int(random.choice(count, p=np.array(live) / sum(live)))
            found = next(rows[i], None)
            if found is None:
                rows[i] = None
            else:
                yield found

    return Dataset(datasets[0]._structure, [t for d in datasets for t in d._inputs] + [given],
                   iterate)


def rejection_resample(
    class_func: Any, target_dist: Any, initial_dist: Any = None, seed: Any = None
) -> Callable[[Dataset], Dataset]:
    """(class, element) pairs, some left out so that classes are distributed as asked."""

    def make(dataset: Dataset) -> Dataset:
        traced = Traced(class_func, [dataset._structure], "class")
        [spec] = traced.needs(True).flat
        wanted = convert_to_tensor(target_dist)
        if initial_dist is None:
            raise pt.ArgumentError("rejection_resample needs initial_dist here: how the classes "
                                   "are distributed is not estimated")
        initial = convert_to_tensor(initial_dist)
        order = Shuffling(seed, True)

        def iterate(context: Any) -> Iterator[Any]:
            ratio = np.asarray(context.value(wanted), float) / np.maximum(
                context.value(initial), 1e-16)
            random = order.random(context)
            for row in dataset._iterate(context):
                label = traced(context, row)[0]
                if random.random_sample() < ratio[int(label)] / ratio.max():
                    yield [label, *row]

        kind = Structure((Spec(spec.dtype, spec.shape), dataset._structure.specs))
        return Dataset(kind, [*dataset._inputs, *traced.captures, wanted, initial], iterate)

    return make

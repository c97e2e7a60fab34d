"""Transformations of data sets, for Dataset.apply."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.data import structure
from pentad.frontends.tensorflow1.data.dataset import Dataset, of_variant, tensors
from pentad.frontends.tensorflow1.data.functions import Traced
from pentad.frontends.tensorflow1.data.iterators import first_of
from pentad.frontends.tensorflow1.data.structure import Spec, Structure
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import constant
from pentad.frontends.tensorflow1.framework.resources import boxed
from pentad.frontends.tensorflow1.framework.shapes import TensorShape, as_shape
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor

AUTOTUNE = -1
INFINITE_CARDINALITY, UNKNOWN_CARDINALITY = -1, -2
get_single_element = first_of
Apply = Callable[[Dataset], Dataset]


def map_and_batch(
    map_func: Any, batch_size: Any, num_parallel_batches: Any = None, drop_remainder: Any = False,
    num_parallel_calls: Any = None,
) -> Apply:
    """map, then batch."""
    return lambda d: d.map(map_func).batch(batch_size, drop_remainder)


def shuffle_and_repeat(buffer_size: Any, count: Any = None, seed: Any = None) -> Apply:
    """shuffle, then repeat."""
    return lambda d: d.shuffle(buffer_size, seed).repeat(count)


def parallel_interleave(
    map_func: Any, cycle_length: Any, block_length: Any = 1, sloppy: Any = False,
    buffer_output_elements: Any = None, prefetch_input_elements: Any = None,
) -> Apply:
    """interleave."""
    return lambda d: d.interleave(map_func, cycle_length, block_length)


def unbatch() -> Apply:
    """unbatch."""
    return lambda d: d.unbatch()


def enumerate_dataset(start: Any = 0) -> Apply:
    """enumerate."""
    return lambda d: d.enumerate(start)


def on_device(device: Any, *more: Any, **options: Any) -> Apply:
    """The same elements: there is one device."""
    return lambda d: d


def unchanged_stats(tag: Any) -> Apply:
    """The same elements: nothing is counted."""
    return lambda d: d


def cardinality(dataset: Dataset) -> Any:
    """How many elements, which is not known before they are read."""
    return constant(UNKNOWN_CARDINALITY, dtypes.int64)


def ignore_errors() -> Apply:
    """The elements that can be computed."""

    def steps(dataset: Dataset, context: Any) -> Iterator[Any]:
        rows = dataset._iterate(context)
        while True:
            try:
                row = next(rows, None)
            except pt.PentadError:
                continue
            if row is None:
                return
            yield row

    return lambda d: d._same(lambda c: steps(d, c))


def take_while(predicate: Any) -> Apply:
    """The elements before the first for which the function gives false."""

    def make(dataset: Dataset) -> Dataset:
        traced = Traced(predicate, [dataset._structure], "take_while")

        def iterate(context: Any) -> Iterator[Any]:
            for row in dataset._iterate(context):
                if not bool(traced(context, row)[0]):
                    return
                yield row

        return dataset._same(iterate, *traced.captures)

    return make


def unique() -> Apply:
    """Each element once."""

    def iterate(dataset: Dataset, context: Any) -> Iterator[Any]:
        seen = set()
        for row in dataset._iterate(context):
            key = row[0].item()
            if key not in seen:
                seen.add(key)
                yield row

    return lambda d: d._same(lambda c: iterate(d, c))


def scan(initial_state: Any, scan_func: Any) -> Apply:
    """(state, element) to (state, result), for one element after the other."""

    def make(dataset: Dataset) -> Dataset:
        kind, first = structure.of_tensors(initial_state)
        traced = Traced(scan_func, [kind, dataset._structure], "scan", spread=False)
        found = traced.needs(True)
        if not isinstance(found.specs, tuple) or len(found.specs) != 2:
            raise TypeError(static.message("The scan function must return a pair of the new state "
                                           "and the output value.", got=repr(found)))
        result = Structure(found.specs[1])
        count = len(kind.types)

        def iterate(context: Any) -> Iterator[Any]:
            state = [context.value(t) for t in first]
            for row in dataset._iterate(context):
                values = traced(context, state, row)
                state = values[:count]
                yield values[count:]

        return Dataset(result, [*dataset._inputs, *first, *traced.captures], iterate)

    return make


def dense_to_sparse_batch(batch_size: Any, row_shape: Any) -> Apply:
    """So many elements of several sizes as one sparse tensor."""

    def make(dataset: Dataset) -> Dataset:
        [spec] = dataset._structure.flat
        shape = as_shape(row_shape)
        kind = Structure(Spec(spec.dtype, TensorShape([None]).concatenate(shape), SparseTensor))

        def iterate(context: Any) -> Iterator[Any]:
            part: list[Any] = []
            for [row] in dataset._iterate(context):
                part.append(np.asarray(row))
                if len(part) == context.number(batch_size):
                    yield _sparse(part, shape)
                    part = []
            if part:
                yield _sparse(part, shape)

        return Dataset(kind, [*dataset._inputs, *tensors(batch_size)], iterate)

    return make


def _sparse(rows: list[Any], shape: TensorShape) -> list[Any]:
    sizes = [max(r.shape[i] for r in rows) if d.value is None else d.value
             for i, d in enumerate(shape.dims or ())]
    places = [np.argwhere(np.ones(r.shape, bool)) for r in rows]
    if any(a > b for r in rows for a, b in zip(r.shape, sizes)):
        raise errors.DataLossError(None, None, "An element is larger than the row shape.")
    indices = [np.concatenate([np.full((len(p), 1), i), p], 1) for i, p in enumerate(places)]
    return [np.concatenate(indices).astype(np.int64), np.concatenate([r.reshape(-1) for r in rows]),
            np.array([len(rows), *sizes], np.int64)]


# -- groups ----------------------------------------------------------------------------------------


class Reducer(NamedTuple):
    """What group_by_reducer does with the elements of a key."""

    init_func: Any
    reduce_func: Any
    finalize_func: Any


def group_by_reducer(key_func: Any, reducer: Reducer) -> Apply:
    """The elements of each key combined into one."""

    def make(dataset: Dataset) -> Dataset:
        key = Traced(key_func, [dataset._structure], "key")
        number = Structure(Spec(dtypes.int64, TensorShape([])))
        init = Traced(reducer.init_func, [number], "init")
        state = init.needs(True)
        step = Traced(reducer.reduce_func, [state, dataset._structure], "reduce", spread=False)
        last = Traced(reducer.finalize_func, [state], "finalize")

        def iterate(context: Any) -> Iterator[Any]:
            states: dict[int, Any] = {}
            for row in dataset._iterate(context):
                k = key(context, row)[0]
                if k.item() not in states:
                    states[k.item()] = init(context, [k])
                states[k.item()] = step(context, states[k.item()], row)
            for k in states:
                yield last(context, states[k])

        captures = [t for f in (key, init, step, last) for t in f.captures]
        return Dataset(last.needs(True), [*dataset._inputs, *captures], iterate)

    return make


def group_by_window(
    key_func: Any, reduce_func: Any, window_size: Any = None, window_size_func: Any = None
) -> Apply:
    """So many elements of a key as a data set, which a function makes another of."""
    if (window_size is None) == (window_size_func is None):
        raise pt.ArgumentError("Must pass either window_size or window_size_func, and not both.")
    sizes = window_size_func or (lambda key: constant(window_size, dtypes.int64))

    def make(dataset: Dataset) -> Dataset:
        kind = dataset._structure
        number = Structure(Spec(dtypes.int64, TensorShape([])))
        key = Traced(key_func, [kind], "key")
        size = Traced(sizes, [number], "window_size")
        variant = Structure((Spec(dtypes.int64, TensorShape([])),
                             Spec(dtypes.variant, TensorShape([]), kind)))
        group = Traced(reduce_func, [variant], "group")

        def reduced(context: Any, k: Any, rows: Any) -> Iterator[Any]:
            return group.inner(context, [k, boxed(rows)])

        def iterate(context: Any) -> Iterator[Any]:
            groups: dict[int, list[Any]] = {}
            keys: dict[int, Any] = {}
            for row in dataset._iterate(context):
                k = np.asarray(key(context, row)[0], np.int64)
                rows = groups.setdefault(k.item(), [])
                keys[k.item()] = k
                rows.append(row)
                if len(rows) == int(size(context, [k])[0]):
                    yield from reduced(context, k, groups.pop(k.item()))
            for name, rows in groups.items():
                yield from reduced(context, keys[name], rows)

        captures = [t for f in (key, size, group) for t in f.captures]
        return Dataset(group.needs(False), [*dataset._inputs, *captures], iterate)

    return make


def bucket_by_sequence_length(
    element_length_func: Any, bucket_boundaries: Any, bucket_batch_sizes: Any,
    padded_shapes: Any = None, padding_values: Any = None, pad_to_bucket_boundary: bool = False,
    no_padding: bool = False, drop_remainder: bool = False,
) -> Apply:
    """Batches of elements of about one length."""
    if len(bucket_batch_sizes) != len(bucket_boundaries) + 1:
        raise pt.ArgumentError("len(bucket_batch_sizes) must equal len(bucket_boundaries) + 1")
    limits, batches = list(bucket_boundaries), list(bucket_batch_sizes)

    def make(dataset: Dataset) -> Dataset:
        length = Traced(element_length_func, [dataset._structure], "length")
        shapes = padded_shapes
        if shapes is None:
            shapes = dataset.output_shapes

        def group(rows: list[Any], bucket: int, context: Any) -> Iterator[Any]:
            part = of_variant(dataset._structure, None)
            part._inputs, part._iterate = [], lambda c: iter(rows)
            if no_padding:
                return part.batch(batches[bucket], drop_remainder)._iterate(context)
            wanted = shapes
            if pad_to_bucket_boundary:
                wanted = structure.mapped(lambda s: TensorShape([
                    limits[bucket] - 1 if d.value is None else d.value for d in s.dims]), shapes)
            return part.padded_batch(batches[bucket], wanted, padding_values,
                                     drop_remainder)._iterate(context)

        def iterate(context: Any) -> Iterator[Any]:
            buckets: dict[int, list[Any]] = {}
            for row in dataset._iterate(context):
                bucket = int(np.searchsorted(limits, length(context, row)[0], side="right"))
                rows = buckets.setdefault(bucket, [])
                rows.append(row)
                if len(rows) == batches[bucket]:
                    yield from group(buckets.pop(bucket), bucket, context)
            for bucket, rows in buckets.items():
                yield from group(rows, bucket, context)

        model = dataset.batch(1) if no_padding else dataset.padded_batch(1, shapes, padding_values)
        kind = model._structure
        return Dataset(kind, [*dataset._inputs, *length.captures], iterate)

    return make

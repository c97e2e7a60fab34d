"""tf.data.Dataset: what a data set is, and the steps that make others of it."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.data import iterating, structure
from pentad.frontends.tensorflow1.data.functions import Traced
from pentad.frontends.tensorflow1.data.shuffling import Shuffling
from pentad.frontends.tensorflow1.data.structure import Spec, Structure
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import constant_value, convert_to_tensor
from pentad.frontends.tensorflow1.framework.resources import boxed
from pentad.frontends.tensorflow1.framework.shapes import TensorShape
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor
from pentad.frontends.tensorflow1.framework.tensor import Tensor


def tensors(*values: Any) -> list[Tensor]:
    """Those of the values that are tensors."""
    return [v for v in values if isinstance(v, Tensor)]


class Dataset:
    """Elements of one structure, in an order, as often as an iterator asks for them.

    _inputs: the tensors that have to be known when an iterator begins.
    """

    def __init__(
        self, structure: Structure, inputs: Sequence[Any], iterate: iterating.Steps
    ) -> None:
        self._structure, self._inputs = structure, list(dict.fromkeys(inputs))
        self._iterate = iterate

    # -- sources -------------------------------------------------------------------------------

    @staticmethod
    def from_tensors(tensors: Any) -> Dataset:
        """One element."""
        kind, flat = structure.of_tensors(tensors)
        return Dataset(kind, flat, lambda c: iter([[c.value(t) for t in flat]]))

    @staticmethod
    def from_tensor_slices(tensors: Any) -> Dataset:
        """The rows of tensors."""
        kind, flat = structure.of_tensors(tensors)
        if any(s.kind is SparseTensor for s in kind.flat):
            from pentad.frontends.tensorflow1.data.sparse import rows

            return Dataset(kind.unbatched(), flat, lambda c: rows(kind, [c.value(t) for t in flat]))
        if any(s.shape.ndims == 0 for s in kind.flat):
            raise pt.ShapeError(static.message(
                "from_tensor_slices takes the rows of tensors", expected="at least one axis",
                got=repr(kind), hint="use from_tensors for one element"))
        return Dataset(kind.unbatched(), flat,
                       lambda c: iterating.sliced([c.value(t) for t in flat]))

    @staticmethod
    def from_sparse_tensor_slices(sparse_tensor: Any) -> Dataset:
        """The rows of a sparse tensor."""
        return Dataset.from_tensor_slices(sparse_tensor)

    @staticmethod
    def from_generator(
        generator: Callable[..., Any], output_types: Any, output_shapes: Any = None, args: Any = ()
    ) -> Dataset:
        """What a Python generator yields."""
        if not callable(generator):
            raise TypeError("`generator` must be callable.")
        kind = structure.of_types(output_types, output_shapes)
        given = [convert_to_tensor(a) for a in args or ()]

        def iterate(context: Any) -> Iterator[Any]:
            for value in generator(*[context.value(a) for a in given]):
                yield structure.checked(value, kind)

        return Dataset(kind, given, iterate)

    @staticmethod
    def range(*args: Any) -> Dataset:
        """Whole numbers: (stop), (start, stop) or (start, stop, step)."""
        if not 1 <= len(args) <= 3:
            raise pt.ArgumentError(static.message("range takes one to three numbers",
                                                  got=str(len(args))))
        return Dataset(
            Structure(Spec(dtypes.int64, TensorShape([]))), tensors(*args),
            lambda c: ([np.int64(i)] for i in range(*[c.number(a) for a in args])))

    @staticmethod
    def zip(datasets: Any) -> Dataset:
        """Elements of several data sets together, as many as the shortest has."""
        parts = structure.flatten(datasets)
        if isinstance(datasets, list) or not all(isinstance(p, Dataset) for p in parts):
            raise TypeError(static.message(
                "The argument to `Dataset.zip()` must be a nested structure of `Dataset` objects.",
                got=repr(datasets)[:100]))
        kind = Structure(structure.mapped(lambda d: d._structure.specs, datasets))
        return Dataset(
            kind, [t for p in parts for t in p._inputs],
            lambda c: ([*itertools.chain(*row)] for row in zip(*[p._iterate(c) for p in parts])))

    @staticmethod
    def list_files(file_pattern: Any, shuffle: Any = None, seed: Any = None) -> Dataset:
        """The files that patterns match."""
        from pentad.frontends.tensorflow1.data.readers import matching

        found = matching(convert_to_tensor(file_pattern, dtypes.string))
        return found.shuffle(1 << 20, seed) if shuffle is None or shuffle else found

    # -- what it is ----------------------------------------------------------------------------

    @property
    def output_types(self) -> Any:
        """The element types, in the structure of an element."""
        return self._structure.map(lambda s: s.dtype)

    @property
    def output_shapes(self) -> Any:
        """The shapes, in the structure of an element."""
        return self._structure.map(lambda s: s.shape)

    @property
    def output_classes(self) -> Any:
        """Tensor or SparseTensor, in the structure of an element."""
        return self._structure.map(lambda s: s.kind if isinstance(s.kind, type) else Dataset)

    element_spec = property(lambda self: self._structure.specs)

    def options(self) -> Any:
        """The options, which have no effect."""
        from pentad.frontends.tensorflow1.data.options import Options

        return getattr(self, "_options", None) or Options()

    def with_options(self, options: Any) -> Dataset:
        """The same data set with options, which have no effect."""
        made = self._same(self._iterate)
        made._options = options  # type: ignore[attr-defined]
        return made

    def make_one_shot_iterator(self, shared_name: Any = None) -> Any:
        """An iterator that begins by itself, and goes over the elements once."""
        from pentad.frontends.tensorflow1.data.iterators import one_shot

        return one_shot(self)

    def make_initializable_iterator(self, shared_name: Any = None) -> Any:
        """An iterator that begins when its `initializer` runs."""
        from pentad.frontends.tensorflow1.data.iterators import initializable

        return initializable(self, shared_name)

    def _same(self, iterate: iterating.Steps, *more: Any) -> Dataset:
        """Elements of the same structure."""
        return Dataset(self._structure, [*self._inputs, *more], iterate)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} shapes: {self.output_shapes}, types: {self.output_types}>"

    # -- functions of elements -----------------------------------------------------------------

    def map(
        self, map_func: Callable[..., Any], num_parallel_calls: Any = None,
        deterministic: Any = None, **more: Any,
    ) -> Dataset:
        """A function of each element, in order."""
        traced = Traced(map_func, [self._structure], "map")
        # Unlike a generator, `map` goes on after an error: ignore_errors counts on it.
        return Dataset(traced.needs(True), [*self._inputs, *traced.captures],
                       lambda c: map(functools.partial(traced, c), self._iterate(c)))

    map_with_legacy_function = map

    def filter(self, predicate: Callable[..., Any]) -> Dataset:
        """The elements for which the function gives true."""
        traced = Traced(predicate, [self._structure], "filter")
        kind = traced.needs(True)
        if [(t.name, s.ndims) for t, s in kind.types] not in ([("bool", 0)], [("bool", None)]):
            raise pt.ArgumentError(static.message(
                "`predicate` must return a scalar boolean tensor.", got=repr(kind)))
        return self._same(
            lambda c: filter(lambda row: bool(traced(c, row)[0]), self._iterate(c)),
            *traced.captures)

    filter_with_legacy_function = filter

    def flat_map(self, map_func: Callable[..., Any]) -> Dataset:
        """The elements of the data sets that a function gives, one after the other."""
        traced = Traced(map_func, [self._structure], "flat_map")
        return Dataset(
            traced.needs(False), [*self._inputs, *traced.captures],
            lambda c: (e for row in self._iterate(c) for e in traced.inner(c, row)))

    def interleave(
        self, map_func: Callable[..., Any], cycle_length: Any = 16, block_length: Any = 1,
        num_parallel_calls: Any = None, **more: Any,
    ) -> Dataset:
        """The elements of the data sets that a function gives, some of each in turn."""
        traced = Traced(map_func, [self._structure], "interleave")
        return Dataset(
            traced.needs(False),
            [*self._inputs, *traced.captures, *tensors(cycle_length, block_length)],
            lambda c: iterating.interleaved(
                self._iterate(c), lambda row: traced.inner(c, row),
                max(1, c.number(cycle_length)), c.number(block_length)))

    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any]) -> Any:
        """The elements combined into one, as a tensor."""
        from pentad.frontends.tensorflow1.data.iterators import reduced

        return reduced(self, initial_state, reduce_func)

    def apply(self, transformation_func: Callable[[Dataset], Dataset]) -> Dataset:
        """A function of the data set."""
        found = transformation_func(self)
        if not isinstance(found, Dataset):
            raise TypeError(static.message("`transformation_func` must return a Dataset.",
                                           got=repr(found)))
        return found

    # -- how many, in which order --------------------------------------------------------------

    def batch(self, batch_size: Any, drop_remainder: Any = False) -> Dataset:
        """So many elements as one, with an axis more."""
        from pentad.frontends.tensorflow1.data.sparse import joined_rows

        size = constant_value(batch_size) if isinstance(batch_size, Tensor) else batch_size
        known = int(size) if size is not None and drop_remainder is True else None
        plain = all(s.kind is not SparseTensor for s in self._structure.flat)

        def iterate(context: Any) -> Iterator[Any]:
            rows, size = self._iterate(context), context.number(batch_size)
            drop = bool(context.value(drop_remainder))
            if plain:
                return iterating.batched(rows, size, drop, iterating.stacked)
            return joined_rows(self._structure, rows, size, drop)

        return Dataset(self._structure.batched(known),
                       [*self._inputs, *tensors(batch_size, drop_remainder)], iterate)

    def padded_batch(
        self, batch_size: Any, padded_shapes: Any = None, padding_values: Any = None,
        drop_remainder: Any = False,
    ) -> Dataset:
        """So many elements as one, filled up to the longest of them or to given sizes."""
        from pentad.frontends.tensorflow1.data.padding import padded_batch

        return padded_batch(self, batch_size, padded_shapes, padding_values, drop_remainder)

    def shuffle(
        self, buffer_size: Any, seed: Any = None, reshuffle_each_iteration: Any = None
    ) -> Dataset:
        """The elements in an order drawn out of a buffer."""
        order = Shuffling(seed, reshuffle_each_iteration is not False)
        return self._same(
            lambda c: iterating.shuffled(self._iterate(c), c.number(buffer_size), order.random(c)),
            *tensors(buffer_size, seed))

    def repeat(self, count: Any = None) -> Dataset:
        """The elements again and again, so often, without an end if None or -1."""

        def iterate(context: Any) -> Iterator[Any]:
            left = -1 if count is None else context.number(count)
            while left:
                empty = True
                for row in self._iterate(context):
                    empty = False
                    yield row
                if empty and left < 0:
                    return
                left -= 1

        return self._same(iterate, *tensors(count))

    def take(self, count: Any) -> Dataset:
        """So many of the first elements, all if -1."""
        return self._same(lambda c: itertools.islice(
            self._iterate(c), None if c.number(count) < 0 else c.number(count)), *tensors(count))

    def skip(self, count: Any) -> Dataset:
        """The elements behind so many, none if -1."""

        def iterate(context: Any) -> Iterator[Any]:
            number = context.number(count)
            return iter(()) if number < 0 else itertools.islice(
                self._iterate(context), number, None)

        return self._same(iterate, *tensors(count))

    def shard(self, num_shards: Any, index: Any) -> Dataset:
        """Every so many-th element."""
        if not tensors(num_shards, index) and not 0 <= index < num_shards:
            raise pt.ArgumentError(static.message("index must be in [0, num_shards)",
                                                  got=f"{index} of {num_shards}"))
        return self._same(lambda c: itertools.islice(
            self._iterate(c), c.number(index), None, c.number(num_shards)),
            *tensors(num_shards, index))

    def concatenate(self, dataset: Dataset) -> Dataset:
        """The elements of this data set, then those of the other."""
        mine, other = self._structure, dataset._structure
        if [t for t, _ in mine.types] != [t for t, _ in other.types]:
            raise TypeError(static.message("Two datasets to concatenate have different types",
                                           expected=repr(mine), got=repr(other)))
        left = list(other.flat)
        kind = mine.changed(lambda s: s._replace(
            shape=s.shape.most_specific_compatible_shape(left.pop(0).shape)))
        return Dataset(kind, [*self._inputs, *dataset._inputs],
                       lambda c: itertools.chain(self._iterate(c), dataset._iterate(c)))

    def enumerate(self, start: Any = 0) -> Dataset:
        """Each element behind its number."""
        return Dataset.zip((Dataset.range(start, np.iinfo(np.int64).max), self))

    def prefetch(self, buffer_size: Any = None) -> Dataset:
        """The same elements; they are read when they are asked for."""
        return self._same(self._iterate)

    def cache(self, filename: Any = "") -> Dataset:
        """The same elements, kept in memory from the first time on (also if a file is named)."""
        kept: dict[Any, list[Any]] = {}

        def iterate(context: Any) -> Iterator[Any]:
            if context.store in kept:
                yield from kept[context.store]
                return
            rows = []
            for row in self._iterate(context):
                rows.append(row)
                yield row
            kept[context.store] = rows

        return self._same(iterate)

    def unbatch(self) -> Dataset:
        """The rows of the elements."""
        kind = self._structure
        if any(s.kind is SparseTensor for s in kind.flat):
            from pentad.frontends.tensorflow1.data.sparse import rows

            return Dataset(kind.unbatched(), self._inputs,
                           lambda c: (r for row in self._iterate(c) for r in rows(kind, row)))
        return Dataset(kind.unbatched(), self._inputs, lambda c: (
            r for row in self._iterate(c) for r in iterating.sliced(row)))

    def window(
        self, size: Any, shift: Any = None, stride: Any = 1, drop_remainder: Any = False
    ) -> Dataset:
        """Data sets of so many elements each, in the structure of an element."""
        parts = [Structure(s) for s in self._structure.flat]
        kind = self._structure.changed(
            lambda s: Spec(dtypes.variant, TensorShape([]), parts.pop(0)))

        def iterate(context: Any) -> Iterator[Any]:
            number = context.number(size)
            step = number if shift is None else context.number(shift)
            for rows in iterating.windows(self._iterate(context), number, step,
                                          context.number(stride),
                                          bool(context.value(drop_remainder))):
                yield [boxed([[row[i]] for row in rows]) for i in range(len(rows[0]))]

        return Dataset(kind, [*self._inputs, *tensors(size, shift, stride, drop_remainder)],
                       iterate)


DatasetV1 = DatasetV2 = Dataset


def of_variant(kind: Structure, symbol: Any) -> Dataset:
    """The data set that is an element of another."""
    return Dataset(kind, [symbol], lambda c: iter(c.value(symbol).item()))

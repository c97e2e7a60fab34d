"""Dense columns: numbers, buckets of numbers, indicators, embeddings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.columns.base import Features
from pentad.frontends.tensorflow1.columns.categorical import Categorical
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import constant
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.clipping import clip_by_norm
from pentad.frontends.tensorflow1.ops.comparison import greater_equal
from pentad.frontends.tensorflow1.ops.creation import one_hot
from pentad.frontends.tensorflow1.ops.elementwise import div_no_nan, maximum, sqrt
from pentad.frontends.tensorflow1.ops.gathering import gather
from pentad.frontends.tensorflow1.ops.reductions import reduce_sum
from pentad.frontends.tensorflow1.ops.shaping import expand_dims, reshape
from pentad.frontends.tensorflow1.variables.initializers import TruncatedNormal
from pentad.frontends.tensorflow1.variables.scope import get_variable


class Dense:
    """A column of numbers, `width` in a row."""

    name: str
    width: int

    def numbers(self, features: Features, trainable: bool = True) -> Any:
        """(batch, width) numbers."""
        raise NotImplementedError

    def __lt__(self, other: Any) -> bool:
        return self.name < other.name


class Numeric(Dense):
    """Numbers as they are."""

    def __init__(
        self, key: str, shape: Any, default_value: Any, dtype: Any, normalizer_fn: Any
    ) -> None:
        self.key = self.name = key
        self.shape, self.default_value, self.dtype = shape, default_value, dtype
        self.normalizer_fn = normalizer_fn
        self.width = math.prod(shape)

    def numbers(self, features: Features, trainable: bool = True) -> Any:
        value = features.raw(self.key)
        if isinstance(value, SparseTensor):
            raise pt.ArgumentError(static.message(
                f"The corresponding Tensor of numerical column must be a Tensor. "
                f"SparseTensor is not supported. key: {self.key}"))
        if value.dtype.base_dtype is dtypes.string:
            raise pt.ArgumentError(static.message(
                f"the feature '{self.key}' of a numeric column holds texts",
                hint="use a categorical column"))
        if self.normalizer_fn is not None:
            value = self.normalizer_fn(value)
        return reshape(cast(value, "float32"), [-1, self.width])

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """What parse_example has to read for it."""
        from pentad.frontends.tensorflow1.ops.parsing import FixedLenFeature

        return {self.key: FixedLenFeature(self.shape, self.dtype, self.default_value)}


def numeric_column(
    key: str, shape: Any = (1,), default_value: Any = None, dtype: Any = dtypes.float32,
    normalizer_fn: Callable[[Any], Any] | None = None,
) -> Numeric:
    """Numbers as they are, or as a function makes them."""
    shape = tuple(shape) if isinstance(shape, Sequence | tuple) else (int(shape),)
    if any(n <= 0 for n in shape):
        raise pt.ArgumentError(f"shape dimensions must be greater than 0, shape: {shape}")
    kind = dtypes.as_dtype(dtype)
    if not (kind.is_integer or kind.is_floating):
        raise pt.ArgumentError(f"dtype must be convertible to float: {kind.name}, key: {key}")
    if default_value is not None:
        default_value = np.broadcast_to(default_value, shape).tolist()
    return Numeric(key, shape, default_value, kind, normalizer_fn)


class Bucketized(Dense, Categorical):  # type: ignore[misc]
    """Which interval a number lies in."""

    def __init__(self, source: Numeric, boundaries: Sequence[float]) -> None:
        count = len(boundaries) + 1
        Categorical.__init__(self, source.key, f"{source.name}_bucketized",
                             count * source.width, dtypes.int64)
        self.source, self.boundaries, self.count = source, tuple(boundaries), count
        self.width = count * source.width

    def _places(self, features: Features) -> Any:
        x = self.source.numbers(features)
        limits = constant(list(self.boundaries), dtypes.float32)
        return reduce_sum(cast(greater_equal(expand_dims(x, -1), limits), "int64"), -1)

    def numbers(self, features: Features, trainable: bool = True) -> Any:
        return reshape(one_hot(self._places(features), self.count), [-1, self.width])

    def ids(self, features: Features) -> tuple[Any, Any]:
        shift = constant(np.arange(self.source.width) * self.count, dtypes.int64)
        return self._places(features) + shift, None

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        return self.source.parse_example_spec


def bucketized_column(source_column: Numeric, boundaries: Sequence[float]) -> Bucketized:
    """The interval between boundaries that a number lies in."""
    if not isinstance(source_column, Numeric):
        raise pt.ArgumentError(static.message(
            "source_column must be a column generated with numeric_column().",
            got=repr(source_column)))
    if len(source_column.shape) > 1:
        raise pt.ArgumentError("source_column must be one-dimensional column.")
    if not boundaries or list(boundaries) != sorted(set(boundaries)):
        raise pt.ArgumentError(static.message("boundaries must be a sorted list.",
                                              got=str(boundaries)))
    return Bucketized(source_column, boundaries)


class _Indicator(Dense):
    def __init__(self, column: Categorical) -> None:
        self.column, self.name, self.width = column, f"{column.name}_indicator", column.num_buckets
        self.parse_example_spec = column.parse_example_spec

    def numbers(self, features: Features, trainable: bool = True) -> Any:
        ids, weights = features.of(self.column)
        rows = one_hot(ids, self.width)
        if weights is not None:
            rows = rows * expand_dims(weights, -1)
        return reshape(reduce_sum(rows, -2), [-1, self.width])


def indicator_column(categorical_column: Categorical) -> Dense:
    """How often each id is there."""
    return _Indicator(categorical_column)


class _Embedding(Dense):
    def __init__(
        self, column: Categorical, dimension: int, combiner: str, initializer: Any,
        max_norm: Any, trainable: bool, shared: str | None = None,
    ) -> None:
        self.column, self.width, self.combiner = column, dimension, combiner
        self.initializer = initializer or TruncatedNormal(stddev=1 / math.sqrt(dimension))
        self.max_norm, self.trainable, self.shared = max_norm, trainable, shared
        self.name = f"{column.name}_{'shared_' if shared else ''}embedding"
        self.parse_example_spec = column.parse_example_spec

    def numbers(self, features: Features, trainable: bool = True) -> Any:
        table = get_variable(
            "embedding_weights", [self.column.num_buckets, self.width],
            dtypes.float32, self.initializer, trainable=self.trainable and trainable)
        return combined(table, *features.of(self.column), self.combiner, self.max_norm)


def combined(table: Any, ids: Any, weights: Any, combiner: str, max_norm: Any = None) -> Any:
    """The rows of a table for ids, added up; ids below 0 count nothing."""
    present = cast(greater_equal(ids, constant(0, ids.dtype.base_dtype)), "float32")
    if weights is not None:
        present = present * weights
    rows = gather(table, maximum(ids, constant(0, ids.dtype.base_dtype)))
    if max_norm is not None:
        rows = clip_by_norm(rows, max_norm, axes=[-1])
    total = reduce_sum(rows * expand_dims(present, -1), 1)
    if combiner == "sum":
        return total
    if combiner == "mean":
        return div_no_nan(total, reduce_sum(present, 1, keepdims=True))
    return div_no_nan(total, sqrt(reduce_sum(present * present, 1, keepdims=True)))


def _checked(dimension: Any, combiner: str) -> None:
    if dimension is None or dimension < 1:
        raise pt.ArgumentError(f"Invalid dimension {dimension}.")
    if combiner not in ("mean", "sqrtn", "sum"):
        raise pt.ArgumentError(static.message("an unknown combiner", expected="mean, sqrtn, sum",
                                              got=repr(combiner)))


def embedding_column(
    categorical_column: Categorical, dimension: int, combiner: str = "mean",
    initializer: Any = None, ckpt_to_load_from: Any = None, tensor_name_in_ckpt: Any = None,
    max_norm: Any = None, trainable: bool = True, use_safe_embedding_lookup: bool = True,
) -> Dense:
    """Trained vectors for ids, added up where a row has several."""
    _checked(dimension, combiner)
    if (ckpt_to_load_from is None) != (tensor_name_in_ckpt is None):
        raise pt.ArgumentError("Must specify both `ckpt_to_load_from` and `tensor_name_in_ckpt` or "
                               "none of them.")
    if ckpt_to_load_from is not None:
        from pentad.frontends.tensorflow1.train.checkpoints import load_variable

        initializer = _Loaded(lambda: load_variable(ckpt_to_load_from, tensor_name_in_ckpt))
    return _Embedding(categorical_column, dimension, combiner, initializer, max_norm, trainable)


class _Loaded:
    """An initializer that reads a checkpoint."""

    def __init__(self, load: Callable[[], Any]) -> None:
        self.load = load

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        return constant(self.load(), dtypes.float32)


def shared_embedding_columns(
    categorical_columns: Any, dimension: int, combiner: str = "mean", initializer: Any = None,
    shared_embedding_collection_name: str | None = None, ckpt_to_load_from: Any = None,
    tensor_name_in_ckpt: Any = None, max_norm: Any = None, trainable: bool = True,
    use_safe_embedding_lookup: bool = True,
) -> list[Dense]:
    """The same vectors for the ids of several columns."""
    _checked(dimension, combiner)
    name = shared_embedding_collection_name or (
        "_".join(sorted(c.name for c in categorical_columns)) + "_shared_embedding")
    return [_Embedding(c, dimension, combiner, initializer, max_norm, trainable, name)
            for c in categorical_columns]

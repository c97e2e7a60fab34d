"""Categorical columns: ids, -1 where there is none."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.columns.base import Features, bucket, crossed, lookup, text_of
from pentad.frontends.tensorflow1.columns.hashing import fingerprint
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.resources import apply
from pentad.frontends.tensorflow1.framework.shapes import TensorShape
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.platform.file_io import GFile


class Categorical:
    """A column of ids below `num_buckets`."""

    def __init__(self, key: str, name: str, num_buckets: int, dtype: Any) -> None:
        self.key, self.name, self.num_buckets, self.dtype = key, name, num_buckets, dtype

    def ids(self, features: Features) -> tuple[Any, Any]:
        """(ids, weights or None) of a batch."""
        raise NotImplementedError

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """What parse_example has to read for it."""
        from pentad.frontends.tensorflow1.ops.parsing import VarLenFeature

        return {self.key: VarLenFeature(self.dtype)}

    def __lt__(self, other: Any) -> bool:
        return self.name < other.name


class _Looked(Categorical):
    """A column whose ids a Python function of elements gives."""

    def __init__(self, key: str, num_buckets: int, dtype: Any, rule: Any) -> None:
        super().__init__(key, key, num_buckets, dtype)
        self.rule = rule

    def ids(self, features: Features) -> tuple[Any, Any]:
        return lookup("CategoryOf", self.rule, features.matrix(self.key)), None


def categorical_column_with_identity(
    key: str, num_buckets: int, default_value: int | None = None
) -> Categorical:
    """Whole numbers as ids."""
    if num_buckets < 1:
        raise pt.ArgumentError(f"num_buckets {num_buckets} < 1, column_name {key}")
    if default_value is not None and not 0 <= default_value < num_buckets:
        raise pt.ArgumentError(
            f"default_value {default_value} not in range [0, {num_buckets}), column_name {key}")

    def rule(value: int) -> int:
        if 0 <= value < num_buckets:
            return value
        if default_value is not None:
            return default_value
        if value == -1:
            return -1
        from pentad.frontends.tensorflow1.errors import InvalidArgumentError

        raise InvalidArgumentError(None, None, static.message(
            f"values of '{key}' are no ids", expected=f"0 to {num_buckets - 1}", got=str(value),
            hint="give a default_value"))

    return _Looked(key, num_buckets, dtypes.int64, rule)


def categorical_column_with_vocabulary_list(
    key: str, vocabulary_list: Any, dtype: Any = None, default_value: int = -1,
    num_oov_buckets: int = 0,
) -> Categorical:
    """Elements of a list, by their places in it."""
    words = list(vocabulary_list)
    if not words or len(set(words)) != len(words):
        raise pt.ArgumentError(static.message(
            "Duplicate keys in vocabulary_list." if words else "vocabulary_list must be non-empty",
            got=f"{key}: {words[:20]}"))
    kind = dtypes.as_dtype(dtype or np.asarray(words).dtype)
    kind = dtypes.string if kind is dtypes.string else dtypes.int64
    return _vocabulary(key, words, kind, default_value, num_oov_buckets)


def _vocabulary(
    key: str, words: Sequence[Any], kind: Any, default_value: int, oov: int
) -> Categorical:
    if oov and default_value != -1:
        raise pt.ArgumentError("Can't specify both num_oov_buckets and default_value.")
    text = kind is dtypes.string
    places = {(text_of(w) if text else int(w)): i for i, w in enumerate(words)}

    def rule(value: Any) -> int:
        if value in places:
            return places[value]
        if value in (b"", -1):
            return -1
        if oov:
            return len(places) + fingerprint(text_of(value)) % oov
        return default_value

    return _Looked(key, len(places) + oov, kind, rule)


def categorical_column_with_vocabulary_file(
    key: str, vocabulary_file: Any, vocabulary_size: int | None = None, num_oov_buckets: int = 0,
    default_value: int | None = None, dtype: Any = dtypes.string,
) -> Categorical:
    """The lines of a file, by their numbers."""
    with GFile(vocabulary_file) as file:
        words = file.read().splitlines()
    if vocabulary_size is not None and vocabulary_size > len(words):
        raise pt.ArgumentError(static.message(
            "vocabulary_size is larger than the file", expected=f"at most {len(words)}",
            got=str(vocabulary_size)))
    kind = dtypes.string if dtypes.as_dtype(dtype) is dtypes.string else dtypes.int64
    return _vocabulary(key, words[:vocabulary_size], kind,
                       -1 if default_value is None else default_value, num_oov_buckets)


def categorical_column_with_hash_bucket(
    key: str, hash_bucket_size: int, dtype: Any = dtypes.string
) -> Categorical:
    """Elements sorted into buckets by their fingerprints."""
    if hash_bucket_size is None or hash_bucket_size < 1:
        raise pt.ArgumentError(f"hash_bucket_size must be at least 1, got {hash_bucket_size}")
    return _Looked(key, hash_bucket_size, dtypes.as_dtype(dtype),
                   lambda value: bucket(value, hash_bucket_size))


class _Weighted(Categorical):
    def __init__(self, column: Categorical, weights: str, dtype: Any) -> None:
        super().__init__(column.key, f"{column.name}_weighted_by_{weights}", column.num_buckets,
                         column.dtype)
        self.column, self.weights, self.weights_dtype = column, weights, dtype

    def ids(self, features: Features) -> tuple[Any, Any]:
        return features.of(self.column)[0], cast(features.matrix(self.weights, True), "float32")

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        from pentad.frontends.tensorflow1.ops.parsing import VarLenFeature

        return {**self.column.parse_example_spec,
                self.weights: VarLenFeature(self.weights_dtype)}


def weighted_categorical_column(
    categorical_column: Categorical, weight_feature_key: str, dtype: Any = dtypes.float32
) -> Categorical:
    """The ids of a column, weighted by another feature."""
    return _Weighted(categorical_column, weight_feature_key, dtypes.as_dtype(dtype))


class _Crossed(Categorical):
    def __init__(self, keys: Sequence[Any], count: int, hash_key: int) -> None:
        names = []
        for k in keys:
            inner = k.keys if isinstance(k, _Crossed) else [k]
            names += [i if isinstance(i, str) else i.name for i in inner]
        super().__init__("", "_X_".join(sorted(names)), count, dtypes.int64)
        self.keys, self.hash_key = list(keys), hash_key

    def ids(self, features: Features) -> tuple[Any, Any]:
        values = []
        for key in self.keys:
            if isinstance(key, str):
                raw = features.raw(key)
                if not isinstance(raw, SparseTensor) and raw.dtype.is_floating:
                    raise pt.ArgumentError(static.message(
                        "Unsupported key type: crossed features are texts or whole numbers",
                        got=f"{key}: {raw.dtype.name}", hint="use a bucketized_column"))
                values.append(features.matrix(key))
            else:
                values.append(features.of(key)[0])

        def run(store: Any, node: Any, *arrays: Any) -> Any:
            rows = []
            for i in range(len(arrays[0])):
                present = [[v for v in a[i].tolist() if v not in (b"", -1)] for a in arrays]
                rows.append([crossed(c, self.hash_key, self.num_buckets)
                             for c in itertools.product(*present)])
            width = max((len(r) for r in rows), default=0) or 1
            return np.array([r + [-1] * (width - len(r)) for r in rows], np.int64).reshape(
                len(rows), width)

        return apply(static.ResourceOp("SparseCross", run), values,
                     [(dtypes.int64, TensorShape([None, None]))], "SparseCross").outputs[0], None

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        from pentad.frontends.tensorflow1.ops.parsing import VarLenFeature

        found: dict[str, Any] = {}
        for key in self.keys:
            found |= {key: VarLenFeature(dtypes.string)} if isinstance(key, str) else (
                key.parse_example_spec)
        return found


def crossed_column(keys: Any, hash_bucket_size: int, hash_key: int | None = None) -> Categorical:
    """The combinations of several features, sorted into buckets by their fingerprints."""
    if not hash_bucket_size or hash_bucket_size < 1:
        raise pt.ArgumentError(f"hash_bucket_size must be > 1. hash_bucket_size: "
                               f"{hash_bucket_size}")
    if not keys or len(keys) < 2:
        raise pt.ArgumentError(f"keys must be a list with length > 1. Given: {keys}")
    return _Crossed(keys, hash_bucket_size, 0xDECAFCAFFE if hash_key is None else hash_key)

"""Texts to tensors: examples, CSV, raw bytes."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections import namedtuple
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.framework.messages import (
    Example,
    TensorProto,
    make_ndarray,
    make_tensor_proto,
)
from pentad.frontends.tensorflow1.framework.resources import apply, boxed
from pentad.frontends.tensorflow1.framework.shapes import TensorShape, as_shape
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor


class VarLenFeature(namedtuple("VarLenFeature", ["dtype"])):
    """A feature with any number of values: a SparseTensor."""


class SparseFeature(namedtuple("SparseFeature", [
        "index_key", "value_key", "dtype", "size", "already_sorted"])):
    """A SparseTensor whose indices and values are two features."""

    def __new__(
        cls, index_key: Any, value_key: str, dtype: Any, size: Any, already_sorted: bool = False
    ) -> Any:
        """index_key: the feature of indices, or one for each axis."""
        return super().__new__(cls, index_key, value_key, dtype, size, already_sorted)


class FixedLenFeature(namedtuple("FixedLenFeature", ["shape", "dtype", "default_value"])):
    """A feature of one shape; `default_value` where an example has none."""

    def __new__(cls, shape: Any, dtype: Any, default_value: Any = None) -> Any:
        """Without a default, each example must have it."""
        return super().__new__(cls, shape, dtype, default_value)


class FixedLenSequenceFeature(namedtuple("FixedLenSequenceFeature", [
        "shape", "dtype", "allow_missing", "default_value"])):
    """A feature of rows of one shape, filled up to the longest of the batch."""

    def __new__(
        cls, shape: Any, dtype: Any, allow_missing: bool = False, default_value: Any = None
    ) -> Any:
        """shape: that of a row."""
        return super().__new__(cls, shape, dtype, allow_missing, default_value)


_LISTS = {"string": "bytes_list", "float32": "float_list", "int64": "int64_list"}


class _Column(NamedTuple):
    """How one feature is read."""

    key: str
    feature: Any
    dtype: Any
    shape: tuple[int, ...]

    @property
    def sparse(self) -> bool:
        return isinstance(self.feature, VarLenFeature)

    def types(self, lead: list[int | None]) -> list[tuple[Any, TensorShape]]:
        """The types of what it gives for a batch."""
        if self.sparse:
            rank = len(lead) + 1
            return [(dtypes.int64, TensorShape([None, rank])), (self.dtype, TensorShape([None])),
                    (dtypes.int64, TensorShape([rank]))]
        more = [None] if isinstance(self.feature, FixedLenSequenceFeature) else []
        return [(self.dtype, TensorShape([*lead, *more, *self.shape]))]


def _column(key: str, feature: Any) -> _Column:
    kind = dtypes.as_dtype(feature.dtype)
    if kind.name not in _LISTS:
        raise pt.ArgumentError(static.message(
            f"Unsupported type of feature {key}", expected="string, float32 or int64",
            got=kind.name))
    shape: tuple[int, ...] = ()
    if not isinstance(feature, VarLenFeature):
        if feature.shape is None:
            raise pt.ArgumentError(f"Missing shape for feature {key}.")
        sizes = as_shape(feature.shape)
        if not sizes.is_fully_defined():
            raise pt.ArgumentError(static.message(
                f"All dimensions of shape for feature {key} need to be known", got=str(sizes)))
        shape = tuple(sizes.as_list())
    return _Column(key, feature, kind, shape)


def _values(column: _Column, example: Any, index: int) -> Any:
    """The values of a feature in an example as an array, None if it has none."""
    found = example.features.feature.get(column.key)
    if found is None or found.WhichOneof("kind") is None:
        return None
    wanted = _LISTS[column.dtype.name]
    if found.WhichOneof("kind") != wanted:
        raise errors.InvalidArgumentError(None, None, static.message(
            f"Key: {column.key}. Data types don't match", expected=wanted,
            got=f"{found.WhichOneof('kind')} in example {index}"))
    return _array(getattr(found, wanted).value, column.dtype)


def _array(values: Any, dtype: Any) -> Any:
    made = np.empty(len(values), dtype.as_numpy_dtype)
    made[:] = values
    return made


def _fixed(column: _Column, rows: list[Any]) -> Any:
    feature, size = column.feature, int(np.prod(column.shape))
    for i, row in enumerate(rows):
        if row is None and feature.default_value is not None:
            default = feature.default_value
            default = np.asarray(default, object if column.dtype is dtypes.string else None)
            rows[i] = np.broadcast_to(default.reshape(-1), (size,)).astype(
                column.dtype.as_numpy_dtype)
            if column.dtype is dtypes.string:
                rows[i] = _array([v.encode() if isinstance(v, str) else v for v in rows[i]],
                                 column.dtype)
        elif row is None:
            raise errors.InvalidArgumentError(None, None, static.message(
                f"Feature: {column.key} (data type: {column.dtype.name}) is required but could not "
                "be found.", got=f"example {i}"))
        elif len(row) != size:
            raise errors.InvalidArgumentError(None, None, static.message(
                f"Key: {column.key}, Index: {i}. Number of values != expected.",
                expected=f"{size}, shape {list(column.shape)}", got=str(len(row))))
    return np.stack([r.reshape(column.shape) for r in rows]) if rows else np.zeros(
        (0, *column.shape), column.dtype.as_numpy_dtype)


def _sequence(column: _Column, rows: list[Any]) -> Any:
    size = int(np.prod(column.shape))
    found = [np.zeros(0, column.dtype.as_numpy_dtype) if r is None else r for r in rows]
    longest = max((len(r) // size for r in found), default=0)
    fill = column.feature.default_value
    fill = (b"" if column.dtype is dtypes.string else 0) if fill is None else fill
    made = np.full((len(rows), longest * size), fill, column.dtype.as_numpy_dtype)
    for i, row in enumerate(found):
        made[i, :len(row)] = row
    return made.reshape(len(rows), longest, *column.shape)


def _sparse(column: _Column, rows: list[Any]) -> list[Any]:
    found = [np.zeros(0, column.dtype.as_numpy_dtype) if r is None else r for r in rows]
    indices = [[i, j] for i, r in enumerate(found) for j in range(len(r))]
    return [np.array(indices, np.int64).reshape(-1, 2), np.concatenate(found) if found else
            np.zeros(0, column.dtype.as_numpy_dtype),
            np.array([len(rows), max(map(len, found), default=0)], np.int64)]


def _parse(store: Any, node: Any, serialized: Any) -> Any:
    single = np.ndim(serialized) == 0
    examples = []
    for i, data in enumerate(np.asarray(serialized, object).reshape(-1)):
        try:
            examples.append(Example.FromString(data))
        except pt.FormatError as error:
            raise errors.InvalidArgumentError(None, None, static.message(
                f"Could not parse example input, value: {data[:40]!r}",
                got=f"example {i}: {error}")) from error
    results: list[Any] = []
    for column in node.extra["columns"]:
        rows = [_values(column, e, i) for i, e in enumerate(examples)]
        if column.sparse:
            parts = _sparse(column, rows)
            results += [parts[0][:, 1:], parts[1], parts[2][1:]] if single else parts
            continue
        made = (_sequence if isinstance(column.feature, FixedLenSequenceFeature) else _fixed)(
            column, rows)
        results.append(made[0] if single else made)
    return tuple(results)


_PARSE = static.ResourceOp("ParseExample", _parse)


def parse_example(
    serialized: Any, features: Mapping[str, Any], name: str | None = None,
    example_names: Any = None,
) -> dict[str, Any]:
    """The features of a batch of serialized examples, as tensors by key."""
    if not features:
        raise pt.ArgumentError("Missing: features was None or empty.")
    data = convert_to_tensor(serialized, dtypes.string)
    lead = [] if data.shape.ndims == 0 else [data.shape[0].value if data.shape.ndims else None]
    plain = _plain(features)
    columns = [_column(k, plain[k]) for k in sorted(plain)]
    types = [t for c in columns for t in c.types(lead)]
    node = apply(_PARSE, [data], types, name or "ParseExample", columns=columns)
    left, found = list(node.outputs), {}
    for c in columns:
        found[c.key] = SparseTensor(*[left.pop(0) for _ in range(3)]) if c.sparse else left.pop(0)
    return {k: _of_parts(f, found) if isinstance(f, SparseFeature) else found[k]
            for k, f in features.items()}


def _plain(features: Mapping[str, Any]) -> dict[str, Any]:
    """The features that have to be read: those of SparseFeatures by their own keys."""
    found: dict[str, Any] = {}
    for key, feature in features.items():
        if isinstance(feature, SparseFeature):
            found[feature.index_key] = VarLenFeature(dtypes.int64)
            found[feature.value_key] = VarLenFeature(feature.dtype)
        else:
            found[key] = feature
    return found


def _of_parts(feature: SparseFeature, found: Mapping[str, Any]) -> SparseTensor:
    indices, values = found[feature.index_key], found[feature.value_key]

    def run(store: Any, node: Any, places: Any, at: Any, shape: Any) -> Any:
        order = np.lexsort((at, places[:, 0])) if places.shape[1] > 1 else np.argsort(at)
        full = np.concatenate([places[:, :-1], at[:, None]], 1)[order]
        return full, order.astype(np.int64), np.array([*shape[:-1], feature.size], np.int64)

    rank = indices.indices.shape[1].value
    node = apply(static.ResourceOp("SparseFeature", run),
                 [indices.indices, indices.values, indices.dense_shape],
                 [(dtypes.int64, TensorShape([None, rank])), (dtypes.int64, TensorShape([None])),
                  (dtypes.int64, TensorShape([rank]))], "SparseFeature")
    places, order, shape = node.outputs
    kind = [(values.dtype, TensorShape([None]))]
    picked = apply(static.ResourceOp("PickValues", lambda s, n, v, i: v[i]),
                   [values.values, order], kind, "PickValues").outputs[0]
    return SparseTensor(places, picked, shape)


def parse_single_example(
    serialized: Any, features: Mapping[str, Any], name: str | None = None,
    example_names: Any = None,
) -> dict[str, Any]:
    """The features of one serialized example."""
    data = convert_to_tensor(serialized, dtypes.string)
    data.shape.assert_is_compatible_with([])
    data.set_shape([])
    return parse_example(data, features, name or "ParseSingleExample")


# -- other texts -----------------------------------------------------------------------------------


def _csv(store: Any, node: Any, records: Any, *defaults: Any) -> Any:
    extra = node.extra
    rows = []
    for i, record in enumerate(np.asarray(records, object).reshape(-1)):
        [fields] = csv.reader([record.decode("utf-8", "surrogateescape")],
                              delimiter=extra["delim"], strict=False,
                              quoting=csv.QUOTE_MINIMAL if extra["quotes"] else csv.QUOTE_NONE)
        fields = fields or [""]
        if extra["picked"] is not None:
            fields = [fields[p] for p in extra["picked"]]
        if len(fields) != len(defaults):
            raise errors.InvalidArgumentError(None, None, static.message(
                f"Expect {len(defaults)} fields but have {len(fields)} in record {i}"))
        rows.append(fields)
    return tuple(
        _csv_column([r[k] for r in rows], default, symbol, k, extra["na"]).reshape(
            np.shape(records))
        for k, (default, symbol) in enumerate(zip(defaults, node.outputs)))


def _csv_column(fields: list[str], default: Any, symbol: Any, column: int, na: str) -> Any:
    kind = symbol.dtype.base_dtype
    made = np.empty(len(fields), kind.as_numpy_dtype)
    for i, text in enumerate(fields):
        if text in ("", na):
            if not np.size(default):
                raise errors.InvalidArgumentError(None, None, static.message(
                    f"Field {column} is required but missing in record {i}!"))
            made[i] = np.reshape(default, -1)[0]
        elif kind is dtypes.string:
            made[i] = text.encode("utf-8", "surrogateescape")
        else:
            try:
                made[i] = int(text) if kind.is_integer else float(text)
            except (ValueError, OverflowError):
                raise errors.InvalidArgumentError(None, None, static.message(
                    f"Field {column} in record {i} is not a valid {kind.name}: {text}")) from None
    return made


_DECODE_CSV = static.ResourceOp("DecodeCSV", _csv)


def decode_csv(
    records: Any, record_defaults: Any, field_delim: str = ",", use_quote_delim: bool = True,
    name: str | None = None, na_value: str = "", select_cols: Any = None,
) -> list[Any]:
    """The fields of lines, one tensor for each column; the defaults say of which type."""
    data = convert_to_tensor(records, dtypes.string)
    defaults = [convert_to_tensor([], d) if isinstance(d, dtypes.DType) else convert_to_tensor(d)
                for d in record_defaults]
    picked = None if select_cols is None else list(select_cols)
    if picked is not None and (len(picked) != len(defaults) or picked != sorted(set(picked))):
        raise pt.ArgumentError("select_cols and record_defaults must have the same length, and "
                               "select_cols must be increasing.")
    node = apply(_DECODE_CSV, [data, *defaults], [(d.dtype.base_dtype, data.shape)
                                                  for d in defaults],
                 name or "DecodeCSV", delim=field_delim, quotes=use_quote_delim, na=na_value,
                 picked=picked)
    return list(node.outputs)


def _raw(store: Any, node: Any, data: Any, out_type: Any, little_endian: bool) -> Any:
    texts = np.asarray(data, object).reshape(-1)
    kind = np.dtype(out_type.as_numpy_dtype)
    if len({len(t) for t in texts}) > 1 or any(len(t) % kind.itemsize for t in texts):
        raise errors.InvalidArgumentError(None, None, static.message(
            "DecodeRaw requires input strings to all be the same size, a multiple of the type's",
            expected=f"multiples of {kind.itemsize} bytes",
            got=", ".join(sorted({str(len(t)) for t in texts})[:5])))
    rows = [np.frombuffer(t, kind.newbyteorder("<" if little_endian else ">")) for t in texts]
    width = len(rows[0]) if rows else 0
    return np.array(rows, kind).reshape(*np.shape(data), width)


_DECODE_RAW = op("DecodeRaw", "bytes: string; out_type, little_endian=True -> output: out_type",
                 _raw, kind=static.ResourceOp,
                 types=lambda bytes, out_type, little_endian: [
                     (out_type, None if bytes.shape.ndims is None
                      else (*bytes.static_type.shape, None))])


def decode_raw(
    input_bytes: Any = None, out_type: Any = None, little_endian: bool = True,
    name: str | None = None, bytes: Any = None,
) -> Any:
    """The bytes of texts as numbers."""
    data = bytes if input_bytes is None else input_bytes
    return _DECODE_RAW(data, out_type=dtypes.as_dtype(out_type), little_endian=little_endian,
                       name=name)


def _parse_tensor(store: Any, node: Any, serialized: Any, out_type: Any) -> Any:
    try:
        found = make_ndarray(TensorProto.FromString(np.asarray(serialized, object).item()))
    except pt.FormatError as error:
        raise errors.InvalidArgumentError(None, None, str(error)) from error
    wanted = node.outputs[0].dtype.base_dtype
    if dtypes.as_dtype(found.dtype) is not wanted:
        raise errors.InvalidArgumentError(None, None, static.message(
            "Type mismatch between parsed tensor and dtype", expected=wanted.name,
            got=str(found.dtype)))
    return found


parse_tensor = op("ParseTensor", "serialized: string; out_type -> output: out_type", _parse_tensor,
                  kind=static.ResourceOp,
                  types=lambda serialized, out_type: [(out_type, None)])
serialize_tensor = op(
    "SerializeTensor", "tensor: T -> serialized: string",
    lambda store, node, tensor: boxed(make_tensor_proto(tensor).SerializeToString()),
    kind=static.ResourceOp, types=lambda *_: [(dtypes.string, ())])


def _unpacked(store: Any, node: Any, data: Any, compression_type: str) -> Any:
    made = np.empty(np.shape(data), object)
    flat = made.reshape(-1)
    for i, text in enumerate(np.asarray(data, object).reshape(-1)):
        try:
            if compression_type == "GZIP":
                flat[i] = gzip.decompress(text)
            else:
                flat[i] = zlib.decompress(text) if compression_type == "ZLIB" else text
        except (OSError, EOFError, zlib.error) as error:
            raise errors.DataLossError(None, None, f"decode_compressed: {error}") from error
    return made


decode_compressed = op(
    "DecodeCompressed", "bytes: string; compression_type='' -> output: string", _unpacked,
    kind=static.ResourceOp,
    types=lambda bytes, compression_type: [(dtypes.string, bytes.static_type.shape)])
__all__ = ["FixedLenFeature", "VarLenFeature", "decode_csv", "decode_raw",
           "parse_example", "parse_single_example"]

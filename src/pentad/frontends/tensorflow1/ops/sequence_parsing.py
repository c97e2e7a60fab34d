"""Serialized SequenceExamples to tensors: a context, and lists of features."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.messages import Example, SequenceExample
from pentad.frontends.tensorflow1.framework.resources import apply
from pentad.frontends.tensorflow1.framework.shapes import TensorShape
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor
from pentad.frontends.tensorflow1.ops.parsing import (
    _LISTS,
    FixedLenSequenceFeature,
    VarLenFeature,
    _array,
    _column,
    parse_example,
)

_STRIP = static.ResourceOp("ContextOfExamples", lambda store, node, data: _contexts(data))


def _messages(data: Any) -> list[Any]:
    found = []
    for i, text in enumerate(np.asarray(data, object).reshape(-1)):
        try:
            found.append(SequenceExample.FromString(text))
        except pt.FormatError as error:
            raise errors.InvalidArgumentError(None, None, static.message(
                f"Could not parse example input, value: {text[:40]!r}",
                got=f"example {i}: {error}")) from error
    return found


def _contexts(data: Any) -> Any:
    """The contexts of SequenceExamples as serialized Examples."""
    made = np.empty(np.shape(data), object)
    flat = [Example(features=m.context).SerializeToString() for m in _messages(data)]
    made.reshape(-1)[:] = flat
    return made


class _List(NamedTuple):
    """A list of features, and how it is read."""

    column: Any
    missing: bool


def _rows(wanted: _List, message: Any, index: int) -> list[Any]:
    """For each step the values of a feature."""
    column = wanted.column
    found = message.feature_lists.feature_list.get(column.key)
    if found is None:
        if not wanted.missing:
            raise errors.InvalidArgumentError(None, None, static.message(
                f"Name: example {index}, Feature list '{column.key}' is required but could not be "
                "found.", hint="Did you mean to include it in feature_list_dense_missing_assumed_"
                "empty or feature_list_dense_defaults? Set allow_missing=True"))
        return []
    kind, rows = _LISTS[column.dtype.name], []
    size = int(np.prod(column.shape))
    for step, feature in enumerate(found.feature):
        have = feature.WhichOneof("kind")
        if have not in (None, kind) or (have is None and not column.sparse):
            raise errors.InvalidArgumentError(None, None, static.message(
                f"Feature list: {column.key}, Index: {step}. Data types don't match.",
                expected=kind, got=str(have)))
        values = _array(getattr(feature, kind).value if have else [], column.dtype)
        if not column.sparse and len(values) != size:
            raise errors.InvalidArgumentError(None, None, static.message(
                f"Key: {column.key}, Index: {step}. Number of values != expected.",
                expected=f"{size}, shape {list(column.shape)}", got=str(len(values))))
        rows.append(values)
    return rows


def _dense(column: Any, each: list[list[Any]]) -> list[Any]:
    longest = max(map(len, each), default=0)
    fill = b"" if column.dtype is dtypes.string else 0
    made = np.full((len(each), longest, *column.shape), fill, column.dtype.as_numpy_dtype)
    for i, rows in enumerate(each):
        for t, row in enumerate(rows):
            made[i, t] = row.reshape(column.shape)
    return [made, np.array([len(rows) for rows in each], np.int64)]


def _sparse(column: Any, each: list[list[Any]]) -> list[Any]:
    places = [(i, t, k) for i, rows in enumerate(each) for t, row in enumerate(rows)
              for k in range(len(row))]
    values = [row for rows in each for row in rows]
    return [np.array(places, np.int64).reshape(-1, 3),
            np.concatenate(values) if values else np.zeros(0, column.dtype.as_numpy_dtype),
            np.array([len(each), max(map(len, each), default=0),
                      max(map(len, values), default=0)], np.int64)]


def _lists(store: Any, node: Any, data: Any) -> Any:
    messages = _messages(data)
    single, results = np.ndim(data) == 0, []
    for wanted in node.extra["lists"]:
        each = [_rows(wanted, m, i) for i, m in enumerate(messages)]
        if wanted.column.sparse:
            places, values, shape = _sparse(wanted.column, each)
            results += [places[:, 1:], values, shape[1:]] if single else [places, values, shape]
        else:
            made, lengths = _dense(wanted.column, each)
            results += [made[0], lengths[0]] if single else [made, lengths]
    return tuple(results)


_PARSE = static.ResourceOp("ParseSequenceExample", _lists)


def _types(wanted: _List, lead: list[int | None]) -> list[tuple[Any, TensorShape]]:
    column, rank = wanted.column, len(lead) + 2
    if column.sparse:
        return [(dtypes.int64, TensorShape([None, rank])), (column.dtype, TensorShape([None])),
                (dtypes.int64, TensorShape([rank]))]
    return [(column.dtype, TensorShape([*lead, None, *column.shape])),
            (dtypes.int64, TensorShape(lead))]


def _parsed(data: Any, context: Any, sequence: Any, name: str) -> tuple[Any, Any, Any]:
    if not context and not sequence:
        raise pt.ArgumentError("Missing features.")
    lead = [] if data.shape.ndims == 0 else [data.shape[0].value]
    found_context = {}
    if context:
        text = apply(_STRIP, [data], [(dtypes.string, data.shape)], f"{name}/context").outputs[0]
        found_context = parse_example(text, context, f"{name}/Context")
    lists = [_List(_column(key, feature), getattr(feature, "allow_missing", True))
             for key, feature in sorted((sequence or {}).items())]
    for wanted in lists:
        if not isinstance(wanted.column.feature, VarLenFeature | FixedLenSequenceFeature):
            raise pt.ArgumentError(static.message(
                f"Unsupported sequence_features feature type {wanted.column.feature}",
                expected="FixedLenSequenceFeature or VarLenFeature"))
    found: dict[str, Any] = {}
    lengths: dict[str, Any] = {}
    if lists:
        types = [t for wanted in lists for t in _types(wanted, lead)]
        left = list(apply(_PARSE, [data], types, name, lists=lists).outputs)
        for wanted in lists:
            key = wanted.column.key
            if wanted.column.sparse:
                found[key] = SparseTensor(*[left.pop(0) for _ in range(3)])
            else:
                found[key], lengths[key] = left.pop(0), left.pop(0)
    return found_context, found, lengths


def parse_single_sequence_example(
    serialized: Any, context_features: Any = None, sequence_features: Any = None,
    example_name: Any = None, name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the context, the lists of features) of one serialized SequenceExample, by key."""
    data = convert_to_tensor(serialized, dtypes.string)
    data.set_shape([])
    return _parsed(data, context_features, sequence_features,
                   name or "ParseSingleSequenceExample")[:2]


def parse_sequence_example(
    serialized: Any, context_features: Any = None, sequence_features: Any = None,
    example_names: Any = None, name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """(contexts, lists of features, the lengths of the dense ones) of a batch, by key."""
    data = convert_to_tensor(serialized, dtypes.string)
    data.shape.assert_has_rank(1)
    return _parsed(data, context_features, sequence_features, name or "ParseSequenceExample")


__all__ = ["parse_sequence_example", "parse_single_sequence_example"]

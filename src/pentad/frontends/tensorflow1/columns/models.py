"""Layers of columns: input_layer, linear_model."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.columns.base import Features
from pentad.frontends.tensorflow1.columns.categorical import Categorical
from pentad.frontends.tensorflow1.columns.dense import Dense, _Embedding, combined
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.ops.matrices import matmul
from pentad.frontends.tensorflow1.ops.reductions import add_n
from pentad.frontends.tensorflow1.ops.shaping import concat
from pentad.frontends.tensorflow1.variables.initializers import Zeros
from pentad.frontends.tensorflow1.variables.scope import AUTO_REUSE, get_variable, variable_scope


def _columns(given: Any, kinds: Any) -> list[Any]:
    found = [given] if isinstance(given, Dense | Categorical) else list(given)
    if not found:
        raise pt.ArgumentError("feature_columns must not be empty.")
    for column in found:
        if not isinstance(column, kinds):
            raise pt.ArgumentError(static.message(
                "Items of feature_columns must be a _DenseColumn. You can wrap a categorical "
                "column with an embedding_column or indicator_column.", got=repr(column)))
    names = [c.name for c in found]
    if len(set(names)) != len(names):
        raise pt.ArgumentError(static.message("Duplicate feature column name found",
                                              got=", ".join(sorted(names))))
    return sorted(found, key=lambda c: c.name)


def input_layer(
    features: Any, feature_columns: Any, weight_collections: Any = None, trainable: bool = True,
    cols_to_vars: Any = None, cols_to_output_tensors: Any = None,
) -> Any:
    """The numbers of all columns side by side, in the order of their names."""
    columns = _columns(feature_columns, Dense)
    batch = features if isinstance(features, Features) else Features(features)
    found = []
    with variable_scope(None, "input_layer", features.values()
                        if isinstance(features, dict) else ()):
        for column in columns:
            found.append(_numbers(column, batch, trainable, cols_to_vars))
            if cols_to_output_tensors is not None:
                cols_to_output_tensors[column] = found[-1]
        return concat(found, 1) if len(found) > 1 else found[0]


def _numbers(column: Any, batch: Features, trainable: bool, cols_to_vars: Any) -> Any:
    shared = isinstance(column, _Embedding) and column.shared
    scope = column.shared if shared else column.name
    with variable_scope(scope, reuse=AUTO_REUSE if shared else None) as entered:
        value = column.numbers(batch, trainable)
        if cols_to_vars is not None:
            cols_to_vars[column] = entered.global_variables()
    return value


def linear_model(
    features: Any, feature_columns: Any, units: int = 1, sparse_combiner: str = "sum",
    weight_collections: Any = None, trainable: bool = True, cols_to_vars: Any = None,
) -> Any:
    """A weighted sum of all columns, with a bias."""
    columns = _columns(feature_columns, Dense | Categorical)
    batch = Features(features)
    parts = []
    with variable_scope(None, "linear_model", features.values()):
        for column in columns:
            with variable_scope(column.name):
                parts.append(_weighted(column, batch, units, sparse_combiner, trainable,
                                       cols_to_vars))
        bias = get_variable("bias_weights", [units], dtypes.float32, Zeros(), trainable=trainable,
                            collections=[GraphKeys.GLOBAL_VARIABLES, *(weight_collections or [])])
        if cols_to_vars is not None:
            cols_to_vars["bias"] = [bias]
        return (add_n(parts) if len(parts) > 1 else parts[0]) + bias


def _weighted(
    column: Any, batch: Features, units: int, combiner: str, trainable: bool, cols_to_vars: Any
) -> Any:
    sparse = isinstance(column, Categorical)
    size = column.num_buckets if sparse else column.width
    weights = get_variable("weights", [size, units], dtypes.float32, Zeros(), trainable=trainable)
    if cols_to_vars is not None:
        cols_to_vars[column] = [weights]
    if sparse:
        return combined(weights, *batch.of(column), combiner)
    return matmul(column.numbers(batch), weights)


def make_parse_example_spec(feature_columns: Any) -> dict[str, Any]:
    """What parse_example has to read for columns."""
    found: dict[str, Any] = {}
    for column in feature_columns:
        for key, value in column.parse_example_spec.items():
            if found.setdefault(key, value) != value:
                raise pt.ArgumentError(static.message(
                    f"feature_columns contain different parse_spec for key {key}.",
                    expected=str(found[key]), got=str(value)))
    return found

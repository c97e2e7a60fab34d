"""What parse_example has to read for ready estimators."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.columns.models import make_parse_example_spec
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.ops.parsing import FixedLenFeature


def _with_label(columns: Any, key: str, label: Any, weights: Any) -> dict[str, Any]:
    found = make_parse_example_spec(columns)
    if key in found:
        raise pt.ArgumentError(static.message(
            "label should not be used as feature", got=f"label_key: {key}"))
    found[key] = label
    if weights is not None:
        name = getattr(weights, "key", weights)
        found[name] = FixedLenFeature((1,), dtypes.float32)
    return found


def classifier_parse_example_spec(
    feature_columns: Any, label_key: str, label_dtype: Any = dtypes.int64,
    label_default: Any = None, weight_column: Any = None,
) -> dict[str, Any]:
    """The features of columns, and one class."""
    label = FixedLenFeature((1,), label_dtype, label_default)
    return _with_label(feature_columns, label_key, label, weight_column)


def regressor_parse_example_spec(
    feature_columns: Any, label_key: str, label_dtype: Any = dtypes.float32,
    label_default: Any = None, label_dimension: int = 1, weight_column: Any = None,
) -> dict[str, Any]:
    """The features of columns, and numbers."""
    label = FixedLenFeature((label_dimension,), label_dtype, label_default)
    return _with_label(feature_columns, label_key, label, weight_column)

"""tf.data.experimental.make_csv_dataset: batches of the columns of CSV files, by name."""

from __future__ import annotations

import collections
import csv
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.data.dataset import Dataset
from pentad.frontends.tensorflow1.data.tables import CsvDataset
from pentad.frontends.tensorflow1.data.transformations import (
    ignore_errors as passing_over_errors,
)
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import constant
from pentad.frontends.tensorflow1.platform.file_io import GFile, Glob

_KINDS = (dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64, dtypes.string)


def _rows(name: str, delimiter: str, quotes: bool) -> Iterator[list[str]]:
    """The rows of a file as texts."""
    with GFile(name) as file:
        yield from csv.reader(iter(file.readline, ""), delimiter=delimiter,
                              quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE)


def _fits(text: str, kind: Any) -> bool:
    """Is the text a number of that type? Every one is a text."""
    if kind is dtypes.string:
        return True
    try:
        if kind.is_integer:
            return bool(kind.min <= int(text) <= kind.max)
        number = float(text)
    except ValueError:
        return False
    return kind is dtypes.float64 or not np.isfinite(number) or abs(number) <= kind.max


def _defaults(files: Any, picked: Any, count: int, options: Any, header: bool, na: str) -> Any:
    """A default for each column, of the narrowest type that the first rows fit."""
    kinds: list[Any] = [None] * len(picked)
    left = count
    for name in files:
        for i, row in enumerate(_rows(name, *options)):
            if header and i == 0:
                continue
            if left is not None and left <= 0:
                break
            left = None if left is None else left - 1
            for k, column in enumerate(picked):
                if column >= len(row):
                    raise pt.ArgumentError(static.message(
                        "Problem inferring types: CSV row has different number of fields than "
                        "expected.", got=f"row {i} of {name}: {len(row)} fields"))
                if row[column] in ("", na):
                    continue
                begin = 0 if kinds[k] is None else _KINDS.index(kinds[k])
                kinds[k] = next(t for t in _KINDS[begin:] if _fits(row[column], t))
    found = [k or dtypes.string for k in kinds]
    return [constant([b"" if k is dtypes.string else 0], k) for k in found]


def _names(files: Any, given: Any, header: bool, options: Any) -> list[str]:
    """The names of the columns: those of the first lines if none are given."""
    if given is None:
        if not header:
            raise pt.ArgumentError("Cannot infer column names without a header line.")
        found = [next(_rows(name, *options), []) for name in files]
        if any(names != found[0] for names in found):
            raise pt.ArgumentError(static.message(
                "Files have different column names in the header row.", got=str(found)[:200]))
        given = found[0]
    names = list(given)
    if len(set(names)) != len(names):
        raise pt.ArgumentError(static.message("Cannot have duplicate column names.",
                                              got=str(names)))
    return names


def _picked(names: list[str], select: Any) -> list[int]:
    """The numbers of the columns that are asked for."""
    if select is None:
        return list(range(len(names)))
    found = [names.index(c) if isinstance(c, str) and c in names else c for c in select]
    bad = [c for c in found if not isinstance(c, int) or not 0 <= c < len(names)]
    if bad or len(set(found)) != len(found):
        raise pt.ArgumentError(static.message(
            "`select_columns` must name columns, each once", expected=str(names), got=str(select)))
    return sorted(found)


def make_csv_dataset(
    file_pattern: Any, batch_size: Any, column_names: Any = None, column_defaults: Any = None,
    label_name: str | None = None, select_columns: Any = None, field_delim: str = ",",
    use_quote_delim: bool = True, na_value: str = "", header: bool = True,
    num_epochs: int | None = None, shuffle: bool = True, shuffle_buffer_size: int = 10000,
    shuffle_seed: Any = None, prefetch_buffer_size: Any = None, num_parallel_reads: int = 1,
    sloppy: bool = False, num_rows_for_inference: int = 100, compression_type: Any = None,
    ignore_errors: bool = False,
) -> Dataset:
    """Batches of the rows of CSV files: columns by name, with the labels if a name is given.

    Without column_defaults, types are those that the first num_rows_for_inference rows fit.
    """
    files = _matching(file_pattern)
    options = field_delim, use_quote_delim
    if compression_type and (column_names is None or column_defaults is None):
        raise pt.ArgumentError(static.message(
            "make_csv_dataset does not look into compressed files",
            hint="give column_names and column_defaults"))
    names = _names(files, column_names, header, options)
    picked = _picked(names, select_columns)
    if column_defaults is None:
        column_defaults = _defaults(files, picked, num_rows_for_inference, options, header,
                                    na_value)
    elif len(column_defaults) != len(picked):
        raise pt.ArgumentError(static.message(
            "column_defaults has another length than the columns that are read",
            expected=str(len(picked)), got=str(len(column_defaults))))
    order = Dataset.from_tensor_slices(files)
    if shuffle:
        order = order.shuffle(len(files), shuffle_seed)
    rows = order.flat_map(lambda name: CsvDataset(
        name, column_defaults, compression_type, header=header, field_delim=field_delim,
        use_quote_delim=use_quote_delim, na_value=na_value, select_cols=picked))
    if ignore_errors:
        rows = rows.apply(passing_over_errors())
    rows = rows.map(_named([names[i] for i in picked], label_name))
    if shuffle:
        rows = rows.shuffle(shuffle_buffer_size, shuffle_seed)
    return rows.repeat(num_epochs).batch(batch_size, num_epochs is None)


def _matching(file_pattern: Any) -> list[str]:
    patterns = [file_pattern] if isinstance(file_pattern, str | bytes) else list(file_pattern)
    files = sorted(f for p in patterns for f in Glob(p))
    if not files:
        raise pt.ArgumentError(static.message("No files match `file_pattern`", got=str(patterns)))
    return files


def _named(columns: list[str], label_name: str | None) -> Callable[..., Any]:
    """A function of a row's values: features by name, and the label apart if one is asked for."""
    if label_name is not None and label_name not in columns:
        raise pt.ArgumentError(static.message(
            "`label_name` provided must be one of the columns.", expected=str(columns),
            got=label_name))

    def named(*values: Any) -> Any:
        features = collections.OrderedDict(zip(columns, values))
        return features if label_name is None else (features, features.pop(label_name))

    return named


__all__ = ["make_csv_dataset"]

"""tf.contrib.learn.datasets.base: tables in CSV files."""

from __future__ import annotations

import csv
from typing import Any, NamedTuple

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.missing import absent


class Dataset(NamedTuple):
    """Examples and what is wanted for them."""

    data: Any
    target: Any


class Datasets(NamedTuple):
    """Three data sets."""

    train: Any
    validation: Any
    test: Any


def load_csv_with_header(
    filename: str, target_dtype: Any, features_dtype: Any, target_column: int = -1
) -> Dataset:
    """A table whose first line has the numbers of its rows and of its features."""
    with open(filename, newline="") as file:
        rows = csv.reader(file)
        count, width = (int(n) for n in next(rows)[:2])
        found = _table(rows, target_dtype, features_dtype, target_column)
    if found.data.shape != (count, width):
        raise pt.ArgumentError(static.message(
            f"{filename}: the table is not as its first line says",
            expected=str((count, width)), got=str(found.data.shape)))
    return found


def load_csv_without_header(
    filename: str, target_dtype: Any, features_dtype: Any, target_column: int = -1
) -> Dataset:
    """A table without such a line."""
    with open(filename, newline="") as file:
        return _table(csv.reader(file), target_dtype, features_dtype, target_column)


def _table(rows: Any, target: Any, features: Any, column: int) -> Dataset:
    table = [row for row in rows if row]
    wanted = [row.pop(column) for row in table]
    return Dataset(np.array(table, features), np.array(wanted, target))


__getattr__ = absent(__name__)

"""Data sets of CSV files and serialized examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pentad import formats, static
from pentad.frontends.tensorflow1.data.dataset import Dataset
from pentad.frontends.tensorflow1.data.functions import Context
from pentad.frontends.tensorflow1.data.readers import TextLineDataset, TFRecordDataset
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.resources import apply, name_of
from pentad.frontends.tensorflow1.ops.parsing import decode_csv, parse_example
from pentad.frontends.tensorflow1.ops.shaping import reshape


class CsvDataset(Dataset):
    """The rows of CSV files, a tuple of their fields; each line is a row."""

    def __init__(
        self, filenames: Any, record_defaults: Any, compression_type: Any = None,
        buffer_size: Any = None, header: bool = False, field_delim: str = ",",
        use_quote_delim: bool = True, na_value: str = "", select_cols: Any = None,
    ) -> None:
        names = Dataset.from_tensor_slices(
            reshape(convert_to_tensor(filenames, dtypes.string), [-1]))
        lines = names.flat_map(
            lambda n: TextLineDataset(n, compression_type).skip(1 if header else 0))
        rows = lines.map(lambda line: tuple(decode_csv(
            line, record_defaults, field_delim, use_quote_delim, na_value=na_value,
            select_cols=select_cols)))
        super().__init__(rows._structure, rows._inputs, rows._iterate)


def parse_example_dataset(
    features: Any, num_parallel_calls: int = 1
) -> Callable[[Dataset], Dataset]:
    """The features of batches of serialized examples."""
    return lambda d: d.map(lambda rows: parse_example(rows, features))


def make_batched_features_dataset(
    file_pattern: Any, batch_size: Any, features: Any, reader: Any = TFRecordDataset,
    label_key: str | None = None, reader_args: Any = None, num_epochs: Any = None,
    shuffle: bool = True, shuffle_buffer_size: int = 10000, shuffle_seed: Any = None,
    **tuning: Any,
) -> Dataset:
    """Batches of the features of examples in files, with their labels if a key is given."""
    files = Dataset.list_files(file_pattern, shuffle, shuffle_seed)
    rows = files.flat_map(lambda n: reader(n, *(reader_args or ())))
    if shuffle:
        rows = rows.shuffle(shuffle_buffer_size, shuffle_seed)
    found = rows.repeat(num_epochs).batch(batch_size, num_epochs is None).apply(
        parse_example_dataset(features))
    if label_key is None:
        return found
    return found.map(lambda row: ({k: v for k, v in row.items() if k != label_key},
                                  row[label_key]))


class DatasetWriter:
    """Writes the texts of a data set to a file of records."""

    def __init__(self, filename: Any, compression_type: Any = None) -> None:
        self._name = convert_to_tensor(filename, dtypes.string)
        self._packing = compression_type or ""

    def write(self, dataset: Dataset) -> Any:
        """An operation that writes them all."""

        def run(store: Any, node: Any, name: Any, *values: Any) -> Any:
            context = Context(store, dict(zip(dataset._inputs, values)))
            with formats.tfrecord.RecordWriter(name_of(name), self._packing) as file:
                for [row] in dataset._iterate(context):
                    file.write(np.asarray(row, object).item())
            return ()

        return apply(static.ResourceOp("DatasetToTFRecord", run),
                     [self._name, *dataset._inputs], [], "DatasetToTFRecord")

"""tf.contrib.data: data sets, from before they moved to tf.data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pentad.frontends.tensorflow1.framework.exports import exports

NAMES = {
    "data": "Dataset Iterator TextLineDataset TFRecordDataset FixedLengthRecordDataset",
    "data.experimental": """
        Counter RandomDataset SqlDataset bucket_by_sequence_length choose_from_datasets
        dense_to_sparse_batch enumerate_dataset get_single_element group_by_reducer
        group_by_window ignore_errors make_batched_features_dataset make_csv_dataset
        make_saveable_from_iterator map_and_batch parallel_interleave
        parse_example_dataset rejection_resample sample_from_datasets scan shuffle_and_repeat
        unbatch unique""",
}

__getattr__, __dir__ = exports(__name__, NAMES)


def batch_and_drop_remainder(batch_size: Any) -> Callable[[Any], Any]:
    """For Dataset.apply: batches of this size, and what is left over is not given."""
    return lambda dataset: dataset.batch(batch_size, drop_remainder=True)

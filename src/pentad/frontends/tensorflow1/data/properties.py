"""What tf.data has as functions of data sets and iterators."""

from __future__ import annotations

from typing import Any


def get_output_types(dataset_or_iterator: Any) -> Any:
    """The element types, in the structure of an element."""
    return dataset_or_iterator.output_types


def get_output_shapes(dataset_or_iterator: Any) -> Any:
    """The shapes, in the structure of an element."""
    return dataset_or_iterator.output_shapes


def get_output_classes(dataset_or_iterator: Any) -> Any:
    """Tensor or SparseTensor, in the structure of an element."""
    return dataset_or_iterator.output_classes


def make_one_shot_iterator(dataset: Any) -> Any:
    """An iterator that begins by itself."""
    return dataset.make_one_shot_iterator()


def make_initializable_iterator(dataset: Any, shared_name: Any = None) -> Any:
    """An iterator that begins when its `initializer` runs."""
    return dataset.make_initializable_iterator(shared_name)

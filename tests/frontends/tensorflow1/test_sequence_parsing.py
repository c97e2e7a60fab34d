"""Serialized SequenceExamples; the numbers are those of TensorFlow 1.15."""

from __future__ import annotations

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import graph as graph
from tests.frontends.tensorflow1.common import run

CONTEXT = {"n": tf.FixedLenFeature([], tf.int64), "tags": tf.VarLenFeature(tf.string)}
LISTS = {"pairs": tf.FixedLenSequenceFeature([2], tf.float32),
         "words": tf.VarLenFeature(tf.string),
         "none": tf.FixedLenSequenceFeature([], tf.int64, allow_missing=True)}


def example(steps):
    """A SequenceExample of so many steps."""
    train = tf.train
    context = train.Features(feature={
        "n": train.Feature(int64_list=train.Int64List(value=[steps])),
        "tags": train.Feature(bytes_list=train.BytesList(value=[b"x"] * steps))})
    pairs = train.FeatureList(feature=[
        train.Feature(float_list=train.FloatList(value=[k, k + 0.5])) for k in range(steps)])
    words = train.FeatureList(feature=[
        train.Feature(bytes_list=train.BytesList(value=[b"w%d" % k] * k)) for k in range(steps)])
    lists = train.FeatureLists(feature_list={"pairs": pairs, "words": words})
    return train.SequenceExample(context=context, feature_lists=lists).SerializeToString()


def test_one_example():
    context, lists = run(tf.parse_single_sequence_example(example(3), CONTEXT, LISTS))
    assert context["n"] == 3
    assert context["tags"].values.tolist() == [b"x"] * 3
    assert lists["pairs"].tolist() == [[0.0, 0.5], [1.0, 1.5], [2.0, 2.5]]
    assert lists["none"].shape == (0,)
    assert lists["words"].values.tolist() == [b"w1", b"w2", b"w2"]
    assert lists["words"].indices.tolist() == [[1, 0], [2, 0], [2, 1]]
    assert lists["words"].dense_shape.tolist() == [3, 2]


def test_a_batch():
    context, lists, lengths = run(tf.io.parse_sequence_example(
        [example(1), example(3)], CONTEXT, LISTS))
    assert context["n"].tolist() == [1, 3]
    assert lists["pairs"].shape == (2, 3, 2)
    assert lists["pairs"][0].tolist() == [[0.0, 0.5], [0.0, 0.0], [0.0, 0.0]]
    assert lengths["pairs"].tolist() == [1, 3]
    assert lengths["none"].tolist() == [0, 0]
    assert lists["words"].indices.tolist() == [[1, 1, 0], [1, 2, 0], [1, 2, 1]]
    assert lists["words"].dense_shape.tolist() == [2, 3, 2]


def test_types_that_are_known():
    _, lists = tf.parse_single_sequence_example(tf.placeholder(tf.string, []), CONTEXT, LISTS)
    assert lists["pairs"].shape.as_list() == [None, 2]
    assert lists["pairs"].dtype is tf.float32


def test_what_does_not_fit_is_refused():
    def parse(data, **lists):
        return run(tf.parse_single_sequence_example(data, sequence_features=lists)[1])

    with pytest.raises(tf.errors.InvalidArgumentError, match="Could not parse"):
        parse(b"\xff\xff\xff", pairs=LISTS["pairs"])
    with pytest.raises(tf.errors.InvalidArgumentError, match="required but could not be found"):
        parse(example(1), other=LISTS["pairs"])
    with pytest.raises(tf.errors.InvalidArgumentError, match="Data types"):
        parse(example(1), pairs=tf.FixedLenSequenceFeature([2], tf.int64))
    with pytest.raises(tf.errors.InvalidArgumentError, match="Number of values"):
        parse(example(1), pairs=tf.FixedLenSequenceFeature([3], tf.float32))
    with pytest.raises(ValueError, match="feature type"):
        parse(example(1), pairs=tf.FixedLenFeature([2], tf.float32))
    with pytest.raises(ValueError, match="Missing features"):
        parse(example(1))
    assert np.size(run(tf.parse_single_sequence_example(example(0), CONTEXT)[0])["n"]) == 1

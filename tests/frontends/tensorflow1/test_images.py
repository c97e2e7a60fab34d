"""tf.image, against the numbers of TensorFlow 1.15."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import graph as graph
from tests.frontends.tensorflow1.common import run
from tests.frontends.tensorflow1.image_cases import IMAGE, cases

EXPECTED = np.load(Path(__file__).parent / "fixtures" / "images.npz")


@pytest.fixture(scope="module")
def found():
    with tf.Graph().as_default():
        return run(cases(tf))


@pytest.mark.parametrize("name", EXPECTED.files)
def test_numbers_are_those_of_tensorflow(found, name):
    np.testing.assert_allclose(found[name], EXPECTED[name], rtol=2e-5, atol=2e-5)


def test_types_of_images():
    whole = tf.image.convert_image_dtype(tf.constant([0.0, 0.5, 1.0]), tf.uint8)
    assert run(whole).tolist() == [0, 127, 255]
    back = run(tf.image.convert_image_dtype(whole, tf.float32))
    np.testing.assert_allclose(back, [0, 127 / 255, 1], rtol=1e-6)
    bright = tf.image.adjust_brightness(tf.constant([[[250, 0, 100]]], tf.uint8), 0.1)
    assert run(bright).tolist() == [[[255, 25, 125]]]


def test_images_of_unknown_size():
    x = tf.placeholder(tf.float32, [None, None, None, 3])
    y = tf.image.resize_images(x, [2, 2])
    assert y.shape.as_list()[3] in (3, None)
    flipped = tf.image.flip_left_right(x)
    value = run([y, flipped], {x: IMAGE})
    assert value[0].shape == (2, 2, 2, 3)
    np.testing.assert_array_equal(value[1], IMAGE[:, :, ::-1])


def test_random_changes_repeat_with_their_seed():
    x = tf.constant(IMAGE[0])
    made = [tf.image.random_flip_left_right(x, seed=1), tf.image.random_brightness(x, 0.3, seed=2),
            tf.image.random_contrast(x, 0.5, 1.5, seed=3), tf.image.random_hue(x, 0.2, seed=4),
            tf.image.random_saturation(x, 0.5, 1.5, seed=5)]
    first, second = run(made), run(made)
    for a, b in zip(first, second):
        np.testing.assert_array_equal(a, b)
        assert a.shape == IMAGE[0].shape


def test_what_is_no_image_is_refused():
    with pytest.raises(ValueError, match="3 or 4 dimensions"):
        tf.image.flip_left_right(tf.zeros([2, 2]))
    with pytest.raises(ValueError, match="outside of the image"):
        tf.image.crop_to_bounding_box(tf.zeros([4, 4, 1]), 2, 2, 3, 3)
    with pytest.raises(ValueError, match="does not fit"):
        tf.image.pad_to_bounding_box(tf.zeros([4, 4, 1]), 0, 0, 3, 3)


def test_random_parts_of_images_show_enough_of_a_box():
    box = [[[0.2, 0.3, 0.6, 0.7]]]
    for seed in range(5):
        begin, size, found = run(tf.image.sample_distorted_bounding_box(
            [50, 80, 3], box, seed=seed, min_object_covered=0.7, area_range=(0.2, 0.9)))
        top, left, bottom, right = found[0, 0] * [50, 80, 50, 80]
        np.testing.assert_allclose([top, left], begin[:2], atol=1e-4)
        np.testing.assert_allclose([bottom - top, right - left], size[:2], atol=1e-4)
        assert (begin[2], size[2]) == (0, -1)
        assert 0.2 * 4000 <= size[0] * size[1] <= 0.9 * 4000
        common = (min(bottom, 30) - max(top, 10)) * (min(right, 56) - max(left, 24))
        assert common >= 0.7 * 20 * 32
    part = tf.slice(tf.ones([50, 80, 3]), *tf.image.sample_distorted_bounding_box(
        [50, 80, 3], tf.zeros([1, 0, 4]), use_image_if_no_bounding_boxes=True)[:2])
    assert run(part).shape[2] == 3
    with pytest.raises(tf.errors.InvalidArgumentError, match="No bounding boxes"):
        run(tf.image.sample_distorted_bounding_box([50, 80, 3], tf.zeros([1, 0, 4])))
    whole = run(tf.image.sample_distorted_bounding_box(
        [50, 80, 3], box, min_object_covered=2.0, max_attempts=3))
    assert whole[1].tolist() == [50, 80, -1]

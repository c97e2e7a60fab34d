"""MNIST as the tutorials read it."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from pentad.frontends.serving import serve, withdraw


@pytest.fixture
def input_data():
    serve(["tensorflow"])
    from tensorflow.examples.tutorials.mnist import input_data

    yield input_data
    withdraw()


@pytest.fixture
def folder(tmp_path):
    for part, count in (("train", 12), ("t10k", 4)):
        images = np.arange(count * 4, dtype=np.uint8).reshape(count, 2, 2)
        labels = np.arange(count, dtype=np.uint8) % 10
        for name, array in ((f"{part}-images-idx3-ubyte", images),
                            (f"{part}-labels-idx1-ubyte", labels)):
            head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
            (tmp_path / name).write_bytes(head + array.tobytes())
    return str(tmp_path)


def test_the_parts_and_their_types(input_data, folder):
    data = input_data.read_data_sets(folder, one_hot=True, validation_size=2)
    assert (data.train.num_examples, data.validation.num_examples, data.test.num_examples) \
        == (10, 2, 4)
    assert data.train.images.shape == (10, 4)
    assert data.train.images.dtype == np.float32
    assert data.train.images.max() == np.float32(47 / 255)
    assert data.train.labels[0].tolist() == np.eye(10)[2].tolist()


def test_batches_see_every_image_once_in_an_epoch(input_data, folder):
    data = input_data.read_data_sets(folder, validation_size=2, seed=1, reshape=False).train
    seen = [label for _ in range(4) for label in data.next_batch(3)[1].tolist()]
    assert sorted(seen[:10]) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert data.epochs_completed == 1
    assert data.next_batch(3)[0].shape == (3, 2, 2, 1)
    assert data.next_batch(4, shuffle=False)[1].shape == (4,)


def test_a_validation_part_that_is_too_large(input_data, folder):
    with pytest.raises(ValueError, match="between 0 and 12"):
        input_data.read_data_sets(folder)


def test_programs_that_seed_numpy_get_the_same_batches(input_data, folder):
    data = input_data.read_data_sets(folder, validation_size=2)
    found = []
    for _ in range(2):
        np.random.seed(7)
        data.train.epochs_completed = data.train._place = 0
        order = data.train.labels.argsort()
        data.train.images, data.train.labels = data.train.images[order], data.train.labels[order]
        found.append(data.train.next_batch(5)[1].tolist())
    np.random.seed(7)
    expected = np.sort(data.train.labels)[np.random.permutation(10)][:5].tolist()
    assert found[0] == found[1] == expected

from __future__ import annotations

import hashlib

import numpy as np

from pentad.data import digits
from pentad.data.digits import digits_split, load_digits


def test_the_shipped_files_are_the_published_data():
    sums = [hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (digits.IMAGES_FILE, digits.LABELS_FILE)]
    assert sums == [
        "c41c947a1014aa9bb82e371b01f16724f9ef929893351173edcc47aa0fc03930",
        "147c9192405199869317e6d9c62ea444f9770c3f8c6dd65035ba3a3690cc5460",
    ]


def test_shapes_values_and_counts():
    images, labels = load_digits()
    assert images.shape == (1797, 8, 8)
    assert images.dtype == np.uint8
    assert (images.min(), images.max()) == (0, 16)
    assert labels.dtype == np.int64
    counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(labels).tolist() == counts


def test_the_first_image_is_a_zero_with_a_hole():
    images, labels = load_digits()
    assert labels[0] == 0
    assert images[0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert images[0, 3:5, 3:5].max() <= 1


def test_the_split_is_fixed_disjoint_and_stratified():
    split, again = digits_split(), digits_split()
    assert len(split.train_labels) == 1442
    assert len(split.test_labels) == 355
    np.testing.assert_array_equal(split.test_images, again.test_images)
    shares = np.bincount(split.test_labels) / np.bincount(load_digits()[1])
    assert shares.min() > 0.19
    assert shares.max() <= 0.2


def test_the_two_parts_hold_every_image_once():
    images, _ = load_digits()
    split = digits_split()
    both = np.concatenate([split.train_images, split.test_images]).reshape(len(images), -1)
    order, original = np.lexsort(both.T), np.lexsort(images.reshape(len(images), -1).T)
    np.testing.assert_array_equal(both[order], images.reshape(len(images), -1)[original])


def test_the_attribution_names_authors_source_and_licence():
    text = (digits.IMAGES_FILE.parent / "DIGITS.md").read_text()
    for words in ("E. Alpaydin", "C. Kaynak", "UCI Machine Learning Repository", "CC BY 4.0"):
        assert words in text

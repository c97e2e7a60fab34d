"""Image files, against what TensorFlow 1.15 reads in them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import pentad as pt
import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.codec_cases import cases, image_files
from tests.frontends.tensorflow1.common import graph as graph
from tests.frontends.tensorflow1.common import run

HERE = Path(__file__).parent / "fixtures"
EXPECTED = np.load(HERE / "codecs.npz")
FILES = image_files()


@pytest.fixture(scope="module")
def found():
    with tf.Graph().as_default():
        return run(cases(tf, FILES))


@pytest.mark.parametrize("name", EXPECTED.files)
def test_pixels_are_those_of_tensorflow(found, name):
    value, expected = found[name], EXPECTED[name]
    assert value.dtype == expected.dtype
    assert value.shape == expected.shape
    # TensorFlow's JPEG decoder takes the faster, less exact, cosine transform.
    # It cuts parts out before it makes colours of them, which changes their edges.
    near = ".jpg" in name or "encoded " in name
    atol = 30 if name.endswith("part") else 8 if near else 0.03 if name == "quality" else 1e-7
    np.testing.assert_allclose(value.astype(float), expected, rtol=0, atol=atol)
    if near:
        assert np.abs(value.astype(float) - expected).mean() < 2.2


def test_what_is_no_image_is_refused():
    for decode in (tf.image.decode_png, tf.image.decode_jpeg, tf.image.decode_image,
                   tf.image.decode_gif, tf.image.decode_bmp):
        for data in (b"", b"nothing", FILES["rgb.png"][:40], FILES["rgb.jpg"][:60],
                     FILES["rgb.bmp"][:50], FILES["one.gif"][:20]):
            with pytest.raises(tf.errors.InvalidArgumentError):
                run(decode(data))
    with pytest.raises(ValueError, match="channels must be"):
        tf.image.decode_jpeg(FILES["rgb.jpg"], 4)
    with pytest.raises(tf.errors.InvalidArgumentError, match="crop window"):
        run(tf.image.decode_and_crop_jpeg(FILES["rgb.jpg"], [0, 0, 100, 2]))
    with pytest.raises(tf.errors.UnimplementedError):
        tf.image.decode_jpeg(FILES["rgb.jpg"], fancy_upscaling=False)


def test_without_pillow_an_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(pt.MissingExtra, match=r"pip install 'pentad\[data\]'"):
        run(tf.image.decode_png(FILES["rgb.png"]))
    assert run(tf.image.decode_bmp(FILES["rgb.bmp"])).shape == (13, 17, 3)


def test_files_are_decoded_within_a_data_set(tmp_path):
    names = []
    for name in ("rgb.png", "gray.png"):
        (tmp_path / name).write_bytes(FILES[name])
        names.append(str(tmp_path / name))

    def load(name):
        image = tf.image.decode_png(tf.read_file(name), channels=3)
        return tf.image.resize_images(tf.image.convert_image_dtype(image, tf.float32), [4, 4])

    images = tf.data.Dataset.from_tensor_slices(names).map(load).batch(2)
    value = run(images.make_one_shot_iterator().get_next())
    assert value.shape == (2, 4, 4, 3)
    assert 0 <= value.min() < value.max() <= 1

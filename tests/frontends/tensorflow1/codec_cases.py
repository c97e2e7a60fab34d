"""Calls of tf.image with files, for TensorFlow 1.15 and for Pentad."""

from pathlib import Path

import numpy as np


def image_files():
    """Image files: bytes by name."""
    kept = np.load(str(Path(__file__).parent / "fixtures" / "image_files.npz"))
    return {name: kept[name].tobytes() for name in kept.files}


def cases(tf, files):
    """Tensors by name, made by `tensorflow`; files: bytes by name."""
    im, found = tf.image, {}
    for name, data in files.items():
        kind = name.rpartition(".")[2]
        if kind == "png":
            for channels in (0, 1, 3, 4):
                found[f"{name} {channels}"] = im.decode_png(data, channels)
            found[name + " wide"] = im.decode_png(data, dtype=tf.uint16)
        elif kind == "jpg":
            for channels in (0, 3) if name == "cmyk.jpg" else (0, 1, 3):
                found[f"{name} {channels}"] = im.decode_jpeg(data, channels)
            found[name + " half"] = im.decode_jpeg(data, ratio=2)
            found[name + " part"] = im.decode_and_crop_jpeg(data, [3, 5, 11, 9])
            found[name + " shape"] = im.extract_jpeg_shape(data)
        elif kind == "bmp":
            found[name] = im.decode_bmp(data)
        else:
            found[name] = im.decode_gif(data)
        if not name.startswith("gray.bmp"):
            found[name + " any"] = im.decode_image(data, 3)
        found[name + " jpeg"] = im.is_jpeg(data)
    found["floats"] = im.decode_image(files["rgb.png"], 3, tf.float32)
    image = im.decode_png(files["rgb.png"])
    found["encoded"] = im.decode_png(im.encode_png(image))
    found["encoded jpeg"] = im.decode_jpeg(im.encode_jpeg(image, quality=80))
    found["encoded full"] = im.decode_jpeg(im.encode_jpeg(image, chroma_downsampling=False))
    found["quality"] = im.adjust_jpeg_quality(im.convert_image_dtype(image, tf.float32), 50)
    return found

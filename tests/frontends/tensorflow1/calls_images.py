"""tf.image: every name once; test_images.py compares the numbers."""

from __future__ import annotations

import numpy as np

import pentad as pt
import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.codec_cases import image_files
from tests.frontends.tensorflow1.values import IMAGE, close, refused, same, table, value

calls = table()
M = "tf.image"
X = IMAGE[0]

calls(M, "ResizeMethod", lambda f: (f.BILINEAR, f.NEAREST_NEIGHBOR, f.BICUBIC, f.AREA)
      == (0, 1, 2, 3))
calls(M, "flip_left_right", lambda f: same(f(IMAGE), IMAGE[:, :, ::-1]))
calls(M, "flip_up_down", lambda f: same(f(X), X[::-1]))
calls(M, "transpose_image transpose", lambda f: same(f(X), X.transpose(1, 0, 2)))
calls(M, "rot90", lambda f: [same(f(X, k), np.rot90(X, k)) for k in range(4)] != [])
calls(M, "random_flip_left_right", lambda f: flipped(f(X, 3), X[:, ::-1]))
calls(M, "random_flip_up_down", lambda f: flipped(f(X, 3), X[::-1]))
calls(M, "crop_to_bounding_box", lambda f: same(f(X, 1, 0, 2, 3), X[1:3, :3]))
calls(M, "pad_to_bounding_box", lambda f: same(
    f(X, 1, 2, 7, 8), np.pad(X, [(1, 2), (2, 2), (0, 0)])))
calls(M, "central_crop", lambda f: same(f(X, 0.5), X[1:3, 1:3]))
calls(M, "resize_image_with_crop_or_pad resize_with_crop_or_pad",
      lambda f: same(f(X, 2, 6), np.pad(X[1:3], [(0, 0), (1, 1), (0, 0)])))
calls(M, "resize_images resize", lambda f: close(f(X, [2, 2], 1), X[::2, ::2]))
calls(M, "resize_nearest_neighbor", lambda f: close(f(IMAGE, [2, 2]), IMAGE[:, ::2, ::2]))
calls(M, "resize_area", lambda f: close(f(IMAGE, [1, 1])[:, 0, 0], IMAGE.mean((1, 2))))
calls(M, "resize_bilinear resize_bicubic", lambda f: close(f(np.ones_like(IMAGE), [3, 7]),
                                                           np.ones((2, 3, 7, 3))))
calls(M, "resize_image_with_pad", lambda f: value(f(X, 6, 8)).shape == (6, 8, 3))
calls(M, "rgb_to_yiq", lambda f: close(tf.image.yiq_to_rgb(f(X)), X, 1e-4))
calls(M, "yiq_to_rgb", lambda f: close(f(tf.image.rgb_to_yiq(X)), X, 1e-4))
calls(M, "rgb_to_yuv", lambda f: close(tf.image.yuv_to_rgb(f(X)), X, 1e-4))
calls(M, "yuv_to_rgb", lambda f: close(f(tf.image.rgb_to_yuv(X)), X, 1e-4))
calls(M, "rgb_to_hsv", lambda f: close(tf.image.hsv_to_rgb(f(X)), X, 1e-4))
calls(M, "hsv_to_rgb", lambda f: close(f(tf.constant([[[0.0, 1.0, 1.0]]])), [[[1, 0, 0]]]))
calls(M, "rgb_to_grayscale", lambda f: close(
    f(X), (X @ np.array([0.2989, 0.587, 0.114]))[..., None], 1e-5))
calls(M, "grayscale_to_rgb", lambda f: same(f(X[..., :1]), np.repeat(X[..., :1], 3, -1)))
calls(M, "convert_image_dtype", lambda f: same(f(tf.constant([0, 255], tf.uint8), tf.float32),
                                               [0, 1]))
calls(M, "adjust_brightness", lambda f: close(f(X, 0.25), X + 0.25))
calls(M, "adjust_contrast", lambda f: close(
    f(X, 2.0), (X - X.mean((0, 1))) * 2 + X.mean((0, 1))))
calls(M, "adjust_gamma", lambda f: close(f(X, 2.0, 3.0), 3 * X ** 2))
calls(M, "adjust_hue", lambda f: close(f(f(X, 0.3), -0.3), X, 1e-4))
calls(M, "adjust_saturation", lambda f: close(f(X, 1.0), X, 1e-4))
calls(M, "random_contrast random_saturation", lambda f: value(f(X, 0.5, 1.5, 3)).shape == X.shape)
calls(M, "random_brightness random_hue", lambda f: value(f(X, 0.2, 3)).shape == X.shape)
calls(M, "random_crop", lambda f: value(f(X, [2, 2, 3], 3)).shape == (2, 2, 3))
calls(M, "per_image_standardization", lambda f: close(f(4 * X), (X - X.mean()) / X.std(), 1e-4))
calls(M, "image_gradients", lambda f: close(f(IMAGE)[0][:, :-1], np.diff(IMAGE, axis=1)))
calls(M, "sobel_edges", lambda f: value(f(tf.constant(IMAGE))).shape == (*IMAGE.shape, 2))
calls(M, "total_variation", lambda f: close(
    f(X), abs(np.diff(X, axis=0)).sum() + abs(np.diff(X, axis=1)).sum(), 1e-4))
calls(M, "psnr", lambda f: close(f(X, X + 0.1, 1.0), 20, 1e-3))
calls(M, "ssim", lambda f: close(f(np.tile(X, (4, 4, 1)), np.tile(X, (4, 4, 1)), 1.0), 1.0))
calls(M, "ssim_multiscale", lambda f: close(
    f(np.tile(X, (6, 6, 1)), np.tile(X, (6, 6, 1)), 1.0, power_factors=(0.5, 0.5)), 1.0))
calls(M, "non_max_suppression", lambda f: same(
    f([[0.0, 0, 1, 1], [0, 0, 1, 0.9], [2, 2, 3, 3]], [0.1, 0.5, 0.3], 5), [1, 2]))
BOXES = [[0.0, 0, 1, 1], [0, 0, 1, 0.9], [2, 2, 3, 3]]
calls(M, "non_max_suppression_with_scores", lambda f: same(f(BOXES, [0.1, 0.5, 0.3], 5)[0], [1, 2]))
calls(M, "non_max_suppression_padded", lambda f: same(
    f(BOXES, [0.1, 0.5, 0.3], 5, pad_to_max_output_size=True)[0], [1, 2, 0, 0, 0]))
calls(M, "non_max_suppression_overlaps", lambda f: same(f(np.eye(2), [0.1, 0.5], 5), [1, 0]))
calls(M, "sample_distorted_bounding_box", lambda f: value(
    f([8, 8, 3], [[[0.0, 0.0, 1.0, 1.0]]], 3)[1])[2] == -1)
calls(M, "crop_and_resize", lambda f: close(
    f(IMAGE, [[0.0, 0.0, 1.0, 1.0]], [1], [4, 4]), IMAGE[1:], 1e-4))
calls(M, "draw_bounding_boxes", lambda f: value(
    f(np.zeros((1, 4, 4, 3), np.float32), [[[0.0, 0.0, 1.0, 1.0]]]))[0, :, 0].tolist()
    == [[1, 1, 0]] * 4)
calls(M, "extract_image_patches extract_patches", lambda f: same(
    f(IMAGE, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID")[0, 0, 0],
    X[:2, :2].reshape(-1)))


def flipped(fetch, other):
    found = value(fetch)
    return found.tolist() in (X.tolist(), other.tolist())


# -- files -----------------------------------------------------------------------------------------

FILES = image_files()
PIXELS = (IMAGE[0] * 255).astype(np.uint8)


def file(kind):
    """An image file."""
    return FILES["rgb." + kind]


def decoded(call):
    """Does the call give pixels? Without Pillow it has to say what to install."""
    try:
        import PIL  # noqa: F401
    except ImportError:
        return refused(call, pt.MissingExtra)
    return value(call()).shape[-1] == 3


for room in ("tf.image", "tf.io"):
    calls(room, "decode_png decode_image", lambda f: decoded(lambda: f(file("png"))))
    calls(room, "decode_jpeg", lambda f: decoded(lambda: f(file("jpg"), ratio=2)))
    calls(room, "decode_and_crop_jpeg", lambda f: decoded(lambda: f(file("jpg"), [1, 2, 3, 4])))
    calls(room, "extract_jpeg_shape", lambda f: decoded(lambda: f(file("jpg"))[None]))
    calls(room, "decode_gif", lambda f: decoded(lambda: f(FILES["one.gif"])))
    calls(room, "decode_bmp", lambda f: value(f(file("bmp"))).shape == (13, 17, 3))
    calls(room, "is_jpeg", lambda f: value([f(file("jpg")), f(file("png"))]) == [True, False])
    calls(room, "encode_jpeg", lambda f: decoded(lambda: tf.image.decode_jpeg(f(PIXELS))))
calls(M, "encode_png", lambda f: value(f(PIXELS)).startswith(b"\x89PNG"))
calls(M, "adjust_jpeg_quality", lambda f: decoded(lambda: f(X, 60)))
calls(M, "random_jpeg_quality", lambda f: decoded(lambda: f(X, 50, 90, 3)))

"""Calls of tf.image, for TensorFlow 1.15 and for Pentad."""

import numpy as np

IMAGE = (np.arange(2 * 4 * 5 * 3).reshape(2, 4, 5, 3) * 37 % 101 / 101.0).astype(np.float32)
BOXES = np.array([[0.1, 0.2, 0.8, 0.9], [0.0, 0.0, 1.2, 1.0]], np.float32)


def cases(tf):
    """Tensors by name, made by `tensorflow`."""
    im, image = tf.image, tf.constant(IMAGE)
    found = {}
    for name in ("bilinear", "nearest_neighbor", "bicubic", "area"):
        resize = getattr(im, "resize_" + name)
        found[name + "_up"] = resize(image, [7, 9])
        found[name + "_down"] = resize(image, [3, 2])
        found[name + "_corners"] = resize(image, [6, 3], align_corners=True)
        if name != "area":
            found[name + "_centers"] = resize(image, [6, 3], half_pixel_centers=True)
    for name in ("rgb_to_hsv", "rgb_to_yiq", "rgb_to_yuv", "yiq_to_rgb", "yuv_to_rgb",
                 "hsv_to_rgb", "rgb_to_grayscale", "total_variation", "sobel_edges", "rot90",
                 "flip_left_right", "flip_up_down", "transpose_image",
                 "per_image_standardization"):
        found[name] = getattr(im, name)(image)
    found["adjust_contrast"] = im.adjust_contrast(image, 1.7)
    found["adjust_hue"] = im.adjust_hue(image, 0.2)
    found["adjust_saturation"] = im.adjust_saturation(image, 0.5)
    found["adjust_gamma"] = im.adjust_gamma(image, 2.0, 0.5)
    found["central_crop"] = im.central_crop(image, 0.5)
    found["crop_or_pad"] = im.resize_image_with_crop_or_pad(image, 3, 8)
    found["with_pad"] = im.resize_image_with_pad(image, 6, 6)
    found["crop_and_resize"] = im.crop_and_resize(image, BOXES, [0, 1], [3, 4])
    found["psnr"] = im.psnr(image, image[::-1], 1.0)
    big = tf.tile(image, [1, 4, 4, 1])
    found["ssim"] = im.ssim(big, big[::-1], 1.0)
    found["ssim multiscale"] = im.ssim_multiscale(
        tf.tile(image, [1, 6, 5, 1])[:, :23], tf.tile(image[::-1], [1, 6, 5, 1])[:, :23] * 0.9,
        1.0, power_factors=(0.4, 0.6))
    found["patches"] = im.extract_image_patches(image, [1, 2, 2, 1], [1, 2, 1, 1], [1, 1, 2, 1],
                                                "SAME")
    found["nms"] = im.non_max_suppression(
        np.array([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, 2, 1, 3]], np.float32),
        np.array([0.5, 0.9, 0.3], np.float32), 3, 0.5)
    boxes = np.array([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, 0.6, 1, 1.5], [0, 2, 1, 3]], np.float32)
    scores = np.array([0.6, 0.9, 0.8, 0.3], np.float32)
    for sigma in (0.0, 0.5):
        kept, values = im.non_max_suppression_with_scores(boxes, scores, 4, 0.9, 0.1, sigma)
        found[f"nms {sigma}"], found[f"nms scores {sigma}"] = kept, values
    found["nms padded"], found["nms count"] = im.non_max_suppression_padded(
        boxes, scores, 6, 0.5, pad_to_max_output_size=True)
    overlaps = np.array([[1, 0.7, 0.2], [0.7, 1, 0.1], [0.2, 0.1, 1]], np.float32)
    found["nms overlaps"] = im.non_max_suppression_overlaps(overlaps, scores[:3], 3, 0.5)
    return found

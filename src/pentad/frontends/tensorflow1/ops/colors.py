"""Colours and brightness of images, and how much images differ."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
import pentad.frontends.tensorflow1 as tf
from pentad import static
from pentad.frontends.tensorflow1.framework.dtypes import FLOATS
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.ops.images import _axes, _image

_YIQ = np.array([[0.299, 0.59590059, 0.2115], [0.587, -0.27455667, -0.52273617],
                 [0.114, -0.32134392, 0.31119955]])
_YUV = np.array([[0.299, -0.14714119, 0.61497538], [0.587, -0.28886916, -0.51496512],
                 [0.114, 0.43601035, -0.10001026]])
_FROM_YIQ = np.array([[1, 1, 1], [0.95598634, -0.27201283, -1.10674021],
                      [0.6208248, -0.64720424, 1.70423049]])
_FROM_YUV = np.array([[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]])


def _mixed(matrix: Any, public: str) -> Any:
    def call(images: Any) -> Any:
        images = tf.convert_to_tensor(images, name="images")
        return tf.tensordot(images, matrix.astype(images.dtype.as_numpy_dtype), [[-1], [0]])

    call.__name__ = public
    call.__doc__ = f"The channels of images, {public.replace('_', ' ')}."
    return call


rgb_to_yiq, yiq_to_rgb = _mixed(_YIQ, "rgb_to_yiq"), _mixed(_FROM_YIQ, "yiq_to_rgb")
rgb_to_yuv, yuv_to_rgb = _mixed(_YUV, "rgb_to_yuv"), _mixed(_FROM_YUV, "yuv_to_rgb")


def _to_hsv(images: Any) -> Any:
    r, g, b = images.unbind(-1)
    value, low = images.amax(-1), images.amin(-1)
    spread = value - low
    ones = pt.ones_like(spread)
    safe = pt.where(spread > 0, spread, ones)
    hue = pt.where(value == r, (g - b) / safe,
                   pt.where(value == g, (b - r) / safe + 2, (r - g) / safe + 4)) / 6
    hue = pt.where(spread > 0, pt.where(hue < 0, hue + 1, hue), 0 * hue)
    saturation = pt.where(value > 0, spread / pt.where(value > 0, value, ones), 0 * value)
    return pt.stack([hue, saturation, value], -1)


def _from_hsv(images: Any) -> Any:
    h, s, v = images.unbind(-1)
    parts = [(h * 6 - 3).abs() - 1, 2 - (h * 6 - 2).abs(), 2 - (h * 6 - 4).abs()]
    return pt.stack([((p.clamp(0, 1) - 1) * s + 1) * v for p in parts], -1)


_FLOATS = {"T": FLOATS}
rgb_to_hsv = op("RGBToHSV", "images: T -> output: T", _to_hsv, allow=_FLOATS)
hsv_to_rgb = op("HSVToRGB", "images: T -> output: T", _from_hsv, allow=_FLOATS)


def rgb_to_grayscale(images: Any, name: str | None = None) -> Any:
    """One channel of brightness."""
    with tf.name_scope(name, "rgb_to_grayscale", [images]):
        images = tf.convert_to_tensor(images, name="images")
        values = convert_image_dtype(images, tf.float32)
        gray = tf.tensordot(values, np.array([0.2989, 0.5870, 0.1140], np.float32), [[-1], [0]])
        return convert_image_dtype(tf.expand_dims(gray, -1), images.dtype)


def grayscale_to_rgb(images: Any, name: str | None = None) -> Any:
    """The channel three times."""
    images = tf.convert_to_tensor(images)
    ones = [1] * (images.shape.ndims - 1)
    return tf.tile(images, [*ones, 3], name=name)


def convert_image_dtype(
    image: Any, dtype: Any, saturate: bool = False, name: str | None = None
) -> Any:
    """The image with values of another type: whole ones up to their largest, others up to 1."""
    image = tf.convert_to_tensor(image, name="image")
    dtype = tf.as_dtype(dtype).base_dtype
    if dtype is image.dtype.base_dtype:
        return tf.identity(image, name=name)
    with tf.name_scope(name, "convert_image", [image]):
        if image.dtype.is_integer and dtype.is_integer:
            if image.dtype.max > dtype.max:
                scale = (image.dtype.max + 1) // (dtype.max + 1)
                return tf.cast(image // scale, dtype)
            scale = (dtype.max + 1) // (image.dtype.max + 1)
            return tf.cast(image, dtype) * scale
        if image.dtype.is_floating and dtype.is_floating:
            return tf.cast(image, dtype)
        if image.dtype.is_integer:
            return tf.cast(image, dtype) * (1.0 / image.dtype.max)
        scaled = image * (dtype.max + 0.5)
        return tf.saturate_cast(scaled, dtype) if saturate else tf.cast(scaled, dtype)


def _in_floats(image: Any, change: Any) -> Any:
    """A change that is made on floating-point values, whatever the image has."""
    image = tf.convert_to_tensor(image, name="image")
    values = convert_image_dtype(image, tf.float32) if image.dtype.is_integer else image
    return convert_image_dtype(change(values), image.dtype, saturate=True)


def adjust_brightness(image: Any, delta: Any) -> Any:
    """The image made brighter by a number."""
    return _in_floats(image, lambda x: x + tf.cast(delta, x.dtype))


def adjust_contrast(images: Any, contrast_factor: Any) -> Any:
    """The differences to the mean of each channel times a number."""
    def change(x: Any) -> Any:
        mean = tf.reduce_mean(x, list(_axes(x)), keepdims=True)
        return (x - mean) * tf.cast(contrast_factor, x.dtype) + mean

    return _in_floats(images, change)


def adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1) -> Any:
    """gain * image ** gamma."""
    if not hasattr(gamma, "graph") and gamma < 0:
        raise pt.ArgumentError("Gamma should be a non-negative real number.")
    return _in_floats(image, lambda x: gain * x ** gamma)


def adjust_hue(image: Any, delta: Any, name: str | None = None) -> Any:
    """The hue turned by a part of its circle."""
    def change(x: Any) -> Any:
        h, s, v = tf.unstack(rgb_to_hsv(x), axis=-1)
        return hsv_to_rgb(tf.stack([tf.mod(h + delta + 1.0, 1.0), s, v], -1))

    return _in_floats(image, change)


def adjust_saturation(image: Any, saturation_factor: Any, name: str | None = None) -> Any:
    """The saturation times a number."""
    def change(x: Any) -> Any:
        h, s, v = tf.unstack(rgb_to_hsv(x), axis=-1)
        return hsv_to_rgb(tf.stack([h, tf.clip_by_value(s * saturation_factor, 0.0, 1.0), v], -1))

    return _in_floats(image, change)


def _drawn(adjust: Any, public: str) -> Any:
    def call(image: Any, lower: Any, upper: Any, seed: int | None = None) -> Any:
        if upper <= lower or lower < 0:
            raise pt.ArgumentError("upper must be > lower >= 0.")
        return adjust(image, tf.random_uniform([], lower, upper, seed=seed))

    call.__name__ = public
    call.__doc__ = f"{public.replace('_', ' ')}: by a number drawn between two."
    return call


random_contrast = _drawn(adjust_contrast, "random_contrast")
random_saturation = _drawn(adjust_saturation, "random_saturation")


def random_brightness(image: Any, max_delta: float, seed: int | None = None) -> Any:
    """The image made brighter by a number drawn between -max_delta and max_delta."""
    if max_delta < 0:
        raise pt.ArgumentError("max_delta must be non-negative.")
    return adjust_brightness(image, tf.random_uniform([], -max_delta, max_delta, seed=seed))


def random_hue(image: Any, max_delta: float, seed: int | None = None) -> Any:
    """The hue turned by a number drawn between -max_delta and max_delta."""
    if not 0 <= max_delta <= 0.5:
        raise pt.ArgumentError("max_delta must be within [0, 0.5].")
    return adjust_hue(image, tf.random_uniform([], -max_delta, max_delta, seed=seed))


def per_image_standardization(image: Any) -> Any:
    """The image with mean 0 and variance 1."""
    image = tf.cast(_image(image), tf.float32)
    axes = [-1, -2, -3]
    mean = tf.reduce_mean(image, axes, keepdims=True)
    count = tf.cast(tf.reduce_prod(tf.shape(image)[-3:]), tf.float32)
    spread = tf.sqrt(tf.reduce_mean(tf.square(image - mean), axes, keepdims=True))
    return (image - mean) / tf.maximum(spread, tf.rsqrt(count))


# -- differences -----------------------------------------------------------------------------------


def image_gradients(image: Any) -> tuple[Any, Any]:
    """(differences of rows, differences of columns), zeros at the end."""
    image = tf.convert_to_tensor(image)
    if image.shape.ndims not in (4, None):
        raise pt.ShapeError(static.message("image_gradients expects a 4D tensor",
                                           got=str(image.shape)))
    dy = tf.pad(image[:, 1:] - image[:, :-1], [[0, 0], [0, 1], [0, 0], [0, 0]])
    dx = tf.pad(image[:, :, 1:] - image[:, :, :-1], [[0, 0], [0, 0], [0, 1], [0, 0]])
    return dy, dx


def sobel_edges(image: Any) -> Any:
    """The edges of images in both directions, as a last axis of two."""
    image = tf.convert_to_tensor(image)
    x = tf.pad(image, [[0, 0], [1, 1], [1, 1], [0, 0]], "REFLECT")
    rows = x[:, :-2] + 0.0, x[:, 2:] + 0.0
    dy = rows[1] - rows[0]
    dy = dy[:, :, :-2] + 2 * dy[:, :, 1:-1] + dy[:, :, 2:]
    dx = x[:, :, 2:] - x[:, :, :-2]
    dx = dx[:, :-2] + 2 * dx[:, 1:-1] + dx[:, 2:]
    return tf.stack([dy, dx], -1)


def total_variation(images: Any, name: str | None = None) -> Any:
    """The sum of the differences of neighbouring pixels."""
    images = _image(images)
    rows, columns = ((images[1:] - images[:-1], images[:, 1:] - images[:, :-1])
                     if images.shape.ndims == 3 else
                     (images[:, 1:] - images[:, :-1], images[:, :, 1:] - images[:, :, :-1]))
    axes = None if images.shape.ndims == 3 else [1, 2, 3]
    return tf.reduce_sum(tf.abs(rows), axes) + tf.reduce_sum(tf.abs(columns), axes)


def psnr(a: Any, b: Any, max_val: float, name: str | None = None) -> Any:
    """The ratio of the largest value to the noise between two images, in decibels."""
    limit = convert_image_dtype(tf.cast(max_val, tf.convert_to_tensor(a).dtype), tf.float32)
    a, b = (convert_image_dtype(x, tf.float32) for x in (a, b))
    error = tf.reduce_mean(tf.squared_difference(a, b), [-3, -2, -1])
    return (20 * tf.log(limit) - 10 * tf.log(error)) / np.float32(np.log(10))


def _blurred(x: Any, line: Any) -> Any:
    """A window that slides over rows, then one over columns."""
    for axis, letters in ((-3, "...hwc,ih->...iwc"), (-2, "...hwc,jw->...hjc")):
        size = x.shape[axis].value
        count = size - len(line) + 1
        if count < 1:
            raise pt.ShapeError(static.message(
                "ssim: the image is smaller than the filter", expected=f"at least {len(line)}",
                got=str(size)))
        band = np.zeros((count, size), np.float32)
        for i in range(count):
            band[i, i:i + len(line)] = line
        x = tf.einsum(letters, x, band)
    return x


def _likeness(
    a: Any, b: Any, limit: Any, filter_size: int, filter_sigma: float, k1: float, k2: float
) -> tuple[Any, Any]:
    """For each channel how alike two images are, and how alike their contrasts are."""
    places = np.arange(filter_size) - (filter_size - 1) / 2
    weights = np.exp(-0.5 * (places / filter_sigma) ** 2)
    line = (weights / weights.sum()).astype(np.float32)
    c1, c2 = (k1 * limit) ** 2, (k2 * limit) ** 2
    ma, mb = _blurred(a, line), _blurred(b, line)
    luminance = (2 * ma * mb + c1) / (ma * ma + mb * mb + c1)
    products = _blurred(a * b, line) * 2 - 2 * ma * mb
    squares = _blurred(a * a + b * b, line) - ma * ma - mb * mb
    contrast = (products + c2) / (squares + c2)
    return tf.reduce_mean(luminance * contrast, [-3, -2]), tf.reduce_mean(contrast, [-3, -2])


def _as_floats(img1: Any, img2: Any, max_val: Any) -> tuple[Any, Any, Any]:
    limit = convert_image_dtype(tf.cast(max_val, tf.convert_to_tensor(img1).dtype), tf.float32)
    return (*(convert_image_dtype(x, tf.float32) for x in (img1, img2)), limit)


def ssim(
    img1: Any, img2: Any, max_val: float, filter_size: int = 11, filter_sigma: float = 1.5,
    k1: float = 0.01, k2: float = 0.03,
) -> Any:
    """How alike the structures of two images are."""
    a, b, limit = _as_floats(img1, img2, max_val)
    return tf.reduce_mean(
        _likeness(a, b, limit, filter_size, filter_sigma, k1, k2)[0], [-1])


def _halved(x: Any) -> Any:
    """A batch of images of half the height and width; odd sizes end with a mirrored pixel."""
    more = [[0, n % 2] for n in x.shape.as_list()[1:3]]
    if any(b for _, b in more):
        x = tf.pad(x, [[0, 0], *more, [0, 0]], mode="SYMMETRIC")
    return tf.nn.avg_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")


def ssim_multiscale(
    img1: Any, img2: Any, max_val: float,
    power_factors: Any = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333), filter_size: int = 11,
    filter_sigma: float = 1.5, k1: float = 0.01, k2: float = 0.03,
) -> Any:
    """The same at several scales, each half as large as the one before."""
    a, b, limit = _as_floats(img1, img2, max_val)
    lead, rest = a.shape.as_list()[:-3], a.shape.as_list()[-3:]
    a, b = (tf.reshape(x, [-1, *rest]) for x in (a, b))
    parts = []
    for scale in range(len(power_factors)):
        if scale:
            a, b = _halved(a), _halved(b)
        whole, contrast = _likeness(a, b, limit, filter_size, filter_sigma, k1, k2)
        parts.append(tf.nn.relu(contrast))
    parts[-1] = tf.nn.relu(whole)
    found = tf.reduce_prod(tf.stack(parts, -1) ** np.array(power_factors, np.float32), [-1])
    return tf.reshape(tf.reduce_mean(found, [-1]), [-1 if n is None else n for n in lead])

"""Images: cutting, turning, resizing. Images are [height, width, channels], or batches of them."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
import pentad.frontends.tensorflow1 as tf
from pentad import static
from pentad.frontends.tensorflow1.framework.convert import constant_value
from pentad.frontends.tensorflow1.framework.make import op


class ResizeMethod:
    """Ways of resizing."""

    BILINEAR, NEAREST_NEIGHBOR, BICUBIC, AREA = range(4)


def _image(image: Any, name: str = "image") -> Any:
    image = tf.convert_to_tensor(image, name=name)
    if image.shape.ndims not in (3, 4, None):
        raise pt.ShapeError(static.message(
            f"'{name}' must have either 3 or 4 dimensions.", got=str(image.shape)))
    return image


def _axes(image: Any) -> tuple[int, int]:
    """The axes of height and width."""
    rank = image.shape.ndims
    return (0, 1) if rank == 3 else (1, 2)


def _sizes(image: Any) -> tuple[Any, Any]:
    """Height and width: numbers where they are known."""
    shape = image.shape.as_list()
    whole = tf.shape(image)
    return tuple(shape[a] if shape[a] is not None else whole[a] for a in _axes(image))


# -- turning ---------------------------------------------------------------------------------------


def flip_left_right(image: Any) -> Any:
    """The image as in a mirror."""
    image = _image(image)
    return tf.reverse(image, [_axes(image)[1]])


def flip_up_down(image: Any) -> Any:
    """The image upside down."""
    image = _image(image)
    return tf.reverse(image, [_axes(image)[0]])


def transpose_image(image: Any, name: str | None = None) -> Any:
    """Height and width exchanged."""
    image = _image(image)
    return tf.transpose(image, [1, 0, 2] if image.shape.ndims == 3 else [0, 2, 1, 3], name=name)


def rot90(image: Any, k: int = 1, name: str | None = None) -> Any:
    """Turned to the left by so many quarters."""
    image = _image(image)
    with tf.name_scope(name, "rot90", [image]):
        turns = int(constant_value(tf.convert_to_tensor(k))) % 4
        if turns == 0:
            return tf.identity(image)
        if turns == 2:
            return flip_up_down(flip_left_right(image))
        if turns == 1:
            return flip_up_down(transpose_image(image))
        return transpose_image(flip_up_down(image))


def _maybe(turn: Any) -> Any:
    def call(image: Any, seed: int | None = None) -> Any:
        image = _image(image)
        if image.shape.ndims == 4:
            drawn = tf.random_uniform([tf.shape(image)[0], 1, 1, 1], seed=seed)
            mask = tf.cast(drawn < 0.5, image.dtype)
            return mask * turn(image) + (1 - mask) * image
        drawn = tf.random_uniform([], seed=seed)
        found = tf.cond(drawn < 0.5, lambda: turn(image), lambda: image)
        found.set_shape(image.shape)
        return found

    call.__doc__ = f"The image, or, as often, {turn.__doc__[0].lower()}{turn.__doc__[1:]}"
    return call


random_flip_left_right, random_flip_up_down = _maybe(flip_left_right), _maybe(flip_up_down)


# -- cutting and padding ---------------------------------------------------------------------------


def crop_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Any:
    """A part of the image: from a place, of a size."""
    image = _image(image)
    height, width = _sizes(image)
    known = [height, width, offset_height, offset_width, target_height, target_width]
    if all(isinstance(n, int) for n in known) and (
        offset_height + target_height > height or offset_width + target_width > width
        or min(known[2:]) < 0
    ):
        raise pt.ArgumentError(static.message(
            "the part lies outside of the image", expected=f"within {height} x {width}",
            got=f"{target_height} x {target_width} at ({offset_height}, {offset_width})"))
    rank = image.shape.ndims
    begin = [0] * (rank - 3) + [offset_height, offset_width, 0]
    size = [-1] * (rank - 3) + [target_height, target_width, -1]
    return tf.slice(image, tf.stack(begin), tf.stack(size)) if any(
        hasattr(n, "graph") for n in known[2:]) else tf.slice(image, begin, size)


def pad_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Any:
    """The image at a place within zeros of a size."""
    image = _image(image)
    height, width = _sizes(image)
    below = target_height - offset_height - height
    right = target_width - offset_width - width
    known = [offset_height, offset_width, below, right]
    if any(isinstance(n, int) and n < 0 for n in known):
        raise pt.ArgumentError(static.message(
            "the image does not fit", expected=f"at most {target_height} x {target_width}",
            got=f"{height} x {width} at ({offset_height}, {offset_width})"))
    paddings = [[0, 0]] * (image.shape.ndims - 3) + [
        [offset_height, below], [offset_width, right], [0, 0]]
    found = tf.pad(image, paddings)
    if isinstance(target_height, int) and isinstance(target_width, int):
        first = image.shape.as_list()
        found.set_shape([*first[:-3], target_height, target_width, first[-1]])
    return found


def central_crop(image: Any, central_fraction: float) -> Any:
    """The middle of the image."""
    image = _image(image)
    if not 0.0 < central_fraction <= 1.0:
        raise pt.ArgumentError("central_fraction must be within (0, 1]")
    if central_fraction == 1.0:
        return image
    height, width = _sizes(image)
    top, left = (int((n - n * central_fraction) / 2) for n in (height, width))
    return crop_to_bounding_box(image, top, left, height - 2 * top, width - 2 * left)


def resize_image_with_crop_or_pad(image: Any, target_height: Any, target_width: Any) -> Any:
    """The image cut or padded with zeros at its edges, to a size."""
    image = _image(image)
    height, width = _sizes(image)
    more = [target_height - height, target_width - width]
    if not all(isinstance(n, int) for n in more):
        zero = tf.constant(0)
        cut = [tf.maximum(-n // 2, zero) for n in more]
        add = [tf.maximum(n // 2, zero) for n in more]
        sizes = [tf.minimum(t, n) for t, n in ((target_height, height), (target_width, width))]
        return pad_to_bounding_box(crop_to_bounding_box(image, *cut, *sizes), *add,
                                   target_height, target_width)
    cut, add = ([max(-n // 2, 0) for n in more], [max(n // 2, 0) for n in more])
    part = crop_to_bounding_box(image, *cut, min(target_height, height), min(target_width, width))
    return pad_to_bounding_box(part, *add, target_height, target_width)


# -- resizing --------------------------------------------------------------------------------------


def _weights(size: int, into: int, method: int, corners: bool, centers: bool) -> Any:
    """A matrix that takes a row of `size` pixels to one of `into`."""
    scale = (size - 1) / (into - 1) if corners and into > 1 else size / into
    made = np.zeros((into, size))
    for i in range(into):
        if method == ResizeMethod.AREA:
            begin, end = i * scale, (i + 1) * scale
            for k in range(int(begin), int(np.ceil(end))):
                made[i, min(k, size - 1)] += (min(end, k + 1) - max(begin, k)) / scale
            continue
        at = (i + 0.5) * scale - (0 if method == ResizeMethod.NEAREST_NEIGHBOR else 0.5) \
            if centers else i * scale
        if method == ResizeMethod.NEAREST_NEIGHBOR:
            k = int(np.floor(at + 0.5)) if corners else int(np.floor(at))
            made[i, min(max(k, 0), size - 1)] = 1
            continue
        first = int(np.floor(at))
        for k, weight in _kernel(at - first, method, centers):
            outside = not 0 <= first + k < size
            if outside and centers and method == ResizeMethod.BICUBIC:
                continue
            made[i, min(max(first + k, 0), size - 1)] += weight
        made[i] /= made[i].sum()
    return made


def _kernel(t: float, method: int, centers: bool) -> list[tuple[int, float]]:
    if method == ResizeMethod.BILINEAR:
        return [(0, 1 - t), (1, t)]
    # TensorFlow looks the cubic up in a table of 1024 steps.
    a, t = -0.5 if centers else -0.75, round(t * 1024) / 1024
    return [(k, _cubic(abs(t - k), a)) for k in (-1, 0, 1, 2)]


def _cubic(x: float, a: float) -> float:
    if x <= 1:
        return ((a + 2) * x - (a + 3)) * x * x + 1
    return (((x - 5) * x + 8) * x - 4) * a if x < 2 else 0.0


def _resized(images: Any, size: Any, align_corners: bool, half_pixel_centers: bool, how: int):
    height, width = (int(n) for n in size)
    dtype = images.dtype
    x = images if dtype.is_floating_point else images.to(pt.float32)
    rows, columns = (
        _weights(n, m, how, align_corners, half_pixel_centers)
        for n, m in ((images.shape[1], height), (images.shape[2], width)))
    if how == ResizeMethod.NEAREST_NEIGHBOR:
        rows, columns = (pt.from_numpy(w.argmax(1)) for w in (rows, columns))
        return images.index_select(1, rows).index_select(2, columns)
    left, right = (pt.from_numpy(w).to(x.dtype) for w in (rows, columns))
    return pt.einsum("ih,nhwc,jw->nijc", left, x, right)


def _resize_op(name: str, how: int, kind: str = "float32") -> Any:
    attrs = "align_corners=False, half_pixel_centers=False"
    return op(name, f"images: T, size: int32; {attrs} -> resized_images: {kind}",
              lambda images, size, align_corners, half_pixel_centers: _resized(
                  images, size, align_corners, half_pixel_centers, how), sizes=(1,),
              infer=lambda x, s, node: [static.Type(
                  x.dtype if kind == "T" else pt.float32, (None,) * 4)])


_BY_METHOD = {
    ResizeMethod.BILINEAR: _resize_op("ResizeBilinear", ResizeMethod.BILINEAR),
    ResizeMethod.NEAREST_NEIGHBOR: _resize_op(
        "ResizeNearestNeighbor", ResizeMethod.NEAREST_NEIGHBOR, "T"),
    ResizeMethod.BICUBIC: _resize_op("ResizeBicubic", ResizeMethod.BICUBIC),
    ResizeMethod.AREA: _resize_op("ResizeArea", ResizeMethod.AREA),
}


def resize_images(
    images: Any, size: Any, method: int = ResizeMethod.BILINEAR, align_corners: bool = False,
    preserve_aspect_ratio: bool = False, name: str | None = None,
) -> Any:
    """Images of another height and width."""
    images = _image(images, "images")
    with tf.name_scope(name, "resize", [images]):
        alone = images.shape.ndims == 3
        whole = tf.expand_dims(images, 0) if alone else images
        if method not in _BY_METHOD:
            raise pt.ArgumentError("Resize method is not implemented.")
        if preserve_aspect_ratio:
            height, width = _sizes(whole)
            scale = min(size[0] / height, size[1] / width)
            size = [round(scale * height), round(scale * width)]
        wanted = constant_value(tf.convert_to_tensor(size, tf.int32))
        now = whole.shape.as_list()[1:3]
        if wanted is not None and list(wanted) == now:
            found = whole
        else:
            found = _BY_METHOD[method](whole, size, align_corners=align_corners)
        return tf.squeeze(found, [0]) if alone else found


def _by(method: int, public: str) -> Any:
    def call(
        images: Any, size: Any, align_corners: bool = False, name: str | None = None,
        half_pixel_centers: bool = False,
    ) -> Any:
        return _BY_METHOD[method](images, size, align_corners=align_corners,
                                  half_pixel_centers=half_pixel_centers, name=name)

    call.__name__ = public
    call.__doc__ = "Batches of images of another height and width."
    return call


resize_bilinear = _by(ResizeMethod.BILINEAR, "resize_bilinear")
resize_nearest_neighbor = _by(ResizeMethod.NEAREST_NEIGHBOR, "resize_nearest_neighbor")
resize_bicubic, resize_area = (_by(ResizeMethod.BICUBIC, "resize_bicubic"),
                               _by(ResizeMethod.AREA, "resize_area"))


def resize_image_with_pad(
    image: Any, target_height: int, target_width: int, method: int = ResizeMethod.BILINEAR,
    align_corners: bool = False,
) -> Any:
    """The image resized without changing its form, with zeros around it."""
    image = _image(image)
    height, width = _sizes(image)
    ratio = max(width / target_width, height / target_height)
    size = [height / ratio, width / ratio]
    found = resize_images(image, [int(n) for n in size], method, align_corners)
    top, left = (int(max(0, (t - n) / 2)) for t, n in zip((target_height, target_width), size))
    return pad_to_bounding_box(found, top, left, target_height, target_width)

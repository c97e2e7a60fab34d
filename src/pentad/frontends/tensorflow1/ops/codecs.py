"""Images from and to files: PNG, JPEG, GIF, BMP.

Pillow reads and writes compressed images; it is imported when one is decoded. BMP files are read,
and PNG files are written, without it.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import pentad as pt
import pentad.frontends.tensorflow1 as tf
from pentad import formats, static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.framework.resources import boxed
from pentad.frontends.tensorflow1.ops.images import _image

_STARTS = {b"\x89PN": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF": "GIF", b"BM": "BMP"}


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise pt.MissingExtra(static.message(
            "images are decoded with Pillow", expected="pentad[data]", got="it is not installed",
            hint="pip install 'pentad[data]'")) from None
    return Image


def _bytes(contents: Any) -> bytes:
    data = np.asarray(contents, object).item()
    return data.encode() if isinstance(data, str) else bytes(data)


def _bad(what: str, data: bytes, why: Any = "") -> errors.OpError:
    return errors.InvalidArgumentError(None, None, static.message(
        f"{what}: {why}" if why else what, got=f"{len(data)} bytes that begin {data[:8]!r}"))


@contextmanager
def _opened(data: bytes, *kinds: str) -> Iterator[Any]:
    """A file of one of these kinds; what is wrong with it is an InvalidArgumentError."""
    image = _pillow()
    what = "Invalid " + " or ".join(kinds) + " data"
    try:
        with image.open(io.BytesIO(data), formats=kinds) as file:
            yield file
    except pt.PentadError:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, struct.error,
            image.DecompressionBombError) as error:
        raise _bad(what, data, error) from error


def _kind(data: bytes) -> str:
    for start, kind in _STARTS.items():
        if data.startswith(start):
            return kind
    raise _bad("Unknown image file format. One of JPEG, PNG, GIF, BMP required.", data)


# -- decoding --------------------------------------------------------------------------------------


def _of_channels(pixels: Any, channels: int, full: int) -> Any:
    """Pixels with so many channels; libpng's weights of colours."""
    have = pixels.shape[2]
    alpha = pixels[..., -1:] if have in (2, 4) else np.full_like(pixels[..., :1], full)
    colors = pixels[..., :have - (have in (2, 4))]
    if channels >= 3 and colors.shape[2] == 1:
        colors = np.repeat(colors, 3, 2)
    elif channels < 3 and colors.shape[2] == 3:
        weights = np.array([9797, 19235, 3736], np.int64)
        colors = ((colors @ weights) >> 15)[..., None].astype(pixels.dtype)
    return np.concatenate([colors, alpha], 2) if channels == 4 or have == channels == 2 else colors


def _png(data: bytes, channels: int, dtype: Any) -> Any:
    with _opened(data, "PNG") as file:
        wide = file.mode.startswith("I")
        clear = "transparency" in file.info
        if dtype == np.uint16 and not wide and data[24:25] == b"\x10":
            raise errors.UnimplementedError(None, None, static.message(
                "PNG files of 16 bits and several channels are not read", expected="one channel",
                got=file.mode, hint="decode it with dtype=tf.uint8"))
        if file.mode == "P":
            file = file.convert("RGBA" if clear else "RGB")
        elif file.mode == "1":
            file = file.convert("L")
        elif clear and file.mode in ("L", "RGB") and channels == 4:
            file = file.convert("LA" if file.mode == "L" else "RGBA")
        pixels = np.asarray(file)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    if wide:
        pixels = pixels.astype(np.uint16)
        pixels = pixels if dtype == np.uint16 else (pixels >> 8).astype(np.uint8)
    elif dtype == np.uint16:
        pixels = pixels.astype(np.uint16) * 257
    # TensorFlow fills in an alpha of as many bits as the file has.
    full = np.iinfo(pixels.dtype).max if data[24] > 8 else 2 ** data[24] - 1
    return _of_channels(pixels, channels or pixels.shape[2], full)


def _jpeg(data: bytes, channels: int, ratio: int = 1) -> Any:
    with _opened(data, "JPEG") as file:
        color = channels == 3 or (channels == 0 and file.mode != "L")
        width, height = file.size
        # The decoder makes gray ones and smaller ones itself.
        file.draft(None if file.mode == "CMYK" else "RGB" if color else "L",
                   (width // ratio, height // ratio) if ratio > 1 else (width, height))
        found = np.asarray(file.convert("RGB" if color else "L"))
    return found if color else found[..., None]


def _gif(data: bytes) -> Any:
    with _opened(data, "GIF") as file:
        frames = []
        for index in range(getattr(file, "n_frames", 1)):
            file.seek(index)
            frames.append(np.asarray(file.convert("RGB")))
        return np.stack(frames)


def _bmp(data: bytes, channels: int) -> Any:
    if len(data) < 32 or data[:2] != b"BM":
        raise _bad("Invalid BMP data", data, "incomplete header")
    start, _, width, height, _, bits = struct.unpack_from("<IIiiHH", data, 10)
    have = bits // 8
    if channels and channels != have:
        raise _bad(f"channels attribute {channels} does not match bits per pixel from file {have}",
                   data)
    if have not in (1, 3, 4) or width <= 0 or not height:
        raise _bad("Invalid BMP data", data, f"{width} x {height} of {bits} bits")
    row = -(-have * width // 4) * 4
    if start + row * abs(height) > len(data) + row - have * width:
        raise _bad("Incomplete bmp content", data, f"{row * abs(height)} bytes of pixels expected")
    pixels = np.frombuffer(data[start:].ljust(row * abs(height), b"\0"), np.uint8,
                           row * abs(height)).reshape(abs(height), row)
    pixels = pixels[:, :have * width].reshape(abs(height), width, have)
    pixels = pixels[::-1] if height > 0 else pixels
    return np.ascontiguousarray(pixels[..., {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[have]])


def _decoded(contents: Any, channels: int = 0, dtype: Any = dtypes.uint8, **attrs: Any) -> Any:
    """Any still image, as TensorFlow's decoders of PNG and JPEG do; a GIF of one frame too."""
    data = _bytes(contents)
    kind = _kind(data)
    if kind == "PNG":
        return _png(data, channels, dtype.as_numpy_dtype)
    if kind == "JPEG":
        return _jpeg(data, channels)
    if kind == "GIF":
        frames = _gif(data)
        if len(frames) > 1:
            raise _bad(f"Got {len(frames)} frames, but animated gifs can only be decoded by "
                       "tf.image.decode_gif or tf.image.decode_image", data)
        return frames[0]
    raise _bad("Expected image (JPEG, PNG, or GIF), got BMP", data)


def _decoded_jpeg(contents: Any, channels: int, ratio: int, fancy_upscaling: bool,
                  acceptable_fraction: float, try_recover_truncated: bool, dct_method: str) -> Any:
    data = _bytes(contents)
    return _jpeg(data, channels, ratio) if _kind(data) == "JPEG" else _decoded(data, channels)


def _cropped_jpeg(contents: Any, crop_window: Any, channels: int, ratio: int, **attrs: Any) -> Any:
    y, x, height, width = (int(n) for n in crop_window)
    whole = _jpeg(_bytes(contents), channels, ratio)
    if min(y, x) < 0 or min(height, width) <= 0 or y + height > whole.shape[0] or (
            x + width > whole.shape[1]):
        raise errors.InvalidArgumentError(None, None, static.message(
            "Invalid crop window", expected=f"within {whole.shape[0]} x {whole.shape[1]}",
            got=f"{height} x {width} at ({y}, {x})"))
    return whole[y:y + height, x:x + width]


def _jpeg_shape(contents: Any, output_type: Any) -> Any:
    with _opened(_bytes(contents), "JPEG") as file:
        return np.array([file.height, file.width, len(file.getbands())], output_type.as_numpy_dtype)


def _any_image(contents: Any, channels: int, dtype: Any, expand: bool) -> Any:
    data = _bytes(contents)
    kind = _kind(data)
    if kind == "GIF":
        if channels in (1, 4):
            raise _bad(f"channels={channels} is not supported for GIF images", data)
        found = _gif(data)
        found = found if expand else found[0]
    elif kind == "BMP":
        found = _bmp(data, channels)
    else:
        found = _png(data, channels, dtype.as_numpy_dtype) if kind == "PNG" else (
            _jpeg(data, channels))
    return found.astype(dtype.as_numpy_dtype, copy=False)


def _pixels(channels: int, dtype: Any = dtypes.uint8) -> list[Any]:
    return [(dtype, (None, None, channels or None))]


_MORE = "ratio=1, fancy_upscaling=True, try_recover_truncated=False, acceptable_fraction=1.0, " \
    "dct_method=''"
_HOST: dict[str, Any] = {"host": True, "differentiable": False}
_PNG = op("DecodePng", "contents: string; channels=0, dtype=uint8 -> image: dtype", _decoded,
          types=lambda c, channels, dtype: _pixels(channels, dtype), **_HOST)
_JPEG = op("DecodeJpeg", f"contents: string; channels=0, {_MORE} -> image: uint8", _decoded_jpeg,
           types=lambda c, channels, **a: _pixels(channels), **_HOST)
_CROP_JPEG = op(
    "DecodeAndCropJpeg", f"contents: string, crop_window: int32; channels=0, {_MORE} -> "
    "image: uint8", _cropped_jpeg, types=lambda c, w, channels, **a: _pixels(channels), **_HOST)
_SHAPE = op("ExtractJpegShape", "contents: string; output_type=int32 -> image_shape: output_type",
            _jpeg_shape, types=lambda c, output_type: [(output_type, (3,))], **_HOST)
_GIF = op("DecodeGif", "contents: string -> image: uint8", lambda c: _gif(_bytes(c)),
          types=lambda c: [(dtypes.uint8, (None, None, None, 3))], **_HOST)
_BMP = op("DecodeBmp", "contents: string; channels=0 -> image: uint8",
          lambda c, channels: _bmp(_bytes(c), channels),
          types=lambda c, channels: _pixels(channels), **_HOST)
_ANY = op("DecodeImage", "contents: string; channels=0, dtype=uint8, expand=True -> image: dtype",
          _any_image, types=lambda c, dtype, **a: [(dtype, None)], **_HOST)


def _channels(channels: int | None, *allowed: int) -> int:
    if (channels or 0) not in allowed:
        raise pt.ArgumentError(static.message(
            f"channels must be in {allowed}, got {channels}", got=str(channels)))
    return channels or 0


def decode_png(
    contents: Any, channels: int = 0, dtype: Any = dtypes.uint8, name: str | None = None
) -> Any:
    """The pixels of a PNG file; channels: how many, 0 for those that it has."""
    return _PNG(contents, channels=_channels(channels, 0, 1, 3, 4), dtype=dtype, name=name)


def _plain(fancy_upscaling: bool, try_recover_truncated: bool, fraction: float) -> None:
    if not fancy_upscaling or try_recover_truncated or fraction != 1:
        raise errors.UnimplementedError(None, None, static.message(
            "decode_jpeg: Pillow has one way of decoding",
            expected="fancy_upscaling=True, try_recover_truncated=False, acceptable_fraction=1",
            got=f"{fancy_upscaling}, {try_recover_truncated}, {fraction}"))


def decode_jpeg(
    contents: Any, channels: int = 0, ratio: int = 1, fancy_upscaling: bool = True,
    try_recover_truncated: bool = False, acceptable_fraction: float = 1, dct_method: str = "",
    name: str | None = None,
) -> Any:
    """The pixels of a JPEG file, of 1/ratio of its size; dct_method is a hint without effect."""
    _plain(fancy_upscaling, try_recover_truncated, acceptable_fraction)
    if ratio not in (1, 2, 4, 8):
        raise pt.ArgumentError(static.message("ratio must be 1, 2, 4, 8", got=str(ratio)))
    return _JPEG(contents, channels=_channels(channels, 0, 1, 3), ratio=ratio, name=name)


def decode_and_crop_jpeg(
    contents: Any, crop_window: Any, channels: int = 0, ratio: int = 1,
    fancy_upscaling: bool = True, try_recover_truncated: bool = False,
    acceptable_fraction: float = 1, dct_method: str = "", name: str | None = None,
) -> Any:
    """A part of a JPEG file; crop_window: [row, column, height, width]."""
    _plain(fancy_upscaling, try_recover_truncated, acceptable_fraction)
    return _CROP_JPEG(contents, crop_window, channels=_channels(channels, 0, 1, 3), ratio=ratio,
                      name=name)


def extract_jpeg_shape(
    contents: Any, output_type: Any = dtypes.int32, name: str | None = None
) -> Any:
    """Height, width and channels of a JPEG file, which is not decoded."""
    return _SHAPE(contents, output_type=output_type, name=name)


def decode_gif(contents: Any, name: str | None = None) -> Any:
    """The frames of a GIF file."""
    return _GIF(contents, name=name)


def decode_bmp(contents: Any, channels: int = 0, name: str | None = None) -> Any:
    """The pixels of a BMP file."""
    return _BMP(contents, channels=_channels(channels, 0, 3, 4), name=name)


def decode_image(
    contents: Any, channels: int | None = None, dtype: Any = dtypes.uint8, name: str | None = None,
    expand_animations: bool = True,
) -> Any:
    """The pixels of a PNG, JPEG, BMP or GIF file; a GIF has its frames as its first axis."""
    channels, dtype = _channels(channels, 0, 1, 3, 4), dtypes.as_dtype(dtype)
    with tf.name_scope(name, "decode_image"):
        whole = dtype if dtype in (dtypes.uint8, dtypes.uint16) else dtypes.uint8
        found = _ANY(contents, channels=channels, dtype=whole, expand=expand_animations)
        return found if whole is dtype else tf.image.convert_image_dtype(found, dtype)


def is_jpeg(contents: Any, name: str | None = None) -> Any:
    """Do the bytes begin as a JPEG file does?"""
    with tf.name_scope(name, "is_jpeg"):
        return tf.equal(tf.substr(contents, 0, 3), b"\xff\xd8\xff", name=name)


# -- encoding --------------------------------------------------------------------------------------


def _to_png(image: Any, compression: int) -> Any:
    if image.ndim != 3 or image.shape[2] not in (1, 2, 3, 4) or not image.size:
        raise errors.InvalidArgumentError(None, None, static.message(
            "image must be 3-dimensional with 1, 2, 3 or 4 channels", got=str(image.shape)))
    return boxed(formats.media.png(image))


def _to_jpeg(image: Any, format: str, quality: Any, progressive: bool, optimize_size: bool,
             chroma_downsampling: bool, density_unit: str, x_density: int, y_density: int,
             xmp_metadata: Any) -> Any:
    gray = image.ndim == 3 and image.shape[2] == 1
    if image.ndim != 3 or image.shape[2] not in (1, 3) or not image.size or (
            format and gray != (format == "grayscale")):
        raise errors.InvalidArgumentError(None, None, static.message(
            "image must have 1 or 3 channels, as its format says", got=f"{image.shape} {format}"))
    inches = 1 if density_unit == "in" else 2.54
    out = io.BytesIO()
    more = {"xmp": xmp_metadata} if xmp_metadata else {}
    _pillow().fromarray(np.ascontiguousarray(image[..., 0] if gray else image)).save(
        out, "JPEG", quality=int(quality), progressive=progressive, optimize=optimize_size,
        subsampling=2 if chroma_downsampling else 0,
        dpi=(round(x_density * inches), round(y_density * inches)), **more)
    return boxed(out.getvalue())


_ENCODE_PNG = op("EncodePng", "image: T; compression=-1 -> contents: string", _to_png,
                 allow={"T": (dtypes.uint8, dtypes.uint16)},
                 types=lambda *_, **a: [(dtypes.string, ())], **_HOST)
_JPEG_ATTRS = "progressive=False, optimize_size=False, chroma_downsampling=True, " \
    "density_unit='in', x_density=300, y_density=300, xmp_metadata=''"
_ENCODE_JPEG = op("EncodeJpeg", f"image: uint8; format='', quality=95, {_JPEG_ATTRS} -> "
                  "contents: string", _to_jpeg, types=lambda *_, **a: [(dtypes.string, ())],
                  **_HOST)
_ENCODE_JPEG_OF = op(
    "EncodeJpegVariableQuality", "images: uint8, quality: int32 -> contents: string",
    lambda images, quality: _to_jpeg(images, "", quality, False, False, True, "in", 300, 300, ""),
    types=lambda *_: [(dtypes.string, ())], **_HOST)


def encode_png(image: Any, compression: int = -1, name: str | None = None) -> Any:
    """The image as a PNG file."""
    return _ENCODE_PNG(image, compression=compression, name=name)


def encode_jpeg(
    image: Any, format: str = "", quality: int = 95, progressive: bool = False,
    optimize_size: bool = False, chroma_downsampling: bool = True, density_unit: str = "in",
    x_density: int = 300, y_density: int = 300, xmp_metadata: Any = "", name: str | None = None,
) -> Any:
    """The image as a JPEG file."""
    return _ENCODE_JPEG(
        image, format=format, quality=quality, progressive=progressive,
        optimize_size=optimize_size, chroma_downsampling=chroma_downsampling,
        density_unit=density_unit, x_density=x_density, y_density=y_density,
        xmp_metadata=xmp_metadata, name=name)


def adjust_jpeg_quality(image: Any, jpeg_quality: Any, name: str | None = None) -> Any:
    """The image as it is after it was a JPEG file of that quality."""
    image = _image(image)
    kind, channels = image.dtype, image.shape.as_list()[-1]
    with tf.name_scope(name, "adjust_jpeg_quality", [image]):
        whole = tf.image.convert_image_dtype(image, tf.uint8)
        quality = tf.convert_to_tensor(jpeg_quality, tf.int32)
        found = decode_jpeg(_ENCODE_JPEG_OF(whole, quality), channels=channels)
        return tf.image.convert_image_dtype(found, kind, saturate=True)


def random_jpeg_quality(
    image: Any, min_jpeg_quality: int, max_jpeg_quality: int, seed: int | None = None
) -> Any:
    """The image as it is after it was a JPEG file of a random quality."""
    if not 0 <= min_jpeg_quality < max_jpeg_quality <= 100:
        raise pt.ArgumentError(static.message(
            "min_jpeg_quality must be less than max_jpeg_quality, both between 0 and 100",
            got=f"{min_jpeg_quality}, {max_jpeg_quality}"))
    quality = tf.random_uniform([], min_jpeg_quality, max_jpeg_quality, tf.int32, seed=seed)
    return adjust_jpeg_quality(image, quality)

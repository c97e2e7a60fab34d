"""torchvision.io: images in files as tensors, read and written by Pillow."""

from __future__ import annotations

import io
from enum import Enum
from typing import Any

import numpy as np

import pentad as pt
from pentad.frontends.missing import absent
from pentad.frontends.torchvision.images import pillow
from pentad.frontends.torchvision.transforms import functional
from pentad.static import message


class ImageReadMode(Enum):
    """As what an image is read."""

    UNCHANGED = "UNCHANGED"
    GRAY = "L"
    GRAY_ALPHA = "LA"
    RGB = "RGB"
    RGB_ALPHA = "RGBA"


def decode_image(input: Any, mode: Any = ImageReadMode.UNCHANGED,
                 apply_exif_orientation: bool = False) -> Any:
    """[C, H, W] uint8 of an image file: its path, or its bytes as a tensor; FormatError if it is
    no image."""
    opened = io.BytesIO(input.numpy().tobytes()) if isinstance(input, pt.Tensor) else input
    wanted = ImageReadMode[mode] if isinstance(mode, str) else mode
    image = pillow()
    try:
        with image.open(opened) as found:
            kept = found.convert("RGB") if found.mode in ("P", "CMYK", "YCbCr") else found
            kept = kept if wanted is ImageReadMode.UNCHANGED else kept.convert(wanted.value)
            return functional.pil_to_tensor(kept)
    except FileNotFoundError:
        raise
    except (OSError, SyntaxError, ValueError) as error:
        raise pt.FormatError(message("decode_image: no image", expected="an image file",
                                     got=str(error))) from error


read_image = decode_image


def read_file(path: str) -> Any:
    """The bytes of a file [N], uint8."""
    with open(path, "rb") as file:
        return pt.from_numpy(np.frombuffer(bytearray(file.read()), np.uint8))


def write_png(input: Any, filename: str, compression_level: int = 6) -> None:
    """Write [C, H, W] uint8 as a PNG file."""
    functional.to_pil_image(input).save(filename, "PNG", compress_level=compression_level)


def write_jpeg(input: Any, filename: str, quality: int = 75) -> None:
    """Write [C, H, W] uint8 as a JPEG file."""
    functional.to_pil_image(input).save(filename, "JPEG", quality=quality)


__getattr__ = absent(__name__)

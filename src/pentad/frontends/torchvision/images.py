"""What transforms ask of an image, of whatever kind it is."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad.static import message

MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def pillow() -> Any:
    """Pillow's module Image; MissingExtra without it."""
    try:
        from PIL import Image
    except ImportError as error:
        raise pt.MissingExtra(message("images need Pillow", expected="Pillow", got="none",
                                      hint='pip install "pentad[data]"')) from error
    return Image


def has_pillow() -> bool:
    """Is Pillow there?"""
    try:
        pillow()
    except pt.MissingExtra:
        return False
    return True


def is_picture(img: Any) -> bool:
    """Is it an image of Pillow's?"""
    return hasattr(img, "getbands") and hasattr(img, "tobytes")


def picture(array: np.ndarray) -> Any:
    """An array [H, W] or [H, W, C] as an image: Pillow's if that is there."""
    return pillow().fromarray(array) if has_pillow() else array


def as_array(img: Any) -> np.ndarray:
    """An image of Pillow's or an array as [H, W, C]."""
    if is_picture(img):
        img = np.array(img.convert("L") if img.mode == "1" else img)
    if not isinstance(img, np.ndarray) or img.ndim not in (2, 3):
        raise pt.DTypeError(message("not an image", got=type(img).__name__, expected="an image of "
                                    "Pillow's, an array [H, W] or [H, W, C], or a tensor"))
    return img[:, :, None] if img.ndim == 2 else img


def as_planes(img: Any) -> Any:
    """An image as a tensor [..., C, H, W]; tensors as they are."""
    if isinstance(img, pt.Tensor):
        return img
    return pt.from_numpy(np.ascontiguousarray(as_array(img).transpose(2, 0, 1)))


def like(img: Any, planes: Any) -> Any:
    """A tensor [C, H, W] as an image of the kind of `img`."""
    if isinstance(img, pt.Tensor):
        return planes
    array = np.ascontiguousarray(planes.numpy().transpose(1, 2, 0))
    array = array[:, :, 0] if array.shape[2] == 1 else array
    return pillow().fromarray(array) if is_picture(img) else array


def sides(img: Any) -> tuple[int, int]:
    """(height, width)."""
    if is_picture(img):
        return img.size[1], img.size[0]
    shape = img.shape[-2:] if isinstance(img, pt.Tensor) else img.shape[:2]
    return int(shape[0]), int(shape[1])

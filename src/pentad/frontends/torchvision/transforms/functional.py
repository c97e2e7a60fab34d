"""torchvision.transforms.functional: images changed by given numbers.

Images of Pillow's are changed by Pillow, as torchvision does; the rest by tensor operations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from typing import Any

import pentad as pt
from pentad.frontends.missing import absent
from pentad.frontends.torchvision.images import (
    MODES,
    as_array,
    as_planes,
    is_picture,
    like,
    pillow,
    sides,
)
from pentad.static import message


class InterpolationMode(Enum):
    """How values between pixels are found."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


_PILLOWS = {"nearest": 0, "nearest-exact": 0, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5,
            "lanczos": 1}


def to_tensor(pic: Any) -> Any:
    """[C, H, W]: of bytes, in 0..1 (float32); other element types stay."""
    if isinstance(pic, pt.Tensor):
        raise pt.DTypeError(message("to_tensor", expected="an image or an array", got="a tensor"))
    planes = as_planes(pic)
    return planes.to(pt.get_default_dtype()) / 255 if planes.dtype is pt.uint8 else planes.clone()


def pil_to_tensor(pic: Any) -> Any:
    """[C, H, W] with the numbers of the image."""
    return as_planes(pic).clone()


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """An image of Pillow's of a tensor [C, H, W] (floats in 0..1) or an array [H, W, C]."""
    if isinstance(pic, pt.Tensor):
        planes = pic.unsqueeze(0) if pic.ndim == 2 else pic
        if planes.is_floating_point():
            planes = (planes * 255).to(pt.uint8)
        array = planes.numpy().transpose(1, 2, 0)
    else:
        array = as_array(pic)
    if array.shape[2] not in (1, 2, 3, 4):
        raise pt.ShapeError(message("to_pil_image", expected="1 to 4 channels",
                                    got=str(array.shape[2])))
    known = mode or (MODES.get(array.shape[2]) if array.dtype.name == "uint8" else None)
    array = array[:, :, 0] if array.shape[2] == 1 else array
    made = pillow().fromarray(array)
    return made if known is None or made.mode == known else made.convert(known)


def normalize(tensor: Any, mean: Sequence[float], std: Sequence[float], inplace: bool = False
              ) -> Any:
    """(x - mean) / std for each channel of [..., C, H, W]; a standard deviation is not 0."""
    if not isinstance(tensor, pt.Tensor) or not tensor.is_floating_point():
        raise pt.DTypeError(message("normalize", expected="a float tensor", got=repr(
            getattr(tensor, "dtype", type(tensor).__name__)), hint="use ToTensor first"))
    shift, scale = (pt.tensor(v, dtype=tensor.dtype).reshape(-1, 1, 1) for v in (mean, std))
    if bool((scale == 0).any()):
        raise pt.ArgumentError(message("normalize: std", expected="no 0", got=str(list(std))))
    return tensor.sub_(shift).div_(scale) if inplace else (tensor - shift) / scale


def resize(
    img: Any, size: Any, interpolation: Any = InterpolationMode.BILINEAR,
    max_size: int | None = None, antialias: bool | None = True,
) -> Any:
    """Another height and width; one number is that of the shorter side, the longer one in
    proportion (and at most max_size)."""
    height, width = _target(sides(img), size, max_size)
    mode = interpolation.value if isinstance(interpolation, Enum) else interpolation
    if is_picture(img):
        return img.resize((width, height), _PILLOWS.get(mode, mode))
    planes = as_planes(img)
    wide = planes.float()
    lead = wide.shape[:-3]
    options: dict[str, Any] = {}
    if mode in ("bilinear", "bicubic"):
        options = {"align_corners": False, "antialias": bool(antialias)}
    found = pt.nn.functional.interpolate(
        wide.reshape(-1, *wide.shape[-3:]), (height, width), mode=mode, **options)
    found = found.reshape(*lead, *found.shape[-3:])
    if planes.dtype is pt.uint8:
        found = found.round().clamp(0, 255)
    return like(img, found.to(planes.dtype))


def _target(now: tuple[int, int], wanted: Any, most: int | None) -> tuple[int, int]:
    if isinstance(wanted, int):
        wanted = (wanted,)
    if len(wanted) == 2:
        return int(wanted[0]), int(wanted[1])
    short, long = min(now), max(now)
    small, large = int(wanted[0]), int(wanted[0] * long / short)
    if most is not None and large > most:
        small, large = int(most * small / large), most
    return (small, large) if now[0] <= now[1] else (large, small)


def _sides(padding: Any) -> tuple[int, int, int, int]:
    """(left, top, right, bottom)."""
    if isinstance(padding, int):
        return (padding,) * 4
    given = tuple(padding)
    if len(given) == 1:
        return given * 4
    return given * 2 if len(given) == 2 else given


def pad(img: Any, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> Any:
    """A border: of `fill`, or "edge", "reflect", "symmetric" of the image."""
    left, top, right, bottom = _sides(padding)
    planes = as_planes(img)
    if padding_mode == "symmetric":
        rows = _mirrored(sides(img)[0], top, bottom)
        columns = _mirrored(sides(img)[1], left, right)
        return like(img, planes.index_select(-2, rows).index_select(-1, columns))
    if padding_mode == "constant":
        if isinstance(fill, (tuple, list)):
            parts = [pt.nn.functional.pad(planes[..., i:i + 1, :, :], (left, right, top, bottom),
                                          value=v) for i, v in enumerate(fill)]
            return like(img, pt.cat(parts, -3))
        return like(img, pt.nn.functional.pad(planes, (left, right, top, bottom), value=fill))
    mode = {"edge": "replicate", "reflect": "reflect"}[padding_mode]
    whole = planes.reshape(-1, *planes.shape[-3:]).float()
    found = pt.nn.functional.pad(whole, (left, right, top, bottom), mode=mode)
    return like(img, found.reshape(*planes.shape[:-2], *found.shape[-2:]).to(planes.dtype))


def _mirrored(n: int, before: int, after: int) -> Any:
    """The places of a line and of its mirror images on both sides, ends repeated."""
    places = [*range(n), *range(n - 1, -1, -1)]
    return pt.tensor([places[i % (2 * n)] for i in range(-before, n + after)])


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """A part; what lies outside is 0."""
    if is_picture(img):
        return img.crop((left, top, left + width, top + height))
    rows, columns = sides(img)
    outside = (max(-left, 0), max(-top, 0), max(left + width - columns, 0),
               max(top + height - rows, 0))
    planes = as_planes(img)
    if any(outside):
        planes = pad(planes, outside)
        top, left = max(top, 0), max(left, 0)
    return like(img, planes[..., top:top + height, left:left + width])


def _pair(wanted: Any) -> tuple[int, int]:
    if isinstance(wanted, int):
        return wanted, wanted
    return (int(wanted[0]), int(wanted[-1]))


def center_crop(img: Any, output_size: Any) -> Any:
    """The middle; an image that is smaller gets a border of 0 first."""
    height, width = _pair(output_size)
    rows, columns = sides(img)
    more = (max(width - columns, 0), max(height - rows, 0))
    if any(more):
        img = pad(img, (more[0] // 2, more[1] // 2, (more[0] + 1) // 2, (more[1] + 1) // 2))
        rows, columns = sides(img)
    return crop(img, round((rows - height) / 2), round((columns - width) / 2), height, width)


def resized_crop(
    img: Any, top: int, left: int, height: int, width: int, size: Any,
    interpolation: Any = InterpolationMode.BILINEAR, antialias: bool | None = True,
) -> Any:
    """A part in another size."""
    return resize(crop(img, top, left, height, width), size, interpolation, None, antialias)


def hflip(img: Any) -> Any:
    """Left and right exchanged."""
    return img.transpose(0) if is_picture(img) else like(img, as_planes(img).flip(-1))


def vflip(img: Any) -> Any:
    """Top and bottom exchanged."""
    return img.transpose(1) if is_picture(img) else like(img, as_planes(img).flip(-2))


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """The brightness 0.2989 R + 0.587 G + 0.114 B, once or in three equal channels."""
    if is_picture(img):
        grey = img.convert("L")
        return grey if num_output_channels == 1 else pillow().merge("RGB", [grey] * 3)
    planes = as_planes(img)
    if planes.shape[-3] == 3:
        weights = pt.tensor([0.2989, 0.587, 0.114]).reshape(3, 1, 1)
        planes = (planes * weights).sum(-3, keepdim=True).to(planes.dtype)
    wide = planes.expand(*planes.shape[:-3], num_output_channels, *planes.shape[-2:])
    return like(img, wide)


to_grayscale = rgb_to_grayscale


def _blended(img: Any, other: Any, ratio: float) -> Any:
    planes = as_planes(img)
    most = 1.0 if planes.is_floating_point() else 255.0
    return like(img, (planes * ratio + other * (1 - ratio)).clamp(0, most).to(planes.dtype))


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """Brighter (above 1) or darker."""
    return _blended(img, 0.0, brightness_factor)


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """Farther from (above 1) or nearer to the mean brightness."""
    grey = rgb_to_grayscale(as_planes(img)).float()
    mean = grey.mean((-3, -2, -1), keepdim=True)
    return _blended(img, mean.round() if not as_planes(img).is_floating_point() else mean,
                    contrast_factor)


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """Farther from (above 1) or nearer to grey."""
    return _blended(img, rgb_to_grayscale(as_planes(img)), saturation_factor)


def rotate(img: Any, angle: float, interpolation: Any = InterpolationMode.NEAREST,
           expand: bool = False, center: Any = None, fill: Any = 0) -> Any:
    """Turned against the clock by an angle in degrees."""
    if is_picture(img):
        mode = interpolation.value if isinstance(interpolation, Enum) else interpolation
        return img.rotate(angle, _PILLOWS.get(mode, mode), expand, center, fillcolor=fill or None)
    if expand or center is not None or fill:
        raise pt.ArgumentError(message("rotate of tensors", got="expand, center or fill",
                                       expected="a turn about the middle into the same size"))
    planes = as_planes(img)
    rows, columns = planes.shape[-2:]
    turn = math.radians(angle)
    c, s, ratio = math.cos(turn), math.sin(turn), rows / columns
    theta = pt.tensor([[[c, -s * ratio, 0.0], [s / ratio, c, 0.0]]])
    whole = planes.reshape(1, -1, rows, columns).float()
    grid = pt.nn.functional.affine_grid(theta, tuple(whole.shape), align_corners=False)
    mode = interpolation.value if isinstance(interpolation, Enum) else interpolation
    found = pt.nn.functional.grid_sample(whole, grid, mode, align_corners=False)
    return like(img, found.reshape(planes.shape).to(planes.dtype))


def erase(img: Any, i: int, j: int, h: int, w: int, v: Any, inplace: bool = False) -> Any:
    """A part [h, w] of a tensor written over."""
    made = img if inplace else img.clone()
    made[..., i:i + h, j:j + w] = v
    return made


def five_crop(img: Any, size: Any) -> tuple[Any, ...]:
    """The four corners and the middle."""
    height, width = _pair(size)
    rows, columns = sides(img)
    places = ((0, 0), (0, columns - width), (rows - height, 0), (rows - height, columns - width))
    return (*(crop(img, top, left, height, width) for top, left in places),
            center_crop(img, (height, width)))


def convert_image_dtype(image: Any, dtype: Any = None) -> Any:
    """Integers over their range as floats in 0..1, and back."""
    wanted = pt.float32 if dtype is None else dtype
    if image.is_floating_point() == wanted.is_floating_point:
        return image.to(wanted)
    if wanted.is_floating_point:
        return image.to(wanted) / pt.iinfo(image.dtype).max
    return (image * (pt.iinfo(wanted).max + 1 - 1e-3)).to(wanted)


def get_image_size(img: Any) -> list[int]:
    """[width, height]."""
    height, width = sides(img)
    return [width, height]


def get_dimensions(img: Any) -> list[int]:
    """[channels, height, width]."""
    return [int(as_planes(img).shape[-3]), *sides(img)]


__getattr__ = absent(__name__)

"""Transforms by chance. Random numbers come from Pentad's default stream, as torchvision's come
from PyTorch's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pentad as pt
from pentad.frontends.torchvision.images import sides
from pentad.frontends.torchvision.transforms import functional as F
from pentad.frontends.torchvision.transforms.functional import InterpolationMode
from pentad.frontends.torchvision.transforms.plain import Compose, Settings, two
from pentad.static import message

__all__ = [
    "ColorJitter", "RandomApply", "RandomChoice", "RandomCrop", "RandomErasing",
    "RandomGrayscale", "RandomHorizontalFlip", "RandomOrder", "RandomResizedCrop",
    "RandomRotation", "RandomVerticalFlip",
]


def _chance() -> float:
    return float(pt.rand(1).item())


def _between(low: float, high: float) -> float:
    return low + (high - low) * _chance()


def _whole(low: int, high: int) -> int:
    """A whole number, low <= n <= high."""
    return int(pt.randint(low, high + 1, (1,)).item())


class RandomGrayscale(Settings):
    """Grey with a probability."""

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        """The image, or its brightness in as many channels."""
        channels = F.get_dimensions(img)[0]
        return F.rgb_to_grayscale(img, channels) if _chance() < self.p else img


class RandomHorizontalFlip(Settings):
    """Left and right exchanged with a probability."""

    shown = ("p",)

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        """The image or its mirror image."""
        return F.hflip(img) if _chance() < self.p else img


class RandomVerticalFlip(Settings):
    """Top and bottom exchanged with a probability."""

    shown = ("p",)

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        """The image or its mirror image."""
        return F.vflip(img) if _chance() < self.p else img


class RandomCrop(Settings):
    """A part at a random place, after a border if one is asked for."""

    shown = ("size", "padding")

    def __init__(self, size: Any, padding: Any = None, pad_if_needed: bool = False, fill: Any = 0,
                 padding_mode: str = "constant") -> None:
        super().__init__()
        self.size, self.padding = two("RandomCrop", size), padding
        self.pad_if_needed, self.fill, self.padding_mode = pad_if_needed, fill, padding_mode

    def forward(self, img: Any) -> Any:
        """The part; ShapeError if the image is too small."""
        if self.padding is not None:
            img = F.pad(img, self.padding, self.fill, self.padding_mode)
        height, width = self.size
        rows, columns = sides(img)
        if self.pad_if_needed and (rows < height or columns < width):
            img = F.pad(img, (max(width - columns, 0), max(height - rows, 0)), self.fill,
                        self.padding_mode)
            rows, columns = sides(img)
        if rows < height or columns < width:
            raise pt.ShapeError(message("RandomCrop: the image is too small",
                                        expected=f"at least {self.size}", got=f"{rows, columns}",
                                        hint="pass padding=, or pad_if_needed=True"))
        return F.crop(img, _whole(0, rows - height), _whole(0, columns - width), height, width)


class RandomResizedCrop(Settings):
    """A part of random size and shape (Szegedy et al., 2015), resized."""

    shown = ("size", "scale", "ratio", "interpolation", "antialias")

    def __init__(self, size: Any, scale: tuple[float, float] = (0.08, 1.0),
                 ratio: tuple[float, float] = (3 / 4, 4 / 3),
                 interpolation: Any = InterpolationMode.BILINEAR, antialias: bool | None = True
                 ) -> None:
        super().__init__()
        self.size, self.scale, self.ratio = two("RandomResizedCrop", size), scale, ratio
        self.interpolation, self.antialias = interpolation, antialias

    def _part(self, rows: int, columns: int) -> tuple[int, int, int, int]:
        low, high = (math.log(r) for r in self.ratio)
        for _ in range(10):
            area = rows * columns * _between(*self.scale)
            shape = math.exp(_between(low, high))
            width, height = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
            if 0 < width <= columns and 0 < height <= rows:
                return _whole(0, rows - height), _whole(0, columns - width), height, width
        height, width = rows, columns  # the middle, in the nearest shape that is allowed
        if columns / rows < min(self.ratio):
            height = round(width / min(self.ratio))
        elif columns / rows > max(self.ratio):
            width = round(height * max(self.ratio))
        return (rows - height) // 2, (columns - width) // 2, height, width

    def forward(self, img: Any) -> Any:
        """The part in its new size."""
        part = self._part(*sides(img))
        return F.resized_crop(img, *part, self.size, self.interpolation, self.antialias)


class RandomRotation(Settings):
    """Turned by a random angle of -degrees..degrees, or of a range."""

    shown = ("degrees",)

    def __init__(self, degrees: Any, interpolation: Any = InterpolationMode.NEAREST,
                 expand: bool = False, center: Any = None, fill: Any = 0) -> None:
        super().__init__()
        self.degrees = (-degrees, degrees) if isinstance(degrees, (int, float)) else tuple(degrees)
        self.options = (interpolation, expand, center, fill)

    def forward(self, img: Any) -> Any:
        """The turned image."""
        return F.rotate(img, _between(*self.degrees), *self.options)


class ColorJitter(Settings):
    """Brightness, contrast and saturation changed at random, in random order."""

    def __init__(self, brightness: Any = 0, contrast: Any = 0, saturation: Any = 0, hue: Any = 0
                 ) -> None:
        super().__init__()
        if hue:
            raise pt.ArgumentError(message("ColorJitter: hue", expected="0: hues are not changed",
                                           got=repr(hue)))
        self.ranges = [
            (max(0.0, 1 - v), 1 + v) if isinstance(v, (int, float)) else tuple(v)
            for v in (brightness, contrast, saturation)
        ]

    def forward(self, img: Any) -> Any:
        """The changed image."""
        changes = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation)
        for i in pt.randperm(3).tolist():
            low, high = self.ranges[i]
            if (low, high) != (1, 1):
                img = changes[i](img, _between(low, high))
        return img


class RandomErasing(Settings):
    """A random part of a tensor written over (Zhong et al., 2017), with a probability."""

    def __init__(self, p: float = 0.5, scale: tuple[float, float] = (0.02, 0.33),
                 ratio: tuple[float, float] = (0.3, 3.3), value: Any = 0, inplace: bool = False
                 ) -> None:
        super().__init__()
        self.p, self.scale, self.ratio = p, scale, ratio
        self.value, self.inplace = value, inplace

    def forward(self, img: Any) -> Any:
        """The tensor."""
        rows, columns = sides(img)
        if _chance() >= self.p:
            return img
        low, high = (math.log(r) for r in self.ratio)
        for _ in range(10):
            area, shape = rows * columns * _between(*self.scale), math.exp(_between(low, high))
            height, width = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
            if height < rows and width < columns:
                value = self.value
                if value == "random":
                    value = pt.randn(*img.shape[:-2], height, width)
                elif isinstance(value, (tuple, list)):
                    value = pt.tensor(value).reshape(-1, 1, 1)
                return F.erase(img, _whole(0, rows - height), _whole(0, columns - width), height,
                               width, value, self.inplace)
        return img


class RandomApply(Settings):
    """Transforms one after the other, with a probability."""

    def __init__(self, transforms: Sequence[Any], p: float = 0.5) -> None:
        super().__init__()
        self.transforms, self.p = transforms, p

    def forward(self, img: Any) -> Any:
        """The image."""
        return Compose(self.transforms)(img) if _chance() < self.p else img


class RandomChoice:
    """One of some transforms."""

    def __init__(self, transforms: Sequence[Any], p: Sequence[float] | None = None) -> None:
        self.transforms, self.p = transforms, p

    def __call__(self, img: Any) -> Any:
        """The image after one of them."""
        weights = pt.tensor([1.0] * len(self.transforms) if self.p is None else list(self.p))
        return self.transforms[int(pt.multinomial(weights, 1).item())](img)


class RandomOrder:
    """Transforms in random order."""

    def __init__(self, transforms: Sequence[Any]) -> None:
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        """The image after all of them."""
        for i in pt.randperm(len(self.transforms)).tolist():
            img = self.transforms[i](img)
        return img

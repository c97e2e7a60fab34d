"""Transforms that do the same each time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pentad as pt
from pentad.frontends.torchvision.transforms import functional as F
from pentad.frontends.torchvision.transforms.functional import InterpolationMode
from pentad.static import message

__all__ = [
    "CenterCrop", "Compose", "ConvertImageDtype", "FiveCrop", "Grayscale", "Lambda",
    "Normalize", "PILToTensor", "Pad", "Resize", "ToPILImage", "ToTensor",
]


def two(name: str, size: Any) -> tuple[int, int]:
    """A height and a width of one number or two."""
    given = (size, size) if isinstance(size, int) else tuple(size)
    given = given * 2 if len(given) == 1 else given
    if len(given) != 2:
        raise pt.ArgumentError(message(f"{name}: size", expected="one number or two",
                                       got=repr(size)))
    return given


class Compose:
    """Transforms one after the other."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        """The image after all of them."""
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return "\n".join(["Compose(", *(f"    {t}" for t in self.transforms), ")"])


class Settings(pt.nn.Module):
    """A transform with named settings: `forward` says what becomes of an image."""

    shown: tuple[str, ...] = ()

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={getattr(self, name)}" for name in self.shown)


class ToTensor:
    """An image or array [H, W, C] as a tensor [C, H, W], bytes in 0..1."""

    def __call__(self, pic: Any) -> Any:
        """The tensor."""
        return F.to_tensor(pic)

    def __repr__(self) -> str:
        return "ToTensor()"


class PILToTensor:
    """An image as a tensor [C, H, W] with the same numbers."""

    def __call__(self, pic: Any) -> Any:
        """The tensor."""
        return F.pil_to_tensor(pic)


class ToPILImage:
    """A tensor or array as an image of Pillow's."""

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, pic: Any) -> Any:
        """The image."""
        return F.to_pil_image(pic, self.mode)


class Lambda:
    """A function as a transform."""

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Lambda: not a function: {lambd!r}")
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        """What the function gives."""
        return self.lambd(img)


class ConvertImageDtype(Settings):
    """Integers over their range as floats in 0..1, and back."""

    def __init__(self, dtype: Any) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, image: Any) -> Any:
        """The image."""
        return F.convert_image_dtype(image, self.dtype)


class Normalize(Settings):
    """(x - mean) / std for each channel."""

    shown = ("mean", "std")

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> None:
        super().__init__()
        self.mean, self.std, self.inplace = mean, std, inplace

    def forward(self, tensor: Any) -> Any:
        """The normalised tensor."""
        return F.normalize(tensor, self.mean, self.std, self.inplace)


class Resize(Settings):
    """Another size; one number is that of the shorter side."""

    shown = ("size", "interpolation", "max_size", "antialias")

    def __init__(self, size: Any, interpolation: Any = InterpolationMode.BILINEAR,
                 max_size: int | None = None, antialias: bool | None = True) -> None:
        super().__init__()
        self.size, self.interpolation = size, interpolation
        self.max_size, self.antialias = max_size, antialias

    def forward(self, img: Any) -> Any:
        """The image in its new size."""
        return F.resize(img, self.size, self.interpolation, self.max_size, self.antialias)


class CenterCrop(Settings):
    """The middle."""

    shown = ("size",)

    def __init__(self, size: Any) -> None:
        super().__init__()
        self.size = two("CenterCrop", size)

    def forward(self, img: Any) -> Any:
        """The middle of the image."""
        return F.center_crop(img, self.size)


class Pad(Settings):
    """A border."""

    shown = ("padding", "fill", "padding_mode")

    def __init__(self, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> None:
        super().__init__()
        self.padding, self.fill, self.padding_mode = padding, fill, padding_mode

    def forward(self, img: Any) -> Any:
        """The image with its border."""
        return F.pad(img, self.padding, self.fill, self.padding_mode)


class Grayscale(Settings):
    """The brightness, in one channel or in three equal ones."""

    shown = ("num_output_channels",)

    def __init__(self, num_output_channels: int = 1) -> None:
        super().__init__()
        self.num_output_channels = num_output_channels

    def forward(self, img: Any) -> Any:
        """The grey image."""
        return F.rgb_to_grayscale(img, self.num_output_channels)


class FiveCrop(Settings):
    """The four corners and the middle."""

    def __init__(self, size: Any) -> None:
        super().__init__()
        self.size = two("FiveCrop", size)

    def forward(self, img: Any) -> Any:
        """Five images."""
        return F.five_crop(img, self.size)

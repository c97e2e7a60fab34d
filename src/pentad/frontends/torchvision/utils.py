"""torchvision.utils: several images as one, and images as files."""

from __future__ import annotations

import math
from typing import Any

import pentad as pt
from pentad.frontends.missing import absent
from pentad.frontends.torchvision.images import pillow


def make_grid(
    tensor: Any, nrow: int = 8, padding: int = 2, normalize: bool = False,
    value_range: tuple[float, float] | None = None, scale_each: bool = False,
    pad_value: float = 0.0,
) -> Any:
    """[3, H, W]: images [N, C, H, W] (or a list of them) in rows of `nrow`, grey ones in three
    equal channels; normalize: their range (or value_range) becomes 0..1."""
    images = pt.stack(list(tensor)) if isinstance(tensor, (list, tuple)) else tensor
    images = images.detach()
    if images.ndim == 2:
        images = images.unsqueeze(0)
    if images.ndim == 3:
        images = images.unsqueeze(0)
    if images.shape[1] == 1:
        images = images.expand(images.shape[0], 3, *images.shape[2:])
    if normalize:
        images = images.clone()
        for part in images if scale_each else [images]:
            low, high = value_range or (float(part.min()), float(part.max()))
            part.clamp_(low, high).sub_(low).div_(max(high - low, 1e-5))
    if images.shape[0] == 1:
        return images.squeeze(0)
    count, channels, height, width = images.shape
    columns = min(nrow, count)
    rows = math.ceil(count / columns)
    high, wide = height + padding, width + padding
    grid = pt.full((channels, high * rows + padding, wide * columns + padding), pad_value,
                   dtype=images.dtype)
    for i in range(count):
        top, left = (i // columns) * high + padding, (i % columns) * wide + padding
        grid[:, top:top + height, left:left + width] = images[i]
    return grid


def save_image(tensor: Any, fp: Any, format: str | None = None, **options: Any) -> None:
    """A grid of images with numbers in 0..1 as a file, in the format that its name says."""
    grid = make_grid(tensor, **options)
    array = (grid * 255 + 0.5).clamp(0, 255).permute(1, 2, 0).to(pt.uint8).numpy()
    pillow().fromarray(array).save(fp, format=format)


__getattr__ = absent(__name__)

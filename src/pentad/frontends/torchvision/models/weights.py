"""Names of weights, and where their files are looked for."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple

import pentad as pt
from pentad.frontends.torch import hub
from pentad.frontends.torchvision.transforms import functional as F
from pentad.static import message

_OLD = re.compile(r"(denselayer\d+\.(?:norm|conv))\.(\d)")
MADE: dict[str, tuple[Callable[..., Any], type[WeightsEnum]]] = {}
"""By the name of a network: the function that makes it, the names of its weights."""


class ImageClassification:
    """What images go through before such a network: resized, cut, in float32, normalised."""

    def __init__(self, crop_size: int = 224, resize_size: int = 256) -> None:
        self.crop_size, self.resize_size = [crop_size], [resize_size]
        self.mean, self.std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]

    def __call__(self, img: Any) -> Any:
        """An image of Pillow's or a tensor [..., C, H, W] as a float tensor."""
        img = F.center_crop(F.resize(img, self.resize_size), self.crop_size)
        planes = img if isinstance(img, pt.Tensor) else F.pil_to_tensor(img)
        return F.normalize(F.convert_image_dtype(planes, pt.float32), self.mean, self.std)


class Weights(NamedTuple):
    """One set of weights: the name of its file, the preparation of images."""

    url: str
    transforms: Callable[..., Any]


class WeightsEnum(Enum):
    """The sets of weights of one network, by torchvision's names."""

    @property
    def url(self) -> str:
        """The name of torchvision's file; nothing is fetched, so it has no host."""
        return str(self.value.url)

    @property
    def transforms(self) -> Callable[..., Any]:
        """Makes the preparation of images."""
        return self.value.transforms  # type: ignore[no-any-return]

    @property
    def meta(self) -> dict[str, Any]:
        """ArgumentError: the names of the classes and the like are not here."""
        raise pt.ArgumentError(message(
            f"{type(self).__name__}.meta is not part of Pentad's front end",
            expected="the program's own list of class names", got="meta"))

    def get_state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """The weights; DataError that says which file to put where if it is not there."""
        found = hub.load_state_dict_from_url(self.url)
        # Files of DenseNet are older than the rule that names have no dots.
        return {_OLD.sub(r"\1\2", key): value for key, value in found.items()}


def network(*files: str, crop: int = 224, resize: int = 256, name: str | None = None) -> Any:
    """Decorates the function that makes a network of its own options: with weights=, pretrained=
    and progress= as torchvision's functions take them.

    files: of torchvision's weights, V1 first. name: what its names of weights begin with.
    """
    def decorated(make: Callable[..., Any]) -> Callable[..., Any]:
        kind = _names(f"{name or make.__name__}_Weights", files, crop, resize)

        @functools.wraps(make)
        def call(*old: Any, weights: Any = None, progress: bool = True, **options: Any) -> Any:
            if "pretrained" in options or old:
                weights = kind.DEFAULT if options.pop("pretrained", old and old[0]) else None
            chosen = _chosen(kind, make.__name__, weights)
            if "pretrained_backbone" in options or "weights_backbone" in options:
                raise pt.ArgumentError(message(f"{make.__name__}: no backbone", got="backbone"))
            if chosen is not None and "init_weights" in inspect.signature(make).parameters:
                options.setdefault("init_weights", False)
            model = make(**options)
            if chosen is not None:
                model.load_state_dict(chosen.get_state_dict())
            return model

        MADE[make.__name__] = call, kind
        return call

    return decorated


def _names(name: str, files: tuple[str, ...], crop: int, resize: int) -> Any:
    rows: dict[str, Weights] = {}
    for number, file in enumerate(files, 1):
        size = resize if number == 1 else 232
        prepare = functools.partial(ImageClassification, crop, size)
        rows[f"IMAGENET1K_V{number}"] = Weights(file, prepare)
    rows["DEFAULT"] = list(rows.values())[-1]
    return WeightsEnum(name, rows)  # type: ignore[arg-type]


def _chosen(kind: Any, name: str, weights: Any) -> Any:
    if weights is None or isinstance(weights, kind):
        return weights
    text = str(weights).rpartition(".")[2] if isinstance(weights, str) else ""
    if text not in kind.__members__:
        raise pt.ArgumentError(message(f"{name}: weights", got=repr(weights),
                                       expected=f"None, or one of {list(kind.__members__)}"))
    return kind[text]

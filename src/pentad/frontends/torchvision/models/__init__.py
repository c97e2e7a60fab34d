"""torchvision.models: networks for images by torchvision's names, with its names of weights.

Nothing is downloaded: weights are read from the file of torchvision's, if it lies where PyTorch
keeps it (weights.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from typing import Any

import pentad as pt
from pentad.frontends.missing import absent
from pentad.frontends.torchvision.models.alexnet import *  # noqa: F403
from pentad.frontends.torchvision.models.densenet import *  # noqa: F403
from pentad.frontends.torchvision.models.googlenet import *  # noqa: F403
from pentad.frontends.torchvision.models.mobilenet import *  # noqa: F403
from pentad.frontends.torchvision.models.resnet import *  # noqa: F403
from pentad.frontends.torchvision.models.squeezenet import *  # noqa: F403
from pentad.frontends.torchvision.models.vgg import *  # noqa: F403
from pentad.frontends.torchvision.models.weights import MADE as _MADE
from pentad.frontends.torchvision.models.weights import Weights, WeightsEnum  # noqa: F401
from pentad.static import message

globals().update({kind.__name__: kind for _, kind in _MADE.values()})


def list_models(
    module: Any = None, include: str | Iterable[str] | None = None,
    exclude: str | Iterable[str] | None = None,
) -> list[str]:
    """The names of the networks that fit a pattern of `include`, and none of `exclude`."""
    def fits(name: str, patterns: Any) -> bool:
        given = [patterns] if isinstance(patterns, str) else patterns
        return any(fnmatch(name, p) for p in given)

    return sorted(name for name in _MADE if (include is None or fits(name, include))
                  and (exclude is None or not fits(name, exclude)))


def get_model_builder(name: str) -> Callable[..., Any]:
    """The function that makes a network; ArgumentError for an unknown name."""
    if name.lower() not in _MADE:
        raise pt.ArgumentError(message("get_model: not a model that is here", got=repr(name),
                                       expected=", ".join(sorted(_MADE))))
    return _MADE[name.lower()][0]


def get_model(name: str, **config: Any) -> Any:
    """A network by its name."""
    return get_model_builder(name)(**config)


def get_model_weights(name: Any) -> Any:
    """The names of the weights of a network (or of the function that makes it)."""
    get_model_builder(key := name if isinstance(name, str) else name.__name__)
    return _MADE[key.lower()][1]


def get_weight(name: str) -> Any:
    """Weights by the name of their class and their own: "ResNet18_Weights.DEFAULT"."""
    kind, _, which = name.partition(".")
    for _, found in _MADE.values():
        if found.__name__ == kind and which in found.__members__:
            return found[which]
    raise pt.ArgumentError(message("get_weight: no such weights", got=repr(name),
                                   expected="a name such as ResNet18_Weights.DEFAULT"))


__getattr__ = absent(__name__)

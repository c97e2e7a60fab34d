"""Windows of images as rows, and back."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.theano.gof.generic import EnumList
from pentad.frontends.theano.gof.graph import Apply
from pentad.frontends.theano.gof.op import Native, one
from pentad.frontends.theano.gof.opclass import OpClass
from pentad.frontends.theano.stops import grad_not_implemented, grad_undefined
from pentad.frontends.theano.tensor.constants import as_tensor_variable

MODES = ("valid", "ignore_borders", "wrap_centered", "half", "full")


class NeighbourhoodError(pt.ShapeError, TypeError):
    """Patches that do not fit images."""


def _windows(x: Any, shape: Any, step: Any, mode: str) -> Any:
    (h, w), (down, right) = ((int(n) for n in v) for v in (shape, step))
    if mode == "wrap_centered":
        if not (h % 2 and w % 2):
            raise NeighbourhoodError(
                static.message("images2neibs: in mode wrap_centered patches must have odd shapes",
                               got=f"{h} x {w}")
            )
        if x.shape[2] < h or x.shape[3] < w:
            raise NeighbourhoodError(
                static.message("images2neibs: in mode wrap_centered images must not be smaller "
                               "than patches", expected=f"{h} x {w} or more",
                               got=f"{x.shape[2]} x {x.shape[3]}")
            )
        a, b = h // 2, w // 2
        x = pt.concatenate([x[:, :, x.shape[2] - a:], x, x[:, :, :a]], 2) if a else x
        x = pt.concatenate([x[..., x.shape[3] - b:], x, x[..., :b]], 3) if b else x
    elif mode in ("half", "full"):
        a, b = (h // 2, w // 2) if mode == "half" else (h - 1, w - 1)
        x = pt.nn.functional.pad(x, (b, b, a, a))
    even = not ((x.shape[2] - h) % down or (x.shape[3] - w) % right)
    if mode in ("valid", "half", "full") and not even:
        raise NeighbourhoodError(
            static.message("images2neibs: the patches do not fit the images evenly",
                           expected="(size - patch) a multiple of the step in both directions",
                           got=f"images of {x.shape[2]} x {x.shape[3]}, patches of {h} x {w}",
                           hint='mode="ignore_borders" leaves the rest out')
        )
    found = x.unfold(2, h, down).unfold(3, w, right)
    return found.reshape((-1, h * w))


WINDOWS = Native("Images2Neibs", _windows, sizes=(1, 2))


def images2neibs(
    ten4: Any, neib_shape: Any, neib_step: Any = None, mode: str = "valid"
) -> Any:
    """The patches of images (batch, channel, height, width), one in each row."""
    ten4 = as_tensor_variable(ten4)
    if mode not in MODES:
        raise NotImplementedError(
            static.message("Only the mode valid, ignore_borders, wrap_centered, half and full have "
                           "been implemented for Images2Neibs", got=repr(mode))
        )
    if ten4.ndim != 4:
        raise TypeError(
            static.message("images2neibs: four axes are needed", got=str(ten4.type),
                           where=ten4.node.line)
        )
    shape = as_tensor_variable(neib_shape)
    step = shape if neib_step is None else as_tensor_variable(neib_step)
    types = [static.Type(ten4.static_type.dtype, (None, None))]
    return one(WINDOWS, ten4, shape, step, types=types, mode=mode)


def neibs2images(neibs: Any, neib_shape: Any, original_shape: Any, mode: str = "valid") -> Any:
    """The images that patches without overlap are of."""
    neibs = as_tensor_variable(neibs)
    if mode not in ("valid", "ignore_borders"):
        raise NotImplementedError(
            static.message("neibs2images do not support this mode", got=repr(mode))
        )
    h, w = neib_shape[0], neib_shape[1]
    n, c, height, width = (original_shape[i] for i in range(4))
    rows, columns = height // h, width // w
    whole = neibs.reshape((n, c, rows, columns, h, w), ndim=6)
    whole = whole.dimshuffle(0, 1, 2, 4, 3, 5)
    found = whole.reshape((n, c, rows * h, columns * w), ndim=4)
    if mode == "valid":
        return found
    from pentad.frontends.theano.tensor.creation import zeros
    from pentad.frontends.theano.tensor.subtensor import set_subtensor

    empty = zeros((n, c, height, width), dtype=neibs.dtype)
    return set_subtensor(empty[:, :, :rows * h, :columns * w], found)


class Images2Neibs(metaclass=OpClass):
    """`Images2Neibs(mode)(images, shape, step)`."""

    names = frozenset({"Images2Neibs"})

    def __init__(self, mode: str = "valid") -> None:
        self.mode = mode

    def __call__(self, ten4: Any, neib_shape: Any, neib_step: Any = None) -> Any:
        """The patches, one in each row."""
        return images2neibs(ten4, neib_shape, neib_step, self.mode)


__all__ = [
    "Apply", "EnumList", "Images2Neibs", "grad_not_implemented", "grad_undefined", "images2neibs",
    "neibs2images",
]
__getattr__ = absent(__name__)

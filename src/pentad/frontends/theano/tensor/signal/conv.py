"""Convolution of an image, or of several, with a filter or several."""

from __future__ import annotations

from typing import Any

from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.nnet import abstract_conv


def conv2d(
    input: Any, filters: Any, image_shape: Any = None, filter_shape: Any = None,
    border_mode: str = "valid", subsample: Any = (1, 1), **kargs: Any,
) -> Any:
    """Images of two or three axes convolved with filters of two or three."""
    x, w = as_tensor_variable(input), as_tensor_variable(filters)
    if x.ndim not in (2, 3) or w.ndim not in (2, 3):
        raise Exception(
            static.message("signal.conv2d: images and filters have two or three axes",
                           got=f"{x.type} and {w.type}", where=x.node.line)
        )
    images = x.dimshuffle("x", "x", 0, 1) if x.ndim == 2 else x.dimshuffle(0, "x", 1, 2)
    kernels = w.dimshuffle("x", "x", 0, 1) if w.ndim == 2 else w.dimshuffle(0, "x", 1, 2)
    found = abstract_conv.conv2d(images, kernels, border_mode=border_mode, subsample=subsample)
    if x.ndim == 3 and w.ndim == 3:
        return found
    if x.ndim == 3:
        return found[:, 0]
    return found[0] if w.ndim == 3 else found[0, 0]


__all__ = ["conv2d"]
__getattr__ = absent(__name__)

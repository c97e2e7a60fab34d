"""The older function of convolution: `theano.tensor.nnet.conv.conv2d`."""

from __future__ import annotations

from typing import Any

from pentad.frontends.missing import absent
from pentad.frontends.theano.tensor.nnet import abstract_conv


def conv2d(
    input: Any, filters: Any, image_shape: Any = None, filter_shape: Any = None,
    border_mode: Any = "valid", subsample: Any = (1, 1), **kargs: Any,
) -> Any:
    """Images convolved with flipped filters; the arguments stand in the older order."""
    return abstract_conv.conv2d(input, filters, image_shape, filter_shape, border_mode, subsample,
                                **kargs)


imported_scipy_signal = True
"""In Theano: some convolutions need SciPy. None does here."""
__all__ = ["conv2d", "imported_scipy_signal"]
__getattr__ = absent(__name__)

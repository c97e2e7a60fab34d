"""Convolutions over time and space with the axes (batch, time, channel, row, column)."""

from __future__ import annotations

from typing import Any

from pentad.frontends.missing import absent
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.nnet import abstract_conv

ORDER = (0, 2, 1, 3, 4)


def _ordered(shape: Any) -> Any:
    return None if shape is None else tuple(shape[i] for i in ORDER)


def conv3d(
    signals: Any, filters: Any, signals_shape: Any = None, filters_shape: Any = None,
    border_mode: Any = "valid",
) -> Any:
    """The convolution of `signals` with `filters`, time before the channels in both."""
    found = abstract_conv.conv3d(
        as_tensor_variable(signals).dimshuffle(ORDER),
        as_tensor_variable(filters).dimshuffle(ORDER),
        _ordered(signals_shape), _ordered(filters_shape), border_mode,
    )
    return found.dimshuffle(ORDER)


__all__ = ["conv3d"]
__getattr__ = absent(__name__)

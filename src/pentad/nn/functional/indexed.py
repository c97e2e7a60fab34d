"""Pooling that always gives the places of its maxima, under PyTorch's names for that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pentad.nn.functional import extrema, pooling


def _with_indices(function: Callable[..., Any], place: int) -> Callable[..., Any]:
    """The function with return_indices=True, which is its argument number `place`."""

    def pooled(*args: Any, **kwargs: Any) -> Any:
        if len(args) > place:
            args = (*args[:place], True, *args[place + 1 :])
        else:
            kwargs["return_indices"] = True
        return function(*args, **kwargs)

    pooled.__name__ = pooled.__qualname__ = f"{function.__name__}_with_indices"
    pooled.__doc__ = f"(values, indices) of {function.__name__}: return_indices is always True."
    return pooled


max_pool1d_with_indices = _with_indices(pooling.max_pool1d, 6)
max_pool2d_with_indices = _with_indices(pooling.max_pool2d, 6)
max_pool3d_with_indices = _with_indices(pooling.max_pool3d, 6)
adaptive_max_pool1d_with_indices = _with_indices(extrema.adaptive_max_pool1d, 2)
adaptive_max_pool2d_with_indices = _with_indices(extrema.adaptive_max_pool2d, 2)
adaptive_max_pool3d_with_indices = _with_indices(extrema.adaptive_max_pool3d, 2)
fractional_max_pool2d_with_indices = _with_indices(extrema.fractional_max_pool2d, 4)
fractional_max_pool3d_with_indices = _with_indices(extrema.fractional_max_pool3d, 4)

"""Pooling layers."""

from __future__ import annotations

from typing import Any

from pentad.nn import functional as F
from pentad.nn.module import Module


class _MaxPool(Module):
    rank = 0

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size, self.padding = kernel_size, padding
        self.stride = kernel_size if stride is None else stride
        self.dilation, self.ceil_mode = dilation, ceil_mode

    def forward(self, input: Any) -> Any:
        """The maximum of each window."""
        function = getattr(F, f"max_pool{self.rank}d")
        return function(input, self.kernel_size, self.stride, self.padding, self.dilation,
                        self.ceil_mode)

    def extra_repr(self) -> str:
        """The windows."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """The largest element of each window of [N, C, L]."""

    rank = 1


class MaxPool2d(_MaxPool):
    """The largest element of each window of [N, C, H, W]."""

    rank = 2


class MaxPool3d(_MaxPool):
    """The largest element of each window of [N, C, D, H, W]."""

    rank = 3


class _AvgPool(Module):
    rank = 0

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size, self.padding = kernel_size, padding
        self.stride = kernel_size if stride is None else stride
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Any) -> Any:
        """The mean of each window."""
        function = getattr(F, f"avg_pool{self.rank}d")
        given = () if self.rank == 1 else (self.divisor_override,)
        return function(input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
                        self.count_include_pad, *given)

    def extra_repr(self) -> str:
        """The windows."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPool):
    """The mean of each window of [N, C, L]."""

    rank = 1


class AvgPool2d(_AvgPool):
    """The mean of each window of [N, C, H, W]."""

    rank = 2


class AvgPool3d(_AvgPool):
    """The mean of each window of [N, C, D, H, W]."""

    rank = 3


class _AdaptiveAvgPool(Module):
    rank = 0

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Any) -> Any:
        """The mean of each region."""
        return getattr(F, f"adaptive_avg_pool{self.rank}d")(input, self.output_size)

    def extra_repr(self) -> str:
        """The number of regions."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Means over a given number of equal regions of [N, C, L]."""

    rank = 1


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Means over a given grid of regions of [N, C, H, W]."""

    rank = 2


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """Means over a given grid of regions of [N, C, D, H, W]."""

    rank = 3

"""Pooling layers."""

from __future__ import annotations

from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.nn import functional as F
from pentad.nn.functional.common import per_axis
from pentad.nn.module import Module


class _MaxPool(Module):
    rank = 0

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
        return_indices: bool = False, ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size, self.padding = kernel_size, padding
        self.stride = kernel_size if stride is None else stride
        self.dilation, self.ceil_mode = dilation, ceil_mode
        self.return_indices = return_indices

    def forward(self, input: Any) -> Any:
        """The maximum of each window, and (return_indices) where it lies."""
        function = getattr(F, f"max_pool{self.rank}d")
        return function(input, self.kernel_size, self.stride, self.padding, self.dilation,
                        self.ceil_mode, self.return_indices)

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
        if self.rank == 1:  # PyTorch shows these as tuples
            for what in ("kernel_size", "stride", "padding"):
                setattr(self, what, per_axis("AvgPool1d", what, getattr(self, what), 1))
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


class _AdaptiveMaxPool(_AdaptiveAvgPool):
    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Any) -> Any:
        """The maximum of each region, and (return_indices) where it lies."""
        function = getattr(F, f"adaptive_max_pool{self.rank}d")
        return function(input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Maxima over a given number of equal regions of [N, C, L]."""

    rank = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Maxima over a given grid of regions of [N, C, H, W]."""

    rank = 2


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """Maxima over a given grid of regions of [N, C, D, H, W]."""

    rank = 3


class _LPPool(Module):
    rank = 0

    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type, self.kernel_size = norm_type, kernel_size
        self.stride, self.ceil_mode = stride, ceil_mode

    def forward(self, input: Any) -> Any:
        """The norm of each window."""
        function = getattr(F, f"lp_pool{self.rank}d")
        return function(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        """The norm and the windows."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """The norm_type-norm of each window of [N, C, L]."""

    rank = 1


class LPPool2d(_LPPool):
    """The norm_type-norm of each window of [N, C, H, W]."""

    rank = 2


class LPPool3d(_LPPool):
    """The norm_type-norm of each window of [N, C, D, H, W]."""

    rank = 3


class _FractionalMaxPool(Module):
    rank = 0

    def __init__(
        self, kernel_size: Any, output_size: Any = None, output_ratio: Any = None,
        return_indices: bool = False, _random_samples: Any = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        if (output_size is None) == (output_ratio is None):
            raise ArgumentError(
                message(f"{name}: the number of regions", expected="output_size or output_ratio",
                        got="neither" if output_size is None else "both")
            )
        self.kernel_size = per_axis(name, "kernel_size", kernel_size, self.rank)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        given = output_size
        self.output_size = given if given is None else per_axis(name, "size", given, self.rank)
        whole = isinstance(output_ratio, (tuple, list)) or output_ratio is None
        self.output_ratio = output_ratio if whole else (output_ratio,) * self.rank

    def forward(self, input: Any) -> Any:
        """The maximum of each window, and (return_indices) where it lies."""
        function = getattr(F, f"fractional_max_pool{self.rank}d")
        return function(input, self.kernel_size, self.output_size, self.output_ratio,
                        self.return_indices, self._random_samples)


class FractionalMaxPool2d(_FractionalMaxPool):
    """Maxima over randomly placed windows of [N, C, H, W]."""

    rank = 2


class FractionalMaxPool3d(_FractionalMaxPool):
    """Maxima over randomly placed windows of [N, C, D, H, W]."""

    rank = 3


class _MaxUnpool(Module):
    rank = 0

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        name = type(self).__name__
        given = {"kernel_size": kernel_size, "padding": padding,
                 "stride": kernel_size if stride is None else stride}
        for what, value in given.items():
            setattr(self, what, per_axis(name, what, value, self.rank))

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        """The maxima at their places, zeros elsewhere."""
        function = getattr(F, f"max_unpool{self.rank}d")
        return function(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        """The windows."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """The maxima of MaxPool1d at their places again."""

    rank = 1


class MaxUnpool2d(_MaxUnpool):
    """The maxima of MaxPool2d at their places again."""

    rank = 2


class MaxUnpool3d(_MaxUnpool):
    """The maxima of MaxPool3d at their places again."""

    rank = 3

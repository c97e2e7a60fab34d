"""Convolution layers."""

from __future__ import annotations

import math
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.nn import functional as F
from pentad.nn import init
from pentad.nn.functional.common import per_axis
from pentad.nn.linear import require_positive
from pentad.nn.module import Module
from pentad.nn.parameter import new_parameter

_PAD_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate",
              "circular": "circular"}


class _Convolution(Module):
    """What all convolutions share: sizes, parameters and their first values, the text."""

    rank = 0
    transposed = False

    def _build(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any, padding: Any,
        dilation: Any, groups: int, bias: bool, padding_mode: str, dtype: Any,
    ) -> None:
        name = type(self).__name__
        require_positive(name, in_channels=in_channels, out_channels=out_channels, groups=groups)
        if in_channels % groups or out_channels % groups:
            raise ArgumentError(
                message(f"{name}: groups", expected="a divisor of both numbers of channels",
                        got=f"{groups} for {in_channels} and {out_channels}")
            )
        if padding_mode not in _PAD_MODES:
            raise ArgumentError(
                message(f"{name}: padding_mode", expected=", ".join(map(repr, _PAD_MODES)),
                        got=repr(padding_mode))
            )
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size = per_axis(name, "kernel_size", kernel_size, self.rank)
        self.stride = per_axis(name, "stride", stride, self.rank)
        self.padding = (
            padding if isinstance(padding, str) else per_axis(name, "padding", padding, self.rank)
        )
        self.dilation = per_axis(name, "dilation", dilation, self.rank)
        self.groups, self.padding_mode = groups, padding_mode
        channels = (
            (in_channels, out_channels // groups)
            if self.transposed
            else (out_channels, in_channels // groups)
        )
        self.weight = new_parameter(*channels, *self.kernel_size, dtype=dtype)
        self.register_parameter("bias", new_parameter(out_channels, dtype=dtype, present=bias))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the values anew: uniform within 1 / sqrt(fan in), as in PyTorch."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(init.fans(self.weight)[0])
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        """The sizes, and what differs from the defaults."""
        parts = [
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}"
        ]
        zero, one = (0,) * self.rank, (1,) * self.rank
        parts += [f"padding={self.padding}"] if self.padding != zero else []
        parts += [f"dilation={self.dilation}"] if self.dilation != one else []
        extra = getattr(self, "output_padding", zero)
        parts += [f"output_padding={extra}"] if extra != zero else []
        parts += [f"groups={self.groups}"] if self.groups != 1 else []
        parts += ["bias=False"] if self.bias is None else []
        parts += [f"padding_mode={self.padding_mode}"] if self.padding_mode != "zeros" else []
        return ", ".join(parts)


class _Plain(_Convolution):
    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True,
        padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        self._build(in_channels, out_channels, kernel_size, stride, padding, dilation, groups,
                    bias, padding_mode, dtype)

    def _around(self) -> tuple[int, ...]:
        """The amounts for F.pad, the last dimension first."""
        if self.padding == "valid":
            return ()
        if self.padding == "same":
            total = [d * (k - 1) for k, d in zip(self.kernel_size, self.dilation, strict=True)]
            pairs = [(t // 2, t - t // 2) for t in total]
        else:
            pairs = [(p, p) for p in self.padding]
        return tuple(n for pair in reversed(pairs) for n in pair)

    def forward(self, input: Any) -> Any:
        """[N, in_channels, ...] to [N, out_channels, ...]."""
        function = getattr(F, f"conv{self.rank}d")
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._around(), _PAD_MODES[self.padding_mode])
            padding = 0
        return function(input, self.weight, self.bias, self.stride, padding, self.dilation,
                        self.groups)


class Conv1d(_Plain):
    """The convolution of [N, C, L] by `weight` [out, C / groups, k]."""

    rank = 1


class Conv2d(_Plain):
    """The convolution of [N, C, H, W] by `weight` [out, C / groups, kh, kw]."""

    rank = 2


class Conv3d(_Plain):
    """The convolution of [N, C, D, H, W] by `weight` [out, C / groups, kd, kh, kw]."""

    rank = 3


class _Transposed(_Convolution):
    transposed = True

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, output_padding: Any = 0, groups: int = 1, bias: bool = True,
        dilation: Any = 1, padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        if padding_mode != "zeros" or isinstance(padding, str):
            raise ArgumentError(
                message(f"{type(self).__name__}: padding", expected="numbers of zeros",
                        got=f"{padding!r}, mode {padding_mode!r}")
            )
        self.output_padding = per_axis("ConvTranspose", "output_padding", output_padding, self.rank)
        self._build(in_channels, out_channels, kernel_size, stride, padding, dilation, groups,
                    bias, padding_mode, dtype)

    def forward(self, input: Any) -> Any:
        """[N, in_channels, ...] to [N, out_channels, ...]."""
        function = getattr(F, f"conv_transpose{self.rank}d")
        return function(input, self.weight, self.bias, self.stride, self.padding,
                        self.output_padding, self.groups, self.dilation)


class ConvTranspose1d(_Transposed):
    """The transpose of Conv1d."""

    rank = 1


class ConvTranspose2d(_Transposed):
    """The transpose of Conv2d."""

    rank = 2


class ConvTranspose3d(_Transposed):
    """The transpose of Conv3d."""

    rank = 3

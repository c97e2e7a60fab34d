"""Padding layers."""

from __future__ import annotations

from typing import Any

from pentad.nn import functional as F
from pentad.nn.functional.common import per_axis
from pentad.nn.module import Module


class _Pad(Module):
    """F.pad with a mode: one amount everywhere, or (low, high) of each axis, the last one first."""

    rank = 0
    mode = "constant"

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = per_axis(type(self).__name__, "padding", padding, 2 * self.rank)

    def forward(self, input: Any) -> Any:
        """The input with more elements at its borders."""
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        """The amounts."""
        return f"{self.padding}"


class _ConstantPad(_Pad):
    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Any) -> Any:
        """The input with `value` around it."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """The amounts and the value."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """A value around the last dimension."""

    rank = 1


class ConstantPad2d(_ConstantPad):
    """A value around the last two dimensions."""

    rank = 2


class ConstantPad3d(_ConstantPad):
    """A value around the last three dimensions."""

    rank = 3


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The amounts."""
        return f"{self.padding}"


class ZeroPad1d(_ZeroPad):
    """Zeros around the last dimension."""

    rank = 1


class ZeroPad2d(_ZeroPad):
    """Zeros around the last two dimensions."""

    rank = 2


class ZeroPad3d(_ZeroPad):
    """Zeros around the last three dimensions."""

    rank = 3


class ReflectionPad1d(_Pad):
    """The last dimension mirrored at its borders."""

    rank, mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """The last two dimensions mirrored at their borders."""

    rank, mode = 2, "reflect"


class ReflectionPad3d(_Pad):
    """The last three dimensions mirrored at their borders."""

    rank, mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """The borders of the last dimension repeated."""

    rank, mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """The borders of the last two dimensions repeated."""

    rank, mode = 2, "replicate"


class ReplicationPad3d(_Pad):
    """The borders of the last three dimensions repeated."""

    rank, mode = 3, "replicate"


class CircularPad1d(_Pad):
    """The last dimension as if it were a circle."""

    rank, mode = 1, "circular"


class CircularPad2d(_Pad):
    """The last two dimensions as if they were circles."""

    rank, mode = 2, "circular"


class CircularPad3d(_Pad):
    """The last three dimensions as if they were circles."""

    rank, mode = 3, "circular"

"""Where the windows of convolutions and poolings lie."""

from __future__ import annotations

from collections.abc import Sequence

from pentad.graph.errors import ShapeError, message
from pentad.graph.sizes import Size

Padding = tuple[tuple[int, int], ...]


def window_count(n: Size, window: Size, stride: int, low: int, high: int, dilation: int) -> Size:
    """How many windows fit: (n + low + high - extent) // stride + 1, at least 0."""
    room = n + (low + high - 1) - (window - 1) * dilation
    if room < 0:
        return 0
    return room // stride + 1


def require_geometry(
    name: str, rank: int, stride: Sequence[int], padding: Padding, dilation: Sequence[int]
) -> None:
    """ShapeError unless there is a stride, a padding and a dilation for each of `rank` axes."""
    counts = (len(stride), len(padding), len(dilation))
    good = counts == (rank, rank, rank) and all(v >= 1 for v in (*stride, *dilation))
    if not good or any(len(pair) != 2 or min(pair) < 0 for pair in padding):
        raise ShapeError(
            message(
                f"{name}: the geometry does not fit",
                expected=f"for each of {rank} axes stride >= 1, dilation >= 1, "
                "padding (low >= 0, high >= 0)",
                got=f"stride {stride}, padding {padding}, dilation {dilation}",
            )
        )

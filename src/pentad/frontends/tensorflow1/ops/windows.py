"""Where windows stand: strides, margins and the order of the axes, for convolutions and pools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pentad as pt
from pentad import static


def channels_last(data_format: Any) -> bool:
    """Are the channels the last axis?"""
    text = data_format.decode() if isinstance(data_format, bytes) else str(data_format)
    if text not in ("NHWC", "NDHWC", "NWC", "NCHW", "NCDHW", "NCW"):
        raise pt.ArgumentError(static.message(
            "unknown data_format", expected="NHWC, NCHW, NDHWC, NCDHW, NWC or NCW", got=text))
    return not text.startswith("NC")


def to_first(x: Any, last: bool) -> Any:
    """The tensor with its channels before the axes of space."""
    return x.permute(0, x.ndim - 1, *range(1, x.ndim - 1)) if last else x


def from_first(x: Any, last: bool) -> Any:
    """The way back."""
    return x.permute(0, *range(2, x.ndim), 1) if last else x


def in_space(values: Sequence[Any], last: bool) -> tuple[int, ...]:
    """Of one number for each axis, those of space."""
    return tuple(values[1:-1] if last else values[2:])


def spread(value: Any, rank: int, last: bool, what: str) -> list[int]:
    """A number, one for each axis of space, or one for each axis, as one for each axis."""
    if value is None:
        value = 1
    found = [int(value)] if not hasattr(value, "__iter__") else [int(n) for n in value]
    if len(found) == rank + 2:
        return found
    if len(found) == 1:
        found = found * rank
    if len(found) != rank:
        raise pt.ArgumentError(static.message(
            f"{what} should be of length 1, {rank} or {rank + 2} but was {len(found)}"))
    return [1, *found, 1] if last else [1, 1, *found]


def padding_of(padding: Any) -> str:
    """The padding as TensorFlow writes it."""
    text = padding.decode() if isinstance(padding, bytes) else padding
    if not isinstance(text, str) or text.upper() not in ("SAME", "VALID", "EXPLICIT"):
        raise pt.ArgumentError(static.message(
            "padding does not fit", expected="'SAME' or 'VALID'", got=repr(padding)))
    return text.upper()


def margins(
    padding: Any, space: Sequence[Any], kernel: Sequence[int], strides: Sequence[int],
    dilations: Sequence[int], explicit: Sequence[Any] = (),
) -> list[tuple[int, int]]:
    """(before, after) for each axis of space."""
    padding = padding_of(padding)
    if padding == "VALID":
        return [(0, 0)] * len(space)
    if padding == "EXPLICIT":
        return [(int(a), int(b)) for a, b in explicit]
    found = []
    for n, k, s, d in zip(space, kernel, strides, dilations):
        reach = d * (k - 1) + 1
        # In these terms also for a size that is a symbol: one code serves all sizes.
        total = reach - 1 if s == 1 else (-(-n // s) - 1) * s + reach - n
        if reach < s:
            total = max(total, 0)
        found.append((total // 2, total - total // 2))
    return found


def known(pairs: Sequence[tuple[Any, Any]]) -> bool:
    """Are all margins numbers? They are none where they depend on sizes that are symbols."""
    return all(isinstance(n, int) for pair in pairs for n in pair)


def numbers(*where: Any) -> list[tuple[int, int]]:
    """Margins that have to be numbers; CaptureError, so that the run is not compiled, if not."""
    pairs = margins(*where)
    if not known(pairs):
        raise pt.CaptureError(static.message(
            "padding 'SAME' with strides needs sizes that are known here", got=str(pairs),
            hint="give the placeholder the height and width of the images"))
    return pairs


def widened(x: Any, pairs: Sequence[tuple[int, int]], value: float = 0) -> Any:
    """x [N, C, ...] with margins."""
    if known(pairs) and not any(a or b for a, b in pairs):
        return x
    flat = [n for pair in reversed(list(pairs)) for n in pair]
    return pt.nn.functional.pad(x, flat, value=value)


def explicit_padding(padding: Any, rank: int, last: bool) -> tuple[Any, list[list[int]]]:
    """The name of a padding and, if it is a list of pairs, those of the axes of space."""
    if isinstance(padding, str | bytes):
        return padding_of(padding), []
    pairs = [[int(n) for n in pair] for pair in padding]
    if len(pairs) != rank + 2:
        raise pt.ArgumentError(static.message(
            "explicit padding", expected=f"{rank + 2} pairs", got=repr(padding)))
    return "EXPLICIT", list(in_space(pairs, last))

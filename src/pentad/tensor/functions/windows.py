"""Window functions by PyTorch's names: weights that fade to the ends of a frame."""

from __future__ import annotations

import math
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.tensor.functions.creation import check_dtype, finished, ones
from pentad.tensor.functions.ranges import arange
from pentad.tensor.functions.special import i0
from pentad.tensor.state import get_default_dtype


def places(name: str, n: int, periodic: bool, dtype: Any) -> tuple[Any, int, Any]:
    """0, 1, ..., n - 1; what they are divided by; the dtype."""
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise ArgumentError(message(f"{name}: length", expected="an integer >= 0", got=repr(n)))
    wanted = get_default_dtype() if dtype is None else check_dtype(dtype)
    if not wanted.is_floating_point:
        raise ArgumentError(message(f"{name}: dtype", expected="a float", got=wanted.name))
    return arange(0, n, dtype=wanted), n if periodic else n - 1, wanted


def _cosines(
    name: str, n: int, periodic: bool, dtype: Any, requires_grad: bool, terms: tuple[float, ...]
) -> Any:
    place, period, wanted = places(name, n, periodic, dtype)
    if n <= 1:
        return finished(ones(n, dtype=wanted), requires_grad)
    total: Any = terms[0]
    for k, c in enumerate(terms[1:], 1):
        total = total + (place * (2 * math.pi * k / period)).cos() * c
    return finished(total, requires_grad)


def hann_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """sin^2(pi k / n)."""
    return _cosines("hann_window", window_length, periodic, dtype, requires_grad, (0.5, -0.5))


def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *,
    dtype: Any = None, device: Any = None, requires_grad: bool = False,
) -> Any:
    """alpha - beta cos(2 pi k / n)."""
    return _cosines(
        "hamming_window", window_length, periodic, dtype, requires_grad, (alpha, -beta)
    )


def blackman_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """0.42 - 0.5 cos(2 pi k / n) + 0.08 cos(4 pi k / n)."""
    terms = (0.42, -0.5, 0.08)
    return _cosines("blackman_window", window_length, periodic, dtype, requires_grad, terms)


def bartlett_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """1 - |2 k / n - 1|."""
    place, period, wanted = places("bartlett_window", window_length, periodic, dtype)
    if window_length <= 1:
        return finished(ones(window_length, dtype=wanted), requires_grad)
    return finished(1 - (place * (2 / period) - 1).abs(), requires_grad)


def kaiser_window(
    window_length: int, periodic: bool = True, beta: float = 12.0, *, dtype: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Any:
    """I0(beta sqrt(1 - (2 k / n - 1)^2)) / I0(beta)."""
    place, period, wanted = places("kaiser_window", window_length, periodic, dtype)
    if window_length <= 1:
        return finished(ones(window_length, dtype=wanted), requires_grad)
    apart = place * (2 / period) - 1
    top = i0((1 - apart * apart).clamp(min=0).sqrt() * beta)
    return finished(top / i0(ones((), dtype=wanted) * beta), requires_grad)

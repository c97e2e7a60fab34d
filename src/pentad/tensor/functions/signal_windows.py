"""`torch.signal.windows`: window functions that are symmetric unless `sym=False` is given.

Every function takes the number of points M >= 0 and gives a tensor [M]; ArgumentError for another
M, for a dtype that is no float, and for parameters outside of their range. sym=False gives the
periodic window, which is the symmetric one of M + 1 points without its last.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.tensor.functions.creation import finished, ones
from pentad.tensor.functions.special import i0
from pentad.tensor.functions.windows import places
from pentad.tensor.misfit import guard_names


def _made(
    name: str, M: int, sym: bool, dtype: Any, requires_grad: bool, value: Callable[[Any, int], Any]
) -> Any:
    """value(0 .. M - 1, the place of the last point of the symmetric window), or ones for M < 2."""
    place, last, wanted = places(f"signal.windows.{name}", M, not sym, dtype)
    found = ones(M, dtype=wanted) if M <= 1 else value(place, last)
    return finished(found, requires_grad)


def _positive(name: str, what: str, value: float) -> None:
    if not value > 0:
        raise ArgumentError(
            message(f"signal.windows.{name}: {what}", expected="> 0", got=repr(value))
        )


def _cosines(place: Any, last: int, terms: Sequence[float]) -> Any:
    total: Any = place * 0 + terms[0]
    for k, c in enumerate(terms[1:], 1):
        total = total + (place * (2 * math.pi * k / last)).cos() * (-c if k % 2 else c)
    return total


def general_cosine(
    M: int, *, a: Sequence[float], sym: bool = True, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """a[0] - a[1] cos(2 pi k / n) + a[2] cos(4 pi k / n) - ..."""
    if not isinstance(a, (list, tuple)) or not a:
        raise ArgumentError(
            message("signal.windows.general_cosine: a", expected="a list of one number or more",
                    got=repr(a))
        )
    return _made("general_cosine", M, sym, dtype, requires_grad,
                 lambda k, n: _cosines(k, n, a))


def general_hamming(
    M: int, *, alpha: float = 0.54, sym: bool = True, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """alpha - (1 - alpha) cos(2 pi k / n)."""
    return _made("general_hamming", M, sym, dtype, requires_grad,
                 lambda k, n: _cosines(k, n, (alpha, 1.0 - alpha)))


def hamming(
    M: int, *, sym: bool = True, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """0.54 - 0.46 cos(2 pi k / n)."""
    return _made("hamming", M, sym, dtype, requires_grad,
                 lambda k, n: _cosines(k, n, (0.54, 0.46)))


def hann(
    M: int, *, sym: bool = True, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """sin^2(pi k / n)."""
    return _made("hann", M, sym, dtype, requires_grad, lambda k, n: _cosines(k, n, (0.5, 0.5)))


def blackman(
    M: int, *, sym: bool = True, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """0.42 - 0.5 cos(2 pi k / n) + 0.08 cos(4 pi k / n)."""
    return _made("blackman", M, sym, dtype, requires_grad,
                 lambda k, n: _cosines(k, n, (0.42, 0.5, 0.08)))


def nuttall(
    M: int, *, sym: bool = True, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """The four cosines of least side lobes (Nuttall, 1981)."""
    return _made("nuttall", M, sym, dtype, requires_grad,
                 lambda k, n: _cosines(k, n, (0.3635819, 0.4891775, 0.1365995, 0.0106411)))


def bartlett(
    M: int, *, sym: bool = True, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """1 - |2 k / n - 1|."""
    return _made("bartlett", M, sym, dtype, requires_grad,
                 lambda k, n: 1 - (k * (2 / n) - 1).abs())


def cosine(
    M: int, *, sym: bool = True, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """sin(pi (k + 1 / 2) / (n + 1))."""
    return _made("cosine", M, sym, dtype, requires_grad,
                 lambda k, n: ((k + 0.5) * (math.pi / (n + 1))).sin())


def exponential(
    M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True, dtype: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Any:
    """exp(-|k - center| / tau); a center other than the middle only with sym=False."""
    _positive("exponential", "tau", tau)
    if sym and center is not None:
        raise ArgumentError(
            message("signal.windows.exponential: center", expected="None where sym=True",
                    got=repr(center))
        )
    return _made(
        "exponential", M, sym, dtype, requires_grad,
        lambda k, n: ((k - (n / 2 if center is None else center)).abs() * (-1 / tau)).exp(),
    )


def gaussian(
    M: int, *, std: float = 1.0, sym: bool = True, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """exp(-((k - n / 2) / std)^2 / 2)."""
    _positive("gaussian", "std", std)
    return _made("gaussian", M, sym, dtype, requires_grad,
                 lambda k, n: (-((k - n / 2) * (1 / (std * math.sqrt(2)))).square()).exp())


def kaiser(
    M: int, *, beta: float = 12.0, sym: bool = True, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """I0(beta sqrt(1 - (2 k / n - 1)^2)) / I0(beta)."""
    if not beta >= 0:
        raise ArgumentError(
            message("signal.windows.kaiser: beta", expected=">= 0", got=repr(beta))
        )

    def value(k: Any, n: int) -> Any:
        inside = (1 - (k * (2 / n) - 1).square()).clamp(min=0).sqrt()
        return i0(inside * beta) / i0(ones((), dtype=k.dtype) * beta)

    return _made("kaiser", M, sym, dtype, requires_grad, value)


__all__ = [
    "bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine",
    "general_hamming", "hamming", "hann", "kaiser", "nuttall",
]

guard_names(globals(), __all__)

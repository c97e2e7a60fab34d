"""Round numbers along an axis."""

from __future__ import annotations

import math


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Multiples of 1, 2, 2.5 or 5 times a power of ten that cover low to high, about so many."""
    if not high > low:
        apart = abs(low) * 0.1 or 1.0
        low, high = low - apart, high + apart
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [i * step for i in range(first, last + 1)]


def whole_ticks(low: int, high: int, about: int = 6) -> list[int]:
    """Whole numbers from low to high, about so many, evenly apart."""
    step = 1
    while (high - low) / step > about:
        step = next(
            m * 10 ** (len(str(step)) - 1) for m in (1, 2, 5, 10)
            if m * 10 ** (len(str(step)) - 1) > step
        )
    return [n for n in range(low, high + 1) if n % step == 0 or n == low][: about + 2]


def label(value: float, step: float) -> str:
    """A tick in words: no more digits than the step has, large and small ones by powers."""
    if value == 0:
        return "0"
    if abs(value) >= 1e5 or (abs(value) < 1e-2 and step < 1e-3):
        mantissa, power = f"{value:.2e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(power)}"
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    if round(step, digits) != step and digits < 6:
        digits += 1  # a step of 2.5
    return f"{value:,.{digits}f}"

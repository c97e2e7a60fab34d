"""torch.xpu, torch.mps, torch.mtia as PyTorch has them where there is no such device."""

from __future__ import annotations

from typing import Any

from pentad.frontends.missing import absent


def is_available() -> bool:
    """False: this build computes on the CPU."""
    return False


def device_count() -> int:
    """0."""
    return 0


def manual_seed(seed: int) -> None:
    """Nothing: there is no device."""


def empty_cache(*given: Any) -> None:
    """Nothing: there is no device."""


manual_seed_all = manual_seed
__getattr__ = absent(__name__)

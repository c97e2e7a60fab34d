"""torch.accelerator as PyTorch has it where there is none: `is_available()` is False."""

from __future__ import annotations

from pentad.frontends.missing import absent


def is_available() -> bool:
    """False: this build computes on the CPU."""
    return False


def device_count() -> int:
    """0."""
    return 0


def current_accelerator(check_available: bool = False) -> None:
    """None."""
    return


__getattr__ = absent(__name__)

"""torch.amp: mixed precision by device."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad.frontends.missing import absent
from pentad.frontends.torch.cuda import amp as of_cuda


def autocast(
    device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
) -> Any:
    """Matrix products in 16 bits; for "cuda", which is not there, off with a warning."""
    if str(device_type).partition(":")[0] == "cuda":
        return of_cuda.autocast(enabled)
    if not enabled:
        return pt.autocast("cpu", enabled=False)
    return pt.autocast(device_type, dtype, enabled, cache_enabled)


def GradScaler(device: str = "cuda", *args: Any, **options: Any) -> Any:
    """A scaler of losses; for "cuda", which is not there, off with a warning."""
    if device == "cpu":
        return pt.amp.GradScaler("cpu", *args, **options)
    return of_cuda.GradScaler(*args, **options)


def is_autocast_available(device_type: str) -> bool:
    """Only on the CPU."""
    return device_type == "cpu"


def _unchanged(fwd: Any = None, **options: Any) -> Any:
    """The function, unchanged: operations choose their types when they run."""
    return fwd if fwd is not None else lambda function: function


custom_fwd = custom_bwd = _unchanged
__getattr__ = absent(__name__)

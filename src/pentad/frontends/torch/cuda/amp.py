"""torch.cuda.amp: mixed precision on a device that is not there is switched off, as in PyTorch."""

from __future__ import annotations

import warnings
from typing import Any

import pentad as pt
from pentad.frontends.missing import absent


class autocast(pt.autocast):
    """autocast for "cuda": off, with a warning."""

    def __init__(self, enabled: bool = True, dtype: Any = None, cache_enabled: bool = True) -> None:
        if enabled:
            warnings.warn("autocast for cuda is off: there is no CUDA device", stacklevel=2)
        super().__init__("cpu", enabled=False)


class GradScaler(pt.amp.GradScaler):
    """A scaler for "cuda": off, with a warning; losses and gradients pass as they are."""

    def __init__(
        self, init_scale: float = 2.0**16, growth_factor: float = 2.0, backoff_factor: float = 0.5,
        growth_interval: int = 2000, enabled: bool = True,
    ) -> None:
        if enabled:
            warnings.warn("GradScaler is off: there is no CUDA device", stacklevel=2)
        super().__init__("cpu", init_scale, growth_factor, backoff_factor, growth_interval, False)


__getattr__ = absent(__name__)

"""torch.mtia as PyTorch has it where there is no such device."""

from pentad.frontends.missing import absent
from pentad.frontends.torch.xpu import (  # noqa: F401
    device_count,
    empty_cache,
    is_available,
    manual_seed,
)

__getattr__ = absent(__name__)

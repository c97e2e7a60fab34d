"""torch.nn.attention: which of PyTorch's kernels programs ask for; all give the same numbers, and
here is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

import pentad as pt
from pentad.frontends.missing import absent
from pentad.static import message


class SDPBackend(IntEnum):
    """PyTorch's kernels of scaled_dot_product_attention."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


@contextmanager
def sdpa_kernel(backends: Any, set_priority: bool = False) -> Iterator[None]:
    """The one kernel there is, whichever are asked for. ArgumentError for what names none."""
    asked = [backends] if isinstance(backends, SDPBackend) else backends
    if not isinstance(asked, list) or not asked or not all(
            isinstance(b, SDPBackend) for b in asked):
        raise pt.ArgumentError(message("sdpa_kernel", got=repr(backends),
                                       expected="an SDPBackend, or a list of them"))
    yield


__getattr__ = absent(__name__)

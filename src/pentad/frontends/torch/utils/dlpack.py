"""torch.utils.dlpack: arrays of other libraries, without a copy where that can be."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad.frontends.missing import absent

from_dlpack = pt.from_dlpack


def to_dlpack(tensor: pt.Tensor) -> Any:
    """A capsule for another library's from_dlpack."""
    return tensor.__dlpack__()


__getattr__ = absent(__name__)

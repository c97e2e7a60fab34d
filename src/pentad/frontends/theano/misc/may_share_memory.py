"""Do two values lie in the same memory?"""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad.frontends.missing import absent


def may_share_memory(a: Any, b: Any, raise_other_type: bool = True) -> bool:
    """Do two arrays lie in the same memory? TypeError for what are none."""
    arrays = isinstance(a, np.ndarray) and isinstance(b, np.ndarray)
    if not arrays and raise_other_type:
        raise TypeError(f"may_share_memory takes arrays, got {type(a)} and {type(b)}")
    return arrays and bool(np.may_share_memory(a, b))


__all__ = ["may_share_memory"]
__getattr__ = absent(__name__)

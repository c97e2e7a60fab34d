"""torch.types: names for annotations."""

from typing import Any

import pentad as pt
from pentad.frontends.missing import absent

Device, Number, Storage = Any, int | float | bool, Any
Tensor, _dtype, _device, _size = pt.Tensor, pt.dtype, pt.device, Any
__getattr__ = absent(__name__)

"""copy: the identity that moves data; the scheduler puts it where a view cannot be had."""

from __future__ import annotations

from pentad.graph import dtypes
from pentad.ops.define import elementwise

copy = elementwise(
    "copy",
    "The same values, in memory of their own.",
    reference=lambda x: x.copy(),
    lower=lambda k, x: x,
    allowed=dtypes.ALL,
    vjp=lambda g, y, x: (g,),
    wirtinger=True,
    linear=(0,),
)

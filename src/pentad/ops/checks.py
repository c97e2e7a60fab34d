"""check_index: the test that an index is within its bounds, where no gather would make it."""

from __future__ import annotations

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import IndexOutOfRange, message
from pentad.ops.define import elementwise


def _reference(index: np.ndarray, size: np.ndarray) -> np.ndarray:
    outside = (index < 0) | (index >= size)
    if np.any(outside):
        raise IndexOutOfRange(
            message(
                "an index or a class label is out of range",
                expected=f"0 <= index < {int(np.asarray(size)[outside].flat[0])}",
                got=str(int(np.asarray(index)[outside].flat[0])),
            )
        )
    return index


check_index = elementwise(
    "check_index",
    "The first operand, an index; IndexOutOfRange where it is not in [0, second operand).",
    arity=2,
    allowed=dtypes.INTEGERS,
    reference=_reference,
    lower=lambda k, index, size: k.check_index(index, size),
    nondifferentiable="an index has no gradient",
    ranges=((0, 7), (7, 12)),
)

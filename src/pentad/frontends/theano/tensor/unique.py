"""The different elements of a tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.op import Native, make
from pentad.frontends.theano.tensor.constants import as_tensor_variable


def _unique(x: Any, index: bool, inverse: bool, counts: bool, axis: int | None) -> Any:
    found = np.unique(x.detach().numpy(), index, inverse, counts, axis)
    found = found if isinstance(found, tuple) else (found,)
    return tuple(pt.as_tensor(np.ascontiguousarray(a).reshape(a.shape)) for a in found)


UNIQUE = Native("Unique", _unique, dynamic=True, differentiable=False)


def unique_op(
    return_index: bool = False, return_inverse: bool = False, return_counts: bool = False,
    axis: int | None = None,
) -> Callable[..., Any]:
    """What gives the different elements in order: of the flattened tensor if axis is None; then
    where each comes first, which each element is, how often each comes, as asked."""
    asked = {"index": return_index, "inverse": return_inverse, "counts": return_counts}

    def function(x: Any) -> Any:
        x = as_tensor_variable(x)
        if axis is not None and not -x.ndim <= axis < x.ndim:
            raise RuntimeError(
                static.message("Unique axis is outside of input ndim", got=str(axis),
                               expected=f"below {x.ndim}", where=x.node.line)
            )
        whole = (None,) if axis is None else tuple(
            None if i == axis % x.ndim else n for i, n in enumerate(x.static_type.shape))
        types = [static.Type(x.static_type.dtype, whole)]
        types += [static.Type(pt.int64, (None,)) for wanted in asked.values() if wanted]
        found = list(make(UNIQUE, [x], {**asked, "axis": axis}, types=types).outputs)
        return found if len(found) > 1 else found[0]

    return function


__all__ = ["unique_op"]

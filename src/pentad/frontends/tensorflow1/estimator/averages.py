"""Averages over all batches of an evaluation."""

from __future__ import annotations

from typing import Any

from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.creation import ones_like
from pentad.frontends.tensorflow1.ops.elementwise import div_no_nan
from pentad.frontends.tensorflow1.ops.reductions import reduce_sum
from pentad.frontends.tensorflow1.ops.state import assign_add
from pentad.frontends.tensorflow1.variables.variable import Variable

_LOCAL = [GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES]


def mean(values: Any, weights: Any = None, name: str = "mean") -> tuple[Any, Any]:
    """(the mean of what came so far, the operation that adds what comes now)."""
    with name_scope(name, "mean", [values]):
        values = cast(values, "float32")
        weights = ones_like(values) if weights is None else (
            ones_like(values) * cast(weights, "float32"))
        total, count = (Variable(0.0, False, _LOCAL, name=n) for n in ("total", "count"))
        added = assign_add(total, reduce_sum(values * weights))
        counted = assign_add(count, reduce_sum(weights))
        return div_no_nan(total.value(), count.value(), name="value"), div_no_nan(
            added, counted, name="update_op")


def ratio(above: Any, below: Any, name: str) -> tuple[Any, Any]:
    """(a sum over another sum, the operation that adds to both)."""
    with name_scope(name, "ratio", [above, below]):
        sums = [Variable(0.0, False, _LOCAL, name=n) for n in ("above", "below")]
        added = [assign_add(s, reduce_sum(cast(v, "float32")))
                 for s, v in zip(sums, (above, below))]
        return div_no_nan(sums[0].value(), sums[1].value(), name="value"), div_no_nan(
            *added, name="update_op")

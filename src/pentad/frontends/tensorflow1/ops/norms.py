"""Norms."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import FLOATS
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.ops import elementwise, reductions

_L2_LOSS = op("L2Loss", "t: T -> output: T", lambda t: (t * t).sum() / 2, allow={"T": FLOATS})


def l2_loss(t: Any, name: str | None = None) -> Any:
    """Half of the sum of the squares."""
    return _L2_LOSS(t, name=name)


def norm(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: Any = None,
    name: str | None = None, keep_dims: Any = None,
) -> Any:
    """The norm of vectors or matrices."""
    keep = bool(keep_dims if keepdims is None else keepdims)
    matrix = isinstance(axis, list | tuple) and len(axis) == 2
    if isinstance(axis, list | tuple) and len(axis) not in (1, 2):
        raise pt.ArgumentError(static.message(
            "'axis' must be None, an integer, or a tuple of 2 unique integers", got=repr(axis)))
    with name_scope(name, "norm", [tensor]):
        x = convert_to_tensor(tensor)
        size = elementwise.abs(x)
        if ord in ("euclidean", "fro", 2, 2.0) and not (matrix and ord in (2, 2.0)):
            if ord == "fro" and not matrix:
                raise pt.ArgumentError("'ord' must be 'fro' for matrices only")
            return elementwise.sqrt(reductions.reduce_sum(size * size, axis, keep))
        if matrix:
            return _matrix_norm(size, ord, list(axis), keep)
        if ord == np.inf:
            return reductions.reduce_max(size, axis, keep)
        if not isinstance(ord, int | float) or ord <= 0:
            raise pt.ArgumentError(static.message(
                "'ord' must be 'euclidean', a positive number or np.inf", got=repr(ord)))
        powers = reductions.reduce_sum(elementwise.pow(size, float(ord)), axis, keep)
        return elementwise.pow(powers, 1.0 / ord)


def _matrix_norm(size: Any, ord: Any, axis: list[int], keep: bool) -> Any:
    if ord not in (1, 1.0, np.inf):
        raise pt.ArgumentError(static.message(
            "'ord' must be a supported matrix norm in ['euclidean', 'fro', 1, np.inf]",
            got=repr(ord)))
    rows, columns = axis
    summed, largest = (rows, columns) if ord in (1, 1.0) else (columns, rows)
    found = reductions.reduce_max(reductions.reduce_sum(size, summed, True), largest, True)
    if keep:
        return found
    from pentad.frontends.tensorflow1.ops.shaping import squeeze

    return squeeze(found, axis)

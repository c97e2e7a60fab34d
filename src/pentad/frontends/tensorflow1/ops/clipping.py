"""Keeping values and norms within bounds."""

from __future__ import annotations

from typing import Any

from pentad.frontends.tensorflow1.framework.convert import constant, convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.slices import IndexedSlices
from pentad.frontends.tensorflow1.ops import comparison, elementwise, reductions
from pentad.frontends.tensorflow1.ops.identity import identity
from pentad.frontends.tensorflow1.ops.shaping import size, stack


def _rows(value: Any) -> tuple[Any, Any]:
    """The values of a tensor or of IndexedSlices, and how to make such a thing again."""
    if isinstance(value, IndexedSlices):
        return value.values, lambda v: IndexedSlices(v, value.indices, value.dense_shape)
    return convert_to_tensor(value, name="t"), lambda v: v


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: Any = None) -> Any:
    """Elements below the one bound, or above the other, become the bound."""
    with name_scope(name, "clip_by_value", []) as scope:
        values, again = _rows(t)
        low = elementwise.minimum(values, clip_value_max)
        values.shape.merge_with(low.shape)
        return again(elementwise.maximum(low, clip_value_min, name=scope))


def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """The tensor, scaled down so that its norm is at most clip_norm."""
    with name_scope(name, "clip_by_norm", []) as scope:
        values, again = _rows(t)
        squares = reductions.reduce_sum(values * values, axes, keepdims=True)
        positive = comparison.greater(squares, 0)
        safe = comparison.where(positive, squares, _ones(squares))
        norm = comparison.where(positive, elementwise.sqrt(safe), squares)
        made = identity(values * clip_norm / elementwise.maximum(norm, clip_norm), name=scope)
        return again(made)


def _ones(x: Any) -> Any:
    from pentad.frontends.tensorflow1.ops.creation import ones_like

    return ones_like(x)


def clip_by_average_norm(t: Any, clip_norm: Any, name: str | None = None) -> Any:
    """The tensor, scaled down so that its norm for each element is at most clip_norm."""
    from pentad.frontends.tensorflow1.ops.casting import cast

    with name_scope(name, "clip_by_average_norm", []) as scope:
        values = convert_to_tensor(t, name="t")
        count = cast(size(values), values.dtype)
        inverse = elementwise.rsqrt(reductions.reduce_sum(values * values))
        smaller = elementwise.minimum(inverse * count, constant(1.0, values.dtype) / clip_norm)
        return identity(values * clip_norm * smaller, name=scope)


def global_norm(t_list: Any, name: str | None = None) -> Any:
    """The norm of all tensors together."""
    _check_list(t_list)
    with name_scope(name, "global_norm", []):
        halves = [_half_square(_rows(t)[0]) for t in t_list if t is not None]
        total = reductions.reduce_sum(stack(halves))
        return elementwise.sqrt(total * constant(2.0, total.dtype), name="global_norm")


def _half_square(x: Any) -> Any:
    from pentad.frontends.tensorflow1.ops.norms import l2_loss

    return l2_loss(x)


def _check_list(t_list: Any) -> None:
    if not isinstance(t_list, list | tuple):
        raise TypeError("t_list should be a sequence")


def clip_by_global_norm(
    t_list: Any, clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Any], Any]:
    """(the tensors, scaled down so that their common norm is at most clip_norm; that norm)."""
    _check_list(t_list)
    t_list = list(t_list)
    norm = global_norm(t_list, name) if use_norm is None else use_norm
    with name_scope(name, "clip_by_global_norm", []):
        one = constant(1.0, norm.dtype)
        scale = clip_norm * elementwise.minimum(1.0 / norm, one / clip_norm)
        # A norm that is not finite makes everything nan, so that it is seen.
        finite = elementwise.is_finite(norm)
        scale = comparison.where(finite, scale, constant(float("nan"), norm.dtype))
        clipped = []
        for i, t in enumerate(t_list):
            if t is None:
                clipped.append(None)
                continue
            values, again = _rows(t)
            made = elementwise.multiply(values, _as_type(scale, values))
            clipped.append(again(identity(made, name=f"scaled_{i}")))
    return clipped, norm


def _as_type(scale: Any, values: Any) -> Any:
    from pentad.frontends.tensorflow1.ops.casting import cast

    return cast(scale, values.dtype.base_dtype)

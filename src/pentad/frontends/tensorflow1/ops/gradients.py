"""tf.gradients and tf.hessians."""

from __future__ import annotations

import enum
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.convert import constant_value, convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.slices import IndexedSlices
from pentad.frontends.tensorflow1.framework.tensor import Tensor


class UnconnectedGradients(enum.Enum):
    """What the gradient is by something that the result does not depend on."""

    NONE = "none"
    ZERO = "zero"


class AggregationMethod:
    """How gradients are added up; without effect."""

    ADD_N = 0
    DEFAULT = ADD_N
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


def gradients(
    ys: Any, xs: Any, grad_ys: Any = None, name: str = "gradients",
    colocate_gradients_with_ops: bool = False, gate_gradients: bool = False,
    aggregation_method: Any = None, stop_gradients: Any = None,
    unconnected_gradients: Any = UnconnectedGradients.NONE,
) -> list[Any]:
    """The gradient of the sum of ys by each of xs; None where ys does not depend on it.

    grad_ys: weights of the ys. stop_gradients: tensors that count as constants.
    """
    unconnected = UnconnectedGradients(unconnected_gradients)
    ys, xs = _listed(ys), _listed(xs)
    weights = [None] * len(ys) if grad_ys is None else _listed(grad_ys)
    with name_scope(name, "gradients", [*ys, *xs]):
        ys = [_differentiable(convert_to_tensor(y, name="y")) for y in ys]
        sources = [x.values if isinstance(x, IndexedSlices) else convert_to_tensor(x) for x in xs]
        weights = [_weight(w, y) for w, y in zip(weights, ys)]
        if stop_gradients is not None:
            from pentad.frontends.tensorflow1.framework.copies import with_constants

            stops = [convert_to_tensor(s) for s in _listed(stop_gradients)]
            ys, sources = with_constants(ys, sources, stops)
        rows = [_gathers(ys, x, s) if stop_gradients is None else []
                for x, s in zip(xs, sources)]
        flat = [s for r, source in zip(rows, sources) for s in (
            [n.outputs[0] for n in r] or [source])]
        parts = iter(static.gradients(ys, flat, weights))
        found = [
            _slices(x, r, [next(parts) for _ in r]) if r else next(parts)
            for x, r in zip(sources, rows)
        ]
        for g in found:
            if isinstance(g, Tensor):
                g.graph.placed(g.node)
        if unconnected is UnconnectedGradients.ZERO:
            from pentad.frontends.tensorflow1.ops.creation import zeros_like

            found = [zeros_like(x) if g is None else g for g, x in zip(found, sources)]
        return found


def _gathers(ys: Any, x: Any, source: Any) -> list[Any]:
    """The gathers of rows of a variable, if nothing else reads it; its gradient is rows then."""
    if not hasattr(x, "_variable"):
        return []
    nodes = static.ancestors([y.node for y in ys])
    readers = [n for n in nodes if source in n.inputs]
    whole = any(
        n.op.name not in ("GatherV2", "Gather") or n.inputs[0] is not source
        or source in n.inputs[1:] or n.attrs.get("batch_dims") or n.body is not source.node.body
        or (len(n.inputs) > 2 and constant_value(n.inputs[2]) != 0)
        or n.inputs[1].static_type.shape is None
        for n in readers)
    return [] if whole or source in ys else readers


def _slices(source: Any, gathers: list[Any], gradients: list[Any]) -> Any:
    """The gradients of what was gathered, as rows of the variable."""
    from pentad.frontends.tensorflow1.ops.casting import cast
    from pentad.frontends.tensorflow1.ops.shaping import concat, reshape
    from pentad.frontends.tensorflow1.ops.shaping import shape as shape_of

    pairs = [(n, g) for n, g in zip(gathers, gradients) if g is not None]
    if not pairs:
        return None
    width = source.shape.as_list()[1:]
    values = [reshape(g, [-1, *width]) for _, g in pairs]
    places = [reshape(n.inputs[1], [-1]) for n, _ in pairs]
    if len(pairs) == 1:
        return IndexedSlices(values[0], places[0], shape_of(source))
    if len({p.dtype for p in places}) > 1:
        places = [cast(p, "int64") for p in places]
    return IndexedSlices(concat(values, 0), concat(places, 0), shape_of(source))


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _differentiable(y: Any) -> Any:
    if not (y.dtype.is_floating or y.dtype.is_complex):
        raise TypeError(static.message(
            "Gradients of tensors must be floating or complex", expected="a differentiable y",
            got=repr(y)))
    return y


def _weight(weight: Any, y: Any) -> Any:
    from pentad.frontends.tensorflow1.ops.shaping import squeeze

    if weight is None:
        return None
    weight = convert_to_tensor(weight, y.dtype.base_dtype, name="grad_ys")
    sizes, rank = weight.shape.as_list() if weight.shape.ndims is not None else [], y.shape.ndims
    if rank is not None and len(sizes) > rank and set(sizes[:len(sizes) - rank]) == {1}:
        # TensorFlow's gradients sum over such axes; programs that get a list of one gradient and
        # compute with it have one in front.
        weight = squeeze(weight, list(range(len(sizes) - rank)))
    if not weight.shape.is_compatible_with(y.shape):
        raise pt.ShapeError(static.message(
            "grad_ys has another shape than ys", expected=str(y.shape), got=str(weight.shape)))
    return weight


def hessians(
    ys: Any, xs: Any, name: str = "hessians", colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False, aggregation_method: Any = None,
) -> list[Any]:
    """For each x the second derivatives of the sum of ys, of the shape of x twice."""
    from pentad.frontends.tensorflow1.ops.loops import map_fn
    from pentad.frontends.tensorflow1.ops.shaping import concat, reshape, shape, size

    found = []
    with name_scope(name, "hessians", []):
        for x in _listed(xs):
            x = convert_to_tensor(x)
            [first] = gradients(ys, x)
            flat = reshape(first, [-1])

            def row(i: Any, flat: Any = flat, x: Any = x) -> Any:
                return gradients(flat[i], x)[0]

            from pentad.frontends.tensorflow1.ops.creation import range as range_

            rows = map_fn(row, range_(size(x)), dtype=x.dtype.base_dtype)
            whole = reshape(rows, concat([shape(x), shape(x)], 0))
            if x.shape.is_fully_defined():
                whole.set_shape(x.shape.concatenate(x.shape))
            found.append(whole)
    return found

"""Sums, means, extremes over axes, and running sums."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import constant, convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import INDEX, NUMBERS, REALS
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.ops.shaping import rank


def _axes(x: Any, axes: Any) -> list[int]:
    found = []
    for axis in axes.reshape(-1).tolist():
        if not -x.ndim <= axis < x.ndim:
            raise pt.ShapeError(static.message(
                f"Invalid reduction dimension {axis} for input with {x.ndim} dimensions.",
                got=str(tuple(x.shape))))
        found.append(axis % x.ndim)
    return found


def _over(rule: Any) -> Any:
    """The rule of a reduction over several axes at once."""
    def run(input: Any, reduction_indices: Any, keep_dims: bool) -> Any:
        axes = _axes(input, reduction_indices)
        return rule(input, axes, keep_dims) if axes else input.clone()

    return run


def _one_by_one(rule: Any) -> Any:
    """The same for a rule that takes one axis."""
    def run(input: Any, axes: list[int], keep_dims: bool) -> Any:
        for axis in sorted(axes, reverse=True):
            input = rule(input, axis, keep_dims)
        return input

    return _over(run)


def _mean(x: Any, axes: Any, keep: bool) -> Any:
    if x.dtype.is_floating_point or x.dtype.is_complex:
        return x.mean(axes, keepdim=keep)
    total = x.sum(axes, keepdim=keep, dtype=x.dtype)
    count = 1
    for a in axes:
        count = count * x.shape[a]
    return pt.div(total, count, rounding_mode="trunc").to(x.dtype)


def _norm(x: Any, axes: Any, keep: bool) -> Any:
    return pt.sqrt((x * x).sum(axes, keepdim=keep))


def _known(rule: Any) -> Any:
    def run(input: Any, reduction_indices: Any, keep_dims: bool) -> Any:
        axes = tuple(int(a) for a in reduction_indices.reshape(-1))
        return np.asarray(rule(input, axis=axes, keepdims=keep_dims)).astype(input.dtype)

    return run


def _type(input: Any, axes: Any, node: Any) -> Any:
    if input.shape is None or not node.attrs["keep_dims"]:
        count = axes.shape[0] if axes.shape else (1 if axes.shape == () else None)
        if input.shape is None or count is None:
            return [static.Type(input.dtype, None)]
        return [static.Type(input.dtype, (None,) * (len(input.shape) - count))]
    return [static.Type(input.dtype, (None,) * len(input.shape))]


def _reduction(name: str, run: Any, allow: Any = NUMBERS, known: Any = None) -> Any:
    return op(name, "input: T, reduction_indices: Tidx; keep_dims=False -> output: T", run,
              sizes=(1,), infer=_type, allow={"T": allow, "Tidx": INDEX},
              known=None if known is None else _known(known))


def _logic(name: str, run: Any, known: Any) -> Any:
    return op(name, "input: bool, reduction_indices: Tidx; keep_dims=False -> output: bool", run,
              sizes=(1,), infer=_type, allow={"Tidx": INDEX}, differentiable=False,
              known=_known(known))


_SUM = _reduction("Sum", _over(lambda x, a, k: x.sum(a, keepdim=k, dtype=x.dtype)), known=np.sum)
_MEAN = _reduction("Mean", _over(_mean))
_PROD = _reduction("Prod", _one_by_one(lambda x, a, k: x.prod(a, keepdim=k, dtype=x.dtype)),
                   known=np.prod)
_MAX = _reduction("Max", _over(lambda x, a, k: x.amax(a, keepdim=k)), REALS, np.max)
_MIN = _reduction("Min", _over(lambda x, a, k: x.amin(a, keepdim=k)), REALS, np.min)
_NORM = _reduction("EuclideanNorm", _over(_norm))
_ALL = _logic("All", _one_by_one(lambda x, a, k: x.all(a, keepdim=k)), np.all)
_ANY = _logic("Any", _one_by_one(lambda x, a, k: x.any(a, keepdim=k)), np.any)


def every_axis(x: Any, axis: Any) -> Any:
    """The axes to reduce over: all if none are given."""
    if axis is not None:
        return axis if hasattr(axis, "graph") else np.asarray(axis, np.int32)
    known = x.static_type.shape
    if known is not None:
        return constant(np.arange(len(known), dtype=np.int32), dtypes.int32)
    from pentad.frontends.tensorflow1.ops.creation import range as range_

    return range_(0, rank(x))


def _reducer(public: str, make: Any, doc: str, default: str | None = None) -> Any:
    def call(
        input_tensor: Any, axis: Any = None, keepdims: Any = None, name: str | None = None,
        reduction_indices: Any = None, keep_dims: Any = None,
    ) -> Any:
        axis = reduction_indices if axis is None else axis
        keep = bool(keep_dims if keepdims is None else keepdims)
        with name_scope(name, default or make.record.name, [input_tensor]) as scope:
            x = convert_to_tensor(input_tensor, name="input_tensor")
            return make(x, every_axis(x, axis), keep_dims=keep, name=scope)

    call.__name__ = public
    call.__doc__ = f"{doc} over axes, over all if none are given."
    return call


reduce_sum = _reducer("reduce_sum", _SUM, "The sum")
reduce_mean = _reducer("reduce_mean", _MEAN, "The mean")
reduce_prod = _reducer("reduce_prod", _PROD, "The product")
reduce_max = _reducer("reduce_max", _MAX, "The largest element")
reduce_min = _reducer("reduce_min", _MIN, "The smallest element")
reduce_all = _reducer("reduce_all", _ALL, "Whether all are true,")
reduce_any = _reducer("reduce_any", _ANY, "Whether any is true,")
reduce_euclidean_norm = _reducer("reduce_euclidean_norm", _NORM, "The Euclidean norm")


def reduce_logsumexp(
    input_tensor: Any, axis: Any = None, keepdims: Any = None, name: str | None = None,
    reduction_indices: Any = None, keep_dims: Any = None,
) -> Any:
    """log(sum(exp(x))) over axes, without overflow."""
    axis = reduction_indices if axis is None else axis
    keep = bool(keep_dims if keepdims is None else keepdims)
    with name_scope(name, "ReduceLogSumExp", [input_tensor]) as scope:
        x = convert_to_tensor(input_tensor, name="input_tensor")
        return _LOGSUMEXP(x, every_axis(x, axis), keep_dims=keep, name=scope)


def _logsumexp(x: Any, axes: Any, keep: bool) -> Any:
    return pt.logsumexp(x, axes, keepdim=keep)


_LOGSUMEXP = _reduction("ReduceLogSumExp", _over(_logsumexp), dtypes.FLOATS)


def reduce_variance(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """The variance over axes, divided by the number of elements."""
    with name_scope(name, "reduce_variance", [input_tensor]):
        x = convert_to_tensor(input_tensor)
        centred = x - reduce_mean(x, axis, keepdims=True)
        return reduce_mean(centred * centred, axis, keepdims)


def reduce_std(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """The standard deviation over axes."""
    from pentad.frontends.tensorflow1.ops.elementwise import sqrt

    with name_scope(name, "reduce_std", [input_tensor]):
        return sqrt(reduce_variance(input_tensor, axis, keepdims))


def count_nonzero(
    input_tensor: Any = None, axis: Any = None, keepdims: Any = None,
    dtype: Any = dtypes.int64, name: str | None = None, reduction_indices: Any = None,
    keep_dims: Any = None, input: Any = None,
) -> Any:
    """How many elements over axes are not zero."""
    from pentad.frontends.tensorflow1.ops.casting import cast
    from pentad.frontends.tensorflow1.ops.comparison import not_equal

    axis = reduction_indices if axis is None else axis
    keep = keep_dims if keepdims is None else keepdims
    with name_scope(name, "count_nonzero", [input_tensor]):
        x = convert_to_tensor(input if input_tensor is None else input_tensor)
        zero = b"" if x.dtype is dtypes.string else False if x.dtype.is_bool else 0
        counted = x if x.dtype.is_bool else not_equal(x, constant(zero, x.dtype.base_dtype))
        return cast(reduce_sum(cast(counted, dtypes.int64), axis, keep), dtype)


# -- arguments of extremes, running sums -------------------------------------------------------


def _argument(name: str, rule: Any) -> Any:
    return op(
        name, "input: T, dimension: Tidx; output_type=int64 -> output: output_type",
        lambda input, dimension, output_type: rule(input, int(dimension)).to(
            output_type.tensor_dtype),
        sizes=(1,), allow={"T": NUMBERS, "Tidx": INDEX}, differentiable=False)


_ARG_MAX, _ARG_MIN = _argument("ArgMax", pt.argmax), _argument("ArgMin", pt.argmin)


def argmax(
    input: Any, axis: Any = None, name: str | None = None, dimension: Any = None,
    output_type: Any = dtypes.int64,
) -> Any:
    """Where along an axis the largest element stands."""
    axis = dimension if axis is None else axis
    return _ARG_MAX(input, 0 if axis is None else axis, output_type=output_type, name=name)


def argmin(
    input: Any, axis: Any = None, name: str | None = None, dimension: Any = None,
    output_type: Any = dtypes.int64,
) -> Any:
    """Where along an axis the smallest element stands."""
    axis = dimension if axis is None else axis
    return _ARG_MIN(input, 0 if axis is None else axis, output_type=output_type, name=name)


def arg_max(
    input: Any, dimension: Any, output_type: Any = dtypes.int64, name: str | None = None
) -> Any:
    """Where along an axis the largest element stands."""
    return _ARG_MAX(input, dimension, output_type=output_type, name=name)


def arg_min(
    input: Any, dimension: Any, output_type: Any = dtypes.int64, name: str | None = None
) -> Any:
    """Where along an axis the smallest element stands."""
    return _ARG_MIN(input, dimension, output_type=output_type, name=name)


def _running(rule: Any, neutral: Any) -> Any:
    def run(x: Any, axis: Any, exclusive: bool, reverse: bool) -> Any:
        axis = int(axis) % x.ndim
        x = x.flip(axis) if reverse else x
        found = rule(x, axis)
        if exclusive:
            first = pt.full_like(x.narrow(axis, 0, 1), neutral)
            found = pt.cat([first, found.narrow(axis, 0, x.shape[axis] - 1)], axis)
        return found.flip(axis) if reverse else found

    return run


def _cumulative(name: str, rule: Any, neutral: Any, allow: Any = NUMBERS) -> Any:
    return op(name, "x: T, axis: Tidx; exclusive=False, reverse=False -> out: T",
              _running(rule, neutral), sizes=(1,), allow={"T": allow, "Tidx": INDEX})


_CUMSUM = _cumulative("Cumsum", lambda x, a: pt.cumsum(x, a, dtype=x.dtype), 0)
_CUMPROD = _cumulative("Cumprod", lambda x, a: pt.cumprod(x, a, dtype=x.dtype), 1)
_CUMLOGSUMEXP = _cumulative("CumulativeLogsumexp", pt.logcumsumexp, float("-inf"), dtypes.FLOATS)


def cumsum(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Any:
    """Running sums along an axis."""
    return _CUMSUM(x, axis, exclusive=exclusive, reverse=reverse, name=name)


def cumprod(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Any:
    """Running products along an axis."""
    return _CUMPROD(x, axis, exclusive=exclusive, reverse=reverse, name=name)


def cumulative_logsumexp(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Any:
    """Running log(sum(exp(x))) along an axis."""
    return _CUMLOGSUMEXP(x, axis, exclusive=exclusive, reverse=reverse, name=name)


# -- several tensors ---------------------------------------------------------------------------


def _total(*inputs: Any) -> Any:
    total = inputs[0]
    for x in inputs[1:]:
        total = total + x
    return total


_ADD_N = op("AddN", "inputs: N*T -> sum: T", _total, allow={"T": NUMBERS})


def add_n(inputs: Any, name: str | None = None) -> Any:
    """The sum of tensors of one shape."""
    if not isinstance(inputs, list | tuple) or not inputs:
        raise pt.ArgumentError("inputs must be a list of at least one Tensor/IndexedSlices with "
                               "the same dtype and shape")
    found = [convert_to_tensor(x) for x in inputs]
    for x in found[1:]:
        if not x.shape.is_compatible_with(found[0].shape):
            raise pt.ShapeError(static.message(
                "Shapes must be equal in add_n", expected=str(found[0].shape), got=str(x.shape)))
    if len(found) == 1:
        from pentad.frontends.tensorflow1.ops.identity import identity

        return identity(found[0], name=name) if name else found[0]
    return _ADD_N(found, name=name)


def accumulate_n(
    inputs: Any, shape: Any = None, tensor_dtype: Any = None, name: str | None = None
) -> Any:
    """The sum of tensors of one shape."""
    return add_n(inputs, name or "AccumulateNV2")

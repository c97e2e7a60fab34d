"""The normalising layers, made of `standardize` and an affine map."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.op import Sample
from pentad.graph.sizes import Size
from pentad.ops.batching import later_axes
from pentad.ops.broadcast import broadcast, spread
from pentad.ops.conversion import cast
from pentad.ops.define import (
    F32,
    composite,
    normalize_axes,
    normalize_axis,
    require_count,
    require_dtype,
)
from pentad.ops.precision import SHORT, in_float32
from pentad.ops.sources import full
from pentad.ops.statistics import mean, standardize, var
from pentad.ops.transcendental import rsqrt
from pentad.ops.views import reshape


def affine(y: Node, parameters: Sequence[Node], axes: Sequence[int], name: str) -> Node:
    """y * weight + bias, of which neither or only the weight may be given; both have the sizes
    of `y` at `axes`."""
    expected: tuple[Size, ...] = tuple(y.shape[a] for a in axes)
    for parameter in parameters:
        if parameter.ndim != len(expected) or parameter.shape != expected:
            raise ShapeError(
                message(
                    f"{name}: weight or bias does not fit",
                    expected=str(list(expected)),
                    got=str(list(parameter.shape)),
                )
            )
    if parameters:
        y = y * broadcast(parameters[0], y.shape, axes)
    return y + broadcast(parameters[1], y.shape, axes) if len(parameters) == 2 else y


def _checked(name: str, operands: Sequence[Node]) -> None:
    require_count(name, [n.type for n in operands], 1, 2, 3)
    for n in operands:
        require_dtype(name, n.dtype, dtypes.FLOATS)


def _grouped(x: Node, groups: int) -> Node:
    if x.ndim < 2 or groups < 1 or x.shape[1] % groups != 0:
        raise ShapeError(
            message(
                "group_norm: the channels cannot be divided into groups",
                expected=f"[N, C, ...] with C a multiple of {groups}",
                got=str(list(x.shape)),
            )
        )
    return reshape(x, (x.shape[0], groups, x.shape[1] // groups, *x.shape[2:]))


# -- layer, rms and group norm -----------------------------------------------------------------


def _layer_norm(*operands: Node, axes: tuple[int, ...], eps: float) -> Node:
    _checked("layer_norm", operands)
    x, *parameters = operands
    axes = normalize_axes("layer_norm", axes, x.ndim)
    return affine(standardize(x, axes, eps), parameters, axes, "layer_norm")


def _rms_norm(*operands: Node, axes: tuple[int, ...], eps: float) -> Node:
    _checked("rms_norm", operands)
    x, *parameters = operands
    axes = normalize_axes("rms_norm", axes, x.ndim)
    scaled = x * spread(rsqrt(mean(x * x, axes) + eps), x, axes)
    return affine(scaled, parameters, axes, "rms_norm")


def _group_norm(*operands: Node, groups: int, eps: float) -> Node:
    _checked("group_norm", operands)
    x, *parameters = operands
    parts = _grouped(x, groups)
    y = reshape(standardize(parts, range(2, parts.ndim), eps), x.shape)
    return affine(y, parameters, (1,), "group_norm")


def _samples(
    shape: tuple[int, ...], part: tuple[int, ...], attrs: dict[str, Any]
) -> Iterable[Sample]:
    """Without parameters, with a weight, with weight and bias; and every float dtype."""
    for operands in range(3):
        yield Sample(((shape, F32), *(((part, F32),) * operands)), attrs)
    for dtype in dtypes.FLOATS:
        yield Sample(((shape, dtype), (part, dtype), (part, dtype)), attrs)


def _errors(attrs: dict[str, Any]) -> Iterable[Sample]:
    x = ((2, 4, 3), F32)
    yield Sample((x, ((5,), F32)), attrs, ShapeError, "weight or bias does not fit")
    yield Sample((x,) * 4, attrs, ShapeError, "number of operands")
    yield Sample((((2, 4, 3), dtypes.int32),), attrs, DTypeError, "not supported")


_LAST = {"axes": (2,), "eps": 1e-5}

_layer_norm_op = composite(
    "layer_norm",
    "x standardised over some axes, then times a weight and plus a bias (both optional) of the "
    "sizes of those axes.",
    decompose=in_float32(_layer_norm),
    batch=later_axes("axes", shared=True),
    samples=lambda: [
        *_samples((2, 3, 4), (4,), _LAST),
        *_samples((2, 3, 4), (3, 4), {"axes": (1, 2), "eps": 1e-2}),
    ],
    errors=lambda: _errors(_LAST),
)

_rms_norm_op = composite(
    "rms_norm",
    "x divided by its root mean square over some axes, then times a weight and plus a bias (both "
    "optional).",
    decompose=in_float32(_rms_norm),
    batch=later_axes("axes", shared=True),
    samples=lambda: _samples((2, 3, 4), (4,), _LAST),
    errors=lambda: _errors(_LAST),
)

_group_norm_op = composite(
    "group_norm",
    "The channels (axis 1) standardised in groups together with the axes after them, then times "
    "a weight and plus a bias (both optional), one for each channel.",
    decompose=in_float32(_group_norm),
    samples=lambda: [
        *_samples((2, 4, 3), (4,), {"groups": 2, "eps": 1e-5}),
        *_samples((2, 4), (4,), {"groups": 1, "eps": 1e-5}),
        *_samples((2, 2, 3), (2,), {"groups": 2, "eps": 1e-5}),
    ],
    errors=lambda: [
        *_errors({"groups": 2, "eps": 1e-5}),
        Sample((((2, 4, 3), F32),), {"groups": 3, "eps": 1e-5}, ShapeError, "into groups"),
    ],
)


def _given(weight: Node | None, bias: Node | None, like: Node, axes: Sequence[int]) -> list[Node]:
    """The parameters that are there; a bias alone gets a weight of ones."""
    if bias is None:
        return [] if weight is None else [weight]
    if weight is None:
        weight = full(1, tuple(like.shape[a] for a in axes), bias.dtype)
    return [weight, bias]


def layer_norm(
    x: Node, weight: Node | None, bias: Node | None, axes: Sequence[int], eps: float = 1e-5
) -> Node:
    """`x` standardised over `axes`, times `weight`, plus `bias` (their shape: sizes of `axes`)."""
    axes = normalize_axes("layer_norm", axes, x.ndim)
    return _layer_norm_op(x, *_given(weight, bias, x, axes), axes=axes, eps=eps)


def rms_norm(x: Node, weight: Node | None, axes: Sequence[int], eps: float = 1e-5) -> Node:
    """`x` over its root mean square over `axes`, times `weight`."""
    axes = normalize_axes("rms_norm", axes, x.ndim)
    return _rms_norm_op(x, *_given(weight, None, x, axes), axes=axes, eps=eps)


def group_norm(
    x: Node, weight: Node | None, bias: Node | None, groups: int, eps: float = 1e-5
) -> Node:
    """`x` [N, C, ...] standardised in `groups` of channels, then scaled for each channel."""
    return _group_norm_op(x, *_given(weight, bias, x, (1,)), groups=groups, eps=eps)


# -- batch norm --------------------------------------------------------------------------------


def _other_axes(name: str, x: Node, axis: int) -> tuple[int, tuple[int, ...]]:
    axis = normalize_axis(name, axis, x.ndim)
    return axis, tuple(i for i in range(x.ndim) if i != axis)


def _batch_norm(*operands: Node, axis: int, eps: float) -> Node:
    _checked("batch_norm", operands)
    x, *parameters = operands
    axis, others = _other_axes("batch_norm", x, axis)
    return affine(standardize(x, others, eps), parameters, (axis,), "batch_norm")


def _batch_norm_inference(*operands: Node, axis: int, eps: float) -> Node:
    require_count("batch_norm_inference", [n.type for n in operands], 3, 4, 5)
    x, average, variance, *parameters = operands
    _checked("batch_norm_inference", (x, *parameters))
    axis, _ = _other_axes("batch_norm_inference", x, axis)
    # One multiplication and one addition for each element; the rest is for each channel.
    scale = rsqrt(variance + eps)
    scale = scale * parameters[0] if parameters else scale
    shift = -(average * scale)
    shift = shift + parameters[1] if len(parameters) == 2 else shift
    return affine(x, (scale, shift), (axis,), "batch_norm_inference")


_CHANNELS: dict[str, Any] = {"axis": 1, "eps": 1e-5}

_batch_norm_op = composite(
    "batch_norm",
    "Each channel standardised over all other axes, then times a weight and plus a bias (both "
    "optional), one for each channel.",
    decompose=in_float32(_batch_norm),
    samples=lambda: [
        *_samples((3, 2, 4), (2,), _CHANNELS),
        *_samples((5, 3), (3,), _CHANNELS),
        *_samples((2, 2, 4), (4,), {"axis": 2, "eps": 1e-5}),
    ],
    errors=lambda: _errors(_CHANNELS),
)

_batch_norm_inference_op = composite(
    "batch_norm_inference",
    "(x - mean) / sqrt(var + eps) with a given mean and variance for each channel, then times a "
    "weight and plus a bias (both optional).",
    decompose=in_float32(_batch_norm_inference),
    batch=later_axes("axis", shared=True),
    samples=lambda: [
        Sample(
            ((shape, d), ((c,), d), ((c,), d), *(((c,), d),) * n),
            _CHANNELS,
            ranges=(None, None, (0.5, 2.0)),
        )
        for d in dtypes.FLOATS
        for n in range(3)
        for shape, c in (((3, 2, 4), 2), ((5, 3), 3))
    ],
    errors=lambda: [
        Sample(
            (((2, 3), F32), ((2,), F32), ((2,), F32)), _CHANNELS, ShapeError, "does not fit"
        )
    ],
)


def batch_norm(
    x: Node, weight: Node | None, bias: Node | None, axis: int = 1, eps: float = 1e-5
) -> tuple[Node, Node, Node]:
    """Batch norm in training: (y, mean, biased variance), the latter two for each channel.

    16-bit operands give a float32 mean and variance, as running averages need.
    """
    axis, others = _other_axes("batch_norm", x, axis)
    y = _batch_norm_op(x, *_given(weight, bias, x, (axis,)), axis=axis, eps=eps)
    wide = cast(x, F32) if x.dtype in SHORT else x
    return y, mean(wide, others), var(wide, others)


def batch_norm_inference(
    x: Node,
    average: Node,
    variance: Node,
    weight: Node | None,
    bias: Node | None,
    axis: int = 1,
    eps: float = 1e-5,
) -> Node:
    """Batch norm with a given mean and variance for each channel."""
    axis, _ = _other_axes("batch_norm_inference", x, axis)
    given = _given(weight, bias, x, (axis,))
    return _batch_norm_inference_op(x, average, variance, *given, axis=axis, eps=eps)

"""Convolution and its two gradients, which are each other's derivatives.

Layouts are logical: images N C spatial..., kernels O I/groups spatial... (cross-correlation, as
in every deep-learning framework). `padding` holds (low, high) for each spatial axis.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.graph.sizes import Size
from pentad.ops import convolution_batching as batching
from pentad.ops.define import (
    F32,
    OpFunction,
    define,
    in_single,
    require_count,
    require_dtype,
    require_same_dtype,
)
from pentad.ops.windows import Padding, require_geometry, window_count

# -- shapes ------------------------------------------------------------------------------------


def _output_shape(
    name: str,
    x: Sequence[Size],
    w: Sequence[Size],
    stride: tuple[int, ...],
    padding: Padding,
    dilation: tuple[int, ...],
    groups: int,
) -> tuple[Size, ...]:
    """The shape of the convolution of images `x` by kernels `w`; ShapeError if they do not fit."""
    if len(x) != len(w) or len(x) < 3:
        raise ShapeError(
            message(
                f"{name}: numbers of axes do not fit",
                expected="images [N, C, spatial...] and kernels [O, C/groups, spatial...]",
                got=f"{list(x)} and {list(w)}",
            )
        )
    require_geometry(name, len(x) - 2, stride, padding, dilation)
    if groups < 1 or x[1] != w[1] * groups or w[0] % groups != 0:
        raise ShapeError(
            message(
                f"{name}: channels do not fit",
                expected=f"{w[1]} channels in each of {groups} groups, which divide the kernels",
                got=f"{x[1]} channels and {w[0]} kernels",
            )
        )
    spatial = tuple(
        window_count(n, k, s, *p, d)
        for n, k, s, p, d in zip(x[2:], w[2:], stride, padding, dilation, strict=True)
    )
    if any(isinstance(n, int) and n == 0 for n in spatial) and all(n != 0 for n in x[2:]):
        raise ShapeError(
            message(
                f"{name}: the kernel is larger than the padded image",
                expected=f"padded sizes of at least {list(w[2:])} (dilated by {dilation})",
                got=f"{list(x[2:])} padded by {padding}",
            )
        )
    return (x[0], w[0], *spatial)


# -- references --------------------------------------------------------------------------------


def _padded(x: np.ndarray, padding: Padding) -> np.ndarray:
    return np.pad(x, ((0, 0), (0, 0), *padding))


def _taps(
    kernel: Sequence[int], out: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> Iterator[tuple[Any, Any]]:
    """For each kernel position, its index and that of the part of the padded image it meets."""
    for at in np.ndindex(*kernel):
        part = [
            slice(i * d, i * d + (n - 1) * s + 1, s)
            for i, n, s, d in zip(at, out, stride, dilation, strict=True)
        ]
        yield (..., *at), (slice(None), slice(None), *part)


def _grouped(x: np.ndarray, axis: int, groups: int) -> np.ndarray:
    return x.reshape((*x.shape[:axis], groups, x.shape[axis] // groups, *x.shape[axis + 1 :]))


def _reference_convolution(
    x: np.ndarray,
    w: np.ndarray,
    *,
    stride: tuple[int, ...],
    padding: Padding,
    dilation: tuple[int, ...],
    groups: int,
) -> np.ndarray:
    attrs = stride, padding, dilation, groups
    shape: Any = _output_shape("convolution", x.shape, w.shape, *attrs)
    y = np.zeros(shape, x.dtype)
    if not y.size:
        return y
    image, out = _padded(x, padding), _grouped(y, 1, groups)
    kernels = _grouped(w, 0, groups)
    for at, part in _taps(w.shape[2:], y.shape[2:], stride, dilation):
        seen = _grouped(image[part], 1, groups)
        out += np.einsum("ngi...,goi->ngo...", seen, kernels[at])
    return y


def _reference_input_grad(
    g: np.ndarray,
    w: np.ndarray,
    *,
    input_shape: tuple[int, ...],
    stride: tuple[int, ...],
    padding: Padding,
    dilation: tuple[int, ...],
    groups: int,
) -> np.ndarray:
    spatial = [n + low + high for n, (low, high) in zip(input_shape[2:], padding, strict=True)]
    image = np.zeros((*input_shape[:2], *spatial), g.dtype)
    if g.size:
        cotangent, kernels = _grouped(g, 1, groups), _grouped(w, 0, groups)
        for at, part in _taps(w.shape[2:], g.shape[2:], stride, dilation):
            share = np.einsum("ngo...,goi->ngi...", cotangent, kernels[at])
            image[part] += share.reshape(image[part].shape)
    inner = [slice(a, a + n) for n, (a, _) in zip(input_shape[2:], padding, strict=True)]
    return image[(slice(None), slice(None), *inner)]


def _reference_weight_grad(
    g: np.ndarray,
    x: np.ndarray,
    *,
    kernel_shape: tuple[int, ...],
    stride: tuple[int, ...],
    padding: Padding,
    dilation: tuple[int, ...],
    groups: int,
) -> np.ndarray:
    w = np.zeros(kernel_shape, g.dtype)
    if not g.size:
        return w
    kernels, cotangent = _grouped(w, 0, groups), _grouped(g, 1, groups)
    cotangent = cotangent.reshape(*cotangent.shape[:3], -1)
    image = _padded(x, padding)
    for at, part in _taps(kernel_shape[2:], g.shape[2:], stride, dilation):
        seen = _grouped(image[part], 1, groups)
        seen = seen.reshape(*seen.shape[:3], -1)
        kernels[at] = np.einsum("ngop,ngip->goi", cotangent, seen)
    return w


# -- samples -----------------------------------------------------------------------------------

_SHAPES: tuple[tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]], ...] = (
    ((2, 1, 6), (1, 1, 3), {}),
    ((1, 2, 7), (4, 1, 2), {"stride": (2,), "padding": ((1, 0),), "groups": 2}),
    ((1, 2, 5, 4), (3, 2, 2, 3), {}),
    ((1, 2, 4, 4), (2, 2, 3, 3), {"padding": ((1, 1), (1, 1))}),
    ((1, 2, 4, 4), (4, 1, 2, 2), {"groups": 2, "stride": (2, 1), "padding": ((0, 1), (2, 0))}),
    ((1, 1, 6, 5), (2, 1, 2, 2), {"dilation": (2, 3), "stride": (2, 1)}),
    ((2, 3, 2, 2), (2, 3, 1, 1), {"stride": (2, 2)}),
    ((1, 1, 3, 3, 4), (1, 1, 2, 2, 2), {"padding": ((0, 0), (1, 0), (0, 0))}),
    ((0, 2, 4, 4), (3, 2, 3, 3), {}),
    ((2, 16, 9, 9), (33, 16, 3, 3), {"padding": ((1, 1), (1, 1))}),
)


def _geometry(rank: int, **given: Any) -> dict[str, Any]:
    plain = {
        "stride": (1,) * rank,
        "padding": ((0, 0),) * rank,
        "dilation": (1,) * rank,
        "groups": 1,
    }
    return {**plain, **given}


def _cases() -> Iterator[tuple[Any, Any, Any, dict[str, Any]]]:
    """(image shape, kernel shape, result shape, attributes)."""
    for x, w, given in _SHAPES:
        attrs = _geometry(len(x) - 2, **given)
        yield x, w, _output_shape("convolution", x, w, **attrs), attrs


def _convolution_samples() -> Iterable[Sample]:
    for x, w, _, attrs in _cases():
        yield Sample(((x, F32), (w, F32)), attrs)
    for dtype in dtypes.FLOATS:
        yield Sample((((1, 2, 5, 5), dtype), ((3, 2, 3, 3), dtype)), _geometry(2))


def _input_grad_samples() -> Iterable[Sample]:
    for x, w, y, attrs in _cases():
        yield Sample(((y, F32), (w, F32)), {"input_shape": x, **attrs})


def _weight_grad_samples() -> Iterable[Sample]:
    for x, w, y, attrs in _cases():
        yield Sample(((y, F32), (x, F32)), {"kernel_shape": w, **attrs})


def _convolution_errors() -> Iterable[Sample]:
    x, f64 = (1, 2, 4, 4), dtypes.float64
    cases: tuple[tuple[tuple[int, ...], Any, dict[str, Any], type[Exception], str], ...] = (
        ((3, 3, 2, 2), F32, {}, ShapeError, "channels do not fit"),
        ((3, 1, 2, 2), F32, {"groups": 2}, ShapeError, "channels do not fit"),
        ((3, 2, 2), F32, {}, ShapeError, "numbers of axes"),
        ((3, 2, 5, 5), F32, {}, ShapeError, "larger than the padded image"),
        ((3, 2, 2, 2), F32, {"stride": (0, 1)}, ShapeError, "geometry"),
        ((3, 2, 2, 2), F32, {"padding": ((0, -1), (0, 0))}, ShapeError, "geometry"),
        ((3, 2, 2, 2), f64, {}, DTypeError, "different dtypes"),
    )
    for w, dtype, given, error, text in cases:
        yield Sample(((x, F32), (w, dtype)), _geometry(2, **given), error, text)


# -- records -----------------------------------------------------------------------------------


def _infer_convolution(*types: TensorType, **attrs: Any) -> TensorType:
    _require_operands("convolution", types)
    shape = _output_shape("convolution", types[0].shape, types[1].shape, **attrs)
    return TensorType(shape, types[0].dtype)


def _require_operands(name: str, types: Sequence[TensorType]) -> None:
    require_count(name, types, 2)
    require_same_dtype(name, types)
    require_dtype(name, types[0].dtype, dtypes.FLOATS)


def _require_cotangent(name: str, g: TensorType, expected: Sequence[Size]) -> None:
    if g.ndim != len(expected) or g.shape != tuple(expected):
        raise ShapeError(
            message(
                f"{name}: the cotangent does not fit",
                expected=f"{list(expected)}, the shape of the convolution's result",
                got=str(list(g.shape)),
            )
        )


def _infer_input_grad(
    *types: TensorType, input_shape: tuple[Size, ...], **attrs: Any
) -> TensorType:
    name = "convolution_input_grad"
    _require_operands(name, types)
    g, w = types
    _require_cotangent(name, g, _output_shape(name, input_shape, w.shape, **attrs))
    return TensorType(input_shape, g.dtype)


def _infer_weight_grad(
    *types: TensorType, kernel_shape: tuple[Size, ...], **attrs: Any
) -> TensorType:
    name = "convolution_weight_grad"
    _require_operands(name, types)
    g, x = types
    _require_cotangent(name, g, _output_shape(name, x.shape, kernel_shape, **attrs))
    return TensorType(kernel_shape, g.dtype)


_convolution: OpFunction = define(
    "convolution",
    "The sums of products of each kernel with the image under it, at each place.",
    kind="structured",
    kernel="convolution",
    infer=_infer_convolution,
    reference=in_single(_reference_convolution),
    vjp=lambda g, y, x, w, **a: (
        _input_grad(g, w, input_shape=x.shape, **a),
        _weight_grad(g, x, kernel_shape=w.shape, **a),
    ),
    linear=(0, 1),
    samples=_convolution_samples,
    batch=batching.batch_convolution,
    errors=_convolution_errors,
)

_input_grad: OpFunction = define(
    "convolution_input_grad",
    "The gradient of a convolution to its images, from that of its result and the kernels; also "
    "known as transposed convolution.",
    kind="structured",
    kernel="convolution_input_grad",
    infer=_infer_input_grad,
    reference=in_single(_reference_input_grad),
    vjp=lambda c, y, g, w, *, input_shape, **a: (
        _convolution(c, w, **a),
        _weight_grad(g, c, kernel_shape=w.shape, **a),
    ),
    linear=(0, 1),
    samples=_input_grad_samples,
    batch=batching.batch_input_grad,
    errors=lambda: [
        Sample(
            (((1, 3, 2, 2), F32), ((3, 2, 2, 2), F32)),
            {"input_shape": (1, 2, 5, 5), **_geometry(2)},
            ShapeError,
            "cotangent does not fit",
        )
    ],
)

_weight_grad: OpFunction = define(
    "convolution_weight_grad",
    "The gradient of a convolution to its kernels, from that of its result and the images.",
    kind="structured",
    kernel="convolution_weight_grad",
    infer=_infer_weight_grad,
    reference=in_single(_reference_weight_grad),
    vjp=lambda c, y, g, x, *, kernel_shape, **a: (
        _convolution(x, c, **a),
        _input_grad(g, c, input_shape=x.shape, **a),
    ),
    linear=(0, 1),
    samples=_weight_grad_samples,
    batch=batching.batch_weight_grad,
    errors=lambda: [
        Sample(
            (((1, 3, 2, 2), F32), ((1, 2, 5, 5), F32)),
            {"kernel_shape": (3, 2, 2, 2), **_geometry(2)},
            ShapeError,
            "cotangent does not fit",
        )
    ],
)

# -- graph functions ---------------------------------------------------------------------------


def convolution(
    x: Node,
    w: Node,
    stride: Sequence[int] | None = None,
    padding: Sequence[tuple[int, int]] | None = None,
    dilation: Sequence[int] | None = None,
    groups: int = 1,
) -> Node:
    """The convolution of images `x` [N, C, spatial...] by kernels `w` [O, C/groups, spatial...]."""
    return _convolution(x, w, **_attrs(x.ndim - 2, stride, padding, dilation, groups))


def convolution_input_grad(
    g: Node,
    w: Node,
    input_shape: Sequence[Size],
    stride: Sequence[int] | None = None,
    padding: Sequence[tuple[int, int]] | None = None,
    dilation: Sequence[int] | None = None,
    groups: int = 1,
) -> Node:
    """The gradient to images of `input_shape`, from that of the result, `g`, and the kernels."""
    attrs = _attrs(g.ndim - 2, stride, padding, dilation, groups)
    return _input_grad(g, w, input_shape=tuple(input_shape), **attrs)


def convolution_weight_grad(
    g: Node,
    x: Node,
    kernel_shape: Sequence[Size],
    stride: Sequence[int] | None = None,
    padding: Sequence[tuple[int, int]] | None = None,
    dilation: Sequence[int] | None = None,
    groups: int = 1,
) -> Node:
    """The gradient to kernels of `kernel_shape`, from that of the result, `g`, and the images."""
    attrs = _attrs(g.ndim - 2, stride, padding, dilation, groups)
    return _weight_grad(g, x, kernel_shape=tuple(kernel_shape), **attrs)


def _attrs(
    rank: int,
    stride: Sequence[int] | None,
    padding: Sequence[tuple[int, int]] | None,
    dilation: Sequence[int] | None,
    groups: int,
) -> dict[str, Any]:
    return {
        "stride": (1,) * rank if stride is None else tuple(stride),
        "padding": ((0, 0),) * rank
        if padding is None
        else tuple((low, high) for low, high in padding),
        "dilation": (1,) * rank if dilation is None else tuple(dilation),
        "groups": groups,
    }

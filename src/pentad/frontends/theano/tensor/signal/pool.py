"""Pooling over the last two or three axes.

The gradient of a largest element goes to all elements of a window that are equally large.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.theano.gof.disconnected import DisconnectedType
from pentad.frontends.theano.gof.generic import EnumList, Generic
from pentad.frontends.theano.gof.graph import Apply, Variable
from pentad.frontends.theano.gof.op import Native, make, one
from pentad.frontends.theano.tensor.constants import as_tensor_variable

F = pt.nn.functional
MODES = ("max", "sum", "average_inc_pad", "average_exc_pad")

# -- sizes -------------------------------------------------------------------------------------


def pooled_size(n: Any, window: int, stride: int, pad: int, ignore_border: bool) -> Any:
    """How many windows there are along an axis of size n."""
    if n is None:
        return None
    n = n + 2 * pad
    if ignore_border:
        return (n - window) // stride + 1
    if stride >= window:
        return (n - 1) // stride + 1
    left = n - 1 - window + stride
    return (left // stride if left >= 0 else 0) + 1


# -- windows -----------------------------------------------------------------------------------


def _padded(
    x: Any, window: Sequence[int], stride: Sequence[int], pad: Sequence[int],
    counts: Sequence[Any], value: float,
) -> Any:
    """The last axes padded, so that all windows lie inside."""
    ndim = len(window)
    around: list[Any] = []
    for axis in reversed(range(ndim)):
        n = x.shape[x.ndim - ndim + axis]
        reach = (counts[axis] - 1) * stride[axis] + window[axis]
        around += [pad[axis], reach - n - pad[axis]]
    if all(isinstance(a, int) and a == 0 for a in around):
        return x
    if any(isinstance(a, int) and a < 0 for a in around):
        x = x[(..., *[slice(0, reach_end(x, ndim, axis, around)) for axis in range(ndim)])]
        around = [max(a, 0) if isinstance(a, int) else a for a in around]
    return F.pad(x, tuple(around), value=value)


def reach_end(x: Any, ndim: int, axis: int, around: Sequence[Any]) -> Any:
    """Where what windows see of an axis ends."""
    over = around[2 * (ndim - 1 - axis) + 1]
    n = x.shape[x.ndim - ndim + axis]
    return n + over if isinstance(over, int) and over < 0 else n


def _views(
    x: Any, window: Sequence[int], stride: Sequence[int], counts: Sequence[Any]
) -> list[Any]:
    """For each place in the window what all windows have there."""
    found = []
    for place in itertools.product(*map(range, window)):
        key = [
            slice(p, p + (n - 1) * s + 1, s)
            for p, n, s in zip(place, counts, stride, strict=True)
        ]
        found.append(x[(..., *key)])
    return found


def _pool(
    x: Any, window: tuple[int, ...], stride: tuple[int, ...], pad: tuple[int, ...],
    ignore_border: bool, mode: str,
) -> Any:
    ndim = len(window)
    sizes = tuple(x.shape)[x.ndim - ndim:]
    counts = [
        pooled_size(n, w, s, p, ignore_border)
        for n, w, s, p in zip(sizes, window, stride, pad, strict=True)
    ]
    if any(isinstance(n, int) and n <= 0 for n in counts):
        shape = (*tuple(x.shape)[:x.ndim - ndim], *[max(n, 0) for n in counts])
        return x.new_zeros(shape)
    if mode == "max":
        low = -float("inf") if x.dtype.is_floating_point else int(np.iinfo(x.dtype.numpy).min)
        return _largest(_padded(x, window, stride, pad, counts, low), window, stride, counts)
    total = _summed(_padded(x, window, stride, pad, counts, 0.0), window, stride, counts)
    if mode == "sum":
        return total
    if mode == "average_inc_pad" and ignore_border:
        return total / int(np.prod(window))
    ones = pt.ones(sizes, dtype=x.dtype)
    if mode == "average_inc_pad" and any(pad):
        ones = F.pad(ones, tuple(n for p in reversed(pad) for n in (p, p)), value=1.0)
        pad = (0,) * ndim
    seen = _summed(_padded(ones, window, stride, pad, counts, 0.0), window, stride, counts)
    return total / seen


def _apart(
    x: Any, window: Sequence[int], counts: Sequence[Any]
) -> tuple[Any, tuple[int, ...]]:
    """Windows that do not overlap as axes of their own, and which axes these are."""
    first = x.ndim - len(window)
    shape = list(tuple(x.shape)[:first])
    for n, w in zip(counts, window, strict=True):
        shape += [n, w]
    return x.reshape(tuple(shape)), tuple(first + 2 * i + 1 for i in range(len(window)))


def _summed(x: Any, window: Any, stride: Any, counts: Any) -> Any:
    if tuple(window) == tuple(stride):
        x = x[(..., *[slice(0, n * w) for n, w in zip(counts, window, strict=True)])]
        apart, axes = _apart(x, window, counts)
        return apart.sum(axes)
    return sum(_views(x, window, stride, counts))


def _largest(x: Any, window: Any, stride: Any, counts: Any) -> Any:
    if tuple(window) == tuple(stride):
        x = x[(..., *[slice(0, n * w) for n, w in zip(counts, window, strict=True)])]
        apart, axes = _apart(x, window, counts)
        top = apart.detach().amax(axes, keepdim=True)
        if not x.requires_grad:
            return apart.amax(axes)
        slopes = pt.where(apart.detach() == top, apart, pt.zeros_like(top)).sum(axes)
        return static.with_gradients_of(slopes, top.reshape(tuple(slopes.shape)))
    views = _views(x, window, stride, counts)
    top = views[0].detach()
    for v in views[1:]:
        top = pt.maximum(top, v.detach())
    if not x.requires_grad:
        return top
    zero = pt.zeros_like(top)
    slopes = sum(pt.where(v.detach() == top, v, zero) for v in views)
    return static.with_gradients_of(slopes, top)


POOL = Native(
    "Pool", _pool, shows=lambda window, stride, pad, ignore_border, mode:
    f"Pool{{ignore_border={ignore_border}, mode='{mode}', ndim={len(window)}}}",
)

# -- functions ---------------------------------------------------------------------------------


def _numbers(value: Any, ndim: int, what: str) -> tuple[int, ...]:
    if isinstance(value, Variable):
        from pentad.frontends.theano.tensor.constants import known_value

        found = known_value(value)
        if found is None:
            raise NotImplementedError(
                static.message(f"pool: {what} must be known when the graph is made",
                               got=str(value), where=value.node.line)
            )
        value = found
    listed = [int(n) for n in np.asarray(value).reshape(-1)]
    listed = listed * ndim if len(listed) == 1 and np.ndim(value) == 0 else listed
    if len(listed) != ndim:
        raise ValueError(
            static.message(f"{what} must have length {ndim}", got=repr(value))
        )
    return tuple(listed)


def _pooling(
    ndim: int, input: Any, ws: Any, ignore_border: bool | None, stride: Any, pad: Any, mode: str,
    ds: Any, st: Any, padding: Any,
) -> Any:
    x = as_tensor_variable(input)
    for old, name in ((ds, "ds"), (st, "st"), (padding, "padding")):
        if old is not None:
            warnings.warn(f"pool: '{name}' is the older name of an argument", DeprecationWarning,
                          stacklevel=4)
    ws, stride = (ds if ws is None else ws), (st if stride is None else stride)
    pad = pad if padding is None else padding
    if ws is None:
        raise ValueError(static.message("pool: you must provide a tuple value for ws."))
    if x.ndim < ndim:
        raise NotImplementedError(
            static.message(f"pool_{ndim}d requires a dimension >= {ndim}", got=str(x.type),
                           where=x.node.line)
        )
    if ignore_border is None:
        warnings.warn(f"pool_{ndim}d() will have the parameter ignore_border default value changed "
                      "to True (currently False).", stacklevel=4)
    if mode not in MODES:
        raise ValueError(
            static.message(f"Pool mode parameter only support {', '.join(MODES)}", got=repr(mode))
        )
    window, pads = _numbers(ws, ndim, "ws"), _numbers(pad, ndim, "pad")
    steps = window if stride is None else _numbers(stride, ndim, "stride")
    if any(pads) and not ignore_border:
        raise NotImplementedError(
            static.message("padding works only with ignore_border=True", got=str(pads))
        )
    if any(p >= w for p, w in zip(pads, window, strict=True)):
        raise NotImplementedError(
            static.message("padding must be smaller than strides", expected=f"less than {window}",
                           got=str(pads))
        )
    sizes = x.static_type.shape
    left = tuple(pooled_size(n, w, s, p, bool(ignore_border)) for n, w, s, p in zip(
        sizes[x.ndim - ndim:], window, steps, pads, strict=True))
    types = [static.Type(x.static_type.dtype, (*sizes[:x.ndim - ndim], *left))]
    return make(POOL, [x], {"window": window, "stride": steps, "pad": pads,
                            "ignore_border": bool(ignore_border), "mode": mode},
                types=types).outputs[0]


def pool_2d(
    input: Any, ws: Any = None, ignore_border: bool | None = None, stride: Any = None,
    pad: Any = (0, 0), mode: str = "max", ds: Any = None, st: Any = None, padding: Any = None,
) -> Any:
    """Windows of the last two axes, by their largest element, sum or mean.

    ignore_border: windows that reach beyond the end are left out.
    """
    return _pooling(2, input, ws, ignore_border, stride, pad, mode, ds, st, padding)


def pool_3d(
    input: Any, ws: Any = None, ignore_border: bool | None = None, stride: Any = None,
    pad: Any = (0, 0, 0), mode: str = "max", ds: Any = None, st: Any = None, padding: Any = None,
) -> Any:
    """The same of the last three axes."""
    return _pooling(3, input, ws, ignore_border, stride, pad, mode, ds, st, padding)


def _same_size(x: Any, window: tuple[int, int]) -> Any:
    top = _pool(x.detach(), window, window, (0, 0), False, "max")
    for axis, w in zip((x.ndim - 2, x.ndim - 1), window, strict=True):
        top = top.repeat_interleave(w, axis)
    top = top[..., :x.shape[x.ndim - 2], :x.shape[x.ndim - 1]]
    return pt.where(x == top, x, pt.zeros_like(x))


SAME_SIZE = Native("MaxPoolSameSize", _same_size)


def max_pool_2d_same_size(input: Any, patch_size: Any) -> Any:
    """The input, zero where it is not the largest element of its patch."""
    x = as_tensor_variable(input)
    return one(SAME_SIZE, x, types=[x.static_type], window=_numbers(patch_size, 2, "patch_size"))


class Pool:
    """`Pool(ignore_border, mode, ndim)(x, ws, stride, pad)`."""

    def __init__(
        self, ignore_border: bool = False, mode: str = "max", ndim: int = 2,
        openmp: bool | None = None,
    ) -> None:
        self.ignore_border, self.mode, self.ndim = ignore_border, mode, ndim

    def __call__(self, x: Any, ws: Any, stride: Any = None, pad: Any = None) -> Any:
        """What the windows give."""
        pad = (0,) * self.ndim if pad is None else pad
        return _pooling(self.ndim, x, ws, self.ignore_border, stride, pad, self.mode, None, None,
                        None)

    @staticmethod
    def out_shape(
        imgshape: Any, ws: Any = None, ignore_border: bool = False, stride: Any = None,
        pad: Any = None, ndim: int = 2, ds: Any = None, st: Any = None, padding: Any = None,
    ) -> list[Any]:
        """The shape of what pooling an image of some shape gives."""
        ws, stride, pad = ds or ws, stride or st or ds or ws, pad or padding or (0,) * ndim
        lead, sizes = list(imgshape[:-ndim]), imgshape[-ndim:]
        return lead + [pooled_size(n, w, s, p, ignore_border)
                       for n, w, s, p in zip(sizes, ws, stride, pad, strict=True)]


bool_t = Generic("bool")
PoolingMode_t = EnumList(
    ("POOLING_MAX", "max"), ("POOLING_SUM", "sum"),
    ("POOLING_AVERAGE_COUNT_INCLUDE_PADDING", "average_inc_pad"),
    ("POOLING_AVERAGE_COUNT_EXCLUDE_PADDING", "average_exc_pad"),
)
"""The ways of pooling by numbers, as Theano's C code has them."""

__all__ = [
    "Apply", "DisconnectedType", "EnumList", "Pool", "PoolingMode_t", "Variable", "bool_t",
    "max_pool_2d_same_size", "pool_2d", "pool_3d",
]
__getattr__ = absent(__name__)

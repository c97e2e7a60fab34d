"""Maxima and means over windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import Size, product
from pentad.nn.functional import regions
from pentad.nn.functional.common import Sizes, per_axis, require_space
from pentad.nn.functional.extrema import output_sizes
from pentad.tensor.dispatch import surface
from pentad.tensor.promotion import require_floating


class _Windows:
    """The windows over the last `rank` axes, as PyTorch places them."""

    def __init__(
        self, name: str, x: Node, kernel: Any, stride: Any, padding: Any, dilation: Any,
        ceil_mode: bool, rank: int,
    ) -> None:
        require_space(name, x, rank)
        self.rank, self.lead = rank, x.ndim - rank
        self.kernel = per_axis(name, "kernel_size", kernel, rank)
        given = stride if stride is not None and stride != () else kernel
        self.stride = per_axis(name, "stride", given, rank)
        self.padding = per_axis(name, "padding", padding, rank)
        self.dilation = per_axis(name, "dilation", dilation, rank)
        if any(p < 0 or 2 * p > k for p, k in zip(self.padding, self.kernel, strict=True)):
            raise ShapeError(
                message(f"{name}: padding", expected="0 <= padding <= kernel_size / 2",
                        got=f"{self.padding} for {self.kernel}")
            )
        self.extra = [
            self._extra(n, i) if ceil_mode else 0 for i, n in enumerate(x.shape[self.lead :])
        ]

    def _extra(self, n: Size, i: int) -> Any:
        """The padding at the end that one more, partly outside window needs (ceil_mode)."""
        k, s, p = self.kernel[i], self.stride[i], self.padding[i]
        reach = self.dilation[i] * (k - 1) + 1
        count = -((n + 2 * p - reach) // -s) + 1
        if (count - 1) * s >= n + p:  # a window has to begin inside the input
            count -= 1
        return max(0, (count - 1) * s + reach - (n + 2 * p))

    def reduce(self, x: Node, kind: str, own_padding: bool = True) -> Node:
        """`x` reduced over the windows; without `own_padding`, x already has it."""
        plain = (1,) * self.lead
        low = self.padding if own_padding else (0,) * self.rank
        pads = [(p, p + e) for p, e in zip(low, self.extra, strict=True)]
        return ops.reduce_window(
            x, (*plain, *self.kernel), (*plain, *self.stride), [(0, 0)] * self.lead + pads,
            (*plain, *self.dilation), kind,
        )

    def counts(self, x: Node, include_padding: bool) -> Node:
        """How many elements each window has; padding counts too if asked for."""
        grow = self.padding if include_padding else (0,) * self.rank
        sizes = [n + 2 * p for n, p in zip(x.shape[self.lead :], grow, strict=True)]
        ones = ops.full(1, (*(1,) * self.lead, *sizes), x.dtype)
        return self.reduce(ones, "sum", own_padding=not include_padding)


def _max_pool(
    name: str, x: Node, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
    ceil_mode: bool, return_indices: bool, rank: int,
) -> Node | tuple[Node, Node]:
    windows = _Windows(name, x, kernel_size, stride, padding, dilation, ceil_mode, rank)
    values = windows.reduce(x, "max")
    if not return_indices:
        return values
    space = zip(
        x.shape[windows.lead :], values.shape[windows.lead :], windows.kernel, windows.stride,
        windows.padding, windows.dilation, strict=True,
    )
    return regions.largest(x, [regions.strided(*geometry) for geometry in space])


@surface
def max_pool1d(
    input: Node, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    dilation: Sizes = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> Node | tuple[Node, Node]:
    """The largest element of each window of [N, C, L]; stride defaults to kernel_size.

    return_indices: also where each lies in the flattened positions, as max_unpool1d takes them.
    """
    return _max_pool("max_pool1d", input, kernel_size, stride, padding, dilation, ceil_mode,
                     return_indices, 1)


@surface
def max_pool2d(
    input: Node, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    dilation: Sizes = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> Node | tuple[Node, Node]:
    """The largest element of each window of [N, C, H, W]; stride defaults to kernel_size.

    return_indices: also where each lies in the flattened positions, as max_unpool2d takes them.
    """
    return _max_pool("max_pool2d", input, kernel_size, stride, padding, dilation, ceil_mode,
                     return_indices, 2)


@surface
def max_pool3d(
    input: Node, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    dilation: Sizes = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> Node | tuple[Node, Node]:
    """The largest element of each window of [N, C, D, H, W]; stride defaults to kernel_size.

    return_indices: also where each lies in the flattened positions, as max_unpool3d takes them.
    """
    return _max_pool("max_pool3d", input, kernel_size, stride, padding, dilation, ceil_mode,
                     return_indices, 3)


# -- means -----------------------------------------------------------------------------------------


def _avg_pool(
    name: str, x: Node, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool,
    count_include_pad: bool, divisor: int | None, rank: int,
) -> Node:
    if not x.dtype.is_integer:
        require_floating(name, x)
    windows = _Windows(name, x, kernel_size, stride, padding, 1, ceil_mode, rank)
    total = windows.reduce(x, "sum")
    inside = all(p == 0 for p in windows.padding) or count_include_pad
    if divisor is None and inside and not any(windows.extra):
        divisor = 1
        for k in windows.kernel:
            divisor *= k
    if divisor is not None:
        if divisor == 0:
            raise ShapeError(message(f"{name}: divisor_override", expected="not 0", got="0"))
        return _quotient(total, ops.full_like(divisor, total))
    counts = windows.counts(x, count_include_pad)
    return _quotient(total, ops.broadcast(counts, total.shape))


def _quotient(x: Node, y: Node) -> Node:
    """x / y; whole numbers are rounded toward 0, as in PyTorch's pooling."""
    if not x.dtype.is_integer:
        return ops.div(x, y)
    size = ops.floor_divide(ops.abs(x), ops.abs(y))
    return ops.mul(size, ops.mul(ops.sign(x), ops.sign(y)))


@surface
def avg_pool1d(
    input: Node, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    ceil_mode: bool = False, count_include_pad: bool = True,
) -> Node:
    """The mean of each window of [N, C, L]; zeros of the padding count unless told otherwise."""
    return _avg_pool("avg_pool1d", input, kernel_size, stride, padding, ceil_mode,
                     count_include_pad, None, 1)


@surface
def avg_pool2d(
    input: Node, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
) -> Node:
    """The mean of each window of [N, C, H, W]."""
    return _avg_pool("avg_pool2d", input, kernel_size, stride, padding, ceil_mode,
                     count_include_pad, divisor_override, 2)


@surface
def avg_pool3d(
    input: Node, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
) -> Node:
    """The mean of each window of [N, C, D, H, W]."""
    return _avg_pool("avg_pool3d", input, kernel_size, stride, padding, ceil_mode,
                     count_include_pad, divisor_override, 3)


def _shares(n: Size, m: int, like: Node) -> Node:
    """[n, m]: what each of n elements gives to the mean of each of m regions.

    Region i reaches from floor(i n / m) to ceil((i + 1) n / m).
    """
    element = ops.iota((n, m), 0, dtypes.int64)
    region = ops.iota((n, m), 1, dtypes.int64)
    size, count = ops.full_like(n, region), ops.full_like(m, region)
    one = ops.full_like(1, region)
    start = ops.floor_divide(ops.mul(region, size), count)
    end = ops.neg(ops.floor_divide(ops.neg(ops.mul(ops.add(region, one), size)), count))
    inside = ops.logical_and(ops.ge(element, start), ops.lt(element, end))
    width = ops.cast(ops.sub(end, start), like.dtype)
    share = ops.div(ops.full_like(1, width), width)
    return ops.where(inside, share, ops.full_like(0, share))


def _adaptive(name: str, x: Node, output_size: Any, rank: int) -> Node:
    require_floating(name, x)
    require_space(name, x, rank)
    lead = x.ndim - rank
    sizes = output_sizes(name, x, output_size, rank)
    space = x.shape[lead:]
    if all(m != 0 and n % m == 0 for n, m in zip(space, sizes, strict=True)):
        window = [n // m for n, m in zip(space, sizes, strict=True)]
        if all(window):
            return _avg_pool(name, x, window, None, 0, False, True, None, rank)
    for i, (n, m) in enumerate(zip(space, sizes, strict=True)):
        # Regions are boxes, so the axes are averaged one by one.
        axis = lead + i
        if isinstance(n, int):
            x = regions.means(x, axis, regions.adaptive(n, m))
        else:
            x = _shared(x, axis, m)
    return x


def _shared(x: Node, axis: int, m: int) -> Node:
    """The means over m regions of an axis whose size is not known yet."""
    share = _shares(x.shape[axis], m, x)
    x = ops.dot_general(x, share, contract=((axis,), (0,)), batch=((), ()))
    return ops.transpose(x, [*range(axis), x.ndim - 1, *range(axis, x.ndim - 1)])


@surface
def adaptive_avg_pool1d(input: Node, output_size: Sizes) -> Node:
    """Means over as many equal regions of [N, C, L] as asked for."""
    return _adaptive("adaptive_avg_pool1d", input, output_size, 1)


@surface
def adaptive_avg_pool2d(input: Node, output_size: Sizes | Sequence[int | None] | None) -> Node:
    """Means over a grid of regions of [N, C, H, W]; None keeps a size."""
    return _adaptive("adaptive_avg_pool2d", input, output_size, 2)


@surface
def adaptive_avg_pool3d(input: Node, output_size: Sizes | Sequence[int | None] | None) -> Node:
    """Means over a grid of regions of [N, C, D, H, W]; None keeps a size."""
    return _adaptive("adaptive_avg_pool3d", input, output_size, 3)


# -- power means -----------------------------------------------------------------------------------


def _lp_pool(
    name: str, x: Node, norm_type: float, kernel_size: Any, stride: Any, ceil_mode: bool, rank: int
) -> Node:
    """(sum of x ** p) ** (1 / p) over windows, a negative sum counting as 0, as in PyTorch."""
    require_floating(name, x)
    if norm_type == 0:
        raise ArgumentError(message(f"{name}: norm_type", expected="not 0", got="0"))
    power = ops.pow(x, ops.full_like(norm_type, x))
    mean = _avg_pool(name, power, kernel_size, stride, 0, ceil_mode, True, None, rank)
    size = product(per_axis(name, "kernel_size", kernel_size, rank))
    return ops.pow(ops.relu(mean) * size, ops.full_like(1 / norm_type, mean))


@surface
def lp_pool1d(
    input: Node, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Node:
    """The norm_type-norm of each window of [N, C, L]."""
    return _lp_pool("lp_pool1d", input, norm_type, kernel_size, stride, ceil_mode, 1)


@surface
def lp_pool2d(
    input: Node, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Node:
    """The norm_type-norm of each window of [N, C, H, W]."""
    return _lp_pool("lp_pool2d", input, norm_type, kernel_size, stride, ceil_mode, 2)


@surface
def lp_pool3d(
    input: Node, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Node:
    """The norm_type-norm of each window of [N, C, D, H, W]."""
    return _lp_pool("lp_pool3d", input, norm_type, kernel_size, stride, ceil_mode, 3)

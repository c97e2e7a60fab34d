"""interpolate: other sizes by nearest elements, straight lines, cubic curves or means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import Size
from pentad.nn.functional import pooling, regions
from pentad.tensor.dispatch import surface
from pentad.tensor.promotion import require_floating

_RANKS = {
    "nearest": (1, 2, 3), "nearest-exact": (1, 2, 3), "area": (1, 2, 3), "linear": (1,),
    "bilinear": (2,), "bicubic": (2,), "trilinear": (3,),
}
_CORNERS = ("linear", "bilinear", "bicubic", "trilinear")


def _scale(n: Size, m: Size, given: float | None, corners: bool, place: Node) -> Node:
    """How far apart in the input neighbours of the output lie."""
    if corners:
        if isinstance(m, int) and m <= 1:
            return ops.full_like(0, place)
        return ops.div(ops.full_like(n - 1, place), ops.full_like(m - 1, place))
    if given is not None and given > 0:
        return ops.full_like(1 / given, place)
    return ops.div(ops.full_like(n, place), ops.full_like(m, place))


def _nearest(n: Size, place: Node, scale: Node, exact: bool) -> Node:
    middle = place + 0.5 if exact else place
    return regions.limited(regions.whole(ops.mul(middle, scale)), n)


def _middle(place: Node, scale: Node, corners: bool) -> Node:
    """Where in the input an output's middle lies."""
    if corners:
        return ops.mul(place, scale)
    return ops.mul(place + 0.5, scale) - 0.5


def _several(columns: Sequence[Node]) -> Node:
    """Columns [m] as [m, k]."""
    return ops.concatenate([ops.reshape(c, (*c.shape, 1)) for c in columns], 1)


def _linear(n: Size, place: Node, scale: Node, corners: bool) -> tuple[Node, Node]:
    source = _middle(place, scale, corners)
    source = ops.maximum(source, ops.full_like(0, source))
    low = regions.limited(regions.whole(source), n)
    rest = ops.sub(source, ops.cast(low, source.dtype))
    rest = ops.minimum(ops.maximum(rest, ops.full_like(0, rest)), ops.full_like(1, rest))
    return _several([low, regions.limited(low + 1, n)]), _several([1 - rest, rest])


def _cubic(n: Size, place: Node, scale: Node, corners: bool) -> tuple[Node, Node]:
    source = _middle(place, scale, corners)
    low = regions.whole(source)
    rest = ops.sub(source, ops.cast(low, source.dtype))
    index = [regions.limited(low + i, n) for i in range(-1, 3)]
    return _several(index), _several([regions.cubic(rest - i, -0.75) for i in range(-1, 3)])


def _antialiased(
    n: Any, m: Any, place: Node, scale: Node, step: float, cubic: bool
) -> tuple[Node, Node]:
    """A kernel as wide as the output's distance in the input, its weights brought to sum 1."""
    stretch = max(step, 1.0)
    support = (2 if cubic else 1) * stretch
    grid = (m, regions.taps(support))
    centre = ops.broadcast(ops.mul(place + 0.5, scale), grid, (0,))
    low = regions.whole(centre - (support - 0.5))
    low = ops.maximum(low, ops.full_like(0, low))
    end = regions.whole(centre + (support + 0.5))
    end = ops.minimum(end, ops.full_like(n, end))
    index = ops.add(low, regions.positions(grid, 1))
    distance = (ops.cast(index, place.dtype) - centre + 0.5) * (1 / stretch)
    weight = regions.cubic(distance, -0.5) if cubic else regions.triangle(distance)
    weight = ops.where(ops.lt(index, end), weight, ops.full_like(0, weight))
    sums = ops.broadcast(ops.reduce_sum(weight, (1,)), grid, (0,))
    return regions.limited(index, n), ops.div(weight, sums)


def _step(n: int, m: int, given: float | None, corners: bool) -> float:
    if corners:
        return (n - 1) / (m - 1) if m > 1 else 0.0
    return 1 / given if given else n / m


def _axis(
    x: Node, axis: int, m: Size, given: float | None, mode: str, corners: bool, antialias: bool
) -> Node:
    n = x.shape[axis]
    exact = dtypes.float64 if x.dtype is dtypes.float64 else dtypes.float32
    place = ops.iota((m,), 0, exact)
    scale = _scale(n, m, given, corners, place)
    if mode.startswith("nearest"):
        return regions.weighted(x, axis, _nearest(n, place, scale, mode != "nearest"), None)
    if antialias:
        if not (isinstance(n, int) and isinstance(m, int)):
            raise ArgumentError(
                message("interpolate: antialias", expected="sizes that are known numbers",
                        got=f"{n} to {m}")
            )
        step = _step(n, m, given, corners)
        table = _antialiased(n, m, place, scale, step, mode == "bicubic")
    else:
        table = (_cubic if mode == "bicubic" else _linear)(n, place, scale, corners)
    return regions.weighted(x, axis, *table)


@surface
def _resampled(
    x: Node, sizes: Sequence[int], scales: Sequence[float | None], mode: str, corners: bool,
    antialias: bool,
) -> Node:
    if not mode.startswith("nearest"):
        require_floating("interpolate", x)
    wide = x
    if x.dtype in (dtypes.float16, dtypes.bfloat16):  # one rounding at the end, not for each axis
        wide = ops.cast(x, dtypes.float32)
    for i, (m, given) in enumerate(zip(sizes, scales, strict=True)):
        if antialias or x.shape[2 + i] != m or given is not None:
            wide = _axis(wide, 2 + i, m, given, mode, corners, antialias)
    return ops.cast(wide, x.dtype)


_resampled.surface.name = "interpolate"


def _targets(
    x: Any, size: Any, scale_factor: Any, recompute: bool | None
) -> tuple[list[Any], list[float | None]]:
    """(sizes, the scale for each axis or None where it follows from the sizes)."""
    rank = x.ndim - 2
    if (size is None) == (scale_factor is None):
        raise ArgumentError(
            message("interpolate: the size of the output", expected="size or scale_factor",
                    got="neither" if size is None else "both")
        )
    given = scale_factor if size is None else size
    values = list(given) if isinstance(given, (tuple, list)) else [given] * rank
    if len(values) != rank:
        raise ShapeError(
            message("interpolate: one value is needed for each axis", expected=f"{rank} of them",
                    got=str(tuple(values)))
        )
    if size is not None:
        if recompute:
            raise ArgumentError(
                message("interpolate: recompute_scale_factor", expected="a scale_factor, too",
                        got="size")
            )
        sizes, scales = values, [None] * rank
    else:
        sizes = [math.floor(float(n) * float(s)) for n, s in zip(x.shape[2:], values, strict=True)]
        scales = [None] * rank if recompute else [float(s) for s in values]
    if any(isinstance(m, int) and m < 1 for m in (*sizes, *x.shape[2:])):
        raise ShapeError(
            message("interpolate: empty sizes", expected="input and output sizes >= 1",
                    got=f"{list(x.shape[2:])} to {sizes}")
        )
    return sizes, scales


def interpolate(
    input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
    align_corners: bool | None = None, recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Any:
    """[N, C, ...] with other sizes of the last one to three dimensions.

    size, or scale_factor: the new sizes, or by what to multiply the old ones (rounded down; unless
    recompute_scale_factor, positions follow from the factor and not from the rounded sizes).
    mode: "nearest", "nearest-exact", "linear" [N, C, L], "bilinear" and "bicubic" [N, C, H, W],
    "trilinear" [N, C, D, H, W], "area" (means). align_corners: do the middles of the outermost
    elements coincide, instead of their outer edges? antialias widens the kernel when an image
    becomes smaller. ArgumentError, ShapeError where PyTorch has its errors.
    """
    ranks = _RANKS.get(mode)
    if ranks is None or input.ndim - 2 not in ranks:
        raise ShapeError(
            message("interpolate: mode and dimensions do not fit",
                    expected="3 to 5 dimensions with nearest, nearest-exact or area, 3 with "
                    "linear, 4 with bilinear or bicubic, 5 with trilinear",
                    got=f"{input.ndim} dimensions with mode {mode!r}")
        )
    if align_corners is not None and mode not in _CORNERS:
        raise ArgumentError(
            message("interpolate: align_corners", expected=f"a mode of {', '.join(_CORNERS)}",
                    got=repr(mode))
        )
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ArgumentError(
            message("interpolate: antialias", expected="mode bilinear or bicubic", got=repr(mode))
        )
    sizes, scales = _targets(input, size, scale_factor, recompute_scale_factor)
    if mode == "area":
        return getattr(pooling, f"adaptive_avg_pool{input.ndim - 2}d")(input, sizes)
    return _resampled(input, sizes, scales, mode, bool(align_corners), antialias)


def upsample(
    input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
    align_corners: bool | None = None,
) -> Any:
    """`interpolate`, by its older name."""
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """interpolate(mode="nearest")."""
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """interpolate(mode="bilinear", align_corners=True)."""
    return interpolate(input, size, scale_factor, "bilinear", True)

"""Rows of `canonicalise` for views, copies and products: chains become one, transposes vanish.

Shapes are compared by structure: a pass must ask symbolic sizes nothing that tracing did not ask.
So views are made from their records, for the functions of `ops` compare shapes to skip them.
"""

from __future__ import annotations

from collections.abc import Sequence

from pentad import ops
from pentad.graph.node import Node, apply
from pentad.graph.op import by_name
from pentad.graph.sizes import Size, same
from pentad.passes.pattern import p, var
from pentad.passes.rewrite import Rule

Axes = tuple[int, ...]
Shape = tuple[Size, ...]


def same_shape(a: Sequence[Size], b: Sequence[Size]) -> bool:
    """The same sizes by structure; asks nothing."""
    return len(a) == len(b) and all(map(same, a, b))


def unit_axes(narrow: Shape, wide: Shape) -> Axes | None:
    """For each axis of `narrow` its place in `wide`, if `wide` has but axes of size 1 besides."""
    places: list[int] = []
    for j, size in enumerate(wide):
        if len(places) < len(narrow) and same(narrow[len(places)], size):
            places.append(j)
        elif not same(size, 1):
            return None
    return tuple(places) if len(places) == len(narrow) else None


def reshape(x: Node, shape: Shape) -> Node:
    """`ops.reshape` that asks nothing."""
    return x if same_shape(x.shape, shape) else apply(by_name("reshape"), x, shape=shape)


def broadcast(x: Node, shape: Shape, dims: Sequence[int]) -> Node:
    """`ops.broadcast` that asks nothing."""
    if same_shape(x.shape, shape):
        return x
    return apply(by_name("broadcast"), x, shape=shape, dims=tuple(dims))


# -- views -------------------------------------------------------------------------------------


def _same_view(x: Node, out: Node) -> Node | None:
    return x if same_shape(x.shape, out.shape) else None


def _broadcast_twice(x: Node, inner: Node, out: Node) -> Node:
    dims = out.attrs["dims"]
    return broadcast(x, out.shape, [dims[d] for d in inner.attrs["dims"]])


def _broadcast_of_unit_axes(x: Node, inner: Node, out: Node) -> Node | None:
    """Axes of size 1 inserted (keepdims) and then repeated: one broadcast."""
    places = unit_axes(x.shape, inner.shape)
    if places is None:
        return None
    return broadcast(x, out.shape, [out.attrs["dims"][i] for i in places])


def _transposed_broadcast(x: Node, inner: Node, out: Node) -> Node:
    """Transpose before repeating, when there is less to move."""
    places = [out.attrs["axes"].index(d) for d in inner.attrs["dims"]]
    order = sorted(range(len(places)), key=lambda i: places[i])
    return broadcast(ops.transpose(x, order), out.shape, sorted(places))


def _transpose_twice(x: Node, inner: Node, out: Node) -> Node:
    return ops.transpose(x, [inner.attrs["axes"][a] for a in out.attrs["axes"]])


def _transpose_of_unit_axes(x: Node, out: Node) -> Node | None:
    """Moving axes of size 1 alone moves no data."""
    moved = [a for a in out.attrs["axes"] if not same(x.shape[a], 1)]
    return reshape(x, out.shape) if moved == sorted(moved) else None


def _slice_of_slice(x: Node, inner: Node, out: Node) -> Node | None:
    """Starts and steps compose, where the bounds are known."""
    start, limit, step = [], [], []
    bounds = (inner.attrs["start"], inner.attrs["step"], out.attrs["start"], out.attrs["step"])
    for n, a, i, b, j, size in zip(x.shape, *bounds, out.shape):
        if not all(isinstance(v, int) for v in (n, a, b, size)):
            return None
        # An empty part may begin beyond the end of x.
        start.append(min(a + b * i, n))
        step.append(i * j)
        limit.append(start[-1] + (size - 1) * i * j + 1 if size else start[-1])
    return apply(out.op, x, start=tuple(start), limit=tuple(limit), step=tuple(step))


def _reverse_twice(x: Node, inner: Node, out: Node) -> Node:
    return ops.reverse(x, sorted(set(inner.attrs["axes"]) ^ set(out.attrs["axes"])))


def _no_padding(x: Node, out: Node) -> Node | None:
    amounts = (*out.attrs["low"], *out.attrs["high"], *out.attrs["interior"])
    return x if all(same(a, 0) for a in amounts) else None


# -- products ----------------------------------------------------------------------------------


def _of_transposed_left(x: Node, y: Node, inner: Node, out: Node) -> Node | None:
    return _of_transposed(x, y, inner, out, 0)


def _of_transposed_right(x: Node, y: Node, inner: Node, out: Node) -> Node | None:
    return _of_transposed(x, y, inner, out, 1)


def _of_transposed(x: Node, y: Node, inner: Node, out: Node, side: int) -> Node | None:
    """The product counts the axes of a transposed operand in what was transposed.

    Only if its free axes keep their order, for the result has them in that order.
    """
    axes = inner.attrs["axes"]
    contract, batch = list(out.attrs["contract"]), list(out.attrs["batch"])
    free = [a for i, a in enumerate(axes) if i not in (*contract[side], *batch[side])]
    if free != sorted(free):
        return None
    contract[side] = tuple(axes[i] for i in contract[side])
    batch[side] = tuple(axes[i] for i in batch[side])
    return apply(out.op, x, y, contract=tuple(contract), batch=tuple(batch))


def _transposed_product(x: Node, y: Node, inner: Node, out: Node) -> Node | None:
    """A transpose that swaps the free axes of a product swaps its operands."""
    contract, batch = inner.attrs["contract"], inner.attrs["batch"]
    first = len(batch[0])
    middle = x.ndim - len(contract[0])
    swapped = (*range(first), *range(middle, inner.ndim), *range(first, middle))
    if out.attrs["axes"] != swapped:
        return None
    return apply(inner.op, y, x, contract=contract[::-1], batch=batch[::-1])


x, y = var("x"), var("y")

VIEW_RULES = (
    Rule("reshape to the same shape", p.reshape(x).named("out"), _same_view),
    Rule(
        "reshape of reshape",
        p.reshape(p.reshape(x)).named("out"),
        lambda x, out: reshape(x, out.shape),
    ),
    Rule("transpose of unit axes", p.transpose(x).named("out"), _transpose_of_unit_axes),
    Rule(
        "transpose of transpose",
        p.transpose(p.transpose(x).named("inner")).named("out"),
        _transpose_twice,
    ),
    Rule("broadcast to the same shape", p.broadcast(x).named("out"), _same_view),
    Rule(
        "broadcast of broadcast",
        p.broadcast(p.broadcast(x).named("inner")).named("out"),
        _broadcast_twice,
    ),
    Rule(
        "broadcast of new unit axes",
        p.broadcast(p.reshape(x).named("inner")).named("out"),
        _broadcast_of_unit_axes,
    ),
    Rule(
        "transpose of broadcast",
        p.transpose(p.broadcast(x).named("inner")).named("out"),
        _transposed_broadcast,
    ),
    Rule("slice of everything", p.slice(x).named("out"), _same_view),
    Rule("slice of slice", p.slice(p.slice(x).named("inner")).named("out"), _slice_of_slice),
    Rule("reverse no axes", p.reverse(x, axes=()), lambda x: x),
    Rule(
        "reverse of reverse", p.reverse(p.reverse(x).named("inner")).named("out"), _reverse_twice
    ),
    Rule("pad by nothing", p.pad(x).named("out"), _no_padding),
    Rule("concatenate one", p.concatenate(x), lambda x: x),
    *(
        Rule(f"{name} over no axes", getattr(p, name)(x, axes=()), lambda x: x)
        for name in ("reduce_prod", "reduce_max", "reduce_min")
    ),
    Rule(
        "product of a transpose",
        p.dot_general(p.transpose(x).named("inner"), y).named("out"),
        _of_transposed_left,
    ),
    Rule(
        "product with a transpose",
        p.dot_general(x, p.transpose(y).named("inner")).named("out"),
        _of_transposed_right,
    ),
    Rule(
        "transpose of a product",
        p.transpose(p.dot_general(x, y).named("inner")).named("out"),
        _transposed_product,
    ),
)

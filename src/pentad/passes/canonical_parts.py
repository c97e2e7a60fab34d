"""Rows of `canonicalise` for parts and wholes: sums of padded parts become concatenations.

The gradient of a value that was cut into parts is a sum of parts, each padded to the whole: a
recurrent network's gates, the queries, keys and values of attention.
"""

from __future__ import annotations

from pentad import ops
from pentad.graph.node import Node, apply
from pentad.graph.op import by_name
from pentad.graph.sizes import same
from pentad.passes.pattern import p, var
from pentad.passes.rewrite import Rule

_MOST_PARTS = 64  # a chain of n sums is looked through n times


def _sum_of_parts(out: Node) -> Node | None:
    """The parts one after the other, if they fill the whole without overlapping.

    To each 0.0 is added, as in the sum: it turns -0.0 into 0.0.
    """
    pads = _padded_terms(out)
    if pads is None:
        return None
    cuts = [_cut(pad) for pad in pads]
    axes = {axis for axis, _, _ in cuts}
    if len(axes) != 1 or -1 in axes:
        return None
    [axis] = axes
    order = sorted(range(len(pads)), key=lambda i: cuts[i][1:])
    at = 0
    for i in order:
        if cuts[i][1] != at:
            return None
        at = cuts[i][2]
    if at != out.shape[axis]:
        return None
    parts = [pads[i].inputs[0] for i in order]
    if out.dtype.is_floating_point:
        parts = [ops.add(x, ops.full_like(0.0, x)) for x in parts]
    return apply(by_name("concatenate"), *parts, axis=axis)


def _padded_terms(out: Node) -> list[Node] | None:
    """The terms of a sum, if each is padded with zeros."""
    found: list[Node] = []
    stack = [out]
    while stack:
        node = stack.pop()
        if node.op.name == "add":
            stack += node.inputs
        elif node.op.name == "pad" and str(node.attrs["value"]) in ("0.0", "0"):
            found.append(node)
        else:
            return None
        if len(found) + len(stack) > _MOST_PARTS:
            return None
    return found


def _cut(pad: Node) -> tuple[int, int, int]:
    """The axis along which a value is padded, and where it begins and ends; axis -1 if there is
    not one such axis, with known sizes and nothing cut off."""
    low, high, interior = (pad.attrs[k] for k in ("low", "high", "interior"))
    axes = [
        i for i, (a, b) in enumerate(zip(low, high, strict=True))
        if not (isinstance(a, int) and isinstance(b, int) and a == b == 0)
    ]  # fmt: skip
    if len(axes) != 1 or any(interior):
        return -1, 0, 0
    [axis] = axes
    a, b, n = low[axis], high[axis], pad.inputs[0].shape[axis]
    if not (isinstance(a, int) and isinstance(b, int) and isinstance(n, int)) or min(a, b) < 0:
        return -1, 0, 0
    return axis, a, a + n


def _transposed_concatenation(x: Node, out: Node) -> Node | None:
    """The parts are transposed, which moves nothing, and written where the whole wants them."""
    if x.op.name != "concatenate":
        return None
    axes = out.attrs["axes"]
    parts = [_turned(part, axes) for part in x.inputs]
    return apply(x.op, *parts, axis=axes.index(x.attrs["axis"]))


def _turned(part: Node, axes: tuple[int, ...]) -> Node:
    """A transposed part; under a sum with a constant, so that what adds it can write it there."""
    if part.op.name == "add":
        for term, constant in (part.inputs, part.inputs[::-1]):
            if constant.op.name == "full":
                turned = ops.transpose(term, axes)
                return ops.add(turned, ops.full_like(constant.attrs["value"], turned))
    return ops.transpose(part, axes)


def _slice_of_pad(x: Node, inner: Node, out: Node) -> Node | None:
    """What was padded and cut out again; or padding alone."""
    inside = True
    bounds = (inner.attrs[k] for k in ("low", "high", "interior"))
    for a, b, gap, n, start, step, size in zip(
        *bounds, x.shape, out.attrs["start"], out.attrs["step"], out.shape, strict=True
    ):
        if not (isinstance(a, int) and isinstance(b, int) and a == b == 0):
            known = all(isinstance(i, int) for i in (a, b, n, start, size))
            if not known or min(a, b) < 0 or gap or step != 1:
                return None
            if start + size <= a or start >= a + n:
                return ops.full(inner.attrs["value"], out.shape, out.dtype)
            inside = inside and start == a and size == n
        else:
            inside = inside and gap == 0 and step == 1 and same(start, 0) and same(size, n)
    return x if inside else None


x, y = var("x"), var("y")

PART_RULES = (
    Rule("sum of padded parts", (x + y).named("out"), lambda x, y, out: _sum_of_parts(out)),
    Rule(
        "slice of a padded value",
        p.slice(p.pad(x).named("inner")).named("out"),
        _slice_of_pad,
    ),
    Rule(
        "transpose of a concatenation",
        p.transpose(x).named("out"),
        _transposed_concatenation,
    ),
)

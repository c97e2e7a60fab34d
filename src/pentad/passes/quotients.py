"""Rows of `stabilise` for products: two factors that overflow or vanish together are one.

The gradient of an unstable formula is such a product: of log(1 + exp(x)) it is
h / (1 + exp(x)) * exp(x). The two may stand apart, as in h / s * y * e, and s below a broadcast, or
below a sum along the axes that a broadcast restores. All other factors stay where they are, for
what is multiplied in another order may overflow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from pentad import ops
from pentad.graph.node import Node, apply
from pentad.graph.op import by_name
from pentad.graph.sizes import product, same
from pentad.ops.matrices import adjoint
from pentad.ops.special_error import erfcx
from pentad.passes.canonical_views import broadcast, reshape, same_shape
from pentad.passes.pattern import Call, Pattern, constant_of, p, var
from pentad.passes.rewrite import Step, noted

_MOST_FACTORS = 12
_DEEPEST = 12
_MOST_TERMS = 4
_DEEPEST_SUM = 3
POSITIVE = ("softmax", "sigmoid", "exp")

Path = tuple[int, ...]


class Parts(NamedTuple):
    """What takes the places of two factors; None leaves a place empty."""

    first: Node | None
    second: Node | None = None


class Ratio(NamedTuple):
    """`first` stands above the line and `second` below it, or above it too (`above`)."""

    name: str
    first: Pattern
    second: Call
    value: Callable[..., Parts | None]
    above: bool = False


class _Factor(NamedTuple):
    """A factor, the way to it, whether it is above the line; `inside` of a broadcast it can be
    taken away, but nothing can take its place."""

    node: Node
    path: Path
    above: bool
    inside: bool = False


def softmax_over(x: Node, axes: tuple[int, ...], name: str = "softmax") -> Node | None:
    """softmax or log_softmax over several neighbouring axes, as if they were one."""
    first, last = axes[0], axes[-1]
    if axes != tuple(range(first, last + 1)):
        return None
    op = by_name(name)
    if len(axes) == 1:
        return apply(op, x, axis=first)
    flat = (*x.shape[:first], product(x.shape[first : last + 1]), *x.shape[last + 1 :])
    return reshape(apply(op, reshape(x, flat), axis=first), x.shape)


def restores(x: Node, axes: tuple[int, ...], dims: tuple[int, ...]) -> bool:
    """Broadcasting to `dims` puts back the reduced `axes` of x."""
    return dims == tuple(i for i in range(x.ndim) if i not in axes)


# -- the factors of a product ------------------------------------------------------------------


def _factors(node: Node, path: Path = (), above: bool = True) -> Iterator[_Factor]:
    name = node.op.name
    if len(path) > _DEEPEST or name not in _CHILDREN:
        yield _Factor(node, path, above)
        return
    if name == "broadcast":
        yield _Factor(node, path, above)
        yield from _repeated(node, path, above)
        return
    if name in _BACKWARD:
        yield _Factor(node, path, above)
        yield from _moved(node, path, above)
        return
    for i, operand in enumerate(node.inputs):
        turned = name == "reciprocal" or (name == "div" and i == 1)
        yield from _factors(operand, (*path, i), above is not turned)


_CHILDREN = frozenset(("mul", "div", "neg", "reciprocal", "broadcast"))
_BACKWARD = {"pad": "slice", "scatter": "gather", "reshape": "reshape", "transpose": "transpose"}
"""What carries a gradient back to where elements were taken from, and what had taken them."""
_CHILDREN |= frozenset(_BACKWARD)


def _moved(node: Node, path: Path, above: bool) -> Iterator[_Factor]:
    """Factors below the line that were taken from s, of what is put back to their places in s:
    from outside they are s, for zero elsewhere stays zero."""
    moves: list[Node] = []
    while node.op.name in _BACKWARD and len(moves) < _DEEPEST:
        moves.append(node)
        updates = 1 if node.op.name == "scatter" else 0
        node, path = node.inputs[updates], (*path, updates)
    if node.op.name not in ("mul", "div", "neg", "reciprocal"):
        return
    for f in _factors(node, path, above):
        source: Node | None = f.node
        for move in reversed(moves):
            source = None if source is None else _taken_from(source, move)
        if source is not None and not (f.above or f.inside):
            yield _Factor(source, f.path, False, inside=True)


def _taken_from(part: Node, back: Node) -> Node | None:
    """What `part` was taken from, if `back` puts elements back to where they were taken."""
    if part.op.name != _BACKWARD[back.op.name] or not same_shape(part.inputs[0].shape, back.shape):
        return None
    a, b = part.attrs, back.attrs
    if part.op.name == "slice":
        fits = str(b["value"]) in ("0.0", "0") and all(map(same, a["start"], b["low"]))
        fits = fits and all(same(i, j + 1) for i, j in zip(a["step"], b["interior"], strict=True))
    elif part.op.name == "gather":
        fits = b["kind"] == "add" and constant_of(back.inputs[0]) == 0
        fits = fits and part.inputs[1:] == back.inputs[2:]
        fits = fits and (a["axes"], a["mode"]) == (b["axes"], b["mode"])
    elif part.op.name == "transpose":
        fits = all(b["axes"][j] == i for i, j in enumerate(a["axes"]))
    else:
        fits = same_shape(part.shape, back.inputs[0].shape)
    return part.inputs[0] if fits else None


def _repeated(node: Node, path: Path, above: bool) -> Iterator[_Factor]:
    """Factors below the line inside of a broadcast, and of a sum along the axes that it restores,
    as they are seen from outside."""
    inner, dims = node.inputs[0], node.attrs["dims"]
    if inner.op.name in _CHILDREN:
        for f in _factors(inner, (*path, 0), above):
            if not (f.above or f.inside):
                seen = broadcast(f.node, node.shape, dims)
                yield _Factor(seen, f.path, False, inside=True)
    elif inner.op.name == "reduce_sum" and inner.inputs[0].op.name in _CHILDREN:
        summed = inner.inputs[0]
        if summed.op.name == "broadcast" or not restores(summed, inner.attrs["axes"], dims):
            return
        for f in _factors(summed, (*path, 0, 0), above):
            constant = f.node.op.name == "broadcast" and f.node.attrs["dims"] == dims
            if constant and not (f.above or f.inside):
                yield _Factor(f.node, f.path, False, inside=True)


def _edited(node: Node, edits: dict[Path, Node | None], path: Path = ()) -> Node | None:
    """The product with other factors in some places; None if no factor is left."""
    if path in edits:
        return edits[path]
    if not any(p[: len(path)] == path for p in edits):
        return node
    parts = [_edited(n, edits, (*path, i)) for i, n in enumerate(node.inputs)]
    first, last = parts[0], parts[-1]
    name = node.op.name
    if name == "mul":
        return last if first is None else first if last is None else first * last
    if name == "div":
        return first if last is None else (_one(last) if first is None else first) / last
    if name == "scatter":
        updates = parts[1]
        parts[1] = _one(node.inputs[1]) if updates is None else updates
    elif first is None and name in ("broadcast", "reciprocal"):
        return None
    operands = [_one(n) if p is None else p for n, p in zip(node.inputs, parts, strict=True)]
    return Node(node.op, operands, node.attrs, node.type, node.source)


def _one(like: Node) -> Node:
    return ops.full_like(1.0, like)


# -- the step ----------------------------------------------------------------------------------


def by_ratios(rows: tuple[Ratio, ...]) -> Step:
    """The step that joins the first two factors of a product of which a row speaks."""
    index: dict[tuple[str, bool], list[Ratio]] = {}
    for row in rows:
        index.setdefault((row.second.op, row.above), []).append(row)

    def found(first: _Factor, second: _Factor) -> tuple[str, Parts] | None:
        for row in index.get((second.node.op.name, second.above), ()):
            for bound in row.first.match(first.node, {}):
                for both in row.second.match(second.node, bound):
                    parts = row.value(**both)
                    if parts is not None and not (second.inside and parts.second):
                        return row.name, parts
        return None

    def distributed(node: Node, depth: int) -> Node | None:
        """(a + b) * s is a * s + b * s, if a * s or b * s is joined."""
        for s, total in (node.inputs, node.inputs[::-1]):
            if _bare(s).op.name not in POSITIVE or total.op.name not in ("add", "sub"):
                continue
            terms = [t * s for t in total.inputs]
            made = [step(t, depth - 1) for t in terms]
            if any(m is not None for m in made):
                return apply(total.op, *(t if m is None else m for t, m in zip(terms, made)))
        return None

    def step(node: Node, depth: int = _DEEPEST_SUM) -> Node | None:
        if node.op.name not in ("mul", "div") or not node.dtype.is_floating_point:
            return None
        if node.op.name == "mul" and depth:
            made = distributed(node, depth)
            if made is not None:
                return made
        factors = [f for f, _ in zip(_factors(node), range(_MOST_FACTORS))]
        if all(f.above and f.node.op.name != "sigmoid" for f in factors):
            return None
        for first in factors:
            for second in factors:
                if first is second or not first.above:
                    continue
                row = _cancelled(first, second, factors) or found(first, second)
                if row is not None:
                    name, parts = row
                    edits = {first.path: parts.first, second.path: parts.second}
                    return noted(name, node, _edited(node, edits) or _one(node))
        return None

    return step


CANCELLED = "h / s * s"


def _cancelled(first: _Factor, second: _Factor, factors: list[_Factor]) -> tuple[str, Parts] | None:
    """s / s, if s is positive; or if it is left below the line, so that its poles stay poles."""
    s = _bare(first.node)
    if second.above or not _same(s, _bare(second.node)):
        return None
    left = sum(not f.above and f.node is second.node for f in factors) > 1
    certain = left or s.op.name in _CANCELLED
    return (CANCELLED, Parts(None)) if certain else None


_CANCELLED = frozenset((*POSITIVE, "pow"))
"""x ** y stands above the line in its slope along y only, times log(x), which is right alone."""


def _bare(node: Node) -> Node:
    """What a node is but for its shape; a softmax over several axes is one over their product."""
    while node.op.name == "reshape":
        node = node.inputs[0]
    return node


def _same(a: Node, b: Node, depth: int = 3) -> bool:
    """Do two nodes compute the same? Rules have made new ones since equal nodes became one."""
    if a is b:
        return True
    if depth == 0 or a.op is not b.op or a.op.name not in _COMPARED:
        return False
    alike = same_shape(a.shape, b.shape) if a.op.name == "reshape" else a.attrs == b.attrs
    if not alike:
        return False
    return all(_same(i, j, depth - 1) for i, j in zip(a.inputs, b.inputs, strict=True))


_COMPARED = frozenset((*POSITIVE, "neg", "sub", "reshape"))


# -- the rows ----------------------------------------------------------------------------------


def terms_of(node: Node) -> list[Node | None] | None:
    """The x of a sum of exp(x), None for the number 1; None if it is no such sum."""
    found: list[Node | None] = []
    stack = [node]
    while stack:
        term = stack.pop()
        if term.op.name == "add":
            stack += term.inputs[::-1]
        elif term.op.name == "exp":
            found.append(term.inputs[0])
        elif constant_of(term) == 1:
            found.append(None)
        else:
            return None
        if len(found) + len(stack) > _MOST_TERMS:
            return None
    return found


def _share_of_sum(x: Node, s: Node, **_: Node) -> Parts | None:
    """exp(x) / (exp(x) + exp(y) + ...), with the largest of x, y, ... subtracted from all."""
    terms = terms_of(s)
    if terms is None or not any(t is x for t in terms):
        return None
    others = [ops.full_like(0.0, x) if t is None else t for t in terms if t is not x]
    if len(terms) == 2 and len(others) == 1:
        return Parts(ops.sigmoid(x if None in terms else x - others[0]))
    top = x
    for other in others:
        top = ops.maximum(top, other)
    share = total = ops.exp(x - top)
    for term in [x] * (len(terms) - len(others) - 1) + others:
        total = total + ops.exp(term - top)
    return Parts(share / total)


def _share_along(x: Node, axes: tuple[int, ...], dims: tuple[int, ...]) -> Parts | None:
    shared = softmax_over(x, axes) if restores(x, axes, dims) else None
    return None if shared is None else Parts(shared)


def _slope_of_power(x: Node, y: Node) -> Parts | None:
    """x**(y - 1) / x**y; for y = 0 the two are not 1 / x at 0."""
    return Parts(None, x) if constant_of(y) not in (None, 0) else None


def _slope_of_any_power(x: Node, y: Node, c: Node) -> Parts:
    return Parts(None, ops.where(c, _one(x), x))


def _inverse_of(x: Node, dims: tuple[int, ...]) -> Parts | None:
    """The cofactors over the determinant, which vanishes for large matrices of small numbers."""
    return Parts(adjoint(ops.inverse(x))) if dims == tuple(range(x.ndim - 2)) else None


def _spread(inner: Pattern) -> Call:
    return p.broadcast(inner, dims=var("dims"))


x, y, z = var("x"), var("y"), var("z")
axes = var("axes")

RATIOS = (
    Ratio("exp(x) / (exp(x) + ...)", p.exp(x), (y + z).named("s"), _share_of_sum),
    Ratio(
        "exp(x) / sum(exp(x))",
        p.exp(x),
        _spread(p.reduce_sum(p.exp(x), axes=axes)),
        _share_along,
    ),
    Ratio(
        "sigmoid(-x) * exp(x)",
        p.exp(x),
        p.sigmoid(-x),
        lambda x: Parts(ops.sigmoid(x)),
        above=True,
    ),
    Ratio(
        "sigmoid(x) * exp(-x)",
        p.exp(-x),
        p.sigmoid(x),
        lambda x: Parts(ops.sigmoid(-x)),
        above=True,
    ),
    *(
        Ratio(
            f"exp(-{name}) / erfc({'-x' if mirrored else 'x'})",
            p.exp(-square),
            p.erfc(-x if mirrored else x),
            lambda x, mirrored=mirrored: Parts(None, erfcx(-x if mirrored else x)),
        )
        for name, square in (("x * x", x * x), ("square(x)", p.square(x)))
        for mirrored in (False, True)
    ),
    Ratio("x ** (y - 1) / x ** y", p.pow(x, y - 1), p.pow(x, y), _slope_of_power),
    Ratio(
        "x ** (y or 1 - 1) / x ** y",
        p.pow(x, p.where(var("c"), 1, y) - 1),
        p.pow(x, y),
        _slope_of_any_power,
    ),
    Ratio("cofactor / det", p.cofactor(x), _spread(p.determinant(x)), _inverse_of),
)

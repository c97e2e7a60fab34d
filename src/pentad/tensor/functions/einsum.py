"""Einstein's summation: sums of products by index letters."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import Size
from pentad.tensor.dispatch import surface
from pentad.tensor.promotion import result_type
from pentad.tensor.tensor import Tensor

Term = tuple[Node, list[str]]
_EXHAUSTIVE = 5
"""Up to so many operands every order of products is tried."""


def einsum(equation: Any, *operands: Any) -> Any:
    """Sums of products by index letters, e.g. einsum("bik,bkj->bij", x, y).

    A letter for each dimension; letters that the result lacks are summed; one that appears twice
    in an operand takes its diagonal; "..." stands for dimensions that broadcast. Without "->" the
    result has the letters that appear once, in alphabetical order. einsum(x, [0, 1], y, [1, 2],
    [0, 2]) is the same with numbers for letters. Products are taken in the cheapest order.

    ShapeError where the equation does not fit the operands.
    """
    if isinstance(equation, Tensor):
        equation, operands = _lettered((equation, *operands))
    one = len(operands) == 1 and isinstance(operands[0], (list, tuple))
    given = operands[0] if one else operands
    if not given:
        raise ArgumentError(message("einsum: no operands", expected="at least one", got="none"))
    return _contracted(equation, list(given))


def _lettered(arguments: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    """The equation of `einsum(x, [0, 1], y, [1, 2], [0, 2])`."""

    def letters(numbers: Sequence[Any]) -> str:
        return "".join(
            "..." if n is Ellipsis else chr(ord("A") + n) if n < 26 else chr(ord("a") + n - 26)
            for n in numbers
        )

    count = len(arguments) // 2
    operands = tuple(arguments[2 * i] for i in range(count))
    left = ",".join(letters(arguments[2 * i + 1]) for i in range(count))
    ends = len(arguments) % 2
    return left + ("->" + letters(arguments[-1]) if ends else ""), operands


@surface
def _contracted(equation: str, operands: Sequence[Node]) -> Node:
    inputs, output = _parse(equation, operands)
    dtype = result_type(list(operands))
    terms = [_diagonals(ops.cast(x, dtype), i) for x, i in zip(operands, inputs, strict=True)]
    sizes = _sizes(equation, operands, terms)
    terms = [_drop_ones(*t) for t in terms]
    terms = _multiplied(terms, output, sizes)
    value, letters = _summed(*terms[0], set(output))
    # Letters that only operands of size 1 had.
    missing = [c for c in output if c not in letters]
    value = ops.reshape(value, (*value.shape, *(sizes[c] for c in missing)))
    letters = [*letters, *missing]
    return ops.copy(ops.transpose(value, [letters.index(c) for c in output]))


_contracted.surface.name = "einsum"


# -- the equation ----------------------------------------------------------------------------------


def _misfit(equation: str, operands: Sequence[Node]) -> ShapeError:
    return ShapeError(
        message(
            "einsum: the equation does not fit the operands",
            expected="a letter for each dimension, equal letters for equal sizes",
            got=f"{equation!r} for " + ", ".join(str(list(x.shape)) for x in operands),
        )
    )


def _parse(equation: str, operands: Sequence[Node]) -> tuple[list[list[str]], list[str]]:
    """The letters of each operand and of the result; those of "..." are called .0 (the last)
    and so on."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    texts = left.split(",")
    if len(texts) != len(operands):
        raise _misfit(equation, operands)
    inputs, widest = [], 0
    for text, x in zip(texts, operands, strict=True):
        head, dots, tail = text.partition("...")
        extra = x.ndim - len(head) - len(tail)
        if extra < 0 or (extra and not dots) or not (head + tail + "a").isalpha():
            raise _misfit(equation, operands)
        widest = max(widest, extra)
        inputs.append([*head, *_dotted(extra), *tail])
    if arrow:
        head, dots, tail = right.partition("...")
        output = [*head, *(_dotted(widest) if dots else []), *tail]
    else:
        every = [c for i in inputs for c in i if not c.startswith(".")]
        output = _dotted(widest) + sorted(c for c in set(every) if every.count(c) == 1)
    known = {c for i in inputs for c in i}
    if len(set(output)) != len(output) or not set(output) <= known:
        raise _misfit(equation, operands)
    return inputs, output


def _dotted(count: int) -> list[str]:
    return [f".{i}" for i in range(count - 1, -1, -1)]


def _diagonals(value: Node, letters: list[str]) -> Term:
    """Take the diagonal of letters that appear twice."""
    letters = list(letters)
    for c in sorted({c for c in letters if letters.count(c) > 1}):
        while letters.count(c) > 1:
            i = letters.index(c)
            j = letters.index(c, i + 1)
            if value.shape[i] != value.shape[j]:
                raise ShapeError(
                    message("einsum: a diagonal of unequal sizes", expected="equal sizes",
                            got=f"{value.shape[i]} and {value.shape[j]} for {c!r}")
                )
            same = ops.eq(*(ops.iota(value.shape, a, dtypes.int64) for a in (i, j)))
            value = ops.reduce_sum(ops.where(same, value, ops.full_like(0, value)), (j,))
            del letters[j]
    return value, letters


def _sizes(equation: str, operands: Sequence[Node], terms: Sequence[Term]) -> dict[str, Size]:
    sizes: dict[str, Size] = {}
    for value, letters in terms:
        for c, n in zip(letters, value.shape, strict=True):
            known = sizes.setdefault(c, n)
            if isinstance(known, int) and known == 1:
                sizes[c] = n
            elif not (isinstance(n, int) and n == 1) and n != known:
                raise _misfit(equation, operands)
    return sizes


def _drop_ones(value: Node, letters: list[str]) -> Term:
    """Without dimensions of size 1: they broadcast."""
    kept = [i for i, n in enumerate(value.shape) if not (isinstance(n, int) and n == 1)]
    return ops.reshape(value, [value.shape[i] for i in kept]), [letters[i] for i in kept]


# -- products --------------------------------------------------------------------------------------


def _multiplied(terms: list[Term], output: Sequence[str], sizes: dict[str, Size]) -> list[Term]:
    """All operands as one, two at a time."""
    numbers = [n for n in sizes.values() if isinstance(n, int)]
    order = None
    if len(terms) > 2 and len(numbers) == len(sizes):
        sets = [frozenset(letters) for _, letters in terms]
        order = best_order(sets, frozenset(output), {c: int(n) for c, n in sizes.items()})
    while len(terms) > 1:
        i, j = order.pop(0) if order else (0, 1)
        rest = [t for k, t in enumerate(terms) if k not in (i, j)]
        later = set(output).union(*(letters for _, letters in rest))
        made = _pair(*terms[i], *terms[j], later)
        terms = [made, *rest] if order is None else [*rest, made]
    return terms


def best_order(
    sets: Sequence[frozenset[str]], output: frozenset[str], sizes: dict[str, int]
) -> list[tuple[int, int]]:
    """Which two operands to multiply at each step; the product joins the end of the list.

    The cheapest order in multiplications: of all orders for few operands, else step by step.
    """
    if len(sets) > _EXHAUSTIVE:
        return _greedy(list(sets), output, sizes)
    return _search(tuple(sets), output, sizes)[1]


def _volume(letters: frozenset[str], sizes: dict[str, int]) -> int:
    volume = 1
    for c in letters:
        volume *= sizes[c]
    return volume


def _joined(
    sets: Sequence[frozenset[str]], i: int, j: int, output: frozenset[str]
) -> tuple[list[frozenset[str]], frozenset[str]]:
    """The list after multiplying i and j, and the letters of that product's loops."""
    rest = [s for k, s in enumerate(sets) if k not in (i, j)]
    both = sets[i] | sets[j]
    return [*rest, both & output.union(*rest)], both


def _search(
    sets: tuple[frozenset[str], ...], output: frozenset[str], sizes: dict[str, int]
) -> tuple[int, list[tuple[int, int]]]:
    if len(sets) < 2:
        return 0, []
    best: tuple[int, list[tuple[int, int]]] | None = None
    for i, j in itertools.combinations(range(len(sets)), 2):
        after, loops = _joined(sets, i, j, output)
        cost, steps = _search(tuple(after), output, sizes)
        cost += _volume(loops, sizes)
        if best is None or cost < best[0]:
            best = cost, [(i, j), *steps]
    assert best is not None
    return best


def _greedy(
    sets: list[frozenset[str]], output: frozenset[str], sizes: dict[str, int]
) -> list[tuple[int, int]]:
    steps = []
    while len(sets) > 1:
        pairs = list(itertools.combinations(range(len(sets)), 2))
        costs = [_volume(_joined(sets, i, j, output)[1], sizes) for i, j in pairs]
        i, j = pairs[costs.index(min(costs))]
        steps.append((i, j))
        sets, _ = _joined(sets, i, j, output)
    return steps


def _pair(a: Node, la: list[str], b: Node, lb: list[str], later: set[str]) -> Term:
    """One product of two operands; letters that nobody needs later are summed."""
    a, la = _summed(a, la, later | set(lb))
    b, lb = _summed(b, lb, later | set(la))
    shared = [c for c in la if c in lb]
    batch = [c for c in shared if c in later]
    contract = [c for c in shared if c not in later]
    result = ops.dot_general(
        a,
        b,
        contract=(tuple(la.index(c) for c in contract), tuple(lb.index(c) for c in contract)),
        batch=(tuple(la.index(c) for c in batch), tuple(lb.index(c) for c in batch)),
    )
    rest = [c for c in la if c not in shared] + [c for c in lb if c not in shared]
    return result, batch + rest


def _summed(x: Node, letters: list[str], needed: set[str]) -> Term:
    gone = [i for i, c in enumerate(letters) if c not in needed]
    return ops.reduce_sum(x, gone), [c for c in letters if c in needed]

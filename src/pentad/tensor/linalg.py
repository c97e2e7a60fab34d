"""Matrix products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import Size
from pentad.tensor.dispatch import surface
from pentad.tensor.promotion import broadcast_shapes, promoted, result_type


def _same_dtype(name: str, x: Node, y: Node) -> None:
    if x.dtype is not y.dtype:
        raise DTypeError(
            message(
                f"{name}: operands have different dtypes",
                expected="equal dtypes",
                got=f"{x.dtype.name} and {y.dtype.name}",
                hint="convert one operand with .to(...)",
            )
        )


def _mismatch(name: str, x: Node, y: Node, expected: str) -> ShapeError:
    return ShapeError(
        message(
            f"{name}: shapes do not fit",
            expected=expected,
            got=f"{list(x.shape)} and {list(y.shape)}",
            hint="transpose one operand, or check which sizes should meet",
        )
    )


def _require_dims(name: str, x: Node, y: Node, dims: tuple[int, int]) -> None:
    if (x.ndim, y.ndim) != dims:
        raise _mismatch(name, x, y, f"tensors of {dims[0]} and {dims[1]} dimensions")


@surface
def mm(x: Node, y: Node) -> Node:
    """The product of two matrices: [n, k] times [k, m] gives [n, m]."""
    _require_dims("mm", x, y, (2, 2))
    return product("mm", x, y)


@surface
def bmm(x: Node, y: Node) -> Node:
    """Products of two batches of matrices: [b, n, k] times [b, k, m] gives [b, n, m]."""
    _require_dims("bmm", x, y, (3, 3))
    if x.shape[0] != y.shape[0]:
        raise _mismatch("bmm", x, y, "equal numbers of matrices")
    return product("bmm", x, y)


@surface
def mv(x: Node, y: Node) -> Node:
    """A matrix times a vector."""
    _require_dims("mv", x, y, (2, 1))
    return product("mv", x, y)


@surface
def dot(x: Node, y: Node) -> Node:
    """The scalar product of two vectors."""
    _require_dims("dot", x, y, (1, 1))
    return product("dot", x, y)


@surface
def outer(x: Node, y: Node) -> Node:
    """Every product of an element of one vector with one of another."""
    _require_dims("outer", x, y, (1, 1))
    x, y = promoted("outer", ops.reshape(x, (x.shape[0], 1)), ops.reshape(y, (1, y.shape[0])))
    return ops.mul(x, y)


@surface
def matmul(x: Node, y: Node) -> Node:
    """The matrix product; vectors count as rows or columns, leading dimensions broadcast."""
    return product("matmul", x, y)


def product(name: str, x: Node, y: Node) -> Node:
    """`matmul` of nodes, with errors that name the function."""
    if x.ndim == 0 or y.ndim == 0:
        raise _mismatch(name, x, y, "at least one dimension each")
    _same_dtype(name, x, y)
    if x.shape[-1] != y.shape[max(y.ndim - 2, 0)]:
        raise _mismatch(name, x, y, "the last size of the first = the second last of the second")
    if x.ndim == 1 and y.ndim == 1:
        return ops.dot_general(x, y, contract=((0,), (0,)), batch=((), ()))
    if y.ndim <= 2:  # one matrix for all: no batch, so that it is one large product
        contract = ((x.ndim - 1,), (max(y.ndim - 2, 0),))
        return ops.dot_general(x, y, contract=contract, batch=((), ()))
    if x.ndim == 1:
        x, drop = ops.reshape(x, (1, x.shape[0])), True
    else:
        drop = False
    lead = broadcast_shapes(name, (x.shape[:-2], y.shape[:-2]))
    x = ops.broadcast(x, (*lead, *x.shape[-2:]))
    y = ops.broadcast(y, (*lead, *y.shape[-2:]))
    n = len(lead)
    batch = tuple(range(n))
    result = ops.dot_general(x, y, contract=((n + 1,), (n,)), batch=(batch, batch))
    if drop:
        result = ops.reshape(result, (*result.shape[:n], result.shape[-1]))
    return result


@surface
def addmm(input: Node, x: Node, y: Node, *, beta: float = 1, alpha: float = 1) -> Node:
    """beta * input + alpha * (x @ y)."""
    _require_dims("addmm", x, y, (2, 2))
    found = product("addmm", x, y)
    if alpha != 1:
        found = ops.mul(found, ops.full_like(alpha, found))
    input, found = promoted("addmm", input, found)
    if beta != 1:
        input = ops.mul(input, ops.full_like(beta, input))
    return ops.add(input, found)


@surface
def _contracted(equation: str, operands: Sequence[Node]) -> Node:
    """Sum of products by index letters, two operands at a time from the left."""
    inputs, output = _parse_einsum(equation, operands)
    dtype = result_type(list(operands))
    values = [ops.cast(x, dtype) for x in operands]
    values, inputs = zip(
        *(_merge_repeated(v, list(i)) for v, i in zip(values, inputs, strict=True)), strict=True
    )
    value, letters = values[0], list(inputs[0])
    for k in range(1, len(values)):
        later = set(output).union(*inputs[k + 1 :])
        value, letters = _pair(value, letters, values[k], list(inputs[k]), later)
    gone = [i for i, c in enumerate(letters) if c not in output]
    value = ops.reduce_sum(value, gone)
    letters = [c for c in letters if c in output]
    return ops.transpose(value, [letters.index(c) for c in output])


def _merge_repeated(value: Node, letters: list[str]) -> tuple[Node, list[str]]:
    """Take the diagonal of indices that appear twice in one operand."""
    from pentad.graph import dtypes

    for c in sorted({c for c in letters if letters.count(c) > 1}):
        while letters.count(c) > 1:
            i = letters.index(c)
            j = letters.index(c, i + 1)
            same = ops.eq(*(ops.iota(value.shape, a, dtypes.int64) for a in (i, j)))
            value = ops.reduce_sum(ops.where(same, value, ops.full_like(0, value)), (j,))
            del letters[j]
    return value, letters


def _pair(
    a: Node, la: list[str], b: Node, lb: list[str], later: set[str]
) -> tuple[Node, list[str]]:
    """One product of two operands; letters that nobody needs later are summed."""
    a, la = _sum_lonely(a, la, later | set(lb))
    b, lb = _sum_lonely(b, lb, later | set(la))
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


def _sum_lonely(x: Node, letters: list[str], needed: set[str]) -> tuple[Node, list[str]]:
    gone = [i for i, c in enumerate(letters) if c not in needed]
    return ops.reduce_sum(x, gone), [c for c in letters if c in needed]


def _parse_einsum(equation: str, operands: Sequence[Node]) -> tuple[list[str], str]:
    left, arrow, right = equation.replace(" ", "").partition("->")
    inputs = left.split(",")
    letters = "".join(inputs)
    sizes: dict[str, Size] = {}
    good = len(inputs) == len(operands) and (letters + right).replace("", "a").isalpha()
    good = good and all(len(i) == x.ndim for i, x in zip(inputs, operands, strict=False))
    if not arrow:
        right = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    good = good and set(right) <= set(letters) and len(set(right)) == len(right)
    for text, x in zip(inputs, operands, strict=False) if good else ():
        for c, n in zip(text, x.shape, strict=True):
            good = good and sizes.setdefault(c, n) == n
    if not good:
        raise ShapeError(
            message(
                "einsum: the equation does not fit the operands",
                expected="a letter for each dimension, equal letters for equal sizes",
                got=f"{equation!r} for " + ", ".join(str(list(x.shape)) for x in operands),
            )
        )
    return inputs, right


def einsum(equation: str, *operands: Any) -> Any:
    """Sums of products by index letters, e.g. einsum("bik,bkj->bij", x, y)."""
    one = len(operands) == 1 and isinstance(operands[0], (list, tuple))
    given = operands[0] if one else operands
    if not given:
        raise ArgumentError(message("einsum: no operands", expected="at least one", got="none"))
    return _contracted(equation, list(given))

"""PyTorch's rules for operands of different dtypes and shapes, on graph nodes.

A Python number is an operand of its own kind, `weak`: it decides the result's dtype only where it
is of a higher category (bool < integer < float) than the tensors; then it counts as int64 or the
default float dtype. 0-d tensors give way to tensors with dimensions in the same manner.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import DTypeError, IndexOutOfRange, ShapeError, message
from pentad.graph.node import INPUT, Node
from pentad.graph.sizes import Size
from pentad.tensor.state import get_default_dtype

_CATEGORY = {"bool": 0, "int": 1, "uint": 1, "float": 2, "complex": 3}
_WEAK = "weak"


def is_weak(x: Node) -> bool:
    """Does the node stand for a Python number?"""
    return x.op is INPUT and x.attrs["name"].startswith(_WEAK)


def promote_types(a: DType, b: DType) -> DType:
    """The smallest dtype that both convert to in PyTorch; DTypeError where PyTorch has none."""
    if a is b:
        return a
    if a.is_complex or b.is_complex:
        wide = any(d in (dtypes.complex128, dtypes.float64) for d in (a, b))
        return dtypes.complex128 if wide else dtypes.complex64
    ca, cb = _CATEGORY[a.kind], _CATEGORY[b.kind]
    if ca != cb:
        return a if ca > cb else b
    if a.kind == "float":
        return dtypes.float32 if a.bits == b.bits else max(a, b, key=lambda d: d.bits)
    if a.kind == b.kind:
        return max(a, b, key=lambda d: d.bits)
    signed, unsigned = (a, b) if a.kind == "int" else (b, a)
    wide = max(signed.bits, 2 * unsigned.bits)
    if wide > 64:
        raise DTypeError(
            message(
                "no dtype holds the values of both operands",
                expected="dtypes with a common one",
                got=f"{a.name} and {b.name}",
                hint="convert one operand with .to(...)",
            )
        )
    return dtypes.by_name(f"int{wide}")


def number_dtype(dtype: DType) -> DType:
    """What a Python number of `dtype` counts as where it decides: the default dtype's precision."""
    if dtype.is_complex:
        return get_default_dtype().complex
    return get_default_dtype() if dtype.is_floating_point else dtype


def result_type(operands: Sequence[Node]) -> DType:
    """The dtype in which an operation on these operands is computed."""
    levels: list[DType | None] = [None, None, None]  # with dimensions, 0-d, Python numbers
    for x in operands:
        level = 2 if is_weak(x) else 1 if x.ndim == 0 else 0
        dtype = number_dtype(x.dtype) if level == 2 else x.dtype
        before = levels[level]
        levels[level] = dtype if before is None else promote_types(before, dtype)
    result: DType | None = None
    for dtype in levels:
        if dtype is None:
            continue
        if result is None:
            result = dtype
        elif _CATEGORY[dtype.kind] > _CATEGORY[result.kind]:
            result = promote_types(result, dtype)
    if result is None:
        raise DTypeError(message("result_type: no operands", expected="at least one", got="none"))
    return result


def broadcast_shapes(name: str, shapes: Iterable[Sequence[Size]]) -> tuple[Size, ...]:
    """The common shape of operands by NumPy's rule; ShapeError that shows all of them."""
    shapes = [tuple(s) for s in shapes]
    result: list[Size] = [1] * max((len(s) for s in shapes), default=0)
    for shape in shapes:
        for i in range(1, len(shape) + 1):
            n, have = shape[-i], result[-i]
            if have is n or _is_one(n):
                continue
            if _is_one(have):
                result[-i] = n
            elif n != have:
                raise ShapeError(
                    message(
                        f"{name}: shapes do not broadcast",
                        expected="sizes that are equal, or 1, counted from the last dimension",
                        got=" and ".join(str(list(s)) for s in shapes)
                        + f" (size {have} against {n} at dimension {-i})",
                        hint="reshape or unsqueeze one operand",
                    )
                )
    return tuple(result)


def _is_one(n: Size) -> bool:
    return isinstance(n, int) and n == 1


def broadcast_together(name: str, *operands: Node) -> tuple[Node, ...]:
    """The operands repeated to their common shape."""
    first = operands[0].shape
    if all(x.shape is first for x in operands):
        return operands
    shape = broadcast_shapes(name, [x.shape for x in operands])
    return tuple(ops.broadcast(x, shape) for x in operands)


def promoted(name: str, *operands: Node) -> tuple[Node, ...]:
    """The operands in their common dtype and shape."""
    dtype = result_type(operands)
    return broadcast_together(name, *(ops.cast(x, dtype) for x in operands))


def promoted_to_float(name: str, *operands: Node) -> tuple[Node, ...]:
    """Like `promoted`, integers becoming the default float dtype (division, exp, mean)."""
    dtype = result_type(operands)
    if not dtype.is_inexact:
        dtype = get_default_dtype()
    return broadcast_together(name, *(ops.cast(x, dtype) for x in operands))


def require_floating(name: str, x: Node) -> None:
    """DTypeError unless `x` is of a float dtype."""
    if not x.dtype.is_floating_point:
        raise DTypeError(
            message(
                f"{name}: a floating-point tensor is expected",
                expected="float16, bfloat16, float32 or float64",
                got=x.dtype.name,
                hint="convert it with .to(pentad.float32)",
            )
        )


def require_inexact(name: str, x: Node) -> None:
    """DTypeError unless `x` is of a float or complex dtype."""
    if not x.dtype.is_complex:
        require_floating(name, x)


class DimensionError(ShapeError, IndexOutOfRange):
    """A dimension that the tensor has not; programs for PyTorch catch IndexError."""


def normalize_dim(name: str, dim: int, ndim: int) -> int:
    """A dimension counted from 0; ShapeError outside [-ndim, ndim). A 0-d tensor has one."""
    bound = max(ndim, 1)
    if not isinstance(dim, int) or isinstance(dim, bool):
        raise ShapeError(message(f"{name}: dim is not an integer", expected="int", got=repr(dim)))
    if not -bound <= dim < bound:
        raise DimensionError(
            message(
                f"{name}: dimension out of range",
                expected=f"a dimension in [{-bound}, {bound - 1}]",
                got=str(dim),
                hint=f"the tensor has {ndim} dimensions",
            )
        )
    return dim % bound


def normalize_dims(
    name: str, dim: int | Sequence[int] | None, ndim: int
) -> tuple[int, ...]:
    """Dimensions counted from 0, in order; None means all of them."""
    if dim is None:
        return tuple(range(ndim))
    dims = [normalize_dim(name, d, ndim) for d in ((dim,) if isinstance(dim, int) else dim)]
    if len(set(dims)) != len(dims):
        raise ShapeError(
            message(f"{name}: a dimension is given twice", expected="distinct", got=str(dim))
        )
    if not dims:
        return tuple(range(ndim))
    return tuple(sorted(d for d in dims if d < ndim))

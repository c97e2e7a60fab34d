"""Matrix products of several groups at once, as mixtures of experts need them."""

from __future__ import annotations

from typing import Any

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.tensor.functions.creation import zeros
from pentad.tensor.functions.shaping import cat, stack


def _bounds(offs: Any, limit: int) -> list[tuple[int, int]]:
    """(begin, end) of each group on an axis; ArgumentError unless the ends rise within it."""
    if offs.ndim != 1 or offs.dtype not in (dtypes.int32, dtypes.int64):
        raise DTypeError(
            message("grouped_mm: offs", expected="int32 ends of groups, one axis",
                    got=str(offs.meta.type))
        )
    ends = [int(n) for n in offs.tolist()]
    begins = [0, *ends[:-1]]
    if any(a > b for a, b in zip(begins, ends, strict=True)) or (ends and ends[-1] > limit):
        raise ArgumentError(
            message("grouped_mm: offs", expected=f"ends of groups that rise up to {limit}",
                    got=str(ends))
        )
    return list(zip(begins, ends, strict=True))


def _require_fitting(a: Any, b: Any, offs: Any) -> None:
    jagged = a.ndim == 2 or b.ndim == 2
    inner = {a.shape[-1], b.shape[-2]} if {a.ndim, b.ndim} <= {2, 3} else set()
    if len(inner) != 1 or (a.ndim == b.ndim == 3 and a.shape[0] != b.shape[0]):
        raise ShapeError(
            message("grouped_mm: the operands do not fit", expected="[M, K] or [G, M, K] times "
                    "[K, N] or [G, K, N]", got=f"{list(a.shape)} and {list(b.shape)}")
        )
    if jagged != (offs is not None):
        raise ArgumentError(
            message("grouped_mm: offs", expected="the ends of the groups where an operand has two "
                    "dimensions, else None", got="none" if offs is None else "ends")
        )


def grouped_mm(
    mat_a: Any, mat_b: Any, *, offs: Any = None, bias: Any = None, out_dtype: Any = None
) -> Any:
    """The product of each group: [M, K] @ [G, K, N] by rows, [G, M, K] @ [K, N] by columns,
    [M, K] @ [K, N] by parts of K to [G, M, N], [G, M, K] @ [G, K, N] one by one.

    offs [G]: where each group ends; what is beyond the last end is zero. The groups' sizes are
    read, which a compiled function refuses where they are traced.
    """
    _require_fitting(mat_a, mat_b, offs)
    if mat_a.ndim == mat_b.ndim == 3:
        result = mat_a @ mat_b
    elif mat_b.ndim == 3:
        parts = [
            mat_a[i:j] @ mat_b[g] for g, (i, j) in enumerate(_bounds(offs, mat_a.shape[0]))
        ]
        result = _filled(parts, mat_a.shape[0], mat_b.shape[-1], 0, mat_a.dtype)
    elif mat_a.ndim == 3:
        parts = [
            mat_a[g] @ mat_b[:, i:j] for g, (i, j) in enumerate(_bounds(offs, mat_b.shape[1]))
        ]
        result = _filled(parts, mat_b.shape[1], mat_a.shape[1], 1, mat_a.dtype)
    else:
        bounds = _bounds(offs, mat_a.shape[1])
        result = stack([mat_a[:, i:j] @ mat_b[i:j] for i, j in bounds])
    result = result if bias is None else result + bias
    return result if out_dtype is None else result.to(out_dtype)


def _filled(parts: list[Any], size: int, other: int, dim: int, dtype: Any) -> Any:
    """The groups' results side by side, and zeros up to the axis' size."""
    rest = size - sum(part.shape[dim] for part in parts)
    shape = (rest, other) if dim == 0 else (other, rest)
    return cat([*parts, zeros(*shape, dtype=dtype)], dim)

"""Products of matrices and batches of them."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op

_NUMBERS = dtypes.SMOOTH | {dtypes.int32, dtypes.int64}


def _matmul(a: Any, b: Any, transpose_a: bool, transpose_b: bool) -> Any:
    if a.ndim != 2 or b.ndim != 2:
        raise pt.ShapeError(static.message("MatMul: the inputs must be matrices",
                                           got=f"{tuple(a.shape)} and {tuple(b.shape)}"))
    return (a.T if transpose_a else a) @ (b.T if transpose_b else b)


def _adjoint(x: Any) -> Any:
    x = x.transpose(-1, -2)
    return x.conj() if x.dtype.is_complex else x


def _batched(x: Any, y: Any, adj_x: bool, adj_y: bool) -> Any:
    return (_adjoint(x) if adj_x else x) @ (_adjoint(y) if adj_y else y)


def _matrix_type(a: Any, b: Any, node: Any) -> Any:
    rows = None if a.shape is None else a.shape[1 if node.attrs["transpose_a"] else 0]
    columns = None if b.shape is None else b.shape[0 if node.attrs["transpose_b"] else 1]
    return [static.Type(a.dtype, (rows, columns))]


MATMUL = op("MatMul", "a: T, b: T; transpose_a=False, transpose_b=False -> product: T", _matmul,
            infer=_matrix_type, allow={"T": _NUMBERS})
BATCH_MATMUL = op("BatchMatMulV2", "x: T, y: T; adj_x=False, adj_y=False -> output: T", _batched,
                  allow={"T": _NUMBERS})
OLD_BATCH_MATMUL = op("BatchMatMul", "x: T, y: T; adj_x=False, adj_y=False -> output: T", _batched)


def matmul(
    a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False, adjoint_a: bool = False,
    adjoint_b: bool = False, a_is_sparse: bool = False, b_is_sparse: bool = False,
    name: str | None = None,
) -> Any:
    """The product of two matrices, or of batches of them."""
    if (transpose_a and adjoint_a) or (transpose_b and adjoint_b):
        raise pt.ArgumentError("Only one of transpose and adjoint can be True.")
    with name_scope(name, "MatMul", [a, b]) as scope:
        a = convert_to_tensor(a, name="a")
        b = convert_to_tensor(b, a.dtype.base_dtype if not hasattr(b, "graph") else None, name="b")
        ranks = a.shape.ndims, b.shape.ndims
        complex_ = a.dtype.is_complex
        if (2 not in ranks and None not in ranks) or any(r is not None and r > 2 for r in ranks):
            for n, t in (("a", a), ("b", b)):
                if t.shape.ndims is not None and t.shape.ndims < 2:
                    raise pt.ShapeError(static.message(
                        f"Shape must be at least rank 2 but is rank {t.shape.ndims} for '{scope}'"
                        f" (op: 'BatchMatMulV2')", got=f"{n}: {t.shape}"))
            if complex_ and transpose_a:
                a = a.conj()
            if complex_ and transpose_b:
                b = b.conj()
            return BATCH_MATMUL(a, b, adj_x=transpose_a or adjoint_a,
                                adj_y=transpose_b or adjoint_b, name=scope)
        for n, t in (("a", a), ("b", b)):
            if t.shape.ndims not in (2, None):
                raise pt.ShapeError(static.message(
                    f"Shape must be rank 2 but is rank {t.shape.ndims} for '{scope[:-1]}' "
                    f"(op: 'MatMul')", expected="matrices", got=f"{n}: {t.shape}"))
        from pentad.frontends.tensorflow1.ops.casting import conj

        a, b = (conj(a) if adjoint_a else a), (conj(b) if adjoint_b else b)
        return MATMUL(a, b, transpose_a=transpose_a or adjoint_a,
                      transpose_b=transpose_b or adjoint_b, name=scope)


def sparse_matmul(
    a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False,
    a_is_sparse: bool = False, b_is_sparse: bool = False, name: str | None = None,
) -> Any:
    """The product of two matrices."""
    return matmul(a, b, transpose_a, transpose_b, name=name)

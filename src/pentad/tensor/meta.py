"""Meta: what is known of a tensor but its values (shape, strides, dtype), one object per kind.

Metas are interned: two tensors of the same shape, strides and dtype have the same Meta object, so
that caches of compiled operations are keyed by identity.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakValueDictionary

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ShapeError, message
from pentad.graph.op import TensorType
from pentad.graph.sizes import Dim, Size, product
from pentad.tensor.devices import sized

_MAX_BYTES = 1 << 62


class Meta:
    """Shape, strides (in elements) and dtype; compared by identity.

    `weak` marks Python numbers that stand for an operand: they do not decide the result's dtype.
    """

    __slots__ = (
        "__weakref__",
        "contiguous",
        "dtype",
        "nbytes",
        "ndim",
        "numel",
        "shape",
        "size",
        "strides",
        "traced",
        "type",
        "weak",
    )

    def __init__(self, shape: tuple[Size, ...], strides: tuple[Size, ...], dtype: DType) -> None:
        self.shape: tuple[Any, ...] = shape
        self.size = sized(shape)
        self.strides: tuple[Any, ...] = strides
        self.dtype = dtype
        self.ndim = len(shape)
        self.numel: Any = product(shape)
        self.nbytes: Any = self.numel * dtype.itemsize
        self.contiguous = is_contiguous(shape, strides)
        self.type = TensorType(shape, dtype)
        self.weak = False
        self.traced: Any = None
        if isinstance(self.nbytes, int) and self.nbytes > _MAX_BYTES:
            raise ShapeError(
                message(
                    "the tensor is too large",
                    expected=f"at most {_MAX_BYTES} bytes",
                    got=f"{list(shape)} of {dtype.name}, {self.nbytes} bytes",
                )
            )

    def __repr__(self) -> str:
        return f"Meta({self.type}, strides {self.strides})"


_interned: WeakValueDictionary[Any, Meta] = WeakValueDictionary()


def intern(shape: tuple[int, ...], strides: tuple[int, ...], dtype: DType) -> Meta:
    """The one Meta of this shape, strides and dtype."""
    key = (shape, strides, dtype)
    found = _interned.get(key)
    if found is None:
        found = _interned.setdefault(key, Meta(shape, strides, dtype))
    return found


def contiguous_meta(shape: Sequence[int], dtype: DType) -> Meta:
    """The Meta of a row-major tensor."""
    shape = tuple(shape)
    return intern(shape, row_major(shape), dtype)


def row_major(shape: Sequence[Any]) -> tuple[Any, ...]:
    """Row-major strides, in elements."""
    strides: list[Any] = [1] * len(shape)
    for i in range(len(shape) - 2, -1, -1):
        n = shape[i + 1]
        strides[i] = strides[i + 1] * (n if isinstance(n, Dim) or n > 1 else 1)
    return tuple(strides)


def is_contiguous(shape: Sequence[Any], strides: Sequence[Any]) -> bool:
    """Do the elements lie in row-major order without gaps? Axes of size 1 have any stride."""
    expected: Any = 1
    for n, s in zip(reversed(shape), reversed(strides), strict=True):
        if isinstance(n, int):
            if n == 0:
                return True
            if n == 1:
                continue
        if s != expected:
            return False
        expected = expected * n
    return True


def plain_meta(meta: Meta) -> Meta:
    """The interned meta of a traced tensor, as if it were contiguous."""
    if meta.traced is None or not concrete(meta.shape):
        return meta
    if meta.weak:
        return WEAK[{"bool": bool, "int": int, "float": float, "complex": complex}[meta.dtype.kind]]
    return contiguous_meta(meta.shape, meta.dtype)


def overlaps_itself(meta: Meta) -> bool:
    """May two elements share memory (an expanded tensor, overlapping windows)?"""
    if meta.contiguous or (isinstance(meta.numel, int) and meta.numel == 0):
        return False
    if any(s == 0 and n > 1 for n, s in zip(meta.shape, meta.strides, strict=True)):
        return True
    if not concrete(meta.shape):
        return False
    span = 0
    for s, n in sorted((s, n) for n, s in zip(meta.shape, meta.strides, strict=True) if n > 1):
        if s <= span:
            return True
        span += s * (n - 1)
    return False


def concrete(shape: Sequence[Any]) -> bool:
    """No symbolic size among them?"""
    return all(isinstance(n, int) for n in shape)


def weak_meta(dtype: DType) -> Meta:
    """The Meta of a Python number carried as a 0-d operand of `dtype`."""
    meta = Meta((), (), dtype)
    meta.weak = True
    return meta


WEAK = {
    bool: weak_meta(dtypes.bool_),
    int: weak_meta(dtypes.int64),
    float: weak_meta(dtypes.float64),
    complex: weak_meta(dtypes.complex128),
}

"""Sorting, and the largest elements."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.op import Native, make, one
from pentad.frontends.theano.scalar.types import COMPLEX, DTYPES, INTS, UINTS
from pentad.frontends.theano.tensor.constants import as_tensor_variable, known_value


def _along(a: Any, axis: Any) -> tuple[Any, Any]:
    """The tensor, and the axis: a number, or a variable if it is not known yet."""
    a = as_tensor_variable(a)
    if axis is None:
        return a.flatten() if a.ndim != 1 else a, 0
    place = known_value(axis)
    if place is None:
        axis = as_tensor_variable(axis)
        if axis.ndim or axis.dtype in COMPLEX:
            raise TypeError(
                static.message("sort: the axis must be a whole number", got=str(axis.type),
                               where=axis.node.line)
            )
        # A float is taken too, if it is whole when the function runs.
        return a, axis
    if not -a.ndim <= int(place) < a.ndim:
        raise ValueError(
            static.message("sort: not an axis", expected=f"below {a.ndim}", got=str(axis),
                           where=a.node.line)
        )
    return a, int(place) % a.ndim


def _bits(x: Any) -> Any:
    return x.to(pt.uint8) if x.dtype is pt.bool else x


def _number(n: Any) -> int:
    """A size that a function takes, as the whole number that it is."""
    n = n[()]
    n = n.item() if hasattr(n, "item") else n
    if n != int(n):
        raise ValueError(static.message("a whole number is needed", got=str(n)))
    return int(n)


def _sort(x: Any, axis: Any) -> Any:
    return pt.sort(_bits(x), axis, stable=True)[0].to(x.dtype)


def _argsort(x: Any, axis: Any) -> Any:
    return pt.argsort(_bits(x), axis, stable=True)


SORT = Native("SortOp", _sort, shows=lambda axis: "SortOp{quicksort, None}")
ARGSORT = Native("ArgSortOp", _argsort, shows=lambda axis: "ArgSortOp{quicksort, None}",
                 differentiable=False)
# The same along an axis that is known when the function runs.
SORT_ALONG = Native("SortOp", lambda x, axis: _sort(x, _number(axis)), sizes=(1,),
                    shows="SortOp{quicksort, None}")
ARGSORT_ALONG = Native("ArgSortOp", lambda x, axis: _argsort(x, _number(axis)), sizes=(1,),
                       shows="ArgSortOp{quicksort, None}", differentiable=False)


def sort(a: Any, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Any:
    """The elements along an axis in ascending order; all of them for None."""
    a, axis = _along(a, axis)
    if not isinstance(axis, int):
        return one(SORT_ALONG, a, axis, types=[a.static_type])
    return one(SORT, a, types=[a.static_type], axis=axis)


def argsort(a: Any, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Any:
    """Where the elements in ascending order are."""
    a, axis = _along(a, axis)
    found = static.Type(pt.int64, a.static_type.shape)
    if not isinstance(axis, int):
        return one(ARGSORT_ALONG, a, axis, types=[found])
    return one(ARGSORT, a, types=[found], axis=axis)


def _topk(x: Any, count: Any, axis: int, dtype: str) -> Any:
    k = _number(count)
    found, places = pt.topk(x, abs(k), axis, largest=bool(k > 0))
    # Theano gives the smallest in ascending order, and the largest so too.
    if k > 0:
        found, places = found.flip(axis), places.flip(axis)
    return found, places.to(DTYPES[dtype])


TOPK = Native("TopKOp", _topk, sizes=(1,), shows=lambda axis, dtype: f"TopKOp{{axis={axis}}}")


def topk_and_argtopk(
    x: Any, kth: Any, axis: int | None = -1, sorted: bool = True, idx_dtype: str = "int64"
) -> list[Any]:
    """The `kth` largest elements along an axis, the smallest if it is negative, and their places.
    """
    if idx_dtype not in (*INTS, *UINTS):
        raise TypeError(
            static.message('"idx_dtype" parameter must be an integer dtype', got=repr(idx_dtype))
        )
    x, kth = as_tensor_variable(x), as_tensor_variable(kth)
    if x.ndim == 0:
        raise ValueError(static.message("Cannot take scalar as input", got=str(x.type)))
    x, axis = _along(x, axis)
    if not isinstance(axis, int):
        raise TypeError(
            static.message("topk: the axis must be known when the graph is made", got=str(axis))
        )
    found = known_value(kth)
    if found is not None and found == 0:
        raise ValueError(static.message("topk: k must be at least one", got="0"))
    size = None if found is None or found.dtype == object else abs(int(found))
    shape = tuple(size if i == axis else n for i, n in enumerate(x.static_type.shape))
    types = [static.Type(x.static_type.dtype, shape), static.Type(DTYPES[idx_dtype], shape)]
    return list(make(TOPK, [x, kth], {"axis": axis, "dtype": idx_dtype}, types=types).outputs)


def topk(
    x: Any, kth: Any, axis: int | None = -1, sorted: bool = True, idx_dtype: str = "int64"
) -> Any:
    """The `kth` largest elements along an axis."""
    return topk_and_argtopk(x, kth, axis, sorted, idx_dtype)[0]


def argtopk(
    x: Any, kth: Any, axis: int | None = -1, sorted: bool = True, idx_dtype: str = "int64"
) -> Any:
    """Where the `kth` largest elements along an axis are."""
    return topk_and_argtopk(x, kth, axis, sorted, idx_dtype)[1]


__all__ = [
    "argsort", "argtopk", "sort", "topk", "topk_and_argtopk",
]

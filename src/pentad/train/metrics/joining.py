"""How what batches contribute is joined, without a copy that nobody needs."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pentad.graph.dtypes import DType
from pentad.graph.errors import ShapeError, message
from pentad.tensor.tensor import Tensor
from pentad.train.metrics.metric import Metric

_FIRST_ROWS = 1024


class Number:
    """The sum of tensors of one element, in double precision."""

    def __init__(self, total: Any = 0) -> None:
        self.total = total

    def add(self, t: Any) -> None:
        """Count a batch's contribution."""
        self.total += t.item()


class Array:
    """The sum of tensors of one shape: floats in double precision, whole numbers in 64 bits."""

    def __init__(self, total: np.ndarray) -> None:
        wide = np.promote_types(total.dtype, "f8" if total.dtype.kind in "fc" else "i8")
        self.total, self.shape = total.astype(wide), total.shape
        self._memory: _Memory | None = None

    def add(self, t: Any) -> None:
        """Count a batch's contribution; ShapeError if it has another shape."""
        memory = self._memory
        if memory is None or memory.dtype is not t.meta.dtype:
            memory = self._memory = _Memory(self.shape, t.meta.dtype)
        if t.meta.shape != self.shape:
            raise ShapeError(
                message("what a metric measures has the same shape in each batch",
                        expected=str(list(self.shape)), got=str(list(t.meta.shape)),
                        hint="of what differs from batch to batch, measure sums; or set kept=True")
            )
        memory.take(t, 0)
        np.add(self.total, memory.array, out=self.total)


class Rows:
    """Tensors one behind the other along their first axis, in memory that grows."""

    def __init__(self, first: np.ndarray | None = None) -> None:
        self.count = 0 if first is None else len(first)
        self._kept = first
        self._memory: _Memory | None = None

    @property
    def total(self) -> np.ndarray:
        """All rows so far."""
        if self._memory is not None:
            return self._memory.array[: self.count]
        assert self._kept is not None
        return self._kept

    def add(self, t: Any) -> None:
        """Keep a batch's contribution; ShapeError if its rows have another shape."""
        shape, memory = t.meta.shape, self._memory
        end = self.count + shape[0]
        if memory is None or end > memory.rows:
            memory = self._grown(shape[1:], t.meta.dtype, end)
        if shape[1:] != memory.row:
            raise ShapeError(
                message("what a metric keeps has rows of one shape",
                        expected=str(list(memory.row)), got=str(list(shape[1:])))
            )
        memory.take(t, self.count)
        self.count = end

    def _grown(self, row: tuple[int, ...], dtype: DType, rows: int) -> _Memory:
        kept = self.total if self.count else None
        shape = row if kept is None else kept.shape[1:]
        memory = _Memory((max(_FIRST_ROWS, 2 * rows), *shape), dtype)
        if kept is not None:
            memory.array[: self.count] = kept
        self._memory, self._kept = memory, None
        return memory


class _Memory:
    """An array that tensors are copied into. Its address is asked for once: copying the bytes
    takes a third of the time of making an array on each tensor's memory."""

    def __init__(self, shape: tuple[int, ...], dtype: DType) -> None:
        self.dtype, self._bytewise = dtype, dtype.memory == dtype.numpy
        self.array = np.empty(shape, dtype.numpy)
        self._address = self.array.ctypes.data
        self._stride = self.array.strides[0]
        self.rows, self.row = shape[0], shape[1:]

    def take(self, t: Any, row: int) -> None:
        """Copy a tensor's elements into the rows from this one on."""
        meta = t.meta
        if meta.contiguous and meta.dtype is self.dtype and self._bytewise:
            ctypes.memmove(self._address + row * self._stride, t.ptr, meta.nbytes)
        else:
            self.array[row : row + meta.shape[0]] = t.numpy(force=True)


class Added:
    """The totals of a metric: each tensor that it measures added up, or its rows kept."""

    def __init__(self, parts: list[Number | Array | Rows]) -> None:
        self.parts = parts

    @property
    def totals(self) -> list[Any]:
        """One for each tensor."""
        return [p.total for p in self.parts]

    def add(self, measured: Sequence[Tensor]) -> None:
        """Count a batch's contribution."""
        for part, t in zip(self.parts, measured, strict=True):
            part.add(t)


class Merged:
    """The totals of a metric that joins them itself."""

    def __init__(self, merge: Callable[[list[Any], list[Any]], list[Any]]) -> None:
        self.merge, self.totals = merge, list[Any]()

    def add(self, measured: Sequence[Tensor]) -> None:
        """Count a batch's contribution."""
        values = [t.item() if not t.meta.shape else _wide(t) for t in measured]
        self.totals = self.merge(self.totals, values) if self.totals else values


def _wide(t: Any) -> np.ndarray:
    array = t.numpy(force=True)
    return array.astype(np.float64 if array.dtype.kind == "f" else array.dtype)


def begun(metric: Metric, measured: Sequence[Tensor]) -> Added | Merged:
    """What joins contributions of such tensors, before any is there."""
    if metric.merge is not None:
        return Merged(metric.merge)
    return Added([_part(t, metric.kept) for t in measured])


def _part(value: Tensor, kept: bool) -> Number | Array | Rows:
    shape: tuple[int, ...] = value.meta.shape
    if not shape:
        if kept:
            raise ShapeError(
                message("a metric whose values are kept measures rows",
                        expected="[N, ...]", got="a tensor without an axis",
                        hint="give it one: value.reshape(1)")
            )
        return Number()
    return Rows() if kept else Array(np.zeros(shape, value.dtype.numpy))


def resumed(metric: Metric, totals: Sequence[Any]) -> Added | Merged:
    """What goes on from the totals of a metric that a checkpoint has."""
    values = [v.numpy(force=True).copy() if isinstance(v, Tensor) else v for v in totals]
    if metric.merge is not None:
        merged = Merged(metric.merge)
        merged.totals = values
        return merged
    return Added([
        Number(v) if not isinstance(v, np.ndarray) else Rows(v) if metric.kept else Array(v)
        for v in values
    ])

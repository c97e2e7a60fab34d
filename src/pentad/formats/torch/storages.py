"""The memory behind the tensors of a file: each storage once, tensors as views of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from pentad.formats import limits
from pentad.formats.files import broken
from pentad.formats.torch.cursor import Cursor
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.nn.parameter import Parameter
from pentad.runtime.memory import Storage, allocate, as_numpy
from pentad.tensor.functions.strided import as_strided
from pentad.tensor.meta import contiguous_meta, is_contiguous
from pentad.tensor.tensor import Tensor, empty_tensor, wrap

_TENSOR = 512  # bytes of a tensor or a storage without its values, at least


class StorageType(NamedTuple):
    """What a file calls a storage's class: its element type, None where tensors say it."""

    dtype: DType | None

    @property
    def itemsize(self) -> int:
        """Bytes of what the length of such a storage counts."""
        return 1 if self.dtype is None else self.dtype.itemsize


class Memory:
    """A storage, whose values may come later, and the tensors on it."""

    def __init__(self, key: str, nbytes: int) -> None:
        self.key, self.nbytes = key, nbytes
        self.unit = 1  # bytes of what its length counts
        self.storage: Storage = allocate(nbytes)
        self.uses: list[_Use] = []

    def bytes(self) -> np.ndarray[Any, Any]:
        """All of it, to be written to."""
        return as_numpy(self.storage, 0, (self.nbytes,), (1,), dtypes.uint8)


class Stored(NamedTuple):
    """A storage as tensors refer to it: a part of some memory, from a byte on."""

    memory: Memory
    type: StorageType
    start: int
    nbytes: int


class _Use(NamedTuple):
    tensor: Tensor
    dtype: DType
    offset: int  # in elements
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    flipped: tuple[bool, bool]  # to be conjugated, to be negated


class Storages:
    """The storages of one file. `obtain` gives the memory of a key that is new."""

    def __init__(self, where: str, obtain: Callable[[Cursor, str, int], Memory]) -> None:
        self.where, self.obtain = where, obtain
        self.memories: dict[str, Memory] = {}
        self.parameters: list[tuple[Any, Tensor]] = []

    # -- while the pickle runs ---------------------------------------------------------------------

    def refer(self, cursor: Cursor, pid: Any) -> Stored:
        """The storage that a persistent id names: ("storage", type, key, place, length[, view])."""
        shape = (str, StorageType, str, str, int)
        if type(pid) is not tuple or len(pid) not in (5, 6) or tuple(
            map(type, pid[:5])) != shape or pid[0] != "storage" or pid[4] < 0:
            raise cursor.broken("a reference to something that is no storage",
                                "('storage', its type, its key, its device, its length)",
                                repr(pid)[:80] if _plain(pid) else type(pid).__name__)
        _, kind, key, _, length = pid[:5]
        nbytes = length * kind.itemsize
        memory = self.memories.get(key)
        if memory is None:
            cursor.charge(_TENSOR)
            memory = self.memories[key] = self.obtain(cursor, key, nbytes)
            memory.unit = kind.itemsize
        if memory.nbytes != nbytes:
            raise cursor.broken(f"storage {key!r} has two sizes", f"{memory.nbytes} bytes",
                                f"{nbytes}")
        start, nbytes = self._part(cursor, pid[5] if len(pid) == 6 else None, kind, nbytes)
        return Stored(memory, kind, start, nbytes)

    def _part(self, cursor: Cursor, view: Any, kind: StorageType, nbytes: int) -> tuple[int, int]:
        """The part of a storage that is meant: (first byte, bytes)."""
        if view is None:
            return 0, nbytes
        if type(view) is not tuple or tuple(map(type, view)) != (str, int, int):
            raise cursor.broken("a view of a storage that is none", "(key, offset, length)")
        start, size = view[1] * kind.itemsize, view[2] * kind.itemsize
        if min(start, size) < 0 or start + size > nbytes:
            raise cursor.broken("a view beyond its storage", f"within {nbytes} bytes",
                                f"{size} bytes from {start}")
        return start, size

    def tensor(
        self, cursor: Cursor, stored: Stored, dtype: DType, place: tuple[Any, Any, Any],
        flipped: tuple[bool, bool] = (False, False),
    ) -> Tensor:
        """A tensor whose memory `finish` gives it; place: (offset, shape, strides) in elements."""
        offset, shape, strides = place
        steps = (offset, *shape, *strides) if _ints(shape) and _ints(strides) else ("",)
        if not _ints(steps) or min(steps) < 0 or len(shape) != len(strides) or (
                max(steps) > limits.ELEMENTS):
            raise cursor.broken("a tensor without shape and strides", "whole numbers, 0 or more",
                                " and ".join(type(v).__name__ for v in place))
        if len(shape) > limits.TORCH_RANK:
            raise cursor.broken("a tensor of too many axes", f"at most {limits.TORCH_RANK}",
                                str(len(shape)))
        elements = 1
        for n in shape:
            elements *= n
        if stored.start % dtype.itemsize:
            raise cursor.broken("a storage that starts within an element")
        room = stored.nbytes // dtype.itemsize
        last = offset + sum((n - 1) * s for n, s in zip(shape, strides))
        if elements and last >= room:
            raise cursor.broken("a tensor that reaches beyond its storage", f"{room} elements",
                                f"{list(shape)} with strides {list(strides)} from {offset}")
        nbytes = elements * dtype.itemsize
        if nbytes > max(limits.EXPANDED_BYTES, limits.EXPANDED * stored.nbytes):
            raise cursor.broken("a tensor that repeats a few elements too often",
                                f"{limits.EXPANDED} times its {stored.nbytes} bytes at most",
                                f"{list(shape)} with strides {list(strides)}")
        # What is flipped is a copy, all else a view.
        cursor.charge(_TENSOR + (nbytes if any(flipped) else 0))
        made = empty_tensor(contiguous_meta((0,), dtype))
        start = offset + stored.start // dtype.itemsize if elements else 0
        use = _Use(made, dtype, start, tuple(shape), tuple(strides), flipped)
        stored.memory.uses.append(use)
        return made

    def parameter(self, data: Tensor, requires_grad: bool) -> Any:
        """A Parameter on the memory that `finish` gives a tensor."""
        made = Parameter(data, requires_grad)
        self.parameters.append((made, data))
        return made

    # -- once all values are there -----------------------------------------------------------------

    def finish(self, swap: bool = False) -> None:
        """Give all tensors their memory. swap: the file has the other byte order."""
        for memory in self.memories.values():
            self._finish(memory, swap)
        for parameter, data in self.parameters:
            parameter.data = data

    def _finish(self, memory: Memory, swap: bool) -> None:
        kinds = {use.dtype for use in memory.uses}
        if len(kinds) > 1:
            raise broken(self.where, f"storage {memory.key!r} with several element types", "one",
                         ", ".join(sorted(k.name for k in kinds)))
        for dtype in kinds:
            values = memory.bytes()
            part = dtype.real.itemsize
            if swap and part > 1:
                count = memory.nbytes // part * part
                values[:count] = values[:count].reshape(-1, part)[:, ::-1].reshape(-1)
            if dtype is dtypes.bool_ and values.size and values.max() > 1:
                raise broken(self.where, f"storage {memory.key!r} of bool holds other bytes",
                             "0 and 1", str(values.max()))
        for use in memory.uses:
            use.tensor.data = self._placed(memory, use)

    @staticmethod
    def _placed(memory: Memory, use: _Use) -> Tensor:
        """The tensor of a use: it alone on its memory, or a view of what it shares."""
        room = memory.nbytes // use.dtype.itemsize
        whole = contiguous_meta(use.shape, use.dtype)
        if whole.numel == 0:
            return empty_tensor(whole)
        alone = len(memory.uses) == 1 and use.offset == 0 and whole.numel == room
        if alone and is_contiguous(use.shape, use.strides):
            found = wrap(memory.storage, whole)
        else:
            flat = wrap(memory.storage, contiguous_meta((room,), use.dtype))
            found = as_strided(flat, use.shape, use.strides, use.offset).detach()
        conjugated, negated = use.flipped
        found = found.conj_physical() if conjugated else found  # type: ignore[attr-defined]
        return -found if negated else found  # type: ignore[operator]


def _ints(values: Any) -> bool:
    return isinstance(values, Sequence) and all(type(v) is int for v in values)


def _plain(values: Any) -> bool:
    return type(values) is tuple and all(type(v) in (str, int) for v in values)

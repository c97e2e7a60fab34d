"""Evaluates the expression DAG of a kernel spec at one point (or one vector) of its space."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pentad.codegen.llvm.ir import (
    DOUBLE,
    I1,
    I64,
    Function,
    Index,
    Type,
    Value,
    constant,
    constant_lanes,
)
from pentad.codegen.llvm.vmath import Lane, Math
from pentad.graph import op as op_table
from pentad.graph.dtypes import DType, float64, int64
from pentad.schedule.size import Param, Size
from pentad.schedule.spec import Access, Indexed, Instr, Store
from pentad.target.cpu import CpuTarget

BAD_INDEX = 1
"""The status word of a kernel that met an index out of range."""

_EVERYWHERE = "*"  # instead of the name of a block

Environment = dict[int, Lane]


class Kernel:
    """What the emitters of kernels share: buffers, run-time parameters, the status word."""

    def __init__(self, f: Function, target: CpuTarget, slots: int, checked: bool) -> None:
        self.f = f
        self.target = target
        self.math = KernelMath(f, target, self)
        self._bufs, self._params = f.arguments[0], f.arguments[1]
        self._sizes: dict[int, Value] = {}
        self._pointers: dict[int, tuple[str, Value]] = {}
        self.status = self.buffer(slots - 1) if checked else None

    def buffer(self, slot: int) -> Value:
        """The data pointer of a slot, loaded once in each block of the code.

        LLVM would load it again after every store, which it takes for one into the table.
        """
        f = self.f
        block, pointer = self._pointers.get(slot, ("", None))
        if pointer is None or block not in (f.block, _EVERYWHERE):
            pointer = f.load(Type("ptr"), f.gep(self._bufs, slot, Type("ptr")))
            self._pointers[slot] = f.block, pointer
        return pointer

    def size(self, size: Size) -> Index:
        """A size as a number or as the value of its run-time parameter."""
        if not isinstance(size, Param):
            return size
        if size.index not in self._sizes:
            pointer = self.f.gep(self._params, size.index, I64)
            self._sizes[size.index] = self.f.load(I64, pointer)
        return self._sizes[size.index]

    def scalar(self, param: Param, dtype: DType) -> Lane:
        """A constant that came as a parameter: the bits of a float64, or an integer."""
        f = self.f
        pointer = f.gep(self._params, param.index, I64)
        if dtype.is_floating_point:
            return self.math.cast(Lane(f.load(DOUBLE, pointer), float64), dtype)
        return self.math.cast(Lane(f.load(I64, pointer), int64), dtype)

    def load_params(self, sizes: Iterable[Size]) -> None:
        """Read parameters now, at the entry of the kernel, where every block can see them."""
        for size in sizes:
            self.size(size)

    def load_buffers(self, slots: Iterable[int]) -> None:
        """Read pointers now, at the entry of the kernel, where every block can see them."""
        for slot in slots:
            self._pointers[slot] = _EVERYWHERE, self.buffer(slot)

    def report(self, bad: Value) -> None:
        """Set the status word if any lane of `bad` is true."""
        f = self.f
        assert self.status is not None
        if bad.type.lanes:
            bad = f.intrinsic("vector.reduce.or", I1, bad, suffix=bad.type.suffix)
        with f.when(bad):
            f.emit(f"store atomic i64 {BAD_INDEX}, {self.status} monotonic, align 8")


class KernelMath(Math):
    """The builder protocol with what only a kernel knows: where to report a bad index."""

    def __init__(self, f: Function, target: CpuTarget, kernel: Kernel) -> None:
        super().__init__(f, target)
        self._kernel = kernel
        self.mask: Value | None = None

    def check_index(self, x: Lane, size: Lane) -> Lane:
        """`x`, after a report if it is outside [0, size)."""
        f = self.f
        wide = self.cast(x, int64).value
        bound = self.cast(size, int64).value
        if wide.type.lanes and not bound.type.lanes:
            bound = f.splat(bound, wide.type.lanes)
        bad = f.compare("icmp uge", wide, bound)
        if bad.type.lanes and self.mask is not None:
            bad = f.binary("and", bad, self.mask)
        self._kernel.report(bad)
        return x


def splat(f: Function, lane: Lane, lanes: int) -> Lane:
    """A lane value in `lanes` lanes."""
    if lane.value.type.lanes == lanes or not lanes:
        return lane
    return Lane(f.splat(lane.value, lanes), lane.dtype)


class Evaluator:
    """Evaluates instructions; `address` tells where an access lies at the present point."""

    def __init__(self, kernel: Kernel, instrs: Sequence[Instr]) -> None:
        self.kernel = kernel
        self.instrs = instrs

    def closure(self, wanted: Iterable[int], known: Environment) -> list[int]:
        """The instructions that `wanted` need and that are not known yet, operands first."""
        needed: set[int] = set()
        stack = list(wanted)
        while stack:
            i = stack.pop()
            if i not in needed and i not in known:
                needed.add(i)
                stack.extend(self.instrs[i].args)
        return sorted(needed)

    def evaluate(
        self,
        wanted: Iterable[int],
        known: Environment,
        point: Point,
    ) -> Environment:
        """`known` and all that `wanted` need, at a point."""
        env = dict(known)
        for i in self.closure(wanted, known):
            env[i] = self._one(self.instrs[i], env, point)
        return env

    def _one(self, instr: Instr, env: Environment, point: Point) -> Lane:
        k = self.kernel.math
        if instr.op == "load":
            assert instr.access is not None
            return point.load(instr.access)
        if instr.op == "position":
            assert instr.access is not None
            return k.cast(point.position(instr.access), instr.dtype)
        if instr.op == "load_at":
            assert instr.indexed is not None
            return point.load_at(instr.indexed, [env[a] for a in instr.args])
        attrs = dict(instr.attrs)
        if instr.op == "full":
            return k.const(attrs["value"], instr.dtype)
        if instr.op == "scalar":
            return self.kernel.scalar(attrs["param"], instr.dtype)
        record = op_table.by_name(instr.op)
        args = [env[a] for a in instr.args]
        lanes = max((a.value.type.lanes for a in args), default=0)
        args = [splat(self.kernel.f, a, lanes) for a in args]
        k.mask = point.mask
        assert record.lower is not None
        result: Lane = record.lower(k, *args, **attrs)
        return result


@dataclass
class Point:
    """A vector (or a single element, lanes = 0) of the iteration space.

    offset(strides) gives the distance of the point from the operand's start, in elements;
    `step(strides)` the stride along the lanes.
    """

    kernel: Kernel
    lanes: int
    mask: Value | None
    pointer: Callable[[Access], Value]
    offset: Callable[[Access], Index]
    step: Callable[[Access], Index]

    def load(self, access: Access) -> Lane:
        """The elements of an access: a scalar if they are all the same one."""
        step = self.step(access)
        return self._load(self.pointer(access), access, step)

    def _load(self, pointer: Value, access: Access, step: Index) -> Lane:
        k, f = self.kernel.math, self.kernel.f
        if not self.lanes or _is(step, 0):
            return k.load(pointer, access.dtype, 0)
        if _is(step, 1):
            return k.load(pointer, access.dtype, self.lanes, self.mask)
        element = k.memory_type(access.dtype)
        parts = []
        for lane in range(self.lanes):
            at = f.imul(self._existing(lane), step)
            parts.append(k.load(f.gep(pointer, at, element), access.dtype, 0))
        return Lane(gathered(f, [p.value for p in parts]), access.dtype)

    def _existing(self, lane: int) -> Index:
        """The lane's number, or 0 for a lane outside the mask (whose memory must not be read)."""
        if self.mask is None or lane == 0:
            return lane
        f = self.kernel.f
        bit = f.extract(self.mask, lane)
        return f.select(bit, constant(I64, lane), constant(I64, 0))

    def position(self, access: Access) -> Lane:
        """The affine number that an access stands for, as int64."""
        f = self.kernel.f
        start = f.index(f.iadd(self.offset(access), 0))
        step = self.step(access)
        if not self.lanes or _is(step, 0):
            return Lane(start, int64)
        iota = constant_lanes(I64.vector(self.lanes), range(self.lanes))
        spread = f.binary("mul", iota, f.splat(f.index(step), self.lanes))
        return Lane(f.binary("add", f.splat(start, self.lanes), spread), int64)

    def load_at(self, indexed: Indexed, indices: Sequence[Lane]) -> Lane:
        """A load displaced by index values, negative ones counted from the end."""
        k, f = self.kernel.math, self.kernel.f
        total = self._displaced(indexed, indices)
        lanes = total.type.lanes
        element = k.memory_type(indexed.access.dtype)
        base, step = self.pointer(indexed.access), self.step(indexed.access)
        if not lanes:
            return self._load(f.gep(base, total, element), indexed.access, step)
        parts = []
        for lane in range(lanes):
            at = f.iadd(f.extract(total, lane), f.imul(self._existing(lane), step))
            parts.append(k.load(f.gep(base, at, element), indexed.access.dtype, 0).value)
        return Lane(gathered(f, parts), indexed.access.dtype)

    def _displaced(self, indexed: Indexed, indices: Sequence[Lane]) -> Value:
        """How far the indices lead from the access, in elements; a scalar if all lanes agree."""
        f = self.kernel.f
        away = [
            self._displacement(i, self.kernel.size(n), self.kernel.size(s), indexed.check)
            for i, n, s in zip(indices, indexed.sizes, indexed.strides, strict=True)
        ]
        lanes = max(a.type.lanes for a in away)
        wide = [a if a.type.lanes == lanes else f.splat(a, lanes) for a in away]
        total = wide[0]
        for a in wide[1:]:
            total = f.binary("add", total, a)
        return total

    def scatter(self, store: Store, value: Lane, indices: Sequence[Lane]) -> None:
        """A scattered store: the lanes one after the other if their indices differ."""
        f, k = self.kernel.f, self.kernel.math
        assert store.indexed is not None
        total = self._displaced(store.indexed, indices)
        element = k.memory_type(store.access.dtype)
        base, step = self.pointer(store.access), self.step(store.access)
        if not total.type.lanes and (not self.lanes or _is(step, 1)):
            self._update(store, f.gep(base, total, element), splat(f, value, self.lanes))
            return
        for lane in range(max(self.lanes, 1)):
            away = f.extract(total, lane) if total.type.lanes else total
            at = f.gep(base, f.iadd(away, f.imul(lane, step)), element)
            one = f.extract(value.value, lane) if value.value.type.lanes else value.value
            with self._if_exists(lane):
                self._update(store, at, Lane(one, value.dtype))

    def _update(self, store: Store, pointer: Value, value: Lane) -> None:
        k = self.kernel.math
        mask = self.mask if value.value.type.lanes else None
        if store.combine:
            old = k.load(pointer, store.access.dtype, value.value.type.lanes, mask)
            joined = k.logical_or if value.dtype.kind == "bool" else getattr(k, store.combine)
            value = joined(old, value)
        k.store(value, pointer, mask)

    @contextmanager
    def _if_exists(self, lane: int) -> Iterator[None]:
        f = self.kernel.f
        if self.mask is None:
            yield
            return
        with f.when(f.extract(self.mask, lane)):
            yield

    def _displacement(self, index: Lane, size: Index, stride: Index, check: bool) -> Value:
        k, f = self.kernel.math, self.kernel.f
        i = k.cast(index, int64).value
        lanes = i.type.lanes

        def wide(value: Index) -> Value:
            return f.splat(f.index(value), lanes)

        zero = constant(i.type, 0)
        wrapped = f.select(f.compare("icmp slt", i, zero), f.binary("add", i, wide(size)), i)
        if check:
            bad = f.compare("icmp uge", wrapped, wide(size))
            if lanes and self.mask is not None:
                bad = f.binary("and", bad, self.mask)
            self.kernel.report(bad)
        low = f.intrinsic("smax", i.type, wrapped, zero)
        high = f.intrinsic("smin", i.type, low, wide(f.isub(size, 1)))
        return f.binary("mul", high, wide(stride))

    def store(self, store: Store, value: Lane) -> None:
        """Write a value where a store's access lies."""
        k, f = self.kernel.math, self.kernel.f
        step, pointer = self.step(store.access), self.pointer(store.access)
        if not self.lanes:
            k.store(value, pointer)
            return
        value = splat(f, value, self.lanes)
        if _is(step, 1):
            k.store(value, pointer, self.mask)
            return
        element = k.memory_type(store.access.dtype)
        for lane in range(self.lanes):
            one = Lane(f.extract(value.value, lane), value.dtype)
            at = f.gep(pointer, f.imul(lane, step), element)
            with self._if_exists(lane):
                k.store(one, at)


def gathered(f: Function, parts: Sequence[Value]) -> Value:
    """A vector of scalars."""
    vector = Value(parts[0].type.vector(len(parts)), "poison")
    for lane, part in enumerate(parts):
        vector = f.insert(vector, part, lane)
    return vector


def _is(index: Index, number: int) -> bool:
    return isinstance(index, int) and index == number

"""What follows a matrix product or a convolution, on vectors that are still in registers."""

from __future__ import annotations

from dataclasses import dataclass

from pentad.codegen.llvm.expressions import Environment, Evaluator, Kernel, Point, splat
from pentad.codegen.llvm.ir import I32, VOID, Function, Index, Value, constant
from pentad.codegen.llvm.vmath import Lane
from pentad.graph.dtypes import DType
from pentad.schedule.spec import Access, Epilogue, Instr
from pentad.schedule.weights import pays_in_pairs
from pentad.target.cpu import CpuTarget


@dataclass
class _Held:
    """Values that are loaded at the entry of a function, in vectors of `lanes` equal lanes."""

    kernel: Kernel
    lanes: int
    wide: Environment

    def values(self, lanes: int) -> Environment:
        """The same in vectors of `lanes`, a multiple of the present lanes."""
        if lanes == self.lanes:
            return self.wide
        f, order = self.kernel.f, [*range(self.lanes)] * (lanes // self.lanes)
        return {i: Lane(f.shuffle(x.value, x.value, order), x.dtype) for i, x in self.wide.items()}


def _is_same_everywhere(instr: Instr) -> bool:
    """Is this a number that the kernel is given, the same for all of its results?"""
    if instr.op == "load":
        return instr.access is not None and not any(s != 0 for s in instr.access.strides)
    return instr.op == "scalar"


def _accesses(spec: Epilogue) -> list[Access]:
    """What the instructions and stores touch."""
    found = [s.access for s in spec.stores]
    for instr in spec.instrs:
        places = (instr.access, instr.indexed.access if instr.indexed else None)
        found += [access for access in places if access is not None]
    return found


class EpilogueCode:
    """Evaluates the instructions and stores of a kernel for each vector of its results.

    lane_axis: which of the kernel's three dimensions the vector runs along.
    """

    def __init__(
        self, spec: Epilogue, accumulator: DType, target: CpuTarget, *, lane_axis: int
    ) -> None:
        self.spec, self.accumulator, self.target = spec, accumulator, target
        self.lane_axis = lane_axis
        self._last: tuple[Function, str, Kernel] | None = None
        self._held: _Held | None = None
        self.in_pairs = pays_in_pairs(i.op for i in spec.instrs)

    def __call__(
        self,
        f: Function,
        bufs: Value,
        acc: Value,
        b: Index,
        m: Index,
        n: Index,
        mask: Value | None,
    ) -> None:
        """Consume the finished vector `acc` at (b, m, n)."""
        spec, kernel = self.spec, self._kernel(f)
        point = Point(
            kernel,
            acc.type.lanes,
            mask,
            lambda access: self._pointer(kernel, access, (b, m, n)),
            lambda access: self._offset(kernel, access, (b, m, n)),
            lambda access: kernel.size(access.strides[self.lane_axis]),
        )
        known: Environment = {0: Lane(acc, self.accumulator)}
        if self._held is not None and self._held.kernel is kernel:
            known.update(self._held.values(acc.type.lanes))
        evaluator = Evaluator(kernel, spec.instrs)
        env = evaluator.evaluate([s.value for s in spec.stores], known, point)
        for store in spec.stores:
            point.store(store, env[store.value])

    def hold(self, f: Function, lanes: int) -> None:
        """At the entry of `f`: load what all results share, pointers and numbers, once for all of
        its blocks. LLVM would load it again for each vector, for the stores might change it."""
        spec = self.spec
        kernel = Kernel(f, self.target, spec.slots, spec.checked)
        for access in _accesses(spec):
            kernel.load_params((access.offset, *access.strides))
            kernel.load_buffers([access.slot])
        for indexed in (i.indexed for i in spec.instrs if i.indexed is not None):
            kernel.load_params((*indexed.sizes, *indexed.strides))
        same = [i for i, instr in enumerate(spec.instrs) if _is_same_everywhere(instr)]
        here = (0, 0, 0)
        point = Point(
            kernel,
            0,
            None,
            lambda access: self._pointer(kernel, access, here),
            lambda access: self._offset(kernel, access, here),
            lambda access: 0,
        )
        env = Evaluator(kernel, spec.instrs).evaluate(same, {}, point)
        self._held = _Held(kernel, lanes, {i: splat(f, env[i], lanes) for i in same})

    def _kernel(self, f: Function) -> Kernel:
        """What the vectors of one block of code share."""
        if self._held is not None and self._held.kernel.f is f:
            return self._held.kernel
        if self._last is None or self._last[0] is not f or self._last[1] != f.block:
            kernel = Kernel(f, self.target, self.spec.slots, self.spec.checked)
            self._last = f, f.block, kernel
        return self._last[2]

    def prefetch(
        self, f: Function, b: Index, m: Index, n: Index, *, results: bool = False
    ) -> None:
        """Ask for the cache line at (b, m, n) of each operand that is read there only once.

        results: and of each result.
        """
        kernel = self._kernel(f)
        stores = [s.access for s in self.spec.stores] if results else []
        for access in dict.fromkeys([*self._streams(), *stores]):
            pointer = self._pointer(kernel, access, (b, m, n))
            write, near, data = (constant(I32, i) for i in (1, 3, 1))
            f.call("llvm.prefetch.p0", VOID, pointer, write, near, data)

    def _streams(self) -> list[Access]:
        loads = [i.access for i in self.spec.instrs if i.op == "load"]
        found = {a: None for a in loads if a is not None}
        return [a for a in found if a.strides[self.lane_axis] == 1 and a.strides[1] not in (0, 1)]

    def _offset(self, kernel: Kernel, access: Access, at: tuple[Index, Index, Index]) -> Index:
        f, total = kernel.f, kernel.size(access.offset)
        for i, stride in zip(at, access.strides, strict=True):
            total = f.iadd(total, f.imul(i, kernel.size(stride)))
        return total

    def _pointer(self, kernel: Kernel, access: Access, at: tuple[Index, Index, Index]) -> Value:
        element = kernel.math.memory_type(access.dtype)
        offset = self._offset(kernel, access, at)
        return kernel.f.gep(kernel.buffer(access.slot), offset, element)

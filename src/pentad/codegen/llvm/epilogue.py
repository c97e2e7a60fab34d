"""What follows a matrix product or a convolution, on vectors that are still in registers."""

from __future__ import annotations

from pentad.codegen.llvm.expressions import Environment, Evaluator, Kernel, Point
from pentad.codegen.llvm.ir import I32, VOID, Function, Index, Value, constant
from pentad.codegen.llvm.vmath import Lane
from pentad.graph.dtypes import DType
from pentad.schedule.spec import Access, Epilogue
from pentad.schedule.weights import pays_in_pairs
from pentad.target.cpu import CpuTarget


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
        evaluator = Evaluator(kernel, spec.instrs)
        env = evaluator.evaluate([s.value for s in spec.stores], known, point)
        for store in spec.stores:
            point.store(store, env[store.value])

    def _kernel(self, f: Function) -> Kernel:
        """What the vectors of one block of code share."""
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

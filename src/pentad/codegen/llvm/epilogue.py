"""What follows a matrix product or a convolution, on vectors that are still in registers."""

from __future__ import annotations

from pentad.codegen.llvm.expressions import Environment, Evaluator, Kernel, Point
from pentad.codegen.llvm.gemm_tile import Finish
from pentad.codegen.llvm.ir import Function, Index, Value
from pentad.codegen.llvm.vmath import Lane
from pentad.graph.dtypes import DType
from pentad.schedule.spec import Access, Epilogue
from pentad.target.cpu import CpuTarget


def epilogue(
    spec: Epilogue, accumulator: DType, target: CpuTarget, *, lane_axis: int
) -> Finish:
    """The callback that evaluates the instructions and stores of a kernel for each vector.

    lane_axis: which of the kernel's three dimensions the vector runs along.
    """

    def finish(
        f: Function, bufs: Value, acc: Value, b: Index, m: Index, n: Index, mask: Value | None
    ) -> None:
        kernel = Kernel(f, target, spec.slots, spec.checked)

        def offset(access: Access) -> Index:
            total = kernel.size(access.offset)
            for i, stride in zip((b, m, n), access.strides, strict=True):
                total = f.iadd(total, f.imul(i, kernel.size(stride)))
            return total

        def pointer(access: Access) -> Value:
            element = kernel.math.memory_type(access.dtype)
            return f.gep(kernel.buffer(access.slot), offset(access), element)

        point = Point(
            kernel,
            acc.type.lanes,
            mask,
            pointer,
            offset,
            lambda access: kernel.size(access.strides[lane_axis]),
        )
        known: Environment = {0: Lane(acc, accumulator)}
        evaluator = Evaluator(kernel, spec.instrs)
        env = evaluator.evaluate([s.value for s in spec.stores], known, point)
        for store in spec.stores:
            point.store(store, env[store.value])

    return finish

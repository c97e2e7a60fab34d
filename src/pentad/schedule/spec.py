"""Kernel specs: what a kernel computes, without loops. CPU and GPU emitters read the same specs.

A spec names operands by `slot`, the position in the kernel's table of buffers, and sizes and
strides as `Size`: numbers, or parameters read at run time. Equal specs are the same kernel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pentad.graph.dtypes import DType
from pentad.ops.weights import weight_of
from pentad.schedule.conv_plan import ConvPlan
from pentad.schedule.conv_spec import ConvSpec
from pentad.schedule.gemm_spec import GemmPlan, GemmSpec
from pentad.schedule.size import Size

if TYPE_CHECKING:
    from pentad.target.cpu import CpuTarget

Attrs = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Access:
    """An affine map from the iteration space to the elements of one operand.

    The element at point (i0, i1, ...) lies `offset + sum(i * stride)` elements into the buffer.
    """

    slot: int
    dtype: DType
    strides: tuple[Size, ...]
    offset: Size = 0


@dataclass(frozen=True, slots=True)
class Indexed:
    """A load whose address depends on values: index `i` along `sizes[i]` moves by `strides[i]`.

    check: an index out of range sets the status word, and is clamped like with check = False.
    """

    access: Access
    sizes: tuple[Size, ...]
    strides: tuple[Size, ...]
    check: bool


@dataclass(frozen=True, slots=True)
class Instr:
    """One value of the expression DAG; `args` are positions of earlier instructions.

    op is the name of an element-wise op, or one of
      load      the element that `access` names
      load_at   the element that `indexed` names, args are the indices
      position  the index along dimension `dim` of the iteration space, an int64
      reduced   the result of a reduction of an earlier stage
      product   the finished accumulator of a matrix product or convolution
    """

    op: str
    args: tuple[int, ...]
    dtype: DType
    attrs: Attrs = ()
    access: Access | None = None
    indexed: Indexed | None = None
    dim: int = -1


def constant(value: float, dtype: DType) -> Instr:
    """The instruction that gives a number. Its sign is an attribute of its own, for -0.0 and 0.0
    are equal, and equal specs are one kernel."""
    negative = isinstance(value, float) and math.copysign(1.0, value) < 0
    attrs = (("value", value), ("dtype", dtype), ("negative", negative))
    return Instr("full", (), dtype, attrs)


@dataclass(frozen=True, slots=True)
class Store:
    """Write instruction `value` to where `access` names.

    A scattered store is displaced by the index instructions `indices` (see Indexed, whose access
    is the same one); `combine` (add, mul, max, min) says how the value joins what is there, empty
    that it takes its place. Such stores happen in the order of the reduced dimensions, each lane on
    its own.
    """

    access: Access
    value: int
    indexed: Indexed | None = None
    indices: tuple[int, ...] = ()
    combine: str = ""


@dataclass(frozen=True, slots=True)
class Reduction:
    """Combine instruction `value` over the reduced dimensions; `result` is a `reduced` one.

    kind: sum, prod, max, min, and, or, argmax, argmin.
    """

    kind: str
    value: int
    result: int


@dataclass(frozen=True, slots=True)
class Stage:
    """One pass over the reduced dimensions, then the values of the outer point that follow it."""

    reductions: tuple[Reduction, ...]
    stores: tuple[Store, ...]
    outer_stores: tuple[Store, ...]


@dataclass(frozen=True, slots=True)
class Ragged:
    """Dimension `inner` is a block of a longer one: its size at block `outer` ends at `total`."""

    inner: int
    outer: int
    total: Size


@dataclass(frozen=True, slots=True)
class LoopSpec:
    """A nest of loops over `dims` with element-wise values, reductions and stores.

    The first `parallel` dimensions make the parallel index space, the last `reduced` ones are
    reduced; `vector` is the dimension that runs over vector lanes. `checked`: the last slot is
    the status word.
    """

    dims: tuple[Size, ...]
    parallel: int
    reduced: int
    vector: int
    ragged: tuple[Ragged, ...]
    instrs: tuple[Instr, ...]
    stages: tuple[Stage, ...]
    slots: int
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Epilogue:
    """What happens to the results of a matrix product or a convolution, in registers.

    Instruction 0 is the `product`; accesses run over the kernel's three dimensions: (batch, m,
    n), (image, pixel, channel) or (tap, channel in its group, kernel). Slots 0, 1 and 2 are the
    operands and the workspace.
    """

    instrs: tuple[Instr, ...]
    stores: tuple[Store, ...]
    slots: int
    checked: bool = False

    @property
    def weight(self) -> int:
        """The cost of one result, as in `weights`."""
        return sum(weight_of(i.op) for i in self.instrs if i.args)

    @property
    def streams(self) -> bool:
        """Does it read an operand that is a matrix like the result?"""
        accesses = [i.access for i in self.instrs if i.op == "load"]
        return any(a is not None and 0 not in a.strides[1:] for a in accesses)


@dataclass(frozen=True, slots=True)
class GemmKernel:
    """A matrix product with its epilogue."""

    gemm: GemmSpec
    plan: GemmPlan
    epilogue: Epilogue


@dataclass(frozen=True, slots=True)
class ConvKernel:
    """One stage of a convolution; the last one has the epilogue."""

    conv: ConvSpec
    plan: ConvPlan
    stage: str
    epilogue: Epilogue


@dataclass(frozen=True, slots=True)
class PackKernel:
    """Rearranges an operand ("a" or "b") of a matrix product; slots as in its GemmKernel."""

    gemm: GemmSpec
    plan: GemmPlan
    operand: str


@dataclass(frozen=True, slots=True)
class ScanKernel:
    """A cumulative op along lines: slot 0 is the operand, slot 1 the result.

    kind: sum, prod, argmax, argmin, logsumexp. rank: the number of dimensions besides the line's;
    lanes: how many neighbouring lines go side by side (0: one line at a time). Run-time
    parameters: the line's length, the operand's offset, the strides of operand and result along
    the line, then size and both strides of each other dimension.
    """

    kind: str
    dtype: DType
    rank: int
    lanes: int


@dataclass(frozen=True, slots=True)
class SortKernel:
    """The positions that sort lines: operand, result and workspace; parameters as of ScanKernel."""

    dtype: DType
    descending: bool
    rank: int

    @property
    def key_bits(self) -> int:
        """The size of the numbers that elements are compared as."""
        return max(self.dtype.bits, 32) if self.dtype.is_floating_point else self.dtype.bits

    @property
    def workspace(self) -> int:
        """Bytes for each element: two positions and two keys, aligned."""
        return 16 + -(-self.key_bits // 32) * 8


@dataclass(frozen=True, slots=True)
class AttentionKernel:
    """softmax(q k^T * scale) v, or with `gradient` its three gradients, for each head.

    Slots: q [L, width], k [S, width], v [S, value_width]; for gradients the result of attention
    and the cotangents of its two parts; last the result. Last axes are contiguous. A task is some
    queries of a head, for gradients a head. Run-time parameters: L, S, the bits of the scale (a
    float64), the sizes of the `rank` axes of heads; then of each slot the offset, the stride of a
    row and those of the heads.
    """

    dtype: DType
    width: int
    value_width: int
    causal: bool
    rank: int
    gradient: bool

    @property
    def matrices(self) -> tuple[int, ...]:
        """The slots with rows of their own; the others are one row for each head."""
        return (0, 1, 2, 4) if self.gradient else (0, 1, 2)

    @property
    def slots(self) -> int:
        return 7 if self.gradient else 4

    def queries(self, target: CpuTarget) -> int:
        """How many queries lie side by side in vectors."""
        return target.gemm_tile(self.dtype)[1]

    def task_queries(self, target: CpuTarget) -> int:
        """How many queries a task of attention has: blocks of them share copies of the keys, and
        are fewer where they are long, as they wait on the stack."""
        blocks = min(4, 256 // max(self.width, self.value_width))
        return self.queries(target) * max(1, blocks)


KernelSpec = (
    LoopSpec | GemmKernel | PackKernel | ConvKernel | ScanKernel | SortKernel | AttentionKernel
)

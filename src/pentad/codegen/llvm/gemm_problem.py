"""What the parts of a GEMM kernel share: its sizes, strides and operands as values in the code."""

from __future__ import annotations

from dataclasses import dataclass, field

from pentad.codegen.llvm.ir import I64, PTR, Function, Index, Module, Type, Value
from pentad.codegen.llvm.vmath_memory import memory_type
from pentad.graph.dtypes import DType
from pentad.schedule.gemm_spec import GemmPlan, GemmSpec, a_pitch_slack
from pentad.schedule.size import Param, Size

ABI = [(PTR, "bufs"), (PTR, "params"), (I64, "begin"), (I64, "end")]


def load_size(f: Function, size: Size) -> Index:
    """A size as an Index: a Param is read from the kernel's %params."""
    if isinstance(size, Param):
        return f.load(I64, f.gep(f.arguments[1], size.index, I64))
    return size


def load_buffer(f: Function, index: int) -> Value:
    """The data pointer of operand `index`."""
    return f.load(PTR, f.gep(f.arguments[0], index, PTR))


@dataclass
class Problem:
    """One GEMM inside the function `f`.

    Rows are split into `tiles` tiles of `rows` rows; the first `longer` have one more.
    """

    f: Function
    spec: GemmSpec
    plan: GemmPlan
    batch: Index
    m: Index
    n: Index
    k: Index
    a_strides: tuple[Index, ...]
    b_strides: tuple[Index, ...]
    tiles: Index = field(init=False)
    rows: Index = field(init=False)
    longer: Index = field(init=False)
    panels: Index = field(init=False)

    @classmethod
    def begin(cls, module: Module, name: str, spec: GemmSpec, plan: GemmPlan) -> Problem:
        """Begin the kernel `name` and load its sizes."""
        f = module.function(name, ABI)
        sizes = (load_size(f, s) for s in (spec.batch, spec.m, spec.n, spec.k))
        a_strides = tuple(load_size(f, s) for s in spec.a_strides)
        b_strides = tuple(load_size(f, s) for s in spec.b_strides)
        return cls(f, spec, plan, *sizes, a_strides, b_strides)

    def __post_init__(self) -> None:
        f, plan = self.f, self.plan
        self.a = self._operand(0, self.spec.a, self.spec.a_offset)
        self.b = self._operand(1, self.spec.b, self.spec.b_offset)
        packs = plan.pack_a or plan.early_b
        self.workspace = load_buffer(f, 2) if packs else None
        self.begin_task, self.end_task = f.arguments[2:4]
        self.tiles = f.idiv(f.iadd(self.m, plan.rows - 1), plan.rows)
        self.rows = f.idiv(self.m, f.imax(self.tiles, 1))
        self.longer = f.isub(self.m, f.imul(self.rows, self.tiles))
        self.panels = f.idiv(f.iadd(self.n, plan.width - 1), plan.width)

    def _operand(self, slot: int, dtype: DType, offset: Size) -> Value:
        """Where the first element of A or B lies."""
        pointer = load_buffer(self.f, slot)
        return self.f.gep(pointer, load_size(self.f, offset), memory_type(dtype))

    @property
    def type(self) -> Type:
        """Of one accumulated element."""
        return memory_type(self.spec.accumulator)

    def tile_start(self, t: Index) -> Index:
        """First row of tile `t`."""
        f = self.f
        return f.iadd(f.imul(t, self.rows), f.imin(t, self.longer))

    def tile_rows(self, t: Index) -> Index:
        """Rows of tile `t`."""
        f = self.f
        is_longer = f.compare("icmp slt", f.index(t), f.index(self.longer))
        return f.iadd(f.convert("zext", is_longer, "i64"), self.rows)

    def a_tile(self, batch: Index, t: Index, row: Index, start: Index) -> Value:
        """Where tile `t` of A begins, for k from `start`."""
        f, plan = self.f, self.plan
        if plan.pack_a:
            offset = f.iadd(self._packed_a(batch, t), f.imul(start, plan.rows))
            return f.gep(self.workspace, offset, self.type)
        s0, s1, s2 = self.a_strides
        offset = f.iadd(f.imul(batch, s0), f.iadd(f.imul(row, s1), f.imul(start, s2)))
        return f.gep(self.a, offset, memory_type(self.spec.a))

    def b_panel(self, batch: Index, panel: Index, column: Index, start: Index) -> Value:
        """Where a panel of B begins, for k from `start`; packed if that is done beforehand."""
        f, plan = self.f, self.plan
        if plan.early_b:
            matrix = 0 if self.spec.b_strides[0] == 0 else batch
            nth = f.iadd(f.imul(matrix, self.panels), panel)
            offset = f.imul(f.iadd(f.imul(nth, self.k), start), plan.width)
            return f.gep(self.workspace, offset, self.type)
        return self.b_source(batch, column, start)

    def b_source(self, batch: Index, column: Index, start: Index) -> Value:
        """Where `column` of B itself begins, for k from `start`."""
        f = self.f
        s0, s1, s2 = self.b_strides
        offset = f.iadd(f.imul(batch, s0), f.iadd(f.imul(start, s1), f.imul(column, s2)))
        return f.gep(self.b, offset, memory_type(self.spec.b))

    @property
    def a_pitch(self) -> Index:
        """Elements from one packed tile of A to the next."""
        return self.f.iadd(self.f.imul(self.k, self.plan.rows), a_pitch_slack)

    def _packed_a(self, batch: Index, t: Index) -> Index:
        """Offset of a packed tile of A; packed A stands after packed B."""
        f, plan, spec = self.f, self.plan, self.spec
        matrix = 0 if spec.a_strides[0] == 0 else batch
        offset = f.imul(f.iadd(f.imul(matrix, self.tiles), t), self.a_pitch)
        if not plan.early_b:
            return offset
        matrices: Index = self.batch
        if spec.b_strides[0] == 0:
            matrices = f.imin(self.batch, 1)
        packed_b = f.imul(f.imul(matrices, self.panels), f.imul(self.k, plan.width))
        return f.iadd(packed_b, offset)

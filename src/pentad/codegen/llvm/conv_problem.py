"""What the kernels of a convolution share: its operands and workspace as values in the code."""

from __future__ import annotations

from dataclasses import dataclass

from pentad.codegen.llvm.gemm_problem import ABI, load_buffer, load_size
from pentad.codegen.llvm.ir import PTR, Function, Index, Module, Type, Value
from pentad.codegen.llvm.vmath_memory import memory_type
from pentad.schedule.conv_plan import ConvPlan
from pentad.schedule.conv_spec import ConvSpec


@dataclass
class ConvProblem:
    """One stage of a convolution inside the function `f`, whose first argument is %bufs.

    `spec` is the plan's: the convolution as it is computed.
    """

    f: Function
    plan: ConvPlan

    @staticmethod
    def begin(module: Module, name: str, plan: ConvPlan) -> ConvProblem:
        """Begin the kernel `name`."""
        return ConvProblem(module.function(name, ABI), plan)

    @property
    def spec(self) -> ConvSpec:
        return self.plan.spec

    @property
    def type(self) -> Type:
        """Of one accumulated element."""
        return memory_type(self.spec.accumulator)

    def batch(self, spec: ConvSpec) -> Index:
        """The number of images of the spec that the kernel is emitted for."""
        return load_size(self.f, spec.batch)

    def splits(self) -> Index:
        """The number of parts of a kernel gradient."""
        return load_size(self.f, self.plan.splits)

    def total(self, place: Value, splits: Index) -> Value:
        """The sum over a kernel gradient's parts, in order; `place` is a vector of the first."""
        f, vector = self.f, self.type.vector(self.plan.lanes)

        def add(part: Value, total: list[Value]) -> list[Value]:
            other = f.gep(place, f.imul(part, self.plan.partial_elements), self.type)
            return [f.binary("fadd", total[0], f.load(vector, other))]

        return f.loop(1, splits, 1, add, [f.load(vector, place)])[0]

    def work(self) -> Value:
        """The packed kernels, or the partial sums of a kernel gradient."""
        return load_buffer(self.f, 2)

    def image(self) -> Value:
        """The images that tiles read, channels last, on the grid of the plan."""
        return load_buffer(self.f, 0)

    def channels(self, panel: Index) -> tuple[Index, Index]:
        """(group, first channel in the group) of the result's panel number `panel`."""
        f, plan = self.f, self.plan
        group = f.idiv(panel, plan.group_panels) if plan.all_panels != plan.group_panels else 0
        return group, f.imul(f.isub(panel, f.imul(group, plan.group_panels)), plan.width)


def constant_table(module: Module, name: str, values: list[int]) -> Value:
    """A constant array of i64 in the module."""


    items = ", ".join(f"i64 {v}" for v in values)
    module.raw(f"@{name} = internal constant [{len(values)} x i64] [{items}]")
    return Value(PTR, f"@{name}")

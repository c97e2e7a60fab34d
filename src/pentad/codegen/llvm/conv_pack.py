"""Preparing the operands of a convolution: padded images, kernels in panels."""

from __future__ import annotations

from pentad.codegen.llvm.conv_problem import ConvProblem, constant_table
from pentad.codegen.llvm.gemm_panel import Panel
from pentad.codegen.llvm.gemm_problem import load_buffer
from pentad.codegen.llvm.gemm_tile import widen
from pentad.codegen.llvm.ir import I8, I64, VOID, Function, Index, Module, Type, Value, constant
from pentad.codegen.llvm.vmath_memory import memory_type
from pentad.schedule.conv_plan import ConvPlan
from pentad.schedule.conv_spec import Axis, ConvSpec


def emit_pack_image(module: Module, name: str, plan: ConvPlan) -> None:
    """Emit the kernel that copies the first operand (buffer 0) into buffer 2.

    The copy is [batch, depth, height, width, channels] with zeros for the padding, in the
    accumulator's dtype; parallel over batch, depth and height.
    """
    problem = ConvProblem.begin(module, name, plan)
    f, spec = problem.f, plan.spec
    deep, high, wide = plan.axes
    source, target = load_buffer(f, 0), load_buffer(f, 2)

    def task(t: Value, _: list[Value]) -> None:
        rest, y = f.idiv(t, high.extent), f.irem(t, high.extent)
        image, z = f.idiv(rest, deep.extent), f.irem(rest, deep.extent)
        row = f.gep(target, f.imul(t, wide.extent * plan.pitch), problem.type)
        inside = f.binary("and", _inside(problem, deep, z), _inside(problem, high, y))
        s = spec.a_strides
        offset = f.imul(image, s[0])
        for at, axis, stride in ((z, deep, s[2]), (y, high, s[3])):
            offset = f.iadd(offset, f.imul(f.isub(at, axis.low), stride))
        line = f.gep(source, offset, memory_type(spec.a))

        def copy() -> list[Value]:
            _padded_row(problem, line, row, wide)
            return []

        def blank() -> list[Value]:
            _zeros(problem, row, wide.extent * plan.pitch)
            return []

        f.choose(inside, copy, blank)

    f.loop(f.arguments[2], f.arguments[3], 1, task)
    f.ret()


def _inside(problem: ConvProblem, axis: Axis, at: Index) -> Value:
    """Does the padded grid's `at` lie in the source?"""
    f = problem.f
    shifted = f.index(f.isub(at, axis.low))
    return f.compare("icmp ult", shifted, constant(I64, axis.source))


def _padded_row(problem: ConvProblem, line: Value, row: Value, axis: Axis) -> None:
    f, pitch = problem.f, problem.plan.pitch
    count = max(0, min(axis.source, axis.extent - axis.low))
    _zeros(problem, row, axis.low * pitch)
    start = f.gep(row, axis.low * pitch, problem.type)
    _copy_pixels(problem, line, start, count)
    after = axis.low + count
    end = f.gep(row, after * pitch, problem.type)
    _zeros(problem, end, (axis.extent - after) * pitch)


def _zeros(problem: ConvProblem, place: Value, count: int) -> None:
    if count > 0:
        size = constant(I64, count * problem.spec.accumulator.itemsize)
        never = Value(Type("i1"), "false")
        problem.f.call("llvm.memset.p0.i64", VOID, place, constant(I8, 0), size, never)


def _copy_pixels(problem: ConvProblem, line: Value, start: Value, count: int) -> None:
    """`count` pixels of a row: lanes along channels, or along pixels if those are contiguous."""
    f, spec, plan = problem.f, problem.spec, problem.plan
    channels, (across, along) = spec.source_channels, (spec.a_strides[1], spec.a_strides[4])
    pitch = plan.pitch
    if pitch == channels and (channels == 1 or (across == 1 and along == channels)):
        # One long line of pixels and channels together.
        across, along, channels, count = along if channels == 1 else 1, 0, channels * count, 1
    if along == 1 and pitch == channels and 1 < channels < plan.lanes <= count:
        _interleave_pixels(problem, line, start, count)
        return
    whole = channels - channels % plan.lanes

    def block(first: Index, width: int) -> None:
        source = f.gep(line, f.imul(first, across), memory_type(spec.a))
        target = f.gep(start, first, problem.type)
        Panel(
            f, plan.target, spec.a, spec.accumulator, source, target, across, along, count,
            width, width, pitch, exact=True,
        ).emit()  # fmt: skip

    f.loop(0, whole, plan.lanes, lambda i, _: block(i, plan.lanes))
    if channels > whole:
        block(whole, channels - whole)


def _interleave_pixels(problem: ConvProblem, line: Value, start: Value, count: int) -> None:
    """Pixels of few channels, from a line of each channel: a vector of every one at a time.

    The last ones overlap those before them.
    """
    f, spec, lanes = problem.f, problem.spec, problem.plan.lanes
    channels, across = spec.source_channels, spec.a_strides[1]
    element = memory_type(spec.a)

    def block(first: Index) -> None:
        rows = []
        for c in range(channels):
            place = f.gep(line, f.iadd(first, c * across), element)
            value = f.load(element.vector(lanes), place)
            rows.append(widen(f, problem.plan.target, value, spec.a, spec.accumulator))
        for i, vector in enumerate(interleave(f, rows)):
            at = f.iadd(f.imul(first, channels), i * lanes)
            f.store(vector, f.gep(start, at, problem.type))

    f.loop(0, count - count % lanes, lanes, lambda i, _: block(i))
    if count % lanes:
        block(count - lanes)


def interleave(f: Function, rows: list[Value]) -> list[Value]:
    """The elements of some vectors in turns: the first of each, then the second of each."""
    lanes, result = rows[0].type.lanes, []
    for i in range(len(rows)):
        at = [divmod(i * lanes + j, len(rows)) for j in range(lanes)]
        vector = rows[0]
        for c, row in enumerate(rows[1:], 1):
            kept = [place if c == 1 else j for j, (place, _) in enumerate(at)]
            chosen = [lanes + p if of == c else k for (p, of), k in zip(at, kept)]
            vector = f.shuffle(vector, row, chosen)
        result.append(vector)
    return result


def emit_pack_kernel(module: Module, name: str, plan: ConvPlan) -> None:
    """Emit the kernel that packs w (buffer 1) into panels [tap][channel][width of the tile].

    Parallel over the panels of all groups; for each region of the result the taps stand in the
    order in which it sums them.
    """
    problem = ConvProblem.begin(module, name, plan)
    f, spec = problem.f, plan.spec
    kernels, work = load_buffer(f, 1), problem.work()
    tables = [
        constant_table(module, f"{name}.taps{i}", _tap_offsets(spec, region.taps))
        for i, region in enumerate(spec.regions)
        if region.taps
    ]

    def task(panel: Value, _: list[Value]) -> None:
        group, column = problem.channels(panel)
        across, along, start = kernel_place(problem, group, column)
        count = f.imin(plan.width, f.isub(plan.group_width, column))
        source = f.gep(kernels, start, memory_type(spec.b))
        base, used = 0, iter(tables)
        for region in spec.regions:
            depth = plan.region_depth(region)
            if not depth:
                continue
            offset = f.iadd(base, f.imul(panel, depth * plan.width))
            target, table = f.gep(work, offset, problem.type), next(used)

            def tap(t: Value, _: list[Value], target: Value = target, table: Value = table) -> None:
                at = f.load(I64, f.gep(table, t, I64))
                place = f.gep(target, f.imul(t, plan.depth * plan.width), problem.type)
                Panel(
                    f, plan.target, spec.b, spec.accumulator,
                    f.gep(source, at, memory_type(spec.b)), place, across, along, plan.depth,
                    count, plan.width, plan.width,
                ).emit()  # fmt: skip

            f.loop(0, len(region.taps), 1, tap)
            base += depth * plan.all_panels * plan.width

    f.loop(f.arguments[2], f.arguments[3], 1, task)
    f.ret()


def _tap_offsets(spec: ConvSpec, taps: list[tuple[int, tuple[int, int, int]]]) -> list[int]:
    """Where each tap lies in w, in elements."""
    _, height, width = spec.kernel
    _, _, deep, high, wide = spec.b_strides
    return [
        t // (height * width) * deep + t // width % height * high + t % width * wide
        for t, _ in taps
    ]


def kernel_place(
    problem: ConvProblem, group: Index, column: Index
) -> tuple[Index, Index, Index]:
    """Strides of w over the result's channels and over the summed ones, and where a panel
    begins."""
    f, spec = problem.f, problem.spec
    over_kernels, over_channels = spec.b_strides[:2]
    if spec.depthwise:
        return over_kernels, over_channels, f.imul(column, over_kernels)
    if spec.kind == "forward":
        first = f.iadd(f.imul(group, spec.width), column)
        return over_kernels, over_channels, f.imul(first, over_kernels)
    start = f.iadd(f.imul(group, spec.depth * over_kernels), f.imul(column, over_channels))
    return over_channels, over_kernels, start

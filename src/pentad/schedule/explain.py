"""What became of a graph: its kernels, what each fused, reads, writes and costs, and why the next
operation did not join."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from pentad.graph.node import Graph, Node, subgraphs
from pentad.ops.weights import weight
from pentad.schedule.group import Group
from pentad.schedule.layout import Strides
from pentad.schedule.lower import _Lowering
from pentad.schedule.products import roles
from pentad.schedule.program import (
    Branch,
    Call,
    HostStep,
    Loop,
    Program,
    Step,
    in_python,
    plan_memory,
)
from pentad.schedule.refusal import refusal
from pentad.schedule.spec import (
    AttentionKernel,
    ConvKernel,
    GemmKernel,
    LoopSpec,
    PackKernel,
    ScanKernel,
    SortKernel,
)
from pentad.target.cpu import CpuTarget


@dataclass(frozen=True)
class Kernel:
    """One fused group: a line of an Explanation.

    ops: what it computes, in order; over: its iteration space, reduced axes in brackets; plan:
    how; reads, writes: values with their types; why: the reason why its first operation did not
    join an earlier kernel; line: the user's line of that operation, if known; nodes: the same
    operations in the graph that was scheduled. `flops` counts
    vector-friendly instructions for functions such as exp, `bytes` each operand once.
    """

    number: int
    ops: tuple[str, ...]
    over: str
    plan: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    flops: int
    bytes: int
    why: str
    line: str | None = None
    nodes: tuple[Node, ...] = field(default=(), repr=False, compare=False)


@dataclass(frozen=True)
class Explanation:
    """The kernels of a graph in the order in which they run; `str` of it is a table.

    rules: the rewriting rules that fired, each with the user's line of what it replaced, if known;
    before, after: the graph as it was traced, and after the passes; scheduled: as kernels were made
    of it, with the nodes that these name.
    """

    kernels: tuple[Kernel, ...]
    target: str
    arena_bytes: int
    name: str = "graph"
    rules: tuple[tuple[str, str | None], ...] = ()
    before: Graph | None = None
    after: Graph | None = None
    scheduled: Graph | None = None

    @property
    def flops(self) -> int:
        return sum(k.flops for k in self.kernels)

    @property
    def bytes(self) -> int:
        return sum(k.bytes for k in self.kernels)

    def __str__(self) -> str:
        count = "1 kernel" if len(self.kernels) == 1 else f"{len(self.kernels)} kernels"
        head = (
            f"{self.name}: {count} for {self.target}, {short(self.flops)}flop, "
            f"{short(self.bytes)}B read and written, {short(self.arena_bytes)}B between kernels"
        )
        return "\n".join([head, *(_lines(k) for k in self.kernels), *_rewritten(self.rules)])


def _rewritten(rules: Sequence[tuple[str, str | None]]) -> list[str]:
    """Each rule that fired at a line once, with its count."""
    counts = Counter(rules)
    if not counts:
        return []
    texts = [
        f"  {rule}{f' (x{count})' if count > 1 else ''}{f'  at {line}' if line else ''}"
        for (rule, line), count in counts.items()
    ]
    return ["rewritten by these rules:", *texts]


def _lines(kernel: Kernel) -> str:
    where = f"  at {kernel.line}" if kernel.line else ""
    rows = (
        ("over", f"{kernel.over}; {kernel.plan}"),
        ("reads", ", ".join(_counted(sorted(kernel.reads))) or "nothing"),
        ("writes", ", ".join(_counted(sorted(kernel.writes))) or "nothing"),
        ("work", f"{short(kernel.flops)}flop, {short(kernel.bytes)}B"),
        ("why new", kernel.why),
    )
    head = f"kernel {kernel.number}: {' + '.join(_counted(kernel.ops))}{where}"
    return "\n".join([head, *(f"  {label:<9} {text}" for label, text in rows)])


def _counted(ops: Sequence[str]) -> list[str]:
    """Each run of equal names once, with its length."""
    found: list[list[str | int]] = []
    for op in ops:
        if found and found[-1][0] == op:
            found[-1][1] += 1  # type: ignore[operator]
        else:
            found.append([op, 1])
    return [f"{op}" if n == 1 else f"{op} (x{n})" for op, n in found]


def short(number: float) -> str:
    """Three digits and a prefix: 1.23 M, to be followed by a unit."""
    power = 0
    while number >= 999.5 and power < 4:
        number, power = number / 1000, power + 1
    return f"{number:.3g} {'kMGT'[power - 1] if power else ''}"


def explain(
    graph: Graph,
    target: CpuTarget,
    *,
    input_strides: Mapping[int, Strides] | None = None,
    donated: Mapping[int, int] | None = None,
    specialise: bool = True,
    name: str = "graph",
) -> Explanation:
    """How `lower` (whose arguments these are) turns a graph of primitive ops into kernels."""
    watched = _Watched(graph, target, input_strides or {}, donated or {}, (specialise, False))
    writer = _Writer(watched)
    plan_memory(watched.program)
    kernels = tuple(writer.kernel(g) for g in watched.steps_of)
    return Explanation(kernels, target.code.cpu, watched.program.arena_bytes, name,
                       scheduled=watched.graph)


class _Watched(_Lowering):
    """A lowering that remembers which group made which steps."""

    program: Program

    def __init__(
        self,
        graph: Graph,
        target: CpuTarget,
        input_strides: Mapping[int, Strides],
        donated: Mapping[int, int],
        sizes: tuple[bool, bool],
    ) -> None:
        self.steps_of: dict[Group, list[Step]] = {}
        super().__init__(graph, target, input_strides, donated, sizes)

    def _emit(self, group: Group) -> None:
        before = len(self.program.steps)
        super()._emit(group)
        self.steps_of[group] = self.program.steps[before:]


class _Writer:
    """Puts the groups of a lowering into words."""

    def __init__(self, lowering: _Watched) -> None:
        self.lowering = lowering
        self.numbers = {g: i for i, g in enumerate(lowering.steps_of)}
        self.outputs: dict[Node, int] = {}
        for i, node in enumerate(lowering.graph.outputs):
            self.outputs.setdefault(node, i)

    def kernel(self, group: Group) -> Kernel:
        reads, writes = self._reads(group), self._writes(group)
        steps = self.lowering.steps_of[group]
        why = refusal(group, self.lowering.grouping, lambda g: f"kernel {self.numbers[g]}")
        return Kernel(
            number=self.numbers[group],
            ops=tuple(n.op.name for n in group.nodes),
            over=_space(group),
            plan="; ".join(map(_plan, steps)) or "nothing to do",
            reads=tuple(map(self._value, reads)),
            writes=tuple(map(self._value, writes)),
            flops=sum(map(_flops, group.nodes)),
            bytes=sum(reads.values()) + sum(writes.values()) if steps else 0,
            why=why,
            line=next((n.source for n in group.nodes if n.source), None),
            nodes=tuple(group.nodes),
        )

    def _reads(self, group: Group) -> dict[Node, int]:
        """The values from memory that a group reads, with the bytes that it needs of each."""
        found: dict[Node, int] = {}
        inside = set(group.nodes)
        for node in group.nodes:
            for i in node.inputs:
                root, layout = self.lowering.layouts.resolve(i)
                if root in inside or root.op.name in ("full", "iota"):
                    continue
                pairs = zip(layout.shape, layout.strides, strict=True)
                count = prod(n for n, stride in pairs if stride)
                found[root] = max(found.get(root, 0), count * root.dtype.itemsize)
        return found

    def _writes(self, group: Group) -> dict[Node, int]:
        written = [n for n in group.nodes if n in self.lowering.stored]
        return {
            n: prod(n.shape) * n.dtype.itemsize  # type: ignore[arg-type]
            for n in (*written, *group.results.values())
        }

    def _value(self, node: Node) -> str:
        if node.op.name == "input":
            name = str(node.attrs["name"])
        elif node in self.outputs:
            name = f"output {self.outputs[node]}"
        else:
            name = f"{node.op.name} of {self.numbers[self.lowering.grouping.of[node]]}"
        return f"{name} {node.type}"


def _space(group: Group) -> str:
    """The sizes of the loops; those that are reduced stand in brackets."""
    if group.kind == "control":
        return "programs inside"
    reduced = group.reduced or ()
    sizes = [f"[{n}]" if i in reduced else str(n) for i, n in enumerate(group.space)]
    return "x".join(sizes) or "a single element"


def _plan(step: Step) -> str:
    """How a step runs: the emitter's plan, tasks and their chunks."""
    if isinstance(step, (Loop, Branch)):
        return _control(step)
    if not isinstance(step, Call):
        return "in Python"
    spec = step.spec
    if isinstance(spec, PackKernel):
        how = f"packs {spec.operand.upper()}"
    elif isinstance(spec, (GemmKernel, ConvKernel)):
        how = str(spec.plan) if isinstance(spec, GemmKernel) else f"{spec.stage}: {spec.plan}"
    elif isinstance(spec, ScanKernel):
        how = f"along lines, {spec.lanes} at a time" if spec.lanes else "along lines"
    elif isinstance(spec, SortKernel):
        how = "sorts lines"
    elif isinstance(spec, AttentionKernel):
        how = "a head at a time" if spec.gradient else "some queries at a time"
    else:
        how = _loop(spec)
    return f"{how}, {step.n} tasks by {min(step.chunk, step.n)}" if step.n > 1 else how


def _control(step: Loop | Branch) -> str:
    """What a loop or a branch runs; a step in Python among it makes Python drive the whole."""
    if isinstance(step, Loop):
        length = step.node.attrs["length"]
        bound = "at most " if step.cond is not None or step.node.attrs["limited"] else ""
        often = "steps until its condition is false" if length is None else f"{bound}{length} steps"
        parts = [("a step", step.body)]
        if step.cond is not None:
            parts.append(("its condition", step.cond))
    else:
        often, parts = "a branch", [("if true", step.on_true), ("if false", step.on_false)]
    inside = "; ".join(f"{name} {_kernels(program)}" for name, program in parts)
    if not in_python(step):
        return f"native, {often}; {inside}"
    culprits = dict.fromkeys(s.node.op.name for s in _flat(step) if isinstance(s, HostStep))
    return f"driven by Python because of {', '.join(culprits)}, {often}; {inside}"


def _flat(step: Step) -> list[Step]:
    """A step and all steps inside of it."""
    if not isinstance(step, (Loop, Branch)):
        return [step]
    return [step, *(inner for p in step.programs for s in p.steps for inner in _flat(s))]


def _kernels(program: Program) -> str:
    """The steps of a program inside, by their labels."""
    labels = [s.label if isinstance(s, Call) else s.node.op.name for s in program.steps]
    return f"runs {', '.join(_counted(labels)) or 'nothing'}"


def _loop(spec: LoopSpec) -> str:
    passes = len(spec.stages)
    text = "loop" if passes == 1 else f"loop, {passes} passes"
    return text if spec.vector >= 0 else f"{text}, scalar"


def _flops(node: Node) -> int:
    if node.op.kind == "control":
        often = node.attrs.get("length", 1) or 1
        inner = (sum(map(_flops, g.nodes)) for g in subgraphs(node).values())
        return int(often * (sum(inner) if node.op.name == "loop" else max(inner)))
    size = prod(node.shape)  # type: ignore[arg-type]
    if node.op.name == "dot_general":
        k = roles(node)[2]
        return 2 * size * prod(node.inputs[0].shape[i] for i in k)  # type: ignore[misc]
    if node.op.kind == "reduce":
        return prod(node.inputs[0].shape)  # type: ignore[arg-type]
    if node.op.name.startswith("convolution"):
        return _convolution_flops(node)
    return weight(node) * size if node.op.kind == "elementwise" else 0


def _convolution_flops(node: Node) -> int:
    """Two for each tap of each channel of each result of the forward convolution."""
    first, second = (n.shape for n in node.inputs)
    if node.op.name == "convolution":
        result, kernel = node.shape, second
    elif node.op.name == "convolution_input_grad":
        result, kernel = first, second
    else:
        result, kernel = first, node.shape
    return 2 * prod(result) * prod(kernel[1:])  # type: ignore[arg-type]

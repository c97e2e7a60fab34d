"""What is traced inside `vmap`: the function for one example, as a graph.

Tensors from outside, whether mapped or met on the way, have a stand-in within; the graph is then
batched (autodiff/batching.py) and run as one operation in whatever surrounds the call: at once,
recorded, or in an outer trace. So every transform composes with every other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import AutogradError, CaptureError, message
from pentad.graph.lines import user_line
from pentad.graph.node import Graph, Node, input_node
from pentad.tensor.autograd import run_backward
from pentad.tensor.capture.trace import Trace
from pentad.tensor.dispatch import surface
from pentad.tensor.operands import scalar_operand
from pentad.tensor.run import leaked
from pentad.tensor.state import set_trace, state
from pentad.tensor.tensor import Alias, Leaf, Tensor
from pentad.tensor.views import alias_view, record_view, stop_view


class Bound:
    """A tensor from outside: its stand-in, its input node, and whether the examples differ."""

    __slots__ = ("batched", "inside", "leaf", "node", "outside")

    def __init__(self, outside: Tensor, node: Node, inside: Tensor, batched: bool) -> None:
        self.outside = outside
        self.node = node
        self.inside = inside
        self.batched = batched
        self.leaf: Any = None

    @property
    def written(self) -> Node | None:
        """The value that the function left in it, if it wrote to it."""
        cell: Any = self.inside.storage
        return cell.node if cell.changes else None


class BatchTrace(Trace):
    """The trace of a function for one of `n` examples."""

    def __init__(self, n: Any, randomness: str) -> None:
        super().__init__("a function under vmap")
        self.n = n
        self.randomness = randomness
        self.recording = state.grad
        self.stopping = True
        self.tracked = False
        self.bound: list[Bound] = []
        self.captured: dict[int, Bound] = {}

    # -- what comes from outside ---------------------------------------------------------------

    def bind(self, t: Tensor, batched: bool) -> Bound:
        """The stand-in of a tensor; a batched one has the examples along its axis 0."""
        shape = t.meta.shape[1:] if batched else t.meta.shape
        kind = "weak" if t.meta.weak else "x"
        node = input_node(f"{kind}{len(self.bound)}", shape, t.meta.dtype)
        inside = self.fresh(node, user_line())
        inside.meta.weak = t.meta.weak
        found = Bound(t, node, inside, batched)
        self.bound.append(found)
        if self.recording and t.node is not None:
            self._track(found)
        return found

    def _track(self, found: Bound) -> None:
        """Let gradients flow to a stand-in, which is a leaf only if what it stands for is."""
        self.tracked = True
        outside = found.outside.node
        if type(outside) is Leaf:
            found.leaf = found.inside.node = outside
            return
        base = self.fresh(found.node, None)
        found.leaf = base.node = Leaf(base)
        self.keep.append(base)
        record_view(base, found.inside, ((alias_view, ()),))

    def own(self, t: Tensor) -> Tensor:
        """The tensor itself if it is of this trace, else its stand-in."""
        info = t.meta.traced
        if info is not None and info.trace is self:
            return t
        if info is None and t.meta.weak:
            return t
        found = self.captured.get(id(t))
        if found is None:
            if info is not None and not self._encloses(info.trace):
                raise leaked([t])
            found = self.captured[id(t)] = self.bind(t, False)
        elif found.leaf is None and t.node is not None and self.recording:
            self._track(found)
        return found.inside

    def _encloses(self, trace: Any) -> bool:
        around = self.outer
        while around is not None and around is not trace:
            around = around.outer
        return around is not None

    def value(self, t: Tensor) -> Node:
        """The node of a tensor's present value."""
        return super().value(self.own(t))

    def literal(self, t: Tensor) -> Tensor:
        """A tensor of constants made by the function."""
        return self.fresh(self.value(t), user_line())

    # -- operations ----------------------------------------------------------------------------

    def run(self, spec: Any, operands: Any) -> list[Tensor]:
        """Add an operation."""
        return super().run(spec, [self.own(t) for t in operands])

    def write(self, spec: Any, operands: Any) -> Tensor:
        """Add an in-place operation."""
        super().write(spec, [self.own(t) for t in operands])
        return operands[0]  # type: ignore[no-any-return]

    def put(self, target: Tensor, value: Node, line: str | None) -> None:
        """Replace the value of a tensor."""
        super().put(self.own(target), value, line)

    def _inlined(self, graph: Graph, operands: Any, line: str | None) -> list[Node]:
        return [self._cut(n) for n in super()._inlined(graph, operands, line)]

    def _severed(self) -> bool:
        """Is something computed that is no part of the gradient of what surrounds vmap?"""
        return self.stopping and self.tracked and not state.grad

    def _cut(self, node: Node) -> Node:
        return ops.stop_gradient(node) if self._severed() and _smooth(node) else node

    def view(self, function: Any, x: Tensor, args: tuple[Any, ...]) -> Tensor:
        """Add a view."""
        out = super().view(function, self.own(x), args)
        return self.detach(out) if self._severed() else out

    def detach(self, x: Tensor) -> Tensor:
        """The same value, through which no gradient of what surrounds vmap flows either."""
        out = super().view(stop_view, self.own(x), ())
        alias: Any = out.alias
        out.alias = Alias(None, alias.root, alias.steps, len(alias.steps))
        out.node = None
        return out

    def unrecorded(self, x: Tensor) -> Tensor:
        """The same value without history here."""
        return super().unrecorded(self.own(x))

    # -- what only makes sense outside ---------------------------------------------------------

    def draw(self, generator: Any, count: Any) -> tuple[Tensor, Tensor]:
        """Random numbers: the same for all examples, different for each, or an error."""
        if self.randomness == "error":
            raise CaptureError(
                message(
                    "a random operation under vmap",
                    expected="randomness='different' (numbers of its own for each example) or "
                    "'same'",
                    got="randomness='error', the default",
                    hint="say vmap(f, randomness='different')",
                )
            )
        with outside(self):
            if self.randomness == "same":
                key, first = generator.draw(count)
            else:
                key, first = generator.draw(count * self.n)
                first = _offsets(first, count, self.n)
        different = self.randomness == "different"
        return self.own(key), self.bind(first, different).inside

    def host_scalar(self, read: Callable[[], float]) -> Tensor:
        """A weak operand that is read at each call."""
        if self.outer is None:
            return scalar_operand(read())
        return self.own(self.outer.host_scalar(read))

    def each_call(self, action: Callable[[], object]) -> None:
        """Do an action at each call."""
        if self.outer is None:
            action()
        else:
            self.outer.each_call(action)

    def require_values(self, what: str, t: Tensor) -> None:
        """The values of tensors from outside are known, those of the examples are not."""
        info = t.meta.traced
        if info is None:
            found = self.captured.get(id(t))
            if found is None or found.written is None:
                return
        elif info.trace is not self and self.outer is not None:
            self.outer.require_values(what, t)
        raise CaptureError(
            message(
                f"{what} needs the values of a tensor under vmap, where each example has its own",
                expected="operations on tensors only, with sizes that do not depend on values",
                got=f"a tensor of type {t.meta.type}",
                hint="use pentad.where(condition, a, b) instead of a branch",
            )
        )

    def entry_grad(self, t: Tensor) -> Any:
        """`.grad` belongs to whole tensors, not to examples."""
        raise _grad_refused()

    def set_grad(self, t: Tensor, value: Tensor | None) -> None:
        """`.grad` belongs to whole tensors, not to examples."""
        raise _grad_refused()

    def read_grad(self, t: Tensor) -> Any:
        """`.grad` belongs to whole tensors, not to examples."""
        raise _grad_refused()


class Rules:
    """The gradient by the rules that the function has inside, traced for one example.

    cotangents: an input node for each result that a gradient can come from; gradients: of what
    comes from outside, nodes made of these.
    """

    def __init__(self, trace: BatchTrace, results: Sequence[Tensor]) -> None:
        self.cotangents: list[Node | None] = [None] * len(results)
        starts = []
        for i, t in enumerate(results):
            if t.node is not None:
                node = self.cotangents[i] = input_node(f"g{i}", t.shape, t.dtype)
                starts.append((t.node, trace.fresh(node, None)))
        tracked = [b for b in trace.bound if b.leaf is not None]
        trace.stopping = False
        found = run_backward(
            starts, retain_graph=True, create_graph=False, targets=[b.leaf for b in tracked]
        )
        self.gradients: dict[Bound, Node] = {}
        met: set[Any] = set()
        for b in tracked:
            gradient = found.get((b.leaf, 0))
            if gradient is not None and b.leaf not in met:
                met.add(b.leaf)
                self.gradients[b] = trace.value(gradient)


class outside:
    """For a while, what surrounds the trace is active again."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    def __enter__(self) -> None:
        set_trace(self.trace.outer)

    def __exit__(self, *_: object) -> None:
        set_trace(self.trace)


def _smooth(node: Node) -> bool:
    return node.dtype.is_inexact and bool(node.inputs)


def _grad_refused() -> AutogradError:
    return AutogradError(
        message(
            ".grad under vmap",
            expected="gradients as results",
            got="backward(), or a .grad that is read or set, inside the mapped function",
            hint="use pentad.grad(f) or pentad.autograd.grad(...) inside of it",
        )
    )


@surface
def _offsets(first: Node, count: Any, n: Any) -> Node:
    """Where the random numbers of each of `n` examples begin, `count` apart."""
    number = ops.iota((n,), 0, dtypes.uint64)
    step = ops.broadcast(ops.full(count, (), dtypes.uint64), (n,))
    return ops.broadcast(first, (n,)) + number * step

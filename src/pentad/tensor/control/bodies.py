"""Tracing the body of a loop or a branch into a graph of its own.

A Body is a trace inside of a trace. What its function meets from outside (captured tensors, values
of the trace around it) becomes an input of the body, in `captured`; what would change the outside
is refused, for the body may run many times, or never.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import CaptureError, message
from pentad.graph.lines import user_line
from pentad.graph.node import Graph, Node, input_node
from pentad.graph.op import TensorType
from pentad.graph.sizes import Size
from pentad.ops.random import philox
from pentad.tensor.capture.cells import Cell
from pentad.tensor.capture.trace import Trace
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.random import default_generator
from pentad.tensor.meta import Meta, row_major
from pentad.tensor.specialise import Specialised
from pentad.tensor.state import state
from pentad.tensor.tensor import Leaf, Tensor

U64 = dtypes.uint64


@surface
def stream_key(key: Node, offset: Node) -> Node:
    """The key of the stream that a body draws from, made of one number of the stream outside."""
    return philox(offset, key)


class Body(Trace):
    """One trace of a body.

    draws: may it draw random numbers? Then `position` is an input that says how many were drawn
    in earlier steps, `drawn` how many a step draws, `streams` whether it draws at all. key: of its
    stream, if already known. severed: did it take the value of something for a constant?
    """

    def __init__(
        self, parent: Trace, name: str, *, draws: bool = True, key: Tensor | None = None
    ) -> None:
        super().__init__(name)
        self.parent, self.scope = parent, parent.scope
        self.arguments: list[Node] = []
        self.captured: list[tuple[Tensor, Node]] = []
        self.position = input_node("position", (), U64)
        self.drawn: Size = 0
        self.streams = self.severed = False
        self.key = key
        self._draws = draws
        self._known: dict[Any, Node] = {}
        self._own: set[Cell] = set()
        self._outside = Cell(None)

    def parameter(self, type: TensorType, smooth: bool) -> Tensor:
        """An argument of the function; smooth: it requires a gradient, as in eager mode."""
        node = input_node(f"a{len(self.arguments)}", type.shape, type.dtype)
        self.arguments.append(node)
        t = self.fresh(node, user_line())
        if smooth and type.dtype.is_inexact:
            t.node = Leaf(t)
        self.keep.append(t)
        return t

    def graph(self, outputs: Sequence[Node], captured: Sequence[tuple[Tensor, Node]]) -> Graph:
        """The graph (arguments, what was captured) -> outputs; others may have captured more."""
        own = {id(t): node for t, node in self.captured}
        inside = [
            own.get(id(t)) or input_node(f"k{i}", n.shape, n.dtype)
            for i, (t, n) in enumerate(captured)
        ]
        return Graph([*self.arguments, *inside], outputs)

    # -- values --------------------------------------------------------------------------------

    def value(self, t: Tensor) -> Node:
        """The node of a tensor's value, an input of the body if it comes from outside."""
        info = t.meta.traced
        if info is not None and info.trace is self:
            return super().value(t)
        if t.meta.weak and info is None:
            return super().value(t)
        node = self.parent.value(t)
        known = (node, id(t.node))
        if known not in self._known:
            inside = input_node(f"c{len(self.captured)}", node.shape, node.dtype)
            self._known[known] = inside
            self.captured.append((t, inside))
        return self._known[known]

    def fresh(self, node: Node, line: str | None) -> Tensor:
        """A tensor of the body."""
        t = super().fresh(node, line)
        self._own.add(t.storage)  # type: ignore[arg-type]
        return t

    def literal(self, t: Tensor) -> Tensor:
        """A tensor of constants made by the body: its values are captured."""
        return self.fresh(self.value(t), user_line())

    def _cell(self, t: Tensor) -> Cell:
        storage: Any = t.storage
        return storage if type(storage) is Cell else self._outside

    def _rooted(self, x: Tensor) -> Tensor:
        return x

    def run(self, spec: Specialised, operands: Sequence[Tensor]) -> list[Tensor]:
        """Add an operation; what is not recorded is not differentiated from outside either."""
        results = super().run(spec, operands)
        if state.grad or not any(t.node is not None for t in operands):
            return results
        return [self.detach(t) if t.dtype.is_inexact else t for t in results]

    def detach(self, x: Tensor) -> Tensor:
        """The value without history, inside and outside of the body."""
        self.severed = True
        return self.fresh(ops.stop_gradient(self.value(x)), user_line())

    # -- what a body cannot do -----------------------------------------------------------------

    def _refuse(self, what: str, hint: str) -> CaptureError:
        return CaptureError(
            message(
                f"the body of {self.name} {what}",
                expected="a body that computes its results from its arguments",
                got="a change outside of it, but it may run many times, or never",
                hint=hint,
            )
        )

    def put(self, target: Tensor, value: Node, line: str | None) -> None:
        """Replace the value of a tensor of the body; others must stay as they are."""
        if self._cell(target) not in self._own:
            raise self._refuse(
                "writes to a tensor from outside",
                "carry the tensor: take it as an argument and return what becomes of it",
            )
        super().put(target, value, line)

    def touch(self, t: Tensor) -> None:
        """Remember a tensor of the body before its attributes change."""
        info = t.meta.traced
        if info is None or info.trace is not self:
            raise self._refuse(
                "changes .grad or requires_grad of a tensor from outside",
                "differentiate inside with pentad.grad, and return the gradient",
            )
        super().touch(t)

    def each_call(self, action: Callable[[], object]) -> None:
        """Refused: the number of times that the body runs is not known to the host."""
        raise self._refuse(
            "does something on the host at each call, such as an optimiser's count of steps",
            "call the optimiser outside, or write the update in the body",
        )

    # -- numbers -------------------------------------------------------------------------------

    def host_scalar(self, read: Callable[[], float]) -> Tensor:
        """A number that is read once in a call of the whole function."""
        outside = self.parent.host_scalar(read)
        t = self.fresh(self.value(outside), user_line())
        t.meta.weak = True
        return t

    def draw(self, generator: Any, count: Any) -> tuple[Tensor, Tensor]:
        """Reserve random numbers in each step."""
        if generator is not default_generator or not self._draws:
            what = "draws from a generator of its own" if self._draws else "draws random numbers"
            raise self._refuse(what, "draw from the default generator, in the body itself")
        self.streams = True
        if self.key is None:
            self.key = self.outside(lambda: stream_key(*self.parent.draw(generator, 1)))
        first = ops.add(self.position, ops.full(self.drawn, (), U64))
        self.drawn = self.drawn + count
        line = user_line()
        return self.fresh(self.value(self.key), line), self.fresh(first, line)

    def outside(self, compute: Callable[[], Any]) -> Any:
        """The result of a computation in the trace around this one."""
        state.trace = self.parent
        try:
            return compute()
        finally:
            state.trace = self


def metas_of(tensors: Sequence[Tensor]) -> list[Meta]:
    """The metas of operands as the trace knows them: without strides."""
    return [Meta(t.shape, row_major(t.shape), t.dtype) for t in tensors]

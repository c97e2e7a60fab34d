"""Before fusion: what the scheduler takes for granted of a graph is made true.

Every output has a value of its own that lies in memory; every view can be had without moving
data; structured kernels read values in memory; nothing is reduced over axes of size 1 alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from pentad import ops
from pentad.graph.dtypes import DType
from pentad.graph.node import Graph, Node
from pentad.schedule.attention import KINDS as attention_kinds
from pentad.schedule.convolutions import KINDS
from pentad.schedule.group import reduced_axes
from pentad.schedule.layout import Layout, Layouts, Strides, channels_last, contiguous
from pentad.schedule.products import settled

_IMAGE_OPS = (*KINDS, "reduce_window", "max_pool_grad", "pad")
IN_REGISTERS = ("full", "iota")
"""Sources that kernels compute where they need them."""
_RUN = 64
"""Elements next to each other that a kernel computes at little loss in vectors."""


class Prepared:
    """A graph ready for fusion, and the layouts of its values."""

    def __init__(self, graph: Graph, input_strides: Mapping[int, Strides]) -> None:
        self._new: dict[Node, Node] = {n: n for n in graph.inputs}
        self._results: dict[tuple[Node, int], Node] = {}
        self._copies: dict[tuple[Node, Layout, DType], Node] = {}
        strides = {graph.inputs[i]: s for i, s in input_strides.items()}
        self.layouts = Layouts(strides)
        for node in graph.nodes:
            if node not in self._new:
                self._new[node] = new = self._rewrite(node)
                self._assign(new)
        taken: set[Node] = set(graph.inputs)
        outputs = []
        for n in graph.outputs:
            outputs.append(self._own(self._new[n], taken))
            taken.add(outputs[-1])
        self.graph = Graph(graph.inputs, outputs)

    def _rewrite(self, node: Node) -> Node:
        inputs = tuple(self._new[i] for i in node.inputs)
        if node.op.kind == "result":
            return self._result(node, inputs[0])
        if node.op.name == "loop":
            inputs = self._carried_apart(node, inputs)
        if node.op.kind not in ("view", "source", "elementwise", "reduce"):
            at_start = node.op.name in KINDS
            inputs = tuple(self._in_memory(i, at_start) for i in inputs)
        if node.op.name == "complex":
            return self._interleaved(*inputs)
        if node.op.kernel in attention_kinds:
            inputs = tuple(map(self._contiguous_rows, inputs))
        if node.op.name == "concatenate":
            return self._joined(node, inputs)
        if node.op.name == "scatter":
            return self._placed(node, inputs)
        if node.op.name == "dot_general":
            return settled(node, inputs, self.layouts, self._copied)
        if node.op.name in ("reduce_window", "max_pool_grad"):
            return self._without_padding(node, inputs)
        if node.op.kind == "reduce" and _trivial(node):
            return self._trivial_reduction(node, inputs[0])
        new = Node(node.op, inputs, node.attrs, node.type, node.source)
        if node.op.kind == "view" and not self.layouts.viewable(new):
            moved = ops.copy(inputs[0])
            new = Node(node.op, (moved,), node.attrs, node.type, node.source)
        return new

    def _copied(self, view: Node) -> Node:
        """The one copy of a view that products read: the gradient of a product often wants the
        same one as the product."""
        key = (*self.layouts.resolve(view), view.dtype)
        if key not in self._copies:
            self._copies[key] = ops.copy(view)
        return self._copies[key]

    def _result(self, node: Node, control: Node) -> Node:
        """The one node that stands for a result of a control node."""
        key = control, node.attrs["index"]
        if key not in self._results:
            self._results[key] = Node(node.op, (control,), node.attrs, node.type, node.source)
        return self._results[key]

    def _carried_apart(self, node: Node, inputs: tuple[Node, ...]) -> tuple[Node, ...]:
        """What a loop carries lies contiguous, as it does in later steps."""
        carries = node.attrs["carries"]
        return tuple(
            ops.copy(x) if i < carries and not self.layouts.resolve(x)[1].is_contiguous else x
            for i, x in enumerate(inputs)
        )

    def _assign(self, node: Node) -> None:
        """Images keep their channels last through what follows a convolution."""
        images = node.op.kind == "elementwise" or node.op.name in _IMAGE_OPS
        if not images or not 3 <= node.ndim <= 5:
            return
        wanted = channels_last(_sizes(node))
        if node.op.name in KINDS:
            if node.op.name != "convolution_weight_grad":
                self.layouts.assign(node, wanted)
            return
        for i in node.inputs:
            layout = self.layouts.resolve(i)[1]
            if layout.ndim == node.ndim and layout.lies_last and layout.shape == _sizes(i):
                self.layouts.assign(node, wanted)
                return

    def _in_memory(self, node: Node, at_start: bool) -> Node:
        """The operand, copied if it is nowhere (or not at the start of its buffer)."""
        root, layout = self.layouts.resolve(node)
        nowhere = root.op.name in IN_REGISTERS or (at_start and layout.offset != 0)
        return ops.copy(node) if nowhere else node

    def _without_padding(self, node: Node, inputs: tuple[Node, ...]) -> Node:
        """Windows over an operand that carries its padding, so that no tap lies outside."""
        padding: tuple[tuple[int, int], ...] = node.attrs["padding"]
        if not any(any(p) for p in padding):
            return Node(node.op, inputs, node.attrs, node.type, node.source)
        low, high = [a for a, _ in padding], [b for _, b in padding]
        attrs = {**node.attrs, "padding": ((0, 0),) * node.ndim}
        if node.op.name == "reduce_window":
            value = 0.0 if node.attrs["kind"] == "sum" else lowest(node.dtype)
            wide = ops.pad(inputs[0], low, high, value=value)
            self._assign(wide)
            return Node(node.op, (wide,), attrs, node.type, node.source)
        g, x, y = inputs
        wide = ops.pad(x, low, high, value=lowest(node.dtype))
        self._assign(wide)
        grad = Node(node.op, (g, wide, y), attrs, wide.type, node.source)
        self._assign(grad)
        return ops.slice_(grad, low, [a + n for a, n in zip(low, _sizes(x), strict=True)])

    def _contiguous_rows(self, node: Node) -> Node:
        """The operand, copied if elements next to each other are apart in memory."""
        strides = self.layouts.resolve(node)[1].strides
        return node if strides[-1] == 1 else ops.copy(node)

    def _interleaved(self, re: Node, im: Node) -> Node:
        """A complex value whose parts, which nobody else has, are computed into its memory."""
        parts = ops.copy(re), ops.copy(im)
        made = ops.complex_(*parts)
        self.layouts.place(parts, made)
        return made

    def _joined(self, node: Node, inputs: Sequence[Node]) -> Node:
        """A concatenation whose operands are, where kernels of loops compute them, stored into it
        by these; the others are copied by its own kernels."""
        axis = node.attrs["axis"]
        strides = contiguous(_sizes(node))
        parts = [ops.copy(i) if self._can_lie_in(i, axis) else i for i in inputs]
        made = Node(node.op, parts, node.attrs, node.type, node.source)
        offset = 0
        for part, given in zip(parts, inputs, strict=True):
            if part is not given:
                self.layouts.place_part(part, made, strides, offset)
            offset += _sizes(part)[axis] * strides[axis]
        return made

    def _placed(self, node: Node, inputs: Sequence[Node]) -> Node:
        """A scatter into a value that loops compute, which these store where the result lies."""
        x, *others = inputs
        computed = x.op.kind == "elementwise" and not x.dtype.is_complex and 0 not in x.shape
        fresh = x is not self._new[node.inputs[0]]
        part = ops.copy(x) if computed and not fresh else x
        made = Node(node.op, (part, *others), node.attrs, node.type, node.source)
        if computed:
            self.layouts.place_part(part, made, contiguous(_sizes(node)), 0)
        return made

    def _can_lie_in(self, part: Node, axis: int) -> bool:
        """May the kernel that computes an operand store it into a concatenation along `axis`?

        Not if that would make it compute rows too short for its vectors.
        """
        if part.op.kind != "elementwise" or part.dtype.is_complex or 0 in part.shape:
            return False
        sizes = _sizes(part)
        run = prod(sizes[axis:])
        whole = run == prod(sizes)
        return self.layouts.resolve(part)[1].is_contiguous and (whole or run >= _RUN)

    def _own(self, node: Node, taken: set[Node]) -> Node:
        if node.dtype.is_complex and (node in taken or node.op.name != "complex"):
            return self._interleaved(ops.real(node), ops.imag(node))
        computed = node.op.kind not in ("view", "source") and node not in taken
        if computed and self.layouts.resolve(node)[1].is_contiguous:
            return node
        return ops.copy(node)

    def _trivial_reduction(self, node: Node, x: Node) -> Node:
        if node.op.name in ("argmax", "argmin"):
            return ops.full(0, node.shape, node.dtype)
        return ops.reshape(x, node.shape)


def _trivial(node: Node) -> bool:
    shape = node.inputs[0].shape
    return all(shape[a] == 1 for a in reduced_axes(node))


def _sizes(node: Node) -> tuple[int, ...]:
    return node.shape  # type: ignore[return-value]


def lowest(dtype: DType) -> float:
    """The identity of the maximum."""
    if dtype.is_floating_point:
        return float("-inf")
    return -(1 << (dtype.bits - 1)) if dtype.is_signed else 0

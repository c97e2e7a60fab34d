"""Specialised: one operation for operands of known metas, as a small graph made runnable.

A Plan adds what recording needs: which values of the forward graph the gradient uses (inputs,
outputs, or *hidden* intermediates that the forward pass then gives out too) and, for each pattern
of cotangents, the backward graph as another Specialised. So a gradient is an operation like any
other, and gradients of gradients need nothing more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from pentad.autodiff.reverse import pullback
from pentad.graph.errors import IndexOutOfRange, message
from pentad.graph.node import Graph, Node, input_node, substitute, topological
from pentad.tensor.meta import Meta, concrete, contiguous_meta, row_major

_LARGE = 1 << 18
"""From so many bytes on, other Python threads may run meanwhile, which costs a microsecond."""

_launch: Callable[..., int] | None = None
_publishing = threading.RLock()


def native_launch() -> Callable[..., int]:
    """`launch(block, *pointers)`; fetched late, for it brings in the code generator."""
    global _launch
    if _launch is None:
        from pentad.runtime.launch import launch_function

        _launch = launch_function()
    return _launch


class Specialised:
    """A graph over operands of given metas, with what running it needs.

    name: for messages and `grad_fn`; inputs: the operands' metas; donated: output index -> index
    of the operand whose memory it is written to (in-place operations).
    """

    __slots__ = (
        "__weakref__",
        "block",
        "call",
        "differentiable",
        "donated",
        "executable",
        "graph",
        "inputs",
        "meta",
        "metas",
        "multiple",
        "name",
        "nbytes",
        "plans",
        "simple",
    )

    def __init__(
        self,
        name: str,
        graph: Graph,
        inputs: Sequence[Meta],
        *,
        multiple: bool = False,
        donated: Mapping[int, int] | None = None,
    ) -> None:
        self.name = name
        self.graph = graph
        self.inputs = tuple(inputs)
        self.multiple = multiple
        self.donated = dict(donated or {})
        self.metas = tuple(_meta_of(n) for n in graph.outputs)
        self.meta = self.metas[0] if self.metas else None
        self.nbytes = self.meta.nbytes if self.meta is not None else 0
        self.differentiable = any(n.dtype.is_inexact for n in graph.outputs)
        self.plans: dict[tuple[bool, ...], Plan] = {}
        self.executable: Any = None
        self.block: int | None = None  # of a short one, once it has run
        self.call: Callable[..., int] = self._first_call
        self.simple = not multiple and not self.donated and len(self.metas) == 1

    def _first_call(self, *pointers: int) -> int:
        """Make the graph runnable, then run it; `call` is the executable's from then on."""
        from pentad.runtime.executable import build

        strides = [m.strides for m in self.inputs]
        made = build(self.graph, strides, donated=self.donated, name=self.name)
        with _publishing:  # another thread may have made one, whose block is then in use
            if self.executable is None:
                self.executable = made
        block = self.executable.block
        long = self.executable.loops and not self.executable.short
        if block is None or long or self._bytes() >= _LARGE:
            run = self.executable.run
            self.call = lambda *p: run(p)
        else:
            self.block = block
            self.call = partial(native_launch(), block)
        return self.call(*pointers)

    def _bytes(self) -> int:
        return sum(m.nbytes for m in (*self.inputs, *self.metas))

    def plan(self, needs: tuple[bool, ...]) -> Plan:
        """The Plan for recording when the operands marked in `needs` require a gradient."""
        found = self.plans.get(needs)
        if found is None:
            found = self.plans[needs] = Plan(self, needs)
        return found


def _meta_of(node: Node) -> Meta:
    if concrete(node.shape):
        return contiguous_meta(node.shape, node.dtype)
    return Meta(node.shape, row_major(node.shape), node.dtype)


class Source:
    """Where a saved value comes from: operand `index`, or output `index` (hidden ones last)."""

    __slots__ = ("index", "is_input", "node")

    def __init__(self, node: Node, is_input: bool, index: int) -> None:
        self.node = node
        self.is_input = is_input
        self.index = index


class Plan:
    """How an operation is recorded when the operands in `needs` require a gradient."""

    __slots__ = (
        "backwards", "forward", "hidden", "needs", "outputs", "places", "saved", "spec", "usual",
        "visible",
    )

    refusal: Any = None
    """What a backward pass raises instead, or calls: (node, cotangents, wanted) -> gradients."""

    def __init__(self, spec: Specialised, needs: tuple[bool, ...]) -> None:
        self.spec = spec
        self.needs = tuple(
            n and x.dtype.is_inexact
            for n, x in zip(needs, spec.graph.inputs, strict=True)
        )
        self.visible = len(spec.graph.outputs)
        self.saved, self.hidden = self._residuals()
        self.places = tuple([s.index if s.is_input else -1 for s in self.saved])
        self.outputs = (*spec.graph.outputs, *self.hidden)
        self.forward = self._forward()
        self.backwards: dict[tuple[tuple[bool, ...], tuple[bool, ...]], Backward] = {}
        self.usual: Backward | None = None

    def _residuals(self) -> tuple[tuple[Source, ...], tuple[Node, ...]]:
        graph = self.spec.graph
        gradients = [g for g in self._pull(graph.outputs, [True] * self.visible)[1] if g]
        return choose_residuals(graph, gradients)

    def _pull(
        self, outputs: Sequence[Node], given: Sequence[bool]
    ) -> tuple[list[Node], list[Node | None]]:
        """Cotangent inputs for the outputs in `given`, and the gradients of the inputs."""
        cotangents = [
            input_node(f"g{i}", n.shape, n.dtype) if has and n.dtype.is_inexact else None
            for i, (n, has) in enumerate(zip(outputs, given, strict=True))
        ]
        wrt = [x for x, n in zip(self.spec.graph.inputs, self.needs, strict=True) if n]
        found = iter(pullback(list(outputs), cotangents, wrt))
        return [c for c in cotangents if c is not None], [
            next(found) if n else None for n in self.needs
        ]

    def _forward(self) -> Specialised:
        if not self.hidden:
            return self.spec
        graph = Graph(self.spec.graph.inputs, self.outputs)
        return Specialised(
            self.spec.name, graph, self.spec.inputs, multiple=True, donated=self.spec.donated
        )

    def whole(self) -> Backward:
        """The gradients of all operands from the cotangents of all outputs."""
        if self.usual is None:
            given = tuple(n.dtype.is_inexact for n in self.outputs)
            self.usual = self.backward(given, self.needs)
        return self.usual

    def backward(self, given: tuple[bool, ...], wanted: tuple[bool, ...]) -> Backward:
        """The gradients of the operands in `wanted` from cotangents of the outputs in `given`."""
        key = (given, wanted)
        found = self.backwards.get(key)
        if found is None:
            cotangents, gradients = self._pull(self.outputs, given)
            asked = [g if w else None for g, w in zip(gradients, wanted, strict=True)]
            found = self.backwards[key] = Backward(self, cotangents, asked)
        return found


class Backward:
    """The backward graph of a Plan for one pattern of cotangents.

    `arguments` are the saved values that it takes before the cotangents (indices into
    plan.saved). `targets` says for each operand (passed, index, alone): cotangent `index` itself
    if `passed`, else output `index` of `spec`, which is for this operand alone if `alone`; index -1
    is no gradient.
    """

    __slots__ = ("arguments", "route", "spec", "targets")

    def __init__(
        self, plan: Plan, cotangents: Sequence[Node], gradients: Sequence[Node | None]
    ) -> None:
        outputs: list[Node] = []
        found: list[tuple[bool, int]] = []
        for g in gradients:
            if g is None:
                found.append((False, -1))
            elif g in cotangents:
                found.append((True, list(cotangents).index(g)))
            else:
                if g not in outputs:
                    outputs.append(g)
                found.append((False, outputs.index(g)))
        self.targets = tuple((*t, found.count(t) == 1) for t in found)
        used, cut = cut_at(outputs, [s.node for s in plan.saved])
        self.arguments = tuple(i for i, placeholder in enumerate(used) if placeholder is not None)
        residuals = [u for u in used if u is not None]
        graph = Graph([*residuals, *cotangents], cut)
        metas = [_saved_meta(plan, plan.saved[i]) for i in self.arguments]
        metas += [_meta_of(c) for c in cotangents]
        self.spec = Specialised(f"{plan.spec.name}_backward", graph, metas, multiple=True)
        self.route: Any = None  # of autograd.py


def _saved_meta(plan: Plan, source: Source) -> Meta:
    if source.is_input:
        return plan.spec.inputs[source.index]
    target = plan.spec.donated.get(source.index)
    return _meta_of(source.node) if target is None else plan.spec.inputs[target]


def choose_residuals(
    graph: Graph, gradients: Sequence[Node]
) -> tuple[tuple[Source, ...], tuple[Node, ...]]:
    """What a gradient needs of the forward graph: (everything saved, the hidden among it).

    Views, constants and element-wise nodes are computed again, for that costs less than memory
    traffic; what reductions, products and composites gave is saved.
    """
    forward = _dependent(graph)
    inputs = {n: i for i, n in enumerate(graph.inputs)}
    outputs = {n: i for i, n in reversed(list(enumerate(graph.outputs)))}
    saved: list[Source] = []
    hidden: list[Node] = []
    seen: set[Node] = set()
    stack = list(reversed(gradients))
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if node in inputs:
            saved.append(Source(node, True, inputs[node]))
        elif node in outputs:
            saved.append(Source(node, False, outputs[node]))
        elif node in forward and node.op.kind not in ("elementwise", "view"):
            saved.append(Source(node, False, len(graph.outputs) + len(hidden)))
            hidden.append(node)
        else:
            stack.extend(reversed(node.inputs))
    return tuple(saved), tuple(hidden)


def _dependent(graph: Graph) -> set[Node]:
    """The nodes whose values depend on the graph's inputs."""
    found = set(graph.inputs)
    for node in graph.nodes:
        if any(i in found for i in node.inputs):
            found.add(node)
    return found


def cut_at(
    outputs: Sequence[Node], places: Sequence[Node]
) -> tuple[list[Node | None], list[Node]]:
    """The outputs with new inputs in place of the nodes `places`: (those used, new outputs)."""
    new: dict[Node, Node] = {
        n: input_node(f"weak{i}" if _is_weak_input(n) else f"r{i}", n.shape, n.dtype)
        for i, n in enumerate(places)
    }
    cut = substitute(outputs, new)
    met = set(topological(cut))
    return [new[n] if new[n] in met else None for n in places], cut


def _is_weak_input(node: Node) -> bool:
    return not node.inputs and str(node.attrs.get("name", "")).startswith("weak")


def fail(name: str, status: int, ranges: str = "") -> None:
    """Raise what a nonzero status of a kernel means; ranges: what the indices are, if known."""
    raise IndexOutOfRange(
        message(
            f"{name}: an index is out of range",
            expected="indices within the size of their dimension",
            got=ranges or "one outside",
            hint="check the indices or class labels against the size they select from",
        )
    )


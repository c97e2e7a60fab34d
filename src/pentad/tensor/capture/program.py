"""Program: what a trace left: a graph, where its inputs come from, what a call does besides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph.errors import AutogradError, CaptureError, message
from pentad.graph.node import Graph, Node, inline, input_node
from pentad.tensor.autograd import run_backward, topological
from pentad.tensor.capture.cells import Fixed
from pentad.tensor.capture.trace import Trace
from pentad.tensor.meta import Meta
from pentad.tensor.nodes import GradNode, edge
from pentad.tensor.pytree import flatten
from pentad.tensor.specialise import Backward, Source, choose_residuals, cut_at
from pentad.tensor.tensor import Leaf, Tensor


class Returned:
    """A tensor in the result: output `index` of the graph, or argument `index` itself."""

    def __init__(self, index: int, is_argument: bool) -> None:
        self.index = index
        self.is_argument = is_argument


class Owner:
    """A tensor whose attributes a call reads or sets: argument `index`, or one found outside."""

    def __init__(self, trace: Trace, t: Tensor) -> None:
        self.index = trace.argument_index(t)
        self.tensor = t if self.index is None else None

    def find(self, arguments: Sequence[Tensor]) -> Tensor:
        """The tensor in a call with these arguments."""
        return self.tensor if self.index is None else arguments[self.index]  # type: ignore


class GradEffect:
    """What a call does to a `.grad`: sets it to None, to output `output`, or marks it consumed."""

    def __init__(self, owner: Owner, what: str, output: int = 0) -> None:
        self.owner = owner
        self.what = what
        self.output = output


class Program:
    """A traced function. Sizes in its graphs may be symbolic.

    The outputs of `graph` are: what is returned, what a later backward needs (`hidden`), gradients
    that are kept, and the values written back to the inputs numbered in `written`. `outside` is
    the gradient of what is returned for leaves outside the function.
    """

    def __init__(self, name: str, trace: Trace, result: Any, keep_grads: bool) -> None:
        self.name = name
        self.host = trace.program
        self.returned: list[Node] = []
        tensors = self._describe(trace, result)
        self.kept: list[Node] = []
        self.effects = list(self._grad_effects(trace, keep_grads))
        self.entry_grads = [(Owner(trace, t), meta) for t, meta in trace.entry_grads.values()]
        self.outside = OutsideGradient(trace, tensors)
        # The inputs are complete only now: a gradient may have met another one.
        self.sources = [c.source for c in trace.inputs]
        self.roots = [c.root for c in trace.inputs]
        inputs = [c.first for c in trace.inputs]
        self.written = [i for i, c in enumerate(trace.inputs) if c.changes]
        self.outside.choose(Graph(inputs, self.returned), self.written)
        final = [trace.inputs[i].node for i in self.written]
        self.graph = Graph(inputs, [*self.returned, *self.outside.hidden, *self.kept, *final])
        self.guards = trace.scope.guards
        self.merged = dict(trace.merged)
        self.found = {id(s.storage) for s in self.sources if isinstance(s, Fixed)}
        self.found |= {id(storage) for storage in self.merged.values()}

    def _describe(self, trace: Trace, result: Any) -> list[Tensor]:
        """Take down the structure of the result; the traced tensors in it."""
        leaves: list[Tensor] = []
        self.structure = flatten(result, leaves)
        places: dict[int, Returned] = {}
        self.leaves: list[Any] = []
        tensors: list[Tensor] = []
        for t in leaves:
            index = trace.argument_index(t)
            if index is not None:
                self.leaves.append(Returned(index, True))
            elif t.meta.traced is None:
                self.leaves.append(t)
            else:
                if id(t) not in places:
                    places[id(t)] = Returned(len(tensors), False)
                    self.returned.append(trace.value(t))
                    tensors.append(t)
                self.leaves.append(places[id(t)])
        return tensors

    def _grad_effects(self, trace: Trace, keep: bool) -> Any:
        for entry in trace.touched.values():
            t = entry.tensor
            if t.meta.traced is not None and trace.argument_index(t) is None:
                continue
            if t.node is not entry.node and isinstance(t.node, GradNode):
                raise _joined_history(t)
            if id(t) not in trace.assigned or (t._grad is entry.grad and t._grad is not None):
                continue
            owner = Owner(trace, t)
            if t._grad is None:
                yield GradEffect(owner, "none")
            elif id(t) in trace.consumed and not keep:
                yield GradEffect(owner, "consumed")
            else:
                yield GradEffect(owner, "keep", len(self.kept))
                self.kept.append(trace.value(t._grad))


def _joined_history(t: Tensor) -> CaptureError:
    return CaptureError(
        message(
            "an in-place operation made a tensor from outside part of the recorded graph",
            expected="writes to captured tensors and arguments under no_grad()",
            got=f"a tensor of type {t.meta.type}, now the result of {t.node!r}",
            hint="use the operation that is not in place, or wrap it in no_grad()",
        )
    )


def _spent(name: str) -> AutogradError:
    return AutogradError(
        message(
            f"backward was already run inside {name}",
            expected="one backward pass",
            got="another one, over what the compiled function returned",
            hint="call backward inside or outside of the function, not both",
        )
    )


class OutsideGradient:
    """The gradient of what is returned for leaves outside, should `backward` be called later.

    cotangents: an input for each returned tensor, None where it is not differentiable; leaves and
    gradients: the leaves and their gradient nodes; refusal: why there is no such gradient.
    """

    def __init__(self, trace: Trace, tensors: Sequence[Tensor]) -> None:
        self.cotangents: list[Node | None] = [None] * len(tensors)
        self.leaves: list[Owner] = []
        self.gradients: list[Node] = []
        self.hidden: tuple[Node, ...] = ()
        self.saved: tuple[Source, ...] = ()
        self.refusal: AutogradError | None = None
        self.differentiable = [t.node is not None for t in tensors]
        if any(self.differentiable):
            try:
                self._differentiate(trace, tensors)
            except AutogradError as error:
                # As in eager mode it is raised by `backward`, should there ever be one.
                self.refusal = error

    def _differentiate(self, trace: Trace, tensors: Sequence[Tensor]) -> None:
        order = topological([edge(t.node)[0] for t in tensors if t.node is not None])
        if any(isinstance(n, GradNode) and n.saved is None for n in order):
            raise _spent(trace.name)
        starts = []
        for i, t in enumerate(tensors):
            if t.node is not None:
                cotangent = input_node(f"g{i}", t.meta.shape, t.meta.dtype)
                self.cotangents[i] = cotangent
                starts.append((t.node, trace.fresh(cotangent, None)))
        leaves = [n for n in order if type(n) is Leaf]
        found = run_backward(starts, retain_graph=True, create_graph=False, targets=leaves)
        for leaf in leaves:
            t, gradient = leaf.tensor(), found.get((leaf, 0))
            outside = t is not None and (
                t.meta.traced is None or trace.argument_index(t) is not None
            )
            if outside and gradient is not None:
                self.leaves.append(Owner(trace, t))
                self.gradients.append(trace.value(gradient))

    def choose(self, forward: Graph, written: Sequence[int]) -> None:
        """Decide what of the forward graph is saved; inputs that are written to are copied."""
        saved, hidden = choose_residuals(forward, self.gradients)
        extra = list(hidden)
        sources = []
        for s in saved:
            if s.is_input and s.index in written:
                s = Source(s.node, False, len(forward.outputs) + len(extra))
                extra.append(ops.copy(s.node))
            sources.append(s)
        self.saved, self.hidden = tuple(sources), tuple(extra)


class _Summary:
    """What Backward asks of the operation that it belongs to."""

    def __init__(self, name: str, inputs: Sequence[Meta]) -> None:
        self.name = name
        self.inputs = inputs
        self.donated: dict[int, int] = {}


class CompiledPlan:
    """The Plan of a whole compiled call (see specialise.Plan), for backward from outside it."""

    def __init__(
        self, name: str, metas: Sequence[Meta], outputs: Sequence[Node], saved: Sequence[Source],
        cotangents: Sequence[Node | None], gradients: Sequence[Node],
        refusal: AutogradError | None,
    ) -> None:
        self.spec = _Summary(name, metas)
        self.outputs = tuple(outputs)
        self.saved = tuple(saved)
        self.cotangents = list(cotangents)
        self.gradients = list(gradients)
        self.refusal = refusal
        self.backwards: dict[Any, Backward] = {}

    def whole(self) -> Backward:
        """The gradients of all leaves from the cotangents of all that was returned."""
        count = len(self.outputs) - len(self.cotangents)
        given = (*(c is not None for c in self.cotangents), *(False,) * count)
        return self.backward(given, (True,) * len(self.gradients))

    def backward(self, given: tuple[bool, ...], wanted: tuple[bool, ...]) -> Backward:
        """The gradients of the leaves from the cotangents given."""
        if any(given[len(self.cotangents) :]):
            raise AutogradError(
                message(
                    f"a gradient of a gradient through the compiled function {self.spec.name}",
                    expected="create_graph=False",
                    got="create_graph=True",
                    hint="take the inner gradient inside the compiled function",
                )
            )
        key = (given, wanted)
        if key not in self.backwards:
            self.backwards[key] = self._make(given, wanted)
        return self.backwards[key]

    def _make(self, given: Sequence[bool], wanted: Sequence[bool]) -> Backward:
        chosen = [g if w else None for g, w in zip(self.gradients, wanted, strict=True)]
        every = [c for c in self.cotangents if c is not None]
        present = [
            c for c, has in zip(self.cotangents, given, strict=False) if has and c is not None
        ]
        if len(present) < len(every):
            # Zeros for the rest: a copy of the gradients in which they are constants.
            asked = [g for g in chosen if g is not None]
            saved = [s.node for s in self.saved]
            zeros = [c if c in present else ops.full(0, c.shape, c.dtype) for c in every]
            made = iter(_replaced(asked, [*saved, *every], [*saved, *zeros]))
            chosen = [None if g is None else next(made) for g in chosen]
        return Backward(self, present, chosen)  # type: ignore[arg-type]


def _replaced(
    outputs: Sequence[Node], places: Sequence[Node], values: Sequence[Node]
) -> list[Node]:
    """The outputs with the nodes `places` replaced."""
    used, cut = cut_at(outputs, places)
    kept = [(u, v) for u, v in zip(used, values, strict=True) if u is not None]
    return inline(Graph([u for u, _ in kept], cut), [v for _, v in kept])

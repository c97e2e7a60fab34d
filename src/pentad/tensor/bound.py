"""Bound: a Program for sizes that are numbers, ready to be called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pentad.graph.errors import user_line
from pentad.graph.node import Graph, bind_sizes
from pentad.graph.sizes import evaluate
from pentad.runtime.executable import build
from pentad.runtime.memory import allocate
from pentad.tensor.cells import Argument, Fixed, GradOf, HostNumber
from pentad.tensor.meta import contiguous_meta
from pentad.tensor.nodes import GradNode, Port
from pentad.tensor.program import CompiledPlan, Program, Returned
from pentad.tensor.pytree import Plain, unflatten
from pentad.tensor.run import leaked
from pentad.tensor.specialise import Source, fail
from pentad.tensor.tensor import ConsumedGrad, Tensor, notes_of, wrap

_new = object.__new__


class Bound:
    """An executable of a Program for given sizes, with all that a call needs."""

    def __init__(
        self, program: Program, sizes: Mapping[str, int], arguments: Sequence[Tensor]
    ) -> None:
        self.program = program
        self.sizes = dict(sizes)
        cotangents = [c for c in program.outside.cotangents if c is not None]
        whole = Graph(
            [*program.graph.inputs, *cotangents],
            [*program.graph.outputs, *program.outside.gradients],
        )
        if whole.symbols() or sizes:
            whole = bind_sizes(whole, sizes)
        n, m = len(program.graph.inputs), len(program.graph.outputs)
        self.graph = Graph(whole.inputs[:n], whole.outputs[:m])
        self.metas = [self._input_meta(i, arguments) for i in range(n)]
        self.fresh = m - len(program.written)
        self.outputs = [contiguous_meta(o.shape, o.dtype) for o in self.graph.outputs]  # type: ignore
        donated = {self.fresh + k: i for k, i in enumerate(program.written)}
        strides = [meta.strides for meta in self.metas]
        self.executable = build(self.graph, strides, donated=donated, specialise=True)
        self.plan = self._plan(whole, n, m) if any(program.outside.differentiable) else None

    def _input_meta(self, i: int, arguments: Sequence[Tensor]) -> Any:
        source, root = self.program.sources[i], self.program.roots[i]
        if isinstance(source, Argument):
            return arguments[source.index].meta
        return root

    def _plan(self, whole: Graph, n: int, m: int) -> CompiledPlan:
        program = self.program
        count = len(program.returned) + len(program.outside.hidden)
        bound = iter(whole.inputs[n:])
        cotangents = [None if c is None else next(bound) for c in program.outside.cotangents]
        outputs = whole.outputs[:count]
        saved = []
        for s in program.outside.saved:
            copied = not s.is_input and s.node in program.graph.inputs
            at = program.graph.inputs.index(s.node) if copied else s.index
            node = whole.inputs[at] if s.is_input or copied else outputs[s.index]
            saved.append(Source(node, s.is_input, s.index))
        return CompiledPlan(
            program.name, self.metas, outputs, saved, cotangents, whole.outputs[m:],
            program.outside.refusal,
        )

    # -- calling -------------------------------------------------------------------------------

    def holds(self, arguments: Sequence[Tensor]) -> bool:
        """Are the tensors found outside what they were, apart from the arguments as they were, and
        the gradients present as they were?"""
        for source in self.program.sources:
            if isinstance(source, Fixed) and not source.holds():
                return False
        merged, found = self.program.merged, self.program.found
        for i, t in enumerate(arguments):
            if (merged.get(i) is not t.storage) if i in merged else id(t.storage) in found:
                return False
        for owner, meta in self.program.entry_grads:
            grad = owner.find(arguments)._grad
            if (grad is not None) if meta is None else getattr(grad, "meta", None) is not meta:
                return False
        return True

    def run(self, arguments: Sequence[Tensor]) -> Any:
        """One call: numbers of the host, the native code, then what a call does besides."""
        if any(t.ptr is None for t in arguments):
            raise leaked(arguments)
        inputs = self._inputs(arguments)
        pointers = [t.ptr for t in inputs]
        results = []
        for meta in self.outputs[: self.fresh]:
            storage = allocate(meta.nbytes)
            pointers.append(storage.ptr)
            results.append(wrap(storage, meta))
        status = self.executable.run(pointers)
        if status:
            fail(self.program.name, status)
        if self.program.written:
            line = user_line()
            for i in self.program.written:
                storage = inputs[i].storage
                storage.version += 1
                notes_of(storage).written_at = line
        self._effects(arguments, results)
        if self.plan is not None:
            self._attach(self.plan, arguments, inputs, results)
        return self._result(arguments, results)

    def _inputs(self, arguments: Sequence[Tensor]) -> list[Tensor]:
        numbers = {}
        for read, cell in self.program.host:
            value = read(self.sizes)
            if cell is not None:
                storage = allocate(8)
                cell.source.kind.from_address(storage.ptr).value = value
                numbers[id(cell.source)] = storage
        inputs = []
        for source, meta in zip(self.program.sources, self.metas, strict=True):
            if isinstance(source, Argument):
                inputs.append(arguments[source.index])
            elif isinstance(source, Fixed):
                inputs.append(wrap(source.storage, meta))
            elif isinstance(source, HostNumber):
                inputs.append(wrap(numbers[id(source)], meta))
            else:
                assert isinstance(source, GradOf)
                owner = source.tensor if source.index is None else arguments[source.index]
                inputs.append(owner._grad)
        return inputs

    def _effects(self, arguments: Sequence[Tensor], results: Sequence[Tensor]) -> None:
        first = len(self.program.returned) + len(self.program.outside.hidden)
        for effect in self.program.effects:
            t = effect.owner.find(arguments)
            if effect.what == "none":
                t._grad = None
            elif effect.what == "consumed":
                t._grad = ConsumedGrad(self.program.name)
            else:
                t._grad = results[first + effect.output]

    def _attach(
        self, plan: CompiledPlan, arguments: Sequence[Tensor], inputs: Sequence[Tensor],
        results: Sequence[Tensor],
    ) -> None:
        """Give what is returned an autograd node that leads to the leaves outside."""
        node = _new(GradNode)
        node.plan = plan  # type: ignore[assignment]
        node.parents = tuple(o.find(arguments).node for o in self.program.outside.leaves)
        saved = [inputs[s.index] if s.is_input else results[s.index] for s in plan.saved]
        node.saved = tuple(wrap(t.storage, t.meta, t.ptr) for t in saved)
        node.versions = tuple((t.storage, t.storage.version, t.ptr) for t in saved)
        node.hooks = node.line = None
        for i, differentiable in enumerate(self.program.outside.differentiable):
            if differentiable:
                results[i].node = node if i == 0 else Port(node, i)

    def _result(self, arguments: Sequence[Tensor], results: Sequence[Tensor]) -> Any:
        leaves = iter(self.program.leaves)

        def leaf() -> Tensor:
            what = next(leaves)
            if not isinstance(what, Returned):
                return what  # type: ignore[no-any-return]
            return arguments[what.index] if what.is_argument else results[what.index]

        structure = self.program.structure
        if self.sizes:
            structure = _numbers(structure, self.sizes)
        return unflatten(structure, leaf)


def _numbers(structure: Any, sizes: Mapping[str, int]) -> Any:
    """A structure with numbers in place of symbolic sizes."""
    if isinstance(structure, tuple):
        return tuple(_numbers(s, sizes) if not isinstance(s, type) else s for s in structure)
    if isinstance(structure, Plain) and hasattr(structure.value, "terms"):
        return Plain(evaluate(structure.value, sizes))
    return structure

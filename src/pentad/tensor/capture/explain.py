"""pentad.capture and pentad.explain: what a function became, kernel by kernel, and why no kernel
took in more."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.graph.node import Graph
from pentad.passes.pipeline import run as run_passes
from pentad.passes.rewrite import recording_rules
from pentad.schedule.explain import Explanation
from pentad.schedule.explain import explain as explain_graph
from pentad.target import cpu
from pentad.tensor.capture.bound import Bound
from pentad.tensor.capture.cells import Argument, Fixed
from pentad.tensor.capture.compile import CompiledFunction, Signature
from pentad.tensor.capture.compile import compile as compile_function
from pentad.tensor.meta import Meta
from pentad.tensor.pytree import flatten
from pentad.tensor.tensor import Tensor


@dataclass(frozen=True)
class Captured:
    """A traced function.

    graph: what it computes; inputs: where each input of the graph comes from: the number of a
    tensor argument, a tensor that the function found by itself, or None for what is neither (the
    state of a random generator, a learning rate).
    """

    name: str
    graph: Graph
    inputs: tuple[int | Tensor | None, ...]
    _metas: tuple[Meta, ...]
    _donated: dict[int, int]

    def explain(self) -> Explanation:
        """The kernels that the graph becomes, and the rewriting rules that fired on the way."""
        strides = {i: m.strides for i, m in enumerate(self._metas)}
        return _explained(self.graph, self.name, input_strides=strides, donated=self._donated)


def capture(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Captured:
    """The graph that `pentad.compile(function)` makes of these arguments.

    Nothing is computed or compiled, but the function's Python code runs. Raises what tracing
    raises, and ArgumentError for what is no function.
    """
    plain = function.function if isinstance(function, CompiledFunction) else function
    compiled: CompiledFunction = compile_function(_callable(plain, "capture"))
    signature, tensors = _signature(args, kwargs)
    shapes = [m.shape for m in signature.metas]
    program = compiled._trace(signature, shapes, tensors)[0].program
    origins: list[int | Tensor | None] = []
    metas: list[Any] = []
    for source, root in zip(program.sources, program.roots, strict=True):
        given = isinstance(source, Argument)
        metas.append(signature.metas[source.index] if given else root)
        origins.append(
            source.index if given else source.tensor if isinstance(source, Fixed) else None
        )
    fresh = len(program.graph.outputs) - len(program.written)
    donated = {fresh + k: i for k, i in enumerate(program.written)}
    return Captured(program.name, program.graph, tuple(origins), tuple(metas), donated)


def explain(function: Callable[..., Any] | Graph, *args: Any, **kwargs: Any) -> Explanation:
    """Print and return the kernels that `pentad.compile(function)` runs for these arguments, and
    the rewriting rules that fired on the way.

    function: a plain or compiled function, a module, a training step; or a Graph of concrete
    sizes, without arguments. The function is traced, so its Python code runs, but nothing is
    computed: parameters, buffers, gradients and random state stay as they are.
    Raises what tracing raises, and ArgumentError for what is no function.
    """
    if isinstance(function, Graph):
        found = _explained(function, "graph")
    else:
        bound = _traced(_callable(function, "explain"), args, kwargs)
        strides = {i: m.strides for i, m in enumerate(bound.metas)}
        donated = {len(bound.fresh) + k: i for k, i in enumerate(bound.program.written)}
        found = _explained(bound.graph, bound.program.name, input_strides=strides, donated=donated)
    sys.stdout.write(f"{found}\n")
    return found


def _explained(graph: Graph, name: str, **known: Any) -> Explanation:
    with recording_rules() as rules:
        after = run_passes(graph)
    found = explain_graph(after, cpu.default(), name=name, **known)
    return replace(found, rules=tuple(rules), before=graph, after=after)


def _callable(function: Any, what: str) -> Callable[..., Any]:
    if not callable(function):
        raise ArgumentError(
            message(f"{what}: not a function", expected="a callable", got=repr(function))
        )
    return function  # type: ignore[no-any-return]


def _signature(args: Any, kwargs: Any) -> tuple[Signature, list[Tensor]]:
    tensors: list[Tensor] = []
    return Signature(flatten((args, kwargs), tensors), tensors), tensors


def _traced(function: Callable[..., Any], args: Any, kwargs: Any) -> Bound:
    """What a call of the compiled function would run."""
    compiled: CompiledFunction = compile_function(function)
    signature, tensors = _signature(args, kwargs)
    with compiled._lock:
        return compiled._prepare(signature, tensors)[1]

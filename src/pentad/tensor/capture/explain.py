"""pentad.explain: what a function became, kernel by kernel, and why no kernel took in more."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.graph.node import Graph
from pentad.passes.pipeline import run as run_passes
from pentad.passes.rewrite import recording_rules
from pentad.schedule.explain import Explanation
from pentad.schedule.explain import explain as explain_graph
from pentad.target import cpu
from pentad.tensor.capture.bound import Bound
from pentad.tensor.capture.compile import CompiledFunction, Signature
from pentad.tensor.capture.compile import compile as compile_function
from pentad.tensor.pytree import flatten
from pentad.tensor.tensor import Tensor


def explain(function: Callable[..., Any] | Graph, *args: Any, **kwargs: Any) -> Explanation:
    """Print and return the kernels that `pentad.compile(function)` runs for these arguments, and
    the rewriting rules that fired on the way.

    function: a plain or compiled function, a module, a training step; or a Graph of concrete
    sizes, without arguments. The function is traced, so its Python code runs, but nothing is
    computed: parameters, buffers, gradients and random state stay as they are.
    Raises what tracing raises, and ArgumentError for what is no function.
    """
    if isinstance(function, Graph):
        name, graph, strides, donated = "graph", function, {}, {}
    elif callable(function):
        bound = _traced(function, args, kwargs)
        name, graph = bound.program.name, bound.graph
        strides = {i: m.strides for i, m in enumerate(bound.metas)}
        donated = {len(bound.fresh) + k: i for k, i in enumerate(bound.program.written)}
    else:
        raise ArgumentError(
            message("explain: not a function", expected="a callable", got=repr(function))
        )
    with recording_rules() as rules:
        after = run_passes(graph)
    found = explain_graph(
        after, cpu.default(), input_strides=strides, donated=donated, name=name
    )
    found = replace(found, rules=tuple(rules), before=graph, after=after)
    sys.stdout.write(f"{found}\n")
    return found


def _traced(function: Callable[..., Any], args: Any, kwargs: Any) -> Bound:
    """What a call of the compiled function would run."""
    compiled: CompiledFunction = compile_function(function)
    tensors: list[Tensor] = []
    signature = Signature(flatten((args, kwargs), tensors), tensors)
    with compiled._lock:
        return compiled._prepare(signature, tensors)[1]

"""pentad.explain: what a function became, kernel by kernel, and why no kernel took in more."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.graph.node import Graph
from pentad.schedule.explain import Explanation
from pentad.schedule.explain import explain as explain_graph
from pentad.target import cpu
from pentad.tensor.compile import CompiledFunction
from pentad.tensor.compile import compile as compile_function


def explain(function: Callable[..., Any] | Graph, *args: Any, **kwargs: Any) -> Explanation:
    """Print and return the kernels that `pentad.compile(function)` runs for these arguments.

    function: a plain or compiled function, a module, a training step; or a Graph of concrete
    sizes, without arguments. The function is traced, so its Python code runs, but nothing is
    computed: parameters, buffers, gradients and random state stay as they are.
    Raises what tracing raises, and ArgumentError for what is no function.
    """
    from pentad.passes.pipeline import run as run_passes

    if isinstance(function, Graph):
        name, graph, strides, donated = "graph", function, {}, {}
    elif callable(function):
        bound = _compiled(function).bound(*args, **kwargs)
        name, graph = bound.program.name, bound.graph
        strides = {i: m.strides for i, m in enumerate(bound.metas)}
        donated = bound.donated
    else:
        raise ArgumentError(
            message("explain: not a function", expected="a callable", got=repr(function))
        )
    found = explain_graph(
        run_passes(graph), cpu.host(), input_strides=strides, donated=donated, name=name
    )
    sys.stdout.write(f"{found}\n")
    return found


def _compiled(function: Callable[..., Any]) -> CompiledFunction:
    if isinstance(function, CompiledFunction):
        return function
    made: CompiledFunction = compile_function(function)
    return made

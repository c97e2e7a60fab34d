"""The passes in order, and `run`, which applies them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from pentad.graph.config import config
from pentad.graph.errors import GraphError
from pentad.graph.node import Graph, map_subgraphs
from pentad.graph.verify import verify as verify_graph
from pentad.passes.canonicalise import canonicalise
from pentad.passes.control import control
from pentad.passes.cse import cse
from pentad.passes.decompose import decompose
from pentad.passes.fold import fold
from pentad.passes.lift import lift
from pentad.passes.split_complex import split_complex
from pentad.passes.stabilise import stabilise
from pentad.passes.tables import tables


class Pass(NamedTuple):
    """A pass, why it stands where it stands, and the level that graphs have after it."""

    run: Callable[[Graph], Graph]
    why: str
    level: str = "any"

    @property
    def name(self) -> str:
        return self.run.__name__


PIPELINE = (
    Pass(control, "Loops are recognised as alike while they share the nodes of their bodies."),
    Pass(split_complex, "All that follows, kernels too, speaks of real numbers."),
    Pass(cse, "Patterns compare nodes by identity, so that equal ones must be one first."),
    Pass(fold, "Numbers in formulas are broadcasts of casts of constants; rules look for numbers."),
    Pass(canonicalise, "Later passes look for one spelling of each formula."),
    Pass(cse, "Equal formulas that were spelled in two ways are equal nodes only now."),
    Pass(stabilise, "Formulas are recognised while composites still have their names."),
    Pass(tables, "A product and its gradients name rows by one node, in one spelling."),
    Pass(decompose, "The scheduler knows primitives only, and so do the rest.", "primitive"),
    Pass(fold, "Composites bring constants and arithmetic on them.", "primitive"),
    Pass(canonicalise, "Opened composites meet their neighbours: views chain up.", "primitive"),
    Pass(lift, "What slices drop is not computed; now all that makes it is known.", "primitive"),
    Pass(cse, "Opened composites share parts, such as a maximum or a mean.", "primitive"),
)
"""Dead nodes need no pass: a graph is what its outputs need."""


def run(
    graph: Graph, passes: Sequence[Pass] = PIPELINE, *, verify: bool | None = None
) -> Graph:
    """The graph after `passes`, in order; sub-graphs go through all of them before the second.

    verify: check the rules of the level before the first and after every pass; GraphError names
    the pass. By default it is done where PENTAD_DEBUG is set. From PENTAD_DEBUG=2 on the passes
    are reported on stderr, from 3 on their graphs.
    """
    debug = config.debug
    checked = debug > 0 if verify is None else verify
    if checked:
        verify_graph(graph)
    for number, step in enumerate(passes):
        before = graph
        graph = step.run(graph)
        if number == 0:
            graph = map_subgraphs(graph, lambda g: run(g, passes, verify=checked))
        if checked:
            _verify_after(step, graph)
        if debug >= 2:
            _report(number, step, before, graph, with_graph=debug >= 3)
    return graph


def _verify_after(step: Pass, graph: Graph) -> None:
    try:
        verify_graph(graph, step.level)
    except GraphError as error:
        raise GraphError(f"after the pass {step.name}: {error}") from error


def _report(number: int, step: Pass, before: Graph, after: Graph, *, with_graph: bool) -> None:
    lines = f"pass {number} {step.name}: {len(before.nodes)} -> {len(after.nodes)} nodes\n"
    sys.stderr.write(lines + (f"{after}\n" if with_graph else ""))

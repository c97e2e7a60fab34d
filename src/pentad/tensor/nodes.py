"""The nodes of the autograd graph: what a recorded operation leaves on its results.

There is no global tape: each result that needs a gradient holds its GradNode, which holds the
Plan of its operation, its parents' nodes and the values that the gradient uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad.graph.lines import user_line
from pentad.tensor.specialise import Plan
from pentad.tensor.state import state
from pentad.tensor.tensor import Tensor, same_value

_new = object.__new__


class GradNode:
    """One recorded operation.

    parents: for each operand the node (or Port) where its gradient goes, or None; saved and
    versions: the values that the gradient uses, their storages and versions at that time.
    """

    __slots__ = ("__weakref__", "hooks", "line", "parents", "plan", "saved", "versions")

    plan: Plan
    parents: tuple[Any, ...]
    saved: tuple[Tensor, ...] | None
    versions: tuple[tuple[Any, int, int], ...]
    hooks: dict[int, list[Any]] | None
    line: str | None

    @property
    def name(self) -> str:
        """The name of the operation."""
        return self.plan.spec.name

    @property
    def next_functions(self) -> tuple[Any, ...]:
        """(node, output index) of each operand, as in PyTorch."""
        return tuple(edge(p) if p is not None else (None, 0) for p in self.parents)

    def __repr__(self) -> str:
        if self.plan.spec is self.plan:  # a backward pass in Python, by the name of its class
            return f"<{self.name[:1].upper()}{self.name[1:]}Backward>"
        words = "".join(w.capitalize() for w in self.name.strip("_").split("_"))
        return f"<{words}Backward0>"


class Port:
    """Output `index` (above 0) of a GradNode with several."""

    __slots__ = ("index", "owner")

    def __init__(self, owner: GradNode, index: int) -> None:
        self.owner = owner
        self.index = index

    @property
    def hooks(self) -> Any:
        return self.owner.hooks

    def __repr__(self) -> str:
        return repr(self.owner)


def edge(node: Any) -> tuple[Any, int]:
    """(node, output index) of a node or Port."""
    return (node.owner, node.index) if type(node) is Port else (node, 0)


def record(plan: Plan, operands: Sequence[Tensor], results: Sequence[Tensor]) -> GradNode:
    """Attach a GradNode to the results of a run of `plan.forward` on the operands."""
    node = _new(GradNode)
    node.plan = plan
    node.parents = tuple(
        [t.node if n else None for t, n in zip(operands, plan.needs)]
    )
    saved = [
        operands[s.index] if s.is_input else same_value(results[s.index], None)
        for s in plan.saved
    ]
    node.saved = tuple(saved)
    node.versions = tuple([(t.storage, t.storage.version, t.ptr) for t in saved])
    node.hooks = None
    node.line = user_line() if state.anomaly else None
    for i, t in enumerate(results):
        if t.meta.dtype.is_inexact:
            t.node = node if i == 0 else Port(node, i)
    return node


def record_one(
    plan: Plan, nodes: tuple[Any, ...], operands: tuple[Tensor, ...], out: Tensor
) -> None:
    """`record` for one result and no hidden values, short: every recorded op comes through here."""
    node = _new(GradNode)
    node.plan = plan
    node.parents = nodes
    saved: tuple[Tensor, ...] = ()
    versions: tuple[tuple[Any, int, int], ...] = ()
    if plan.saved:
        saved = tuple(
            [operands[i] if i >= 0 else same_value(out, None) for i in plan.places]
        )
        versions = tuple([(t.storage, t.storage.version, t.ptr) for t in saved])
    node.saved = saved
    node.versions = versions
    node.hooks = None
    node.line = user_line() if state.anomaly else None
    out.node = node

"""Outputs in the memory of inputs: when a kernel may write there, and in which order.

Every kernel that reads the input must run before the one that overwrites it, and every kernel
that checks an index, so that an error leaves the input as it was. Where the order cannot be had,
or the writer itself reads the input elsewhere than it writes, the output is made in the arena
and copied to its home at the end.
"""

from __future__ import annotations

from collections.abc import Mapping

from pentad.graph.node import Graph, Node
from pentad.schedule.group import FULL, WITH_EPILOGUE, Group, Grouping
from pentad.schedule.layout import Layouts
from pentad.schedule.order import CycleError, ordered


class Donations:
    """Which donated outputs are written in place (`direct`), which are `copied` at the end."""

    def __init__(
        self, graph: Graph, donated: Mapping[int, int], grouping: Grouping, layouts: Layouts
    ) -> None:
        self._grouping, self._layouts = grouping, layouts
        self.before: dict[Group, set[Group]] = {}
        self.direct: set[int] = set()
        self.writers: set[Group] = set()
        self.copied: list[tuple[Node, Node]] = []
        self._forward = True
        readers = self._readers()
        # What a scatter checks is mostly the gradient's index, which the gather has checked.
        checking = {
            g for g in grouping.groups if g.kind != "scatter" and any(map(checks, g.nodes))
        }
        for i, source in donated.items():
            output, home = graph.outputs[i], graph.inputs[source]
            writer = grouping.of[output]
            others = (readers.get(home, set()) | checking) - {writer}
            if self._in_place(output, home, writer) and self._try_order(writer, others):
                self.direct.add(i)
                self.writers.add(writer)
            else:
                self.copied.append((output, home))

    def _readers(self) -> dict[Node, set[Group]]:
        readers: dict[Node, set[Group]] = {}
        for group in self._grouping.groups:
            for node in group.nodes:
                for i in node.inputs:
                    root, _ = self._layouts.resolve(i)
                    readers.setdefault(root, set()).add(group)
        return readers

    def _in_place(self, output: Node, home: Node, writer: Group) -> bool:
        """The writer stores each element where, if at all, it read it, and reads it once."""
        _, layout = self._layouts.resolve(home)
        if writer.kind == "control":
            return False
        if writer.kind == "scatter":
            return self._placed(home, writer)
        level = writer.level[output]
        if not layout.is_contiguous or (level == FULL and writer.reduced):
            return False
        if writer.kind not in ("loop", *WITH_EPILOGUE):
            return False
        space = writer.space if level == FULL else writer.outer_space
        for node in writer.nodes:
            for i in node.inputs:
                root, seen = self._layouts.resolve(i)
                if root is not home:
                    continue
                aligned = seen.squeezed.shape == space and seen.is_contiguous
                if not aligned or node is writer.head or writer.level[node] != level:
                    return False
        return True

    def _placed(self, home: Node, writer: Group) -> bool:
        """A scatter into the input as it lies: what it does not place is there already."""
        assert writer.head is not None
        if checks(writer.head):
            return False
        (x, seen), *others = map(self._layouts.resolve, writer.head.inputs)
        read = any(root is home for root, _ in others)
        return x is home and seen.is_contiguous and not read

    def _try_order(self, writer: Group, readers: set[Group]) -> bool:
        """Ask for the readers to run before the writer; False if that makes a cycle.

        While all that was asked for follows the groups' numbers, no cycle can arise.
        """
        added = readers - self.before.setdefault(writer, set())
        self.before[writer] |= added
        forward = all(r.number < writer.number for r in added)
        if forward and self._forward:
            return True
        try:
            ordered(self._grouping, self.before, self._layouts)
            self._forward = False
        except CycleError:
            self.before[writer] -= added
            return False
        return True


def checks(node: Node) -> bool:
    """Can this op find an index out of range?"""
    return node.op.name == "check_index" or node.attrs.get("mode") == "check"

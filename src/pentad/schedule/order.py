"""The order of the groups: one that is possible, and one that needs little memory.

Grouping numbers the groups in an order that is possible. But it comes from walking the graph
from its outputs: gradients of weights come after the whole backward pass, and all that they read
would have to be kept until then.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping

from pentad.graph.node import Node
from pentad.schedule.group import Group, Grouping
from pentad.schedule.layout import Layouts

Before = Mapping[Group, set[Group]]


class CycleError(Exception):
    """The wanted order contradicts the order of computation."""


def ordered(grouping: Grouping, before: Before, layouts: Layouts | None = None) -> list[Group]:
    """The groups in an order that respects operands and `before`, by number where free."""
    return _in_order(grouping, _Needs(grouping, before, layouts or grouping.layouts), None)


def thrifty(
    grouping: Grouping, before: Before, layouts: Layouts, nbytes: Callable[[Node], int],
    written: Callable[[Group], Iterator[Node]],
) -> list[Group]:
    """The groups in an order that keeps little: one that frees what it takes goes first.

    nbytes: what a value takes between groups, 0 for inputs and outputs of the program; written:
    the values that a group leaves in memory. Among equals the number decides.
    """
    needs = _Needs(grouping, before, layouts)
    return _in_order(grouping, needs, _Memory(needs, layouts, nbytes, written))


class _Needs:
    """What each group waits for, and who waits for it."""

    def __init__(self, grouping: Grouping, before: Before, layouts: Layouts) -> None:
        self.of: dict[Group, set[Group]] = {}
        self.reads: dict[Group, set[Node]] = {}
        self.users: dict[Group, list[Group]] = {g: [] for g in grouping.groups}
        for group in grouping.groups:
            needed = self.of[group] = set(before.get(group, ()))
            read = self.reads[group] = set()
            for node in group.nodes:
                for i in node.inputs:
                    root, _ = layouts.resolve(i)
                    if root in grouping.of and grouping.of[root] is not group:
                        needed.add(grouping.of[root])
                        read.add(root)
            for other in needed:
                self.users[other].append(group)


class _Memory:
    """Which values lie in the arena, and which group is the last that needs each of them."""

    def __init__(
        self, needs: _Needs, layouts: Layouts, nbytes: Callable[[Node], int],
        written: Callable[[Group], Iterator[Node]],
    ) -> None:
        self._sizes: dict[Node, int] = {}
        self._touched: dict[Group, set[Node]] = {}
        self._left: dict[Node, set[Group]] = {}
        self._there: set[Node] = set()
        for group, read in needs.reads.items():
            homes = {layouts.home(n) for n in (*read, *written(group))}
            for home in homes:
                self._sizes.setdefault(home, nbytes(home))
                self._left.setdefault(home, set()).add(group)
            self._touched[group] = {h for h in homes if self._sizes[h]}

    def grows(self, group: Group) -> bool:
        """Would more be kept after the group than before?"""
        change = 0
        for home in self._touched[group]:
            if home not in self._there:
                change += self._sizes[home]
            if self._left[home] == {group}:
                change -= self._sizes[home]
        return change > 0

    def run(self, group: Group) -> set[Group]:
        """The group has run; the groups that take less from now on."""
        relieved: set[Group] = set()
        for home in self._touched[group]:
            left = self._left[home]
            left.discard(group)
            if home not in self._there or len(left) == 1:
                relieved |= left
            self._there.add(home)
        return relieved


def _in_order(grouping: Grouping, needs: _Needs, memory: _Memory | None) -> list[Group]:
    """Always the least of the groups that can run: the thrifty first, then by number."""
    ready: list[tuple[bool, int, Group]] = []

    def offer(group: Group) -> None:
        grows = memory is not None and memory.grows(group)
        heapq.heappush(ready, (grows, group.number, group))

    waiting = {g: set(needed) for g, needed in needs.of.items()}
    for group in grouping.groups:
        if not waiting[group]:
            offer(group)
    result: dict[Group, None] = {}
    while ready:
        group = heapq.heappop(ready)[2]
        if group in result:
            continue  # offered twice, for it became thrifty in between
        result[group] = None
        for user in needs.users[group]:
            waiting[user].discard(group)
            if not waiting[user]:
                offer(user)
        if memory is not None:
            for other in memory.run(group):
                if not waiting[other] and other not in result:
                    offer(other)
    if len(result) != len(grouping.groups):
        raise CycleError
    return list(result)

"""Places for the boxes of a directed graph, in layers, with groups inside of groups.

Layers by the longest path, the order within them by the barycentre heuristic (Sugiyama et al.,
1981), places by isotonic regression towards the neighbours. A group is laid out by itself and is
then one box of the group around it; lines enter it at its top and leave it at its bottom. Long
lines get a place of their own in each layer that they cross, so that they pass beside the boxes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

Point = tuple[float, float]
SPACE, RISE = 26.0, 30.0  # between neighbours; between layers
_SWEEPS = 80


@dataclass(eq=False)
class Item:
    """A box (of a given size) or a group (of its members' and a frame's). x, y: of its upper left
    corner, within the group around it until `absolute` has been called."""

    width: float = 0.0
    height: float = 0.0
    members: list[Item] = field(default_factory=list)
    pad: tuple[float, float, float] = (0.0, 0.0, 0.0)  # sides, top, bottom
    label_width: float = 0.0
    parent: Item | None = None
    x: float = 0.0
    y: float = 0.0
    entries: dict[Item, float] = field(default_factory=dict)  # x where a source's lines come in
    exits: dict[Item, float] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)

    @property
    def is_group(self) -> bool:
        """Has it members?"""
        return bool(self.members)


@dataclass
class Route:
    """A line from layer to layer; arrives: does it end at a box, rather than at a group's rim?"""

    points: list[Point]
    arrives: bool


@dataclass(eq=False)
class _Slot:
    """A place in a layer: an item, or a point that a line of `source` passes."""

    item: Item | None
    rank: int
    width: float
    source: Item | None = None
    x: float = 0.0  # of the middle
    before: list[tuple[_Slot, float, float]] = field(default_factory=list)
    after: list[tuple[_Slot, float, float]] = field(default_factory=list)


Edge = tuple[Item, Item]


def layout(root: Item, edges: Iterable[Edge]) -> None:
    """Give all items inside of `root` their places. Edges lead from box to box, in no circle."""
    known = list(dict.fromkeys(edges))
    for group in _inside_out(root):
        _Group(group, known).place()
    _absolute(root, 0.0, 0.0)


def _inside_out(root: Item) -> list[Item]:
    found, waiting = [], [root]
    while waiting:
        item = waiting.pop()
        found.append(item)
        waiting += [m for m in item.members if m.is_group]
    return found[::-1]


def _absolute(root: Item, x: float, y: float) -> None:
    waiting = [(root, x, y)]
    while waiting:
        item, x, y = waiting.pop()
        item.x, item.y = item.x + x, item.y + y
        for route in item.routes:
            route.points = [(a + item.x, b + item.y) for a, b in route.points]
        waiting += [(m, item.x, item.y) for m in item.members]


class _Group:
    """The layout of the members of one group."""

    def __init__(self, group: Item, edges: list[Edge]) -> None:
        self.group = group
        self.members = {id(m) for m in group.members}
        self.links: dict[tuple[int, Item | None, Item | None], tuple[Item | None, ...]] = {}
        for source, target in edges:
            a, b = self._member(source), self._member(target)
            if a is not b:
                self.links[id(source), a, b] = (source, a, b)
        self.ranks = self._ranks()
        self.depth = max(self.ranks.values(), default=0) + 1
        self.layers: list[list[_Slot]] = [[] for _ in range(self.depth + 2)]
        self.runs: list[tuple[list[_Slot], Item, bool]] = []

    def _member(self, item: Item) -> Item | None:
        """The member that an item is, or is inside of; None if it is outside of the group."""
        at: Item | None = item
        while at is not None and id(at) not in self.members:
            at = at.parent
        return at

    def _ranks(self) -> dict[Item, int]:
        """The length of the longest path to each member (members are in the order of the flow)."""
        ranks = dict.fromkeys(self.group.members, 0)
        position = {m: i for i, m in enumerate(self.group.members)}
        inner = [(a, b) for _, a, b in self.links.values() if a is not None and b is not None]
        for a, b in sorted(inner, key=lambda pair: position[pair[0]]):
            ranks[b] = max(ranks[b], ranks[a] + 1)
        return ranks

    def place(self) -> None:
        """Places of the members, of the ports, and the routes between them."""
        slots = {m: _Slot(m, self.ranks[m] + 1, m.width) for m in self.group.members}
        for slot in slots.values():
            self.layers[slot.rank].append(slot)
        self._connect(slots)
        self._order()
        self._spread()
        self._straighten()
        self._finish()

    def _connect(self, slots: dict[Item, _Slot]) -> None:
        """Slots of ports, and of lines in the layers that they cross."""
        ports: dict[tuple[int, int], _Slot] = {}
        for source, a, b in self.links.values():
            assert source is not None
            ends = []
            for member, rank in ((a, 0), (b, self.depth + 1)):
                slot = slots[member] if member is not None else ports.get((id(source), rank))
                if slot is None:
                    slot = ports[id(source), rank] = _Slot(None, rank, 10.0, source)
                    self.layers[rank].append(slot)
                ends.append(slot)
            run = [ends[0]]
            for rank in range(ends[0].rank + 1, ends[1].rank):
                passing = _Slot(None, rank, 10.0, source)
                self.layers[rank].append(passing)
                run.append(passing)
            run.append(ends[1])
            for one, other in zip(run, run[1:], strict=False):
                out, into = _port(one, source, False), _port(other, source, True)
                one.after.append((other, out, into))
                other.before.append((one, into, out))
            self.runs.append((run, source, b is not None and not b.is_group))

    # -- order and places ----------------------------------------------------------------------

    def _order(self) -> None:
        for layer in self.layers:
            _packed(layer)
        for sweep in range(_SWEEPS):
            down = sweep % 2 == 0
            for layer in self.layers if down else self.layers[::-1]:
                layer.sort(key=lambda slot: _wanted(slot, slot.before if down else slot.after))
                _packed(layer)

    def _spread(self) -> None:
        """Move slots to where their lines are straight, without changing their order."""
        for sweep in range(_SWEEPS):
            down = sweep % 2 == 0
            for layer in self.layers if down else self.layers[::-1]:
                wanted = [_wanted(s, s.before if down else s.after) for s in layer]
                if sweep >= _SWEEPS // 2:
                    wanted = [_wanted(s, [*s.before, *s.after]) for s in layer]
                _settle(layer, wanted)

    def _straighten(self) -> None:
        """Give the places that a line passes one x, where the boxes beside them leave room."""
        for run, _, _ in self.runs:
            passing = run[1:-1]
            for x in sorted({s.x for s in passing}, key=lambda x: abs(x - run[0].x)):
                if all(_fits(s, x, self.layers[s.rank]) for s in passing):
                    for slot in passing:
                        slot.x = x
                    break

    def _finish(self) -> None:
        group = self.group
        every = [s for layer in self.layers for s in layer]
        side, top, bottom = group.pad
        left = min((s.x - s.width / 2 for s in every), default=0.0) - side
        right = max((s.x + s.width / 2 for s in every), default=0.0) + side
        narrow = max(0.0, group.label_width - (right - left))
        left, right = left - narrow / 2, right + narrow / 2
        group.width = right - left
        starts, heights = self._heights(top)
        group.height = starts[-1] + bottom
        starts[-1] = group.height
        starts[0] = heights[0] = 0.0
        for slot in every:
            slot.x -= left
            if slot.item is not None:
                slot.item.x = slot.x - slot.width / 2
                slot.item.y = starts[slot.rank] + (heights[slot.rank] - slot.item.height) / 2
            elif slot.rank == 0:
                group.entries[slot.source] = slot.x  # type: ignore[index]
            elif slot.rank == self.depth + 1:
                group.exits[slot.source] = slot.x  # type: ignore[index]
        for run, source, arrives in self.runs:
            group.routes.append(Route(_line(run, source, starts, heights), arrives))

    def _heights(self, top: float) -> tuple[list[float], list[float]]:
        """Where each layer begins, and how high it is."""
        y, starts, heights = top, [0.0], [0.0]
        for i, layer in enumerate(self.layers[1:-1]):
            if i:
                y += RISE
            heights.append(max((s.item.height for s in layer if s.item), default=0.0))
            starts.append(y)
            y += heights[-1]
        return [*starts, y], [*heights, 0.0]


def _port(slot: _Slot, source: Item, into: bool) -> float:
    """Where a line meets a slot, from its middle."""
    item = slot.item
    if item is None or not item.is_group:
        return 0.0
    places = item.entries if into else item.exits
    return places[source] - item.width / 2 if source in places else 0.0


def _wanted(slot: _Slot, links: list[tuple[_Slot, float, float]]) -> float:
    """Where the middle of a slot would have to be for its lines to be straight, on average."""
    if not links:
        return slot.x
    # A chain of boxes is to be straight, and lines that pass by to go around it.
    weights = [1.0 if _in_chain(other) else 0.05 for other, _, _ in links]
    places = [other.x + there - here for other, here, there in links]
    return sum(w * x for w, x in zip(weights, places, strict=True)) / sum(weights)


def _in_chain(slot: _Slot) -> bool:
    """Is it a box that leads straight to another one?"""
    links = [*slot.before, *slot.after]
    return slot.item is not None and any(other.item is not None for other, _, _ in links)


def _packed(layer: list[_Slot]) -> None:
    """Put the slots of a layer side by side around 0."""
    total = sum(s.width for s in layer) + SPACE * max(len(layer) - 1, 0)
    at = -total / 2
    for slot in layer:
        slot.x = at + slot.width / 2
        at += slot.width + SPACE


def _settle(layer: list[_Slot], wanted: list[float]) -> None:
    """The places nearest to the wanted ones at which the slots, in this order, do not overlap
    (isotonic regression by pooling adjacent violators)."""
    offsets, at = [], 0.0
    for i, slot in enumerate(layer):
        at += 0.0 if i == 0 else (layer[i - 1].width + slot.width) / 2 + SPACE
        offsets.append(at)
    pools: list[list[float]] = []  # [sum, weight, members]
    for slot, want, offset in zip(layer, wanted, offsets, strict=True):
        weight = 1.0 if _in_chain(slot) else 0.05  # lines make way, and become straight later
        pools.append([(want - offset) * weight, weight, 1])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            total, heavy, count = pools.pop()
            pools[-1] = [pools[-1][0] + total, pools[-1][1] + heavy, pools[-1][2] + count]
    means = [total / weight for total, weight, count in pools for _ in range(int(count))]
    for slot, mean, offset in zip(layer, means, offsets, strict=True):
        slot.x = mean + offset


def _fits(slot: _Slot, x: float, layer: list[_Slot]) -> bool:
    """Is there room for a slot at another place of its layer?"""
    return all(
        other is slot
        or (abs(other.x - x) >= (other.width + slot.width) / 2 + SPACE / 3
            and (other.x < x) == (other.x < slot.x))
        for other in layer
    )


def _line(
    run: list[_Slot], source: Item, starts: list[float], heights: list[float]
) -> list[Point]:
    """The points of a line: out of its first slot, through those between, to its last one."""
    first, last = run[0], run[-1]
    out, into = _port(first, source, False), _port(last, source, True)
    end = starts[first.rank] + (heights[first.rank] if first.item is None else 0.0)
    if first.item is not None:
        end = first.item.y + first.item.height
    points = [(first.x + out, end)]
    for slot in run[1:-1]:
        points.append((slot.x, starts[slot.rank]))
        points.append((slot.x, starts[slot.rank] + heights[slot.rank]))
    points.append((last.x + into, starts[last.rank] if last.item is None else last.item.y))
    return points

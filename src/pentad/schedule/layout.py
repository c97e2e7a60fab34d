"""Where the elements of a value lie: strides and offset, and what a view does to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pentad.graph.node import Node

Strides = tuple[int, ...]


def contiguous(shape: Sequence[int]) -> Strides:
    """Row-major strides, in elements."""
    strides = [1] * len(shape)
    for i in range(len(shape) - 2, -1, -1):
        strides[i] = strides[i + 1] * max(shape[i + 1], 1)
    return tuple(strides)


def channels_last(shape: Sequence[int]) -> Strides:
    """Strides of (batch, channel, *spatial) with the channels next to each other (NHWC)."""
    n, c, *spatial = shape
    inner = [s * c for s in contiguous(spatial)]
    pixels = 1
    for size in spatial:
        pixels *= max(size, 1)
    return (pixels * c, 1, *inner)


@dataclass(frozen=True, slots=True)
class Layout:
    """Element (i0, i1, ...) of a value of `shape` lies at offset + sum(i * stride)."""

    shape: tuple[int, ...]
    strides: Strides
    offset: int = 0

    @staticmethod
    def of(shape: Sequence[int], strides: Sequence[int] | None = None) -> Layout:
        return Layout(tuple(shape), contiguous(shape) if strides is None else tuple(strides))

    @property
    def squeezed(self) -> Layout:
        """Without the axes of size 1."""
        kept = [i for i, n in enumerate(self.shape) if n != 1]
        return Layout(
            tuple(self.shape[i] for i in kept),
            tuple(self.strides[i] for i in kept),
            self.offset,
        )

    @property
    def in_parts(self) -> Layout:
        """Of complex values: of their parts, along a last axis of size 2."""
        return Layout((*self.shape, 2), (*_doubled(self.strides), 1), 2 * self.offset)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def lies_last(self) -> bool:
        """Channels next to each other, and not also in row-major order."""
        if len(self.shape) < 3 or self.is_contiguous:
            return False
        return self.squeezed == Layout(self.shape, channels_last(self.shape)).squeezed

    @property
    def is_contiguous(self) -> bool:
        flat = self.squeezed
        return flat.offset == 0 and flat.strides == contiguous(flat.shape)


def through(view: Node, layout: Layout) -> Layout | None:
    """The layout of a view, given that of its operand; None if it needs a copy (reshape)."""
    attrs = view.attrs
    match view.op.name:
        case "reshape":
            return _reshaped(layout, view.shape)  # type: ignore[arg-type]
        case "transpose":
            axes = attrs["axes"]
            return Layout(
                tuple(layout.shape[a] for a in axes),
                tuple(layout.strides[a] for a in axes),
                layout.offset,
            )
        case "broadcast":
            return _broadcast(layout, attrs["shape"], attrs["dims"])
        case "slice":
            return _sliced(layout, view.shape, attrs["start"], attrs["step"])  # type: ignore[arg-type]
        case "reverse":
            return _reversed(layout, attrs["axes"])
        case "stop_gradient":
            return layout
        case "real" | "imag":
            part = int(view.op.name == "imag")
            return Layout(layout.shape, _doubled(layout.strides), 2 * layout.offset + part)
        case name:
            raise NotImplementedError(f"{name} is no view")


def _doubled(strides: Strides) -> Strides:
    """The strides of one part of complex values, in elements of that part."""
    return tuple(2 * s for s in strides)


def _broadcast(layout: Layout, shape: tuple[int, ...], dims: tuple[int, ...]) -> Layout:
    strides = [0] * len(shape)
    for i, d in enumerate(dims):
        strides[d] = layout.strides[i] if layout.shape[i] == shape[d] else 0
    return Layout(shape, tuple(strides), layout.offset)


def _sliced(
    layout: Layout, shape: tuple[int, ...], start: tuple[int, ...], step: tuple[int, ...]
) -> Layout:
    offset = layout.offset + sum(a * s for a, s in zip(start, layout.strides, strict=True))
    strides = tuple(s * d for s, d in zip(layout.strides, step, strict=True))
    return Layout(shape, strides, offset)


def _reversed(layout: Layout, axes: tuple[int, ...]) -> Layout:
    strides, offset = list(layout.strides), layout.offset
    for a in axes:
        a %= len(strides)
        offset += max(layout.shape[a] - 1, 0) * strides[a]
        strides[a] = -strides[a]
    return Layout(layout.shape, tuple(strides), offset)


def _reshaped(layout: Layout, shape: tuple[int, ...]) -> Layout | None:
    """Match groups of axes with equal products; a group merges only if it is dense."""
    if 0 in shape:
        return Layout(shape, contiguous(shape), layout.offset)
    old = layout.squeezed
    sizes, steps = list(old.shape), list(old.strides)
    strides: list[int] = []
    at = 0
    i = 0
    while i < len(shape):
        if shape[i] == 1:
            strides.append(0)
            i += 1
            continue
        taken, wanted, j = sizes[at], shape[i], i + 1
        first = at
        while taken != wanted:
            if taken < wanted:
                at += 1
                taken *= sizes[at]
            else:
                wanted *= shape[j]
                j += 1
        if not _dense(sizes[first : at + 1], steps[first : at + 1]):
            return None
        inner = steps[at]
        strides.extend(s * inner for s in contiguous(shape[i:j]))
        at, i = at + 1, j
    return Layout(shape, tuple(strides), layout.offset)


def _dense(sizes: Sequence[int], steps: Sequence[int]) -> bool:
    """Do these axes run through memory like one axis? Without elements they do."""
    return 0 in sizes or all(
        steps[i] == steps[i + 1] * sizes[i + 1] for i in range(len(sizes) - 1)
    )


def merge(sizes: Sequence[int], strides: Sequence[int]) -> int | None:
    """The one stride of axes that run through memory like one; None if they do not."""
    kept = [(n, s) for n, s in zip(sizes, strides, strict=True) if n != 1]
    if not kept:
        return 0
    if not _dense([n for n, _ in kept], [s for _, s in kept]):
        return None
    return kept[-1][1]


def merge_axes(
    sizes: Sequence[int], strides: Sequence[int], axes: Sequence[Sequence[int]]
) -> tuple[int, ...] | None:
    """One stride for each run of axes (given by their positions), or None."""
    result = []
    for run in axes:
        stride = merge([sizes[i] for i in run], [strides[i] for i in run])
        if stride is None:
            return None
        result.append(stride)
    return tuple(result)


class Layouts:
    """The layout of every value of a graph over the memory of its root.

    The root of a view is the value whose memory it shows; every other value is its own root. A
    root lies contiguous, unless it is an input with given strides or was assigned others.
    """

    def __init__(self, given: Mapping[Node, Strides]) -> None:
        self._given = dict(given)
        self._homes: dict[Node, tuple[Node, int]] = {}
        self._physical: dict[Node, tuple[Node, Layout]] = {}
        self._logical: dict[Node, tuple[Node, Layout]] = {}

    def assign(self, root: Node, strides: Strides) -> None:
        """Let a value that computes lie with these strides (dense, in some order of its axes)."""
        self._given[root] = strides

    def place(self, parts: Sequence[Node], home: Node) -> None:
        """Let the real and the imaginary part of a complex value lie in its memory."""
        for i, part in enumerate(parts):
            self.place_part(part, home, _doubled(contiguous(_numbers(part.shape))), i)

    def place_part(self, part: Node, home: Node, strides: Strides, offset: int) -> None:
        """Let a value that computes lie in the memory of another one, `home`."""
        self._given[part] = strides
        self._homes[part] = (home, offset)

    def home(self, root: Node) -> Node:
        """The value in whose memory a root lies: itself, unless it is a part of another one."""
        return self._homes.get(root, (root, 0))[0]

    def is_part(self, root: Node) -> bool:
        """Does a root lie in the memory of another value, of which it is a part?"""
        return root in self._homes

    def resolve(self, node: Node) -> tuple[Node, Layout]:
        """The root of a value and its layout there."""
        return self._walk(node, self._physical, self._strides)

    def logical(self, node: Node) -> tuple[Node, Layout | None]:
        """The same as if every root were contiguous: which of its elements are meant.

        None in place of a layout where that takes more than strides.
        """
        try:
            return self._walk(node, self._logical, _positions)
        except NeedsCopy:
            return self.resolve(node)[0], None

    def viewable(self, view: Node) -> bool:
        """Can this view, whose operand resolves, do without a copy?"""
        _, layout = self.resolve(view.inputs[0])
        return through(view, layout) is not None

    def _walk(
        self,
        node: Node,
        known: dict[Node, tuple[Node, Layout]],
        strides_of: Callable[[Node], Strides | None],
    ) -> tuple[Node, Layout]:
        chain: list[Node] = []
        at = node
        while at not in known and at.op.kind == "view":
            chain.append(at)
            at = at.inputs[0]
        found = known.get(at)
        if found is None:
            layout = Layout.of(_numbers(at.shape), strides_of(at))
            if at in self._homes and known is self._physical:
                layout = Layout(layout.shape, layout.strides, self._homes[at][1])
            found = known[at] = (at, layout)
        for view in reversed(chain):
            layout = through(view, found[1])
            if layout is None:
                raise NeedsCopy(f"{view} needs a copy")
            found = known[view] = (found[0], layout)
        return found

    def _strides(self, root: Node) -> Strides | None:
        return self._given.get(root) or _positions(root)


class NeedsCopy(AssertionError):
    """A view that no strides can express was met where the scheduler had ruled that out."""


def _positions(root: Node) -> Strides | None:
    """Strides of an iota in units of its value; None (contiguous) for all others."""
    if root.op.name == "iota":
        return tuple(int(i == root.attrs["axis"]) for i in range(root.ndim))
    return None


def _numbers(shape: Sequence[object]) -> tuple[int, ...]:
    return tuple(shape)  # type: ignore[arg-type]

"""draw: a model as boxes with arrows along the flow of values."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.graph.op import TensorType
from pentad.nn.anatomy import Box, Call, anatomy
from pentad.nn.containers import ModuleDict, ModuleList, Sequential
from pentad.nn.module import Module
from pentad.pictures.canvas import Line, Picture, Rectangle, Text
from pentad.pictures.layered import Item, layout
from pentad.pictures.letters import text_width
from pentad.tensor.misfit import guarded

_INK, _MUTED, _ARROW, _FRAME = "#1f2937", "#6b7280", "#94a3b8", "#cbd5e1"
_MARGIN, _PAD = 24.0, 12.0
_TINTS = ("#f8fafc", "#f1f5f9", "#e9eef5", "#e2e8f0")
# What a layer's name contains, its fill and its edge.
_FAMILIES = (
    (("Conv", "Linear", "Bilinear"), "#dbeafe", "#60a5fa"),
    (("Norm",), "#fef3c7", "#fbbf24"),
    (("Pool", "Upsample", "Pad", "Shuffle"), "#dcfce7", "#4ade80"),
    (("LSTM", "GRU", "RNN", "Attention", "Transformer"), "#f3e8ff", "#c084fc"),
    (("Embedding",), "#cffafe", "#22d3ee"),
    (("Dropout", "Flatten", "Identity", "Unflatten"), "#f3f4f6", "#9ca3af"),
)
_USUAL = ("#ffe4e6", "#fb7185")  # activations and all else
_CONTAINERS = (Sequential, ModuleList, ModuleDict)
_LARGEST = 2000  # boxes


@guarded
def draw(
    model: Module, *inputs: Any, path: str | os.PathLike[str] | None = None,
    depth: int | None = None, direction: str = "down", dtypes: Sequence[Any] | None = None,
) -> Picture:
    """A picture of a model: its modules as boxes with their outputs' shapes and their parameters,
    operations between them as small ones, arrows along the flow of values, modules framed.

    inputs: tensors, or shapes such as (1, 3, 32, 32); dtypes: of those given as shapes (float32).
    depth: modules so deep inside are one box each; layers of pentad.nn always are. direction:
    "down" or "right". path: a .svg or .png file to write (PNG needs Pillow). A pass in evaluation
    mode is traced; nothing is computed. Returns the Picture.
    Raises ArgumentError for another direction, and for a model of more boxes than can be seen.
    """
    if direction not in ("down", "right"):
        raise ArgumentError(message("draw: direction", expected='"down" or "right"',
                                    got=repr(direction)))
    levels = {id(m): p.count(".") + 1 if p else 0 for p, m in model.named_modules()}

    def whole(module: Module) -> bool:
        if depth is not None and levels.get(id(module), 0) >= depth:
            return True
        return not _is_open(module)

    boxes = anatomy(model, inputs, dtypes, whole).boxes
    if len(boxes) > _LARGEST:
        raise ArgumentError(
            message("draw: too many boxes", expected=f"{_LARGEST} at most", got=str(len(boxes)),
                    hint="draw(model, ..., depth=2) takes deeper modules as one box each")
        )
    picture = _Drawing(type(model).__name__, boxes, direction == "right").picture()
    if path is not None:
        picture.save(path)
    return picture


def _is_open(module: Module) -> bool:
    """Is a module shown by its parts? Containers and users' modules that have some are."""
    if not any(True for _ in module.children()):
        return False
    own = type(module).__module__.startswith("pentad.nn.")
    layered = type(module).__name__ in ("TransformerEncoder", "TransformerDecoder", "Transformer")
    return not own or isinstance(module, _CONTAINERS) or layered


class _Drawing:
    """The items of a model's boxes, placed and painted. right: with width and height exchanged."""

    def __init__(self, name: str, boxes: Sequence[Box], right: bool) -> None:
        self.name, self.right = name, right
        self.root = Item(pad=(0.0, 0.0, 0.0))
        self.boxes: dict[Item, Box] = {}
        self.groups: dict[Item, tuple[Call, int]] = {}
        by_call: dict[int, Item] = {}
        items: dict[int, Item] = {}
        for box in boxes:
            parent = self._parent(box.group, by_call)
            width, height = self._flipped(*_size(box))
            item = Item(width, height, parent=parent)
            parent.members.append(item)
            self.boxes[item], items[id(box)] = box, item
        edges = [(items[id(s)], items[id(b)]) for b in boxes for s in b.sources]
        layout(self.root, edges)

    def _flipped(self, a: float, b: float) -> tuple[float, float]:
        return (b, a) if self.right else (a, b)

    def _parent(self, group: tuple[Call, ...], by_call: dict[int, Item]) -> Item:
        """The item of the innermost call, made with those around it if need be. The model itself
        has no frame."""
        at = self.root
        for level, call in enumerate(group[1:]):
            found = by_call.get(id(call))
            if found is None:
                found = by_call[id(call)] = self._frame(call, level, at)
            at = found
        return at

    def _frame(self, call: Call, level: int, parent: Item) -> Item:
        wide = text_width(_title(call), 11, True) + 2 * _PAD
        pad = (26.0, _PAD, _PAD) if self.right else (_PAD, 26.0 + _PAD / 2, _PAD)
        frame = Item(pad=pad, parent=parent, label_width=0.0 if self.right else wide)
        self.groups[frame] = call, level
        parent.members.append(frame)
        return frame

    # -- painting ------------------------------------------------------------------------------

    def picture(self) -> Picture:
        """Everything painted: frames, arrows, boxes."""
        width, height = self._flipped(self.root.width, self.root.height)
        picture = Picture(width + 2 * _MARGIN, height + 2 * _MARGIN, self.name)
        for frame, (_, level) in self.groups.items():
            x, y = self._place(frame.x, frame.y)
            wide, high = self._flipped(frame.width, frame.height)
            picture.add(Rectangle(x, y, wide, high, _tint(level), _FRAME, 1.0, 9.0))
        for group in (self.root, *self.groups):
            for route in group.routes:
                points = tuple(self._place(x, y) for x, y in route.points)
                smooth = "horizontal" if self.right else "vertical"
                picture.add(Line(points, _ARROW, 1.4, None, smooth, route.arrives))
        for frame, (call, level) in self.groups.items():
            self._paint_title(picture, frame, call, level)
        for item, box in self.boxes.items():
            x, y = self._place(item.x, item.y)
            wide, high = self._flipped(item.width, item.height)
            picture.add(*_painted(box, x, y, wide, high))
        return picture

    def _place(self, x: float, y: float) -> tuple[float, float]:
        a, b = self._flipped(x, y)
        return a + _MARGIN, b + _MARGIN

    def _paint_title(self, picture: Picture, frame: Item, call: Call, level: int) -> None:
        """The name of a group, over the lines that come in."""
        x, y = self._place(frame.x, frame.y)
        title = _title(call)
        wide = text_width(title, 11, True)
        at = _PAD
        if not self.right and any(_PAD - 4 < e < _PAD + wide + 4 for e in frame.entries.values()):
            other = frame.width - _PAD - wide  # at the right, if no line comes in there
            if not any(e > other - 4 for e in frame.entries.values()):
                at = other
        picture.add(
            Rectangle(x + at - 3, y + 7, wide + 6, 15, _tint(level)),
            Text(x + at, y + 18, title, 11, _MUTED, bold=True),
        )


# -- boxes -------------------------------------------------------------------------------------


def _tint(level: int) -> str:
    return _TINTS[level % len(_TINTS)]


def _title(call: Call) -> str:
    return f"{call.name}: {type(call.module).__name__}"


def _shapes(types: Sequence[TensorType]) -> str:
    return ", ".join(str(list(t.shape)) for t in types)


def _words(box: Box) -> tuple[str, str, str]:
    """(what it is, its name, its second line) of a module."""
    assert box.call is not None
    module = box.call.module
    count = sum(p.numel() for p in module.parameters())
    second = _shapes(box.outputs)
    if count:
        second += f"   {count:,} parameters"
    return type(module).__name__, box.name, second


def _size(box: Box) -> tuple[float, float]:
    if box.kind == "module":
        kind, name, second = _words(box)
        first = text_width(kind, 13, True) + 14 + text_width(name, 11)
        return max(first, text_width(second, 11)) + 2 * _PAD, 42.0
    if box.kind == "operation":
        return max(text_width(box.name, 11) + 18, 26.0), 22.0
    return text_width(f"{box.name}  {_shapes(box.outputs)}", 12, True) + 2 * _PAD + 4, 28.0


def _painted(box: Box, x: float, y: float, wide: float, high: float) -> Iterator[Any]:
    middle = x + wide / 2
    if box.kind == "module":
        kind, name, second = _words(box)
        fill, edge = _colours(kind)
        yield Rectangle(x, y, wide, high, fill, edge, 1.2, 6.0)
        yield Text(x + _PAD, y + 17, kind, 13, _INK, bold=True)
        yield Text(x + wide - _PAD, y + 17, name, 11, _MUTED, "end")
        yield Text(x + _PAD, y + 33, second, 11, _MUTED)
    elif box.kind == "operation":
        yield Rectangle(x, y, wide, high, "#ffffff", _ARROW, 1.2, high / 2)
        yield Text(middle, y + high / 2 + 4, box.name, 11, _INK, "middle")
    else:
        yield Rectangle(x, y, wide, high, _INK, None, 1.0, high / 2)
        words = f"{box.name}  {_shapes(box.outputs)}"
        yield Text(middle, y + high / 2 + 4.3, words, 12, "#ffffff", "middle", bold=True)


def _colours(kind: str) -> tuple[str, str]:
    for words, fill, edge in _FAMILIES:
        if any(word in kind for word in words):
            return fill, edge
    return _USUAL

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import combinations

import pytest

import pentad as pt
from pentad import nn
from pentad.graph.errors import ArgumentError
from pentad.pictures.canvas import Line, Rectangle, Text
from pentad.pictures.layered import Item, layout


class Block(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(n, n, 3, padding=1), nn.Conv2d(n, n, 3, padding=1)

    def forward(self, x):
        return (x + self.conv2(self.conv1(x).relu())).relu()


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(Block(2), Block(2))
        self.out = nn.Linear(32, 3)

    def forward(self, x):
        return self.out(self.body(x).flatten(1))


def texts(picture):
    return [s.text for s in picture.shapes if isinstance(s, Text)]


def apart(picture):
    """Do no two boxes overlap, except that one is inside of the other?"""
    frames = [s for s in picture.shapes if isinstance(s, Rectangle)]
    for a, b in combinations(frames, 2):
        across = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
        down = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
        smaller = min(a.width * a.height, b.width * b.height)
        if across > 0.01 and down > 0.01 and across * down < smaller - 0.1:
            return False
    return True


@pytest.mark.parametrize("direction", ["down", "right"])
def test_boxes_frames_and_arrows(tmp_path, direction):
    picture = pt.draw(Small(), (1, 2, 4, 4), path=tmp_path / "small.svg", direction=direction)
    ET.fromstring((tmp_path / "small.svg").read_text())
    found = texts(picture)
    assert found.count("Conv2d") == 4
    assert found.count("add") == 2
    assert "body: Sequential" in found
    assert "0: Block" in found
    assert "[1, 3]   99 parameters" in found
    assert "input  [1, 2, 4, 4]" in found
    assert apart(picture)
    arrows = [s for s in picture.shapes if isinstance(s, Line) and s.arrow]
    assert len(arrows) == 14
    for s in picture.shapes:
        if isinstance(s, Rectangle):
            assert 0 <= s.x <= s.x + s.width <= picture.width
            assert 0 <= s.y <= s.y + s.height <= picture.height
    along = 1 if direction == "down" else 0
    assert all(line.points[0][along] < line.points[-1][along] for line in arrows)


def test_depth_takes_modules_as_one_box():
    picture = pt.draw(Small(), (1, 2, 4, 4), depth=1)
    found = texts(picture)
    assert "Sequential" in found
    assert "Conv2d" not in found
    assert "[1, 2, 4, 4]   152 parameters" in found


def test_layers_of_the_library_are_one_box():
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    picture = pt.draw(nn.TransformerEncoder(layer, 2), (1, 5, 8))
    assert texts(picture).count("TransformerEncoderLayer") == 2
    assert "Linear" not in texts(picture)


def test_a_module_called_twice_is_two_boxes():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.part = nn.Linear(2, 2)

        def forward(self, x):
            return self.part(self.part(x))

    assert texts(pt.draw(Twice(), (1, 2))).count("Linear") == 2


def test_what_cannot_be_drawn():
    with pytest.raises(ArgumentError, match="direction"):
        pt.draw(nn.Linear(2, 2), (1, 2), direction="up")
    with pytest.raises(ArgumentError, match="too many boxes"):
        pt.draw(nn.Sequential(*[nn.ReLU() for _ in range(2100)]), (1, 2))


def test_a_long_line_passes_beside_the_boxes():
    root = Item()
    items = [Item(60, 20, parent=root) for _ in range(4)]
    root.members += items
    layout(root, [*zip(items, items[1:], strict=False), (items[0], items[3])])
    assert [i.y for i in items] == sorted(i.y for i in items)
    [long] = [r for r in root.routes if len(r.points) > 2]
    for box in items[1:3]:
        for x, y in long.points[1:-1]:
            if box.y <= y <= box.y + box.height:
                assert not box.x <= x <= box.x + box.width


def test_lines_into_a_group_end_inside_of_it():
    root = Item()
    first = Item(40, 20, parent=root)
    group = Item(pad=(5.0, 20.0, 5.0), parent=root, label_width=90.0)
    inner = [Item(40, 20, parent=group) for _ in range(2)]
    group.members += inner
    last = Item(40, 20, parent=root)
    root.members += [first, group, last]
    layout(root, [(first, inner[0]), (inner[0], inner[1]), (inner[1], last), (first, last)])
    assert group.width >= 90
    for item in inner:
        assert group.x <= item.x <= item.x + item.width <= group.x + group.width
        assert group.y + 20 <= item.y <= item.y + item.height <= group.y + group.height
    [enters] = [r for r in group.routes if r.points[0][1] == group.y]
    assert enters.arrives
    [to_group] = [r for r in root.routes if r.points[-1][1] == group.y]
    assert not to_group.arrives
    assert to_group.points[-1] == pytest.approx(enters.points[0])

from __future__ import annotations

import io
import math
import xml.etree.ElementTree as ET

import pytest

import pentad as pt
from pentad import train
from pentad.graph.errors import ArgumentError, MissingExtra, ResourceError
from pentad.pictures.canvas import Line, Picture, Rectangle, Text
from pentad.pictures.letters import text_width
from pentad.pictures.ticks import label, ticks, whole_ticks


def history(n=12, bend=7, **more):
    return train.History([
        {"epoch": i + 1, "loss": 1 / (i + 1), "accuracy": 1 - 0.5 / (i + 1),
         "val_loss": 0.2 + 0.01 * abs(i + 1 - bend), "lr": 0.1 * 0.9**i, "seconds": 1.0, **more}
        for i in range(n)])


def texts(picture):
    return [s.text for s in picture.shapes if isinstance(s, Text)]


def test_a_panel_for_each_quantity_with_the_best_epoch():
    picture = pt.plot(history())
    found = texts(picture)
    assert [t for t in found if t in ("loss", "accuracy", "learning rate")] == [
        "loss", "accuracy", "learning rate"]
    assert "best 0.2, epoch 7" in found  # of the validation, since there is one
    assert "best 0.9583, epoch 12" in found  # the largest accuracy
    assert found.count("training") == 2
    assert found.count("validation") == 1
    assert found.count("epoch") == 3


def test_the_svg_is_xml_and_the_png_has_its_size(tmp_path):
    picture = pt.plot(history(), tmp_path / "run.svg", title="a <first> run & more")
    root = ET.fromstring((tmp_path / "run.svg").read_text())
    assert root.tag.endswith("svg")
    assert any(e.text == "a <first> run & more" for e in root.iter())
    picture.save(tmp_path / "run.png", scale=1)
    from PIL import Image

    with Image.open(tmp_path / "run.png") as image:
        assert image.size == (math.ceil(picture.width), math.ceil(picture.height))
        colours = {c for _, c in image.getcolors(1 << 20)}
    assert (255, 255, 255) in colours
    assert (0x25, 0x63, 0xEB) in colours
    assert picture._repr_svg_() == picture.svg()


def test_pictures_are_the_same_each_time():
    assert pt.plot(history()).svg() == pt.plot(history()).svg()


def test_values_that_are_no_numbers_leave_a_gap():
    records = [{"epoch": i, "loss": v} for i, v in enumerate([3.0, 2.0, math.nan, math.inf, 1.0,
                                                             0.5], 1)]
    picture = pt.plot(records)
    lines = [s for s in picture.shapes if isinstance(s, Line) and s.line == 2.0]
    assert [len(s.points) for s in lines] == [2, 2]
    assert "best 0.5, epoch 6" in texts(picture)
    assert "nan" not in picture.svg()
    assert "nan" not in pt.plot([{"epoch": 1, "loss": math.nan}]).svg()


def test_one_epoch_and_many():
    assert "best" not in " ".join(texts(pt.plot(history(1))))
    assert len([t for t in texts(pt.plot(history(1000), quantities=["loss"]))
                if t.isdigit()]) <= 9


def test_runs_are_compared():
    picture = pt.plot({"small": history(5), "large": history(8)}, quantities=["loss"])
    found = texts(picture)
    assert {"small", "large", "validation"} <= set(found)
    assert len([t for t in found if t.startswith("best")]) == 2


def test_what_cannot_be_plotted(tmp_path):
    with pytest.raises(ArgumentError, match="plot: no f2"):
        pt.plot(history(), quantities=["f2"])
    with pytest.raises(ArgumentError, match="nothing to plot"):
        pt.plot(train.History())
    with pytest.raises(ArgumentError, match="picture's file"):
        pt.plot(history(), tmp_path / "run.pdf")
    with pytest.raises(ResourceError):
        pt.plot(history(), tmp_path / "absent" / "run.svg")


def test_without_pillow_png_is_a_missing_extra(monkeypatch):
    import builtins

    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.startswith("PIL"):
            raise ImportError("no PIL here")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingExtra, match="Pillow"):
        pt.plot(history()).png()


def test_a_picture_too_large_for_png_is_an_error():
    with pytest.raises(ResourceError, match="too large"):
        Picture(1e6, 1e6, "large").png()


def test_shapes_are_painted():
    from PIL import Image

    picture = Picture(20, 20, "one")
    picture.add(Rectangle(5, 5, 10, 10, "#ff0000"))
    with Image.open(io.BytesIO(picture.png(1))) as image:
        assert image.getpixel((10, 10)) == (255, 0, 0)
        assert image.getpixel((2, 2)) == (255, 255, 255)


@pytest.mark.parametrize(("low", "high", "expected"), [
    (0.0, 1.0, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (3, 97, [0, 20, 40, 60, 80, 100]),
    (0.013, 0.0131, None), (5.0, 5.0, None), (-1e9, 1e9, None), (0.0, 0.0, None)])
def test_ticks_are_round_and_cover(low, high, expected):
    found = ticks(low, high)
    step = found[1] - found[0]
    assert found[0] <= low + step * 1e-6
    assert found[-1] >= high - step * 1e-6
    assert 3 <= len(found) <= 9
    if expected is not None:
        assert found == pytest.approx(expected)


def test_whole_ticks_and_labels():
    assert whole_ticks(1, 5) == [1, 2, 3, 4, 5]
    assert whole_ticks(1, 100) == [1, 20, 40, 60, 80, 100]
    assert whole_ticks(7, 7) == [7]
    assert [label(v, 0.2) for v in (0, 0.2, 1.0)] == ["0", "0.2", "1.0"]
    assert label(0.025, 0.025) == "0.025"
    assert label(1500, 500) == "1,500"
    assert label(2e6, 1e6) == "2e6"
    assert label(0.001, 2e-4) == "1e-3"
    assert label(0.9805, 5e-4) == "0.9805"
    assert label(2.5e-5, 5e-6) == "2.5e-5"


def test_widths_of_texts():
    assert text_width("W", 10) > text_width("i", 10)
    assert text_width("ab", 20) == 2 * text_width("ab", 10)
    assert text_width("é", 10) == 6

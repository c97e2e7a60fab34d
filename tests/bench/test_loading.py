"""Loaders: what is read, by whom, and how the speed is shown."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from bench import images, report
from bench.loading import Loading, arrays, pictures
from bench.peers import PEERS
from bench.workloads import select
from bench.workloads.loading import _pictures

COMPILED, EAGER = (p for p in PEERS if p.family.startswith("pentad"))
SMALL = partial(_pictures, count=6, stored=12, size=8, channels=3, kind="PNG")


def test_files_are_packed_into_an_array_and_back():
    found = [b"", b"a", b"\0bc\0"]
    assert images.unpacked(images.packed(found)) == found


@pytest.mark.parametrize(("channels", "kind"), [(1, "PNG"), (3, "JPEG")])
def test_an_image_is_cut_mirrored_and_normalised(channels, kind):
    rng = np.random.default_rng(0)
    [file] = images.files(rng, 1, 10, channels, kind)
    corners = np.array([[2, 1]] * 2)
    found = images.Images([file] * 2, np.array([7, 8]), corners, 6, "pentad")
    (x, seven), (mirrored, eight) = found[0], found[1]
    assert (seven, eight) == (7, 8)
    assert x.shape == (channels, 6, 6)
    np.testing.assert_array_equal(mirrored.numpy(), x.numpy()[..., ::-1])
    bytes_ = (x.numpy() * images.DEVIATION + images.MEAN) * 255
    np.testing.assert_allclose(bytes_, bytes_.round(), atol=1e-3)
    assert bytes_.std() > 10


@pytest.mark.parametrize("workers", [0, 2])
def test_a_pass_gives_every_image_once(workers):
    data = SMALL(np.random.default_rng(0))
    program = Loading(pictures, 4, workers).programs()["torch"](COMPILED, data)
    count, pixels, labels = program.read(program.step())
    files = images.unpacked(data["files"])
    samples = images.Images(files, data["y"], data["corners"], 8, "pentad")
    assert count == 6
    assert labels == data["y"].sum()
    assert pixels == pytest.approx(sum(samples[i][0].numpy().sum() for i in range(6)), rel=1e-5)


def test_a_pass_over_arrays():
    data = {"x": np.ones((5, 3), np.float32), "y": np.arange(5)}
    program = Loading(arrays, 2).programs()["torch"](COMPILED, data)
    assert program.read(program.step()).tolist() == [5, 15, 10]
    assert Loading(arrays, 2).programs()["torch"](EAGER, data) is None  # the same once more


def test_the_table_shows_items_a_second():
    measured = {"peer": "pentad", "family": "pentad", "median_us": 2e6, "min_us": 1e6,
                "ratio": 1.0, "rounds_us": [1e6]}  # fmt: skip
    row = {"name": "a", "flops": 0.0, "bytes": 0.0, "items": 12_345, "peak_gflops": None,
           "peak_gbytes": None, "measurements": [measured], "left_out": {}}  # fmt: skip
    older = {k: v for k, v in row.items() if k != "items"} | {"name": "b"}
    headings, rows = report.cells([row, older])
    assert headings == ["", "pentad", "min", "speed"]
    assert rows == [["a", "2.00 s", "1.00 s", "12,345 /s"], ["b", "2.00 s", "1.00 s", ""]]
    assert report.cells([older])[0] == ["", "pentad", "min"]


def test_the_group_holds_loaders_with_and_without_workers():
    names = [w.name for w in select(("data loading",))]
    assert len(names) == 5
    assert sum("2 workers" in name for name in names) == 2

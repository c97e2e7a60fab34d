"""Geometric means against the fastest peer of each row, and when measuring ends."""

from __future__ import annotations

import pytest

from bench import means
from bench.timing import Settings


def record(name, threads=1, group="training steps", **ratios):
    rows = [
        {"peer": family, "family": family.replace("_", " "), "ratio": ratio}
        for family, ratio in {"pentad": 1.0, **ratios}.items()
    ]  # fmt: skip
    return {"name": name, "group": group, "threads": threads, "measurements": rows,
            "flops": 4e6, "bytes": 0.0, "peak_gflops": None, "peak_gbytes": None}  # fmt: skip


def test_the_fastest_peer_is_the_one_with_the_smallest_ratio_and_never_pentad():
    found = means.fastest(record("a", torch_eager=3.0, onnxruntime=1.5, pentad_eager=0.5))
    assert found["peer"] == "onnxruntime"
    assert means.fastest(record("a", pentad_eager=0.5)) is None


def test_the_share_of_the_peak_is_of_the_limit_that_is_reached_last():
    one = record("a", jax=1.5)
    one["measurements"][0]["min_us"] = 100.0
    assert means.share_of_peak(one) is None
    one["peak_gflops"] = 100.0
    assert means.share_of_peak(one) == pytest.approx(0.4)
    one |= {"bytes": 1.8e6, "peak_gbytes": 20.0}
    assert means.share_of_peak(one) == pytest.approx(0.9)
    assert means.means([one])[0]["share_of_peak"] == pytest.approx(0.9)
    assert "90% of the peak on average" in means.sentence(means.means([one])[0])


def test_a_mean_is_geometric():
    assert means.geometric([4.0, 1.0]) == pytest.approx(2.0)
    assert means.geometric([0.5, 2.0, 8.0]) == pytest.approx(2.0)
    with pytest.raises(ValueError, match="no numbers"):
        means.geometric([])


def test_each_group_and_number_of_threads_has_a_mean():
    found = means.means([
        record("a", torch_eager=8.0, jax=2.0),
        record("b", torch_eager=0.5),
        record("b", threads=2, torch_eager=3.0),
        record("c"),
        record("d", group="inference", jax=1.5),
    ])
    assert [(m["group"], m["threads"]) for m in found] == [
        ("training steps", 1), ("training steps", 2), ("inference", 1),
    ]  # fmt: skip
    first = found[0]
    assert first["geometric_mean"] == pytest.approx(1.0)
    assert (first["rows"], first["worst"], first["worst_ratio"]) == (2, "b", 0.5)
    assert first["missing"] == ["c"]
    assert means.sentence(first) == (
        "geometric mean against the fastest peer of each row: 1.00x "
        "(2 rows; the worst 0.50x, b); without c"
    )


def test_a_group_without_peers_has_no_mean():
    assert means.means([record("a")]) == []


@pytest.mark.parametrize(("done", "seconds", "enough"), [
    (3, 1e3, False), (5, 29.0, False), (5, 31.0, True), (14, 10.0, False), (15, 10.0, True),
    (15, 5.0, False),
])
def test_slow_steps_have_fewer_rounds(done, seconds, enough):
    assert Settings().enough(done, seconds) is enough

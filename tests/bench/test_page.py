"""docs/performance.md: made of results, with the words that people wrote kept."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from bench import page
from bench.means import means


def measurement(peer, median, ratio):
    return {"peer": peer, "family": peer.partition(",")[0], "median_us": median, "min_us": median,
            "ratio": ratio, "rounds_us": [median]}  # fmt: skip


def record(name, group, ratio):
    return {"name": name, "group": group, "threads": 1, "flops": 2e6, "bytes": 0.0,
            "peak_gflops": 100.0, "peak_gbytes": None,
            "left_out": {"jax.jit": "ImportError: no module"},
            "measurements": [measurement("pentad", 40.0, 1.0),
                             measurement("torch eager, fused", 40.0 * ratio, ratio),
                             measurement("torch.compile", 400.0, 10.0)]}  # fmt: skip


def report(*records, seed=None):
    startup = [{"group": "import", "name": "import", "left_out": {}, "values": [
        {"peer": "pentad", "median": 0.01, "min": 0.01, "unit": "s"}]}]
    return {"machine": {"processor": "CPU", "llvm_name": "znver3", "processors": 2,
                        "system": "Linux", "versions": {"torch": "2.13.0", "jax": None}},
            "settings": {"rounds": 3, "block": 0.01, "threads": [1], "random_shapes": seed},
            "started": "2026-01-02T03:04:05", "workloads": list(records),
            "means": means(records), "startup": [] if seed else startup}  # fmt: skip


def test_the_page_has_every_table_and_the_worst_random_shapes():
    usual = report(record("gemm 8x8x8", "gemm", 2.0), record("gelu(x*w)", "element-wise", 0.5))
    drawn = [report(record(f"gemm {i}", "gemm", i / 4), seed=7) for i in range(1, 20)]
    text = page.page(usual, drawn, "\nby hand\n")
    assert "torch 2.13.0, jax missing" in text
    assert "| gemm | 1 | **2.00x** (1 rows) | 2.00x gemm 8x8x8 | 50% |" in text
    assert "| gelu(x\\*w) | 40.0 us | 40.0 us | 50 GF/s | 50% | 20.0 us (0.50x) fused |" in text
    assert "left out: jax.jit: ImportError" in text
    assert "| import | 10.0 ms |" in text
    assert "| gemm 1 | 1 | torch eager, fused | 0.25x | 7 |" in text
    assert "| gemm 19 |" not in text
    assert text.endswith(f"{page.OWN_WORDS}\n\nby hand\n")


def test_what_is_written_by_hand_is_kept(tmp_path, monkeypatch):
    path = tmp_path / "performance.md"
    path.write_text(f"old\n{page.OWN_WORDS}\nmine\n")
    monkeypatch.setattr(page, "PAGE", path)
    result = tmp_path / "result.json"
    result.write_text(json.dumps(report(record("gemm 8x8x8", "gemm", 2.0))))
    done = CliRunner().invoke(page.main, [str(result)])
    assert done.exit_code == 0, done.output
    assert "old" not in path.read_text()
    assert path.read_text().endswith(f"{page.OWN_WORDS}\nmine\n")
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".part"] == []


def test_tables_of_a_later_run_take_their_places_and_the_rest_is_kept(tmp_path, monkeypatch):
    path, result = tmp_path / "performance.md", tmp_path / "later.json"
    monkeypatch.setattr(page, "PAGE", path)
    usual = report(record("gemm 8x8x8", "gemm", 2.0), record("relu", "element-wise", 0.5))
    path.write_text(page.page(usual, [], "mine\n"))
    later = report(record("gemm 9x9x9", "gemm", 4.0), record("epoch", "training loops", 3.0))
    result.write_text(json.dumps(later | {"started": "2026-03-04T00:00:00"}))
    for _ in range(2):  # a second time changes nothing
        done = CliRunner().invoke(page.main, ["--add", str(result)])
        assert done.exit_code == 0, done.output
        text = path.read_text()
        assert "gemm 8x8x8" not in text
        assert "| gemm | 1 | **4.00x** (1 rows) | 4.00x gemm 9x9x9 | 50% |\n| element-wise" in text
        assert "| 0.50x relu | 50% |\n| training loops | 1 | **3.00x**" in text
        titles = [line for line in text.splitlines() if line.startswith("## ")]
        assert titles == ["## Gemm, 1 thread", "## Element-wise, 1 thread",
                          "## Training loops, 1 thread", "## Beside the steps", page.OWN_WORDS]
        assert text.count("From a run of its own on 2026-03-04, 3 rounds.") == 2
        assert text.endswith(f"{page.OWN_WORDS}\nmine\n")


def test_there_must_be_a_page_to_add_to(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "PAGE", tmp_path / "performance.md")
    (tmp_path / "later.json").write_text(json.dumps(report(record("gemm", "gemm", 2.0))))
    done = CliRunner().invoke(page.main, ["--add", str(tmp_path / "later.json")])
    assert done.exit_code == 2
    assert "no page to add to" in done.output


@pytest.mark.parametrize("text", ["a|b", "a*b", "a<b"])
def test_names_do_not_become_markup(text):
    assert text not in page._escaped(text)

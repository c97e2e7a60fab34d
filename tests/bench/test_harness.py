"""The benchmarks' own machinery: turns, comparison of numbers, failures, tables, files."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from bench import report, runner, sizes_seen, startup, timing, worker
from bench.__main__ import main
from bench.peers import PEERS, Peer
from bench.timing import Settings
from bench.workload import Program, Workload
from bench.workloads import WORKLOADS, select

QUICK = Settings(rounds=2, block=1e-6, warm_up=0.0)


@dataclass(frozen=True)
class FakePeer(Peer):
    """Computes `value`, unless it cannot start or build."""

    value: float = 1.0
    fault: str = ""

    def start(self, threads):
        if self.fault == "start":
            raise ImportError("no module of this name")

    def build(self, workload, data):
        if self.fault == "build":
            raise RuntimeError("cannot compile\nsecond line")
        if self.fault == "absent":
            return None
        return Program(lambda: self.value, lambda result: np.array([result]))


def workload(**changes) -> Workload:
    given = {"name": "w", "group": "g", "data": lambda rng: {}, "programs": {}} | changes
    return Workload(**given)


def measure(*peers, **changes):
    return worker.Worker(peers, 1, QUICK).measure(workload(**changes))


def test_peers_take_turns_in_every_round():
    calls = []
    steps = {name: partial(calls.append, name) for name in "AB"}
    seconds = timing.interleave(steps, QUICK)
    runs = [a for a, b in zip(calls, [*calls[1:], ""]) if a != b]
    assert runs[-6:] == ["A", "B", "A", "B", "A", "B"]  # calibration, then two rounds
    assert {name: len(times) for name, times in seconds.items()} == {"A": 2, "B": 2}
    assert all(t > 0 for times in seconds.values() for t in times)


def test_a_ratio_is_taken_round_by_round():
    assert timing.ratio([2.0, 20.0, 4.0], [1.0, 10.0, 1.0]) == 2.0


def test_every_peer_is_measured_beside_the_reference():
    record = measure(FakePeer("pentad"), FakePeer("torch eager"), FakePeer("jax.jit"))
    assert [m["peer"] for m in record["measurements"]] == ["pentad", "torch eager", "jax.jit"]
    assert record["measurements"][0]["ratio"] == 1.0
    assert all(len(m["rounds_us"]) == 2 for m in record["measurements"])
    assert record["left_out"] == {}


@pytest.mark.parametrize(("peer", "why"), [
    (FakePeer("torch eager", fault="start"), "ImportError: no module of this name"),
    (FakePeer("torch eager", fault="build"), "RuntimeError: cannot compile"),
    (FakePeer("torch eager", value=1.5), "computes other numbers: 0.5 away where the largest is 1"),
    (FakePeer("torch eager", value=np.nan), "computes numbers that are not finite"),
])
def test_a_peer_that_fails_is_left_out_with_its_reason(peer, why):
    record = measure(FakePeer("pentad"), peer)
    assert [m["peer"] for m in record["measurements"]] == ["pentad"]
    assert record["left_out"] == {"torch eager": why}


def test_a_setting_that_changes_nothing_is_not_mentioned():
    record = measure(FakePeer("pentad"), FakePeer("torch eager", "fused", fault="absent"))
    assert record["left_out"] == {}


def test_numbers_are_compared_before_the_clock_starts():
    assert worker.disagreement(np.ones(3), np.ones(3) + 1e-6, 1e-4) is None
    assert "3 numbers, not 2" in worker.disagreement(np.ones(3), np.ones(2), 1e-4)


def test_a_worker_that_dies_costs_one_workload(monkeypatch):
    three = [workload(name=name) for name in "abc"]

    def die_in_b(workloads, threads, peers, settings, out, progress, seed, without):
        names = [w.name for w in workloads]
        lines = []
        for name in names:
            lines.append({"begin": name})
            if name == "b":
                break
            lines.append({"name": name, "left_out": {}})
        out.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return "the process ended with code -11" if "b" in names else ""

    monkeypatch.setattr(runner, "_work", die_in_b)
    found = list(runner.run(three, 1, ["pentad"], QUICK, print))
    assert [r["name"] for r in found] == ["a", "b", "c"]
    assert found[1]["left_out"] == {"every peer": "the process ended with code -11"}


def test_a_peer_that_kills_the_worker_is_left_out_of_that_workload(monkeypatch):
    def die_of_torch(workloads, threads, peers, settings, out, progress, seed, without):
        lines = []
        for name in [w.name for w in workloads]:
            lines += [{"begin": name}, {"building": "pentad"}]
            if name == "a" and "torch" not in without.get(name, {}):
                lines.append({"building": "torch"})
                break
            lines += [{"building": ""}, {"name": name, "left_out": without.get(name, {})}]
        out.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return "" if lines[-1].get("name") == "b" else "not ready after 300 s"

    monkeypatch.setattr(runner, "_work", die_of_torch)
    found = list(runner.run([workload(name=n) for n in "ab"], 1, ["pentad"], QUICK, print))
    assert [r["name"] for r in found] == ["a", "b"]
    assert found[0]["left_out"] == {"torch": "not ready after 300 s"}


def test_the_worker_says_whom_it_makes_ready_and_leaves_out_whom_it_is_told_to():
    told = []
    peers = [FakePeer("pentad"), FakePeer("torch eager"), FakePeer("jax.jit")]
    some = worker.Worker(peers, 1, QUICK)
    record = some.measure(workload(), {"torch eager": "it died"}, told.append)
    assert told == ["pentad", "jax.jit", ""]
    assert [m["peer"] for m in record["measurements"]] == ["pentad", "jax.jit"]
    assert record["left_out"] == {"torch eager": "it died"}


@pytest.mark.parametrize(("peer", "end"), [
    ("", "the process ended with code 0"), ("torch eager", "not done after 0 s"),
])
def test_measuring_may_take_longer_than_making_one_peer_ready(peer, end, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "_READY_SECONDS", 0)
    out = tmp_path / "lines"
    out.write_text(json.dumps({"building": peer}) + "\n")
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.6)"])
    assert runner._wait(process, out, print) == end


def test_after_a_step_that_leaves_threads_spinning_there_is_a_pause(monkeypatch):
    pauses = []
    monkeypatch.setattr(timing.time, "sleep", pauses.append)
    timing.interleave({"a": lambda: 0, "b": lambda: 0}, QUICK, {"a": 0.5})
    usual = timing.SETTLE_SECONDS
    assert pauses == [usual, 0.5] + [usual, 0.5] * (QUICK.rounds - 1)


def record(name="gemm 8x8x8", **changes):
    times = {"pentad": 10.0, "torch eager": 30.0, "torch eager, fused": 20.0}
    rows = [
        {"peer": peer, "family": peer.partition(",")[0], "median_us": t, "min_us": t,
         "ratio": t / 10, "rounds_us": [t]}
        for peer, t in times.items()
    ]  # fmt: skip
    made = {"name": name, "group": "gemm", "threads": 1, "flops": 1e6, "bytes": 0.0,
            "peak_gflops": 125.0, "peak_gbytes": None, "measurements": rows,
            "left_out": {}}  # fmt: skip
    return made | changes


def text_of(table) -> str:
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(table)
    return console.export_text()


def test_the_table_shows_speed_share_of_peak_and_the_best_setting_of_each_peer():
    text = text_of(report.table("gemm", [record()]))
    assert "10.0 us" in text
    assert "100 GF/s" in text
    assert "80%" in text
    assert "20.0 us (2.00x) fused" in text
    assert "30.0 us" not in text


def test_a_peer_that_is_left_out_everywhere_is_named_once():
    one, two = ({"left_out": {"jax.jit": "not installed"}, "name": n} for n in "ab")
    other = {"left_out": {"torch.compile": "no compiler"}, "name": "c"}
    assert report.left_out([one, two]) == ["left out: jax.jit: not installed"]
    assert report.left_out([one, other]) == [
        "left out: jax.jit in a: not installed",
        "left out: torch.compile in c: no compiler",
    ]


@pytest.mark.parametrize(("microseconds", "text"), [
    (0.123, "0.12 us"), (12.34, "12.3 us"), (999.9, "1.00 ms"), (45_678, "45.7 ms"),
    (2.5e6, "2.50 s"),
])
def test_durations_have_three_digits(microseconds, text):
    assert report.duration(microseconds) == text


def test_a_report_is_written_whole(tmp_path):
    path = tmp_path / "new" / "r.json"
    report.save({"format": 1}, path)
    assert json.loads(path.read_text()) == {"format": 1}
    assert list(path.parent.iterdir()) == [path]


def test_names_are_unique_and_selected_by_their_beginning():
    names = [w.name for w in WORKLOADS]
    assert len(set(names)) == len(names)
    assert {w.name for w in select(("eager add",))} == {"eager add", "eager add, recorded"}
    assert {w.group for w in select(("gemm",))} == {"gemm"}
    assert len({p.name for p in PEERS}) == len(PEERS)


def test_the_size_of_an_installation_counts_requirements():
    found = startup.required("rich")
    assert {"rich", "pygments"} <= found
    assert startup.installed_bytes("rich") > 100_000
    assert {"numpy", "llvmlite", "rich"} <= startup.required("pentad")


def test_random_shapes_are_those_of_their_seed():
    names = [w.name for w in select((), 3)]
    assert names == [w.name for w in select((), 3)]
    assert set(names).isdisjoint(w.name for w in select((), 4))
    groups = {w.group.partition(",")[0] for w in select((), 3)}
    assert groups >= {"gemm", "convolution", "reductions", "layers"}
    assert all(w.flops <= 2e9 for w in select((), 3))
    few = min(select(("gemm",), 3), key=lambda w: w.flops)
    [found] = list(runner.run([few], 1, ["pentad"], QUICK, print, 3))
    assert found["name"] == few.name
    assert [m["peer"] for m in found["measurements"]] == ["pentad", "pentad eager"]


def test_the_programs_of_every_new_batch_size_are_counted():
    [pentad] = [p for p in PEERS if p.name == "pentad"]
    assert 1 <= sizes_seen.compiles(pentad, 5) <= 5


def test_the_memory_of_a_step_is_measured_in_a_process_of_its_own():
    found = float(startup._child(["-m", "bench.memory", "mlp 500-50-500 SGD", "pentad"]))
    assert 0.2 < found < 200  # its weights alone are 0.2 MB


def test_an_option_that_names_nothing_is_refused():
    done = CliRunner().invoke(main, ["--only", "nothing like it"])
    assert done.exit_code == 2
    assert "names no workload" in done.output


def test_the_command_measures_pentad_alone(tmp_path):
    """The whole way: the command, a worker, the peak, tables and the JSON file."""
    path = tmp_path / "result.json"
    chosen = "eager add,gemm 32x500,gelu(x*w+b) 64,import,size"
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--rounds", "1", "--threads", "1",
         "--peers", "pentad", "--only", chosen, "--json", str(path)],
        cwd=runner.ROOT, env=runner.child_environment(1), capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(path.read_text())
    assert found["format"] == 1
    assert found["machine"]["versions"]["pentad"]
    names = [r["name"] for r in found["workloads"]]
    assert names == ["gemm 32x500x50", "gelu(x*w+b) 64x1024", "eager add", "eager add, recorded"]
    for one in found["workloads"]:
        assert one["left_out"] == {}
        assert all(m["min_us"] > 0 for m in one["measurements"])
    gemm = found["workloads"][0]
    assert [m["peer"] for m in gemm["measurements"]] == ["pentad", "pentad eager"]
    assert gemm["peak_gflops"] > 0
    assert [r["name"] for r in found["startup"]][-1] == "installed size with requirements"
    for heading in ("gemm, 1 thread", "element-wise, 1 thread", "of peak", "beside the steps"):
        assert heading in done.stdout

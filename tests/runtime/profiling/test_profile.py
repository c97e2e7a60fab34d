"""`pentad.profile`: rows, the table, the trace."""

from __future__ import annotations

import json
import threading

import pytest

import pentad as pt
from pentad import nn, optim
from pentad.graph.errors import ArgumentError
from pentad.nn import functional as F
from pentad.runtime.profiling import profile as profiling
from pentad.runtime.profiling.peaks import Peaks
from pentad.runtime.profiling.profile import Event, Label, own_times


@pytest.fixture(autouse=True)
def known_peaks(monkeypatch):
    """A machine whose peaks need no measuring."""
    monkeypatch.setattr(profiling, "peaks", lambda: Peaks(100e9, 50e9, 10e9, 2))


@pytest.fixture(scope="module")
def training():
    """A profile of two compiled training steps and one eager one, and their file."""
    pt.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    x, y = pt.randn(256, 64), pt.randint(0, 10, (256,))

    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    compiled = pt.compile(step)
    with pt.profile() as prof:
        compiled(x, y)
        compiled(x, y)
        step(x, y)
    return prof


def test_kernels_of_compiled_functions_have_their_lines(training):
    compiled = [r for r in training.rows if r.kind == "gemm" and r.source]
    assert sum(r.calls for r in compiled) == 2 * 5
    assert all("test_profile.py:" in r.source for r in compiled)
    forward = next(r for r in compiled if r.size == "256x48x64")
    assert forward.flops >= forward.calls * 2 * 256 * 48 * 64
    assert forward.gflops == pytest.approx(forward.flops / forward.seconds / 1e9)


def test_kernels_of_eager_operations_are_there_too(training):
    eager = [r for r in training.rows if r.kind == "gemm" and not r.source]
    assert sum(r.calls for r in eager) == 5


def test_compiling_is_there(training):
    names = {r.name for r in training.rows if r.kind == "compile"}
    assert {"trace step", "build step"} <= names


def test_the_rows_and_the_rest_make_the_whole(training):
    assert sum(r.seconds for r in training.rows) + training.outside == pytest.approx(
        training.seconds, rel=1e-6
    )


def test_the_table_has_a_line_for_each_row(training):
    text = training.table(limit=None)
    assert len(text.splitlines()) == len(training.rows) + 5  # title, heading, the rest
    assert "256x48x64" in text
    assert "100 GFLOP/s in float32" in text
    assert "outside of all this" in text
    assert training.table(limit=2).count("gemm") <= 2
    assert "more rows" in training.table(limit=2)
    assert str(training) == training.table()


@pytest.mark.parametrize("key", ["total", "mean", "calls", "flops", "bytes", "gflops", "gbytes"])
def test_the_table_is_sorted(training, key):
    attribute = {"total": "seconds"}.get(key, key)
    rows = sorted(training.rows, key=profiling.sort_key(key))
    values = [getattr(r, attribute) for r in rows]
    assert values == sorted(values, reverse=True)


def test_an_unknown_order_is_refused(training):
    with pytest.raises(ArgumentError, match="gflops, gbytes, name, source"):
        training.table(sort_by="cuda_time")


def test_a_step_in_python_is_shown():
    a = pt.randn(8, 8, dtype=pt.float64)
    with pt.profile() as prof:
        pt.linalg.eigvalsh(a @ a.t())
    assert [r.calls for r in prof.rows if r.kind == "host"] == [1]


def test_kernels_inside_of_a_native_loop_are_counted_there():
    def f(x):
        return pt.fori_loop(0, 5, lambda i, c: (c @ c).tanh(), x)

    compiled, x = pt.compile(f), pt.randn(16, 16) / 8
    compiled(x)
    with pt.profile() as prof:
        result = compiled(x)
    gemms = [r for r in prof.rows if r.kind == "gemm"]
    assert sum(r.calls for r in gemms) == 5
    [control] = [r for r in prof.rows if r.kind == "control"]
    whole = next(e for e in prof.events if e.what.kind == "control")
    inner = [e for e in prof.events if e.what.kind == "gemm"]
    assert all(whole.begin <= e.begin and e.end <= whole.end for e in inner)
    assert control.seconds * 1e9 < whole.end - whole.begin
    assert pt.allclose(result, f(x), atol=1e-6)


def test_results_have_the_same_bits():
    x = pt.randn(200, 300)
    compiled = pt.compile(lambda x: F.softmax(x @ x.t(), dim=1).sum(0))
    usual = compiled(x)
    with pt.profile():
        profiled = compiled(x)
    assert (usual == profiled).all().item()


def divide(_, number):
    return 1 / number


def test_an_error_inside_ends_the_profile():
    prof, x = pt.profile(), pt.ones(3)
    with pytest.raises(ZeroDivisionError), prof:
        divide(x + 1, 0)
    assert [r.kind for r in prof.rows if r.name == "add"] == ["loop"]
    with pt.profile():
        pass


def test_a_profile_inside_of_another_is_refused():
    with pt.profile() as outer:
        with pytest.raises(ArgumentError, match="running already"), pt.profile():
            pass
        pt.ones(3) * 2
    assert any(r.name == "mul" for r in outer.rows)


def test_another_thread_is_seen():
    x = pt.ones(1000)
    with pt.profile() as prof:
        thread = threading.Thread(target=lambda: x.exp(), name="helper")
        thread.start()
        thread.join()
    assert {e.thread for e in prof.events if e.what.name == "exp"} != {prof.main_thread}


def event(begin, end, thread=1):
    return Event(Label("loop", "x"), begin, end, thread)


def test_own_times_leave_out_what_runs_inside():
    nested = [event(0, 100), event(10, 40), event(20, 30), event(50, 60), event(200, 201)]
    assert own_times(nested) == [60, 20, 10, 10, 1]
    assert own_times([event(0, 100), event(10, 40, thread=2)]) == [100, 30]


# -- the trace: Trace Event Format, "Complete Events" and "Metadata Events" ------------------------

METADATA = {"process_name": "name", "thread_name": "name", "thread_sort_index": "sort_index"}


def check(found):
    """What the format asks of a trace made of complete events and metadata."""
    assert set(found) <= {"traceEvents", "displayTimeUnit", "otherData", "metadata"}
    assert found["displayTimeUnit"] in ("ms", "ns")
    for e in found["traceEvents"]:
        assert isinstance(e["name"], str)
        assert isinstance(e["pid"], int)
        assert isinstance(e["tid"], int)
        if e["ph"] == "M":
            assert METADATA[e["name"]] in e["args"]
        else:
            assert e["ph"] == "X"
            assert e["ts"] >= 0
            assert e["dur"] >= 0
            assert isinstance(e["cat"], str)
            assert isinstance(e["args"], dict)


def test_the_trace_obeys_its_format(training, tmp_path):
    path = tmp_path / "trace.json"
    training.save_trace(path)
    found = json.loads(path.read_text(encoding="utf-8"))
    check(found)
    events = [e for e in found["traceEvents"] if e["ph"] == "X"]
    assert {"gemm", "compile", "launch"} <= {e["cat"] for e in events}
    assert sum(e["cat"] == "launch" and e["name"] == "step" for e in events) == 2
    lanes = {e["tid"] for e in found["traceEvents"] if e["name"] == "thread_name"}
    assert {e["tid"] for e in events} <= lanes


def test_slices_of_a_lane_lie_inside_of_each_other_or_apart(training, tmp_path):
    training.save_trace(tmp_path / "trace.json")
    found = json.loads((tmp_path / "trace.json").read_text(encoding="utf-8"))
    lanes = {}
    for e in found["traceEvents"]:
        if e["ph"] == "X":
            begin = round(e["ts"] * 1000)
            lanes.setdefault(e["tid"], []).append((begin, -round(e["dur"] * 1000) - begin))
    for slices in lanes.values():
        stack = []
        for begin, end in sorted(slices):
            while stack and stack[-1] <= begin:
                stack.pop()
            assert not stack or -end <= stack[-1]
            stack.append(-end)


def test_a_trace_of_nothing_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match="nothing was measured"):
        pt.profile().save_trace(tmp_path / "trace.json")

"""torch.profiler and torch.utils.benchmark."""

from __future__ import annotations

import gzip
import json

import pytest

import pentad as pt
from pentad.frontends import torch
from pentad.frontends.torch import profiler
from pentad.frontends.torch.autograd import profiler as older
from pentad.frontends.torch.utils import benchmark


def _work():
    return (torch.ones(64, 64) @ torch.ones(64, 64)).relu().sum()


def test_rows_of_a_profile():
    with profiler.profile(with_flops=True) as prof, profiler.record_function("forward"):
        _work()
        _work()
    found = prof.key_averages()
    rows = {row.key: row for row in found}
    product, part = rows["dot_general"], rows["forward"]
    assert product.count == 2
    assert product.flops == 2 * 2 * 64**3
    assert part.count == 1
    assert part.cpu_time_total >= product.cpu_time_total
    assert part.self_cpu_time_total < part.cpu_time_total
    assert product.cpu_time == pytest.approx(product.cpu_time_total / 2)
    total = found.total_average()
    assert total.count == sum(row.count for row in found)
    assert total.self_cpu_time_total == pytest.approx(found.self_cpu_time_total)
    table = found.table(sort_by="self_cpu_time_total", row_limit=1)
    assert "Total MFLOPs" in table
    assert "Self CPU time total" in table
    assert table.count("\n") == 6  # three lines of the head, a row, a line, the sum
    sizes = {row.input_shapes for row in prof.key_averages(group_by_input_shape=True)}
    assert "64x64x64" in sizes


def test_rows_can_be_sorted_by_what_they_have():
    with profiler.profile() as prof:
        _work()
    with pytest.raises(pt.ArgumentError, match=r"sorted by this(.|\n)*self_cpu_memory_usage"):
        prof.key_averages().table(sort_by="self_cpu_memory_usage")


def test_a_schedule_says_which_steps_are_recorded():
    kept = []

    def ready(prof):
        steps = [row.key for row in prof.key_averages() if row.key.startswith("ProfilerStep")]
        kept.append((prof.step_num, sorted(steps)))

    steps = profiler.schedule(wait=1, warmup=1, active=2, repeat=2, skip_first=1)
    actions = [steps(i).name for i in range(11)]
    cycle = ["NONE", "WARMUP", "RECORD", "RECORD_AND_SAVE"]
    assert actions == ["NONE", *cycle, *cycle, "NONE", "NONE"]
    with profiler.profile(schedule=steps, on_trace_ready=ready) as prof:
        for _ in range(11):
            _work()
            prof.step()
    assert kept == [
        (4, ["ProfilerStep#3", "ProfilerStep#4"]), (8, ["ProfilerStep#7", "ProfilerStep#8"]),
    ]


def test_what_is_recorded_at_the_end_is_kept():
    ready = []
    steps = profiler.schedule(wait=0, warmup=0, active=5)
    with profiler.profile(schedule=steps, on_trace_ready=ready.append) as prof:
        _work()
        prof.step()
        _work()
    assert ready == [prof]
    assert any(r.key == "dot_general" for r in prof.key_averages())


@pytest.mark.parametrize("zipped", [False, True])
def test_traces_are_files_that_browsers_read(tmp_path, zipped):
    handler = profiler.tensorboard_trace_handler(str(tmp_path / "log"), "me", use_gzip=zipped)
    with profiler.profile(on_trace_ready=handler) as prof, profiler.record_function("part"):
        _work()
    [path] = (tmp_path / "log").iterdir()
    assert path.name.startswith("me.")
    assert path.name.endswith(".gz") is zipped
    content = gzip.decompress(path.read_bytes()) if zipped else path.read_bytes()
    names = {event["name"] for event in json.loads(content)["traceEvents"]}
    assert {"part: part", "gemm: dot_general"} <= names
    prof.export_stacks(str(tmp_path / "stacks"))
    assert all(line.rsplit(" ", 1)[1].isdigit()
               for line in (tmp_path / "stacks").read_text().splitlines())


def test_parts_outside_of_a_profile_change_nothing():
    @profiler.record_function("named")
    def work():
        """Works."""
        return _work()

    assert work.__doc__ == "Works."
    assert float(work()) == 64**3


def test_the_older_profile():
    with older.profile() as prof:
        _work()
    assert "dot_general" in str(prof)
    assert prof.self_cpu_time_total > 0
    with older.profile(enabled=False) as off:
        _work()
    with pytest.raises(pt.ArgumentError, match="recorded nothing"):
        off.key_averages()


@pytest.mark.parametrize("kind", [profiler.profile, older.profile])
def test_memory_is_refused_by_name(kind):
    with pytest.raises(pt.ArgumentError, match="profile_memory"):
        kind(profile_memory=True)


def test_schedules_of_no_steps_are_refused():
    with pytest.raises(pt.ArgumentError, match="active > 0"):
        profiler.schedule(wait=1, warmup=1, active=0)


# -- benchmark -------------------------------------------------------------------------------------


def test_a_timer_runs_the_statement_so_often():
    calls = []
    timer = benchmark.Timer("f(x)", "x = 3", globals={"f": calls.append}, label="calls")
    found = timer.timeit(500)
    assert len(calls) == 500 + 5
    assert set(calls) == {3}
    assert found.number_per_run == 500
    assert len(found.times) == 1
    assert found.mean == found.median
    assert repr(found).splitlines()[1:3] == ["calls", "setup: x = 3"]
    assert "1 measurement, 500 runs" in repr(found)


def test_blocks_until_the_time_is_over():
    now = iter(range(10**6))
    timer = benchmark.Timer("pass", timer=lambda: next(now) / 100)
    seen = []
    found = timer.blocked_autorange(lambda n, t: seen.append((n, t)), min_run_time=0.05)
    assert found.number_per_run == 1
    assert len(found.times) == 5 == len(seen)
    assert found.median == pytest.approx(0.01)
    assert found.iqr == pytest.approx(0, abs=1e-12)
    steady = timer.adaptive_autorange(0.1)
    assert len(steady.times) == 3
    assert not steady.has_warnings


def test_threads_are_those_of_the_task_meanwhile():
    before, seen = pt.get_num_threads(), []
    benchmark.Timer("note()", globals={"note": lambda: seen.append(pt.get_num_threads())},
                    num_threads=1).timeit(1)
    assert set(seen) == {1}
    assert pt.get_num_threads() == before


def test_statements_of_several_lines():
    found = []
    benchmark.Timer("""
        for i in range(2):
            found.append(i)
    """, globals={"found": found}).timeit(1)
    assert found == [0, 1] * 3


def test_comparisons_have_a_row_for_each_sub_label():
    def taken(seconds, name, size):
        spec = benchmark.TaskSpec("f(x)", label="dot", sub_label=size, description=name)
        return benchmark.Measurement(10, [10 * seconds] * 3, spec)

    compare = benchmark.Compare([
        taken(2e-6, "mul", "[1]"), taken(4e-6, "bmm", "[1]"), taken(3.25e-5, "mul", "[64]"),
    ])
    title, head, threads, first, second, _, unit, _ = str(compare).split("\n")
    assert " dot " in title
    assert head.split("|")[1:] == ["  mul   ", "  bmm"]
    assert threads.startswith("1 threads: ---")
    assert first.split() == ["[1]", "|", "2.0", "|", "4.0"]
    assert second.split()[:3] == [
        "[64]", "|", "32.5"]
    assert unit == "Times are in microseconds (us)."


def test_other_languages_are_refused():
    with pytest.raises(pt.ArgumentError, match="Python"):
        benchmark.Timer("x", language="c++")
    with pytest.raises(NotImplementedError, match="instructions"):
        benchmark.Timer("pass").collect_callgrind()

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pytest

from pentad.graph.config import config
from pentad.graph.errors import ArgumentError
from pentad.runtime import thread_pool, thread_pool_ir, thread_waits_ir
from pentad.runtime.launch import INLINE, Call
from pentad.runtime.thread_pool import Pool
from pentad.target.code_target import host
from tests.runtime.forks import in_child
from tests.runtime.kernels import incrementing, kernel, table_of

THREADED = (
    ("futex", "condvar")
    if thread_waits_ir.variant(host().architecture) == "futex"
    else ("condvar",)
)


@pytest.fixture(scope="module", params=[*THREADED, "serial"])
def pool(request):
    made = Pool(request.param, thread_pool._host_code())
    yield made
    made.resize(1)


@pytest.fixture(scope="module", params=THREADED)
def threaded(request):
    made = Pool(request.param, thread_pool._host_code())
    yield made
    made.resize(1)


def run(pool: Pool, *calls: Call) -> int:
    keep, table, count = table_of(*calls)
    shared = pool.run_program(table, count)
    del keep
    return shared


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
@pytest.mark.parametrize("n, chunk", [(1, 1), (2, 1), (7, 3), (1000, 1), (1000, 7), (4096, 4096)])
def test_every_element_is_visited_once(pool, threads, n, chunk):
    pool.resize(threads)
    array = np.zeros(n + 1, np.int64)
    run(pool, *incrementing(pool, array[:n], chunk, repeats=20))
    assert (array[:n] == 20).all()
    assert array[n] == 0


def test_tasks_are_the_chunks_of_the_contract(threaded):
    threaded.resize(2)
    ends = np.zeros(10, np.int64)
    assert run(threaded, Call(kernel("begins", threaded), [ends.ctypes.data], (), 10, 4)) == 1
    assert ends.tolist() == [4, 0, 0, 0, 8, 0, 0, 0, 10, 0]


@pytest.mark.parametrize("n, chunk, flags", [(10, 4, INLINE), (10, 10, 0), (10, 11, 0), (10, 0, 0)])
def test_small_or_flagged_calls_run_inline_as_one_piece(threaded, n, chunk, flags):
    threaded.resize(2)
    ends = np.zeros(10, np.int64)
    assert (
        run(threaded, Call(kernel("begins", threaded), [ends.ctypes.data], (), n, chunk, flags))
        == 0
    )
    assert ends.tolist() == [10, 0, 0, 0, 0, 0, 0, 0, 0, 0]


def test_one_thread_runs_inline(threaded):
    threaded.resize(1)
    ends = np.zeros(10, np.int64)
    assert run(threaded, Call(kernel("begins", threaded), [ends.ctypes.data], (), 10, 4)) == 0
    assert ends[0] == 10


def test_empty_calls_and_programs(pool):
    ends = np.full(1, -1, np.int64)
    assert run(pool, Call(kernel("begins", pool), [ends.ctypes.data], (), 0, 4)) == 0
    assert run(pool) == 0
    assert pool.run_program(0, -3) == 0
    assert ends[0] == -1


def test_a_negative_size_in_the_table_is_skipped(threaded):
    threaded.resize(2)
    ends = np.full(1, -1, np.int64)
    keep, table, count = table_of(Call(kernel("begins", threaded), [ends.ctypes.data], (), 8, 4))
    keep.words[keep.words.index(8)] = -8
    assert threaded.run_program(table, count) == 0
    assert ends[0] == -1


@pytest.mark.parametrize("n", [(1 << 20) + 1, 3 << 31, (1 << 62) + 12345])
def test_millions_of_tasks_are_cut_coarser(threaded, n):
    """Task numbers have 32 bits, so that the chunk must grow with n."""
    threaded.resize(2)
    total = np.zeros(1, np.int64)
    call = Call(kernel("add_param", threaded), [total.ctypes.data], (1,), n, 1)
    assert run(threaded, call) == 1
    assert total[0] == n


def test_workers_start_with_the_first_shared_call(threaded):
    fresh = threaded
    fresh.resize(1)
    fresh.resize(3)
    assert (fresh.threads, fresh.started) == (3, 0)
    array = np.zeros(100, np.int64)
    run(fresh, *incrementing(fresh, array, 100))
    assert fresh.started == 0
    run(fresh, *incrementing(fresh, array, 10))
    assert fresh.started == 2


def test_the_count_goes_up_and_down(threaded):
    array = np.zeros(5000, np.int64)
    for round_, threads in enumerate([2, 5, 1, 3, 2, 8, 1, 2] * 3):
        threaded.resize(threads)
        assert threaded.started <= threads - 1
        run(threaded, *incrementing(threaded, array, 50))
        assert threaded.started == threads - 1
        assert (array == round_ + 1).all()


def test_sleeping_workers_wake(threaded):
    threaded.resize(2)
    array = np.zeros(1000, np.int64)
    for _ in range(10):
        run(threaded, *incrementing(threaded, array, 10))
        time.sleep(0.005)  # longer than the spin
    assert (array == 10).all()


def test_a_nested_call_runs_inline(threaded):
    threaded.resize(2)
    array = np.zeros(64, np.int64)
    inner, table, count = table_of(*incrementing(threaded, array, 64))
    outer = Call(kernel("nested", threaded), [], (table, count), 8, 1)
    deeper, table2, count2 = table_of(outer)
    assert run(threaded, outer) == 1
    del inner, deeper, table2, count2
    # Eight tasks on two threads increment the same memory, so that some updates may be lost.
    assert 1 <= array.min() <= array.max() <= 8


def test_four_python_threads_share_the_pool(pool):
    """10,000 tiny programs, most of which meet a busy pool."""
    pool.resize(2)
    arrays = [np.zeros(300, np.int64) for _ in range(4)]
    tables = [table_of(*incrementing(pool, array, 32)) for array in arrays]

    def work(table: int, count: int) -> None:
        for _ in range(2500):
            pool.run_program(table, count)

    threads = [threading.Thread(target=work, args=t[1:]) for t in tables]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(a.min(), a.max()) for a in arrays] == [(2500, 2500)] * 4


def test_resizing_while_others_compute(threaded):
    threaded.resize(2)
    array = np.zeros(300, np.int64)
    keep, table, count = table_of(*incrementing(threaded, array, 32))
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            threaded.run_program(table, count)

    thread = threading.Thread(target=work)
    thread.start()
    for threads in [1, 3, 2, 4] * 25:
        threaded.resize(threads)
    done.set()
    thread.join()
    assert array.min() == array.max() > 0
    del keep


def test_a_forked_child_has_one_thread_until_it_asks_for_more(monkeypatch):
    pool = thread_pool.pool()
    thread_pool.set_num_threads(2)
    array = np.zeros(1000, np.int64)
    calls = incrementing(pool, array, 10)
    assert run(pool, *calls) == 1
    assert pool.started == 1

    def child() -> int:
        if thread_pool.get_num_threads() != 1 or pool.started != 0 or run(pool, *calls) != 0:
            return 1
        thread_pool.set_num_threads(2)
        shared = run(pool, *calls)
        return 0 if shared == 1 and pool.started == 1 and (array == 3).all() else 2

    try:
        assert in_child(child) == 0
        assert run(pool, *calls) == 1
        assert (array == 2).all()
    finally:
        thread_pool.set_num_threads(thread_pool.default_num_threads())


def test_forks_while_other_threads_compute():
    pool = thread_pool.pool()
    thread_pool.set_num_threads(2)
    mine, theirs = (np.zeros(1000, np.int64) for _ in range(2))
    keep, table, count = table_of(*incrementing(pool, theirs, 10, repeats=50))
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            pool.run_program(table, count)

    def child() -> int:
        thread_pool.set_num_threads(2)
        run(pool, *incrementing(pool, mine, 10))
        return 0 if (mine == 1).all() else 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert [in_child(child) for _ in range(10)] == [0] * 10
    finally:
        done.set()
        thread.join()
        thread_pool.set_num_threads(thread_pool.default_num_threads())
    del keep


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="looks into Linux's /proc")
def test_workers_leave_signals_to_python(threaded):
    threaded.resize(1)
    before = set(os.listdir("/proc/self/task"))
    threaded.resize(4)
    array = np.zeros(100, np.int64)
    run(threaded, *incrementing(threaded, array, 10))
    workers = set(os.listdir("/proc/self/task")) - before
    assert len(workers) == 3
    for worker in workers:
        with open(f"/proc/self/task/{worker}/status") as status:
            blocked = next(line for line in status if line.startswith("SigBlk"))
        assert int(blocked.split()[1], 16) & (1 << (signal.SIGINT - 1))


@pytest.mark.parametrize("count", [0, -1, 1025, 1.5, "2", True, None])
def test_bad_counts(count):
    with pytest.raises(ArgumentError, match="from 1 to 1024"):
        thread_pool.set_num_threads(count)


def test_set_and_get():
    try:
        thread_pool.set_num_threads(3)
        assert thread_pool.get_num_threads() == 3
        thread_pool.set_num_threads(1)
        assert thread_pool.get_num_threads() == 1
    finally:
        thread_pool.set_num_threads(thread_pool.default_num_threads())


def test_the_default_honours_flag_affinity_and_quota(monkeypatch):
    monkeypatch.setattr(thread_pool.os, "sched_getaffinity", lambda pid: set(range(12)))
    monkeypatch.setattr(thread_pool, "cgroup_quota", lambda: None)
    with config.override(num_threads=None):
        assert thread_pool.default_num_threads() == 12
        monkeypatch.setattr(thread_pool, "cgroup_quota", lambda: 2.5)
        assert thread_pool.default_num_threads() == 3
        monkeypatch.setattr(thread_pool, "cgroup_quota", lambda: 0.1)
        assert thread_pool.default_num_threads() == 1
        monkeypatch.setattr(thread_pool, "cgroup_quota", lambda: None)
    with config.override(num_threads=5):
        assert thread_pool.default_num_threads() == 5
    with config.override(num_threads=64):
        assert thread_pool.default_num_threads() == 12


def write(path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_cgroup_v2_quota_is_the_smallest_on_the_way_up(tmp_path):
    write(tmp_path / "own", "0::/a/b\n")
    write(tmp_path / "a" / "b" / "cpu.max", "400000 100000\n")
    assert thread_pool.cgroup_quota(tmp_path, tmp_path / "own") == 4
    write(tmp_path / "a" / "cpu.max", "150000 100000\n")
    assert thread_pool.cgroup_quota(tmp_path, tmp_path / "own") == 1.5
    write(tmp_path / "a" / "cpu.max", "max 100000\n")
    write(tmp_path / "a" / "b" / "cpu.max", "max 100000\n")
    assert thread_pool.cgroup_quota(tmp_path, tmp_path / "own") is None


def test_cgroup_v1_quota(tmp_path):
    write(tmp_path / "own", "5:memory:/x\n4:cpu,cpuacct:/a\n")
    write(tmp_path / "cpu,cpuacct" / "a" / "cpu.cfs_quota_us", "-1\n")
    write(tmp_path / "cpu,cpuacct" / "a" / "cpu.cfs_period_us", "100000\n")
    assert thread_pool.cgroup_quota(tmp_path, tmp_path / "own") is None
    write(tmp_path / "cpu,cpuacct" / "a" / "cpu.cfs_quota_us", "300000\n")
    assert thread_pool.cgroup_quota(tmp_path, tmp_path / "own") == 3


@pytest.mark.parametrize("text", ["", "garbage", "max", "0 0", "a b", "100000 0"])
def test_cgroup_files_without_sense_set_no_limit(tmp_path, text):
    write(tmp_path / "own", "0::/\n")
    write(tmp_path / "cpu.max", text)
    assert thread_pool.cgroup_quota(tmp_path, tmp_path / "own") is None
    assert thread_pool.cgroup_quota(tmp_path, tmp_path / "missing") is None


def test_each_platform_has_a_variant():
    assert thread_waits_ir.variant("x86_64", "linux") == "futex"
    assert thread_waits_ir.variant("aarch64", "linux") == "futex"
    assert thread_waits_ir.variant("riscv64", "linux") == "condvar"
    assert thread_waits_ir.variant("aarch64", "darwin") == "condvar"
    assert thread_waits_ir.variant("x86_64", "win32") == "serial"
    text, names = thread_pool_ir.module("condvar", "aarch64", "darwin")
    assert "syscall" not in text
    assert "pthread_cond_wait" in names
    assert "i32 3, ptr @all_signals" in text

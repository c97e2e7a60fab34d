"""Call tables that time their kernels."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

from pentad.graph.errors import ArgumentError
from pentad.runtime import thread_pool
from pentad.runtime.launch import Call, Fixup, LaunchBlock, launch_function, launch_released
from pentad.runtime.profiling import spans, timed
from pentad.runtime.profiling.timed import COUNT_WORD, TABLE_WORD, Recording
from tests.runtime.kernels import kernel


@pytest.fixture(autouse=True)
def two_threads():
    thread_pool.set_num_threads(2)
    yield
    thread_pool.set_num_threads(thread_pool.default_num_threads())


def block_of(calls: int = 2, n: int = 8, chunk: int = 2) -> LaunchBlock:
    increment = kernel("increment", thread_pool.pool())
    return LaunchBlock(
        [Call(increment, [None], n=n, chunk=chunk) for _ in range(calls)],
        [Fixup(0, i, 0) for i in range(calls)],
        nargs=1, name="counting",
    )


def launch(block: LaunchBlock, x: np.ndarray) -> int:
    return launch_function()(block.address, x.ctypes.data)


@pytest.fixture
def recording():
    found = Recording()
    found.start()
    yield found
    if timed._recording is not None:
        found.stop()


def test_calls_are_noted_in_order_with_their_times(recording):
    block, x = block_of(calls=3, chunk=0), np.zeros(8, np.int64)
    began = spans.clock()
    assert launch(block, x) == 0
    ended = spans.clock()
    recording.stop()
    assert x.tolist() == [3] * 8
    events = recording.events
    assert [int(n) % 2 for n in events["number"]] == [0, 0, 0]
    assert np.diff(events["number"]).tolist() == [2, 2]
    times = np.stack([events["begin"], events["end"]], 1).ravel()
    assert (np.diff(times) >= 0).all()
    assert began <= times[0] <= times[-1] <= ended
    assert set(events["thread"].tolist()) == {threading.get_ident()}


def test_each_task_of_a_parallel_call_is_noted(recording):
    block, x = block_of(calls=1, n=64, chunk=4), np.zeros(64, np.int64)
    launch(block, x)
    recording.stop()
    assert x.tolist() == [1] * 64
    tasks = recording.events[recording.events["number"] % 2 == 1]
    [call] = recording.events[recording.events["number"] % 2 == 0]
    assert len(tasks) == 16
    assert (tasks["begin"] >= call["begin"]).all()
    assert (tasks["end"] <= call["end"]).all()


def test_nothing_is_left_of_a_recording():
    block, x = block_of(), np.zeros(8, np.int64)
    before = block.words[:8]
    recording = Recording()
    recording.start()
    assert block.words[TABLE_WORD] != before[TABLE_WORD]
    assert block.words[COUNT_WORD] == before[COUNT_WORD]
    launch(block, x)
    recording.stop()
    assert block.words[:6] == before[:6]
    noted = len(recording.events)
    launch(block, x)
    assert len(timed.timers().events()[0]) == noted
    assert spans.heard is None
    assert x.tolist() == [4] * 8


def test_a_recording_begins_anew(recording):
    block, x = block_of(calls=1, chunk=0), np.zeros(8, np.int64)
    launch(block, x)
    recording.stop()
    second = Recording()
    second.start()
    for _ in range(3):
        launch(block, x)
    second.stop()
    assert len(recording.events) == 1
    assert len(second.events) == 3
    assert set(second.events["number"].tolist()) != set(recording.events["number"].tolist())


def test_launches_without_the_gil_of_several_threads_are_told_apart(recording):
    blocks = [block_of(calls=1, chunk=0) for _ in range(4)]
    arrays = [np.zeros(8, np.int64) for _ in blocks]
    together, ids = threading.Barrier(4), []

    def work(block, x):
        together.wait()
        for _ in range(50):
            launch_released(block, [x.ctypes.data])
        ids.append(threading.get_ident())
        together.wait()

    threads = [
        threading.Thread(target=work, args=pair) for pair in zip(blocks, arrays, strict=True)
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    recording.stop()
    assert len(recording.events) == 200
    assert {int(t) for t in recording.events["thread"]} == set(ids)
    assert len(np.unique(recording.events[["number", "thread"]])) == 4


def test_one_recording_at_a_time(recording):
    with pytest.raises(ArgumentError, match="running already"):
        Recording().start()
    launch(block_of(), np.zeros(8, np.int64))
    recording.stop()
    assert len(recording.events) > 0


def test_a_full_log_counts_what_it_loses(recording):
    room = timed.timers().room
    usual, room.value = room.value, 2
    try:
        launch(block_of(calls=5, chunk=0), np.zeros(8, np.int64))
        recording.stop()
    finally:
        room.value = usual
    assert (len(recording.events), recording.lost) == (2, 3)


def test_blocks_die_as_before(recording):
    block = block_of()
    gone = weakref.ref(block)
    del block
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_the_code_is_valid_on_every_platform(platform):
    import llvmlite.binding as llvm

    from pentad.runtime.profiling import timed_ir

    text, names = timed_ir.module(platform)
    llvm.parse_assembly(text).verify()
    assert all(f"@{name}(" in text for name in names)

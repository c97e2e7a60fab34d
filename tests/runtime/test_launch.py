from __future__ import annotations

import ctypes
import threading

import numpy as np
import pytest

from pentad.graph.errors import ArgumentError
from pentad.runtime import thread_pool
from pentad.runtime.launch import (
    INLINE,
    Call,
    Fixup,
    LaunchBlock,
    launch_function,
    launch_released,
    launcher,
)
from tests.runtime.forks import in_child
from tests.runtime.kernels import kernel


@pytest.fixture(autouse=True)
def two_threads():
    thread_pool.set_num_threads(2)
    yield
    thread_pool.set_num_threads(thread_pool.default_num_threads())


def by_function(block: LaunchBlock, pointers: list[int]) -> int:
    return launch_function()(block.address, *pointers)


@pytest.fixture(params=[by_function, launch_released], ids=["with the GIL", "without the GIL"])
def launch(request):
    return request.param


def fn(name: str) -> int:
    return kernel(name, thread_pool.pool())


def test_arguments_go_where_the_fixups_say(launch):
    block = LaunchBlock(
        [
            Call(fn("increment"), [None], n=8, chunk=2),
            Call(fn("add_param"), [None], params=[10], n=4),
            Call(fn("increment"), [None], n=2, flags=INLINE),
        ],
        [Fixup(0, 0, 0), Fixup(1, 1, 0, offset=8), Fixup(1, 2, 0, offset=16)],
        nargs=2,
    )
    x, y = np.zeros(8, np.int64), np.zeros(4, np.int64)
    assert launch(block, [x.ctypes.data, y.ctypes.data]) == 0
    assert x.tolist() == [1] * 8
    assert y.tolist() == [0, 40, 1, 1]
    other = np.full(8, 5, np.int64)
    assert launch(block, [other.ctypes.data, y.ctypes.data]) == 0
    assert x.tolist() == [1] * 8
    assert other.tolist() == [6] * 8


def test_constant_addresses_need_no_fixup(launch):
    x = np.zeros(8, np.int64)
    block = LaunchBlock([Call(fn("increment"), [x.ctypes.data], n=8, chunk=2)], [], 0, keep=x)
    assert launch(block, []) == 0
    assert x.tolist() == [1] * 8


def test_a_checked_kernel_reports_and_the_next_launch_starts_clean(launch):
    x = np.zeros(1, np.int64)
    calls = [
        Call(fn("check"), [None], n=1, checked=True),
        Call(fn("increment"), [None], n=1),
    ]
    block = LaunchBlock(calls, [Fixup(0, 0, 0), Fixup(0, 1, 0)], 1)
    assert launch(block, [x.ctypes.data]) == 7
    assert x[0] == 1
    quiet = LaunchBlock([calls[0]._replace(n=0), calls[1]], [Fixup(0, 0, 0), Fixup(0, 1, 0)], 1)
    assert launch(quiet, [x.ctypes.data]) == 0
    assert x[0] == 2


def test_nothing_to_run(launch):
    assert launch(LaunchBlock([], [], 0), []) == 0
    assert launch(LaunchBlock([], [], 3), [1, 2, 3]) == 0


def test_null_and_negative_addresses_are_numbers(launch):
    block = LaunchBlock(
        [Call(fn("increment"), [None, None], n=0)], [Fixup(0, 0, 0), Fixup(1, 0, 1)], 2
    )
    assert launch(block, [0, -1]) == 0


@pytest.mark.parametrize("arguments", [(), (1,), (1, 2, 3)])
def test_the_wrong_number_of_addresses(launch, arguments):
    block = LaunchBlock([Call(fn("increment"), [None], n=0)], [Fixup(0, 0, 0)], 2)
    with pytest.raises(TypeError, match="wrong number of data pointers"):
        launch(block, list(arguments))


def test_arguments_that_are_no_addresses(launch):
    block = LaunchBlock([Call(fn("increment"), [None], n=0)], [Fixup(0, 0, 0)], 2)
    for bad in ("x", 1.5, None):
        with pytest.raises(TypeError):
            launch(block, [0, bad])
    with pytest.raises(OverflowError):
        launch(block, [0, 1 << 70])
    assert launch(block, [0, 0]) == 0  # the block's lock is free again


@pytest.mark.parametrize("arguments", [(), (0,), ("block",), (None, 1)])
def test_no_block(arguments):
    with pytest.raises(TypeError):
        launch_function()(*arguments)


@pytest.mark.parametrize(
    "call, fixups",
    [
        (Call(1, [1], n=-1), []),
        (Call(1, [1], chunk=-1), []),
        (Call(0, [1]), []),
        (Call(1, [None]), []),
        (Call(1, [None, None]), [Fixup(0, 0, 0)]),
        (Call(1, [None]), [Fixup(1, 0, 0)]),
        (Call(1, [None]), [Fixup(-1, 0, 0)]),
        (Call(1, [None]), [Fixup(0, 0, 1)]),
        (Call(1, [None]), [Fixup(0, 1, 0)]),
        (Call(1, [None]), [Fixup(0, 0, 0), Fixup(0, 0, 0)]),
        (Call(1, [1]), [Fixup(0, 0, 0)]),
    ],
)
def test_blocks_that_make_no_sense_are_refused(call, fixups):
    with pytest.raises(ArgumentError):
        LaunchBlock([call], fixups, 1)


def test_many_python_threads_launch_the_same_and_other_blocks(launch):
    """Each launch adds 1 to its own array: a mixed-up fixup would hit another thread's."""
    calls = [Call(fn("increment"), [None], n=64, chunk=8)]
    shared = LaunchBlock(calls, [Fixup(0, 0, 0)], 1)
    arrays = [np.zeros(64, np.int64) for _ in range(4)]

    def work(array: np.ndarray) -> None:
        own = LaunchBlock(calls, [Fixup(0, 0, 0)], 1)
        for _ in range(1000):
            launch(shared, [array.ctypes.data])
            launch(own, [array.ctypes.data])

    threads = [threading.Thread(target=work, args=(array,)) for array in arrays]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(a.min(), a.max()) for a in arrays] == [(2000, 2000)] * 4


def test_both_ways_into_one_block_at_once():
    block = LaunchBlock([Call(fn("increment"), [None], n=4096, chunk=64)], [Fixup(0, 0, 0)], 1)
    arrays = [np.zeros(4096, np.int64) for _ in range(2)]

    def work(launch, array: np.ndarray) -> None:
        for _ in range(500):
            launch(block, [array.ctypes.data])

    threads = [
        threading.Thread(target=work, args=pair)
        for pair in zip((by_function, launch_released), arrays)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(a.min(), a.max()) for a in arrays] == [(500, 500)] * 2


def test_released_launches_let_other_threads_run():
    """A kernel that waits for another Python thread would never end under the GIL."""
    go = threading.Event()
    waits = ctypes.CFUNCTYPE(
        None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64
    )(lambda *_: go.wait(20) or pytest.fail("nobody else ran"))
    address = ctypes.cast(waits, ctypes.c_void_p).value
    block = LaunchBlock([Call(address, [], flags=INLINE)], [], 0, keep=waits)
    thread = threading.Thread(target=launch_released, args=(block, []))
    thread.start()
    go.set()
    thread.join(20)
    assert not thread.is_alive()


def test_a_lock_held_while_forking_is_free_in_the_child():
    """The thread that holds the block's lock does not exist in the child."""
    inside, go = threading.Event(), threading.Event()

    def body(*_: int) -> None:
        inside.set()
        go.wait(20)

    kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
    held = kind(body)
    x = np.zeros(4, np.int64)
    calls = [
        Call(ctypes.cast(held, ctypes.c_void_p).value, [], flags=INLINE),
        Call(fn("increment"), [None], n=4),
    ]
    block = LaunchBlock(calls, [Fixup(0, 1, 0)], 1, keep=held)
    thread = threading.Thread(target=launch_released, args=(block, [x.ctypes.data]))
    thread.start()
    inside.wait(20)

    def child() -> int:
        go.set()
        launch_released(block, [x.ctypes.data])
        return 0 if (x == 1).all() else 1

    code = in_child(child)
    go.set()
    thread.join(20)
    assert code == 0
    assert (x == 1).all()


def test_the_launcher_uses_the_pool_of_the_process():
    assert launcher().pool is thread_pool.pool()
    x = np.zeros(1000, np.int64)
    block = LaunchBlock([Call(fn("increment"), [None], n=1000, chunk=10)], [Fixup(0, 0, 0)], 1)
    by_function(block, [x.ctypes.data])
    assert thread_pool.pool().started == 1

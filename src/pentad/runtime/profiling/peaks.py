"""What the machine can do: fused multiply-adds in registers, and a triad over memory.

Both run as kernels of our own on our own thread pool. Measured once for a machine and a number of
threads, then kept beside the compiled code.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from pentad.codegen.llvm.ir import DOUBLE, FLOAT, I64, PTR, Function, Module, Type, zero
from pentad.graph.config import VERSION
from pentad.runtime import device, jit
from pentad.runtime.cache import default_cache, entry_key
from pentad.runtime.launch import Call, LaunchBlock, launch_function
from pentad.runtime.thread_pool import get_num_threads
from pentad.target import cpu

_CHAINS = 12  # latency 4 or 5 times two units, and they fit 16 registers with the operand
_ROUNDS = 5_000  # multiply-adds of a chain in one task: some 10 microseconds
_TASKS_PER_THREAD = 16
_TIMES_CACHE, _LEAST_BYTES = 2, 32 << 20  # of each array of the triad
_TASK_BYTES = 1 << 18
_SECONDS, _PATIENCE = 0.25, 1.5  # for each of the three numbers, and where others disturb it
_LEAST_RUNS = 8
_UNDISTURBED = 0.9  # share of its threads' time that each loop must get for results to be kept

Loop = tuple[Callable[[], int], float]
"""(a function that runs the loop once, its flops or bytes)"""


class Peaks(NamedTuple):
    """Operations per second in float32 and in float64, bytes per second from and to memory."""

    float32: float
    float64: float
    memory: float
    threads: int


def peaks(*, anew: bool = False) -> Peaks:
    """The peaks of this machine with the present number of threads.

    anew: measure them even if they are known. What was measured while other processes took
    the processors is kept for this process only.
    """
    threads, here = get_num_threads(), device.cpu()
    key = entry_key("peaks", VERSION, here.model, here.name, str(here.processors), str(threads))
    if not anew:
        kept = default_cache().get(key)
        if kept is not None:
            return Peaks(*json.loads(kept))
        if key in _here:
            return _here[key]
    loops = fma_loop(threads), fma_loop(threads, DOUBLE), triad_loop()
    rates, shares = zip(*(_best_rate(loop, threads) for loop in loops), strict=True)
    found = _here[key] = Peaks(*rates, threads)
    if min(shares) >= _UNDISTURBED:
        default_cache().put(key, json.dumps(found).encode())
    return found


_here: dict[str, Peaks] = {}


def _best_rate(loop: Loop, threads: int) -> tuple[float, float]:
    """(the best rate of the runs of a loop, the share of its threads' time that they had)"""
    run, amount = loop
    run()
    best, runs = float("inf"), 0
    passed, share = 0.0, 0.0
    first, busy = time.perf_counter(), time.process_time()
    # Threads that others disturb are seldom all at work at once: wait for that a while.
    while runs < _LEAST_RUNS or passed < (_SECONDS if share >= _UNDISTURBED else _PATIENCE):
        began = time.perf_counter()
        run()
        best, runs = min(best, time.perf_counter() - began), runs + 1
        passed = time.perf_counter() - first
        share = (time.process_time() - busy) / passed / threads
    return amount / best, share


def fma_loop(threads: int, scalar: Type = FLOAT) -> Loop:
    """A loop that keeps all FMA units of `threads` threads busy."""
    lanes = cpu.host().vector_bits // scalar.bits
    data = np.full(1024 // scalar.bits * 8, 0.5, _numpy(scalar))
    tasks = threads * _TASKS_PER_THREAD

    def task(f: Function, _: Any) -> None:
        place = f.load(PTR, f.arguments[0])
        factor = f.splat(f.load(scalar, place), lanes)

        def chains(_: object, sums: list[Any]) -> list[Any]:
            return [f.fma(total, factor, factor) for total in sums]

        sums = f.loop(0, _ROUNDS, 1, chains, [zero(scalar.vector(lanes))] * _CHAINS)
        total = sums[0]
        for more in sums[1:]:
            total = f.binary("fadd", total, more)
        f.store(total, f.gep(place, data.size // 2, scalar))

    return _loop(f"fma_{scalar}", task, [data], tasks), 2.0 * lanes * _CHAINS * _ROUNDS * tasks


def triad_loop() -> Loop:
    """a = b + c * c on arrays that no cache holds, counted as three times their bytes."""
    last = max(device.cpu().caches.values(), default=0)
    nbytes = max(_LEAST_BYTES, _TIMES_CACHE * last) // _TASK_BYTES * _TASK_BYTES
    arrays = [np.full(nbytes // 4, value, np.float32) for value in (0.0, 1.0, 2.0)]
    lanes, count = cpu.host().vector_bits // 32, _TASK_BYTES // 4
    vector = FLOAT.vector(lanes)

    def task(f: Function, number: Any) -> None:
        places = [f.load(PTR, f.gep(f.arguments[0], i, PTR)) for i in range(3)]
        first = f.imul(number, count)

        def step(at: Any, _: list[Any]) -> None:
            a, b, c = (f.gep(p, f.iadd(first, at), FLOAT) for p in places)
            x = f.load(vector, c)
            f.store(f.fma(x, x, f.load(vector, b)), a)

        f.loop(0, count, lanes, step)

    return _loop("triad", task, arrays, nbytes // _TASK_BYTES), 3.0 * nbytes


def _numpy(scalar: Type) -> type:
    return np.float32 if scalar is FLOAT else np.float64


def _loop(
    name: str, task: Callable[[Function, Any], None], arrays: list[np.ndarray], tasks: int
) -> Callable[[], int]:
    """A function that runs a kernel, whose task is emitted by `task`, on arrays."""
    module = Module()
    arguments = [(PTR, "bufs"), (PTR, "params"), (I64, "begin"), (I64, "end")]
    f = module.function(name, arguments)
    f.loop(f.arguments[2], f.arguments[3], 1, lambda number, _: task(f, number))
    f.ret()
    library = jit.load(module.text(), [name], target=cpu.host().code)
    library.keep_forever()
    call = Call(library.address(name), [a.ctypes.data for a in arrays], n=tasks, chunk=1)
    block = LaunchBlock([call], [], 0, keep=arrays)
    run = partial(launch_function(), block.address)
    run.block = block  # type: ignore[attr-defined]
    return run

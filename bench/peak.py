"""The machine's peak: a loop of independent fused multiply-adds in registers, on our own pool."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import partial

from pentad.codegen.llvm.ir import FLOAT, I64, PTR, Module, zero
from pentad.runtime import jit
from pentad.runtime.launch import Call, LaunchBlock, launch_function
from pentad.target import cpu

_CHAINS = 12  # latency 4 or 5 times two units, and they fit 16 registers with the operand
_ROUNDS = 5_000  # multiply-adds of a chain in one task: some 10 microseconds
_TASKS_PER_THREAD = 16


def fma_peak(threads: int) -> tuple[Callable[[], int], float]:
    """(a function that keeps all FMA units of `threads` threads busy, its operations in flops)."""
    target = cpu.host()
    lanes = target.vector_bits // 32
    library = jit.load(_kernel(lanes), ["fma_peak"], target=target.code)
    library.keep_forever()
    data = (ctypes.c_float * 128)(*([0.5] * 128))
    tasks = threads * _TASKS_PER_THREAD
    call = Call(library.address("fma_peak"), [ctypes.addressof(data)], n=tasks, chunk=1)
    block = LaunchBlock([call], [], 0, keep=data)
    run = partial(launch_function(), block.address)
    run.block = block  # type: ignore[attr-defined]
    return run, 2.0 * lanes * _CHAINS * _ROUNDS * tasks


def _kernel(lanes: int) -> str:
    """The kernel's IR: each task of the range runs the chains and stores their sum."""
    module = Module()
    f = module.function("fma_peak", [(PTR, "bufs"), (PTR, "params"), (I64, "begin"), (I64, "end")])
    bufs, _, begin, end = f.arguments
    data = f.load(PTR, bufs)
    factor = f.splat(f.load(FLOAT, data), lanes)
    vector = FLOAT.vector(lanes)

    def chains(_: object, sums: list) -> list:
        return [f.fma(total, factor, factor) for total in sums]

    def task(_: object, __: list) -> None:
        sums = f.loop(0, _ROUNDS, 1, chains, [zero(vector)] * _CHAINS)
        total = sums[0]
        for more in sums[1:]:
            total = f.binary("fadd", total, more)
        f.store(total, f.gep(data, 64, FLOAT))

    f.loop(begin, end, 1, task)
    f.ret()
    return module.text()

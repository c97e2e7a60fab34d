"""The same bits: for any number of threads, any cuts of the work, again, and in a new process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from pentad import ops
from pentad.autodiff.reverse import pullback
from pentad.graph import dtypes
from pentad.graph.node import Graph, input_node
from pentad.passes.pipeline import run as run_passes
from pentad.runtime import interpreter, thread_pool
from pentad.runtime.executable import Executable
from pentad.schedule.lower import lower
from pentad.schedule.program import Call, Program
from pentad.target import cpu
from tests.fuzz.check import Native, same_bits
from tests.fuzz.generate import arguments
from tests.fuzz.modes import graph_of
from tests.runtime.native import assert_close

SEEDS = range(8000, 8060)


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    before = thread_pool.get_num_threads()
    yield thread_pool.set_num_threads
    thread_pool.set_num_threads(before)


def mlp(rows: int = 200, sizes: Sequence[int] = (96, 160, 64, 10)) -> Graph:
    """One training step: (x, labels, parameters...) -> (loss, new parameters...)."""
    x = input_node("x", (rows, sizes[0]), dtypes.float32)
    labels = input_node(f"class{sizes[-1]}_0", (rows,), dtypes.int64)
    parameters = []
    hidden = x
    for i, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:], strict=False)):
        weight = input_node(f"w{i}", (fan_in, fan_out), dtypes.float32)
        bias = input_node(f"b{i}", (fan_out,), dtypes.float32)
        parameters += [weight, bias]
        hidden = ops.matmul(hidden, weight)
        hidden = ops.add(hidden, ops.broadcast(bias, hidden.shape, [1]))
        if i + 2 < len(sizes):
            hidden = ops.relu(hidden)
    loss = ops.mean(ops.cross_entropy(hidden, labels), [0])
    grads = pullback([loss], [ops.full_like(1.0, loss)], parameters)
    rate = 0.05
    news = [ops.sub(p, ops.mul(g, ops.full_like(rate, g))) for p, g in zip(parameters, grads)]
    return Graph([x, labels, *parameters], [loss, *news])


def trained(graph: Graph, steps: int, chunk: int | None) -> list[np.ndarray]:
    """The loss and the parameters after some steps in place; `chunk` as in `recut`."""
    arrays = arguments(graph, 5)
    arrays[2:] = [a * np.float32(0.1) for a in arrays[2:]]
    donated = {i: i + 1 for i in range(1, len(graph.outputs))}
    program = lower(run_passes(graph), cpu.host(), donated=donated)
    executable = Executable(recut(program, chunk), cpu.host())
    memory = [np.ascontiguousarray(a).copy() for a in arrays]
    loss = np.zeros((), np.float32)
    for _ in range(steps):
        assert executable.run([a.ctypes.data for a in (*memory, loss)]) == 0
    return [loss, *memory[2:]]


def recut(program: Program, chunk: int | None) -> Program:
    """The program with every call cut into tasks of `chunk` of its indices (None: as it is)."""
    for step in program.steps:
        if isinstance(step, Call) and chunk is not None:
            step.chunk = min(chunk, max(step.n, 1))
    return program


def outputs(seed: int, chunk: int | None) -> list[np.ndarray]:
    """What a random graph gives natively."""
    graph = graph_of(seed, "gradient" if seed % 3 == 0 else "plain")
    native = Native(graph)
    recut(native.executable.program, chunk)
    native.executable = Executable(native.executable.program, cpu.host())
    return native.run(arguments(graph, seed))[1]


def test_random_graphs_give_the_same_bits_for_any_threads_and_cuts(
    threads: Callable[[int], None],
) -> None:
    for seed in SEEDS:
        threads(1)
        expected = outputs(seed, None)
        for count, chunk in ((1, 1), (2, 1), (2, 3), (2, None), (1, 1 << 30)):
            threads(count)
            found = outputs(seed, chunk)
            assert all(map(same_bits, expected, found)), f"seed {seed}, {count}, {chunk}"


def test_training_gives_the_same_bits_for_any_threads_and_cuts(
    threads: Callable[[int], None],
) -> None:
    graph = mlp()
    threads(1)
    expected = trained(graph, 5, None)
    for count, chunk in ((1, None), (1, 1), (2, None), (2, 1), (2, 2), (2, 7), (1, 1 << 30)):
        threads(count)
        assert all(map(same_bits, expected, trained(graph, 5, chunk))), (count, chunk)


def test_training_agrees_with_the_references() -> None:
    graph = mlp()
    arrays = arguments(graph, 5)
    arrays[2:] = [a * np.float32(0.1) for a in arrays[2:]]
    first = interpreter.run(graph, arrays)
    second = interpreter.run(graph, [*arrays[:2], *first[1:]])
    assert_close(trained(graph, 2, None), second, 1e-5)
    losses = [float(trained(graph, n, None)[0]) for n in (1, 10, 40)]
    assert losses == sorted(losses, reverse=True)


def digest() -> str:
    """A hash of the outputs of some random graphs and of a training."""
    found = hashlib.sha256()
    for seed in SEEDS[:12]:
        for array in outputs(seed, None):
            nan = np.isnan(array) if array.dtype.kind == "f" else False
            found.update(np.where(nan, 0, array).tobytes())
    for array in trained(mlp(), 3, None):
        found.update(array.tobytes())
    return found.hexdigest()


@pytest.mark.parametrize("cache", ["same", "empty"])
def test_a_new_process_gives_the_same_bits(cache: str, tmp_path: Path) -> None:
    code = "from tests.fuzz.test_determinism import digest; print(digest())"
    paths = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), *sys.path]))
    environment = {**os.environ, "PYTHONPATH": paths, "PENTAD_NUM_THREADS": "1"}
    if cache == "empty":
        environment["PENTAD_CACHE_DIR"] = str(tmp_path)
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=300
    )
    assert found.stdout.strip() == digest(), found.stderr

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
import time
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

import pentad as pt
from pentad.data import DataLoader, Dataset, RandomSampler, TensorDataset, default_collate
from pentad.data.fetch import Fetcher
from pentad.data.workers import Workers, _reply
from pentad.graph.errors import ArgumentError, DataError
from pentad.tensor.functions.random import Generator, get_rng_state
from tests.data.samples import (
    Broken,
    Ending,
    Foreign,
    Many,
    Noisy,
    Parts,
    Slow,
    Stream,
    Waiting,
    refuse,
)
from tests.source_tree import ROOT


def rows(n=10):
    return TensorDataset(pt.arange(2.0 * n).reshape(n, 2), pt.arange(n))


def labels(loader):
    return [batch[1].tolist() for batch in loader]


def contents(loader, skip=0):
    return [(b["x"].tolist(), b["index"].tolist()) for b in loader.batches(skip)]


def test_batches_in_order():
    loader = DataLoader(rows(), 4)
    assert labels(loader) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert len(loader) == 3
    assert labels(DataLoader(rows(), 4, drop_last=True)) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert [b[1].tolist() for b in DataLoader(rows(3), None)] == [0, 1, 2]


def test_shuffling_is_a_function_of_the_seed_and_differs_between_passes():
    orders = []
    for _ in range(2):
        pt.manual_seed(4)
        loader = DataLoader(rows(), 3, shuffle=True)
        orders.append([labels(loader), labels(loader)])
    assert orders[0] == orders[1]
    assert orders[0][0] != orders[0][1]
    assert sorted(chain(*orders[0][0])) == list(range(10))


def test_a_generator_of_its_own_leaves_the_default_stream_alone():
    before = get_rng_state().tolist()
    first = labels(DataLoader(rows(), 3, shuffle=True, generator=Generator().manual_seed(1)))
    assert get_rng_state().tolist() == before
    assert first == labels(DataLoader(rows(), 3, shuffle=True,
                                      generator=Generator().manual_seed(1)))


def test_batches_are_the_same_for_any_number_of_workers():
    found = []
    for workers in (0, 1, 2):
        pt.manual_seed(3)
        found.append(contents(DataLoader(Noisy(7), 2, shuffle=True, num_workers=workers)))
    assert found[0] == found[1] == found[2]


def test_skipped_batches_leave_the_others_as_they_are():
    for workers in (0, 2):
        pt.manual_seed(3)
        whole = contents(DataLoader(Noisy(7), 2, shuffle=True))
        pt.manual_seed(3)
        assert contents(DataLoader(Noisy(7), 2, shuffle=True, num_workers=workers), 2) == whole[2:]


def test_the_order_is_drawn_when_a_pass_begins():
    pt.manual_seed(3)
    loader = DataLoader(rows(), 3, shuffle=True)
    batches = iter(loader)
    state = get_rng_state().tolist()
    list(batches)
    assert get_rng_state().tolist() == state


def test_workers_send_tensors_of_every_dtype_and_are_kept_if_asked():
    dataset = TensorDataset(pt.ones(4, 2).to(pt.bfloat16), pt.tensor([True, False] * 2))
    loader = DataLoader(dataset, 2, num_workers=1, persistent_workers=True)
    first = [[t.dtype for t in batch] for batch in loader]
    kept = loader._workers
    assert first == [[pt.bfloat16, pt.bool]] * 2
    assert labels(loader) == [[True, False]] * 2
    assert loader._workers is kept
    loader.close()
    assert not any(p.is_alive() for p in kept.processes)


def test_a_workers_error_is_raised_with_its_traceback():
    with pytest.raises(KeyError) as caught:
        list(DataLoader(Broken("raise"), 2, num_workers=2))
    text = str(caught.value)
    assert "sample 3 is damaged" in text
    assert "raised in worker 1" in text
    assert "in __getitem__" in text
    with pytest.raises(ValueError, match="worker 0 is not ready"):
        list(DataLoader(rows(), 2, num_workers=1, worker_init_fn=refuse))


def test_a_worker_that_dies_is_an_error():
    with pytest.raises(DataError, match="worker 1 of the DataLoader has died"):
        list(DataLoader(Broken("exit"), 2, num_workers=2))


@pytest.mark.parametrize("workers", [0, 2])
def test_streams(workers):
    batches = [b.tolist() for b in DataLoader(Stream(), 3, num_workers=workers)]
    assert sorted(chain(*batches)) == list(range(10))
    short = [b.tolist() for b in DataLoader(Stream(), 3, drop_last=True)]
    assert short == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    with pytest.raises(TypeError, match="no length"):
        len(DataLoader(Stream(), 3))


def test_a_pass_that_is_left_early_ends_its_workers():
    loader = DataLoader(Noisy(50), 1, num_workers=1)
    batches = loader.batches()
    next(batches)
    batches.close()
    assert loader._workers is None


class Empty(Dataset):
    def __len__(self):
        return 0


@pytest.mark.parametrize("options", [
    {"shuffle": True, "sampler": [0]}, {"batch_sampler": [[0]], "batch_size": 2},
    {"num_workers": -1}, {"batch_size": 0}, {"prefetch_factor": 0, "num_workers": 1},
    {"batch_size": 1.5}, {"prefetch_factor": 3}, {"timeout": 3}, {"persistent_workers": True},
    {"timeout": -1.0, "num_workers": 1}, {"batch_size": None, "drop_last": True},
])
def test_options_that_make_no_sense(options):
    with pytest.raises(ArgumentError, match="DataLoader: options"):
        DataLoader(rows(), **options)


def test_an_empty_data_set_is_an_error():
    with pytest.raises(DataError, match="the data set is empty"):
        DataLoader(Empty(), 2)
    with pytest.raises(ArgumentError, match="stream"):
        DataLoader(Stream(), 2, shuffle=True)


def test_samplers_of_ones_own():
    assert labels(DataLoader(rows(), 2, sampler=[5, 1, 7])) == [[5, 1], [7]]
    assert labels(DataLoader(rows(), batch_sampler=[[1, 2, 3], [0]])) == [[1, 2, 3], [0]]
    assert DataLoader(rows(), 2, collate_fn=len).batches().__next__() == 2


def test_a_loader_goes_on_where_another_one_was():
    """Inside of a pass: the same batches, the same next pass, and the same numbers after it."""
    def made():
        return DataLoader(Noisy(7), 2, shuffle=True)

    pt.manual_seed(3)
    loader = made()
    batches = iter(loader)
    next(batches)
    next(batches)
    pt.rand(3)
    state = json.loads(json.dumps(loader.state_dict()))
    assert state["batch"] == 2
    rest = [*batches, *loader]
    after = pt.rand(2).tolist()
    pt.manual_seed(99)
    other = made()
    other.load_state_dict(state)
    found = [*other, *other]
    assert len(found) == 6
    for a, b in zip(found, rest, strict=True):
        assert a["x"].tolist() == b["x"].tolist()
    assert pt.rand(2).tolist() == after


def test_between_passes_the_state_is_that_of_the_next_one():
    generator = Generator().manual_seed(5)
    loader = DataLoader(rows(), 3, shuffle=True, generator=generator)
    labels(loader)
    state = loader.state_dict()
    assert state["batch"] == 0
    expected = labels(loader)
    other = DataLoader(rows(), 3, shuffle=True, generator=Generator())
    other.load_state_dict(state)
    assert labels(other) == expected
    with pytest.raises(DataError, match="load_state_dict"):
        other.load_state_dict({"batch": 1})


def test_a_sampler_with_a_stream_of_its_own_goes_on_too():
    def made(seed):
        sampler = RandomSampler(rows(), generator=Generator().manual_seed(seed))
        return DataLoader(rows(), 3, sampler=sampler)

    loader, other = made(1), made(2)
    batches = iter(loader)
    next(batches)
    other.load_state_dict(loader.state_dict())
    assert [b[1].tolist() for b in batches] == labels(other)
    assert labels(loader) == labels(other)


def test_a_worker_that_takes_too_long_is_an_error():
    workers = Workers(Fetcher(Slow(300.0), default_collate, 1, False), 1, 0, None)
    try:
        workers.ask(0, (True, [0], 0, 0))
        assert workers.answer(0)[1].tolist() == [0]
        workers.timeout = 0.2
        workers.ask(0, (False, [1], 0, 1))
        with pytest.raises(RuntimeError, match="waited too long"):
            workers.answer(0)
    finally:
        workers.close()
    assert DataLoader(Slow(1.0), num_workers=1, timeout=5).timeout == 5


def test_batches_as_they_come(tmp_path):
    """The first batch waits for the other two."""
    loader = DataLoader(Waiting(str(tmp_path)), batch_sampler=[[2], [0], [0]], num_workers=2,
                        prefetch_factor=1, in_order=False)
    assert [b.item() for b in loader] == [0, 0, 2]


@pytest.mark.parametrize("workers", [1, 2])
def test_batches_that_come_as_they_are_made_are_resumed_without_loss(workers, tmp_path):
    """Batch 0 waits for the others, so that these are given before it."""
    order = [[2], [0], [0], [1], [0]]
    loader = DataLoader(Waiting(str(tmp_path)), batch_sampler=order, num_workers=2,
                        prefetch_factor=1, in_order=False)
    batches = iter(loader)
    assert [next(batches).item(), next(batches).item()] == [0, 0]
    state = json.loads(json.dumps(loader.state_dict()))
    assert (state["batch"], state["given"]) == (2, [1, 2])
    rest = [b.item() for b in batches]
    assert sorted(rest) == [0, 1, 2]
    other = DataLoader(Waiting(str(tmp_path)), batch_sampler=order, num_workers=workers,
                       in_order=workers == 1)
    other.load_state_dict(state)
    assert sorted(b.item() for b in other) == [0, 1, 2]
    assert other.state_dict()["given"] == []


def test_streams_that_come_as_they_are_made_are_resumed_without_loss():
    def made(**options):
        return DataLoader(Parts(), 1, num_workers=2, in_order=False, **options)

    loader = made()
    batches = iter(loader)
    first = [next(batches).item() for _ in range(4)]
    state = loader.state_dict()
    batches.close()
    assert state["batch"] == sum(state["given"]) == 4
    assert state["given"] == [sum(x % 2 == w for x in first) for w in (0, 1)]
    other = made()
    other.load_state_dict(state)
    assert sorted(first + [b.item() for b in other]) == list(range(12))
    with pytest.raises(DataError, match="load_state_dict"):
        DataLoader(Parts(), 1, num_workers=1).load_state_dict(state)


@pytest.mark.parametrize("workers", [0, 2])
def test_an_element_may_end_the_pass(workers):
    """As in PyTorch: no batch comes after it, and the next pass is whole again."""
    loader = DataLoader(Ending(), 1, num_workers=workers, persistent_workers=workers > 0)
    for _ in range(2):
        assert [b.item() for b in loader] == [0, 1, 2]
    loader.close()


def test_other_random_streams_depend_on_the_batch_alone():
    """What a worker does for each request, here without a process."""
    before = random.getstate(), np.random.get_state()
    fetcher, found = Fetcher(Foreign(), list, 2, False), []
    try:
        for order in ((0, 1, 2), (2, 0, 1)):
            made = {i: _reply(fetcher, (False, [0, 1], 7, i))[1] for i in order}
            found.append([made[i] for i in range(3)])
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
    assert found[0] == found[1]
    assert len({str(b) for b in found[0]}) == 3


def test_data_sets_that_give_many_elements_at_once():
    assert [b.tolist() for b in DataLoader(Many(), 3)] == [[0, 10, 20], [30, 40]]


_INTERRUPTED = """
import os, signal, sys, time
from pentad.data import DataLoader
from tests.data.samples import Slow

if __name__ == "__main__":
    loader = DataLoader(Slow(20.0), 1, num_workers=1)
    batches = iter(loader)
    next(batches)
    import multiprocessing
    print(*(p.pid for p in multiprocessing.active_children()), flush=True)
    if sys.argv[1] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.default_int_handler)   # ignored in background jobs
    signal.raise_signal(signal.SIGINT)
"""


def _runs(pid):
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    with contextlib.suppress(OSError):  # a zombie that nobody has waited for runs no more
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
@pytest.mark.parametrize("how", ["interrupt", "kill"])
def test_no_worker_outlives_the_main_process(how, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(_INTERRUPTED)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["src", "."])}
    done = subprocess.run([sys.executable, str(script), how], capture_output=True, text=True,
                          timeout=60, cwd=ROOT, env=environment, check=False)
    assert done.returncode != 0
    assert how == "kill" or "KeyboardInterrupt" in done.stderr
    assert done.stderr.count("Traceback") <= 1
    workers = [int(word) for word in done.stdout.split()]
    assert len(workers) == 1
    end = time.monotonic() + 30
    while any(map(_runs, workers)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(map(_runs, workers))

from __future__ import annotations

from itertools import chain

import pytest

import pentad as pt
from pentad.data import DataLoader, Dataset, TensorDataset
from pentad.graph.errors import ArgumentError, DataError
from pentad.tensor.functions.random import Generator, get_rng_state
from tests.data.samples import Broken, Noisy, Stream, refuse


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
    {"num_workers": -1}, {"batch_size": 0}, {"prefetch_factor": 0}, {"batch_size": 1.5},
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

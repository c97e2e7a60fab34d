from __future__ import annotations

from collections import namedtuple

import numpy as np
import pytest

import pentad as pt
from pentad import data
from pentad.graph.errors import (
    ArgumentError,
    DataError,
    DTypeError,
    IndexOutOfRange,
    ShapeError,
)


def rows(n=10):
    return data.TensorDataset(pt.arange(2.0 * n).reshape(n, 2), pt.arange(n))


def test_tensor_dataset_gives_rows_and_batches():
    dataset = rows()
    x, y = dataset[3]
    assert (x.tolist(), y.item()) == ([6.0, 7.0], 3)
    x, y = dataset.take_batch([4, -1, 0])
    assert (x.tolist(), y.tolist()) == ([[8.0, 9.0], [18.0, 19.0], [0.0, 1.0]], [4, 9, 0])
    x.zero_()
    assert dataset[4][0].tolist() == [8.0, 9.0]
    with pytest.raises(IndexOutOfRange, match="-10 <= index < 10"):
        dataset.take_batch([10])


def test_batches_of_views_and_of_every_dtype():
    for dtype in (pt.bool, pt.bfloat16, pt.float16, pt.uint8, pt.int64):
        t = pt.tensor([[0, 1], [1, 0], [1, 1]]).to(dtype)
        [batch] = data.TensorDataset(t.t()).take_batch([1])
        assert batch.dtype is t.dtype
        assert batch.to(pt.int64).tolist() == [[1, 0, 1]]


def test_tensors_of_a_dataset_have_one_length():
    with pytest.raises(ShapeError, match="differ in length"):
        data.TensorDataset(pt.zeros(3), pt.zeros(4))
    with pytest.raises(ShapeError):
        data.TensorDataset()


def test_subset_and_concatenation():
    part = data.Subset(rows(), [7, 2, 5])
    assert part[1][1].item() == 2
    assert part.take_batch([2, 0])[1].tolist() == [5, 7]
    both = part + rows(4)
    assert len(both) == 7
    assert [both[i][1].item() for i in (0, 2, 3, -1)] == [7, 5, 0, 3]
    with pytest.raises(IndexOutOfRange):
        both[7]
    with pytest.raises(ArgumentError):
        data.ConcatDataset([])


def test_stacked_data_sets():
    both = data.StackDataset(rows(3), range(3))
    assert both[2][1] == 2
    named = data.StackDataset(a=range(3), b="xyz")
    assert (len(named), named[1]) == (3, {"a": 1, "b": "y"})
    batch = next(iter(data.DataLoader(named, 2)))
    assert batch["a"].tolist() == [0, 1]
    with pytest.raises(DataError, match="differ in length"):
        data.StackDataset(range(3), range(4))
    for given in (((), {}), ((range(2),), {"a": range(2)})):
        with pytest.raises(ArgumentError):
            data.StackDataset(*given[0], **given[1])


class Letters(data.IterableDataset[str]):
    def __init__(self, letters):
        self.letters = letters

    def __iter__(self):
        return iter(self.letters)

    def __len__(self):
        return len(self.letters)


def test_streams_one_after_the_other():
    both = Letters("ab") + Letters("cde")
    assert "".join(both) == "abcde"
    assert len(both) == 5
    loader = data.DataLoader(both, 2)
    assert list(loader) == [["a", "b"], ["c", "d"], ["e"]]
    assert len(loader) == 3
    with pytest.raises(DataError, match="ChainDataset"):
        list(data.ChainDataset([rows()]))


def test_random_split():
    pt.manual_seed(0)
    parts = data.random_split(rows(), [0.7, 0.25, 0.05])
    assert [len(p) for p in parts] == [8, 2, 0]
    assert sorted(i for p in parts for i in p.indices) == list(range(10))
    assert [len(p) for p in data.random_split(rows(), [6, 4])] == [6, 4]
    generators = [data.dataset.Generator().manual_seed(3) for _ in range(2)]
    a, b = (data.random_split(rows(), [5, 5], g)[0].indices for g in generators)
    assert a == b
    for lengths in ([5, 4], [0.5, 0.4], [11, -1]):
        with pytest.raises(DataError, match="do not add up"):
            data.random_split(rows(), lengths)


# -- samplers --------------------------------------------------------------------------------------


def test_samplers():
    pt.manual_seed(0)
    assert list(data.SequentialSampler(range(3))) == [0, 1, 2]
    order = list(data.RandomSampler(range(20)))
    assert sorted(order) == list(range(20))
    assert order != list(range(20))
    drawn = list(data.RandomSampler(range(3), replacement=True, num_samples=50))
    assert len(drawn) == 50
    assert set(drawn) == {0, 1, 2}
    assert len(list(data.RandomSampler(range(3), num_samples=7))) == 7
    assert sorted(data.SubsetRandomSampler([5, 3, 8])) == [3, 5, 8]
    assert list(data.BatchSampler(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(data.BatchSampler(range(5), 2, drop_last=True)) == [[0, 1], [2, 3]]
    assert len(data.BatchSampler(range(5), 2)) == 3
    with pytest.raises(DataError, match="nothing to draw"):
        data.RandomSampler([])
    with pytest.raises(ArgumentError, match="batch_size"):
        data.BatchSampler(range(5), 0)


def test_distributed_sampler():
    """Each process has as many, together they have all, in an order of the epoch."""
    parts = [data.DistributedSampler(range(10), 3, rank) for rank in range(3)]
    orders = [list(p) for p in parts]
    assert [len(p) for p in parts] == [4, 4, 4]
    assert {i for order in orders for i in order} == set(range(10))
    assert [list(p) for p in parts] == orders
    for p in parts:
        p.set_epoch(1)
    assert [list(p) for p in parts] != orders
    short = [data.DistributedSampler(range(10), 3, rank, shuffle=False, drop_last=True)
             for rank in range(3)]
    assert [list(p) for p in short] == [[0, 3, 6], [1, 4, 7], [2, 5, 8]]
    assert list(data.DistributedSampler(range(2), 5, 4, shuffle=False)) == [0]
    for arguments in ((3, 3), (3, None), (0, 0)):
        with pytest.raises(ArgumentError, match="DistributedSampler"):
            data.DistributedSampler(range(10), *arguments)
    with pytest.raises(DataError, match="too small"):
        data.DistributedSampler([], 2, 0)


def test_weighted_sampler():
    pt.manual_seed(0)
    drawn = np.bincount(list(data.WeightedRandomSampler([1, 0, 3], 4000)), minlength=3)
    assert drawn[1] == 0
    assert abs(drawn[2] / 4000 - 0.75) < 0.03
    once = list(data.WeightedRandomSampler([1, 0, 3, 2], 3, replacement=False))
    assert sorted(once) == [0, 2, 3]
    for weights, count in (([1, -1], 1), ([0, 0], 1), ([1, 1], 0)):
        with pytest.raises(ArgumentError):
            data.WeightedRandomSampler(weights, count)
    with pytest.raises(ArgumentError):
        data.WeightedRandomSampler([1, 0], 2, replacement=False)


# -- collate ---------------------------------------------------------------------------------------


Point = namedtuple("Point", ["x", "y"])


def test_collate_by_pytorchs_rules():
    collate = data.default_collate
    assert collate([1, 2]).dtype is pt.int64
    assert collate([1.5, 2.0]).dtype is pt.float64
    assert collate([True, False]).dtype is pt.bool
    assert collate([pt.zeros(2), pt.ones(2)]).tolist() == [[0, 0], [1, 1]]
    assert collate([np.float32(1), np.float32(2)]).dtype is pt.float32
    assert collate(["a", "b"]) == ["a", "b"]
    found = collate([{"a": (1, "x")}, {"a": (2, "y")}])
    assert found["a"][0].tolist() == [1, 2]
    assert found["a"][1] == ["x", "y"]
    assert collate([Point(1, 2), Point(3, 4)]).y.tolist() == [2, 4]


@pytest.mark.parametrize("batch,words", [
    ([np.zeros(2), np.zeros(3)], "shape"), ([(1, 2), (1,)], "length"),
    ([{"a": 1}, {"b": 1}], "keys"),
])
def test_samples_that_do_not_fit_together(batch, words):
    with pytest.raises(DataError, match=words):
        data.default_collate(batch)


def test_samples_of_unknown_types():
    with pytest.raises(DataError, match="the batch is empty"):
        data.default_collate([])
    with pytest.raises(DTypeError, match="collate_fn of your own"):
        data.default_collate([object()])

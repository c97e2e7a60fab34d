"""Memory that workers share with the main process; batches put together in it."""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np
import pytest

import pentad as pt
from pentad.data import DataLoader, default_collate
from pentad.data.collate import collated
from pentad.data.shared import _MOST, Slot, slots
from pentad.graph.errors import DataError, ResourceError
from tests.data.samples import Rows

needs_slots = pytest.mark.skipif(
    not hasattr(os, "memfd_create"), reason="the system has no files without names"
)


class Pair(NamedTuple):
    x: object
    y: object


@needs_slots
def test_a_batch_goes_through_a_slot_whatever_its_tensors_are():
    batch = Pair(
        [pt.arange(12).reshape(3, 4).T, {"b": pt.ones(3).to(pt.bfloat16), "n": 5}],
        (pt.tensor(2.5), pt.empty(0, 2), "words", pt.tensor([True, False])),
    )
    worker, main = Slot(), None
    packed = worker.packed(batch)
    assert "Tensor" not in repr(packed)
    main = Slot(os.dup(worker.file))
    found = main.taken(packed)
    worker.bytes[:] = 0  # what was taken out is not in the slot any more
    assert found.x[0].tolist() == batch.x[0].tolist()
    assert found.x[1]["b"].dtype is pt.bfloat16
    assert found.x[1]["b"].tolist() == [1, 1, 1]
    assert found.x[1]["n"] == 5
    assert found.y[0].item() == 2.5
    assert found.y[1].shape == (0, 2)
    assert found.y[2:] == ("words", found.y[3])
    assert found.y[3].tolist() == [True, False]


@needs_slots
def test_a_slot_grows_under_the_tensors_that_are_in_it():
    worker = Slot()
    main = Slot(os.dup(worker.file))
    for size in (10, 5000, 300_000, 20):
        worker.begin()
        rows = [np.full(size, i, np.float32) for i in range(3)]
        batch = [collated(rows, worker.place), collated([pt.tensor(r) for r in rows], worker.place)]
        used = worker.used
        found = main.taken(worker.packed(batch))
        assert worker.used == used  # nothing was copied once more
        for x in found:
            np.testing.assert_array_equal(x.numpy(), np.stack(rows))


@needs_slots
def test_a_slot_without_memory_says_so():
    slot = Slot()
    with pytest.raises(ResourceError, match="no memory for a batch"):
        slot.place(pt.empty(1).expand(1 << 58).meta)


@needs_slots
def test_slots_are_not_without_number():
    assert len(slots(2)) == 2
    assert len(slots(1000)) == _MOST


@pytest.mark.parametrize("ahead", [1, 3, 20])
def test_batches_of_workers_are_not_written_over(ahead):
    """Sizes differ, and all batches are kept."""
    loader = DataLoader(Rows(), batch_sampler=[[i] * (1 + i % 3) for i in range(24)],
                        num_workers=2, prefetch_factor=ahead, persistent_workers=True)
    for _ in range(2):
        found = list(loader)
        for i, batch in enumerate(found):
            assert batch.shape == (1 + i % 3, 1000 + i)
            assert (batch == i).all()
    loader.close()


def test_samples_are_stacked_as_they_are():
    rows = pt.arange(12.0).reshape(4, 3)
    assert default_collate(list(rows)).tolist() == rows.tolist()
    assert default_collate([rows[:, i] for i in range(3)]).tolist() == rows.T.tolist()
    assert default_collate([pt.tensor(1), pt.tensor(2.5)]).tolist() == [1, 2.5]
    weight = pt.ones(2, requires_grad=True)
    default_collate([weight, 2 * weight]).sum().backward()
    assert weight.grad.tolist() == [3, 3]
    swapped = np.arange(3.0).astype(">f8")
    assert default_collate([swapped, swapped]).tolist() == [[0, 1, 2]] * 2
    mixed = default_collate([np.ones(2, np.float32), np.ones(2)])
    assert mixed.dtype is pt.float64
    assert default_collate([np.int8(3), np.int8(4)]).dtype is pt.int8
    with pytest.raises(DataError, match=r"shape \[3\], as the first has"):
        default_collate([rows[0], rows[:, 0]])


def test_samples_are_stacked_while_tracing():
    stacked = pt.compile(lambda x: default_collate([x[0], x[1]]) + 1)
    assert stacked(pt.tensor([[1.0], [2.0]])).tolist() == [[2], [3]]

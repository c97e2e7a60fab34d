"""An index out of range leaves everything that a compiled function writes as it was."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import nn, optim


def test_a_write_before_the_check():
    table, state = pt.randn(4, 3), pt.zeros(5)

    @pt.compile
    def step(index):
        state.add_(1)
        return table[index].sum()

    step(pt.tensor([1]))
    with pytest.raises(pt.IndexOutOfRange):
        step(pt.tensor([9]))
    assert state.tolist() == [1.0] * 5
    step(pt.tensor([2]))
    assert state.tolist() == [2.0] * 5


def test_a_write_at_the_index():
    @pt.compile
    def place(cache, index, row):
        cache[index] = row
        return cache.sum()

    cache = pt.zeros(4, 3)
    place(cache, pt.tensor([1]), pt.ones(1, 3))
    kept = cache.numpy().copy()
    with pytest.raises(pt.IndexOutOfRange):
        place(cache, pt.tensor([9]), pt.ones(1, 3))
    np.testing.assert_array_equal(cache.numpy(), kept)


def test_two_writes_of_which_the_second_fails():
    @pt.compile
    def both(state, index):
        state[index] = 1.0
        other = state.clone()
        other[index + 1] = 2.0
        return other.sum()

    state = pt.zeros(4)
    with pytest.raises(pt.IndexOutOfRange):
        both(state, pt.tensor([3]))
    assert state.tolist() == [0.0] * 4


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam])
def test_a_training_step_with_a_label_out_of_range(kind):
    pt.manual_seed(0)
    model = nn.Sequential(nn.Embedding(7, 8), nn.Linear(8, 3))
    opt = kind(model.parameters(), lr=0.1)

    @pt.compile
    def step(words, labels):
        loss = nn.functional.cross_entropy(model(words), labels)
        opt.zero_grad()
        loss.backward()
        opt.step()
        return loss

    words, labels = pt.tensor([1, 2, 6]), pt.tensor([0, 1, 2])
    step(words, labels)
    kept = {name: p.detach().numpy().copy() for name, p in model.named_parameters()}
    for wrong in ((words, pt.tensor([0, 1, 3])), (pt.tensor([1, 7, 2]), labels)):
        with pytest.raises(pt.IndexOutOfRange):
            step(*wrong)
    for name, p in model.named_parameters():
        np.testing.assert_array_equal(p.detach().numpy(), kept[name], err_msg=name)

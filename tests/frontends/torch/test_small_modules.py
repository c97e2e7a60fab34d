"""Small modules of PyTorch: trees, processes, arguments about memory."""

from __future__ import annotations

import os
from collections import OrderedDict, defaultdict, deque, namedtuple

import numpy as np
import pytest

import pentad as pt
from pentad.frontends import torch
from pentad.frontends.torch import multiprocessing as mp
from pentad.frontends.torch.nn import common_types
from pentad.frontends.torch.optim.optimizer import Optimizer, required
from pentad.frontends.torch.utils import _pytree, dlpack

Pair = namedtuple("Pair", "a b")


def test_trees_are_mapped_leaf_by_leaf():
    tree = {"x": [1, (2, None)], "y": Pair(3, deque([4], 5)), "z": OrderedDict(q=5)}
    leaves, spec = _pytree.tree_flatten(tree)
    assert leaves == [1, 2, None, 3, 4, 5]
    assert spec.num_leaves == 6
    assert _pytree.tree_unflatten(leaves, spec) == tree
    doubled = _pytree.tree_map_only(int, lambda v: v * 2, tree)
    assert doubled == {"x": [2, (4, None)], "y": Pair(6, deque([8], 5)), "z": OrderedDict(q=10)}
    kept = defaultdict(list, a=[1])
    again = _pytree.tree_map(lambda v: v + 1, kept)
    assert again == {"a": [2]}
    assert again.default_factory is list
    assert _pytree.tree_map(lambda a, b: a + b, [1, 2], [3, 4]) == [4, 6]
    assert _pytree.tree_leaves([(1, 2), 3], is_leaf=lambda n: isinstance(n, tuple)) == [(1, 2), 3]
    assert _pytree.tree_all(bool, [1, 2])
    assert not _pytree.tree_any(bool, [0, 0])
    with pytest.raises(ValueError, match="structures differ"):
        _pytree.tree_map(lambda a, b: a, [1, 2], [3])
    with pytest.raises(ValueError, match="number of leaves"):
        _pytree.tree_unflatten([1], spec)


def _write(index, folder, text):
    with open(os.path.join(folder, str(index)), "w", encoding="utf-8") as file:
        file.write(text * index)


def _fail(index):
    if index == 1:
        raise ValueError("not this one")


def _die(index):
    os._exit(7)


def test_spawn_runs_a_function_in_processes(tmp_path):
    assert mp.spawn(_write, (str(tmp_path), "ab"), nprocs=2) is None
    assert [(tmp_path / str(i)).read_text() for i in range(2)] == ["", "ab"]


def test_spawn_says_which_process_failed():
    with pytest.raises(mp.ProcessRaisedException, match=r"Process 1(.|\n)*not this one") as caught:
        mp.spawn(_fail, nprocs=2)
    assert caught.value.error_index == 1
    context = mp.spawn(_die, nprocs=1, join=False)
    assert len(context.pids()) == 1
    with pytest.raises(mp.ProcessExitedException, match="exit code 7"):
        context.join(60)


def test_arguments_about_memory_are_taken():
    assert torch.zeros(2, layout=torch.strided, pin_memory=False).tolist() == [0.0, 0.0]
    assert torch.empty_like(torch.ones(3), memory_format=torch.preserve_format).shape == (3,)
    assert torch.tensor([1], pin_memory=True).dtype is torch.int64
    assert torch.ones(1).layout == torch.strided
    with pytest.raises(pt.ArgumentError, match="dense"):
        torch.zeros(2, layout="sparse_coo")
    x = torch.ones(2, 3, 4, 5)
    last = x.movedim(-1, 1)
    assert x.is_contiguous(memory_format=torch.contiguous_format)
    assert not x.is_contiguous(memory_format=torch.channels_last)
    assert last.is_contiguous(memory_format=torch.channels_last)
    assert not last.is_contiguous()
    assert not last.is_contiguous(memory_format=torch.channels_last_3d)
    drawn = torch.empty(1000).uniform_(2, to=3)
    assert 2 <= float(drawn.min()) <= float(drawn.max()) < 3


def test_optimisers_of_users_name_what_they_need():
    class Mine(Optimizer):
        def __init__(self, params, lr=required):
            super().__init__(params, {"lr": lr})

    weight = torch.nn.Parameter(torch.ones(2))
    assert Mine([weight], lr=0.1).param_groups[0]["lr"] == 0.1
    with pytest.raises(ValueError, match="lr"):
        Mine([weight])


def test_annotations_and_capsules():
    assert common_types._size_2_t == int | tuple[int, int]
    x = torch.arange(3)
    np.testing.assert_array_equal(dlpack.from_dlpack(x).numpy(), x.numpy())
    assert "dltensor" in repr(dlpack.to_dlpack(x))

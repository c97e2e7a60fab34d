"""Views and backward passes that native code takes over, against the way in Python."""

from __future__ import annotations

import gc
import sys

import numpy as np
import pytest

import pentad as pt
from pentad.graph import errors
from pentad.runtime.memory import memory_stats
from pentad.tensor import native
from pentad.tensor.functions import indexing, shaping

pytestmark = pytest.mark.skipif(
    native.unavailable() is not None, reason=str(native.unavailable())
)

VIEWS = {
    "reshape": (shaping.reshape, [(6, 4), (-1,), (2, 3, 4), ((4, 6),), (1, 24)]),
    "view": (shaping.view, [(24,), (12, 2)]),
    "transpose": (shaping.transpose, [(0, 1), (-1, 0)]),
    "permute": (shaping.permute, [(1, 0), ((1, 0),)]),
    "reverse": (shaping.reverse_dims, [()]),
    "flatten": (shaping.flatten, [(), (0, 1)]),
    "unsqueeze": (shaping.unsqueeze, [(0,), (-1,)]),
    "expand": (shaping.expand, [(2, 4, 6)]),
    "narrow": (shaping.narrow, [(0, 1, 2), (1, 2, 3)]),
    "select": (shaping.select, [(0, 1), (1, -1)]),
    "index": (indexing.getitem, [(1,), (-1,), (None,), ((1, 2),), (slice(1, 3),), (True,)]),
}


def described(t):
    alias = t.alias
    return (
        t.meta, t.storage_offset(), t.requires_grad, repr(t.grad_fn), alias is None or alias.steps,
        alias is None or (alias.depth, alias.root, id(alias.base)), t.detach().numpy().tolist(),
    )


@pytest.mark.parametrize("name", VIEWS)
def test_repeated_views_are_those_of_the_first_call(name):
    function, cases = VIEWS[name]
    leaf = pt.arange(24.0).reshape(4, 6).clone()
    for x in (leaf, leaf.clone().requires_grad_(), leaf.T.clone(), leaf.T, leaf[1:]):
        for args in cases:
            found = []
            for _ in range(4):
                try:
                    found.append(described(function(x, *args)))
                except errors.PentadError as error:
                    found.append(str(error))
            assert all(f == found[0] for f in found), (args, found)


def test_repeated_views_do_not_pass_through_python():
    x, routes = pt.ones(3, 4), [f.route for f in (shaping.reshape, shaping.transpose)]
    for _ in range(3):
        x.reshape(12), x.transpose(0, 1), x.reshape(1000 // 500, 6)
    for r in routes:
        r.words[0] = 0  # a call of its fallback would end the process
    assert x.reshape(12).shape == (12,)
    assert x.transpose(0, 1).shape == (4, 3)
    assert x.reshape(1000 // 500, 6).shape == (2, 6)
    for r in routes:
        r.words[0] = id(r.fallback)


def test_whole_numbers_are_told_from_one_another():
    x = pt.arange(600.0).clone()
    for i in (*range(300), *range(-300, 0)):
        assert x[i].item() == i % 600
    for big in (1 << 61, 1 << 62, 1 << 63, 1 << 64, -(1 << 63)):
        with pytest.raises((errors.PentadError, IndexError, OverflowError)):
            x[big]


def test_writes_through_views_are_recorded_in_the_base_and_its_views():
    w = pt.ones(3, 4).requires_grad_()
    for _ in range(5):
        w.grad = None
        x = w * 2
        rows, first = x.reshape(12), x[0]
        rows.mul_(3)
        assert first.tolist() == [6.0] * 4
        (first.sum() + x.sum()).backward()
        assert w.grad.tolist() == [[12.0] * 4] + [[6.0] * 4] * 2


def test_a_storage_forgets_views_that_are_gone():
    x = pt.ones(4, 4)
    for _ in range(1000):
        shaping.reverse_dims(x)
    assert len(x.storage.notes.views) <= 32
    kept = [x.T for _ in range(100)]
    assert len(x.storage.notes.views) >= len(kept)


def test_views_leave_nothing_behind():
    x, w = pt.ones(4, 4), pt.ones(4, 4).requires_grad_()

    def work():
        for _ in range(64):
            x.T, w.reshape(16), x[1], w[1]
        gc.collect()

    def counts():
        watched = (x, w, x.meta, x.storage, w.storage, w.node, None, 0)
        return [sys.getrefcount(o) for o in watched], memory_stats()["used"], len(gc.get_objects())

    work()
    work()
    first, used, objects = counts()
    for _ in range(8):
        work()
    second, used2, objects2 = counts()
    assert all(b - a < 40 for a, b in zip(first, second)), (first, second)
    assert used2 == used
    assert objects2 - objects < 40


def test_modes():
    w = pt.ones(2, 3).requires_grad_()
    for _ in range(4):
        assert w.T.requires_grad
    with pt.no_grad():
        for _ in range(4):
            assert not w.T.requires_grad
    with pt.autograd.detect_anomaly():
        assert w.T.grad_fn.line is not None
    f = pt.compile(lambda a: a.T.reshape(6) * 2)
    for _ in range(3):
        assert f(w.detach()).tolist() == [2.0] * 6


def test_backward_passes_do_not_pass_through_python():
    w, v = pt.ones(3, 4).requires_grad_(), pt.ones(4, 3).requires_grad_()
    for _ in range(4):
        w.grad = v.grad = None
        y = ((w @ v).exp() * 2.0).sum()
        y.backward()
    node, routes = y.grad_fn, []
    while hasattr(node, "plan"):
        backward = node.plan.usual
        if backward.spec.metas:
            routes.append(backward.route)
        node = next(p for p in node.parents if p is not None)
    assert len(routes) == 4
    for r in routes:
        r.words[0] = 0  # a call of its fallback would end the process
    w.grad = v.grad = None
    ((w @ v).exp() * 2.0).sum().backward()
    assert np.allclose(w.grad.numpy(), 6 * np.exp(4))
    for r in routes:
        r.words[0] = id(r.fallback)

"""Random streams of Theano: what moves them on, and the moments of what they give."""

from __future__ import annotations

import numpy as np
import pytest

from pentad.frontends import theano
from pentad.frontends.theano import tensor as T
from pentad.frontends.theano.sandbox.rng_mrg import MRG_RandomStreams
from pentad.frontends.theano.tensor.shared_randomstreams import RandomStreams

EAGER = "FAST_COMPILE"


def call(*args, **kwargs):
    return theano.function(*args, mode=EAGER, **kwargs)


@pytest.mark.parametrize("make", [RandomStreams, MRG_RandomStreams])
def test_each_call_draws_anew_and_one_call_draws_once(make):
    u = make(seed=234).uniform((2, 2))
    f, same = call([], u), call([], u + u - 2 * u)
    assert (f() != f()).all()
    np.testing.assert_allclose(same(), 0, atol=1e-12)
    still = call([], u, no_default_updates=True)
    np.testing.assert_array_equal(still(), still())
    compiled = theano.function([], u)
    first, second = compiled(), compiled()
    assert (first != second).all()
    assert compiled.run.reason is None


def test_streams_are_seeded_read_and_copied():
    srng = RandomStreams(seed=234)
    u, n = srng.uniform((2,)), srng.normal((2,))
    f, g = call([], u), call([], n)
    before = u.rng.get_value().get_state()
    first = f()
    state = u.rng.get_value(borrow=True)
    state.set_state(before)
    u.rng.set_value(state, borrow=True)
    np.testing.assert_array_equal(f(), first)
    srng.seed(5)
    pair = f(), g()
    srng.seed(5)
    np.testing.assert_array_equal([f(), g()], pair)
    state = u.rng.get_value()
    state.seed(89234)
    u.rng.set_value(state)
    again = RandomStreams(seed=1)
    other = again.uniform((2,))
    h = call([], other)
    for (mine, _), (theirs, _) in zip(srng.state_updates, again.state_updates, strict=False):
        theirs.set_value(mine.get_value())
    np.testing.assert_array_equal(h(), f())
    u.rng.set_value(np.random.RandomState(3))
    assert f().shape == (2,)
    with pytest.raises(TypeError, match="random state"):
        u.rng.set_value(3)


@pytest.mark.parametrize(("draw", "mean", "spread"), [
    (lambda s: s.uniform((20000,), 1, 3), 2, 1 / 3), (lambda s: s.normal((20000,), 2, 3), 2, 9),
    (lambda s: s.binomial((20000,), p=0.3), 0.3, 0.21),
    (lambda s: s.random_integers((20000,), 2, 5), 3.5, 1.25),
])
@pytest.mark.parametrize("make", [RandomStreams, MRG_RandomStreams])
def test_moments(make, draw, mean, spread):
    found = call([], draw(make(3)))()
    assert found.mean() == pytest.approx(mean, abs=0.06)
    assert found.var() == pytest.approx(spread, rel=0.05)


def test_whole_numbers():
    s, m = RandomStreams(3), MRG_RandomStreams(3)
    assert call([], s.binomial((4000,), 5, 0.5))().mean() == pytest.approx(2.5, abs=0.1)
    assert call([], s.poisson((500,), 4.0))().mean() == pytest.approx(4, abs=0.4)
    counts = call([], s.multinomial((400,), 3, [0.2, 0.3, 0.5]))()
    assert (counts.sum(1) == 3).all()
    np.testing.assert_allclose(counts.mean(0), [0.6, 0.9, 1.5], atol=0.15)
    np.testing.assert_array_equal(np.sort(call([], s.permutation((3,), 4))(), 1), [range(4)] * 3)
    assert sorted(call([], s.choice((5,), 5, replace=False))()) == list(range(5))
    assert set(call([], s.choice((200,), 2, p=np.array([0.0, 1.0])))()) == {1}
    assert sorted(call([], s.shuffle_row_elements(np.arange(4).reshape(1, 4)))()[0]) == [0, 1, 2, 3]
    hot = call([], m.multinomial(pvals=np.tile([[0.1, 0.9]], (500, 1))))()
    np.testing.assert_allclose(hot.mean(0), [0.1, 0.9], atol=0.05)
    rows = call([], m.choice(2, replace=False, p=np.ones((3, 4)) / 4))()
    assert all(len(set(r)) == 2 for r in rows)
    near = call([], m.normal((2000,), truncate=True))()
    assert abs(near).max() <= 2
    assert near.std() == pytest.approx(0.88, abs=0.05)


def test_shapes_of_other_tensors_and_of_parameters():
    x = T.matrix("x")
    s = RandomStreams(3)
    f = call([x], [s.binomial(x.shape, 1, 0.5, dtype=x.dtype), s.normal(avg=x, std=1e-9)])
    kept, moved = f(np.ones((3, 2), x.dtype))
    assert kept.shape == (3, 2)
    np.testing.assert_allclose(moved, 1, atol=1e-6)


def test_a_loop_carries_its_streams():
    s = RandomStreams(3)
    v, updates = theano.scan(lambda v: v + s.normal(v.shape), outputs_info=T.zeros((2,)), n_steps=3)
    f = theano.function([], v, updates=updates)
    first, second, third = f(), f(), f()
    assert len(updates) == 1
    assert (np.diff(first, axis=0)[0] != np.diff(first, axis=0)[1]).all()
    assert (second != third).all()
    assert f.run.reason is None


@pytest.mark.parametrize("given", [False, True])
def test_a_loop_draws_anew_what_it_uses_from_outside(given):
    noise = RandomStreams(3).uniform((50,))
    def step(v, *others):
        return v * (others[0] if others else noise)

    found, updates = theano.scan(step, T.ones((2, 50)), non_sequences=[noise] if given else None)
    first, second = call([], found, updates=updates)()
    assert (first == second).all() == given
    assert len(updates) == (0 if given else 1)


@pytest.mark.parametrize(("make", "error"), [
    (lambda: MRG_RandomStreams(0), ValueError), (lambda: MRG_RandomStreams([0] * 6), ValueError),
    (lambda: MRG_RandomStreams(1).uniform((0, 2)), ValueError),
    (lambda: MRG_RandomStreams(1).binomial((2,), n=3), NotImplementedError),
    (lambda: RandomStreams(1).uniform((2,), ndim=1, dtype="int64"), TypeError),
    (lambda: RandomStreams(1).uniform((2, 3), ndim=1), ValueError),
])
def test_what_is_refused(make, error):
    with pytest.raises(error):
        make()

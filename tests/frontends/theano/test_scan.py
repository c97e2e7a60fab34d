"""Loops of Theano: compiled as a whole, gradients of gradients, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import static
from pentad.frontends import theano
from pentad.frontends.theano import gradient
from pentad.frontends.theano import tensor as T
from pentad.frontends.theano.compile.mode import Mode

NOW = Mode(eager_first=0)
WEIGHT = theano.shared(1.0)


def recurrent(way):
    x, h0, w = T.dmatrix("x"), T.dvector("h0"), T.dmatrix("w")
    h, _ = theano.scan(lambda x, h, w: T.tanh(x + T.dot(h, w)), x, h0, w, go_backwards=way)
    return x, h0, w, h


@pytest.mark.parametrize("way", [False, True])
def test_the_gradient_of_a_gradient(way):
    x, h0, w, h = recurrent(way)
    size = (T.grad((h**2).sum(), w) ** 2).sum()
    total = theano.function([x, h0, w], size, mode=NOW)
    slope = theano.function([x, h0, w], T.grad(size, h0), mode=NOW)
    rng = np.random.RandomState(0)
    data, start, weights = rng.randn(4, 3), rng.randn(3), rng.randn(3, 3) * 0.5
    found = slope(data, start, weights)
    for i, step in enumerate(np.eye(3) * 1e-6):
        change = total(data, start + step, weights) - total(data, start - step, weights)
        assert found[i] == pytest.approx(change / 2e-6, rel=1e-6)


def test_a_gradient_within_the_loop_has_a_gradient():
    x = T.dvector("x")
    e, _ = theano.scan(lambda s: T.grad((s**3).sum(), s), outputs_info=x, n_steps=2)
    f = theano.function([x], T.grad(e.sum(), x), mode=NOW)
    np.testing.assert_allclose(f([0.5]), [6 * 0.5 + 108 * 0.5**3])


def test_it_is_compiled_once_for_all_lengths():
    x, h0, w, h = recurrent(False)
    f = theano.function([x, h0, w], T.grad(h.sum(), w), mode=NOW)
    for n in (3, 5, 4):
        assert f(np.ones((n, 2)), np.zeros(2), np.eye(2)).shape == (2, 2)
    assert f.run.reason is None
    assert len(f.run._compiled) == 1


def test_minibatches_of_labels_that_are_cast_are_compiled_once():
    labels = T.cast(theano.shared(np.arange(12.0)), "int32")
    index, y = T.lscalar("index"), T.ivector("y")
    f = theano.function([index], y.sum(), givens={y: labels[index * 4:(index + 1) * 4]}, mode=NOW)
    assert [f(i) for i in range(3)] == [6, 22, 38]
    assert f.run.reason is None
    assert len(f.run._compiled) == 1


def test_steps_and_lengths():
    x, y = T.dvectors("x", "y")
    both, _ = theano.scan(lambda a, b: a + b, [x, y])
    f = theano.function([x, y], both, mode=NOW)
    assert f([1.0, 2, 3], [1.0, 2]).tolist() == [2, 4]
    none, _ = theano.scan(lambda a: a * 2, x)
    assert none.eval({x: np.zeros(0)}).shape == (0,)
    one, _ = theano.scan(lambda a: a * 2, x, n_steps=1)
    assert one.eval({x: np.arange(3.0) + 1}).tolist() == [2.0]
    [listed], _ = theano.scan(lambda a: a * 2, x, return_list=True)
    assert listed.ndim == 1
    kept, _ = theano.scan_checkpoints(lambda a, s: a + s, [x], [T.zeros((), "float64")],
                                      save_every_N=2)
    assert kept.eval({x: np.ones(5)}).tolist() == [2, 4, 5]


@pytest.mark.parametrize(("make", "error", "text"), [
    (lambda x: theano.scan(lambda s: s, outputs_info=x), ValueError, "number of steps"),
    (lambda x: theano.scan(lambda s: s, outputs_info=x, n_steps=-2), IndexError, "negative"),
    (lambda x: theano.scan(lambda s: s, outputs_info=x, n_steps=2.5), ValueError, "must be an int"),
    (lambda x: theano.scan(lambda a, s: T.cast(s, "float32"), x, x[0]), ValueError, "dtype"),
    (lambda x: theano.scan(lambda a, s: T.stack([s, s]), x, x[0]), ValueError, "dimension"),
    (lambda x: theano.scan(lambda s: s, None, {"initial": x, "taps": [1]}, n_steps=2), ValueError,
     "strictly smaller"),
    (lambda x: theano.scan(lambda s: s, x[0]), TypeError, "at least one axis"),
    (lambda x: theano.scan(lambda a: a * WEIGHT, x, strict=True), pt.PentadError, "strict"),
    (lambda x: theano.scan(lambda a, s: (a, s), x, [x[0], x[0], x[0]]), TypeError, "argument"),
])
def test_what_is_refused(make, error, text):
    with pytest.raises(error, match=text):
        make(T.dvector("x"))


def test_only_the_branch_that_is_taken_is_computed():
    from pentad.frontends.theano.ifelse import ifelse

    p, x = T.iscalar("p"), T.dmatrix("x")
    seen = ifelse(p, [x[0], x.sum()], [x[1], x[5].sum()])
    f = theano.function([p, x], seen)
    with pytest.warns(static.NotCompiled, match="index 5"):
        assert f(1, np.ones((2, 3)))[1] == 6.0
    with pytest.raises(Exception, match="5"):
        f(0, np.ones((2, 3)))
    with pytest.raises(TypeError, match="identical types"):
        ifelse(p, x, x[0])
    with pytest.raises(ValueError, match="number of values"):
        ifelse(p, [x], [x, x])


def test_forward_derivatives_and_clipped_gradients_through_loops():
    x, w, u, v = (T.dvector(n) for n in "xwuv")
    rows, _ = theano.scan(lambda a, h: T.tanh(h * w.sum() + a), sequences=[x],
                          outputs_info=[T.constant(np.float64(0.3))])
    given = [np.linspace(-1, 1, n) for n in (5, 3, 5, 3)]
    along = theano.function([x, w, u, v], T.Rop(rows, [x, w], [u, v]), mode="FAST_COMPILE")
    f = theano.function([x, w], rows, mode="FAST_COMPILE")
    a, b, c, d = given
    numeric = (f(a + 1e-6 * c, b + 1e-6 * d) - f(a - 1e-6 * c, b - 1e-6 * d)) / 2e-6
    np.testing.assert_allclose(along(*given), numeric, atol=1e-8)

    def cut(a, h):
        return gradient.grad_clip(h, -0.1, 0.1) * 2.0 + a

    def scaled(a, h):
        return gradient.grad_scale(h, 0.5) * 2.0 + a

    last = [theano.scan(fn, sequences=[x], outputs_info=[T.constant(np.float64(1))])[0][-1]
            for fn in (cut, scaled)]
    f = theano.function([x], [*last, *[T.grad(y, x) for y in last]], mode="FAST_COMPILE")
    np.testing.assert_allclose(f(np.ones(3))[:2], [15, 15])
    np.testing.assert_allclose(f(np.ones(3))[2:], [[0.1, 0.1, 1], [1, 1, 1]])


@pytest.mark.parametrize(("fn", "wanted"), [
    (lambda a, h: gradient.grad_clip(h, -0.1, 0.1) * 2.0 + a, [0.1, 0.1, 1.0]),
    (lambda a, h: gradient.grad_scale(h, 0.5) * 2.0 + a, [1.0, 1.0, 1.0]),
], ids=["clip", "scale"])
def test_clipped_gradients_within_loops_are_compiled(fn, wanted):
    x = T.dvector("x")
    last = theano.scan(fn, sequences=[x], outputs_info=[T.constant(np.float64(1))])[0][-1]
    f = theano.function([x], [last, T.grad(last, x)], mode=NOW)
    value, slope = f(np.ones(3))
    assert f.run.reason is None
    assert value == 15.0
    np.testing.assert_allclose(slope, wanted)


def test_gradients_by_what_a_loop_never_reads_are_refused():
    x0, y0, z0 = T.dvectors("x0", "y0", "z0")
    [x, y, z], _ = theano.scan(lambda x, y, z: (x ** 2, y, x + 1), outputs_info=[x0, y0, z0],
                               n_steps=10)
    cost = (x + y + z).sum()
    T.grad(cost, [x0, y0])
    with pytest.raises(gradient.DisconnectedInputError):
        T.grad(cost, z0)
    with pytest.raises(gradient.DisconnectedInputError):
        T.grad(x.sum(), y0)


def test_updates_as_a_list_of_pairs_and_arguments_that_nothing_reads():
    w, x, y = theano.shared(1.0, "w"), T.dvector("x"), T.dvector("y")
    found, updates = theano.scan(lambda a, b: ([a * w], [(w, w + 1)]), x, non_sequences=y)
    f = theano.function([x, y], found, updates=updates, mode="FAST_COMPILE")
    assert f([1.0, 1.0, 1.0], [0.0]).tolist() == [1, 2, 3]
    assert w.get_value() == 4


def test_values_to_test_with_reach_into_loops():
    x, h = T.dvector("x"), T.dscalar("h")
    x.tag.test_value, h.tag.test_value = np.arange(3.0), np.array(2.0)
    seen = []

    def step(a, h):
        seen.append(float((a + h * 2).tag.test_value))
        return a + h

    with theano.config.change(compute_test_value="raise"):
        found, _ = theano.scan(step, x, h)
    assert seen == [4.0]
    assert found.tag.test_value.tolist() == [2, 3, 5]


@pytest.mark.parametrize(("taps", "limit", "expected"), [
    ([0], 5, [0, 0, 0, 0, 8, 10, 12, 0, 0]), ([-2, 0], 6, [0, 0, 0, 5, 6, 10, 4, 5, 0]),
])
def test_gradients_of_loops_that_stop_are_truncated_at_their_last_steps(taps, limit, expected):
    x, most = T.dvector("x"), T.dscalar("most")
    def step(*parts):
        *values, u = parts
        return values[0] * values[-1], theano.scan_module.until(values[-1] > u)

    r, _ = theano.scan(step, {"input": x, "taps": taps}, non_sequences=most, truncate_gradient=3)
    f = theano.function([x, most], [r, T.grad(r.sum(), x)], mode=NOW)
    data = np.arange(9.0)
    found, slope = f(data, limit)
    assert len(found) == limit + 2 + min(taps)
    np.testing.assert_array_equal(slope, expected)


def test_loops_are_told_by_their_class():
    r, _ = theano.scan(lambda v: v * 2, T.dvector(), name="twice")
    kind = theano.scan_module.scan_op.Scan
    assert isinstance(r.owner.op, kind)
    assert str(r) == "for{cpu,twice}.0"
    assert not isinstance((r * 2).owner.op, kind)
    with pytest.raises(TypeError, match=r"theano\.scan makes it"):
        kind()


@pytest.mark.filterwarnings("error")
def test_sequences_whose_lengths_only_values_tell_are_compiled():
    table = theano.shared(np.linspace(-1, 1, 20).reshape(10, 2))
    words = T.imatrix("words")
    inputs = table[words.flatten()].reshape((words.shape[0], 6, 2)).dimshuffle(1, 0, 2)
    mask = T.neq(words, 0).dimshuffle(1, 0, "x")
    r, _ = theano.scan(lambda x, m, h: T.switch(m, T.tanh(x + h), h), [inputs, mask],
                       inputs[0] * 0)
    f = theano.function([words], [r[-1], T.grad(r.sum(), table)], mode=NOW)
    rng = np.random.RandomState(0)
    for n in (4, 7, 3):
        data = rng.randint(0, 3, (n, 6)).astype("int32")
        h = np.zeros((n, 2))
        for column in data.T:
            h = np.where(column[:, None] != 0, np.tanh(table.get_value()[column] + h), h)
        np.testing.assert_allclose(f(data)[0], h)
    assert f.run.reason is None
    x, most = T.dmatrix("x"), T.dvector("most")
    fixed = theano.shared(np.arange(6.0))
    s, _ = theano.scan(lambda a, b, c, h: h * 0.5 + a.sum() * b + c, [x, fixed, most[:6]],
                       np.float64(0))
    g = theano.function([x, most], s, mode=NOW)
    for n, k in ((6, 6), (7, 6), (5, 6), (6, 8), (6, 4), (9, 9), (1, 1), (2, 3)):
        a, c = rng.rand(n, 2), rng.rand(k)
        total, expected = 0.0, []
        for i in range(min(n, k, 6)):
            total = total * 0.5 + a[i].sum() * i + c[i]
            expected.append(total)
        np.testing.assert_allclose(g(a, c), expected)

"""Loops in all their forms: sequences and results with taps, updates, truncation, conditions."""

import numpy as np
import theano
import theano.tensor as T
from theano.ifelse import ifelse

F = theano.config.floatX
rng = np.random.RandomState(3)


def number(value):
    return T.constant(np.asarray(value, "float64"))


def powers():
    """The tutorial's A ** k, and a polynomial by products with a range."""
    k, a = T.iscalar("k"), T.dvector("a")
    found, updates = theano.scan(lambda prior, a: prior * a, outputs_info=T.ones_like(a),
                                 non_sequences=a, n_steps=k)
    power = theano.function([a, k], found[-1], updates=updates)
    c, x = T.dvector("c"), T.dscalar("x")
    terms, _ = theano.scan(lambda c, p, x: c * x**p, sequences=[c, T.arange(100)],
                           outputs_info=None, non_sequences=x)
    poly = theano.function([c, x], terms.sum())
    return {"power": power(np.arange(5.0), 3), "poly": poly(np.array([1.0, 0, 2, 4]), 3.0)}


def taps():
    """Sequences and results seen at several distances, both ways."""
    u, y0 = T.dvector("u"), T.dvector("y0")

    def step(before, now, after, y3, y1):
        return 0.1 * before + now - after * 0.3 + T.tanh(y3) * y1

    found = {}
    for way in (False, True):
        y, _ = theano.scan(step, sequences={"input": u, "taps": [-1, 0, 2]},
                           outputs_info={"initial": y0, "taps": [-3, -1]}, go_backwards=way)
        f = theano.function([u, y0], [y] + T.grad((y**2).sum(), [u, y0]))
        for name, value in zip(("y", "du", "dy0"), f(rng.randn(9), rng.randn(3))):
            found[f"taps_{name}_{int(way)}"] = value
    return found


def recurrent():
    """A recurrent layer, its gradients truncated or not."""
    x, h0, w = T.dmatrix("x"), T.dvector("h0"), T.dmatrix("w")
    given = [rng.randn(6, 3), rng.randn(3), rng.randn(3, 3) * 0.5]
    found = {}
    for steps in (-1, 2):
        h, _ = theano.scan(lambda x, h, w: T.tanh(x + T.dot(h, w)), x, h0, w,
                           truncate_gradient=steps)
        grads = T.grad(h.sum(), [x, h0, w])
        f = theano.function([x, h0, w], [h] + grads)
        for name, value in zip(("h", "dx", "dh0", "dw"), f(*given)):
            found[f"rnn_{name}_{steps}"] = value
    return found


def inner_gradient():
    """A gradient within a loop, as Monte Carlo methods take steps."""
    x = T.dvector("x")
    e, _ = theano.scan(lambda s: s - 0.1 * T.grad((s**4).sum(), s), outputs_info=x, n_steps=3)
    f = theano.function([x], [e, T.grad(e[-1].sum(), x)])
    found = f(np.array([0.5, -1.0]))
    return {"inner": found[0], "inner_slope": found[1]}


def state():
    """A shared variable updated in each step; several results; a condition to stop."""
    count = theano.shared(np.float64(3.0))
    y, updates = theano.scan(lambda: (count * 2, {count: count + 1}), n_steps=4)
    f = theano.function([], y, updates=updates)
    found = {"counted": np.array([f(), f()]), "count": count.get_value()}
    top = T.dscalar("top")
    (v, w), _ = theano.scan(
        lambda v, top: ([v * 2, v + 1], theano.scan_module.until(v * 2 > top)),
        outputs_info=[number(1.0), None], non_sequences=top, n_steps=100)
    g = theano.function([top], [v, w, T.grad(v[-1], top, disconnected_inputs="ignore")])
    found["until"], found["until_w"], found["until_slope"] = g(45.0)
    return found


def views():
    """map, reduce, foldl, foldr, nested loops, branches."""
    x, m = T.dvector("x"), T.dmatrix("m")
    zero = number(0.0)
    fns = {
        "mapped": theano.map(lambda v, k: v**2 + k, x, non_sequences=number(2.0))[0],
        "reduced": theano.reduce(lambda v, s: v + 0.5 * s, x, zero)[0],
        "left": theano.foldl(lambda v, s: v - s, x, zero)[0],
        "right": theano.foldr(lambda v, s: v - s, x, zero)[0],
    }
    found = {name: theano.function([x], v)(np.arange(1.0, 6.0)) for name, v in fns.items()}
    rows, _ = theano.scan(
        lambda row: theano.scan(lambda v, s: v * 0.5 + s, row, zero)[0][-1], sequences=m)
    nested = theano.function([m], [rows, T.grad((rows**2).sum(), m)])
    found["rows"], found["drows"] = nested(rng.randn(3, 4))
    a, b = T.dscalars("a", "b")
    chosen = ifelse(T.lt(a, b), a * b, b**2)
    branch = theano.function([a, b], [chosen, T.grad(chosen, a), T.grad(chosen, b)])
    found["branch"] = np.array([branch(1.0, 2.0), branch(3.0, 2.0)])
    return found


def results():
    """What the programs compute, by names."""
    rng.seed(3)
    found = {}
    for part in (powers, taps, recurrent, inner_gradient, state, views):
        found.update(part())
    return found

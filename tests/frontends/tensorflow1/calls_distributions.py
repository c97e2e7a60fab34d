"""tf.distributions: densities and moments against SciPy, samples against their moments."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

import pentad.frontends.tensorflow1 as tf
from tests.frontends.names.table import Calls
from tests.frontends.tensorflow1.common import close, run


def around():
    return tf.Graph().as_default()


calls = Calls("tensorflow1", around)
MANY = 4000


def f64(*values):
    return [np.array(v, np.float64) for v in values]


def agrees(made, reference, points, *, cdf=True):
    """Densities, moments and samples of a distribution of one dimension."""
    found = run({
        "log_prob": made.log_prob(points), "prob": made.prob(points), "mean": made.mean(),
        "variance": made.variance(), "entropy": made.entropy(), "stddev": made.stddev(),
        **({"cdf": made.cdf(points), "survival": made.survival_function(points)} if cdf else {}),
    })
    close(found["log_prob"], reference.logpdf(points), 1e-10)
    close(found["prob"], reference.pdf(points), 1e-10)
    close(found["mean"], reference.mean(), 1e-10, 1e-12)
    close(found["variance"], reference.var(), 1e-10)
    close(found["stddev"], reference.std(), 1e-10)
    close(found["entropy"], reference.entropy(), 1e-10)
    if cdf:
        close(found["cdf"], reference.cdf(points), 1e-8)
        close(found["survival"], reference.sf(points), 1e-6)
    tf.set_random_seed(7)
    drawn = made.sample(MANY)
    assert drawn.shape.as_list() == [MANY, *made.batch_shape.as_list()]
    values = run(drawn)
    spread = reference.std() / np.sqrt(MANY)
    close(values.mean(0), reference.mean(), 0, 5 * np.max(spread))


@calls("tf.distributions", "Normal")
def normal(make):
    loc, scale = f64([0.5, -1.0], [1.5, 2.0])
    agrees(make(loc, scale), stats.norm(loc, scale), np.array([0.1, 0.2]))
    assert run(make(1.0, [2.0, 3.0]).mode()).tolist() == [1.0, 1.0]
    close(run(make(loc, scale).quantile(0.3 * np.ones(2))), stats.norm(loc, scale).ppf(0.3), 1e-9)
    mu = tf.constant(2.0)
    drawn = make(mu, 1.0).sample([3, 4], seed=1)
    assert run(tf.gradients(drawn, mu))[0] == 12.0
    assert make(0.0, 1.0).reparameterization_type == tf.distributions.FULLY_REPARAMETERIZED


@calls("tf.distributions", "Laplace")
def laplace(make):
    loc, scale = f64([0.5, -1.0], [1.5, 2.0])
    agrees(make(loc, scale), stats.laplace(loc, scale), np.array([0.1, 0.2]))


@calls("tf.distributions", "Uniform")
def uniform(make):
    low, high = f64([0.0, -1.0], [1.5, 2.0])
    agrees(make(low, high), stats.uniform(low, high - low), np.array([0.1, 0.2]))
    assert run(make(1.0, 2.0).prob([0.0, 1.5])).tolist() == [0.0, 1.0]


@calls("tf.distributions", "Gamma")
def gamma(make):
    a, b = f64([0.5, 3.0], [1.5, 2.0])
    agrees(make(a, b), stats.gamma(a, scale=1 / b), np.array([0.1, 0.2]))
    mode = run(make(a, b).mode())
    assert np.isnan(mode[0])
    assert mode[1] == 1.0


@calls("tf.distributions", "Exponential")
def exponential(make):
    [rate] = f64([0.5, 3.0])
    agrees(make(rate), stats.expon(scale=1 / rate), np.array([0.1, 0.2]))


@calls("tf.distributions", "StudentT")
def student(make):
    df, loc, scale = f64([4.5, 7.0], [0.5, 1.0], [1.5, 2.0])
    agrees(make(df, loc, scale), stats.t(df, loc, scale), np.array([0.1, 0.2]), cdf=False)
    assert run(make(df, loc, scale).mode()).tolist() == [0.5, 1.0]


@calls("tf.distributions", "Beta")
def beta(make):
    a, b = f64([0.5, 3.0], [1.5, 2.0])
    agrees(make(a, b), stats.beta(a, b), np.array([0.1, 0.2]))
    close(run(make(a, b).mode())[1], 2 / 3, 1e-12)
    close(run(make(a, b).total_concentration), a + b)


@calls("tf.distributions", "Dirichlet")
def dirichlet(make):
    [alpha] = f64([2.0, 3.0, 4.0])
    point = np.array([0.2, 0.3, 0.5])
    made, reference = make(alpha), stats.dirichlet(alpha)
    assert made.event_shape.as_list() == [3]
    assert made.batch_shape.as_list() == []
    found = run([made.log_prob(point), made.mean(), made.variance(), made.entropy(), made.mode()])
    close(found[0], reference.logpdf(point), 1e-10)
    close(found[1], reference.mean(), 1e-10)
    close(found[2], reference.var(), 1e-10)
    close(found[3], reference.entropy(), 1e-10)
    close(found[4], (alpha - 1) / (alpha.sum() - 3), 1e-10)
    drawn = run(made.sample(MANY, seed=3))
    close(drawn.sum(-1), np.ones(MANY), 1e-10)
    close(drawn.mean(0), reference.mean(), 0, 0.02)


@calls("tf.distributions", "Bernoulli")
def bernoulli(make):
    [p] = f64([0.2, 0.7])
    for made in (make(probs=p), make(logits=np.log(p / (1 - p)))):
        found = run([made.log_prob([1, 0]), made.mean(), made.variance(), made.entropy(),
                     made.mode(), made.probs, made.logits])
        close(found[0], stats.bernoulli(p).logpmf([1, 0]), 1e-10)
        close(found[1], p, 1e-10)
        close(found[2], p * (1 - p), 1e-10)
        close(found[3], stats.bernoulli(p).entropy(), 1e-10)
        assert found[4].tolist() == [0, 1]
        close(found[5], p, 1e-10)
        close(found[6], np.log(p / (1 - p)), 1e-10)
        drawn = run(made.sample(MANY, seed=3))
        assert drawn.dtype == np.int32
        close(drawn.mean(0), p, 0, 0.04)
    with pytest.raises(ValueError, match="Must pass probs or logits"):
        make()


@calls("tf.distributions", "Categorical")
def categorical(make):
    [p] = f64([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
    made = make(probs=p)
    assert made.batch_shape.as_list() == [2]
    found = run([made.log_prob([2, 0]), made.entropy(), made.mode(), made.event_size,
                 make(logits=np.log(p)).prob([1, 1])])
    close(found[0], np.log([0.5, 0.6]), 1e-10)
    close(found[1], -(p * np.log(p)).sum(-1), 1e-10)
    assert found[2].tolist() == [2, 0]
    assert found[3] == 3
    close(found[4], [0.3, 0.3], 1e-10)
    drawn = run(made.sample([MANY], seed=3))
    assert drawn.shape == (MANY, 2)
    close((drawn[:, 0] == 2).mean(), 0.5, 0, 0.04)


@calls("tf.distributions", "Multinomial")
def multinomial(make):
    [p] = f64([0.2, 0.3, 0.5])
    made = make(5.0, probs=p)
    counts = np.array([1.0, 1.0, 3.0])
    found = run([made.log_prob(counts), made.mean(), made.variance()])
    close(found[0], stats.multinomial(5, p).logpmf(counts), 1e-10)
    close(found[1], 5 * p, 1e-10)
    close(found[2], 5 * p * (1 - p), 1e-10)
    drawn = run(made.sample(MANY, seed=3))
    assert drawn.shape == (MANY, 3)
    assert set(drawn.sum(-1)) == {5.0}
    close(drawn.mean(0), 5 * p, 0, 0.1)


@calls("tf.distributions", "DirichletMultinomial")
def dirichlet_multinomial(make):
    [alpha] = f64([2.0, 3.0, 4.0])
    counts = np.array([1.0, 1.0, 3.0])
    made = make(5.0, alpha)
    found = run([made.log_prob(counts), made.mean(), made.variance()])
    reference = stats.dirichlet_multinomial(alpha, 5)
    close(found[0], reference.logpmf(counts), 1e-10)
    close(found[1], reference.mean(), 1e-10)
    close(found[2], reference.var(), 1e-10)
    drawn = run(made.sample(MANY, seed=3))
    assert set(drawn.sum(-1)) == {5.0}
    close(drawn.mean(0), reference.mean(), 0, 0.15)


@calls("tf.distributions", "kl_divergence")
def divergences(kl):
    make = tf.distributions
    p, q = make.Normal(*f64(0.5, 1.5)), make.Normal(*f64(-1.0, 2.0))
    expected = np.log(2.0 / 1.5) + (1.5**2 + 1.5**2) / (2 * 4.0) - 0.5
    close(run(kl(p, q)), expected, 1e-10)
    close(run(p.kl_divergence(q)), expected, 1e-10)
    close(run(p.cross_entropy(q)), expected + stats.norm(0.5, 1.5).entropy(), 1e-10)
    a, b = f64([2.0, 3.0], [1.0, 5.0])
    close(run(kl(make.Categorical(probs=a / 5), make.Categorical(probs=b / 6))),
          special.rel_entr(a / 5, b / 6).sum(), 1e-9)
    close(run(kl(make.Bernoulli(probs=a / 5), make.Bernoulli(probs=b / 6))),
          special.rel_entr(a / 5, b / 6) + special.rel_entr(1 - a / 5, 1 - b / 6), 1e-9)
    with pytest.raises(NotImplementedError, match="No KL"):
        kl(p, make.Gamma(1.0, 1.0))


@calls("tf.distributions", "RegisterKL Distribution")
def own(_):
    class Fixed(tf.distributions.Distribution):
        def __init__(self, value):
            super().__init__(tf.float32, tf.distributions.NOT_REPARAMETERIZED, False, True,
                             {"value": value}, name="Fixed")
            self.value = value

        def _prob(self, value):
            return tf.cast(tf.equal(value, self.value), tf.float32)

    made = Fixed(2.0)
    assert run(made.log_prob([2.0])).tolist() == [0.0]
    assert run(made.copy(value=3.0).prob([3.0])).tolist() == [1.0]
    tf.distributions.RegisterKL(Fixed, Fixed)(lambda p, q, name=None: tf.constant(4.0))
    assert run(tf.distributions.kl_divergence(made, made)) == 4.0
    with pytest.raises(NotImplementedError, match="mean is not implemented: Fixed"):
        made.mean()


@calls("tf.distributions", "ReparameterizationType FULLY_REPARAMETERIZED NOT_REPARAMETERIZED")
def kinds(found, name):
    if isinstance(found, type):
        return "X" in repr(found("X"))
    return name in repr(found)

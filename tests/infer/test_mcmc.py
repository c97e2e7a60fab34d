"""Hamiltonian Monte Carlo: known posteriors, trees, adaptation, diagnostics."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.stats as st

import pentad as pt
from pentad import distributions as D
from pentad import infer
from pentad.infer.adaptation import DualAveraging, MassMatrix, window_ends
from pentad.infer.hamiltonian import Potential, kinetic, leapfrog
from pentad.infer.nuts import slots, turning

EFFECTS = [28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0]
ERRORS = [15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0]


def schools(effects: Any, errors: Any) -> None:
    """Rubin's eight schools, the deviations of the schools not centred."""
    mu = infer.sample("mu", D.Normal(0.0, 5.0))
    tau = infer.sample("tau", D.HalfCauchy(5.0))
    apart = infer.sample("apart", D.Normal(pt.zeros(8), 1.0))
    theta = infer.deterministic("theta", mu + tau * apart)
    infer.sample("effects", D.Normal(theta, errors), obs=effects)


def test_eight_schools() -> None:
    """Reference: long runs of Stan, as its posterior database gives them."""
    pt.manual_seed(0)
    mcmc = infer.MCMC(infer.NUTS(schools, target_accept_prob=0.9), 700, 300, num_chains=2)
    mcmc.run(pt.tensor(EFFECTS), pt.tensor(ERRORS))
    draws = {name: x.numpy() for name, x in mcmc.get_samples().items()}
    assert draws["mu"].mean() == pytest.approx(4.4, abs=0.45)
    assert draws["mu"].std() == pytest.approx(3.3, abs=0.4)
    assert draws["tau"].mean() == pytest.approx(3.6, abs=0.6)
    assert draws["theta"][:, 0].mean() == pytest.approx(6.2, abs=0.7)
    found = mcmc.diagnostics()
    assert found["mu"]["r_hat"] < 1.02
    assert found["mu"]["n_eff"] > 400
    assert found["apart"]["r_hat"].max() < 1.03
    assert sum(found["divergences"].values()) <= 5
    assert 0.8 < found["acceptance rate"][0] <= 1
    grouped = mcmc.get_samples(True)
    assert grouped["theta"].shape == (2, 700, 8)
    assert "theta[7]" in mcmc.summary()
    assert mcmc._transition.traces == 1


def test_a_conjugate_posterior_and_reproducible_draws() -> None:
    """Beta and binomial, with trajectories of a fixed length."""

    def coin() -> None:
        p = infer.sample("p", D.Beta(2.0, 3.0))
        infer.sample("heads", D.Binomial(10, p), obs=pt.tensor(7.0))

    chains = []
    for _ in range(2):
        pt.manual_seed(1)
        mcmc = infer.MCMC(infer.HMC(coin, trajectory_length=2.0), 800, 200)
        mcmc.run()
        chains.append(mcmc.get_samples()["p"].numpy())
    assert np.array_equal(*chains)
    n_eff = infer.effective_sample_size(chains[0][None])
    assert n_eff > 200
    reference = st.beta(9, 6)
    assert chains[0].mean() == pytest.approx(reference.mean(), abs=5 * reference.std() / n_eff**0.5)
    assert chains[0].std() == pytest.approx(reference.std(), rel=0.15)


def test_a_correlated_posterior_with_a_dense_mass_matrix() -> None:
    """Linear regression with known noise: the posterior of intercept and slope is normal."""
    x = np.linspace(1, 3, 9)
    y = 0.5 + 2 * x + 0.3 * np.sin(7 * x)
    design = np.stack([np.ones(9), x], 1)
    covariance = np.linalg.inv(design.T @ design / 0.25 + np.eye(2) / 9)
    mean = covariance @ design.T @ y / 0.25
    inputs, outputs = pt.from_numpy(design), pt.from_numpy(y)

    def line() -> None:
        w = infer.sample("w", D.Normal(pt.zeros(2, dtype=pt.float64), 3.0))
        infer.sample("y", D.Normal(inputs @ w, 0.5), obs=outputs)

    pt.manual_seed(3)
    mcmc = infer.MCMC(infer.NUTS(line, full_mass=True), 1000, 300)
    mcmc.run()
    w = mcmc.get_samples()["w"]
    assert w.dtype is pt.float64
    deviation = np.sqrt(np.diag(covariance))
    assert (np.abs(w.numpy().mean(0) - mean) < 0.2 * deviation).all()
    assert np.allclose(np.cov(w.numpy().T), covariance, rtol=0.3)


def test_the_potential_is_the_density_of_unconstrained_numbers() -> None:
    potential = Potential(schools, (pt.tensor(EFFECTS), pt.tensor(ERRORS)), {})
    z = pt.arange(10.0) / 10
    value, gradient = potential.force(z)
    v = z.numpy().astype(np.float64)
    tau, theta = np.exp(v[1]), v[0] + np.exp(v[1]) * v[2:]
    log = (st.norm(0, 5).logpdf(v[0]) + st.halfcauchy(scale=5).logpdf(tau) + v[1]
           + st.norm.logpdf(v[2:]).sum() + st.norm(theta, ERRORS).logpdf(EFFECTS).sum())
    assert value.item() == pytest.approx(-log, rel=1e-5)
    h = 1e-2
    up, down = (potential(z + s * h * pt.eye(10)[1]).item() for s in (1, -1))
    assert gradient[1].item() == pytest.approx((up - down) / (2 * h), rel=1e-2)


def test_the_leapfrog_keeps_energy_and_turns_back() -> None:
    potential = Potential(lambda: infer.sample("z", D.Normal(pt.zeros(3), 2.0)), (), {})
    one = pt.ones(3)
    z, r = pt.tensor([1.0, -0.5, 0.2]), pt.tensor([0.3, 1.0, -0.7])
    u, g = potential.force(z)
    energy = (u + kinetic(one, r)).item()
    state = (z, r, u, g)
    for _ in range(20):
        state = leapfrog(potential, state[0], state[1], state[3], 0.1, one)
    assert (state[2] + kinetic(one, state[1])).item() == pytest.approx(energy, abs=1e-3)
    back = (state[0], -state[1], state[2], state[3])
    for _ in range(20):
        back = leapfrog(potential, back[0], back[1], back[3], 0.1, one)
    assert np.allclose(back[0].numpy(), z.numpy(), atol=1e-5)


def test_slots_find_every_subtree_that_a_leaf_ends() -> None:
    """Follow the recursion: leaf n ends subtrees of 2, 4, ... leaves as long as n + 1 divides."""
    last, widest = slots(5)
    kept: dict[int, int] = {}
    for n in range(32):
        if n % 2 == 0:
            kept[last[n]] = n
            assert widest[n] == last[n] + 1
            continue
        firsts = [kept[i] for i in range(widest[n], last[n] + 1)]
        expected = [n + 1 - size for size in (32, 16, 8, 4, 2) if (n + 1) % size == 0]
        assert firsts == expected


def test_turning_back() -> None:
    one = pt.ones(2)
    forth, back = pt.tensor([1.0, 0.2]), pt.tensor([-1.0, 0.2])
    assert not turning(one, forth, forth, forth * 5).item()
    assert turning(one, forth, back, forth * 3 + back).item()
    assert turning(pt.eye(2), forth, back, forth * 3 + back).item()


def test_windows_of_warm_up() -> None:
    assert window_ends(1000) == (75, {99, 149, 249, 449, 949}, 950)
    assert window_ends(10) == (0, set(), 0)
    first, ends, last = window_ends(100)
    assert (first, ends, last) == (15, {89}, 90)


def test_the_step_size_comes_to_its_target() -> None:
    averaging = DualAveraging(1.0, 0.8)
    for _ in range(2000):
        averaging.update(math.exp(-averaging.step))  # 0.8 at a step of -log(0.8)
    averaging.finish()
    assert averaging.step == pytest.approx(-math.log(0.8), rel=0.05)


@pytest.mark.parametrize("dense", [False, True])
def test_the_mass_matrix_is_that_of_the_draws(dense: bool) -> None:
    matrix = np.array([[2.0, 0.6], [0.6, 0.5]])
    mass = MassMatrix(2, dense)
    for draw in np.random.default_rng(0).multivariate_normal([1, 2], matrix, 5000):
        mass.update(draw)
    mass.finish_window()
    expected = matrix if dense else np.diag(matrix)
    assert np.allclose(mass.inverse, expected, rtol=0.1)
    factor = mass.factor()
    momenta = factor @ factor.T if dense else factor**2
    assert np.allclose(momenta, np.linalg.inv(mass.inverse) if dense else 1 / mass.inverse)
    assert mass.draws == []


def test_divergences_are_counted() -> None:
    """A funnel with a step that is much too large."""

    def funnel() -> None:
        width = infer.sample("width", D.Normal(0.0, 3.0))
        infer.sample("x", D.Normal(pt.zeros(5), (width / 2).exp()))

    pt.manual_seed(0)
    kernel = infer.NUTS(funnel, step_size=3.0, adapt_step_size=False, adapt_mass_matrix=False,
                        max_tree_depth=3)
    mcmc = infer.MCMC(kernel, 60, 0)
    mcmc.run()
    found = mcmc.diagnostics()
    assert found["divergences"][0] > 5
    assert found["leapfrog steps"][0] <= 7
    assert mcmc.step_sizes == [3.0]


def test_effective_sample_sizes() -> None:
    """Of an autoregressive chain of coefficient a: (1 - a) / (1 + a) of the draws."""
    rng = np.random.default_rng(0)
    noise, x = rng.standard_normal((4, 5000)), np.zeros((4, 5000))
    for i in range(1, 5000):
        x[:, i] = 0.7 * x[:, i - 1] + noise[:, i]
    assert infer.effective_sample_size(x) == pytest.approx(20000 * 0.3 / 1.7, rel=0.15)
    assert infer.effective_sample_size(noise) == pytest.approx(20000, rel=0.1)
    assert infer.split_rhat(x) == pytest.approx(1, abs=0.01)
    apart = noise + np.arange(4)[:, None]
    assert infer.split_rhat(apart) > 1.5
    with pytest.raises(pt.ShapeError):
        infer.split_rhat(np.zeros((1, 3)))


def _observed() -> None:
    infer.sample("x", D.Normal(0.0, 1.0), obs=pt.tensor(1.0))


def _impossible() -> None:
    scale = infer.sample("scale", D.HalfNormal(1.0))
    infer.sample("x", D.Normal(scale * math.nan, 1.0, validate_args=False), obs=pt.tensor(1.0))


def _discrete() -> None:
    infer.sample("k", D.Poisson(2.0))


@pytest.mark.parametrize("call,words", [
    (lambda: infer.MCMC(infer.NUTS(_observed), 10).run(), "nothing to infer"),
    (lambda: infer.MCMC(infer.NUTS(_discrete), 10).run(), "is discrete"),
    (lambda: infer.MCMC(infer.NUTS(_observed), 10).get_samples(), "no samples"),
    (lambda: infer.MCMC(infer.NUTS(_observed), 0), "num_samples"),
    (lambda: infer.NUTS(_observed, max_tree_depth=0), "max_tree_depth"),
    (lambda: infer.NUTS(_observed, step_size=-1.0), "step_size"),
    (lambda: infer.HMC(_observed, num_steps=0), "num_steps"),
    (lambda: infer.HMC(_observed, target_accept_prob=1.0), "target_accept_prob"),
])
def test_misuse_is_refused(call: Any, words: str) -> None:
    with pytest.raises(pt.ArgumentError, match=words):
        call()


def test_a_model_without_finite_density() -> None:
    with pytest.raises(pt.DataError, match="no finite density"):
        infer.MCMC(infer.NUTS(_impossible), 10).run()


def test_plates_that_draw_members_are_refused() -> None:
    def model(data: Any) -> None:
        mu = infer.sample("mu", D.Normal(0.0, 5.0))
        with infer.plate("rows", 8, subsample_size=4) as rows:
            infer.sample("y", D.Normal(mu, 1.0), obs=data[rows])

    with pytest.raises(pt.ArgumentError, match="subsample_size in \\['rows'\\]"):
        Potential(model, (pt.zeros(8),), {})

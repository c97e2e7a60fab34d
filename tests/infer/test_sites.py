"""Sites of models, runs, variational inference, predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats as st

import pentad as pt
from pentad import distributions as D
from pentad import infer
from pentad.infer.sites import Parameters, Run


def model(x: Any, y: Any = None) -> Any:
    slope = infer.sample("slope", D.Normal(0.0, 2.0))
    width = infer.sample("width", D.HalfNormal(1.0))
    mean = infer.deterministic("mean", slope * x)
    return infer.sample("y", D.Normal(mean, width), obs=y)


def test_a_trace_holds_every_site() -> None:
    pt.manual_seed(0)
    x = pt.tensor([1.0, 2.0])
    sites = infer.trace(model, x, pt.tensor([0.5, 1.5]))
    assert list(sites) == ["slope", "width", "mean", "y"]
    assert [s.observed for s in sites.values()] == [False, False, False, True]
    mean, width = sites["mean"].value.numpy(), sites["width"].value.item()
    expected = st.norm(mean, width).logpdf([0.5, 1.5]).sum()
    assert sites["y"].log_prob.item() == pytest.approx(expected, rel=1e-4)


def test_unconstrained_values_bring_their_jacobian() -> None:
    x, y = pt.tensor([1.0, 2.0]), pt.tensor([0.5, 1.5])
    run = Run(free={"slope": pt.tensor(0.3), "width": pt.tensor(-0.2)})
    run(model, x, y)
    width = np.exp(-0.2)
    expected = (st.norm(0, 2).logpdf(0.3) + st.halfnorm(scale=1).logpdf(width) - 0.2
                + st.norm(0.3 * x.numpy(), width).logpdf(y.numpy()).sum())
    assert run.log_joint().item() == pytest.approx(expected, rel=1e-5)


def test_scale_multiplies_densities() -> None:
    def scaled() -> None:
        with infer.scale(10.0):
            infer.sample("z", D.Normal(0.0, 1.0), obs=pt.tensor(0.5))
        infer.sample("w", D.Normal(0.0, 1.0), obs=pt.tensor(0.5))

    sites = infer.trace(scaled)
    assert sites["z"].log_prob.item() == pytest.approx(10 * sites["w"].log_prob.item())


def test_plates_repeat_distributions_and_scale_densities() -> None:
    def grouped(y: Any) -> None:
        with infer.plate("groups", 3, dim=-2) as groups:
            mean = infer.sample("mean", D.Normal(0.0, 1.0))
            assert groups.tolist() == [0, 1, 2]
            with infer.plate("members", 4):
                infer.sample("y", D.Normal(mean, pt.ones(4)), obs=y)
        infer.sample("z", D.Normal(0.0, 1.0))

    pt.manual_seed(0)
    sites = infer.trace(grouped, pt.zeros(3, 4))
    assert {n: tuple(s.value.shape) for n, s in sites.items()} == {
        "mean": (3, 1), "y": (3, 4), "z": ()}

    def part(y: Any) -> None:
        with infer.plate("data", 8, 2) as index:
            infer.sample("y", D.Normal(0.0, 1.0), obs=y.index_select(0, index))

    y = pt.arange(8.0)
    found = infer.trace(part, y)["y"]
    assert found.value.shape == (2,)
    assert found.log_prob.item() == pytest.approx(
        4 * st.norm.logpdf(found.value.numpy()).sum(), rel=1e-5)
    assert infer.sample("free", D.Normal(0.0, 1.0)).shape == ()
    with infer.plate("outside", 5):
        assert infer.sample("free", D.Normal(0.0, 1.0)).shape == (5,)
        with pytest.raises(pt.ArgumentError, match="'in'"), infer.plate("in", 2, dim=-1):
            pass
        with pytest.raises(pt.ShapeError, match="within a plate"):
            infer.sample("free", D.Normal(pt.zeros(3), 1.0))


def test_guide_and_model_see_the_same_part_of_the_data() -> None:
    """Variational inference on random halves of the data, each of which counts twice."""
    data = pt.tensor([2.1, 1.7, 2.6, 3.0, 2.2, 1.4])
    seen: list[Any] = []

    def model_of(data: Any) -> None:
        mean = infer.sample("mean", D.Normal(0.0, 3.0))
        with infer.plate("data", 6, 3) as index:
            seen.append(index)
            infer.sample("x", D.Normal(mean, 1.0), obs=data[index])

    def guide(data: Any) -> None:
        loc = infer.param("loc", 0.0)
        with infer.plate("data", 6, 3) as index:
            seen.append(index)
        infer.sample("mean", D.Normal(loc, 6.1**-0.5))

    pt.manual_seed(0)
    svi = infer.SVI(model_of, guide, lambda p: pt.optim.Adam(p, lr=0.02))
    svi.evaluate_loss(data)
    assert seen[0].tolist() == seen[1].tolist()
    for _ in range(600):
        svi.step(data)
    assert svi.params()["loc"].item() == pytest.approx(data.sum().item() / (6 + 1 / 9), abs=0.12)


def test_outside_of_inference_sites_are_plain() -> None:
    pt.manual_seed(0)
    assert model(pt.ones(3)).shape == (3,)
    assert infer.param("p", 2.0, D.constraints.positive).item() == pytest.approx(2.0)
    assert infer.sample("s", D.Normal(0.0, 1.0), obs=pt.tensor(3.0)).item() == 3


def test_parameters_stay_within_their_constraint() -> None:
    parameters = Parameters()
    parameters.create("p", pt.tensor([0.2, 0.8]), D.constraints.unit_interval)
    assert np.allclose(parameters.value("p").detach().numpy(), [0.2, 0.8])
    assert parameters.free["p"].requires_grad


def test_variational_inference_finds_a_conjugate_posterior() -> None:
    """The mean of normal data: the posterior is normal, so the guide can be exact."""
    data = pt.tensor([2.1, 1.7, 2.6, 3.0, 2.2, 1.4])

    def mean_of(data: Any) -> None:
        mean = infer.sample("mean", D.Normal(0.0, 3.0))
        infer.sample("data", D.Normal(mean, 1.0), obs=data)

    guide = infer.AutoNormal(mean_of)
    pt.manual_seed(0)
    svi = infer.SVI(mean_of, guide, lambda p: pt.optim.Adam(p, lr=0.05), infer.Trace_ELBO(4))
    losses = [svi.step(data) for _ in range(600)]
    precision = 1 / 9 + 6
    found = svi.params()
    assert found["mean.loc"].item() == pytest.approx(data.sum().item() / precision, abs=0.03)
    assert found["mean.scale"].item() == pytest.approx(precision**-0.5, rel=0.08)
    evidence = st.multivariate_normal(np.zeros(6), 9 * np.ones((6, 6)) + np.eye(6)).logpdf(
        data.numpy())
    assert np.mean(losses[-100:]) == pytest.approx(-evidence, abs=0.1)
    assert svi._compiled.traces == 1


def test_guides_and_models_with_parameters_of_their_own() -> None:
    """A beta guide for a coin; the model learns nothing, so the guide meets the posterior."""
    flips = pt.tensor([1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0])

    def coin(flips: Any) -> None:
        fairness = infer.sample("fairness", D.Beta(2.0, 2.0))
        infer.sample("flips", D.Bernoulli(fairness), obs=flips)

    def guide(flips: Any) -> None:
        a = infer.param("a", 3.0, D.constraints.positive)
        b = infer.param("b", lambda: pt.tensor(3.0), D.constraints.positive)
        infer.sample("fairness", D.Beta(a, b))

    pt.manual_seed(0)
    svi = infer.SVI(coin, guide, lambda p: pt.optim.Adam(p, lr=0.03))
    for _ in range(400):
        svi.step(flips)
    found = svi.params()
    a, b = found["a"].item(), found["b"].item()
    assert a / (a + b) == pytest.approx(8 / 12, abs=0.03)
    assert st.beta(a, b).std() == pytest.approx(st.beta(8, 4).std(), rel=0.2)
    drawn = infer.Predictive(coin, guide=guide, num_samples=200, parameters=svi.parameters,
                             return_sites=("fairness",))(flips)
    assert drawn["fairness"].numpy().mean() == pytest.approx(8 / 12, abs=0.05)


def test_predictions() -> None:
    posterior = {"slope": pt.tensor([1.0, -1.0, 2.0]), "width": pt.full((3,), 1e-3)}
    pt.manual_seed(0)
    x = pt.tensor([1.0, 2.0])
    found = infer.Predictive(model, posterior)(x)
    assert set(found) == {"mean", "y"}
    assert np.allclose(found["y"].numpy(), [[1, 2], [-1, -2], [2, 4]], atol=0.02)
    prior = infer.Predictive(model, num_samples=4)(x)
    assert prior["slope"].shape == (4,)
    with pytest.raises(pt.ArgumentError, match="return_sites"):
        infer.Predictive(model, posterior, return_sites=("other",))(x)


def _other(*args: Any) -> None:
    infer.sample("other", D.Normal(0.0, 1.0))


def _count(*args: Any) -> None:
    infer.sample("slope", D.Poisson(3.0))


def _twice(*args: Any) -> None:
    infer.sample("slope", D.Normal(0.0, 1.0))
    infer.sample("slope", D.Normal(0.0, 1.0))


def _adam(parameters: Any) -> Any:
    return pt.optim.Adam(parameters, lr=0.1)


@pytest.mark.parametrize("call,words", [
    (lambda: infer.SVI(_other, model, _adam).step(pt.ones(2)), "latent sites of guide and model"),
    (lambda: infer.SVI(_other, _other, _adam).step(), "nothing to learn"),
    (lambda: infer.SVI(_count, _count, _adam).step(), "no gradient of its samples"),
    (lambda: infer.AutoNormal(_count)(), "is discrete"),
    (lambda: infer.trace(_twice), "two sites of one name"),
    (lambda: infer.Trace_ELBO(0), "num_particles"),
    (lambda: infer.AutoNormal(_other, init_scale=0), "init_scale"),
    (lambda: infer.Predictive(model), "how many samples"),
    (lambda: infer.Predictive(model, {"slope": pt.ones(3)}, num_samples=4), "num_samples"),
    (lambda: infer.param("p"), "an initial value"),
])
def test_misuse_is_refused(call: Any, words: str) -> None:
    with pytest.raises(pt.ArgumentError, match=words):
        call()
    with pytest.raises(pt.DTypeError, match="a distribution"):
        infer.sample("x", 3.0)  # type: ignore[arg-type]

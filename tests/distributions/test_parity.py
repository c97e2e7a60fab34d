"""Distributions, divergences and transforms against the numbers of PyTorch 2.13 (torch.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pentad as pt
from pentad import distributions as D
from tests.distributions.cases import (
    DISTRIBUTIONS,
    ONE,
    PAIR_PARAMETERS,
    PAIRS,
    QUANTITIES,
    TRANSFORMS,
)

TORCH = json.loads((Path(__file__).parent / "torch.json").read_text())
TOLERANCE = 1e-6


def t(values: Any, grad: bool = False) -> pt.Tensor:
    return pt.tensor(values, dtype=pt.float64, requires_grad=grad)


def close(found: Any, expected: Any, what: str) -> None:
    array = np.asarray(found.detach().numpy() if hasattr(found, "detach") else found)
    wanted = np.asarray(expected, np.float64)
    assert array.shape == wanted.shape, what
    assert np.allclose(array, wanted, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True), (
        what, array, wanted)


def slopes_agree(value: Any, tensors: list[Any], expected: list[Any], what: str) -> None:
    if all(e is None for e in expected):
        return
    for x in tensors:
        x.grad = None
    value.sum().backward(retain_graph=True)
    for x, wanted in zip(tensors, expected, strict=True):
        if wanted is not None:
            found = pt.zeros_like(x) if x.grad is None else x.grad
            close(found, wanted, f"{what} slope")


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distributions(name: str) -> None:
    case, expected = DISTRIBUTIONS[name], TORCH["distributions"][name]
    parameters = [t(p, True) for p in case.parameters]
    made = case.make(D, *parameters)
    assert [list(made.batch_shape), list(made.event_shape)] == expected["shapes"]
    smooth = len(expected["log_prob.slopes"]) > len(parameters)
    value = t(case.value, smooth)
    log = made.log_prob(value)
    close(log, expected["log_prob"], "log_prob")
    slopes_agree(log, [*parameters, value] if smooth else parameters,
                 expected["log_prob.slopes"], "log_prob")
    for what in QUANTITIES:
        if what in expected:
            found = getattr(made, what)
            close(found() if what == "entropy" else found, expected[what], what)
    if "entropy" in expected:
        slopes_agree(made.entropy(), parameters, expected["entropy.slopes"], "entropy")
    if "cdf" in expected:
        close(made.cdf(value), expected["cdf"], "cdf")
    if "icdf" in expected:
        close(made.icdf(pt.full(made.batch_shape, 0.3, dtype=pt.float64)), expected["icdf"], "icdf")


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_expanded_distributions(name: str) -> None:
    """A wider batch has the same densities, and samples of its shape."""
    case = DISTRIBUTIONS[name]
    made = case.make(D, *(t(p) for p in case.parameters))
    wide = made.expand((3, *made.batch_shape))
    assert (wide.batch_shape, wide.event_shape) == ((3, *made.batch_shape), made.event_shape)
    found = wide.log_prob(t(case.value)).numpy()
    for row in found:
        assert np.allclose(row, made.log_prob(t(case.value)).numpy(), rtol=1e-12, equal_nan=True)
    pt.manual_seed(0)
    drawn = wide.sample((2,))
    assert tuple(drawn.shape) == (2, *wide.batch_shape, *wide.event_shape)
    assert bool(wide.support.check(drawn).all())


@pytest.mark.parametrize("pair", PAIRS, ids=" ".join)
def test_divergences(pair: tuple[str, str]) -> None:
    value, slopes = TORCH["divergences"][" ".join(pair)]
    (a, b), (c, d) = ([t(x, True) for x in numbers] for numbers in PAIR_PARAMETERS)
    found = D.kl_divergence(ONE[pair[0]](D, a, b), ONE[pair[1]](D, c, d))
    close(found, value, "divergence")
    if np.isfinite(np.asarray(value)).all():
        slopes_agree(found, [a, b, c, d], slopes, "divergence")


def test_the_table_of_divergences_is_pytorchs() -> None:
    from pentad.distributions.kl import RULES

    assert len(TORCH["pairs"]) == 87
    assert set(TORCH["pairs"]) <= {f"{p.__name__} {q.__name__}" for p, q in RULES}
    assert set(TORCH["names"]) <= set(D.__all__)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms(name: str) -> None:
    make, x = TRANSFORMS[name]
    expected, transform, x = TORCH["transforms"][name], make(D), t(x)
    y = transform(x)
    close(y, expected["y"], "y")
    close(transform.inv(y), expected["x"], "inverse")
    assert transform.inv.inv is transform
    assert tuple(transform.forward_shape(x.shape)) == tuple(y.shape)
    assert tuple(transform.inverse_shape(y.shape)) == tuple(x.shape)
    if "log" in expected:
        close(transform.log_abs_det_jacobian(x, y), expected["log"], "jacobian")
        close(transform.inv.log_abs_det_jacobian(y, x), -np.asarray(expected["log"]), "inverse")
    else:
        with pytest.raises(NotImplementedError):
            transform.log_abs_det_jacobian(x, y)
    cached = transform.with_cache()
    y = cached(x)
    assert cached.inv(y) is x or name in ("inverse", "Compose") or "biject" in name
    assert cached == transform or name == "inverse"
    assert transform != D.AbsTransform()


@pytest.mark.parametrize("make", [
    lambda a: D.Poisson(a * 40).sample((5,)), lambda a: D.Binomial(7, a / 3).sample((5,)),
    lambda a: D.Multinomial(4, a).entropy(), lambda a: D.NegativeBinomial(a, a / 3).sample((5,)),
])
def test_compiled_counts(make: Any) -> None:
    """Loops whose length depends on values are native loops, with the same random numbers."""
    a = t([0.7, 2.5])
    pt.manual_seed(1)
    expected = make(a)
    pt.manual_seed(1)
    assert np.allclose(pt.compile(make)(a).numpy(), expected.numpy(), rtol=1e-12)


@pytest.mark.parametrize("name", [
    "ContinuousBernoulli", "Kumaraswamy", "LowRankMultivariateNormal", "LogisticNormal",
    "InverseGamma", "GeneralizedPareto",
])
def test_compiled_densities(name: str) -> None:
    """Compiled, value and gradients are those of eager mode."""
    case, expected = DISTRIBUTIONS[name], TORCH["distributions"][name]
    value = t(case.value)

    def loss(*parameters: Any) -> Any:
        return case.make(D, *parameters).log_prob(value)

    parameters = [t(p, True) for p in case.parameters]
    found = pt.compile(loss)(*parameters)
    close(found, expected["log_prob"], "log_prob")
    slopes_agree(found, parameters, expected["log_prob.slopes"][: len(parameters)], "log_prob")

"""Random numbers: shapes, ranges, seeds; what is dropped."""

from __future__ import annotations

import numpy as np

from tests.frontends.torch.values import drawn, refused, same, table, torch

calls = table()
M, T = "torch", "torch.Tensor"


def halves():
    return torch.full((40, 50), 0.5)


calls(M, "rand", lambda f: drawn(lambda: f(40, 50), 0, 1))
calls(M, "randn", lambda f: drawn(lambda: f(40, 50)))
calls(M, "normal", lambda f: drawn(lambda: f(0.0, 1.0, (40, 50))))
calls(M, "randint", lambda f: drawn(lambda: f(2, 7, (40, 50)), 2, 6))
calls(M, "rand_like randn_like", lambda f: drawn(lambda: f(halves())))
calls(M, "randint_like", lambda f: drawn(lambda: f(halves(), 2, 7), 2, 6))
calls(M, "randperm", lambda f: same(f(50).sort()[0], np.arange(50)))
calls(M, "bernoulli", lambda f: drawn(lambda: f(halves()), 0, 1))
calls(M, "poisson", lambda f: drawn(lambda: f(halves() * 8), 0, 40)
      and refused(lambda: f(-halves())))
calls(M, "binomial", lambda f: drawn(lambda: f(halves() * 8, halves()), 0, 4)
      and refused(lambda: f(halves(), halves() * 4)))
calls(T, "bernoulli", lambda f: drawn(lambda: f(halves()), 0, 1))
calls(T, "uniform_ bernoulli_", lambda f: drawn(lambda: f(halves()), 0, 1))
calls(T, "normal_ cauchy_", lambda f: drawn(lambda: f(halves())))
calls(T, "exponential_ log_normal_", lambda f: drawn(lambda: f(halves()), 0))
calls(T, "geometric_", lambda f: drawn(lambda: f(halves(), 0.3), 1))
calls(T, "random_", lambda f: drawn(lambda: f(halves(), 9), 0, 8))
calls(M, "rrelu", lambda f: drawn(lambda: f(-halves(), 0.1, 0.3, True), -0.15, -0.05))
calls("torch.nn.functional", "gumbel_softmax", lambda f: drawn(lambda: f(halves()), 0, 1))
calls(M, "dropout feature_dropout alpha_dropout feature_alpha_dropout",
      lambda f: drawn(lambda: f(halves(), 0.5, True)))
calls("torch.nn.functional", "dropout alpha_dropout feature_alpha_dropout dropout1d",
      lambda f: drawn(lambda: f(halves(), 0.5, True)))
calls("torch.nn.functional", "dropout2d dropout3d", lambda f: drawn(
    lambda: f(halves()[:, :, None, None], 0.5, True), shape=(40, 50, 1, 1)))


@calls(M, "manual_seed")
def manual_seed(f):
    f(7)
    first = torch.rand(3).tolist()
    f(7)
    assert torch.rand(3).tolist() == first


calls(M, "seed", lambda f: f() == torch.initial_seed())
calls(M, "initial_seed", lambda f: torch.manual_seed(11) and f() == 11)


@calls(M, "get_rng_state")
def state(f):
    before = f()
    first = torch.rand(3).tolist()
    torch.set_rng_state(before)
    assert torch.rand(3).tolist() == first


calls(M, "set_rng_state", lambda f: f(torch.get_rng_state()) is None)


@calls(M, "Generator")
def generator(f):
    stream = f(device="cpu").manual_seed(3)
    first = torch.rand(4, generator=stream)
    assert stream.initial_seed() == 3
    assert (torch.rand(4, generator=stream.manual_seed(3)) == first).all()

"""Compiled functions whose sizes vary: one set of kernels serves them all."""

from __future__ import annotations

import pytest

import pentad as pt
from pentad import nn, optim
from pentad.tensor.capture import compile as capture


def images(n: int) -> tuple[pt.Tensor, pt.Tensor]:
    generator = pt.Generator().manual_seed(n)
    x = pt.randn(n, 1, 12, 12, generator=generator)
    return x, pt.randint(0, 10, (n,), generator=generator)


def training_step(seed: int = 0, plain: bool = False):
    pt.manual_seed(seed)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3),
        nn.ReLU(), nn.Flatten(), nn.Linear(144, 10),
    )  # fmt: skip
    optimizer = (
        optim.SGD(model.parameters(), lr=0.1) if plain
        else optim.Adam(model.parameters(), lr=1e-3)
    )  # fmt: skip

    def step(x, y):
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return model, step


def test_other_batch_sizes_need_no_other_machine_code():
    _, step = training_step()
    step = pt.compile(step)
    for n in (4, 5):
        step(*images(n))
    assert step.compiles <= 2
    before = step.compiles
    for n in (6, 7, 9, 11, 13, 6):
        step(*images(n))
    assert (step.traces, step.compiles, step.executables) == (2, before, 7)


def test_no_batch_of_a_training_step_needs_choices_of_its_own():
    """Sizes from which products were packed or sums cut, and that equal another one (8, 10, 16);
    the numbers are those of kernels that know their sizes."""
    model, step = training_step(plain=True)
    step = pt.compile(step)
    for n in (3, 4):
        step(*images(n))
    before = step.compiles
    sizes, states = (2, 8, 10, 16, 65, 256, 19, 170), []
    for n in sizes:
        states.append({k: v.clone() for k, v in model.state_dict().items()})
        step(*images(n))
    assert (step.traces, step.compiles) == (2, before)
    states.append(model.state_dict())
    for i in (-1, -2):
        model, other = training_step(plain=True)
        model.load_state_dict(states[i - 1])
        pt.compile(other)(*images(sizes[i]))
        for name, value in model.state_dict().items():
            assert value.tolist() == states[i][name].tolist(), (sizes[i], name)


def test_kernels_for_all_sizes_compute_what_kernels_for_one_size_compute():
    """The same sizes once as the first that a function sees, and once after others."""
    results = []
    for first in ((), (3, 4)):
        model, step = training_step(seed=1)
        start = {k: v.clone() for k, v in model.state_dict().items()}
        step = pt.compile(pt.no_grad()(model.eval().forward))
        for n in first:
            step(images(n)[0])
        model.load_state_dict(start)
        results.append(step(images(23)[0]))
    assert results[0].tolist() == results[1].tolist()


def test_a_size_that_stays_gets_kernels_of_its_own_and_the_same_numbers(monkeypatch):
    monkeypatch.setattr(capture, "_OFTEN", 5)
    pt.manual_seed(0)
    w = pt.randn(33, 17)
    f = pt.compile(lambda x: ((x @ w).tanh() * 2).softmax(-1).sum(0))
    for n in (6, 7):
        f(pt.ones(n, 33))
    x = pt.randn(19, 33)
    results = [f(x).tolist() for _ in range(4)]
    (bound,) = [b for _, b in f._bound.values() if b.sizes and b.metas[0].shape[0] == 19]
    assert bound.general
    results += [f(x).tolist() for _ in range(6)]
    assert not bound.general
    assert all(r == results[0] for r in results)
    assert f.traces == 2


def test_sizes_in_turn_keep_the_common_kernels(monkeypatch):
    monkeypatch.setattr(capture, "_OFTEN", 3)
    f = pt.compile(lambda x: (x * 2).sum())
    for n in (6, 7, 8, 7, 8, 7, 8, 7, 8):
        f(pt.ones(n, 3))
    assert all(b.general for _, b in f._bound.values() if b.sizes)


@pytest.mark.parametrize("limit", ["_MANY", "_MANY_BYTES"])
def test_sizes_bound_first_are_forgotten(monkeypatch, limit):
    monkeypatch.setattr(capture, limit, 3 if limit == "_MANY" else 100_000)
    f = pt.compile(lambda x: (x.exp() @ x.T.exp()).sum())
    for n in range(40, 60):
        x = pt.full((n, 2), 0.5)
        assert f(x).item() == pytest.approx(2 * n * n * 2.718281828, rel=1e-5)
    assert len(f._bound) < 15
    assert f.traces == 2

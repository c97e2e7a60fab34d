"""Averages of weights: their formulas, their buffers, and the statistics of batch norms."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import nn, optim
from pentad.graph.errors import ArgumentError
from pentad.optim import swa_utils


def values_of(model):
    return np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])


def run(average, steps=4, **options):
    """(the averaged model, the weights at each step)."""
    pt.manual_seed(0)
    model = nn.Linear(2, 2)
    mean = swa_utils.AveragedModel(model, **options)
    seen = []
    for _ in range(steps):
        for p in model.parameters():
            p.data.copy_(pt.randn(p.shape))
        mean.update_parameters(model)
        seen.append(values_of(model))
    expected = seen[0]
    for count, new in enumerate(seen[1:], 1):
        expected = average(expected, new, count)
    np.testing.assert_allclose(values_of(mean), expected, rtol=1e-5, atol=1e-6)
    return mean


def ema(mean, new, count):
    return 0.8 * mean + 0.2 * new


@pytest.mark.parametrize(("average", "options"), [
    (lambda m, n, c: m + (n - m) / (c + 1), {}),
    (lambda m, n, c: m + (n - m) / (c + 1), {"multi_avg_fn": swa_utils.get_swa_multi_avg_fn()}),
    (lambda m, n, c: m + (n - m) / (c + 1), {"avg_fn": swa_utils.get_swa_avg_fn()}),
    (ema, {"avg_fn": swa_utils.get_ema_avg_fn(0.8)}),
    (ema, {"multi_avg_fn": swa_utils.get_ema_multi_avg_fn(0.8)}),
    (lambda m, n, c: n, {"avg_fn": lambda m, n, c: n}),
])
def test_averages(average, options):
    mean = run(average, **options)
    assert mean.n_averaged.item() == 4
    assert list(mean.state_dict()) == ["n_averaged", "module.weight", "module.bias"]
    assert mean(pt.ones(1, 2)).shape == (1, 2)


@pytest.mark.parametrize(("use", "expected"), [(False, 3.0), (True, 2.0)])
def test_buffers_are_copied_or_averaged(use, expected):
    model = nn.BatchNorm1d(1)
    mean = swa_utils.AveragedModel(model, use_buffers=use)
    for value in (1.0, 3.0):
        model.running_mean.fill_(value)
        mean.update_parameters(model)
    assert mean.module.running_mean.item() == expected


def test_the_statistics_of_batch_norms_are_those_of_all_batches():
    model = nn.Sequential(nn.BatchNorm1d(2, momentum=0.3), nn.InstanceNorm1d(2))
    model[0].running_mean.fill_(9.0)
    model.eval()
    batches = [pt.tensor([[0.0, 2.0], [2.0, 2.0]]), pt.tensor([[4.0, 0.0], [6.0, 0.0]])]
    swa_utils.update_bn([(b, "label") for b in batches], nn.Sequential(model[0]))
    assert model[0].running_mean.tolist() == [3.0, 1.0]
    assert model[0].momentum == 0.3
    assert not model.training
    swa_utils.update_bn([], nn.Linear(1, 1))


def test_wrong_arguments():
    o = optim.SGD([nn.Parameter(pt.ones(1))], 0.1)
    for call in (lambda: swa_utils.get_ema_avg_fn(1.5),
                 lambda: swa_utils.AveragedModel(nn.ReLU(), avg_fn=ema, multi_avg_fn=ema),
                 lambda: swa_utils.SWALR(o, 0.1, anneal_strategy="step"),
                 lambda: swa_utils.SWALR(o, [0.1, 0.2])):
        with pytest.raises(ArgumentError, match="expected"):
            call()

"""Compiled functions keep what they compute of captured tensors alone, until one is written to."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

import pentad as pt
from pentad import nn
from pentad.runtime.memory import Loan, allocate, may_change_unseen
from pentad.schedule.spec import PackKernel


def model():
    pt.manual_seed(0)
    layers = [nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 8, 1)]
    return nn.Sequential(*layers).eval()


@pytest.fixture
def pair():
    net = model()
    compiled = pt.compile(lambda x: net(x))
    x = pt.randn(2, 3, 9, 9)

    def agree():
        with pt.no_grad():
            np.testing.assert_allclose(compiled(x).numpy(), net(x).numpy(), rtol=1e-5, atol=1e-5)

    with pt.no_grad():
        agree()
    return net, compiled, agree


def program_of(compiled):
    [[_, bound, *_]] = compiled._bound.values()
    return bound.native.executable.program


def test_weights_are_packed_in_the_prologue(pair):
    _, compiled, _ = pair
    program = program_of(compiled)
    stages = [getattr(s.spec, "stage", "") for s in program.prologue]
    assert stages.count("pack_kernel") == 2
    assert not any(getattr(s.spec, "stage", "") == "pack_kernel" for s in program.steps)


@pytest.mark.parametrize("batch", [2, 32, 300])
def test_weights_of_linear_layers_are_packed_in_the_prologue(batch):
    net = nn.Sequential(nn.Linear(640, 512), nn.ReLU(), nn.Linear(512, 10)).eval()
    compiled = pt.compile(pt.inference_mode()(lambda x: net(x)))
    x = pt.randn(batch, 640)
    with pt.no_grad():
        assert (compiled(x) - net(x)).abs().max().item() < 1e-5
    program = program_of(compiled)
    packed = [s for s in program.prologue if isinstance(s.spec, PackKernel)]
    assert len(packed) == 2
    assert not any(isinstance(s.spec, PackKernel) for s in program.steps)


def test_what_is_kept_shares_no_memory(pair):
    program = program_of(pair[1])
    kept = [b for s in program.prologue for b in s.buffers if b.place == "arena"]
    rest = [b for s in program.steps for b in s.buffers if b.place == "arena" and b not in kept]
    assert kept
    assert rest
    for a in kept:
        for b in rest:
            assert a.index + a.nbytes <= b.index or b.index + b.nbytes <= a.index


def test_writes_through_a_view_that_is_gone_are_seen(pair):
    net, _, agree = pair
    for value in (0.25, 0.5):
        np.copyto(net[0].weight.detach().numpy(), value)
        agree()
        agree()


def test_writes_in_place_are_seen(pair):
    net, _, agree = pair
    with pt.no_grad():
        net[0].weight.mul_(1.5)
        agree()
        net[1].running_var.add_(1)
        agree()
    net.load_state_dict({k: v * 2 for k, v in net.state_dict().items()})
    agree()


def test_writes_of_compiled_functions_are_seen(pair):
    net, _, agree = pair

    @pt.compile
    def halve():
        with pt.no_grad():
            net[3].weight.mul_(0.5)

    for _ in range(2):
        halve()
        agree()


def test_writes_of_optimisers_are_seen(pair):
    net, _, agree = pair
    optimiser = pt.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(2):
        net(pt.randn(1, 3, 9, 9)).square().mean().backward()
        optimiser.step()
        agree()


def test_writes_through_numpy_are_seen(pair):
    net, _, agree = pair
    array = net[0].weight.detach().numpy()[1:]
    for value in (3, -1):
        array[...] = value
        agree()
    part = array[0]
    del array
    part[...] = 0.5
    agree()
    storage = net[0].weight.storage
    assert may_change_unseen(storage)
    del part
    assert not may_change_unseen(storage)


def test_writes_through_dlpack_are_seen(pair):
    net, _, agree = pair
    array = np.from_dlpack(net[3].weight.detach())
    address = array.ctypes.data
    del array
    lent = pt.from_dlpack(net[3].weight.detach())
    for value in (2, 3):
        lent.fill_(value)
        agree()
    assert address == net[3].weight.data_ptr()


def test_writes_to_an_address_are_seen(pair):
    net, _, agree = pair
    values = (ctypes.c_float * 4).from_address(net[3].weight.data_ptr())
    for value in (2.0, 3.0):
        values[0] = value
        agree()


def test_a_training_step_keeps_nothing_of_what_it_writes():
    net = model().train()
    optimiser = pt.optim.SGD(net.parameters(), lr=0.1)

    @pt.compile
    def step(x):
        optimiser.zero_grad()
        loss = net(x).square().mean()
        loss.backward()
        optimiser.step()
        return loss

    losses = [step(pt.ones(2, 3, 9, 9)).item() for _ in range(4)]
    assert losses == sorted(losses, reverse=True)
    stages = [getattr(s.spec, "stage", "") for s in program_of(step).prologue]
    assert "pack_kernel" not in stages


def test_loans_end_with_the_borrower():
    storage = allocate(64)
    assert not may_change_unseen(storage)
    loan = Loan(storage)
    assert may_change_unseen(storage)
    del loan
    assert not may_change_unseen(storage)

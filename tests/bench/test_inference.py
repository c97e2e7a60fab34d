"""Builders of inference: every setting of Pentad gives the network's own numbers."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

import pentad
from bench import models, training
from bench.inference import Inference, Stepwise
from bench.peers import PEERS, Torch
from bench.programs import optional
from bench.workloads import select

OURS = [p for p in PEERS if p.family.startswith("pentad")]
GPT = {"vocabulary": 11, "positions": 4, "width": 8, "layers": 2, "heads": 2, "causal": True}


def results(peer, network, data, count):
    program = network.programs()["torch"](peer, data)
    return [program.read(program.step()) for _ in range(count)]


@pytest.mark.parametrize("peer", OURS, ids=lambda p: p.name)
def test_a_network_is_evaluated_with_the_weights_of_the_data(peer):
    network = Inference(partial(models.perceptron, sizes=(5, 4, 3)), None)
    x = np.random.default_rng(1).standard_normal((2, 5)).astype(np.float32)
    data = network.data(np.random.default_rng(0), x=x)
    w = training.initial(data)
    wanted = np.maximum(x @ w["0.weight"].T + w["0.bias"], 0) @ w["2.weight"].T + w["2.bias"]
    np.testing.assert_allclose(results(peer, network, data, 2), [wanted.ravel()] * 2, rtol=1e-5)


@pytest.mark.parametrize("peer", OURS, ids=lambda p: p.name)
def test_steps_take_turns_and_go_on_with_the_state(peer):
    cache = np.zeros((1, 2, 4, 4), np.float32)
    decoding = Stepwise(
        partial(models.transformer, **GPT), None, in_place=True,
        call=lambda model, *inputs: model.decode(*inputs),
    )  # fmt: skip
    token = np.random.default_rng(3).integers(0, 11, (4, 1, 1))
    data = decoding.data(
        np.random.default_rng(0), token=token, position=np.arange(4)[:, None],
        **{f"state:{i}": cache for i in range(4)},
    )  # fmt: skip
    model = training.loaded(peer, decoding.model, data)
    whole = model(pentad.tensor(token[:, :, 0].T)).detach().numpy()[0]
    found = results(peer, decoding, data, 8)  # twice round: the cache is written over
    np.testing.assert_allclose(found, [*whole, *whole], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("peer", OURS, ids=lambda p: p.name)
def test_a_state_that_is_a_result_goes_on_too(peer):
    network = Stepwise(
        partial(models.characters, vocabulary=7, width=4, layers=2), None,
        call=lambda model, *inputs: model(*inputs),
    )  # fmt: skip
    token = np.random.default_rng(3).integers(0, 7, (3, 1, 1))
    zeros = np.zeros((2, 1, 4), np.float32)
    state = {"state:h": zeros, "state:c": zeros}
    data = network.data(np.random.default_rng(0), token=token, **state)
    model = training.loaded(peer, network.model, data)
    whole = model(pentad.tensor(token[:, :, 0].T)).detach().numpy()[0]
    np.testing.assert_allclose(results(peer, network, data, 3), whole, rtol=1e-4, atol=1e-6)


def test_freezing_is_for_inference():
    frozen = Torch("torch.compile", "freezing", compiled=True, freezing=True)
    assert not optional(frozen, inference=True)
    assert optional(frozen)
    assert optional(frozen, optimiser=True)


def test_the_groups_hold_the_rows_that_people_run():
    assert [w.name.split()[0] for w in select(("training steps",))] == [
        "mlp", "mlp", "lenet", "resnet18", "lstm", "gpt", "vae",
    ]  # fmt: skip
    assert [w.name for w in select(("inference",))] == [
        "mlp batch 1", "mlp batch 32", "mlp batch 256", "lenet batch 1", "lenet batch 64",
        "resnet18 batch 1", "resnet18 batch 8", "resnet50 batch 1", "resnet50 batch 8",
        "mobilenetv2 batch 1", "bert batch 1", "bert batch 8", "gpt decoding, one token",
        "lstm batch 1, one step",
    ]  # fmt: skip

"""The networks that are measured: their sizes as published, and their numbers, in small."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

import pentad
from bench import models, training
from bench.training import Training
from bench.workloads.steps import WORKLOADS

GPT = {"vocabulary": 11, "positions": 6, "width": 8, "layers": 2, "heads": 2, "causal": True}


def ready(model, seed=0):
    """The model with drawn weights, and these."""
    weights = models.drawn(model, np.random.default_rng(seed))
    model.load_state_dict({k: pentad.tensor(v) for k, v in weights.items()})
    return model, weights


def drawn(*shape):
    return np.random.default_rng(1).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize(("make", "parameters"), [
    (partial(models.resnet, depths=models.RESNET18, classes=1000), 11_689_512),
    (partial(models.resnet, depths=models.RESNET50, classes=1000, bottleneck=True), 25_557_032),
    (partial(models.mobilenet, classes=1000), 3_504_872),
    (models.lenet, 61_706),
])
def test_networks_have_the_published_number_of_parameters(make, parameters):
    assert sum(p.numel() for p in make(pentad).parameters()) == parameters


def test_a_perceptron_against_numpy():
    model, w = ready(models.perceptron(pentad, (5, 4, 3)))
    x = drawn(2, 5)
    hidden = np.maximum(x @ w["0.weight"].T + w["0.bias"], 0)
    found = model(pentad.tensor(x)).detach().numpy()
    np.testing.assert_allclose(found, hidden @ w["2.weight"].T + w["2.bias"], rtol=1e-5)


def test_an_autoencoder_against_numpy():
    model, w = ready(models.autoencoder(pentad, 6, 5, 2))
    x, noise = drawn(3, 6), drawn(3, 2)
    dense = lambda name, x: x @ w[f"{name}.weight"].T + w[f"{name}.bias"]  # noqa: E731
    h = np.maximum(dense("inner", x), 0)
    mean, logvar = dense("mean", h), dense("logvar", h)
    z = mean + noise * np.exp(logvar / 2)
    wanted = dense("outer", np.maximum(dense("expand", z), 0)), mean, logvar
    for found, want in zip(model(pentad.tensor(x), pentad.tensor(noise)), wanted, strict=True):
        np.testing.assert_allclose(found.detach().numpy(), want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("bottleneck", [False, True])
def test_residual_networks_take_images_of_both_stems(bottleneck):
    for small, size in ((True, 8), (False, 32)):
        model = models.resnet(pentad, (1, 1, 1, 1), 3, bottleneck=bottleneck, small=small)
        with pentad.no_grad():
            assert model.eval()(pentad.zeros(2, 3, size, size)).shape == (2, 3)


def test_an_inverted_residual_network_against_its_parts():
    stages = ((1, 16, 1, 1), (2, 16, 2, 1))
    model, _ = ready(models.mobilenet(pentad, 3, stages))
    x = pentad.tensor(drawn(1, 3, 8, 8))
    relu6 = pentad.nn.functional.relu6
    with pentad.no_grad():
        y = relu6(model.eval().stem(x))
        y = model.blocks[0].project(relu6(model.blocks[0].depthwise(y)))
        for block in model.blocks[1:]:
            y = y + block.project(relu6(block.depthwise(relu6(block.expand(y)))))
        wanted = model.head(relu6(model.last(y)).mean((2, 3)))
        np.testing.assert_allclose(model(x).numpy(), wanted.numpy(), rtol=1e-4, atol=1e-5)


def test_an_lstm_by_steps_gives_what_the_whole_sequence_gives():
    model, _ = ready(models.characters(pentad, vocabulary=7, width=4, layers=2))
    tokens = pentad.tensor(np.random.default_rng(2).integers(0, 7, (1, 5)))
    with pentad.no_grad():
        whole = model(tokens).numpy()
        state = [pentad.zeros(2, 1, 4) for _ in range(2)]
        for t in range(5):
            logits, *state = model(tokens[:, t : t + 1], *state)
            np.testing.assert_allclose(logits.numpy()[:, 0], whole[:, t], rtol=1e-4, atol=1e-6)


def test_decoding_with_a_cache_gives_what_the_whole_sequence_gives():
    model, _ = ready(models.transformer(pentad, **GPT))
    tokens = pentad.tensor(np.random.default_rng(3).integers(0, 11, (1, 6)))
    caches = [pentad.zeros(1, 2, 6, 4) for _ in range(4)]
    with pentad.no_grad():
        whole = model(tokens).numpy()
        for t in range(6):
            logits = model.decode(tokens[:, t : t + 1], pentad.tensor([t]), *caches)
            np.testing.assert_allclose(logits.numpy()[:, 0], whole[:, t], rtol=1e-4, atol=1e-5)


def test_a_causal_transformer_does_not_look_ahead():
    model, _ = ready(models.transformer(pentad, **GPT))
    tokens = np.random.default_rng(3).integers(0, 11, (1, 6))
    with pentad.no_grad():
        one = model(pentad.tensor(tokens)).numpy()
        tokens[0, -1] = (tokens[0, -1] + 1) % 11
        two = model(pentad.tensor(tokens)).numpy()
    np.testing.assert_array_equal(one[:, :-1], two[:, :-1])
    assert (one[:, -1] != two[:, -1]).any()


def test_weights_are_drawn_alike_and_none_is_trivial():
    model = models.resnet(pentad, (1, 1, 1, 1), 3, small=True)
    one, two = (models.drawn(model, np.random.default_rng(5)) for _ in range(2))
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name])
        if not name.endswith("num_batches_tracked"):
            assert array.dtype == np.float32
            assert ((array != 0) & (array != 1)).all(), name


@pytest.mark.parametrize("name", [
    "mlp 500-50-500 SGD", "mlp 784-512-512-10 Adam", "lenet Adam", "vae Adam",
])
def test_one_update_changes_the_loss_by_more_than_the_tolerance(name):
    """Otherwise the comparison of losses would not see a missing update."""
    from bench.peers import PEERS

    [workload] = [w for w in WORKLOADS if w.name == name]
    peer = next(p for p in PEERS if p.name == "pentad eager")
    program = workload.programs["torch"](peer, workload.data(np.random.default_rng(0)))
    losses = [float(program.read(program.step())[0]) for _ in range(workload.checks)]
    changes = np.abs(np.diff(losses))
    assert (changes > 5 * workload.tolerance * max(losses)).all(), losses


def test_data_hold_inputs_and_weights():
    step = Training(
        model=partial(models.perceptron, sizes=(3, 2)), loss=None, optimiser="SGD", rate=0.1,
        jax_loss=None,
    )  # fmt: skip
    data = step.data(np.random.default_rng(0), x=drawn(4, 3))
    assert [a.shape for a in training.arguments(data)] == [(4, 3)]
    assert sorted(training.initial(data)) == ["0.bias", "0.weight"]

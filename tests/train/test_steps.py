"""Accumulation, clipping, mixed precision, moving averages."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pentad as pt
from pentad import nn, optim, train
from pentad.data import DataLoader
from pentad.graph.errors import ArgumentError
from tests.train.runs import Interrupt, sets


def network(seed=0):
    pt.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))


def weights(model):
    return {k: v.numpy().copy() for k, v in model.state_dict().items()}


def close(a, b, rtol=1e-4, atol=1e-6):
    for name in a:
        np.testing.assert_allclose(a[name], b[name], rtol=rtol, atol=atol, err_msg=name)


def fitted(epochs=1, batch=10, model=None, lr=0.05, **options):
    model = model or network()
    optimizer = optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    history = train.fit(model, DataLoader(sets(), batch), nn.CrossEntropyLoss(), optimizer, epochs,
                        **options)
    return weights(model), history


@pytest.mark.parametrize("compile", [True, False])
def test_accumulated_batches_are_one_large_batch(compile):
    whole, history = fitted(2, batch=24, compile=compile)  # 24, 24, 2
    parts, other = fitted(2, batch=8, accumulate=3, compile=compile)  # 8 8 8, 8 8 8, 2
    close(whole, parts)
    assert math.isclose(history["loss"][-1], other["loss"][-1], rel_tol=0.3)


def test_unequal_batches_weigh_by_their_samples():
    x, y = sets().tensors
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    cut = [(x[:3], y[:3]), (x[3:10], y[3:10]), (x[10:12], y[10:12])]
    train.fit(model, cut, nn.CrossEntropyLoss(), optimizer, accumulate=3, compile=False)
    other = network()
    optimizer = optim.SGD(other.parameters(), lr=0.5)
    train.fit(other, [(x[:12], y[:12])], nn.CrossEntropyLoss(), optimizer, compile=False)
    close(weights(model), weights(other))


def test_a_parameter_without_a_gradient_stays_without_one():
    class Partly(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.spare = nn.Linear(6, 3), nn.Linear(6, 3)

        def forward(self, x):
            return self.used(x)

    pt.manual_seed(0)
    model = Partly()
    before = weights(model)
    optimizer = optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.5)
    train.fit(model, DataLoader(sets(), 10), nn.CrossEntropyLoss(), optimizer, accumulate=2)
    after = weights(model)
    np.testing.assert_array_equal(before["spare.weight"], after["spare.weight"])
    assert not np.array_equal(before["used.weight"], after["used.weight"])


def test_a_scheduler_by_step_follows_updates():
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    train.fit(model, DataLoader(sets(), 10), nn.CrossEntropyLoss(), optimizer, accumulate=2,
              scheduler=scheduler, scheduler_every="step", compile=False)
    assert optimizer.param_groups[0]["lr"] == 0.5**3  # 5 batches: 2, 2, 1


def test_clipping():
    x, y = sets().tensors
    model = network()
    before = weights(model)
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    train.fit(model, [(x, y)], nn.CrossEntropyLoss(), optimizer, clip_norm=1e-3, compile=False)
    moved = [(weights(model)[k] - v).ravel() for k, v in before.items()]
    assert math.isclose(np.linalg.norm(np.concatenate(moved)), 1e-3, rel_tol=1e-2)
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    train.fit(model, [(x, y)], nn.CrossEntropyLoss(), optimizer, clip_value=1e-4, compile=False)
    moved = [np.abs(weights(model)[k] - v).max() for k, v in before.items()]
    assert math.isclose(max(moved), 1e-4, rel_tol=1e-2)


@pytest.mark.parametrize("precision", ["bfloat16", "float16", pt.float16])
def test_mixed_precision_trains_like_single_precision(precision):
    single, history = fitted(3)
    mixed, other = fitted(3, precision=precision)
    assert not all(np.array_equal(single[k], mixed[k]) for k in single)
    close(single, mixed, rtol=0.2, atol=0.05)
    assert math.isclose(history["loss"][-1], other["loss"][-1], rel_tol=0.05)


def test_float16_skips_steps_that_overflow():
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    x, y = sets().tensors
    before = weights(model)
    train.fit(model, [(x * 3e5, y)], lambda o, t: nn.functional.cross_entropy(o.float(), t),
              optimizer, precision="float16")
    close(before, weights(model), rtol=0, atol=0)


class Spoilt(train.Callback):
    """Makes the gradients of some steps overflow, by the loss that it is."""

    def __init__(self, bad):
        self.bad, self.seen = set(bad), []
        self.factor = pt.ones(())

    def __call__(self, output, target):
        return nn.functional.cross_entropy(output.float(), target) * self.factor

    def aim(self, step):
        with pt.no_grad():
            self.factor.fill_(math.inf if step in self.bad else 1.0)

    def on_start(self, run):
        self.aim(run.step_count)

    def on_step(self, run, loss):
        average = run.step.average
        self.seen.append((run.updates, average.updates, [t.tolist() for t in average.averages]))
        self.aim(run.step_count)


@pytest.mark.parametrize("compile", [True, False])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_skipped_steps_are_no_updates(compile, accumulate):
    spoilt = Spoilt({2, 3})
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    train.fit(model, DataLoader(sets(), 5), spoilt, optimizer, 1, precision="float16", ema=0.9,
              accumulate=accumulate, scheduler=scheduler, scheduler_every="step",
              compile=compile, callbacks=[spoilt])
    made = [8, 4][accumulate - 1]   # of ten, of five
    assert spoilt.seen[-1][:2] == (made, made)
    assert optimizer.param_groups[0]["lr"] == 0.5 * 0.5**made
    assert spoilt.seen[1][2] == spoilt.seen[2][2] == spoilt.seen[3][2]
    averages = [seen[2] for seen in spoilt.seen]
    assert len({str(a) for a in averages}) == made + (accumulate > 1)


def average_of(model, decay, steps):
    """The moving average as its formula says, step by step."""
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    average = weights(model)
    loader = DataLoader(sets(), 10)
    count = 0
    for _ in range(steps):
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
            d = min(decay, (1 + count) / (10 + count))
            average = {k: a + (1 - d) * (weights(model)[k] - a) for k, a in average.items()}
            count += 1
    return average


@pytest.mark.parametrize("compile", [True, False])
def test_the_model_ends_with_the_moving_average(compile):
    expected = average_of(network(), 0.7, 2)
    found, _ = fitted(2, ema=0.7, compile=compile)
    close(expected, found)


def test_validation_sees_the_moving_average():
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.05)
    checks = DataLoader(sets(), 25)
    history = train.fit(model, DataLoader(sets(), 10), nn.CrossEntropyLoss(), optimizer, 2, ema=0.9,
                        validation=checks)
    now = train.evaluate(model, checks, nn.CrossEntropyLoss())
    assert now["loss"] == history["val_loss"][-1]


ALL = {"accumulate": 3, "clip_norm": 1.0, "clip_value": 0.5, "ema": 0.9,
       "metrics": ["accuracy", "f1", "roc_auc", "confusion_matrix"]}


@pytest.mark.parametrize("precision", [None, "float16"])
@pytest.mark.parametrize("steps", [4, 9, 11])
def test_all_of_it_is_resumed_to_the_same_bits(tmp_path, precision, steps):
    def run(path=None, callbacks=()):
        pt.manual_seed(0)
        model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2),
                              nn.Linear(8, 3))
        optimizer = optim.Adam(model.parameters(), lr=0.02)
        history = train.fit(
            model, DataLoader(sets(), 6, shuffle=True), nn.CrossEntropyLoss(),
            optimizer, 2, checkpoint=path, checkpoint_steps=1, callbacks=list(callbacks),
            precision=precision, validation=DataLoader(sets(), 25),
            scheduler=optim.lr_scheduler.OneCycleLR(optimizer, 0.05, total_steps=12),
            scheduler_every="step", **ALL)
        return weights(model), history, optimizer.state_dict()

    def interrupt():
        raise KeyboardInterrupt

    whole, history, state = run()
    path = tmp_path / "last.safetensors"
    with pytest.raises(KeyboardInterrupt):
        run(path, [Interrupt(steps, interrupt)])
    found, resumed, other = run(path, [Interrupt(-1, interrupt)])
    close(whole, found, rtol=0, atol=0)
    for a, b in zip(history, resumed, strict=True):
        assert {**a, "seconds": 0} == {**b, "seconds": 0}
    assert state["state"][0]["step"] == other["state"][0]["step"]


class Noting(optim.lr_scheduler.ReduceLROnPlateau):
    """Keeps what it was told, in its state too."""

    def step(self, metrics, epoch=None):
        self.told = [*self.__dict__.get("told", []), metrics]
        super().step(metrics, epoch)


def test_a_plateau_by_step_is_resumed_after_the_last_batch_to_the_same_bits(tmp_path):
    """The update that is left at the end of an epoch is judged by the last loss."""
    def run(path=None, callbacks=()):
        model = network()
        optimizer = optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
        schedule = Noting(optimizer, patience=0)
        train.fit(model, DataLoader(sets(), 10), nn.CrossEntropyLoss(), optimizer, 2,
                  accumulate=2, scheduler=schedule, scheduler_every="step", checkpoint=path,
                  checkpoint_steps=1, callbacks=list(callbacks))
        return weights(model), schedule.state_dict()

    class Killed(train.Callback):
        def on_step(self, run, loss):
            if run.batch == 5 and not run.epoch:
                run.save()
                raise KeyboardInterrupt

    whole, state = run()
    path = tmp_path / "last.safetensors"
    with pytest.raises(KeyboardInterrupt):
        run(path, [Killed()])
    assert train.load_checkpoint(path).notes["step"]["gathered"] == 1
    found, other = run(path, [train.Callback()])
    assert len(state["told"]) == 6
    assert other == state
    close(whole, found, rtol=0, atol=0)


def test_a_checkpoint_of_another_way_of_training_is_refused(tmp_path):
    path = tmp_path / "last.safetensors"
    fitted(1, checkpoint=path, ema=0.9)
    before = path.read_bytes()
    for options in ({}, {"ema": 0.9, "precision": "float16"}, {"ema": 0.8},
                    {"ema": 0.9, "precision": "bfloat16"}, {"ema": 0.9, "accumulate": 2},
                    {"ema": 0.9, "clip_norm": 1.0}, {"ema": 0.9, "clip_value": 1.0}):
        with pytest.raises(ArgumentError, match="another way") as caught:
            fitted(2, checkpoint=path, **options)
        name, value = list(options.items())[-1] if options else ("ema", None)
        assert f"got:      {name}={value!r}" in str(caught.value)
    assert path.read_bytes() == before
    with pytest.raises(ArgumentError, match="other metrics"):
        fitted(2, checkpoint=path, ema=0.9, metrics=["accuracy"])


@pytest.mark.parametrize("options", [
    {"accumulate": 0}, {"clip_norm": 0.0}, {"clip_value": -1.0}, {"precision": "float8"},
    {"ema": 1.0}, {"ema": -0.1}])
def test_options_out_of_range(options):
    with pytest.raises(ArgumentError):
        fitted(**options)


def test_predict():
    model = network()
    x, y = sets().tensors
    expected = model(x).detach().numpy()
    for data, options in ((DataLoader(sets(), 16), {}), ([x[:20], x[20:]], {}),
                          ([(x,)], {"has_target": False})):
        found = train.predict(model, data, **options)
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5, atol=1e-6)
    assert model.training

    class Two(nn.Module):
        def forward(self, a):
            return {"sum": a.sum(1), "twice": (a * 2, a)}

    found = train.predict(Two(), [(x[:20], y), (x[20:], y)], compile=False)
    np.testing.assert_array_equal(found["twice"][0].numpy(), (x * 2).numpy())
    with pytest.raises(pt.DataError, match="predict: the data gave no batch"):
        train.predict(model, [])


class Scaled(nn.Module):
    """A loss with a parameter of its own."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(pt.ones(()))

    def forward(self, output, target):
        return nn.functional.cross_entropy(output * self.scale, target)


def test_parameters_of_the_loss_are_accumulated_for_too():
    scales = []
    for batch, accumulate in ((20, 1), (10, 2)):
        model, loss = network(), Scaled()
        optimizer = optim.SGD([*model.parameters(), loss.scale], lr=0.05)
        train.fit(model, DataLoader(sets(), batch), loss, optimizer, 1, accumulate=accumulate,
                  compile=False)
        scales.append(loss.scale.item())
    assert scales[0] != 1
    assert scales[0] == pytest.approx(scales[1], rel=1e-5)


@pytest.mark.parametrize("compile", [True, False])
def test_what_is_not_updated_does_not_count_in_the_norm(compile):
    """Only the last layer is trained: the gradients of the first would only add up."""
    found = []
    for frozen in (True, False):
        model = network()
        model[0].requires_grad_(not frozen)
        train.fit(model, DataLoader(sets(), 10), nn.CrossEntropyLoss(),
                  optim.SGD(model[2].parameters(), lr=0.05), 2, clip_norm=0.1, compile=compile)
        found.append(weights(model))
    close(*found)

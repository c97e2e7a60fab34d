from __future__ import annotations

import math
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

import pentad as pt
from pentad import nn, optim, train
from pentad.data import DataLoader
from pentad.graph.errors import ArgumentError, DataError
from pentad.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau
from pentad.train.callbacks import Callback, EarlyStopping, LRMonitor, ModelCheckpoint
from tests.source_tree import ROOT
from tests.train.runs import Interrupt, parts, run, sets


def weights(model):
    return {k: v.numpy().copy() for k, v in model.state_dict().items()}


def same(a, b):
    assert list(a) == list(b)
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


def records(history):
    return [{k: v for k, v in r.items() if k != "seconds"} for r in history]


def test_fit_learns_and_reports():
    model, history = run(epochs=12)
    assert list(history[0]) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "lr",
                                "seconds"]
    assert history["loss"][-1] < history["loss"][0]
    labels = sets().tensors[1].numpy()
    assert history["val_accuracy"][-1] > np.bincount(labels).max() / len(labels) + 0.2
    assert history["lr"][1] == 0.01 * 0.8
    assert history.best("val_loss")["val_loss"] == min(history["val_loss"])
    assert "epoch 12" in repr(history)
    assert model.training


def test_the_history_has_the_means_over_all_samples():
    model, loader, optimizer = parts()
    optimizer.param_groups[0]["lr"] = 0.0
    model.eval()
    expected = train.evaluate(model, loader, nn.CrossEntropyLoss(), metrics=["accuracy"])
    assert not model.training
    x, y = sets().tensors
    output = model(x)
    assert math.isclose(expected["loss"], nn.functional.cross_entropy(output, y).item(),
                        rel_tol=1e-5)
    assert math.isclose(expected["accuracy"], (output.argmax(1) == y).float().mean().item(),
                        rel_tol=1e-6)


def test_compiled_and_eager_training_agree():
    results = []
    for compile in (True, False):
        model, loader, optimizer = parts()
        history = train.fit(model, loader, nn.CrossEntropyLoss(), optimizer, 2, compile=compile,
                            clip_norm=0.5)
        results.append((weights(model), history["loss"]))
    assert np.allclose(*(r[1] for r in results), rtol=1e-4)
    for name in set(results[0][0]) - {"0.bias"}:  # its gradient is noise, before a batch norm
        np.testing.assert_allclose(results[0][0][name], results[1][0][name], rtol=2e-3, atol=2e-4)


@pytest.mark.parametrize("steps", [3, 7, 8, 12, 19])
def test_an_interrupted_training_ends_with_the_same_bits(tmp_path, steps):
    def interrupt():
        raise KeyboardInterrupt

    whole, history = run()
    path = tmp_path / "run" / "last.safetensors"
    with pytest.raises(KeyboardInterrupt):
        run(path, callbacks=[Interrupt(steps, interrupt)])
    model, resumed = run(path, callbacks=[Interrupt(-1, interrupt)])
    same(weights(whole), weights(model))
    assert records(resumed) == records(history)


def test_a_killed_training_ends_with_the_same_bits(tmp_path):
    whole, history = run()
    path = tmp_path / "last.safetensors"
    done = subprocess.run(
        [sys.executable, "-m", "tests.train.runs", str(path), "10"], cwd=ROOT, timeout=120,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    model, resumed = run(path, callbacks=[Callback()])
    same(weights(whole), weights(model))
    assert records(resumed) == records(history)


def test_epochs_count_over_all_runs(tmp_path):
    path = tmp_path / "last.safetensors"
    whole, history = run(epochs=4)
    run(path, epochs=2)
    model, resumed = run(path, epochs=4)
    same(weights(whole), weights(model))
    assert records(resumed) == records(history)
    again, _ = run(path, epochs=4)
    same(weights(whole), weights(again))
    assert len(run(path, epochs=1, resume=False)[1]) == 1


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    path = tmp_path / "last.safetensors"
    run(path, epochs=1, notes={"data": "a"})
    with pytest.raises(ArgumentError, match="another training"):
        run(path, notes={"data": "b"})
    with pytest.raises(ArgumentError, match="other callbacks"):
        run(path, notes={"data": "a"}, callbacks=[LRMonitor()])


def test_early_stopping_and_its_state():
    model, loader, optimizer = parts()
    optimizer.param_groups[0]["lr"] = 0.0
    for p in model.parameters():
        p.requires_grad_(False)
    model[4].bias.requires_grad_(True)
    stopping = EarlyStopping("val_loss", patience=2, min_delta=10.0)
    history = train.fit(model, loader, nn.CrossEntropyLoss(), optimizer, 50, callbacks=[stopping],
                        validation=DataLoader(sets(), 25))
    assert len(history) == 3
    assert stopping.state_dict()["waited"] == 2
    with pytest.raises(ArgumentError, match="nothing is called 'val_loss'"):
        train.fit(model, loader, nn.CrossEntropyLoss(), optimizer, callbacks=[EarlyStopping()])


def test_the_best_weights_are_saved(tmp_path):
    best = ModelCheckpoint(tmp_path / "best.safetensors", "val_accuracy", "max")
    _, history = run(epochs=6, callbacks=[best])
    assert best.best == max(history["val_accuracy"])
    model, _, _ = parts()
    model.load_state_dict(pt.load(best.path))
    found = train.evaluate(model, DataLoader(sets(), 25), nn.CrossEntropyLoss(),
                           metrics=["accuracy"])
    assert math.isclose(found["accuracy"], best.best)


def test_schedules_by_step_and_by_validation():
    model, loader, optimizer = parts()
    monitor = LRMonitor()
    train.fit(model, loader, nn.CrossEntropyLoss(), optimizer, 2, callbacks=[monitor],
              scheduler=OneCycleLR(optimizer, 0.05, total_steps=15), scheduler_every="step")
    assert len(monitor.rates) == 14
    assert max(monitor.rates) > [0.045]
    history = train.fit(model, loader, nn.CrossEntropyLoss(), optimizer, 3,
                        scheduler=ReduceLROnPlateau(optimizer, patience=0, threshold=1e3))
    assert history["lr"][-1] < history["lr"][0]


def test_other_metrics():
    model, loader, optimizer = parts()
    metrics = [train.TopKAccuracy(2), nn.functional.cross_entropy, train.Accuracy()]
    found = train.evaluate(model.eval(), loader, nn.CrossEntropyLoss(), metrics=metrics)
    assert math.isclose(found["cross_entropy"], found["loss"], rel_tol=1e-6)
    assert found["accuracy"] <= found["top2_accuracy"] <= 1
    top = model(sets().tensors[0]).detach().numpy().argsort(1)[:, -2:]
    expected = (top == sets().tensors[1].numpy()[:, None]).any(1).mean()
    assert math.isclose(found["top2_accuracy"], expected, rel_tol=1e-6)


def test_several_inputs():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Bilinear(2, 3, 1)

        def forward(self, a, b):
            return self.layer(a, b)

    model = Two()
    batches = [(pt.randn(4, 2), pt.randn(4, 3), pt.randn(4, 1)) for _ in range(3)]
    history = train.fit(model, batches, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.05), 5)
    assert history["loss"][-1] < history["loss"][0]


def test_data_without_batches_or_targets():
    model, loader, optimizer = parts()
    loss = nn.CrossEntropyLoss()
    with pytest.raises(DataError, match="fit: the data gave no batch"):
        train.fit(model, [], loss, optimizer)
    with pytest.raises(DataError, match="no batch"):
        train.fit(model, DataLoader(sets(), 64, drop_last=True), loss, optimizer)
    with pytest.raises(DataError, match="no batch"):
        train.evaluate(model, [], loss)
    with pytest.raises(DataError, match="no target"):
        train.fit(model, [pt.randn(4, 6)], loss, optimizer)
    for options in ({"epochs": 0}, {"scheduler_every": "year"}, {"checkpoint_steps": 0},
                    {"checkpoint_steps": "one"}):
        with pytest.raises(ArgumentError):
            train.fit(model, loader, loss, optimizer, **options)


def test_progress_is_one_line_an_epoch_where_there_is_no_terminal(capsys):
    from rich.console import Console

    model, loader, optimizer = parts()
    train.fit(model, loader, nn.CrossEntropyLoss(), optimizer, 2, metrics=["accuracy"],
              console=Console(force_terminal=False, width=40))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["epoch 1", "epoch 2"]
    assert "accuracy" in lines[0]
    train.fit(model, loader, nn.CrossEntropyLoss(), optimizer, 1,
              console=Console(force_terminal=True, width=100))
    assert "epoch 1/1" in capsys.readouterr().out

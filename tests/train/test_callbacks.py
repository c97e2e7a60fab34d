from __future__ import annotations

import csv
import io

import numpy as np
import pytest

import pentad as pt
from pentad import nn, train
from pentad.data import DataLoader
from pentad.graph.errors import ArgumentError, ResourceError
from tests.train.runs import parts, sets


def fitted(callbacks, epochs=4, lr=0.01, **options):
    model, loader, optimizer = parts()
    optimizer.param_groups[0]["lr"] = lr
    history = train.fit(model, loader, nn.CrossEntropyLoss(), optimizer, epochs,
                        metrics=["accuracy"], validation=DataLoader(sets(), 25),
                        callbacks=callbacks, **options)
    return model, history


def weights(model):
    return {k: v.numpy().copy() for k, v in model.state_dict().items()}


def test_early_stopping_brings_the_best_weights_back():
    kept = {}
    stopping = train.EarlyStopping("val_loss", patience=2, restore_best=True)

    def keep(run, record):
        kept[record["epoch"]] = weights(run.model)

    model, history = fitted([stopping, train.LambdaCallback(on_epoch=keep)], 40, lr=0.5)
    best = history.best("val_loss")["epoch"]
    assert stopping.best_epoch == best
    assert len(history) == best + 2
    for name, value in weights(model).items():
        np.testing.assert_array_equal(value, kept[best][name], err_msg=name)


def test_the_best_weights_survive_a_resumed_training(tmp_path):
    path = tmp_path / "last.safetensors"

    def run(epochs, path=None):
        stopping = train.EarlyStopping("val_accuracy", 50, mode="max", restore_best=True)
        return weights(fitted([stopping], epochs, lr=0.3, checkpoint=path)[0])

    whole = run(6)
    run(3, path)
    for name, value in run(6, path).items():
        np.testing.assert_array_equal(value, whole[name], err_msg=name)


def test_the_last_weights_are_saved_without_a_monitor(tmp_path):
    last = train.ModelCheckpoint(tmp_path / "deep" / "last.safetensors", monitor=None)
    model, _ = fitted([last], 2)
    saved = pt.load(last.path)
    for name, value in weights(model).items():
        np.testing.assert_array_equal(saved[name].numpy(), value)


def test_the_csv_file_is_the_history(tmp_path):
    path = tmp_path / "logs" / "history.csv"
    checkpoint = tmp_path / "last.safetensors"
    fitted([train.CSVLogger(path)], 1, checkpoint=checkpoint)
    _, history = fitted([train.CSVLogger(path)], 3, checkpoint=checkpoint)
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert [r["epoch"] for r in rows] == ["1", "2", "3"]
    assert [float(r["val_loss"]) for r in rows] == history["val_loss"]
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ResourceError):
        fitted([train.CSVLogger(tmp_path / "file" / "history.csv")], 1)


def test_callbacks_of_functions():
    seen = []
    fitted([train.LambdaCallback(
        on_start=lambda run: seen.append("start"), on_end=lambda run: seen.append("end"),
        on_step=lambda run, loss: seen.append(run.step_count) if run.step_count == 3 else None,
        on_epoch=lambda run, record: seen.append(record["epoch"]))], 2)
    assert seen == ["start", 3, 1, 2, "end"]


def test_a_monitor_must_be_a_number():
    model, loader, optimizer = parts()
    with pytest.raises(ArgumentError, match="nothing is called 'confusion_matrix'"):
        train.fit(model, loader, nn.CrossEntropyLoss(), optimizer, metrics=["confusion_matrix"],
                  callbacks=[train.EarlyStopping("confusion_matrix")], compile=False)


def test_history_as_csv_and_text():
    history = train.History([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25, "f1": 0.5}])
    assert history.to_csv() == "epoch,loss,f1\n1,0.5,\n2,0.25,0.5\n"
    assert history.columns == ["epoch", "loss", "f1"]
    assert "epoch 2  loss 0.2500  f1 0.5000" in repr(history)


def test_frozen_parts_stay_in_evaluation_mode():
    model, loader, optimizer = parts()
    model[1].eval()
    train.evaluate(model, loader, nn.CrossEntropyLoss())
    assert not model[1].training
    assert model.training
    assert model[3].training

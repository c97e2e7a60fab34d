"""The callback for fit: what a training leaves in TensorBoard."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import nn, optim
from pentad.board import TensorBoard
from pentad.data import DataLoader, TensorDataset
from pentad.train import Accuracy, LambdaCallback, fit
from tests.board.reading import Full, accumulator, scalars


def data():
    random = np.random.default_rng(0)
    x = random.normal(size=(40, 4)).astype(np.float32)
    return TensorDataset(pt.tensor(x), pt.tensor((x.sum(1) > 0).astype(np.int64)))


def train(board, epochs=2, also=(), **more):
    pt.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    loader = DataLoader(data(), batch_size=10)
    return fit(model, loader, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1),
               epochs, metrics=[Accuracy()], validation=loader, callbacks=[board, *also],
               compile=False, **more)


def test_a_training(tmp_path):
    history = train(TensorBoard(tmp_path, every=3, histograms=2, graph=pt.zeros(1, 4),
                                hparams={"lr": 0.1, "layers": "8"}))
    records = history.records
    for name in ("loss", "accuracy"):
        for run, key in (("train", name), ("validation", f"val_{name}")):
            assert scalars(tmp_path / run, f"epoch/{name}") == [
                (4, pytest.approx(records[0][key])), (8, pytest.approx(records[1][key]))]
    assert [step for step, _ in scalars(tmp_path / "train", "step/loss")] == [3, 6]
    assert scalars(tmp_path / "train", "step/lr") == [(3, pytest.approx(0.1)),
                                                      (6, pytest.approx(0.1))]
    found = accumulator(tmp_path / "train")
    assert {e.step for e in found.Histograms("0/weight")} == {8}
    assert "Sequential/Linear[0]/weight" in {n.name for n in found.Graph().node}
    reached = accumulator(tmp_path / "hparams")
    assert reached.SummaryMetadata("_hparams_/session_start_info")
    assert reached.Scalars("last/val_loss")[0].value == pytest.approx(records[-1]["val_loss"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["hparams", "train", "validation"]


def test_files_are_closed_at_the_end_though_one_is_on_a_full_disk(tmp_path):
    board = TensorBoard(tmp_path, hparams={"lr": 0.1})
    opened = {}

    def fill(run, record):
        for name in ("train", "validation"):
            [file] = board.writer(name)._queue._files.values()
            opened[name] = file
        board.writer().add_scalar("more", 1, 1)
        full = opened["train"]._records
        full.file = Full(full.file, 0)

    with pytest.raises(pt.ResourceError, match="No space left"):
        train(board, 1, also=[LambdaCallback(on_epoch=fill)])
    assert opened["validation"].closed
    assert accumulator(tmp_path / "hparams").Scalars("last/loss")
    opened["train"]._records.file.room = 1 << 20
    board.writer().close()
    assert opened["train"].closed


def test_a_resumed_training_goes_on_in_the_same_charts(tmp_path):
    for epochs in (1, 2):
        train(TensorBoard(tmp_path / "logs", every=1), epochs, checkpoint=tmp_path / "last")
    assert [s for s, _ in scalars(tmp_path / "logs/train", "step/loss")] == list(range(1, 9))
    assert [s for s, _ in scalars(tmp_path / "logs/train", "epoch/loss")] == [4, 8]


def test_weights_that_are_not_finite_are_counted(tmp_path):
    class Run:
        model = nn.Linear(2, 1, bias=False)
        step_count = 7

    with pt.no_grad():
        Run.model.weight[0, 1] = float("nan")
    board = TensorBoard(tmp_path, histograms=1)
    board.on_epoch(Run, {"epoch": 1, "loss": float("nan"), "note": "text"})
    assert scalars(tmp_path / "train", "not finite/weight") == [(7, 1)]
    assert accumulator(tmp_path / "train").Tags()["histograms"] == []


def test_parameters_that_cannot_be_shown_are_refused_before_the_training(tmp_path):
    with pytest.raises(pt.ArgumentError, match="a truth value, a text, a number"):
        TensorBoard(tmp_path, hparams={"layers": [1, 2]})


@pytest.mark.parametrize("bad", [{"every": 0}, {"histograms": -1}])
def test_arguments_that_mean_nothing(tmp_path, bad):
    with pytest.raises(pt.ArgumentError, match="every >= 1"):
        TensorBoard(tmp_path, **bad)

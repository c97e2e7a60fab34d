from __future__ import annotations

import io
import re

import numpy as np
import pytest
from rich.console import Console

import pentad as pt
from pentad.data import ImageData, digits_split
from pentad.graph.errors import ArgumentError, ResourceError
from pentad.train import recipes
from pentad.train.models import digits_cnn, lenet, mlp


def console():
    return Console(file=io.StringIO(), force_terminal=False, width=200)


def words(c):
    return c.file.getvalue()


def test_the_demo_learns_the_digits(tmp_path):
    c = console()
    accuracy = recipes.run_demo(tmp_path / "out", 2, 0, c)
    assert accuracy >= 0.97
    assert f"test accuracy: {accuracy:.1%}" in words(c)
    path = re.search(r"checkpoint: (.*)", words(c))[1]
    assert path == str(tmp_path / "out" / "model.safetensors")
    model = digits_cnn()
    model.load_state_dict(pt.load(path))
    assert "pentad train --data fashion-mnist" in words(c)


def test_the_demo_says_at_once_where_it_cannot_write(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ResourceError):
        recipes.run_demo(tmp_path / "file" / "out", None, 0, console())


def train(folder, epochs=1, **options):
    c = console()
    given = {"data": "digits", "data_dir": None, "model": "mlp", "epochs": epochs,
             "batch_size": 64, "lr": 1e-3, "checkpoint_dir": folder, "resume": True, "seed": 3,
             "console": c}
    recipes.run_training(**{**given, **options})
    return words(c), pt.load(folder / "model.safetensors")


def test_training_goes_on_from_its_checkpoint(tmp_path):
    _, whole = train(tmp_path / "a", epochs=2)
    train(tmp_path / "b")
    text, resumed = train(tmp_path / "b", epochs=2)
    assert "going on from" in text
    assert "epoch 1 " not in text
    for name in whole:
        np.testing.assert_array_equal(whole[name].numpy(), resumed[name].numpy())
    text, _ = train(tmp_path / "b", resume=False)
    assert "epoch 1 " in text
    with pytest.raises(ArgumentError, match="another training"):
        train(tmp_path / "b", epochs=2, seed=4)


def fashion():
    """A few images of the size of Fashion-MNIST's: class k has its row k bright."""
    labels = np.arange(40) % 10
    images = np.zeros((40, 28, 28), np.uint8)
    images[np.arange(40), labels * 2] = 255
    return ImageData(images, labels, images[:10], labels[:10], tuple("0123456789"), 255)


@pytest.mark.parametrize("model", ["lenet", "mlp"])
@pytest.mark.parametrize("data", ["digits", "fashion-mnist"])
def test_every_data_set_with_every_model(tmp_path, monkeypatch, data, model):
    given = []
    monkeypatch.setattr(recipes, "load_fashion_mnist",
                        lambda folder, console: given.append(folder) or fashion())
    text, weights = train(tmp_path, data=data, model=model, data_dir=tmp_path)
    assert re.search(r"test accuracy: \d+\.\d%", text)
    assert (tmp_path / "last.safetensors").exists()
    assert given == ([tmp_path] if data == "fashion-mnist" else [])
    assert weights


def test_images_are_standardised_by_the_training_part():
    train_set, test_set = recipes.image_sets(digits_split())
    x = train_set.tensors[0].numpy()
    assert x.shape == (1442, 1, 8, 8)
    assert x.dtype == np.float32
    assert abs(x.mean()) < 1e-4
    assert abs(x.std() - 1) < 1e-4
    assert len(test_set) == 355


def test_models():
    assert mlp([12, 5, 3])(pt.zeros(2, 3, 4)).shape == (2, 3)
    assert lenet()(pt.zeros(2, 1, 28, 28)).shape == (2, 10)
    assert lenet(32, 3, 7)(pt.zeros(2, 3, 32, 32)).shape == (2, 7)
    assert digits_cnn()(pt.zeros(2, 1, 8, 8)).shape == (2, 10)


def test_training_with_an_average_in_16_bits_and_a_plot(tmp_path):
    text, weights = train(tmp_path / "run", precision="bfloat16", ema=0.9,
                          plot=tmp_path / "run.svg")
    assert "<svg" in (tmp_path / "run.svg").read_text()
    assert f"curves: {tmp_path / 'run.svg'}" in text
    assert weights

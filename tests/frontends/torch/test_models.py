"""torchvision.models: names and shapes of weights, and outputs, as torchvision 0.28 has them.

numbers/models.json: SHA-256 of the state_dict's [name, shape] pairs; outputs for an image of
RandomState(1), weights as `fill` makes them.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import pentad as pt
from pentad.frontends.torch import hub
from pentad.frontends.torchvision import models

WANTED = json.loads((Path(__file__).parent / "numbers" / "models.json").read_text())


def made(name):
    options = {"init_weights": False} if name == "googlenet" else {}
    return getattr(models, name)(weights=None, **options)


def fill(state):
    stream = np.random.RandomState(0)
    for name, value in state.items():
        if value.is_floating_point():
            scale = 0.5 / np.sqrt(max(1, np.prod(value.shape[1:])))
            array = stream.randn(*value.shape).astype("float32") * scale.astype("float32")
            if "running_var" in name or (name.endswith("weight") and value.ndim == 1):
                array = np.abs(array) + 1
            value.copy_(pt.tensor(array))


@pytest.mark.parametrize("name", WANTED)
def test_weights_have_torchvisions_names_and_shapes(name):
    rows = [[key, list(value.shape)] for key, value in made(name).state_dict().items()]
    assert hashlib.sha256(json.dumps(rows).encode()).hexdigest() == WANTED[name]["keys"]


@pytest.mark.parametrize("name", [n for n, row in WANTED.items() if "out" in row])
def test_outputs(name):
    model = made(name)
    x = pt.tensor(np.random.RandomState(1).rand(1, 3, 96, 96).astype("float32"))
    with pt.no_grad():
        fill(model.state_dict())
        found = model.eval()(x)[0, :8].numpy()
    np.testing.assert_allclose(found, WANTED[name]["out"], rtol=1e-4, atol=1e-5)


def test_weights_come_from_files(tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "_set", {"dir": str(tmp_path)})
    with pytest.raises(pt.DataError, match=r"squeezenet1_1-b8a52dc0\.pth"):
        models.squeezenet1_1(weights="DEFAULT")
    model = models.squeezenet1_1()
    (tmp_path / "checkpoints").mkdir()
    path = tmp_path / "checkpoints" / "squeezenet1_1-b8a52dc0.pth"
    pt.formats.torch.save(model.state_dict(), path)
    for found in (models.squeezenet1_1(pretrained=True), models.squeezenet1_1(True),
                  models.get_model("squeezenet1_1", weights="IMAGENET1K_V1")):
        assert bool((found.features[0].weight == model.features[0].weight).all())
    with pytest.raises(pt.ArgumentError, match="IMAGENET1K_V1"):
        models.squeezenet1_1(weights="V9")
    weights = models.get_weight("ResNet50_Weights.IMAGENET1K_V2")
    assert weights is models.ResNet50_Weights.DEFAULT
    assert models.get_model_weights("resnet50") is models.ResNet50_Weights
    image = weights.transforms()(np.zeros((300, 260, 3), np.uint8))
    assert (tuple(image.shape), image.dtype) == ((3, 224, 224), pt.float32)


def test_names():
    found = models.list_models(include="vgg1*", exclude="*_bn")
    assert found == ["vgg11", "vgg13", "vgg16", "vgg19"]
    assert "resnet18" in [n for n, value in vars(models).items() if n.islower() and callable(value)]
    with pytest.raises(AttributeError, match="not supported"):
        models.swin_t()
    with pytest.raises(pt.ArgumentError, match="resnet18"):
        models.get_model("nothing")


def test_names_in_old_files_of_densenet(tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "_set", {"dir": str(tmp_path)})
    model = models.DenseNet(4, (1, 1, 1, 1), 8)
    old = {key.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): value
           for key, value in model.state_dict().items()}
    (tmp_path / "checkpoints").mkdir()
    pt.formats.torch.save(old, tmp_path / "checkpoints" / "densenet121-a639ec97.pth")
    found = models.DenseNet121_Weights.DEFAULT.get_state_dict()
    assert set(found) == set(model.state_dict())

"""Summaries and recorded passes: shapes, parameters, multiply-adds, and a model left as it was."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import nn
from pentad.graph.errors import ArgumentError, CaptureError
from pentad.nn.anatomy import anatomy
from pentad.tensor.capture.epoch import current_epoch


def summary(model, *inputs, **options):
    return pt.summary(model, *inputs, show=False, **options)


def rows(found):
    return {r.name: r for r in found.rows}


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)

    def forward(self, x):
        return nn.functional.relu(x + self.b(self.norm(self.a(x)).relu()))


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(6 * 144, 10))


def test_the_numbers_of_a_convolutional_network():
    found = summary(lenet(), (2, 1, 28, 28))
    assert [(r.kind, r.shape, r.parameters, r.multiply_adds) for r in found.rows[1:]] == [
        ("Conv2d", "[2, 6, 24, 24]", 156, 2 * 6 * 24 * 24 * 25), ("ReLU", "[2, 6, 24, 24]", 0, 0),
        ("MaxPool2d", "[2, 6, 12, 12]", 0, 0), ("Flatten", "[2, 864]", 0, 0),
        ("Linear", "[2, 10]", 8650, 2 * 864 * 10)]
    assert found.parameters == found.trainable == 156 + 8650
    assert found.multiply_adds == 2 * (6 * 24 * 24 * 25 + 8640)
    assert found.input_bytes == 2 * 28 * 28 * 4
    assert found.parameter_bytes == 4 * found.parameters
    assert found.activation_bytes == 4 * 2 * (2 * 6 * 576 + 2 * 864 + 10)
    assert found.unused == []


@pytest.mark.parametrize(("layer", "shape", "expected"), [
    (nn.Conv2d(8, 16, 3, stride=2, padding=1, groups=4), (2, 8, 9, 9), 2 * 16 * 25 * 2 * 9),
    (nn.ConvTranspose2d(3, 5, 2, stride=2), (2, 3, 4, 4), 2 * 16 * 3 * 5 * 4),
    (nn.Conv1d(3, 4, 5), (1, 3, 20), 4 * 16 * 15),
    (nn.LSTM(4, 8), (6, 2, 4), 6 * 2 * 4 * 8 * (4 + 8)),
    (nn.GRU(4, 8, num_layers=2, bidirectional=True), (6, 2, 4),
     6 * 2 * 3 * 8 * 2 * ((4 + 8) + (16 + 8))),
    (nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), (3, 5, 8),
     3 * 5 * (4 * 64 + 2 * 8 * 16) + 3 * 2 * 5 * 5 * 8),
])
def test_multiply_adds_of_layers(layer, shape, expected):
    assert summary(layer, shape).multiply_adds == expected


def test_shared_modules_count_once_and_run_twice():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = nn.Linear(4, 4)
            self.other = self.one
            self.tied = nn.Linear(4, 4, bias=False)
            self.tied.weight = self.one.weight

        def forward(self, x):
            return self.tied(self.other(self.one(x)))

    found = summary(Twice(), (3, 4))
    assert found.parameters == 20
    assert found.multiply_adds == 3 * 3 * 16
    by_name = rows(found)
    assert by_name["one"].kind == "Linear (called 2 times)"
    assert by_name["one"].multiply_adds == 2 * 3 * 16
    assert by_name["other"].note == "the same module as above"
    assert (by_name["other"].parameters, by_name["tied"].parameters) == (0, 0)


def test_what_is_not_used_is_named():
    class Spare(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.spare = nn.Linear(2, 2), nn.Linear(2, 2)
            self.scale = nn.Parameter(pt.ones(2))

        def forward(self, x):
            return self.used(x)

    found = summary(Spare(), (1, 2))
    assert found.unused == ["scale", "spare.weight", "spare.bias"]
    assert rows(found)["spare"].note == "not called"
    assert "not used" in str(found)


def test_attention_whose_part_is_used_without_a_call():
    found = summary(nn.MultiheadAttention(8, 2), *[(5, 3, 8)] * 3)
    assert found.unused == []
    assert rows(found)["out_proj"].note == ""
    assert found.rows[0].shape == "[5, 3, 8], [3, 5, 5]"


def test_depth_and_frozen_parameters():
    model = nn.Sequential(lenet(), nn.Linear(10, 2))
    model[0].requires_grad_(False)
    found = summary(model, (1, 1, 28, 28), depth=1)
    assert [(r.name, r.parameters) for r in found.rows] == [
        ("Sequential", 0), ("0", 8806), ("1", 22)]
    assert found.trainable == 22
    assert "8,806 of them frozen" in str(found)


def test_a_summary_as_text(capsys):
    model = nn.Sequential(nn.Linear(3, 2), nn.Sequential(nn.ReLU(), nn.Linear(2, 1)))
    found = model.summary((4, 3))
    text = capsys.readouterr().out
    assert text == f"{found}\n"
    assert [line[:8].rstrip() for line in text.splitlines()[2:7]] == [
        "Sequenti", "├─ 0", "└─ 1", "   ├─ 0", "   └─ 1"]
    assert "parameters     11" in text
    assert repr(found) == "<Summary of Sequential: 11 parameters, 32 multiply-adds>"


def test_the_model_stays_as_it_was():
    pt.manual_seed(3)
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.LSTM(4, 4))
    model[1].eval()
    calls = []
    model.register_forward_hook(lambda module, args, result: calls.append(module))
    before = {k: v.numpy().copy() for k, v in model.state_dict().items()}
    modes = [m.training for m in model.modules()]
    epoch, state = current_epoch(), pt.get_rng_state().tolist()
    versions = [b._version for b in model.buffers()]
    summary(model, (3, 4))
    assert (current_epoch(), pt.get_rng_state().tolist()) == (epoch, state)
    assert [m.training for m in model.modules()] == modes
    assert [b._version for b in model.buffers()] == versions
    assert all(p.grad is None for p in model.parameters())
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), before[name])
    assert nn.Module.__call__.__qualname__ == "Module.__call__"
    assert len(calls) == 1  # hooks are part of the pass


def test_a_compiled_step_is_not_traced_again():
    model = nn.Linear(3, 3)
    fast = pt.compile(model)
    fast(pt.ones(2, 3))
    summary(model, (2, 3))
    fast(pt.ones(2, 3))
    assert fast.traces == 1


def test_inputs():
    model = nn.Sequential(nn.Embedding(10, 4), nn.Linear(4, 2))
    expected = "[2, 5, 2]"
    tokens = pt.zeros(2, 5, dtype=pt.int64)
    for given in ({"dtypes": [pt.int64]}, {}):
        inputs = [(2, 5)] if given else [tokens]
        assert summary(model, *inputs, **given).rows[0].shape == expected
    assert summary(nn.Bilinear(2, 3, 4), [(5, 2), (5, 3)]).rows[0].shape == "[5, 4]"
    with pytest.raises(ArgumentError, match="the input of the model"):
        summary(model, "2x5")
    with pytest.raises(ArgumentError, match="met no input yet"):
        summary(nn.Sequential(nn.LazyLinear(3)), (2, 5))

    class Branching(nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    with pytest.raises(CaptureError):
        summary(Branching(), (2,))
    assert nn.Module.__call__.__qualname__ == "Module.__call__"


def test_the_flow_of_values():
    found = anatomy(Residual(), [(1, 4, 8, 8)])
    boxes = {b.name: b for b in found.boxes}
    assert [b.name for b in found.boxes] == [
        "input", "a", "norm", "relu", "b", "add", "relu", "output"]
    assert {s.name for s in boxes["add"].sources} == {"input", "b"}
    assert [s.name for s in boxes["output"].sources] == ["relu"]


def test_views_and_writes_in_place_are_followed():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Linear(4, 4), nn.Linear(2, 2)

        def forward(self, x):
            y = self.one(x)
            y.add_(1)
            return self.two(y.reshape(-1, 2))

    boxes = anatomy(Model(), [(3, 4)]).boxes
    assert [b.name for b in boxes] == ["input", "one", "add", "two", "output"]
    assert [[s.name for s in b.sources] for b in boxes] == [
        [], ["input"], ["one"], ["add"], ["two"]]

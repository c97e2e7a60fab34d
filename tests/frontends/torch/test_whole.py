"""Whole modules in files: written, read, refused."""

from __future__ import annotations

import argparse
import io
import pickle
import sys
import zipfile

import numpy as np
import pytest

import pentad as pt
from pentad import nn
from pentad.frontends.torch import nn as served_nn
from pentad.frontends.torch import serialization


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.up, self.cut = nn.ConvTranspose2d(4, 4, 2), nn.ReLU6()
        self.lstm, self.gru = nn.LSTM(4, 5, 2, batch_first=True), nn.GRU(5, 5, bidirectional=True)
        layer = nn.TransformerEncoderLayer(5, 1, 8, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.out, self.same = nn.Linear(5, 2), nn.Linear(5, 2)
        self.same.weight = self.out.weight
        self.register_buffer("shift", pt.ones(2), persistent=False)
        self.act, self.args = pt.nn.functional.relu, argparse.Namespace(depth=3)

    def forward(self, x):
        x = self.act(self.norm(self.up(self.cut(self.conv(x)))))
        x, _ = self.lstm(x.mean(2).transpose(1, 2))
        x, _ = self.gru(x)
        x = self.encoder(x[..., :5])
        return self.out(x) + self.same(x) + self.shift


class Other:
    def __init__(self):
        self.size = 3


def written(obj, **options):
    file = io.BytesIO()
    serialization.save(obj, file, **options)
    file.seek(0)
    return file


def test_a_module_comes_back_as_it_was():
    pt.manual_seed(0)
    net = Net().eval()
    found = serialization.load(written(net), weights_only=False)
    x = pt.rand(2, 1, 6, 6)
    np.testing.assert_array_equal(found(x).detach().numpy(), net(x).detach().numpy())
    assert (type(found), found.args, found.training) == (Net, net.args, False)
    assert found.same.weight is found.out.weight
    assert list(found.state_dict()) == list(net.state_dict())
    found.train()
    found(x).sum().backward()
    assert all(p.grad is not None for p in found.parameters())


def test_parts_of_checkpoints():
    found = serialization.load(written({"args": argparse.Namespace(lr=0.1), "epoch": 2,
                                        "models": [nn.Linear(2, 3), nn.ReLU()]}))
    assert found["args"].lr == 0.1
    assert repr(found["models"][0]) == "Linear(in_features=2, out_features=3, bias=True)"


def test_only_known_classes():
    with pytest.raises(pt.ArgumentError, match="Other"):
        serialization.save(Other(), io.BytesIO())
    with serialization.safe_globals([Other]):
        file = written([Other()])
        assert serialization.load(file)[0].size == 3
    assert serialization.get_safe_globals() == []
    file.seek(0)
    with pytest.raises(pt.FormatError, match="Other"):
        serialization.load(file)
    with pytest.raises(pt.FormatError, match="Net"):
        serialization.load(written(Net()), weights_only=True)
    with pytest.raises(pt.FormatError, match="Linear"):
        pt.formats.torch.load(written(nn.Linear(1, 1)))


def archive(pickled):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("archive/data.pkl", pickled)
        made.writestr("archive/version", b"3\n")
    file.seek(0)
    return file


@pytest.mark.parametrize("pickled", [
    b"\x80\x02cantigravity\nfly\n)\x81.",           # a class of a module that is not imported
    b"\x80\x02csubprocess\nPopen\n)\x81.",          # imported, but no Module
    b"\x80\x02cos\nsystem\n(X\x02\x00\x00\x00lstR.",
    b"\x80\x02ctorch\nsave\n)R.",                   # a known function is data, and not called
    b"\x80\x02ctorch.nn.functional\nrelu\n)R.",
    b"\x80\x02ctorch.nn\nLinear\nX\x01\x00\x00\x00a\x85\x81.",   # with arguments
    b"\x80\x02ctorch.nn\nLinear\n)R.",
    b"\x80\x02ctorch.nn\nLinear\n)\x81K\x01b.",
    b"\x80\x02ctorch.nn\nLinear\n)\x81}b}b.",
    b"\x80\x02ctorch.nn\nLinear\n.",
    b"\x80\x02ctorch.nn.functional\n__builtins__\n.",
    b"\x80\x02ctorch.nn\nLinear\n)\x81q\x00}X\x01\x00\x00\x00ah\x00sb.",  # within itself
], ids=repr)
def test_what_a_file_may_not_do(pickled):
    before = set(sys.modules)
    with pytest.raises(pt.FormatError):
        serialization.load(archive(pickled), weights_only=False)
    assert set(sys.modules) == before


def test_hooks_are_not_written():
    layer = nn.Linear(1, 1)
    layer.register_forward_hook(lambda *given: None)
    with pytest.raises(pt.ArgumentError, match="hooks"):
        serialization.save(layer, io.BytesIO())
    assert served_nn.Linear is nn.Linear


def test_a_plain_pickle_is_data():
    rows = np.arange(600, dtype=np.uint8).reshape(2, 300)
    for protocol in (2, 4):
        file = io.BytesIO(pickle.dumps({b"data": rows, b"labels": [1, 2]}, protocol))
        found = pt.formats.torch.load_pickle(file)
        assert found[b"labels"] == [1, 2]
        np.testing.assert_array_equal(found[b"data"], rows)
    old = b"\x80\x02}q\x01(U\x04data"
    old += b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85"
    old += b"U\x01b\x87R(K\x01K\x02M\x2c\x01\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|N"
    old += b"NNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T\x58\x02\x00\x00" + rows.tobytes()
    old += b"tbu."
    np.testing.assert_array_equal(pt.formats.torch.load_pickle(io.BytesIO(old))["data"], rows)
    with pytest.raises(pt.FormatError, match=r"posix\.system"):
        pt.formats.torch.load_pickle(io.BytesIO(b"\x80\x02cposix\nsystem\n."))

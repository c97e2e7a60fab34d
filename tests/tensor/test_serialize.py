"""Saving and loading, with files that are none."""

from __future__ import annotations

import os

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import pentad as pt
from pentad import ArgumentError, FormatError, ResourceError

DTYPES = ["bool", "int8", "int32", "int64", "uint8", "uint64", "float16", "bfloat16", "float64"]


@pytest.mark.parametrize("name", DTYPES)
def test_every_dtype_comes_back(tmp_path, name):
    x = pt.tensor([[0, 1, 1], [1, 0, 1]]).to(getattr(pt, name))
    pt.save({"x": x, "view": x.t(), "empty": x[:0]}, tmp_path / "m.safetensors")
    found = pt.load(tmp_path / "m.safetensors")
    assert found["x"].dtype is x.dtype
    assert found["x"].tolist() == x.tolist()
    assert found["view"].tolist() == x.t().tolist()
    assert found["empty"].shape == (0, 3)


def test_one_tensor(tmp_path):
    pt.save(pt.ones(2, requires_grad=True), tmp_path / "x")
    assert pt.load(tmp_path / "x").tolist() == [1, 1]


def test_other_programs_read_and_write_the_files(tmp_path):
    pt.save({"w": pt.arange(3.0)}, tmp_path / "m")
    assert load_file(tmp_path / "m")["w"].tolist() == [0, 1, 2]
    save_file({"v": np.ones((2, 2), np.float32)}, tmp_path / "n")
    assert pt.load(tmp_path / "n")["v"].tolist() == [[1, 1], [1, 1]]


def test_files_that_are_none(tmp_path):
    path = tmp_path / "m"
    pt.save({"w": pt.arange(100.0)}, path)
    content = path.read_bytes()
    for n in (0, 4, 8, 20, len(content) - 1):
        path.write_bytes(content[:n])
        with pytest.raises(FormatError, match="safetensors"):
            pt.load(path)
    path.write_bytes(b"\xff" * 64)
    with pytest.raises(FormatError):
        pt.load(path)
    with pytest.raises(ResourceError, match="cannot read"):
        pt.load(tmp_path / "absent")


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "m"
    pt.save(pt.ones(2), path)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResourceError, match="No space left"):
        pt.save(pt.zeros(5), path)
    assert pt.load(path).tolist() == [1, 1]
    assert [p.name for p in tmp_path.iterdir()] == ["m"]
    with pytest.raises(ResourceError):
        pt.save(pt.ones(1), tmp_path / "no" / "such")


def test_only_tensors_are_saved(tmp_path):
    for bad in ({"a": 3}, {1: pt.ones(1)}, {"a": {"b": pt.ones(1)}}):
        with pytest.raises(ArgumentError, match="state_dict"):
            pt.save(bad, tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_truth_values_are_0_and_1(tmp_path):
    pt.save({"mask": pt.tensor([True, False])}, tmp_path / "m")
    content = (tmp_path / "m").read_bytes()
    (tmp_path / "m").write_bytes(content[:-1] + b"\2")
    with pytest.raises(FormatError, match="'mask' of bool holds other bytes"):
        pt.load(tmp_path / "m")

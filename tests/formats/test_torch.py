"""PyTorch's files: what torch 2.13 wrote is read, what is written is read again."""

from __future__ import annotations

import io
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pentad as pt
from pentad import nn
from pentad.formats import torch

FIXTURES = Path(__file__).parent / "fixtures" / "torch"
TYPES = ["float32", "float64", "float16", "bfloat16", "int8", "int16", "int32", "int64", "uint8",
         "uint16", "uint32", "uint64", "bool", "complex64", "complex128"]


def written(obj) -> bytes:
    made = io.BytesIO()
    torch.save(obj, made)
    return made.getvalue()


def again(obj):
    return torch.load(io.BytesIO(written(obj)))


def check_everything(found, types):
    """What tests/frontends/regenerate/torch_files.py let PyTorch write."""
    assert list(found["types"]) == types
    for name, t in found["types"].items():
        assert t.dtype is getattr(pt, name)
        assert t.float().tolist() if not t.is_complex() else t.real.tolist() == [[0, 1, 1],
                                                                                  [1, 0, 1]]
    views = found["views"]
    base = np.arange(24.0)
    expected = [base, base[6:18].reshape(3, 4), base.reshape(4, 6).T, base[::5], base[3],
                np.zeros((2, 3)), base[:0]]
    for t, wanted in zip(views, expected, strict=True):
        np.testing.assert_array_equal(t.numpy(), wanted)
    views[0][6] = 100.0
    assert views[1][0, 0].item() == views[2][0, 1].item() == 100.0
    assert type(found["parameter"]) is nn.Parameter
    assert found["parameter"].requires_grad
    assert found["parameter"].tolist() == [[1, 1], [1, 1]]
    assert type(found["frozen"]) is nn.Parameter
    assert not found["frozen"].requires_grad
    assert found["leaf"].requires_grad
    assert found["leaf"].is_leaf
    assert found["conjugate"].tolist() == [1 - 2j, 3 + 4j]
    assert found["numbers"] == [0, 255, 256, 65536, -1, -(1 << 40), 1 << 100, 0.1, -0.0, 1e300,
                                True, None]
    assert found["texts"] == ["", "name", "\u00e4\u00f6\u4e2d", "x" * 300]
    assert found["bytes"] == [b"", b"\x00\xff", bytearray(b"abc")]
    assert found["complex"] == 1 - 2j
    nested = found["nested"]
    assert type(nested) is OrderedDict
    assert nested == OrderedDict([("b", (1, (2, ()))), ("a", {3: [4, {"c": {5, 6}}]})])
    assert found["size"] == (2, 3)
    assert found["dtype"] is pt.bfloat16
    assert found["device"] == ["cpu", "cuda:1"]


def test_the_archive_of_torch_is_read():
    check_everything(torch.load(FIXTURES / "everything.pt"), TYPES)


def test_the_older_format_of_torch_is_read():
    types = [t for t in TYPES if t not in ("uint16", "uint32", "uint64")]
    check_everything(torch.load(FIXTURES / "legacy.pt"), types)


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_newer_pickles_are_read(protocol):
    found = torch.load(FIXTURES / f"protocol{protocol}.pt")
    assert found.pop("a").tolist() == [1, 1]
    assert found == {"b": [b"xy", {1, 2}, "z"], "c": {"d": (True, None)}}


def test_archives_without_checksums_are_read():
    assert torch.load(FIXTURES / "unchecked.pt").tolist() == [0, 1, 2]


def test_a_checkpoint_goes_on_here():
    found = pt.load(FIXTURES / "trained.pth")
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    assert model.load_state_dict(found["state_dict"]) == ([], [])
    assert found["state_dict"]._metadata[""] == {"version": 1}
    assert model[1].num_batches_tracked.item() == 3
    optimizer = pt.optim.Adam(model.parameters())
    optimizer.load_state_dict(found["optimizer"])
    assert optimizer.param_groups[0]["lr"] == 0.01
    assert (found["epoch"], found["best"]) == (3, 0.5)
    assert found["scheduler"]["last_epoch"] == 3


# -- what is written is read -----------------------------------------------------------------------


def test_everything_survives():
    x = pt.arange(24.0)
    found = again({
        "types": {n: pt.tensor([[0, 1, 1], [1, 0, 1]]).to(getattr(pt, n)) for n in TYPES},
        "views": [x, x[6:18].view(3, 4), x.view(4, 6).t(), x[::5], x[3], x[:1].expand(2, 3),
                  x[:0]],
        "parameter": nn.Parameter(pt.ones(2, 2)),
        "frozen": nn.Parameter(pt.zeros(2), requires_grad=False),
        "leaf": pt.full((2,), 3.0, requires_grad=True),
        "conjugate": pt.tensor([1 + 2j, 3 - 4j]).conj(),
        "numbers": [0, 255, 256, 65536, -1, -(1 << 40), 1 << 100, 0.1, -0.0, 1e300, True, None],
        "texts": ["", "name", "\u00e4\u00f6\u4e2d", "x" * 300],
        "bytes": [b"", b"\x00\xff", bytearray(b"abc")],
        "complex": 1 - 2j,
        "nested": OrderedDict([("b", (1, (2, ()))), ("a", {3: [4, {"c": {5, 6}}]})]),
        "size": x.view(2, 12)[:, :3].shape,
        "dtype": pt.bfloat16,
        "device": ["cpu", "cuda:1"],
    })
    check_everything(found, TYPES)


def test_shared_memory_and_shared_containers_stay_shared():
    x, inner = pt.arange(1000.0), [1]
    data = written({"a": x, "b": x[10:], "c": x, "d": inner, "e": inner})
    assert len(data) < 6000
    found = torch.load(io.BytesIO(data))
    assert found["a"] is found["c"]
    assert found["d"] is found["e"]
    found["a"][10] = -1.0
    assert found["b"][0].item() == -1.0


def test_a_state_dict_round_trip(tmp_path):
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    path = tmp_path / "model.pt"
    pt.save(model.state_dict(), path)
    found = pt.load(path)
    assert type(found) is OrderedDict
    assert zipfile.ZipFile(path).testzip() is None
    other = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    other.load_state_dict(found)
    for a, b in zip(model.state_dict().values(), other.state_dict().values(), strict=True):
        assert a.tolist() == b.tolist()
    assert written({"x": [1, 2.0]}) == written({"x": [1, 2.0]})


def test_metadata_of_a_state_dict_survives():
    state = OrderedDict(weight=pt.ones(1))
    state._metadata = OrderedDict({"": {"version": 1}})
    assert again(state)._metadata == state._metadata


def test_loaded_tensors_train():
    found = again({"w": nn.Parameter(pt.ones(3)), "v": pt.arange(6.0)[2:5]})
    (found["w"] * found["v"]).sum().backward()
    assert found["w"].grad.tolist() == [2, 3, 4]
    found["v"].add_(1)
    assert found["v"].tolist() == [3, 4, 5]


@pytest.mark.parametrize("bad", [
    {"model": nn.Linear(1, 1)}, [print], {"a": {"b": [object()]}}, {(1, 2): 3}, np.array(["a"]),
    {"s": {1: pt.float32, 2: slice(1)}}, ["\ud800"],
])
def test_only_data_is_written(bad, tmp_path):
    with pytest.raises(pt.ArgumentError, match=r"(?s)cannot be written as data.*expected:.*got:"):
        torch.save(bad, tmp_path / "x.pt")
    assert list(tmp_path.iterdir()) == []


def test_the_place_of_what_is_no_data_is_named():
    with pytest.raises(pt.ArgumentError, match=r"save: \['a'\]\[1\]\['b'\] cannot be written"):
        written({"a": [0, {"b": print}]})


def test_a_container_within_itself_is_not_written():
    loop = []
    loop.append(loop)
    assert again([1])[0] == 1
    nested = deep = []
    for _ in range(70):
        deep.append([])
        deep = deep[0]
    with pytest.raises(pt.ArgumentError, match="too deep"):
        written(nested)


def test_memory_of_two_types_is_refused():
    z = pt.zeros(4, dtype=pt.complex64)
    with pytest.raises(pt.ArgumentError, match=r"(?s)one element type on each memory.*clone"):
        written([z, pt.view_as_real(z)])
    assert again([z, pt.view_as_real(z).clone()])[1].shape == (4, 2)


def test_numpy_numbers_become_numbers():
    found = again({"loss": np.float32(0.5), "n": np.int64(3), "ok": np.bool_(True)})
    assert found == {"loss": 0.5, "n": 3, "ok": True}
    assert [type(v) for v in found.values()] == [float, int, bool]


def test_metadata_has_no_place_in_these_files(tmp_path):
    with pytest.raises(pt.ArgumentError, match="metadata in a file of PyTorch"):
        pt.save({"x": pt.ones(1)}, tmp_path / "x.pt", {"note": "no"})


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.binary()
    | st.text(st.characters(exclude_categories=["Cs"])) | st.complex_numbers(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.lists(inner, max_size=3).map(tuple)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])) | st.integers(-9, 9), inner,
                      max_size=4),
    max_leaves=12)


@given(plain)
@settings(max_examples=60, deadline=None)
def test_any_data_survives(obj):
    assert again(obj) == obj


def test_files_and_names(tmp_path):
    with pytest.raises(pt.ArgumentError, match="not a file"):
        torch.load(3)
    with pytest.raises(pt.ArgumentError, match="not a file"):
        torch.save(1, 3)
    with pytest.raises(pt.ResourceError, match="cannot read"):
        torch.load(tmp_path / "absent.pt")
    with open(tmp_path / "x.pt", "wb") as file:
        torch.save([1], file)
    with open(tmp_path / "x.pt", "rb") as file:
        assert torch.load(file) == [1]


@pytest.mark.parametrize("dtype", ["?", "i1", "u8", "f2", "<f4", ">f8", "c16"])
def test_numpy_arrays_survive(dtype):
    x = np.arange(6).reshape(2, 3).astype(dtype)
    found = again({"x": x, "y": x, "t": x.T})
    assert found["x"] is found["y"]
    assert found["x"].dtype == x.dtype.newbyteorder("=")  # as NumPy's own pickles
    np.testing.assert_array_equal(found["x"], x)
    np.testing.assert_array_equal(found["t"], x.T)


def test_numpy_arrays_of_torch_are_read():
    found = torch.load(FIXTURES / "arrays.pt")
    assert found["array"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found["columns"].flags.f_contiguous
    assert found["columns"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found["other order"].tolist() == [0, 1]
    assert found["number"] == 0.5
    assert type(found["number"]) is np.float64

"""`pentad convert`, as a user types it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import pentad as pt
from pentad.cli import main
from pentad.formats import npz

FORMATS = Path(__file__).parent.parent / "formats" / "fixtures"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def convert(*arguments, code=0):
    result = CliRunner().invoke(main, ["convert", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.stdout if code == 0 else result.stderr


def weights():
    return {"a.weight": pt.arange(6.0).view(2, 3), "a.bias": pt.ones(2, dtype=pt.int64),
            "half": pt.ones(1, dtype=pt.bfloat16), "step": pt.tensor(3)}


@pytest.mark.parametrize("first", [".pt", ".safetensors"])
@pytest.mark.parametrize("second", [".pth", ".safetensors", ".npz"])
def test_from_each_format_to_each(first, second):
    pt.save(weights(), "m" + first)
    said = convert("m" + first, "n" + second)
    assert "a.weight" in said
    assert "2 x 3" in said
    assert "4 tensors, 0.0 MB: m" in said
    convert("n" + second, "back.safetensors")
    found = pt.load("back.safetensors")
    for name, t in weights().items():
        assert found[name].float().tolist() == t.float().tolist()
    widened = second == ".npz"
    assert found["half"].dtype is (pt.float32 if widened else pt.bfloat16)
    assert ("written as float32" in said) == widened


def test_npz_files_are_numpys():
    np.savez_compressed("m.npz", **{"a/b": np.arange(3), "zeros": np.zeros((100, 100))})
    assert "a number" not in convert("m.npz", "m.pt")
    assert pt.load("m.pt")["a/b"].tolist() == [0, 1, 2]
    convert("m.pt", "n.npz")
    with np.load("n.npz", allow_pickle=False) as found:
        assert found["zeros"].shape == (100, 100)
        assert found["a/b"].dtype == np.int64


def test_a_checkpoint_with_other_things_besides():
    pt.save({"state_dict": weights(), "epoch": 3, "optimizer": {"state": [pt.ones(1)]}}, "c.pth")
    said = convert("c.pth", "all.safetensors")
    assert "left out: 3" in said
    assert set(pt.load("all.safetensors")) == {
        *(f"state_dict.{k}" for k in weights()), "optimizer.state.0"}
    convert("--entry", "state_dict", "c.pth", "some.safetensors")
    assert set(pt.load("some.safetensors")) == set(weights())
    assert "nothing in the file is called 'model'" in convert(
        "--entry", "model", "c.pth", "x.safetensors", code=1)


def test_checkpoints_of_pytorch_and_tensorflow():
    convert(FORMATS / "torch" / "trained.pth", "t.safetensors", "--entry", "state_dict")
    assert pt.load("t.safetensors")["0.weight"].shape == (4, 3)
    for version in ("v1", "v2"):
        for name in (f"{version}/model.ckpt-7", version):
            said = convert(FORMATS / name, f"{version}.npz", "--force")
            with np.load(f"{version}.npz") as found:
                assert found["layer/kernel"].shape == (8, 5)
            assert "texts" in said
            assert "left out" in said
    convert(FORMATS / "v2" / "model.ckpt-7.index", "x.npz")


def test_shared_memory_is_said():
    x = pt.arange(10.0)
    pt.save({"a": x, "b": x[2:]}, "m.pt")
    assert "shares memory with a: written twice" in convert("m.pt", "m.safetensors")
    assert "shares memory with a" in convert("m.pt", "n.pt")
    assert pt.load("m.safetensors")["b"].tolist() == x[2:].tolist()


def test_arrays_of_numpy_are_weights_too():
    arrays = {"w": np.arange(6.0).reshape(2, 3), "big": np.arange(3, dtype=">i4"),
              "long": np.zeros(2, "f16"), "n": 3}
    pt.save(arrays, "m.pt")
    said = convert("m.pt", "m.safetensors")
    assert said.count("left out") == 2
    found = pt.load("m.safetensors")
    assert {k: v.tolist() for k, v in found.items()} == {
        "w": [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], "big": [0, 1, 2]}
    np.savez("n.npz", long=np.zeros(2, "f16"), ok=np.ones(1))
    assert "left out" in convert("n.npz", "n.pt")
    assert list(pt.load("n.pt")) == ["ok"]


@pytest.mark.parametrize("obj", [{}, [], 3, {"epoch": 3, "notes": ["a", None]}])
def test_a_file_without_tensors_becomes_no_file(obj):
    pt.save(obj, "m.pt")
    for target in ("m.safetensors", "n.pt", "m.npz"):
        said = convert("m.pt", target, code=1)
        assert "there are no tensors in the file" in said
        assert ("epoch (int)" in said) == (isinstance(obj, dict) and bool(obj))
        assert not Path(target).exists()


def test_nothing_is_written_over_without_force():
    pt.save(weights(), "m.pt")
    Path("m.npz").write_text("mine")
    said = convert("m.pt", "m.npz", code=1)
    assert "m.npz exists" in said
    assert "--force" in said
    assert Path("m.npz").read_text() == "mine"
    convert("--force", "m.pt", "m.npz")
    assert len(np.load("m.npz").files) == 4


def test_what_cannot_be_converted():
    pt.save({"z": pt.ones(1, dtype=pt.complex128)}, "z.pt")
    assert "no complex128" in convert("z.pt", "z.safetensors", code=1)
    assert "what is z.txt to be" in convert("z.pt", "z.txt", code=1)
    assert "cannot read none.pt" in convert("none.pt", "z.npz", code=1)
    assert "a folder without a checkpoint" in convert(".", "z.npz", code=1)
    Path("w.pt").write_bytes(b"<html>")
    assert "is not a safetensors file" in convert("w.pt", "z.npz", code=1)
    pt.save({"a.b": pt.ones(1), "a": {"b": pt.ones(1)}}, "same.pt")
    assert "two tensors would be called 'a.b'" in convert("same.pt", "z.npz", code=1)
    assert not Path("z.npz").exists()


def npy(header: bytes, body: bytes = b"") -> bytes:
    head = header.ljust(117) + b"\n"
    return b"\x93NUMPY\1\0" + len(head).to_bytes(2, "little") + head + body


@pytest.mark.parametrize("content", [
    b"", b"\x93NUMPY", npy(b"{"), npy(b"[" * 100), npy(b"__import__('os').system('true')"),
    npy(b"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"cos\nsystem\n."),
    npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", b"1234"),
    npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", b"1234"),
    npy(b"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", b"1234"),
    npy(b"{'descr': '<U1', 'fortran_order': False, 'shape': (1,)}", b"1234"),
    b"\x93NUMPY\3\0" + npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}")[8:],
])
def test_hostile_arrays(content):
    with zipfile.ZipFile("m.npz", "w") as file:
        file.writestr("a.npy", content)
    with pytest.raises(pt.FormatError, match=r"entry 'a\.npy'"):
        npz.read_npz("m.npz")


def test_bombs_and_other_archives():
    with zipfile.ZipFile("bomb.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.npy", bytes(80 << 20))
    with pytest.raises(pt.FormatError, match="too large once unpacked"):
        npz.read_npz("bomb.npz")
    with zipfile.ZipFile("other.npz", "w") as file:
        file.writestr("a.txt", b"")
    with pytest.raises(pt.FormatError, match="not of arrays"):
        npz.read_npz("other.npz")
    made = io.BytesIO()
    np.savez_compressed(made, a=np.arange(1000))
    content = made.getvalue()
    for at in range(0, len(content), 7):
        Path("m.npz").write_bytes(content[:at] + bytes([content[at] ^ 16]) + content[at + 1:])
        try:
            found = npz.read_npz("m.npz")
        except pt.FormatError:
            continue
        assert all(v.dtype == np.int64 and v.tolist() == list(range(1000)) for v in found.values())


def test_arrays_by_columns_and_in_the_other_byte_order():
    by_columns = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    np.savez("m.npz", f=by_columns, b=np.arange(3, dtype=">i4"))
    found = npz.read_npz("m.npz")
    assert found["f"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found["f"].flags.c_contiguous
    assert found["b"].dtype == np.int32
    assert found["b"].tolist() == [0, 1, 2]

"""Checkpoints against files that TensorFlow 1.15 wrote, and against themselves."""

from __future__ import annotations

from pathlib import Path

import hypothesis.extra.numpy as st_numpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pentad as pt
from pentad.formats import checkpoints

FIXTURES = Path(__file__).parent / "fixtures"
TYPES = ["float32", "float64", "float16", "int8", "int16", "int32", "int64", "uint8", "uint16",
         "bool", "complex64", "complex128"]


def values() -> dict[str, np.ndarray]:
    """What tests/frontends/regenerate/checkpoints.py lets TensorFlow write."""
    found = {}
    for i, name in enumerate(TYPES):
        base = np.arange(6).reshape(2, 3) - (0 if name.startswith("u") else 2)
        found["types/" + name] = (base * (1 + i)).astype(name)
    found["scalar"] = np.array(0.1, np.float32)
    found["empty"] = np.zeros((0, 3), np.float32)
    found["texts"] = np.array([b"one", b"", b"\xff\x00three"], object)
    found["layer/kernel"] = np.linspace(-1, 1, 40, dtype=np.float32).reshape(8, 5)
    return found


def read(prefix) -> dict[str, np.ndarray]:
    reader = checkpoints.open_checkpoint(prefix)
    return {name: reader.tensor(name) for name in reader.entries}


def same(found: dict, expected: dict) -> bool:
    return set(found) == set(expected) and all(
        found[k].dtype == v.dtype and found[k].shape == v.shape
        and found[k].tobytes() == v.tobytes() if v.dtype != object
        else found[k].tolist() == v.tolist() for k, v in expected.items())


@pytest.mark.parametrize("version", [1, 2])
def test_files_of_tensorflow_are_read(version):
    expected = values() | {
        "global_step": np.array(7), "parted": np.arange(24, dtype=np.float32).reshape(8, 3)}
    found = read(FIXTURES / f"v{version}" / "model.ckpt-7")
    assert same(found, expected)


@pytest.mark.parametrize("version", [1, 2])
def test_what_is_written_is_read(version, tmp_path):
    checkpoints.write_checkpoint(tmp_path / "m", values(), version)
    assert same(read(tmp_path / "m"), values())
    assert not list(tmp_path.glob("*tempstate*"))
    assert checkpoints.open_checkpoint(tmp_path / "m").version == version


def test_a_bundle_is_byte_for_byte_that_of_tensorflow(tmp_path):
    """Without slices, whose order is TensorFlow's own affair, the data files are equal."""
    found = read(FIXTURES / "v2" / "model.ckpt-7")
    del found["parted"]
    checkpoints.write_checkpoint(tmp_path / "m", found)
    theirs = (FIXTURES / "v2" / "model.ckpt-7.data-00000-of-00001").read_bytes()
    ours = (tmp_path / "m.data-00000-of-00001").read_bytes()
    start = theirs.index(np.arange(24, dtype=np.float32).tobytes()[:36])
    assert ours == theirs[:start] + theirs[start + 96:]


arrays = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    st_numpy.arrays(
        st.sampled_from(["float32", "float64", "int32", "int64", "bool", "complex64"]),
        st_numpy.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ) | st.lists(st.binary(max_size=300), max_size=4).map(lambda v: np.array([*v, 0], object)[:-1]),
    max_size=8)


@given(arrays, st.sampled_from([1, 2]))
@settings(max_examples=60, deadline=None)
def test_any_tensors_survive(tmp_path_factory, tensors, version):
    prefix = tmp_path_factory.mktemp("any") / "m"
    checkpoints.write_checkpoint(prefix, tensors, version)
    assert same(read(prefix), tensors)


def test_tables_of_many_blocks(tmp_path):
    tensors = {f"name/{i:05d}": np.full(1000, i) for i in range(500)}
    checkpoints.write_checkpoint(tmp_path / "m", tensors, 1)
    assert (tmp_path / "m").stat().st_size > 2 * (256 << 10)
    reader = checkpoints.open_checkpoint(tmp_path / "m")
    assert len(reader.entries) == 500
    assert [reader.tensor(f"name/{i:05d}")[-1] for i in (0, 250, 499)] == [0, 250, 499]


@pytest.mark.parametrize("version", [1, 2])
def test_every_flipped_byte_and_every_length(version, tmp_path):
    small = {"a": np.arange(3, dtype=np.float32), "ab": np.array([b"x", b"yz"], object),
             "b": np.array(300)}
    checkpoints.write_checkpoint(tmp_path / "m", small, version)
    for path in list(tmp_path.iterdir()):
        content = path.read_bytes()
        changed = [content[:i] + bytes([content[i] ^ bit]) + content[i + 1:]
                   for i in range(len(content)) for bit in (1, 255)]
        for bad in changed:
            path.write_bytes(bad)
            try:
                assert same(read(tmp_path / "m"), small)
            except pt.FormatError as error:
                message = str(error)
                assert message.startswith(str(tmp_path / "m"))
        for end in range(len(content)):
            path.write_bytes(content[:end])
            with pytest.raises(pt.FormatError):
                read(tmp_path / "m")
        path.write_bytes(content)


def test_a_damaged_tensor_is_named(tmp_path):
    checkpoints.write_checkpoint(tmp_path / "m", {"weights": np.ones(4), "other": np.ones(2)})
    path = tmp_path / "m.data-00000-of-00001"
    content = bytearray(path.read_bytes())
    content[20] ^= 1
    path.write_bytes(content)
    reader = checkpoints.open_checkpoint(tmp_path / "m")
    assert reader.tensor("other").tolist() == [1, 1]
    with pytest.raises(pt.FormatError, match=r"(?s)'weights' at byte 16: a checksum.*expected:"):
        reader.tensor("weights")


def test_a_missing_checkpoint_says_which(tmp_path):
    with pytest.raises(pt.ResourceError, match=r"Failed to find any matching files for .*nothing"):
        checkpoints.open_checkpoint(tmp_path / "nothing")
    assert not checkpoints.exists(tmp_path / "nothing")
    assert checkpoints.exists(FIXTURES / "v1" / "model.ckpt-7")


def test_a_failed_write_leaves_the_old_file(tmp_path):
    checkpoints.write_checkpoint(tmp_path / "m", {"a": np.ones(2)})
    with pytest.raises(pt.DTypeError, match="no such element type"):
        checkpoints.write_checkpoint(tmp_path / "m", {"a": np.zeros(2), "b": np.array(1, "M8[s]")})
    assert read(tmp_path / "m")["a"].tolist() == [1, 1]
    assert len(list(tmp_path.iterdir())) == 2


def test_the_state_file(tmp_path):
    state = checkpoints.read_state(FIXTURES / "v2" / "checkpoint")
    assert state.model_checkpoint_path == str(FIXTURES / "v2" / "model.ckpt-7")
    checkpoints.write_state(tmp_path / "checkpoint", "m-2", ["m-1", "m-2"])
    assert (tmp_path / "checkpoint").read_text() == (
        'model_checkpoint_path: "m-2"\nall_model_checkpoint_paths: "m-1"\n'
        'all_model_checkpoint_paths: "m-2"\n')
    found = checkpoints.read_state(tmp_path / "checkpoint")
    assert list(found.all_model_checkpoint_paths) == [str(tmp_path / f"m-{i}") for i in (1, 2)]
    assert checkpoints.read_state(tmp_path / "none") is None
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "m-2"\nwrong: 3')
    with pytest.raises(pt.FormatError, match="checkpoint, line 2: not a field"):
        checkpoints.read_state(tmp_path / "checkpoint")

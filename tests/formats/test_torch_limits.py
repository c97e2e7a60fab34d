"""What small files may make at most, and that whatever is written is read: the same limits."""

from __future__ import annotations

import io
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest

import pentad as pt
from pentad.formats import limits, npz, torch
from tests.formats.torch_parts import FOUR, P, archive, reference, refused, text


def again(obj):
    made = io.BytesIO()
    torch.save(obj, made)
    made.seek(0)
    return torch.load(made)


def kept(step: bytes, count: int) -> bytes:
    """What a step makes of what is the first in the memo, many times in one list."""
    return b"1](" + step * count + b"e"


LETTERS = b"X" + (1 << 20).to_bytes(4, "little") + b"a" * (1 << 20)
ENCODE = b"c_codecs\nencode\n"
COPIES = {
    "bytes": ENCODE + b"q\x01" + LETTERS + text("latin1") + b"\x86q\x02"
    + kept(b"h\x01h\x02R", 60),
    "bytearrays": b"c__builtin__\nbytearray\nq\x01B\0\0\x10\0" + bytes(1 << 20) + b"\x85q\x02"
    + kept(b"h\x01h\x02R", 60),
    "sets": b"c__builtin__\nset\nq\x01](" + b"N" * (1 << 16) + b"e\x85q\x02"
    + kept(b"h\x01h\x02R", 1 << 9),
    "dicts": b"ccollections\nOrderedDict\nq\x01](" + b"NN\x86" * (1 << 13) + b"e\x85q\x02"
    + kept(b"h\x01h\x02R", 1 << 8),
    "empty sets": b"N" + kept(b"\x8f", 100_000),
    "empty dicts": b"ccollections\nOrderedDict\nq\x01" + kept(b"h\x01)R", 100_000),
    "tensors": b"ctorch._utils\n_rebuild_tensor_v2\nq\x01(" + reference() + b"K\x00)q\x03h\x03\x89N"
    + b"tq\x02" + kept(b"h\x01h\x02R", 50_000),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_step_of_few_bytes_does_not_copy_for_ever(name, monkeypatch):
    content = archive(P + b"(" + COPIES[name] + b".", data__0=FOUR)
    assert len(content) < 2 << 20
    monkeypatch.setattr(limits, "MADE_BYTES", 10 << 20)
    tracemalloc.start()
    try:
        assert "too much is made of what the file holds" in refused(content)
        assert tracemalloc.get_traced_memory()[1] < 60 << 20
    finally:
        tracemalloc.stop()


def test_arrays_and_flipped_tensors_are_copies_too(monkeypatch):
    array = (b"cnumpy.core.multiarray\n_reconstruct\nq\x01(cnumpy\nndarray\nK\x00\x85C\x01btq\x02"
             b"cnumpy\ndtype\n(" + text("u1") + b"\x89\x88tRq\x03B\0\0\1\0" + bytes(1 << 16)
             + b"q\x05(K\x01J\0\0\1\0\x85h\x03\x89h\x05tq\x04")
    flips = (b"ctorch\nFloatStorage\nq\x01ctorch._utils\n_rebuild_tensor_v2\nq\x02("
             + reference(b"h\x01", length=b"J\0\x40\0\0")
             + b"K\x00J\0\x40\0\0\x85K\x01\x85\x89N}" + text("neg") + b"\x88stq\x03")
    monkeypatch.setattr(limits, "MADE_BYTES", 1 << 20)
    for data, step in ((array, b"h\x01h\x02Rh\x04b"), (flips, b"h\x02h\x03R")):
        few, many = (archive(P + b"(" + data + kept(step, n) + b".", data__0=bytes(1 << 16))
                     for n in (4, 64))
        assert len(torch.load(io.BytesIO(few))) == 4
        assert "too much is made" in refused(many)


@pytest.mark.parametrize("nbytes", [(24 << 20) + 1])
def test_large_arrays_of_numpy_are_read_and_written(nbytes):
    values = np.arange(nbytes, dtype=np.uint32).astype(np.uint8)
    found = again({"a": values, "b": [values[:5], bytes(5)]})
    np.testing.assert_array_equal(found["a"], values)
    head = pickle.dumps(values, 2)
    np.testing.assert_array_equal(torch.load(io.BytesIO(archive(head))), values)
    assert "truncated" in refused(archive(head[:nbytes]))


SAME = [0] * 3
LOOP: list[object] = [1]
LOOP.append({"again": (LOOP,)})
PAIR: tuple[list[object]] = ([],)
PAIR[0].append(PAIR)
DEEP: list[object] = []
for _ in range(40):
    DEEP = [DEEP]
BELOW: list[object] = [DEEP]
for _ in range(30):
    BELOW = [BELOW]
WIDE: list[object] = [0] * 1000
for _ in range(3):
    WIDE = [WIDE] * 25


@pytest.mark.parametrize(("obj", "says"), [
    ({"m": {1 << 60: 1}}, r"\['m'\] .*the key 1152921504606846976"),
    ({"m": [{(1, 2)}]}, r"\['m'\]\[0\] .*the key \(1, 2\)"),
    ({"m": {1.5, 1 << 70}}, r"\['m'\] .*numbers below 2\*\*60"),
    ({"a": LOOP}, r"\['a'\]\[1\]\['again'\]\[0\] .*a container within itself"),
    ([PAIR], r"\[0\]\[0\]\[0\] .*a container within itself"),
    ({"a": DEEP, "b": BELOW}, "containers too deep"),
    ([WIDE, WIDE], "items, those of what is shared counted again"),
    ([np.ma.masked_array([1, 2], [True, False])], r"\[0\] .*a MaskedArray of int64"),
    ([np.zeros(2, "c32")], r"\[0\] .*a ndarray of complex256"),
], ids=range(9))
def test_what_load_would_refuse_is_not_written(obj, says):
    with pytest.raises(pt.ArgumentError, match=f"(?s)save: .*{says}"):
        torch.save(obj, io.BytesIO())


@pytest.mark.parametrize(("limit", "obj"), [
    ("PICKLE_STEPS", [0] * 200), ("PICKLE_MEMO", [[] for _ in range(200)]),
    ("PICKLE_BYTES", "x" * 200), ("PICKLE_TEXT", {"x": "y" * 200}),
])
def test_more_than_load_takes_is_not_written(limit, obj, monkeypatch):
    assert again(obj) == obj
    monkeypatch.setattr(limits, limit, 100)
    with pytest.raises(pt.ArgumentError, match=r"(?s)cannot be written as data.*at most|100 at"):
        torch.save(obj, io.BytesIO())


@pytest.mark.parametrize("obj", [
    [set(range(10000)), [{1.5, "a", b"b", None}]], [bytes(1 << 10)] * 3000,
    [bytearray(1 << 14) for _ in range(70)], [np.zeros(1 << 10) for _ in range(200)],
    {(1 << 60) - 1: True, -5: False, 1.5: None, None: 1, b"k": 2},
    [[SAME, SAME], (SAME, SAME)], [{} for _ in range(10000)],
], ids=range(7))
def test_what_is_written_is_read(obj, monkeypatch):
    monkeypatch.setattr(limits, "MADE_BYTES", 1 << 20)
    np.testing.assert_equal(again(obj), obj)


def test_views_that_repeat_often_are_written():
    many = pt.zeros(1).expand(20_000_000)
    assert again(many).shape == (20_000_000,)


@pytest.mark.parametrize("more", [0, 3, 17, 31, 45, 52, 128, 258, 300])
def test_packed_arrays_end_where_they_should(more, tmp_path):
    """Of a run of zeros that ends a piece, a part waits in the unpacker when all input is taken."""
    np.savez_compressed(tmp_path / "x.npz", np.zeros((16 << 20) + more - 128, np.uint8))
    found = npz.read_npz(tmp_path / "x.npz")["arr_0"]
    assert found.size == (16 << 20) + more - 128
    assert not found.any()


def test_packed_data_of_another_length_are_refused(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", np.zeros(1000))
    with zipfile.ZipFile(tmp_path / "x.npz") as file:
        [entry] = file.infolist()
    content = bytearray((tmp_path / "x.npz").read_bytes())
    start = entry.header_offset + 30 + len(entry.filename) + int.from_bytes(
        content[entry.header_offset + 28:entry.header_offset + 30], "little")
    content[start:start + entry.compress_size] = (b"\x03\0" * entry.compress_size)[
        :entry.compress_size]
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(pt.FormatError, match="end too early, or too late"):
        npz.read_npz(tmp_path / "x.npz")

"""Messages, their text form, checksums, Snappy, records."""

from __future__ import annotations

import io
import os
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import pentad as pt
from pentad.formats import media, snappy, text_format, tfrecord, wire
from pentad.formats.crc32c import crc32c, masked, unmasked
from pentad.formats.tensorflow import slices
from pentad.formats.tensorflow.events import Event, Summary
from pentad.formats.tensorflow.examples import Example, Feature, Features, Int64List
from pentad.formats.tensorflow.graphs import AttrValue, GraphDef, NodeDef
from pentad.formats.tensorflow.tensors import TensorProto, make_ndarray, make_tensor_proto


def slow_crc(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def test_checksums():
    assert crc32c(b"123456789") == 0xE3069283
    for size in (0, 1, 2047, 2049, 10_001):
        data = os.urandom(size)
        assert crc32c(data) == slow_crc(data) == crc32c(data[size // 3:], crc32c(data[:size // 3]))
    assert unmasked(masked(0xE3069283)) == 0xE3069283


def test_numbers():
    values = np.array([0, 1, 127, 128, -1, 2**62, -2**63, 300], np.int64)
    packed = wire.put_varints(values)
    assert packed == b"".join(wire.put_varint(int(v)) for v in values)
    assert wire.varints(packed, "").view(np.int64).tolist() == values.tolist()
    with pytest.raises(pt.FormatError, match="truncated"):
        wire.varints(packed[:-1] + b"\x80", "x")


def graph() -> GraphDef:
    made = GraphDef()
    node = made.node.add(name="a", op="Const")
    node.attr["dtype"].type = 1
    node.attr["value"].tensor.CopyFrom(make_tensor_proto(np.arange(3, dtype=np.float32)))
    made.node.add(name="b", op="Neg", input=["a"])
    made.versions.producer = 134
    return made


def test_messages_behave_as_those_of_protobuf():
    made = graph()
    assert GraphDef.FromString(made.SerializeToString()) == made
    assert made.node[1].input == ["a"]
    assert not made.HasField("library")
    assert made.library.function == []
    assert not made.HasField("library")
    made.library.function.add().signature.name = "f"
    assert made.HasField("library")
    value = AttrValue(i=3)
    assert value.WhichOneof("value") == "i"
    value.s = b"x"
    assert value.WhichOneof("value") == "s"
    assert value.i == 0
    node = NodeDef()
    node.CopyFrom(made.node[0])
    node.name = "c"
    assert made.node[0].name == "a"
    with pytest.raises(pt.DTypeError, match="field 'name'"):
        node.name = 3
    with pytest.raises(pt.ArgumentError, match="no field 'nam'"):
        NodeDef(nam="x")


def test_bytes_are_those_of_the_format():
    feature = Feature(int64_list=Int64List(value=[1, 300]))
    example = Example(features=Features(feature={"n": feature}))
    assert example.SerializeToString().hex() == "0a0e0a0c0a016e12071a050a0301ac02"
    assert Summary(value=[Summary.Value(tag="t", simple_value=0.5)]).SerializeToString() == (
        b"\x0a\x08\x0a\x01t\x15\x00\x00\x00\x3f")


def test_text_form():
    text = str(graph())
    assert 'op: "Const"' in text
    assert "type: DT_FLOAT" in text
    assert text_format.parse(text, GraphDef()) == graph()
    found = text_format.parse(
        "# comment\nnode < name: 'a\\n' 'b' attr { key: \"k\" value { i: 0x10 } } >", GraphDef())
    assert found.node[0].name == "a\nb"
    assert found.node[0].attr["k"].i == 16


@pytest.mark.parametrize("text", [
    "node {", "node { name: 3 }", "nodes {}", "node { name: 'x }", "@", "node: 5", "node {" * 99,
    "versions { producer: 99999999999 }"])
def test_broken_texts(text):
    with pytest.raises(pt.FormatError, match="GraphDef, line 1"):
        text_format.parse(text, GraphDef())


@given(st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_bytes_parse_or_are_refused(data):
    for kind in (GraphDef, Event, Example, TensorProto):
        try:
            found = kind.FromString(data)
        except pt.FormatError:
            continue
        assert kind.FromString(found.SerializeToString()).SerializeToString() == (
            found.SerializeToString())


def test_depth_is_bounded():
    data = b""
    for _ in range(100):
        data = wire.put(10, wire.BYTES, wire.put(2, wire.BYTES, wire.put(2, wire.BYTES, data)))
    with pytest.raises(pt.FormatError, match="messages within messages"):
        AttrValue.FromString(data)


@pytest.mark.parametrize("array", [
    np.float32(0.1), np.arange(6).reshape(2, 3), np.array([True, False]), np.zeros((0, 2)),
    np.array([1 + 2j], np.complex64), np.array([b"a", b"bc"], object), np.array(7, np.float16)])
def test_tensors(array):
    found = make_ndarray(TensorProto.FromString(make_tensor_proto(array).SerializeToString()))
    np.testing.assert_array_equal(found, array)
    assert found.dtype == np.asarray(array).dtype


def test_tensors_that_do_not_fit():
    made = make_tensor_proto(np.arange(4, dtype=np.float32))
    made.tensor_shape.dim[0].size = 1 << 39
    with pytest.raises(pt.FormatError, match="do not fit"):
        make_ndarray(made)
    filled = TensorProto(dtype=1, float_val=[2.5])
    filled.tensor_shape.dim.add(size=3)
    assert make_ndarray(filled).tolist() == [2.5] * 3
    filled.tensor_shape.dim[0].size = 1 << 36
    with pytest.raises(pt.FormatError, match="too large"):
        make_ndarray(filled)


def test_snappy():
    data = bytes([20, 0b1100]) + b"abcd" + bytes([0b00111110, 4, 0])
    assert snappy.unpacked(data, "x") == b"abcd" * 5
    for bad in (data[:-1], data[:3], b"\xff\xff\xff\xff\x0f" + data[1:], data[:-2] + b"\x09\x00"):
        with pytest.raises(pt.FormatError):
            snappy.unpacked(bad, "x")


def test_keys_of_slices_sort_as_their_numbers():
    numbers = [-2**63, -2**40, -9000, -65, -64, -1, 0, 63, 64, 8191, 8192, 2**40, 2**63 - 1]
    keys = [slices._signed(n) for n in numbers]
    assert keys == sorted(keys)
    assert slices._signed(64).hex() == "c040"
    assert slices._text(b"a\0\xff") == b"a\0\xff\xff\0\0\1"


@pytest.mark.parametrize("compression", tfrecord.COMPRESSIONS)
def test_records(tmp_path, compression):
    records = [b"", b"one", os.urandom(70_000)]
    with tfrecord.RecordWriter(tmp_path / "r", compression) as writer:
        for record in records:
            writer.write(record)
    assert list(tfrecord.read_records(tmp_path / "r", compression)) == records


def test_broken_records(tmp_path):
    with tfrecord.RecordWriter(tmp_path / "r") as writer:
        writer.write(b"some data")
    content = (tmp_path / "r").read_bytes()
    changed = [content[:i] + bytes([content[i] ^ 4]) + content[i + 1:] for i in range(len(content))]
    for bad in [*changed, *[content[:i] for i in range(1, len(content))]]:
        (tmp_path / "r").write_bytes(bad)
        with pytest.raises(pt.FormatError, match="byte 0: a "):
            list(tfrecord.read_records(tmp_path / "r"))


def test_records_wait_and_are_written_whole(tmp_path):
    writer = tfrecord.RecordWriter(tmp_path / "r", new=True)
    writer.write(b"one")
    assert (tmp_path / "r").stat().st_size == 0
    writer.flush()
    assert (tmp_path / "r").read_bytes() == tfrecord.framed(b"one")
    writer.write(bytes(70_000))   # more than waits
    assert (tmp_path / "r").stat().st_size == 19 + 70_016
    writer.close()
    writer.close()
    with pytest.raises(FileExistsError):
        tfrecord.RecordWriter(tmp_path / "r", new=True)


def test_what_a_full_disk_did_not_take_is_written_later(tmp_path):
    class Full:
        def __init__(self, file):
            self.file, self.room = file, 25

        def write(self, data):
            if not self.room:
                raise OSError(28, "No space left on device")
            count = self.file.write(data[:self.room])
            self.room -= count
            return count

        def __getattr__(self, name):
            return getattr(self.file, name)

    writer = tfrecord.RecordWriter(tmp_path / "r")
    writer.file = disk = Full(writer.file)
    writer.write(b"one")
    writer.flush()
    writer.write(b"two")
    with pytest.raises(OSError, match="No space left"):
        writer.flush()
    assert list(tfrecord.read_records(tmp_path / "r")) == [b"one"]
    disk.room = 1000
    writer.close()
    assert list(tfrecord.read_records(tmp_path / "r")) == [b"one", b"two"]


def test_pictures_and_sounds(tmp_path):
    pixels = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4) * 10
    for channels in (1, 2, 3, 4):
        data = io.BytesIO(media.png(pixels[..., :channels]))
        shown = np.asarray(Image.open(data)).reshape(2, 3, channels)
        assert (shown == pixels[..., :channels]).all()
    deep = (np.arange(6, dtype=np.uint16).reshape(2, 3, 1) * 9999)
    assert (np.asarray(Image.open(io.BytesIO(media.png(deep)))) == deep[..., 0]).all()
    samples = np.array([[1, -1], [300, -32768]])
    with wave.open(io.BytesIO(media.wav(samples, 8000))) as file:
        assert file.getparams()[:4] == (2, 2, 8000, 2)
        assert (np.frombuffer(file.readframes(2), "<i2").reshape(2, 2) == samples).all()

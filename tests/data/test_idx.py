from __future__ import annotations

import contextlib
import gzip
import os
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentad.data.idx import MAX_EXPANSION, read_idx
from pentad.graph.errors import DataError, FormatError

CODES = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}


def idx_bytes(array):
    header = bytes([0, 0, CODES[array.dtype.str[1:]], array.ndim])
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return header + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.fixture
def write(tmp_path):
    def put(content, name="file-idx"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return put


def refusal(path):
    with pytest.raises(FormatError) as caught:
        read_idx(path)
    text = str(caught.value)
    assert str(path) in text
    for label in ("expected:", "got:", "try:"):
        assert label in text
    return text


@pytest.mark.parametrize("code", sorted(CODES))
@pytest.mark.parametrize("shape", [(5,), (2, 3, 4), (0, 3), ()])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_reads_back_what_was_written(write, code, shape, pack):
    values = np.random.default_rng(0).integers(0, 100, shape).astype(code)
    array = read_idx(write(pack(idx_bytes(values))))
    assert array.dtype == values.dtype
    assert array.dtype.isnative
    np.testing.assert_array_equal(array, values)


IMAGES = idx_bytes(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))


@pytest.mark.parametrize("length", range(len(IMAGES)))
def test_every_truncation_is_refused(write, length):
    refusal(write(IMAGES[:length]))


@pytest.mark.parametrize("length", range(2, len(gzip.compress(IMAGES)), 3))
def test_every_truncated_gzip_is_refused(write, length):
    refusal(write(gzip.compress(IMAGES)[:length]))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_trailing_bytes_are_refused(write, pack):
    refusal(write(pack(IMAGES + b"\0")))


def test_trailing_garbage_behind_the_gzip_stream_is_refused(write):
    refusal(write(gzip.compress(IMAGES) + b"more"))


def test_the_message_names_both_lengths(write):
    text = refusal(write(IMAGES[:-1]))
    assert "40 bytes, as shape [2, 3, 4] needs" in text
    assert "39 bytes" in text


@pytest.mark.parametrize("content", [
    b"",
    b"\x89PNG\r\n\x1a\n" + bytes(40),
    b"\0\0\x07\x01" + bytes(8),
    b"\0\x01\x08\x01" + bytes(8),
    b"\0\0\x08\xff" + bytes(2000),
    b"<!DOCTYPE html><html>404</html>",
])
def test_foreign_files_are_refused(write, content):
    refusal(write(content))
    refusal(write(gzip.compress(content)))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_huge_declaration_allocates_nothing(write, pack):
    path = write(pack(b"\0\0\x0e\x04" + struct.pack(">4I", *[2**32 - 1] * 4) + bytes(64)))
    tracemalloc.start()
    try:
        refusal(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_decompression_bomb_is_refused_before_it_expands(write):
    size = 64 << 20
    path = write(gzip.compress(b"\0\0\x08\x01" + struct.pack(">I", size) + bytes(size), 9))
    assert path.stat().st_size * MAX_EXPANSION < size
    tracemalloc.start()
    try:
        assert f"declares {size}" in refusal(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_wrong_checksum_of_the_gzip_stream_is_refused(write):
    packed = bytearray(gzip.compress(IMAGES))
    packed[-6] ^= 1
    refusal(write(bytes(packed)))


def test_a_missing_file_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        read_idx(tmp_path / "absent")


def test_a_directory_is_refused(tmp_path):
    with pytest.raises((DataError, FormatError), match="irectory"):
        read_idx(tmp_path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "regular file" in refusal(tmp_path / "pipe")


@given(st.data())
def test_damaged_files_give_an_array_or_a_format_error(tmp_path_factory, data):
    content = bytearray(data.draw(st.sampled_from([IMAGES, gzip.compress(IMAGES, mtime=0)])))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("fuzz") / "damaged"
    path.write_bytes(content)
    with contextlib.suppress(FormatError):
        assert isinstance(read_idx(path), np.ndarray)

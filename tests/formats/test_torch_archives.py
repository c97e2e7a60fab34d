"""Storages, tensors and archives that lie, in files that claim to be PyTorch's."""

from __future__ import annotations

import io
import pickle
import struct
import tarfile
import zipfile

import pytest

from pentad.formats import torch
from tests.formats.torch_parts import (
    FIXTURES,
    FOUR,
    LEGACY,
    P,
    archive,
    reference,
    refused,
    tensor,
    text,
)


def test_the_parts_of_these_files_are_sound():
    found = torch.load(io.BytesIO(archive(P + tensor() + b".", data__0=FOUR)))
    assert found.tolist() == [1, 2, 3, 4]
    big = struct.pack(">4f", 1, 2, 3, 4)
    found = torch.load(io.BytesIO(archive(P + tensor() + b".", data__0=big, byteorder=b"big")))
    assert found.tolist() == [1, 2, 3, 4]


REFERENCES = [
    {"first": "module"}, {"key": "../../../etc/passwd"}, {"key": "1"}, {"key": "0/../0"},
    {"length": b"J\xff\xff\xff\xff"}, {"length": b"K\x05"}, {"length": b"K\x03"},
    {"length": b"\x8a\x09" + b"\xff" * 8 + b"\x00"}, {"length": b"\x88"}, {"length": text("4")},
    {"kind": b"N"}, {"kind": b"ctorch\nfloat32\n"}, {"kind": b"ctorch\nQInt8Storage\n"},
    {"kind": text("FloatStorage")}, {"more": b"K\x01"}, {"more": b"(" + text("1") + b"K\x03K\x02t"},
    {"more": b"(" + text("1") + b"J\xff\xff\xff\xffK\x02t"}, {"more": b"NN"},
]


@pytest.mark.parametrize("change", REFERENCES)
def test_references_to_what_is_no_storage(change):
    assert refused(archive(P + tensor(reference(**change)) + b".", data__0=FOUR))


@pytest.mark.parametrize("pid", [b"K\x07", text("0"), b")", b"]", text("storage") + b"\x85", b"N"])
def test_other_persistent_ids(pid):
    assert "a reference to something that is no storage" in refused(archive(P + pid + b"Q."))


TENSORS = [
    {"offset": b"K\x01"}, {"offset": b"J\xff\xff\xff\xff"}, {"shape": b"K\x05\x85"},
    {"shape": b"J\xff\xff\xff\xff\x85"}, {"steps": b"J\xff\xff\xff\xff\x85"},
    {"steps": b"K\x02\x85"}, {"shape": b"K\x02K\x02\x86"}, {"shape": b"\x88\x85"},
    {"shape": text("4") + b"\x85"}, {"steps": b"G" + struct.pack(">d", 1.0) + b"\x85"},
    {"shape": b"(" + b"K\x01" * 65 + b"t", "steps": b"(" + b"K\x01" * 65 + b"t"},
    {"shape": b"\x8a\x08" + b"\xff" * 7 + b"\x7f\x85", "steps": b"K\x00\x85"},
    {"shape": b"J\x00\x00\x00\x40\x85", "steps": b"K\x00\x85"},
    {"more": b"\x89K\x01"}, {"more": b"K\x01N"}, {"more": b"\x89N}" + text("x") + b"\x88s"},
    {"more": b"\x89}K\x01K\x01s"},
]


@pytest.mark.parametrize("change", TENSORS)
def test_tensors_that_do_not_fit_their_storage(change):
    assert refused(archive(P + tensor(**change) + b".", data__0=FOUR))


def test_values_and_types_that_cannot_be():
    kind = reference(b"ctorch\nBoolStorage\n")
    assert "bool holds other bytes" in refused(
        archive(P + tensor(kind) + b".", data__0=b"\0\1\2\0"))
    two = tensor() + tensor(reference(b"ctorch\nIntStorage\n")) + b"\x86."
    assert "several element types" in refused(archive(P + two, data__0=FOUR))
    grad = tensor(reference(b"ctorch\nIntStorage\n"), more=b"\x88N")
    assert refused(archive(P + grad + b".", data__0=FOUR))
    assert "no data" in refused(archive(P + reference() + b".", data__0=FOUR))
    other = tensor() + tensor(reference(b"ctorch\nByteStorage\n")) + b"\x86."
    assert "two sizes" in refused(archive(P + other, data__0=FOUR))


# -- the archive -----------------------------------------------------------------------------------

GOOD = archive(P + tensor() + b".", data__0=FOUR)


def renamed(content: bytes, old: bytes, new: bytes) -> bytes:
    assert len(old) == len(new)
    assert old in content
    return content.replace(old, new)


@pytest.mark.parametrize("name", [b"m/../../0", b"/m/data/0", b"m//ata/00", b"m\\ata\\..",
                                  b"m/./a/00", b"m/data/\x00", b"m/data/\xff"])
def test_names_that_lead_elsewhere(name):
    old = b"m/data/0"
    assert "whose name is none" in refused(renamed(GOOD, old, name[:8].ljust(8, b"/")))


def test_entries_twice_or_over_each_other():
    twice = renamed(archive(P + tensor() + b".", data__0=FOUR, data__1=FOUR), b"data/1", b"data/0")
    assert "two entries of the name" in refused(twice)
    at = GOOD.index(b"PK\1\2", GOOD.index(b"PK\1\2") + 1)
    first = struct.unpack_from("<I", GOOD, at + 42)[0]
    over = bytearray(GOOD)
    struct.pack_into("<I", over, GOOD.index(b"PK\1\2") + 42, first)
    assert refused(bytes(over))


def test_sizes_that_lie():
    at = GOOD.index(b"PK\1\2")
    for place, form, value in ((20, "<I", 1 << 30), (24, "<I", 1 << 30), (42, "<I", 1 << 30),
                               (28, "<H", 500), (30, "<H", 500), (10, "<H", 8), (8, "<H", 1),
                               (16, "<I", 1234567), (24, "<I", 0xFFFFFFFF)):
        bad = bytearray(GOOD)
        struct.pack_into(form, bad, at + place, value)
        assert refused(bytes(bad)), place
    for place, form, value in ((18, "<I", 3), (26, "<H", 3), (28, "<H", 9), (8, "<H", 8)):
        bad = bytearray(GOOD)
        struct.pack_into(form, bad, place, value)
        assert refused(bytes(bad)), place


def test_packed_archives_and_bombs():
    assert "is packed" in refused(archive(P + b"N.", packed=zipfile.ZIP_DEFLATED))
    assert "a packing" in refused(archive(P + b"N.", packed=zipfile.ZIP_BZIP2))


def test_other_archives():
    assert "TorchScript" in refused((FIXTURES / "script.pt").read_bytes())
    assert "not PyTorch's" in refused(renamed(GOOD, b"data.pkl", b"data.pkk"))
    assert "unknown version" in refused(archive(P + b"N.", version=b"99"))
    two = io.BytesIO()
    with zipfile.ZipFile(two, "w") as file:
        file.writestr("a/data.pkl", P + b"N.")
        file.writestr("b/data.pkl", P + b"N.")
    assert "not PyTorch's" in refused(two.getvalue())
    assert "byte order" in refused(archive(P + b"N.", byteorder=b"middle"))
    assert refused(GOOD + b"comment")
    assert refused(b"x" + GOOD)


def test_tar_files_and_plain_pickles_are_named():
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as file:
        for name in ("storages", "tensors", "pickle"):
            file.addfile(tarfile.TarInfo(name))
    assert "a tar archive, as PyTorch wrote before 0.1.10" in refused(made.getvalue())
    assert "not a file of PyTorch" in refused(pickle.dumps([1, 2]))
    assert "not a file of PyTorch" in refused(b"")
    assert "not a file of PyTorch" in refused(b"<html>")


def test_the_older_format_with_sizes_that_lie():
    content = (FIXTURES / "legacy.pt").read_bytes()
    head = b"".join(pickle.dumps(o, 2) for o in (LEGACY, 1001, {"little_endian": True}))
    assert content.startswith(head[:20])
    good = P + tensor() + b"."
    keys, values = pickle.dumps(["0"], 2), struct.pack("<q", 4) + FOUR
    storage = reference(more=b"N")
    legacy = head + P + tensor(storage) + b"." + keys + values
    assert torch.load(io.BytesIO(legacy)).tolist() == [1, 2, 3, 4]
    for bad in (
        head[:-30], head, head + good, head + good + keys, head + good + keys + values[:-1],
        head + good + pickle.dumps(["1"], 2) + values, head + good + pickle.dumps([], 2) + values,
        head + good + pickle.dumps(["0", "0"], 2) + values * 2,
        head + good + pickle.dumps(7, 2) + values,
        head + good + keys + struct.pack("<q", -4) + FOUR,
        head + good + keys + struct.pack("<q", 1 << 60) + FOUR,
        head.replace(b"M\xe9\x03", b"M\xe8\x03") + good + keys + values,
        head + P + tensor(reference(length=b"J\xff\xff\xff\x7f")) + b"." + keys + values,
        pickle.dumps(LEGACY, 2) + P + b"cos\nsystem\n" + text("true") + b"\x85R.",
    ):
        assert refused(bad)

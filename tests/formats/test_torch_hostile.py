"""Hostile files that claim to be PyTorch's: refused with a message, and nothing in them runs."""

from __future__ import annotations

import io
import os
import pickle
import random
import struct

import pytest

import pentad as pt
from pentad.formats import limits, torch
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


class Caught(Exception):
    """Something was called that must not be."""


class Calls:
    """What pickle writes of it calls a function when it is read."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


PICKLED = [pickle.dumps({"w": Calls(function, "1")}, protocol)
           for protocol in (2, 3, 4, 5) for function in (os.system, eval)]


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch, tmp_path):
    def raising(*arguments, **named):
        raise Caught

    for name in ("system", "popen", "execv", "remove"):
        monkeypatch.setattr(os, name, raising)
    monkeypatch.setattr("builtins.eval", raising)
    monkeypatch.chdir(tmp_path)
    yield
    assert list(tmp_path.iterdir()) == []


CALLS = {
    "os.system": P + b"cos\nsystem\n" + text("true") + b"\x85R.",
    "posix.system": P + b"cposix\nsystem\n" + text("true") + b"\x85R.",
    "builtins.eval": P + b"c__builtin__\neval\n" + text("1") + b"\x85R.",
    "builtins.getattr": P + b"cbuiltins\ngetattr\n(" + text("a") + text("b") + b"tR.",
    "subprocess.Popen": b"\x80\x04" + text("subprocess") + text("Popen") + b"\x93.",
    "torch.hub.load": P + b"ctorch.hub\nload\n.",
    "torch.load": P + b"ctorch\nload\n.",
    "torch.serialization.load": P + b"ctorch.serialization\nload\n.",
    "torch.storage._load_from_bytes": P + b"ctorch.storage\n_load_from_bytes\n.",
    "torch._utils._import_dotted_name": P + b"ctorch._utils\n_import_dotted_name\n.",
    "torch._tensor._rebuild_from_type_v2": P + b"ctorch._tensor\n_rebuild_from_type_v2\n.",
    "torch._utils._rebuild_wrapper_subclass": P + b"ctorch._utils\n_rebuild_wrapper_subclass\n.",
    "torch._utils._rebuild_sparse_tensor": P + b"ctorch._utils\n_rebuild_sparse_tensor\n.",
    "torch.jit.load": P + b"ctorch.jit\nload\n.",
    "pickle.loads": P + b"c_pickle\nloads\n.",
    "numpy.core.multiarray.fromfile": P + b"cnumpy.core.multiarray\nfromfile\n.",
    "functools.partial": P + b"cfunctools\npartial\n.",
    "collections.defaultdict": P + b"ccollections\ndefaultdict\n.",
    "__main__.Net": P + b"c__main__\nNet\n)\x81.",
    "pathlib.Path": P + b"cpathlib\nPath\n.",
    "torch.Tensor": P + b"ctorch\nTensor\n.",
    "torch.nn.modules.linear.Linear": P + b"ctorch.nn.modules.linear\nLinear\n)\x81}b.",
}


@pytest.mark.parametrize("name", CALLS)
def test_names_that_make_no_data_are_refused_and_named(name):
    said = refused(archive(CALLS[name]))
    assert f"the name {name.replace('pickle.loads', '_pickle.loads')}, which" in said
    assert "expected:" in said
    assert "try:" in said


def test_what_pickle_itself_writes_runs_nowhere():
    for data in PICKLED:
        said = refused(archive(data))
        assert "the name posix.system" in said or "the name builtins.eval" in said


STEPS = {
    "INST": P + b"(ios\nsystem\n.",
    "OBJ": P + b"(cos\nsystem\no.",
    "PERSID": P + b"Pstorage\n.",
    "EXT1": P + b"\x82\x01.",
    "EXT2": P + b"\x83\x01\x00.",
    "EXT4": P + b"\x84\x01\x00\x00\x00.",
    "NEWOBJ": P + b"ccollections\nOrderedDict\n)\x81.",
    "NEWOBJ_EX": b"\x80\x04ccollections\nOrderedDict\n)}\x92.",
    "NEXT_BUFFER": b"\x80\x05\x97.",
    "LONG4": P + b"\x8b\xff\xff\xff\x7f.",
}


@pytest.mark.parametrize("step", STEPS)
def test_steps_that_weights_do_not_need(step):
    said = refused(archive(STEPS[step]))
    assert f"the step {step}, which" in said or "the name os.system" in said


BUILDS = {
    "dict": P + b"}}b.",
    "class": P + b"ccollections\nOrderedDict\n)R}" + text("__class__") + text("x") + b"sb.",
    "setstate": P + b"ccollections\nOrderedDict\n)R}" + text("__setstate__") + b"Nsb.",
    "tuple": P + b"ccollections\nOrderedDict\n)R}}\x86b.",
    "name": P + b"ccollections\nOrderedDict\n}b.",
    "storage": P + b"ctorch\nFloatStorage\n}b.",
}


@pytest.mark.parametrize("name", BUILDS)
def test_states_are_set_on_nothing_but_state_dicts(name):
    assert "BUILD" in refused(archive(BUILDS[name]))


REDUCES = [
    b"]K\x01\x85R.", b"ctorch\nFloatStorage\nK\x05\x85R.", b"ctorch\nfloat32\n)R.",
    b"ccollections\nOrderedDict\nK\x01\x85R.", b"ccollections\nOrderedDict\n]K\x01a\x85R.",
    b"ccollections\nOrderedDict\n]R.", b"c_codecs\nencode\n(" + text("a") + text("rot13") + b"tR.",
    b"c_codecs\nencode\n(" + text("\u4e2d") + text("latin1") + b"tR.",
    b"c__builtin__\nbytearray\nJ\xff\xff\xff\x7f\x85R.", b"c__builtin__\nset\n]]a\x85R.",
    b"c__builtin__\ncomplex\n" + text("1") + b"\x85R.", b"ctorch\ndevice\nK\x01\x85R.",
    b"ctorch\nSize\n](K\x01" + text("a") + b"e\x85R.",
    b"ctorch._utils\n_rebuild_parameter\n(K\x01\x88NtR.",
    b"ctorch._utils\n_rebuild_tensor_v2\n(K\x01K\x00))\x89NtR.",
    b"ctorch._utils\n_rebuild_tensor_v2\n)R.",
]


@pytest.mark.parametrize("data", REDUCES)
def test_makers_take_what_they_take(data):
    assert refused(archive(P + data))


MALFORMED = [
    b"", b"\x80", b"\x80\x09N.", b"N", b".", b"NN.", b"(.", b"t.", b"K", b"X\x05\x00\x00\x00ab.",
    b"X\xff\xff\xff\xffab.", b"\x8d" + b"\xff" * 8, b"h\x00.", b"j\x00\x00\x00\x01.", b"q\x00.",
    b"a.", b"]Na", b"}Ns.", b"(K\x01d.", b"(K\x01u.", b"}(K\x01u.", b"NNa.", b"e.", b"\x85.",
    b"K\x01\x86.", b"R.", b"NR.", b"b.", b"Q.", b"NQ.", b"2.", b"0.", b"1.", b"cos", b"cos\n",
    b"c" + b"a" * 5000 + b"\n", b"c\xff\n\xff\n.", b"X\x02\x00\x00\x00\xff\xff.", b"\x93.",
    b"K\x01K\x02\x93.", b"\xff.", b"ctorch\nFloatStorage\n.", b"ccollections\nOrderedDict\n.",
    b"}]Ns.", b"}}K\x01s.", b"\x8f(]\x90.", b"(]\x91.", b"T\xff\xff\xff\xff.",
    b"]" * 100 + b"a" * 99 + b".", b"]q\x00h\x00a.", b"}q\x00K\x01h\x00s.",
    b"N.N", b"\x95" + b"\x00" * 4,
]


@pytest.mark.parametrize("data", MALFORMED)
def test_malformed_pickles(data):
    assert refused(archive(P + data if data[:1] != b"\x80" and data else data))


ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85C\x01btR"
DTYPE = b"cnumpy\ndtype\n(" + text("f4") + b"\x89\x88tR"
STATE = b"(K\x03" + text("<") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"


@pytest.mark.parametrize("data", [
    b"cnumpy\ndtype\n(" + text("O8") + b"\x89\x88tR",
    b"cnumpy\ndtype\n(" + text("b7") + b"\x89\x88tR",
    b"cnumpy\nndarray\n)R", b"cnumpy\nndarray\n", DTYPE,
    b"cnumpy.core.multiarray\n_reconstruct\n)R",
    DTYPE + b"(K\x03" + text("<") + b"](K\x01K\x02eNNK\x00tb", DTYPE + b"Nb", ARRAY + b"Nb",
    ARRAY + b"(K\x01K\x02\x85" + DTYPE + STATE + b"\x89C\x04abcdtb",
    ARRAY + b"(K\x01J\xff\xff\xff\xff\x85" + DTYPE + STATE + b"\x89C\x04abcdtb",
    ARRAY + b"(K\x01" + text("a") + b"\x85" + DTYPE + STATE + b"\x89C\x04abcdtb",
    ARRAY + b"(K\x01K\x01\x85cnumpy\ndtype\n" + text("b1") + b"\x85R\x89C\x01\x02tb",
    b"cnumpy.core.multiarray\nscalar\n" + DTYPE + b"C\x03abc\x86R",
])
def test_arrays_that_are_none(data):
    assert refused(archive(P + data + b"."))


def test_the_parts_of_arrays_are_sound():
    whole = ARRAY + b"(K\x01K\x01\x85" + DTYPE + STATE + b"\x89C\x04\0\0\x80?tb."
    assert torch.load(io.BytesIO(archive(P + whole))).tolist() == [1.0]


# -- bombs -----------------------------------------------------------------------------------------


def test_containers_that_double():
    levels = b")q\x00" + b"0h\x00h\x00\x86q\x00" * 60
    assert "containers within containers" in refused(archive(P + levels + b"."))
    lists = b"]q\x00" + b"0](h\x00h\x00eq\x00" * 60
    assert "containers within containers" in refused(archive(P + lists + b"."))


def test_what_doubles_is_not_shown():
    """Its text would have 2**60 parts, as a version and as a shape."""
    levels = b")q\x00" + b"0h\x00h\x00\x86q\x00" * 60
    head = P + b"\x8a\x0a" + LEGACY.to_bytes(10, "little") + b"."
    assert "tuple" in refused(head + P + levels + b"." + P + b"N.")
    assert "tuple" in refused(archive(P + tensor(shape=levels) + b".", data__0=FOUR))


def test_sizes_beyond_all_memory():
    huge = b"\x8a\xfd" + b"\xff" * 252 + b"\x01"
    assert "whole numbers" in refused(
        archive(P + tensor(shape=b"K\x00" + huge + b"\x86") + b".", data__0=FOUR))


def test_keys_that_take_for_ever_to_hash():
    levels = b")q\x00" + b"0h\x00h\x00\x86q\x00" * 60
    assert "an unusual key" in refused(archive(P + b"}" + levels + b"Ns."))
    same_hash = (2**61 - 1) * 3
    number = b"\x8a\x09" + same_hash.to_bytes(9, "little")
    assert "an unusual key" in refused(archive(P + b"}" + number + b"Ns."))


def test_wide_references_to_wide_lists():
    wide = b"](" + b"N" * 30000 + b"eq\x000](" + b"h\x00" * 30000 + b"e."
    assert "containers within containers" in refused(archive(P + wide))


@pytest.mark.parametrize(("limit", "data"), [
    ("PICKLE_STEPS", b"N0" * 60 + b"N."), ("PICKLE_MEMO", b"N" + b"\x94" * 120 + b"."),
    ("PICKLE_TEXT", text("x" * 120) + b"."), ("PICKLE_BYTES", text("x" * 120) + b"."),
    ("ARCHIVE_ENTRIES", None), ("ARCHIVE_DIRECTORY", None),
])
def test_limits(limit, data, monkeypatch):
    many = {f"data__{i}": b"" for i in range(120)}
    content = archive(P + (data or b"N."), **(many if data is None else {}))
    assert torch.load(io.BytesIO(content)) is None or data
    monkeypatch.setattr(limits, limit, 100)
    assert refused(content)


# -- any damage ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["protocol5.pt", "unchecked.pt", "small legacy", "small"])
def test_any_damage_is_a_format_error_or_harmless(name):
    made = io.BytesIO()
    torch.save({"w": pt.arange(3.0), "n": [1, "two", None]}, made)
    content = made.getvalue()
    if name == "small legacy":
        head = b"".join(pickle.dumps(o, 2) for o in (LEGACY, 1001, {}))
        content = (head + P + tensor(reference(more=b"N")) + b"." + pickle.dumps(["0"], 2)
                   + struct.pack("<q", 4) + FOUR)
    elif name != "small":
        content = (FIXTURES / name).read_bytes()
    rng = random.Random(5)
    for _ in range(1500):
        bad = bytearray(content)
        for _ in range(rng.choice((1, 1, 2, 8))):
            place = rng.randrange(len(bad))
            action = rng.random()
            if action < 0.6:
                bad[place] = rng.choice((bad[place] ^ 1 << rng.randrange(8), 0, 255,
                                         rng.randrange(256)))
            elif action < 0.8:
                del bad[place:place + rng.randrange(1, 9)]
            else:
                bad[place:place] = bad[rng.randrange(len(bad)):][:rng.randrange(1, 30)]
        try:
            torch.load(io.BytesIO(bytes(bad)))
        except pt.FormatError:
            continue
    for end in range(0, len(content), max(1, len(content) // 300)):
        refused(content[:end])

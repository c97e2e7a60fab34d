"""Stored programs: found by all that decides about them, never used when damaged."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.config import config
from pentad.graph.node import Graph, input_node
from pentad.runtime import executable, jit, kernels, programs
from pentad.runtime.cache import default_cache
from pentad.target import cpu
from tests.runtime.native import run_native

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def fresh_process(tmp_path, monkeypatch):
    """An empty disk cache, and nothing compiled yet."""
    with config.override(cache_dir=tmp_path / "cache"):
        forget(monkeypatch)
        yield
        default_cache().close()


def forget(monkeypatch) -> None:
    for name in ("_addresses", "_keys", "_stored"):
        monkeypatch.setattr(kernels, name, {})
    monkeypatch.setattr(jit, "_live", {})
    jit.stats.reset()


def graph(size: int = 6) -> Graph:
    x = input_node("x", (size, size), dtypes.float32)
    y = ops.tanh(ops.matmul(x, x))
    return Graph([x], [y, ops.reduce_sum(y, (0,))])


VALUE = RNG.standard_normal((6, 6)).astype(np.float32)


def run() -> list[bytes]:
    status, found = run_native(graph(), [VALUE], specialise=True)
    assert status == 0
    return [f.tobytes() for f in found]


def refuse(monkeypatch) -> None:
    def stop(*args, **settings):
        raise AssertionError("lowered again")

    monkeypatch.setattr(executable, "lower", stop)
    monkeypatch.setattr(executable, "run_passes", stop)
    monkeypatch.setattr(kernels, "emit_module", stop)


def entries() -> list:
    return sorted(default_cache().directory.iterdir(), key=lambda p: p.stat().st_size)


def program_entry():
    [found] = [p for p in entries() if b'"Program"' in p.read_bytes()]
    return found


def test_the_next_process_neither_lowers_nor_compiles(monkeypatch):
    first = run()
    assert jit.stats.compiles >= 2
    forget(monkeypatch)
    with monkeypatch.context() as patch:
        refuse(patch)
        assert run() == first
    assert jit.stats.compiles == 0
    assert jit.stats.cache_hits >= 2


def test_specs_of_a_stored_program_are_there_for_who_asks(monkeypatch):
    made = executable.build(graph(), [None], specialise=True).program
    forget(monkeypatch)
    found = executable.build(graph(), [None], specialise=True).program
    assert found is not made
    assert [s.spec for s in found.steps] == [s.spec for s in made.steps]


@pytest.mark.parametrize("damage", ["short", "flipped", "foreign", "empty"])
def test_a_damaged_program_is_made_anew(monkeypatch, damage):
    first = run()
    entry = program_entry()
    whole = entry.read_bytes()
    if damage == "foreign":  # a sound entry of something else, under this name
        run_native(graph(7), [np.ones((7, 7), np.float32)], specialise=True)
        [other] = [p for p in entries() if b'"Program"' in p.read_bytes() and p != entry]
        shutil.copy(other, entry)
    else:
        bad = {"short": whole[:-9], "flipped": whole[:-9] + b"1" + whole[-8:], "empty": b""}
        entry.write_bytes(bad[damage])
    forget(monkeypatch)
    assert run() == first
    assert entry.read_bytes() == whole


def test_a_program_of_another_making_under_the_right_key_is_made_anew(monkeypatch):
    first = run()
    entry = program_entry()
    key = entry.stem
    for text in ("[]", "{", '[[],[],["Program"]]', '[[],[],["Call",0]]'):
        default_cache().put(key, text.encode())
        forget(monkeypatch)
        assert run() == first


@pytest.mark.parametrize("damage", ["gone", "short"])
def test_a_lost_kernel_is_compiled_again(monkeypatch, damage):
    first = run()
    kernel = next(p for p in entries() if p != program_entry())
    whole = kernel.read_bytes()
    kernel.unlink() if damage == "gone" else kernel.write_bytes(whole[:-1])
    forget(monkeypatch)
    assert run() == first
    assert jit.stats.compiles == 1
    assert kernel.read_bytes() == whole


PLAIN = programs.Settings({}, {}, specialise=True, varied=False, steady=(), target=cpu.host())


def test_everything_that_matters_is_in_the_key(monkeypatch):
    def key(size=6, **changed):
        settings = PLAIN._replace(**changed)
        return programs.key_of(graph(size), settings)

    keys = [
        key(), key(7), key(strides={0: (1, 6)}), key(donated={0: 0}), key(specialise=False),
        key(varied=True), key(steady=(0,)), key(target=cpu.by_name("generic")),
    ]  # fmt: skip
    monkeypatch.setattr(programs, "_compiler", lambda: "another source")
    keys.append(key())
    assert None not in keys
    assert len(set(keys)) == len(keys)


def test_the_source_of_the_compiler_is_hashed(monkeypatch, tmp_path):
    root = tmp_path / "pentad"
    (root / "graph").mkdir(parents=True)
    (root / "graph" / "a.py").write_text("A = 1\n")
    monkeypatch.setattr(programs, "_PACKAGE", root)
    found = {programs._compiler.__wrapped__()}
    (root / "graph" / "a.py").write_text("A = 2\n")
    found.add(programs._compiler.__wrapped__())
    (root / "graph" / "a.py").rename(root / "graph" / "b.py")
    found.add(programs._compiler.__wrapped__())
    assert len(found) == 3


def test_who_wants_to_see_the_passes_sees_them(monkeypatch, capsys):
    run()
    with config.override(debug=3):
        assert programs.key_of(graph(), PLAIN) is None

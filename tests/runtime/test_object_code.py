"""Compilation in several threads gives what compilation by llvmlite gives."""

from __future__ import annotations

import ctypes
import threading

import pytest

from pentad.graph.config import config
from pentad.graph.errors import CompileError
from pentad.runtime import jit, object_code
from pentad.runtime.cache import default_cache
from pentad.target.code_target import host

FUNCTION = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)


def adds(number: int) -> str:
    return f"define i64 @f(i64 %a) {{\n  %r = add i64 %a, {number}\n  ret i64 %r\n}}\n"


@pytest.fixture(autouse=True)
def own_cache(tmp_path):
    with config.override(cache_dir=tmp_path / "cache"):
        jit.stats.reset()
        yield
        default_cache().close()


def results(libraries: list[jit.Library]) -> list[int]:
    return [FUNCTION(library.address("f"))(1) for library in libraries]


@pytest.mark.parametrize("threads", [1, 3])
def test_object_code_is_the_same_as_llvmlite_makes(threads):
    texts = [adds(n) for n in range(7)]
    with object_code.Compilers(lambda: jit._new_machine(host()), threads) as compilers:
        jobs = [compilers.submit(t) for t in texts]
    assert [job() for job in jobs] == [jit.compile_object(t, host()) for t in texts]


@pytest.mark.parametrize("threads", [1, 3])
def test_many_modules_in_order_each_once(threads):
    numbers = [103, 101, 103, 102, 101]
    libraries = jit.load_all(map(adds, numbers), ["f"], target=host(), threads=threads)
    assert results(libraries) == [n + 1 for n in numbers]
    assert libraries[0] is libraries[2]
    assert (jit.stats.compiles, jit.stats.cache_hits) == (3, 0)
    again = jit.load_all([adds(101), adds(104)], ["f"], target=host(), threads=threads)
    assert again[0] is libraries[1]
    assert (jit.stats.compiles, jit.stats.live_hits) == (4, 1)


def test_modules_on_disk_are_not_compiled_again():
    texts = [adds(n) for n in range(110, 115)]
    del (jit.load_all(texts, ["f"], target=host(), threads=2))[:]
    jit.stats.reset()
    assert results(jit.load_all(texts, ["f"], target=host(), threads=2)) == list(range(111, 116))
    assert (jit.stats.compiles, jit.stats.cache_hits) == (0, 5)


def test_a_bad_module_is_named_and_the_threads_end():
    before = threading.active_count()
    texts = [adds(120), "define i64 @f() { ret i32 0 }", adds(121)]
    with pytest.raises(CompileError, match="not valid"):
        jit.load_all(texts, ["f"], target=host(), threads=2)
    assert threading.active_count() == before


def test_an_error_in_the_making_of_a_text_ends_the_threads():
    def texts():
        yield adds(130)
        raise ZeroDivisionError

    before = threading.active_count()
    with pytest.raises(ZeroDivisionError):
        jit.load_all(texts(), ["f"], target=host(), threads=2)
    assert threading.active_count() == before


def test_another_llvmlite_compiles_through_its_own_interface(monkeypatch):
    monkeypatch.setattr(object_code, "_functions", lambda: None)
    assert object_code.emit_object(adds(140), jit._machine(host())) is None
    [library] = jit.load_all([adds(140)], ["f"], target=host(), threads=2)
    assert results([library]) == [141]
    assert jit.stats.compiles == 1

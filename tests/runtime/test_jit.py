from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
import threading

import pytest

from pentad.graph.config import config
from pentad.graph.errors import ArgumentError, CompileError
from pentad.runtime import jit
from pentad.runtime.cache import default_cache
from pentad.target import code_target, cpu
from pentad.target.code_target import CodeTarget, host
from tests.runtime.forks import in_child

ADD = "define i64 @add{0}(i64 %a) {{\n  %r = add i64 %a, {0}\n  ret i64 %r\n}}\n"
FUNCTION = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)


@pytest.fixture(autouse=True)
def own_cache(tmp_path):
    with config.override(cache_dir=tmp_path / "cache"):
        yield
        default_cache().close()


def call(library: jit.Library, name: str, value: int) -> int:
    return FUNCTION(library.address(name))(value)


def test_compile_then_cache_then_live():
    jit.stats.reset()
    library = jit.load(ADD.format(5), ["add5"], target=host())
    assert call(library, "add5", 1) == 6
    assert (jit.stats.compiles, jit.stats.cache_hits, jit.stats.live_hits) == (1, 0, 0)
    assert jit.load(ADD.format(5), ["add5"], target=host()) is library
    assert jit.stats.live_hits == 1
    del library
    gc.collect()
    assert call(jit.load(ADD.format(5), ["add5"], target=host()), "add5", 2) == 7
    assert (jit.stats.compiles, jit.stats.cache_hits) == (1, 1)
    assert jit.stats.compile_ms > 0
    assert jit.stats.link_ms > 0


def test_a_damaged_entry_is_compiled_again_and_replaced():
    directory = default_cache().directory
    jit.load(ADD.format(6), ["add6"], target=host())
    gc.collect()
    [entry] = directory.iterdir()
    whole = entry.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", whole[:-4] + b"\xcc" * 4):
        entry.write_bytes(damaged)
        jit.stats.reset()
        library = jit.load(ADD.format(6), ["add6"], target=host())
        assert call(library, "add6", 1) == 7
        assert jit.stats.compiles == 1
        assert entry.read_bytes() == whole
        del library
        gc.collect()


def test_target_and_passes_are_part_of_the_key():
    jit.stats.reset()
    plain = CodeTarget(host().triple, "", "")
    for target, passes in ((host(), False), (plain, False), (host(), True)):
        assert (
            call(jit.load(ADD.format(9), ["add9"], target=target, passes=passes), "add9", 1) == 10
        )
    assert jit.stats.compiles == 3


def test_passes_clean_up():
    wasteful = """define i64 @f(i64 %a) {
  %slot = alloca i64
  store i64 %a, ptr %slot
  %b = load i64, ptr %slot
  %c = sub i64 %b, %b
  ret i64 %c
}
"""
    library = jit.load(wasteful, ["f"], target=host(), passes=True)
    assert call(library, "f", 3) == 0
    assert len(jit.assembly(wasteful, host(), passes=True)) < len(jit.assembly(wasteful, host()))


def test_imports_by_address_and_by_name():
    text = """
@word = external global i64
declare i64 @labs(i64)
define i64 @f(i64 %a) {
  %w = load i64, ptr @word
  %m = call i64 @labs(i64 %a)
  %r = add i64 %w, %m
  ret i64 %r
}
"""
    words = [ctypes.c_int64(100), ctypes.c_int64(200)]
    libraries = [
        jit.load(
            text, ["f"], target=host(), imports={"word": ctypes.addressof(w)}, process=["labs"]
        )
        for w in words
    ]
    assert [call(library, "f", -5) for library in libraries] == [105, 205]


def test_fills_and_remainders_may_call_libc():
    text = """
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
define i64 @f(i64 %n) {
  %p = alloca [4096 x i8]
  call void @llvm.memset.p0.i64(ptr %p, i8 3, i64 %n, i1 false)
  %x = load i8, ptr %p
  %y = uitofp i8 %x to double
  %d = frem double %y, 2.0
  %r = fptosi double %d to i64
  ret i64 %r
}
"""
    assert call(jit.load(text, ["f"], target=host()), "f", 4096) == 1


@pytest.mark.parametrize(
    "text",
    [
        "define i64 @f(",
        "define i64 @f() {\n  ret i64 %x\n}\n",
        "define i64 @f() {\n  ret i32 0\n}\n",
        "define i64 @f(ptr %p) {\nentry:\n  %x = phi i64 [0, %entry]\n  ret i64 %x\n}\n",
    ],
)
def test_bad_text_is_an_error(text):
    with pytest.raises(CompileError, match="not valid"):
        jit.load(text, ["f"], target=host())


def test_missing_symbols_are_named():
    text = "declare i64 @zzz(i64)\ndefine i64 @f(i64 %a) {\n  %r = call i64 @zzz(i64 %a)\n"
    with pytest.raises(CompileError, match="an address for zzz"):
        jit.load(text + "  ret i64 %r\n}\n", ["f"], target=host())
    with pytest.raises(CompileError, match="an address for nothing"):
        jit.load(ADD.format(1), ["nothing"], target=host())
    with pytest.raises(CompileError, match="not a function of this system"):
        jit.load(ADD.format(1), ["add1"], target=host(), process=["no_such_function_here"])
    library = jit.load(ADD.format(1), ["add1"], target=host())
    with pytest.raises(CompileError, match="does not export 'add2'"):
        library.address("add2")


def test_code_that_this_processor_cannot_run_is_not_loaded(monkeypatch):
    text = ADD.format(3)
    foreign = "neon" if host().architecture == "x86_64" else "avx2"
    with pytest.raises(CompileError, match="cannot run"):
        jit.load(text, ["add3"], target=code_target.forced(foreign))
    needy = CodeTarget(host().triple, host().cpu, host().features, ("no-such-unit",))
    with pytest.raises(CompileError, match="a processor with no-such-unit"):
        jit.load(text, ["add3"], target=needy)


@pytest.mark.parametrize("name", ["avx2", "avx512", "neon"])
def test_forced_targets_compile(name):
    code = jit.compile_object(ADD.format(1), code_target.forced(name))
    assert code[:4] == b"\x7fELF" or sys.platform != "linux"


def test_forced_avx2_runs_where_the_processor_has_it():
    target = code_target.forced("avx2")
    if target.missing_here():
        with pytest.raises(CompileError):
            jit.load(ADD.format(1), ["add1"], target=target)
    else:
        assert call(jit.load(ADD.format(1), ["add1"], target=target), "add1", 1) == 2


def test_the_flag_chooses_the_target():
    assert cpu.default().code == host()
    with config.override(target="avx2"):
        assert cpu.default().code.cpu == "haswell"
    with config.override(target="avx1024"), pytest.raises(ArgumentError, match="PENTAD_TARGET"):
        cpu.default()


def test_debug_levels_show_ir_and_assembly(capfd):
    with config.override(debug=4):
        jit.load(ADD.format(11), ["add11"], target=host())
    assert capfd.readouterr().err == ""
    with config.override(debug=5):
        jit.load(ADD.format(12), ["add12"], target=host())
    shown = capfd.readouterr().err
    assert "define i64 @add12" in shown
    assert ".globl" not in shown
    with config.override(debug=6):
        jit.load(ADD.format(13), ["add13"], target=host())
    shown = capfd.readouterr().err
    assert "define i64 @add13" in shown
    assert "add13:" in shown


def test_many_threads_load_at_once():
    results: list[int] = []

    def work(seed: int) -> None:
        for i in range(20):
            n = (seed * 7 + i) % 10 + 20
            library = jit.load(ADD.format(n), [f"add{n}"], target=host())
            results.append(call(library, f"add{n}", 1) - n)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [1] * 80


def test_a_forked_child_can_compile():
    def child() -> int:
        return call(jit.load(ADD.format(77), ["add77"], target=host()), "add77", 1)

    assert in_child(child) == 78


def test_a_fresh_process_does_not_compile_again(tmp_path):
    program = (
        "from pentad.runtime import jit; from pentad.target.code_target import host\n"
        f"jit.load({ADD.format(41)!r}, ['add41'], target=host())\n"
        "print(jit.stats.compiles, jit.stats.cache_hits)"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PENTAD_CACHE_DIR": str(tmp_path / "cache"),
    }
    command = [sys.executable, "-c", program]
    seen = [subprocess.check_output(command, env=environment, text=True) for _ in range(2)]
    assert seen == ["1 0\n", "0 1\n"]

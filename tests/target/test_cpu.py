from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pentad.graph import dtypes
from pentad.graph.config import config
from pentad.graph.errors import ArgumentError
from pentad.target import cpu
from pentad.target.code_target import CodeTarget

NAMES = ("avx512", "avx512_bf16", "avx2", "neon", "generic", "wasm", "host")


@pytest.mark.parametrize("name", NAMES)
def test_the_tile_fits_the_registers(name):
    target = cpu.by_name(name)
    for rows, vectors in (target.tile, target.packed_tile):
        assert rows * vectors + vectors + 1 <= target.vector_registers


@pytest.mark.parametrize(
    "name, float32, float64, int8", [("avx512", 16, 8, 64), ("avx2", 8, 4, 32), ("neon", 4, 2, 16)]
)
def test_lanes(name, float32, float64, int8):
    target = cpu.by_name(name)
    assert target.lanes(dtypes.float32) == float32
    assert target.lanes(dtypes.float64) == float64
    assert target.lanes(dtypes.int8) == int8
    assert target.lanes(dtypes.bfloat16) == float32


def test_gemm_tile_counts_columns_in_elements():
    assert cpu.by_name("avx512").gemm_tile(dtypes.float32) == (14, 32)
    assert cpu.by_name("avx2").gemm_tile(dtypes.float32) == (6, 16)
    assert cpu.by_name("avx2").gemm_tile(dtypes.float32, packed=True) == (4, 24)
    assert cpu.by_name("neon").gemm_tile(dtypes.float32) == (6, 16)


def test_masked_memory_is_per_element_size():
    assert cpu.by_name("avx512").has_masked_memory(dtypes.int8)
    assert cpu.by_name("avx2").has_masked_memory(dtypes.float32)
    assert not cpu.by_name("avx2").has_masked_memory(dtypes.int16)
    assert not cpu.by_name("neon").has_masked_memory(dtypes.float64)


def test_targets_are_keys_and_their_text_is_the_same_in_another_process():
    assert len({cpu.by_name(n) for n in NAMES[:5]}) == 5
    code = "from pentad.target import cpu; print(cpu.host().key)"
    path = os.pathsep.join(filter(None, sys.path))
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert run.stdout.strip() == cpu.host().key, run.stderr


def test_the_host_runs_its_own_code():
    assert cpu.host().code.missing_here() == ()
    assert cpu.by_name("host") is cpu.host()


def test_the_host_falls_to_the_best_row_it_can_run():
    avx2 = "+avx2,+fma,+f16c,+bmi,+bmi2,+lzcnt,+movbe"
    avx512 = avx2 + ",+adx,+avx512f,+avx512bw,+avx512cd,+avx512dq,+avx512vl"
    for features, best in ((avx512, "avx512"), (avx2, "avx2"), ("+sse2", "generic")):
        assert cpu._best(CodeTarget("x86_64-unknown-linux-gnu", "x", features)) == best
    assert cpu._best(CodeTarget("arm64-apple-darwin", "apple-m1", "")) == "neon"
    assert cpu._best(CodeTarget("riscv64-unknown-linux-gnu", "x", "")) == "generic"


def test_caches_are_read_from_the_system(tmp_path):
    for i, row in enumerate(
        (("Data", "1", "48K"), ("Instruction", "1", "32K"), ("Unified", "3", "2M"), ("Unified",))
    ):
        folder = tmp_path / f"index{i}"
        folder.mkdir()
        for name, text in zip(("type", "level", "size"), row):
            (folder / name).write_text(text + "\n")
    assert cpu._read_caches(tmp_path) == {"l1_bytes": 48 << 10, "l3_bytes": 2 << 20}
    assert cpu._read_caches(tmp_path / "absent") == {}


def test_an_unknown_name():
    with pytest.raises(ArgumentError, match="avx512, avx512_bf16, avx2, neon") as error:
        cpu.by_name("mmx")
    assert "'mmx'" in str(error.value)


def test_the_flag_chooses_the_default():
    with config.override(target="avx2"):
        assert cpu.default() is cpu.by_name("avx2")
    with config.override(target=None):
        assert cpu.default() is cpu.host()

"""Products of bfloat16 by pairs: the values of the instruction's arithmetic, run emulated here, and
the instruction itself in the assembly for processors that have it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pentad.codegen.llvm.gemm import emit_gemm
from pentad.codegen.llvm.gemm_pack import emit_pack_a, emit_pack_b
from pentad.codegen.llvm.ir import Module
from pentad.graph import dtypes
from pentad.graph.config import config
from pentad.runtime import jit
from pentad.schedule.gemm_spec import gemm_plan, in_pairs
from pentad.target import cpu
from tests.codegen.product import FORMS, check, make_spec, operands, store

HOST = cpu.host()
EMULATED = replace(HOST, pair_dot="emulated")
BF16 = dtypes.bfloat16
SHAPES = [
    (1, 5, 3, 2), (1, 2, 17, 8), (2, 13, 33, 70), (1, 7, 16, 1), (1, 29, 64, 33), (1, 61, 129, 301),
]  # fmt: skip


def chain(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """What the instruction computes: for each pair of k the odd product is added, then the even."""
    if a.shape[2] % 2:
        a = np.concatenate([a, np.zeros((*a.shape[:2], 1))], 2)
        b = np.concatenate([b, np.zeros((b.shape[0], 1, b.shape[2]))], 1)
    c = np.zeros((a.shape[0], a.shape[1], b.shape[2]), np.float32)
    for k in range(0, a.shape[2], 2):
        for i in (k + 1, k):
            # The product is exact in float64, and so is the sum but in rare cases.
            c = (c.astype(np.float64) + a[:, :, i, None] * b[:, None, i, :]).astype(np.float32)
    return c


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_pairs_in_the_order_of_the_instruction(shape, form):
    if not HOST.has_fma:
        pytest.skip("the sums are rounded twice")
    spec = make_spec(*shape, form, BF16)
    known = check(spec, form, target=EMULATED)
    _, (a, b) = operands(spec, form)
    assert np.array_equal(known, chain(a, b))
    assert np.array_equal(known, check(spec, form, target=EMULATED, run_time=True))


def test_bits_do_not_depend_on_packing_and_blocks():
    spec = make_spec(1, 40, 70, 301, "NN", BF16)
    expected = check(spec, "NN", target=EMULATED)
    early, local = ({"pack_b": True, "local_b": x} for x in (False, True))
    for changes in ({"pack_a": True}, early, local, {"kc": 64}, {"kc": 2, "pack_a": True}):
        assert np.array_equal(expected, check(spec, "NN", target=EMULATED, **changes))


def test_blocks_of_k_are_even():
    for k in (3, 301, 5001, 20011):
        spec = make_spec(1, 500, 500, k, "NN", BF16)
        assert gemm_plan(spec, EMULATED).kc % 2 == 0
        assert gemm_plan(spec, EMULATED, run_time=True).kc % 2 == 0


def text_for(target, run_time=False) -> str:
    spec = make_spec(1, 100, 50, 71, "NT", BF16)
    plan = replace(gemm_plan(spec, target, run_time=run_time), local_b=False)
    kernel_spec, values = spec.generalised() if run_time else (spec, ())
    module = Module()
    emit_gemm(module, "gemm", kernel_spec, plan, store(spec, len(values) if run_time else None))
    emit_pack_a(module, "pack_a", kernel_spec, plan)
    emit_pack_b(module, "pack_b", kernel_spec, plan)
    return jit.assembly(module.text(), target.code)


@pytest.mark.parametrize("run_time", [False, True])
def test_the_instruction_is_used_where_it_is_asked_for(run_time):
    plain = cpu.by_name("avx512_bf16")
    assert "vdpbf16ps" not in text_for(plain, run_time)
    native = cpu.with_pair_dot(plain)
    assert native.pair_dot == "native"
    text = text_for(native, run_time)
    assert text.count("vdpbf16ps") >= 28
    assert "vfmadd" not in text


def test_who_has_it_and_when():
    for name in ("avx512", "avx2", "neon", "generic", "wasm"):
        target = cpu.by_name(name)
        assert cpu.with_pair_dot(target) is target
    assert cpu.default().pair_dot == ""
    with config.override(target="avx512_bf16"):
        assert cpu.default().pair_dot == ""
        with config.override(bfloat16_dot=1):
            assert cpu.default().pair_dot == "native"
    spec = make_spec(1, 4, 4, 4, "NN", BF16)
    assert in_pairs(spec, EMULATED)
    assert not in_pairs(spec, HOST)
    assert not in_pairs(make_spec(1, 4, 4, 4), EMULATED)
    assert not in_pairs(make_spec(1, 1, 4, 4, "NN", BF16), EMULATED)

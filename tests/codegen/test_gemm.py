"""Matrix products against NumPy in float64; their bits depend on sizes only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pentad.codegen.llvm.gemm import emit_gemm
from pentad.codegen.llvm.gemm_pack import emit_pack_a, emit_pack_b
from pentad.codegen.llvm.ir import Module
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import DTypeError
from pentad.runtime import jit
from pentad.schedule.gemm_spec import GemmSpec, gemm_plan
from pentad.schedule.size import Param
from pentad.target import cpu
from tests.codegen.native import guarded, margins_hold
from tests.codegen.product import (
    FORMS,
    HOST,
    Product,
    bias_relu,
    check,
    descend,
    make_spec,
    operands,
    store,
)

SHAPES = [
    (1, 1, 1, 1), (1, 1, 1, 100), (1, 1, 40, 33), (2, 1, 130, 9), (3, 20, 1, 45), (1, 2, 17, 8),
    (1, 5, 3, 2), (2, 13, 33, 70), (1, 7, 16, 1), (1, 32, 50, 61), (1, 100, 10, 40),
    (2, 29, 64, 32), (1, 61, 129, 300), (2, 50, 50, 260),
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_product_known_and_run_time_sizes(shape, form):
    spec = make_spec(*shape, form)
    known = check(spec, form)
    assert np.array_equal(known, check(spec, form, run_time=True))


@pytest.mark.parametrize("shape", [(2, 13, 33, 21), (1, 1, 30, 9), (2, 30, 1, 9)], ids=str)
@pytest.mark.parametrize("form", FORMS)
def test_float64(shape, form):
    spec = make_spec(*shape, form, dtypes.float64)
    assert np.array_equal(check(spec, form), check(spec, form, run_time=True))


@pytest.mark.parametrize("dtype", [dtypes.float16, dtypes.bfloat16], ids=lambda d: d.name)
@pytest.mark.parametrize("shape", [(1, 40, 70, 33), (1, 1, 30, 19), (1, 30, 1, 19)], ids=str)
@pytest.mark.parametrize("form", ["NN", "NT", "TN"])
def test_narrow_floats_accumulate_in_float32(dtype, shape, form):
    spec = make_spec(*shape, form, dtype)
    assert spec.accumulator is dtypes.float32
    assert np.array_equal(check(spec, form), check(spec, form, run_time=True))


def test_operands_of_two_dtypes():
    spec = make_spec(1, 30, 40, 20, "NN", dtypes.bfloat16, dtypes.float32)
    check(spec, "NN")


@pytest.mark.parametrize("shape", [(1, 40, 70, 33), (1, 1, 70, 33), (1, 70, 1, 33)], ids=str)
def test_bits_do_not_depend_on_strides_packing_or_blocks(shape):
    """One matrix, stored in four ways, with every packing and several blocks of k."""
    results = []
    for form in FORMS:
        spec = make_spec(*shape, form)
        (a, b), _ = operands(make_spec(*shape), "NN")
        a = a if form[0] == "N" else np.ascontiguousarray(a.transpose(0, 2, 1))
        b = b if form[1] == "N" else np.ascontiguousarray(b.transpose(0, 2, 1))
        plan = gemm_plan(spec, HOST)
        changes = [{}]
        if not plan.dot:
            by_rows = spec.b_strides[2] == 1
            ways = [(1, 0), (1, 1), (0, 0)][: 3 if by_rows else 2]  # packed early, local, not
            changes = [
                {"pack_a": x, "pack_b": y, "local_b": z, "kc": kc, "unroll": unroll}
                for x in (0, 1)
                for y, z in ways
                for kc, unroll in ((33, 1), (8, 0), (5, 1))
            ]
        for change in changes:
            for run_time in (False, True):
                c = np.full((1, spec.m, spec.n), np.nan, np.float32)
                results.append(Product(spec, run_time=run_time, **change)(a, b, c))
    for c in results[1:]:
        assert np.array_equal(c, results[0])


@pytest.mark.parametrize("shape", [(3, 50, 70, 20), (2, 1, 300, 20), (2, 300, 1, 20)], ids=str)
@pytest.mark.parametrize("run_time", [False, True])
def test_range_in_pieces_gives_the_same_bits(shape, run_time):
    spec = make_spec(*shape)
    flat, _ = operands(spec, "NN")
    blocks = {} if gemm_plan(spec, HOST).dot else {"block_tiles": 2, "block_panels": 1}
    product = Product(spec, run_time=run_time, pack_a=blocks != {}, **blocks)
    c = np.full((spec.batch, spec.m, spec.n), np.nan, np.float32)
    whole = product(*flat, c.copy())
    tasks = product.plan.tasks(spec)
    assert tasks > 4
    rng = np.random.default_rng(1)
    for _ in range(5):
        cuts = rng.integers(1, tasks, 4).tolist()
        assert np.array_equal(product(*flat, c.copy(), cuts=cuts), whole)


@pytest.mark.parametrize("tile", [None, (4, 3), (6, 2), (3, 2)], ids=str)
@pytest.mark.parametrize("rows", [5, 23, 64, 100, 131])
@pytest.mark.parametrize("batch", [1, 3])
def test_columns_of_a_are_packed_side_by_side(batch, rows, tile):
    """Tiles of two heights, groups that are not full, that end a matrix, and the end of A."""
    spec = make_spec(batch, rows, 50, 7, "TN")
    (a, b), (wide_a, wide_b) = operands(spec, "TN")
    a, memory = guarded(a)
    changes = {} if tile is None else {"rows": tile[0], "vectors": tile[1]}
    product = Product(spec, pack_a=True, **changes)
    c = np.full((batch, rows, 50), np.nan, np.float32)
    tasks = product.plan.tasks(spec)
    for cuts in ((), (1, tasks // 2), (tasks // 3, tasks - 1)):
        found = product(a, b, c.copy(), cuts=sorted({i for i in cuts if 0 < i < tasks}))
        assert np.abs(found - wide_a @ wide_b).max() < 1e-4
    assert margins_hold(memory)


@pytest.mark.parametrize("run_time", [False, True])
@pytest.mark.parametrize("k", [900, 3000])
def test_long_k_is_blocked(k, run_time):
    spec = make_spec(1, 30, 40, k)
    plan = gemm_plan(spec, HOST, run_time=run_time)
    check(spec, "NN", run_time=run_time, kc=min(plan.kc, 256))


@pytest.mark.parametrize("run_time", [False, True])
@pytest.mark.parametrize("shape", [(2, 5, 7, 0), (1, 1, 5, 0), (1, 5, 1, 0)], ids=str)
def test_no_k_gives_zeros(shape, run_time):
    assert not check(make_spec(*shape), "NN", run_time=run_time).any()


@pytest.mark.parametrize("shape", [(0, 5, 7, 3), (2, 0, 7, 3), (2, 5, 0, 3), (0, 0, 0, 0)], ids=str)
@pytest.mark.parametrize("run_time", [False, True])
def test_empty_results_have_no_tasks(shape, run_time):
    spec = make_spec(*shape)
    plan = gemm_plan(spec, HOST, run_time=run_time)
    assert plan.tasks(spec) == 0
    assert plan.chunk(spec) >= 1


def test_matrix_shared_by_the_batch_is_packed_once():
    spec = make_spec(4, 30, 40, 20, "NT", shared=True)
    check(spec, "NT")
    plan = gemm_plan(spec, HOST)
    assert plan.pack_b
    assert plan.pack_b_tasks(spec) == -(-40 // plan.width)
    check(spec, "NT", run_time=True)


def test_who_packs_b():
    """Each task its own panels if no other task reads them; else all are packed beforehand."""
    few, many = make_spec(1, 64, 400, 300), make_spec(1, 4000, 400, 300)
    assert gemm_plan(few, HOST).local_b
    assert gemm_plan(few, HOST).workspace(few) == 0
    assert gemm_plan(many, HOST).early_b
    assert gemm_plan(many, HOST).workspace(many) >= 4 * 400 * 300
    assert not gemm_plan(make_spec(4, 64, 400, 300, shared=True), HOST).local_b


def test_near_rows_from_odd_places_stay_in_the_first_level_cache():
    target = replace(cpu.by_name("avx2"), l1_bytes=32768)

    def plan(m, n, k):
        return gemm_plan(make_spec(1, m, n, k), target)

    assert plan(32, 50, 500).kc == 100  # rows of 200 bytes
    assert not plan(32, 50, 500).pack_b
    assert plan(200, 50, 500).local_b  # by many tiles they are packed
    assert not plan(200, 50, 100).pack_b  # unless all fit
    assert plan(32, 64, 500).kc == 500  # rows of whole cache lines
    assert plan(12, 50, 500).kc == 500  # few tiles


@pytest.mark.parametrize("shape", [(1, 500, 50, 32), (1, 32, 500, 50), (1, 64, 90, 400)], ids=str)
def test_tasks_are_of_like_size(shape):
    plan = gemm_plan(make_spec(*shape), HOST)
    panels = -(-shape[2] // plan.width)
    tasks = -(-panels // plan.block_panels)
    assert (plan.block_panels - 1) * tasks < panels


def test_a_matrix_vector_product_is_shared_by_threads_from_ten_microseconds_on():
    """A multiply-add takes as long as a load there: eight times as long as in other products."""
    for shape, count in [((1, 1, 512, 784), 6), ((1, 512, 1, 784), 6), ((1, 1, 64, 784), 1)]:
        spec = make_spec(*shape, "NT")
        plan = gemm_plan(spec, HOST)
        assert plan.tasks(spec) // plan.chunk(spec) == count


@pytest.mark.parametrize(
    ("rows", "k", "streams", "packed"),
    [
        (500, 128, False, False),  # a column is 128 lines anywhere in the first-level cache
        (512, 128, False, True),  # in two sets of it
        (512, 12, False, False),
        (500, 128, True, True),  # the epilogue needs the cache, too
        (500, 40, True, False),
        (500, 300, False, True),
    ],
)
def test_who_packs_columns_of_a(rows, k, streams, packed):
    """Who reads them often, and finds that the cache does not hold them."""
    target = cpu.by_name("avx2")
    spec = make_spec(1, rows, 400, k, "TN")
    assert gemm_plan(spec, target, streams=streams).pack_a == packed
    assert not gemm_plan(make_spec(1, rows, 64, k, "TN"), target, streams=streams).pack_a


def test_strides_of_any_size():
    """Every second row and third column of larger arrays, and rows in reverse."""
    m, n, k = 19, 23, 31
    rng = np.random.default_rng(3)
    big_a, big_b = (rng.standard_normal((2, 80, 100)).astype(np.float32) for _ in range(2))
    for rows, columns in ((2, 3), (1, 2), (2, 1)):
        a = big_a[:, : m * rows : rows, : k * columns : columns]
        b = big_b[:, : k * rows : rows, : n * columns : columns]
        strides = (8000, 100 * rows, columns)
        spec = GemmSpec(dtypes.float32, dtypes.float32, 2, m, n, k, strides, strides)
        for run_time in (False, True):
            c = np.full((2, m, n), np.nan, np.float32)
            Product(spec, run_time=run_time)(big_a, big_b, c)
            np.testing.assert_allclose(c, a.astype(float) @ b.astype(float), rtol=0, atol=2e-5)
    flipped = big_a[0, :m, :k][:, ::-1]
    spec = GemmSpec(dtypes.float32, dtypes.float32, 1, m, n, k, (0, 100, -1), (0, 100, 1))
    c = np.full((1, m, n), np.nan, np.float32)
    Product(spec)(big_a[0, 0, k - 1 :], big_b[0], c)
    np.testing.assert_allclose(c[0], flipped.astype(float) @ big_b[0, :k, :n], rtol=0, atol=2e-5)


@pytest.mark.parametrize("run_time", [False, True])
@pytest.mark.parametrize("shape", [(1, 32, 50, 60), (2, 9, 21, 5), (1, 1, 21, 5)], ids=str)
def test_bias_and_activation_in_the_epilogue(shape, run_time):
    spec = make_spec(*shape)
    flat, (a, b) = operands(spec, "NN")
    bias = np.random.default_rng(5).standard_normal(spec.n).astype(np.float32)
    c = np.full((spec.batch, spec.m, spec.n), np.nan, np.float32)
    Product(spec, run_time=run_time, finish=bias_relu)(*flat, c, bias)
    np.testing.assert_allclose(c, np.maximum(a @ b + bias, 0), rtol=0, atol=2e-5)


@pytest.mark.parametrize("run_time", [False, True])
@pytest.mark.parametrize("form", ["TN", "NT"])
def test_update_in_place_in_the_epilogue(form, run_time):
    spec = make_spec(1, 50, 30, 32, form)
    flat, (a, b) = operands(spec, form)
    start = np.random.default_rng(6).standard_normal((1, 50, 30)).astype(np.float32)
    c, memory = guarded(start)
    Product(spec, run_time=run_time, finish=descend)(*flat, c)
    assert margins_hold(memory)
    np.testing.assert_allclose(c, start - 0.5 * (a @ b), rtol=0, atol=2e-5)


def test_special_values_pass_through():
    spec = make_spec(1, 9, 20, 12, "NT")
    (a, b), _ = operands(spec, "NT")
    a[0, 2, 3], a[0, 4, 5], b[0, 7, 1] = np.inf, np.nan, -np.inf
    c = np.full((1, 9, 20), 1.0, np.float32)
    Product(spec)(a, b, c)
    with np.errstate(invalid="ignore"):
        expected = a.astype(float) @ b.transpose(0, 2, 1).astype(float)
    assert np.array_equal(np.isnan(c), np.isnan(expected))
    assert np.array_equal(np.isinf(c), np.isinf(expected))


@pytest.mark.parametrize("name", ["avx2", "avx512", "neon", "generic", "wasm"])
@pytest.mark.parametrize("run_time", [False, True])
def test_compiles_for_every_target(name, run_time):
    target = cpu.by_name(name)
    shapes = ((1, 100, 50, 70), "NN"), ((2, 64, 64, 64), "TT"), ((1, 1, 40, 9), "NN")
    for local, (shape, form) in enumerate(shapes):
        spec = make_spec(*shape, form)
        plan = gemm_plan(spec, target, run_time=run_time)
        plan = replace(plan, pack_a=True, local_b=plan.pack_b and local == 1)
        kernel_spec, values = spec.generalised() if run_time else (spec, ())
        module = Module()
        first = len(values) if run_time else None
        emit_gemm(module, "gemm", kernel_spec, plan, store(spec, first))
        emit_pack_a(module, "pack_a", kernel_spec, plan)
        emit_pack_b(module, "pack_b", kernel_spec, plan)
        assert jit.compile_object(module.text(), target.code)


@pytest.mark.parametrize("name", ["avx2", "avx512", "generic"])
def test_forced_targets_that_run_here(name):
    target = cpu.by_name(name)
    if target.code.missing_here():
        return
    for shape in ((1, 33, 50, 70), (1, 1, 40, 9)):
        for form in ("NN", "TT"):
            spec = make_spec(*shape, form)
            known = check(spec, form, target=target)
            assert np.array_equal(known, check(spec, form, target=target, run_time=True))


def test_generalised_spec_keeps_zero_and_one():
    spec, values = make_spec(1, 8, 1, 5, "NT", shared=True).generalised(2)
    assert (spec.batch, spec.n, spec.b_strides[0]) == (1, 1, 0)
    assert spec.m == Param(2)
    assert len(set(values)) > 1
    assert not spec.known
    assert hash(spec) == hash(make_spec(1, 8, 1, 5, "NT", shared=True).generalised(2)[0])


def test_text_forms():
    spec = make_spec(1, 32, 50, 500, "NT")
    assert str(spec) == "gemm(float32, float32, 1x32x50x500, a=16000/500/1, b=25000/1/500)"
    text = str(spec.generalised()[0])
    assert text == "gemm(float32, float32, 1xp0xp1xp2, a=p3/p4/1, b=p5/1/p6)"


def test_integer_operands_are_refused():
    with pytest.raises(DTypeError, match="floating-point operands"):
        make_spec(1, 2, 3, 4, "NN", dtypes.int32)


def test_workspace_holds_both_operands():
    spec = make_spec(2, 40, 70, 300, "TT")
    plan = replace(gemm_plan(spec, HOST), pack_a=True, pack_b=True, local_b=False)
    assert plan.workspace(spec) >= 4 * 2 * 300 * (40 + 70)
    assert isinstance(spec.a, DType)

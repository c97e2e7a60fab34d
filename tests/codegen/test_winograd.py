"""3x3 convolutions and gradients by F(2x2, 3x3) against a plain loop over taps in float64."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pentad.codegen.llvm.conv import emit_stage
from pentad.codegen.llvm.ir import Module
from pentad.graph import dtypes
from pentad.graph.config import config
from pentad.runtime import jit
from pentad.schedule import winograd
from pentad.schedule.conv_choice import conv_plan
from pentad.schedule.conv_spec import KINDS
from pentad.target import cpu
from tests.codegen.convolution import (
    REFERENCES,
    Case,
    Convolution,
    make_spec,
    operands,
    result_shape,
    store,
    stored,
)

HOST = cpu.host()
G = np.array([[2, 0, 0], [1, 1, 1], [1, 1, 1], [0, 0, 2]]) / 2  # all in absolute values
B = np.array([[1, 0, 1, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 0, 1]])
A = np.array([[1, 1, 1, 0], [0, 1, 1, 1]])

CASES = {
    "plain": Case(2, 32, 32, (8, 8), (3, 3), padding=(1, 1)),
    "no padding, whole tiles": Case(5, 32, 48, (6, 10), (3, 3)),
    "no padding, odd": Case(2, 40, 32, (9, 11), (3, 3)),
    "odd height": Case(3, 36, 33, (7, 8), (3, 3), padding=(1, 1)),
    "odd width": Case(3, 33, 47, (8, 5), (3, 3), padding=(1, 1)),
    "wide padding": Case(2, 35, 40, (6, 7), (3, 3), padding=(2, 2)),
    "padding past the kernel": Case(2, 34, 32, (8, 8), (3, 3), padding=(3, 3)),
    "uneven padding": Case(4, 32, 41, (7, 7), (3, 3), padding=(0, 1)),
    "two parts of channels": Case(3, 180, 72, (8, 8), (3, 3), padding=(1, 1)),
    "three parts, many panels": Case(2, 300, 290, (12, 8), (3, 3), padding=(1, 1)),
    "many tiles": Case(3, 32, 32, (24, 23), (3, 3), padding=(1, 1)),
}  # fmt: skip


def spec_of(case, kind, dtype=dtypes.float32, last=True):
    a, b = operands(case, kind)
    if dtype.bits == 16:
        a, b = (dtypes.from_memory(dtypes.to_memory(v, dtype), dtype) for v in (a, b))
    a_memory, a_strides = stored(dtypes.to_memory(a, dtype), last)
    b_memory, b_strides = stored(dtypes.to_memory(b, dtype), last and kind == "kernel_grad")
    return make_spec(case, kind, a_strides, b_strides, dtype), (a, b), (a_memory, b_memory)


def patches_of(image, low, high, size):
    """|B|^T |d| |B| of every tile of results of `size`: [image, channel, row, column, 4, 4]."""
    edges = [(max(low, 0), max(high, 0) + 1)] * 2
    cut = max(0, -low)
    image = np.pad(np.abs(image), ((0, 0), (0, 0), *edges))[:, :, cut:, cut:]
    rows, columns = ((n + 1) // 2 for n in size)
    tiles = [
        [image[:, :, 2 * y : 2 * y + 4, 2 * x : 2 * x + 4] for x in range(columns)]
        for y in range(rows)
    ]
    return np.einsum("ij,yxncjk,lk->ncyxil", B, np.array(tiles), B)


def bound(case, kind, a, b):
    """What rounding of the sums may cost, over eps: F(2x2, 3x3) of absolute values.

    A result's error grows with all pixels of its tile's patch, of which 7 are none of its own.
    """
    low, high = case.padding
    b = np.abs(b).astype(float)
    if kind == "kernel_grad":
        odd = [(0, n % 2) for n in case.output]
        g = np.pad(b, ((0, 0), (0, 0), *odd))
        tiles = g.reshape(*g.shape[:2], g.shape[2] // 2, 2, g.shape[3] // 2, 2)
        given = np.einsum("ij,noyjxk,kl->noyxil", A.T, tiles, A)
        sums = np.einsum("ncyxil,noyxil->ocil", patches_of(a, low, high, case.output), given)
        return np.einsum("ij,ocjk,kl->ocil", G.T, sums, G)
    if kind == "input_grad":
        low, high, b = 2 - low, 2 - high, b[..., ::-1, ::-1].swapaxes(0, 1)
    shape = result_shape(case, kind)
    kernels = np.einsum("ij,ocjk,lk->ocil", G, b, G)
    sums = np.einsum("ncyxil,ocil->noyxil", patches_of(a, low, high, shape[2:]), kernels)
    found = np.einsum("ij,noyxjk,lk->noyixl", A, sums, A)
    whole = found.reshape(*shape[:2], 2 * found.shape[2], -1)
    return whole[:, :, : shape[2], : shape[3]]


def check(case, kind, *, dtype=dtypes.float32, last=True, **options):
    """Three roundings before and four after a sum; those of the sum grow with its root."""
    spec, (a, b), memory = spec_of(case, kind, dtype, last)
    made = Convolution(case, spec, **options)
    assert made.plan.winograd is not None
    got = made(*memory)
    expected = REFERENCES[kind](case, a.astype(float), b.astype(float))
    error = np.abs(got - expected)
    terms = case.batch * made.plan.plane_tiles if kind == "kernel_grad" else spec.depth
    tolerance = 2 + terms**0.5 / 4
    assert (error <= tolerance * np.finfo(np.float32).eps * bound(case, kind, a, b)).all()
    return got


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CASES)
def test_against_float64(name, kind):
    check(CASES[name], kind)


def test_the_cases_take_several_parts_and_groups():
    pairs = [(s, conv_plan(s, HOST)) for s in (spec_of(c, "forward")[0] for c in CASES.values())]
    assert any(2 * p.winograd.channels < p.depth for _, p in pairs)
    assert any(p.panel_blocks > 1 for _, p in pairs)
    assert any(p.tasks(s, "convolution") > 8 * p.panel_blocks for s, p in pairs)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["plain", "odd width"])
def test_channels_first_operands_give_the_same_bits(name, kind):
    assert np.array_equal(check(CASES[name], kind), check(CASES[name], kind, last=False))


@pytest.mark.parametrize("dtype", [dtypes.float16, dtypes.bfloat16], ids=lambda d: d.name)
@pytest.mark.parametrize("kind", KINDS)
def test_narrow_floats_accumulate_in_float32(kind, dtype):
    check(CASES["odd width"], kind, dtype=dtype)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["odd height", "two parts of channels", "many tiles"])
def test_any_cut_any_batch_and_a_batch_at_run_time_give_the_same_bits(name, kind):
    """Blocks of tiles and of panels differ with the batch; a result does not."""
    case = CASES[name]
    spec, _, (a, b) = spec_of(case, kind)
    known = Convolution(case, spec)
    whole = known(a, b)
    for seed in range(2):
        assert np.array_equal(known(a, b, seed), whole)
    assert np.array_equal(Convolution(case, spec, run_time=True)(a, b, 7), whole)
    for i in range(case.batch if kind != "kernel_grad" else 0):
        one = Convolution(replace(case, batch=1), replace(spec, batch=1))
        assert np.array_equal(one(a[i : i + 1].copy(), b)[0], whole[i])


@pytest.mark.parametrize("kind", KINDS)
def test_epilogue(kind):
    case = CASES["odd height"]
    spec, _, memory = spec_of(case, kind)
    plain = Convolution(case, spec)(*memory)
    assert np.array_equal(Convolution(case, spec, relu=True)(*memory), np.maximum(plain, 0))


def test_kernels_whose_taps_lie_apart():
    case = CASES["odd width"]
    spec, _, (a, b) = spec_of(case, "forward")
    expected = Convolution(case, spec)(a, b)
    turned, strides = stored(b, True)  # channels last
    apart = replace(spec, b_strides=(*strides[:2], 0, *strides[2:]))
    assert np.array_equal(Convolution(case, apart)(a, turned), expected)


def test_no_images_give_a_kernel_gradient_of_zeros(monkeypatch):
    monkeypatch.setattr(winograd, "_LEAST_TILES", 0)
    case = replace(CASES["plain"], batch=0)
    spec, _, memory = spec_of(case, "kernel_grad")
    made = Convolution(case, spec)
    assert made.plan.winograd is not None
    assert not made(*memory).any()


def test_kernel_gradients_of_few_tiles_are_computed_tap_by_tap():
    spec, _, _ = spec_of(CASES["plain"], "kernel_grad")
    assert conv_plan(spec, HOST).winograd is not None
    assert conv_plan(replace(spec, batch=1), HOST).winograd is None


@pytest.mark.parametrize("name", ["avx2", "avx512", "neon", "generic"])
@pytest.mark.parametrize("kind", KINDS)
def test_compiles_for_every_target(name, kind):
    target, case = cpu.by_name(name), CASES["odd width"]
    spec, _, _ = spec_of(case, kind)
    plan, module = conv_plan(spec, target), Module()
    assert plan.winograd is not None
    for stage in plan.stages:
        emit_stage(module, stage, spec, plan, stage, store(case, kind))
    assert jit.compile_object(module.text(), target.code)


@pytest.mark.parametrize("name", ["avx2", "avx512", "generic"])
@pytest.mark.parametrize("kind", KINDS)
def test_forced_targets_that_run_here(name, kind):
    target = cpu.by_name(name)
    if not target.code.missing_here():
        check(CASES["odd width"], kind, target=target)
        check(CASES["two parts of channels"], kind, target=target)


def test_empty_batch_has_no_tasks():
    case = replace(CASES["plain"], batch=0)
    spec, _, _ = spec_of(case, "forward")
    plan = conv_plan(spec, HOST)
    assert plan.winograd is not None
    assert plan.tasks(spec, "convolution") == plan.tasks(spec, "pack_image") == 0


@pytest.mark.parametrize(
    "change",
    [
        {"stride": 2}, {"dilation": 2}, {"groups": 2}, {"kernel": (3, 2)}, {"channels": 8},
        {"kernels": 12}, {"size": (3, 3)}, {"size": (9,), "kernel": (3,)},
        {"size": (4, 6, 6), "kernel": (3, 3, 3)},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_computed_tap_by_tap(kind, change):
    case = replace(CASES["plain"], **change)
    assert conv_plan(spec_of(case, kind)[0], HOST).winograd is None


@pytest.mark.parametrize("kind", KINDS)
def test_doubles_are_computed_tap_by_tap(kind):
    spec, _, _ = spec_of(CASES["plain"], kind, dtypes.float64)
    assert conv_plan(spec, HOST).winograd is None


def test_the_choice_does_not_depend_on_the_batch():
    spec, _, _ = spec_of(CASES["plain"], "forward")
    assert all(conv_plan(replace(spec, batch=n), HOST).winograd for n in (0, 1, 7, 1000))


def test_it_can_be_turned_off():
    spec, _, _ = spec_of(CASES["plain"], "forward")
    with config.override(winograd=0):
        plain = cpu.default()
    assert conv_plan(spec, plain).winograd is None
    assert plain.key != cpu.default().key


def test_infinities_stay_in_the_tiles_that_read_them():
    case = CASES["plain"]
    spec, _, (a, b) = spec_of(case, "forward")
    whole = Convolution(case, spec)(a, b)
    a[0, 0, 0, :] = np.inf
    got = Convolution(case, spec)(a, b)
    assert not np.isfinite(got[0, :, :2, :2]).any()
    got[0, :, :2, :2] = whole[0, :, :2, :2]
    assert np.array_equal(got, whole)

"""Convolutions and their gradients against a plain loop over taps in float64."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pentad.codegen.llvm.conv import emit_stage
from pentad.codegen.llvm.ir import Module
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError
from pentad.runtime import jit
from pentad.schedule.conv_choice import conv_plan
from pentad.schedule.conv_spec import KINDS
from pentad.target import cpu
from tests.codegen.convolution import (
    HOST,
    Case,
    Convolution,
    check,
    forward,
    make_spec,
    operands,
    store,
    stored,
)

CASES = {
    "plain": Case(2, 5, 7, (6, 9), (3, 3)),
    "padded": Case(1, 8, 16, (7, 7), (3, 3), padding=(1, 1)),
    "one channel": Case(3, 1, 9, (8, 10), (3, 3), padding=(1, 0)),
    "1x1": Case(2, 17, 33, (5, 6), (1, 1)),
    "1x1 stride 2": Case(2, 6, 10, (5, 6), (1, 1), stride=2),
    "1x1 deep": Case(2, 200, 70, (7, 9), (1, 1)),
    "1x1 deep stride 2": Case(1, 200, 70, (9, 9), (1, 1), stride=2),
    "1x1 colliding": Case(2, 128, 20, (5, 70), (1, 1)),
    "1x1 stride 2, far apart": Case(2, 128, 20, (5, 7), (1, 1), stride=2),
    "1x1 of many kernels": Case(3, 40, 70, (9, 31), (1, 1)),
    "stride 2 of many kernels": Case(2, 30, 60, (9, 33), (3, 3), 2, (1, 1)),
    "groups of many kernels": Case(2, 48, 150, (7, 6), (3, 3), 2, (1, 1), groups=2),
    "stem": Case(1, 3, 20, (17, 19), (7, 7), stride=2, padding=(3, 3)),
    "5x5 wide": Case(1, 4, 24, (6, 70), (5, 5), padding=(2, 2)),
    "dilated": Case(2, 3, 8, (9, 8), (3, 2), dilation=2, padding=(2, 1)),
    "dilated stride 3": Case(1, 4, 6, (13, 12), (3, 3), stride=3, dilation=2, padding=(1, 2)),
    "groups": Case(2, 6, 9, (6, 5), (3, 3), groups=3, padding=(1, 1)),
    "wide groups": Case(1, 24, 40, (5, 5), (3, 3), groups=2, stride=2, padding=(1, 1)),
    "depthwise": Case(2, 19, 19, (7, 6), (3, 3), groups=19, padding=(1, 1)),
    "depthwise stride 2": Case(1, 16, 16, (9, 9), (5, 5), groups=16, stride=2, padding=(2, 2)),
    "multiplier": Case(1, 4, 8, (6, 6), (3, 3), groups=4),
    "1-d": Case(2, 5, 8, (33,), (7,), padding=(3, 3), stride=2),
    "1-d long": Case(1, 2, 5, (1500,), (3,), padding=(1, 1)),
    "3-d": Case(2, 3, 5, (4, 5, 6), (3, 2, 3), padding=(1, 1), stride=2),
    "3-d plain": Case(1, 4, 17, (3, 4, 5), (2, 2, 2)),
    "pixel": Case(4, 9, 5, (3, 3), (3, 3)),
    "many channels": Case(1, 70, 50, (4, 4), (3, 3), padding=(1, 1)),
    "depthwise rows": Case(2, 19, 19, (5, 50), (3, 3), groups=19, padding=(1, 1)),
    "depthwise rows stride 2": Case(1, 16, 16, (7, 101), (5, 5), 2, (2, 2), groups=16),
    "depthwise rows far out": Case(1, 8, 8, (3, 50), (3, 3), 1, (5, 6), 2, groups=8),
    "depthwise rows stride past kernel": Case(1, 8, 8, (4, 150), (2, 2), 3, (1, 1), groups=8),
    "depthwise rows without taps": Case(1, 5, 5, (12, 13), (5, 2), 3, (4, 0), groups=5),
    "depthwise rows 3-d": Case(
        2, 33, 33, (4, 3, 50), (2, 3, 3), padding=(1, 1), groups=33, plain_first=True
    ),
    "stride past kernel": Case(1, 3, 4, (8, 8), (2, 2), stride=3),
}  # fmt: skip
MANY = [name for name in CASES if "many kernels" in name]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CASES)
def test_against_float64(name, kind):
    check(CASES[name], kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", ["plain", "1x1", "depthwise", "stem", "3-d", "groups", "1-d", *MANY]
)
def test_channels_first_operands_give_the_same_bits(name, kind):
    case = CASES[name]
    assert np.array_equal(check(case, kind), check(case, kind, last=False))


@pytest.mark.parametrize("last", [True, False], ids=["last", "first"])
def test_kernel_gradients_of_many_kernels_read_images_of_any_order_where_they_lie(last):
    case = CASES["1x1 of many kernels"]
    strides = [stored(a, last)[1] for a in operands(case, "kernel_grad")]
    plan = conv_plan(make_spec(case, "kernel_grad", *strides), HOST)
    assert plan.packs_rows
    assert plan.stages == ("partials", "reduce")
    deep = replace(case, channels=900, batch=5)
    strides = [stored(a, last)[1] for a in operands(deep, "kernel_grad")]
    cut = conv_plan(make_spec(deep, "kernel_grad", *strides), HOST)
    assert cut.row_blocks > plan.row_blocks == 1
    assert np.array_equal(check(deep, "kernel_grad", last=last), check(deep, "kernel_grad"))


@pytest.mark.parametrize("images", range(1, 12))
def test_units_of_lines_are_equal_and_none_is_lost(images):
    """Also fewer lines than a unit has, and few more."""
    check(Case(images, 20, 64, (1, 32), (1, 1)), "kernel_grad")
    check(Case(images, 6, 6, (1, 32), (1, 3), groups=6), "kernel_grad")


@pytest.mark.parametrize("kind", ["forward", "input_grad"])
@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("depthwise rows")])
def test_what_is_read_in_place_gives_the_same_bits_as_a_padded_copy(name, kind):
    """Also where zeros around the image meet infinite weights: NaN."""
    case = CASES[name]
    a, b = operands(case, kind)
    weights = b, b.copy()
    weights[1][0, 0, ..., 0] = np.inf
    weights[1][-1, 0, ..., -1] = -np.inf
    for w in weights:
        results = []
        for last in (True, False):
            (memory, strides), w_strides = stored(a, last), stored(w, False)[1]
            found = Convolution(case, make_spec(case, kind, strides, w_strides))
            results.append(found(memory, w))
            padded = not last or found.plan.axes[0].padded
            assert found.plan.pack_image is padded
        assert np.array_equal(*results, equal_nan=True)
    assert kind != "forward" or (found.plan.axes[2].padded and np.isnan(results[0]).any())
    assert not np.isnan(results[0]).all()


LARGE_KERNELS = {
    "lines of whole tiles": Case(2, 20, 10, (12, 12), (5, 5)),
    "lines together": Case(2, 5, 9, (7, 5), (4, 3)),
    "larger than what is read": Case(1, 9, 20, (6, 6), (5, 4)),
    "stride 2": Case(2, 17, 12, (13, 12), (5, 5), stride=2),
    "dilation 2": Case(1, 6, 40, (12, 11), (3, 5), dilation=2, padding=(1, 0)),
    "colliding": Case(1, 4, 128, (6, 8), (3, 3)),
}


@pytest.mark.parametrize("name", LARGE_KERNELS)
def test_padding_that_no_pixel_needs_is_left_out(name):
    """Large kernels on small images, in either layout."""
    case = LARGE_KERNELS[name]
    first, last = (check(case, "input_grad", last=last) for last in (False, True))
    assert np.array_equal(first, last)
    check(case, "input_grad", dtype=dtypes.float64)


@pytest.mark.parametrize("dtype", [dtypes.bfloat16, dtypes.float64], ids=lambda d: d.name)
@pytest.mark.parametrize("channels", [2, 3, 7])
def test_few_channels_first_give_the_same_bits(channels, dtype):
    """Lines of pixels that are whole vectors, longer and shorter ones."""
    for width in (16, 19, 3):
        case = Case(2, channels, 5, (4, width), (3, 3), padding=(1, 1))
        first, last = (check(case, "forward", last=last, dtype=dtype) for last in (False, True))
        assert np.array_equal(first, last)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["plain", "depthwise stride 2", "3-d", "1x1"])
def test_float64(name, kind):
    check(CASES[name], kind, dtype=dtypes.float64)


@pytest.mark.parametrize("dtype", [dtypes.float16, dtypes.bfloat16], ids=lambda d: d.name)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["padded", "1x1", "depthwise", *MANY])
def test_narrow_floats_accumulate_in_float32(name, kind, dtype):
    check(CASES[name], kind, dtype=dtype)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name",
    [*MANY, "padded", "1x1", "1x1 deep",
     "depthwise", "depthwise rows", "groups", "1-d long", "3-d"],
)
def test_ranges_in_pieces_and_batch_at_run_time_give_the_same_bits(name, kind):
    case = CASES[name]
    a, b = operands(case, kind)
    a, a_strides = stored(a, True)
    b, b_strides = stored(b, kind == "kernel_grad")
    spec = make_spec(case, kind, a_strides, b_strides)
    known = Convolution(case, spec)
    whole = known(a, b)
    for seed in range(3):
        assert np.array_equal(known(a, b, seed), whole)
    assert np.array_equal(Convolution(case, spec, run_time=True)(a, b, 7), whole)


@pytest.mark.parametrize("kind", KINDS)
def test_epilogue(kind):
    case = CASES["padded"]
    a, b = operands(case, kind)
    (a, a_strides), (b, b_strides) = stored(a, True), stored(b, kind == "kernel_grad")
    spec = make_spec(case, kind, a_strides, b_strides)
    plain = Convolution(case, spec)(a, b)
    assert np.array_equal(Convolution(case, spec, relu=True)(a, b), np.maximum(plain, 0))


def test_strided_views_of_larger_arrays():
    """Every second pixel and channel of a larger image."""
    case = CASES["plain"]
    rng = np.random.default_rng(0)
    big = rng.standard_normal((2, 10, 12, 18)).astype(np.float32)
    x = big[:, ::2, ::2, ::2]
    w = rng.standard_normal(case.w_shape).astype(np.float32)
    strides = tuple(s // 4 for s in x.strides)
    spec = make_spec(case, "forward", strides, tuple(s // 4 for s in w.strides))
    got = Convolution(case, spec)(big, w)
    np.testing.assert_allclose(got, forward(case, x.astype(float), w), rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", ["avx2", "avx512", "neon", "generic"])
@pytest.mark.parametrize("kind", KINDS)
def test_compiles_for_every_target(name, kind):
    target = cpu.by_name(name)
    for case in (CASES["padded"], CASES["depthwise"]):
        a, b = operands(case, kind)
        spec = make_spec(case, kind, stored(a, True)[1], stored(b, kind == "kernel_grad")[1])
        plan, module = conv_plan(spec, target), Module()
        for stage in plan.stages:
            emit_stage(module, stage, spec, plan, stage, store(case, kind))
        assert jit.compile_object(module.text(), target.code)


@pytest.mark.parametrize("name", ["avx2", "avx512", "generic"])
@pytest.mark.parametrize("kind", KINDS)
def test_forced_targets_that_run_here(name, kind):
    target = cpu.by_name(name)
    if not target.code.missing_here():
        for case in ("padded", "depthwise", "dilated"):
            check(CASES[case], kind, target=target)


def test_empty_batch_has_no_tasks():
    case = Case(0, 3, 4, (5, 5), (3, 3))
    for kind in KINDS:
        spec = make_spec(case, kind, (75, 1, 15, 3), (27, 9, 3, 1))
        plan = conv_plan(spec, HOST)
        over_images = [s for s in plan.stages if s in ("pack_image", "convolution")]
        assert all(plan.tasks(spec, stage) == 0 for stage in over_images)
        assert over_images or kind == "kernel_grad"


def test_no_images_give_a_kernel_gradient_of_zeros():
    case = Case(0, 3, 4, (5, 5), (3, 3))
    assert not check(case, "kernel_grad").any()
    assert not check(Case(0, 40, 70, (5, 5), (1, 1)), "kernel_grad").any()


def test_bad_specs_are_refused():
    case = CASES["plain"]
    with pytest.raises(DTypeError, match="floating-point"):
        make_spec(case, "forward", (0,) * 4, (0,) * 4, dtypes.int32)
    with pytest.raises(ArgumentError, match="no such convolution"):
        make_spec(case, "backward", (0,) * 4, (0,) * 4)
    with pytest.raises(ShapeError, match="divide into groups"):
        make_spec(Case(1, 5, 4, (5, 5), (3, 3), groups=2), "forward", (0,) * 4, (0,) * 4)
    with pytest.raises(ShapeError, match="spatial axes"):
        make_spec(Case(1, 5, 4, (), ()), "forward", (0,) * 2, (0,) * 2)
    with pytest.raises(ArgumentError, match="geometry"):
        make_spec(Case(1, 5, 4, (5,), (3,), stride=0), "forward", (0,) * 3, (0,) * 3)


def test_text_form():
    spec = make_spec(CASES["padded"], "forward", (392, 1, 56, 8), (72, 9, 3, 1))
    assert str(spec) == (
        "conv(forward, float32, float32, x=1x8x1x7x7, w=16x1x3x3, groups=1, stride=1/1/1, "
        "padding=0:0,1:1,1:1, dilation=1/1/1, a=392/1/0/56/8, b=72/9/0/3/1)"
    )

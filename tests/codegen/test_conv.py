"""Convolutions and their gradients against a plain loop over taps in float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from pentad.codegen.llvm.conv import emit_stage
from pentad.codegen.llvm.ir import PTR, Module, zero
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError
from pentad.runtime import jit
from pentad.schedule.conv_plan import conv_plan
from pentad.schedule.conv_spec import KINDS, ConvSpec
from pentad.target import cpu
from tests.codegen.native import Kernels, guarded, margins_hold

HOST = cpu.host()


@dataclass(frozen=True)
class Case:
    """A convolution by its shapes: batch, channels, kernels, then one entry per spatial axis."""

    batch: int
    channels: int
    kernels: int
    size: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: int = 1
    padding: tuple[int, int] = (0, 0)
    dilation: int = 1
    groups: int = 1

    @property
    def x_shape(self):
        return (self.batch, self.channels, *self.size)

    @property
    def w_shape(self):
        return (self.kernels, self.channels // self.groups, *self.kernel)

    @property
    def output(self):
        low, high = self.padding
        return tuple(
            (n + low + high - (k - 1) * self.dilation - 1) // self.stride + 1
            for n, k in zip(self.size, self.kernel)
        )

    @property
    def y_shape(self):
        return (self.batch, self.kernels, *self.output)

    def taps(self):
        """For each tap, its index and the slices of the padded image that it meets."""
        for at in np.ndindex(*self.kernel):
            part = tuple(
                slice(t * self.dilation, t * self.dilation + (o - 1) * self.stride + 1, self.stride)
                for t, o in zip(at, self.output)
            )
            yield at, (slice(None), slice(None), *part)

    def pad(self, x):
        return np.pad(x, ((0, 0), (0, 0), *(self.padding,) * len(self.size)))

    def group(self, x, axis=1):
        return np.stack(np.split(x, self.groups, axis=axis))


CASES = {
    "plain": Case(2, 5, 7, (6, 9), (3, 3)),
    "padded": Case(1, 8, 16, (7, 7), (3, 3), padding=(1, 1)),
    "one channel": Case(3, 1, 9, (8, 10), (3, 3), padding=(1, 0)),
    "1x1": Case(2, 17, 33, (5, 6), (1, 1)),
    "1x1 stride 2": Case(2, 6, 10, (5, 6), (1, 1), stride=2),
    "1x1 colliding": Case(2, 128, 20, (5, 70), (1, 1)),
    "1x1 stride 2, far apart": Case(2, 128, 20, (5, 7), (1, 1), stride=2),
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
    "stride past kernel": Case(1, 3, 4, (8, 8), (2, 2), stride=3),
}  # fmt: skip


def forward(case, x, w):
    y = np.zeros(case.y_shape)
    image, out, kernels = case.group(case.pad(x)), case.group(y), case.group(w, 0)
    for at, part in case.taps():
        for g in range(case.groups):
            out[g] += np.einsum("ni...,oi->no...", image[g][part], kernels[g][(..., *at)])
    return np.concatenate(out, axis=1)


def input_grad(case, g, w):
    low, high = case.padding
    padded = np.zeros((case.batch, case.channels, *(n + low + high for n in case.size)))
    image, given, kernels = case.group(padded), case.group(g), case.group(w, 0)
    for at, part in case.taps():
        for i in range(case.groups):
            image[i][part] += np.einsum("no...,oi->ni...", given[i], kernels[i][(..., *at)])
    inner = (slice(None), slice(None), *(slice(low, low + n) for n in case.size))
    return np.concatenate(image, axis=1)[inner]


def kernel_grad(case, x, g):
    w = np.zeros(case.w_shape)
    if not g.size:
        return w
    image, given, kernels = case.group(case.pad(x)), case.group(g), case.group(w, 0)
    for at, part in case.taps():
        for i in range(case.groups):
            seen = image[i][part].reshape(*image[i].shape[:2], -1)
            flat = given[i].reshape(*given[i].shape[:2], -1)
            kernels[i][(..., *at)] = np.einsum("nop,nip->oi", flat, seen)
    return np.concatenate(kernels, axis=0)


REFERENCES = {"forward": forward, "input_grad": input_grad, "kernel_grad": kernel_grad}


def operand_shapes(case, kind):
    return {
        "forward": (case.x_shape, case.w_shape),
        "input_grad": (case.y_shape, case.w_shape),
        "kernel_grad": (case.x_shape, case.y_shape),
    }[kind]


def result_shape(case, kind):
    shapes = {"forward": case.y_shape, "input_grad": case.x_shape, "kernel_grad": case.w_shape}
    return shapes[kind]


def stored(values, last):
    """(memory, logical strides in elements) of an array, channels last or second."""
    memory = np.ascontiguousarray(np.moveaxis(values, 1, -1)) if last else values.copy()
    view = np.moveaxis(memory, -1, 1) if last else memory
    return memory, tuple(s // memory.itemsize for s in view.strides)


def make_spec(case, kind, a_strides, b_strides, a=dtypes.float32, b=None):
    rank = len(case.size)
    return ConvSpec.of(
        kind, a, b or a, case.x_shape, case.w_shape,
        stride=(case.stride,) * rank, padding=(case.padding,) * rank,
        dilation=(case.dilation,) * rank, groups=case.groups,
        a_strides=a_strides, b_strides=b_strides,
    )  # fmt: skip


def store(case, kind, relu=False):
    """Results in memory with channels last; kernels as [tap][channel][kernel]."""
    shape = result_shape(case, kind)
    pixels = int(np.prod(shape[2:]))
    strides = (pixels * shape[1], shape[1], 1)
    if kind == "kernel_grad":
        strides = (shape[1] * shape[0], shape[0], 1)

    def finish(f, bufs, acc, b, m, n, mask):
        assert bufs is f.arguments[0]
        base = f.load(PTR, f.gep(bufs, 3, PTR))
        offset = 0
        for index, stride in zip((b, m, n), strides):
            offset = f.iadd(offset, f.imul(index, stride))
        if relu:
            acc = f.select(f.compare("fcmp ogt", acc, zero(acc.type)), acc, zero(acc.type))
        place = f.gep(base, offset, acc.type.element)
        f.store(acc, place) if mask is None else f.masked_store(acc, place, mask)

    return finish


def logical(case, kind, memory):
    """What `store` wrote, in the logical order of axes."""
    shape = result_shape(case, kind)
    if kind == "kernel_grad":
        return np.moveaxis(memory.reshape(*shape[2:], shape[1], shape[0]), (-1, -2), (0, 1))
    return np.moveaxis(memory.reshape(shape[0], *shape[2:], shape[1]), -1, 1)


class Convolution:
    """The compiled stages of one spec."""

    def __init__(self, case, spec, *, target=HOST, run_time=False, relu=False):
        self.case, self.spec, self.plan = case, spec, conv_plan(spec, target)
        kernel_spec, self.params = spec.generalised() if run_time else (spec, ())
        module, names = Module(), self.plan.stages
        for stage in names:
            finish = store(case, spec.kind, relu)
            emit_stage(module, stage, kernel_spec, self.plan, stage, finish)
        self.kernels = Kernels(module, names, target)

    def __call__(self, a, b, seed=None):
        spec, plan = self.spec, self.plan
        kind = spec.accumulator.numpy
        work, margin = guarded(np.full(plan.workspace // kind.itemsize, np.nan, kind))
        size = plan.packed_image(spec) // kind.itemsize
        image, rim = guarded(np.full(size, np.nan, kind)) if size else (a, None)
        places = {"pack_image": [a, b, image], "pack_kernel": [a, b, work]}
        shape = result_shape(self.case, spec.kind)
        result, edge = guarded(np.full(int(np.prod(shape)), np.nan, spec.accumulator.numpy))
        rng = np.random.default_rng(seed)
        for stage in plan.stages:
            n = plan.tasks(spec, stage)
            assert 1 <= plan.chunk(spec, stage) <= max(1, n)
            cuts = () if seed is None else rng.integers(0, n + 1, 3).tolist()
            given = places.get(stage, [image, b, work, result])
            self.kernels.run(stage, given, n, self.params, cuts)
        assert margins_hold(margin)
        assert rim is None or margins_hold(rim)
        assert margins_hold(edge)
        return logical(self.case, spec.kind, result)


def operands(case, kind, dtype=np.float32):
    rng = np.random.default_rng(len(case.size) + case.channels)
    return [rng.standard_normal(s).astype(dtype) for s in operand_shapes(case, kind)]


def check(case, kind, *, dtype=dtypes.float32, last=True, **options):
    a, b = operands(case, kind, dtype.numpy)
    if dtype.bits == 16:
        a, b = (dtypes.from_memory(dtypes.to_memory(v, dtype), dtype) for v in (a, b))
    expected = REFERENCES[kind](case, a.astype(float), b.astype(float))
    scale = REFERENCES[kind](case, np.abs(a).astype(float), np.abs(b).astype(float))
    a_memory, a_strides = stored(dtypes.to_memory(a, dtype), last)
    b_memory, b_strides = stored(dtypes.to_memory(b, dtype), last and kind == "kernel_grad")
    spec = make_spec(case, kind, a_strides, b_strides, dtype)
    got = Convolution(case, spec, **options)(a_memory, b_memory)
    assert got.shape == expected.shape
    tolerance = 20 * np.finfo(spec.accumulator.numpy).eps
    assert (np.abs(got - expected) <= tolerance * scale + 1e-300).all()
    return got


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CASES)
def test_against_float64(name, kind):
    check(CASES[name], kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["plain", "1x1", "depthwise", "stem", "3-d", "groups", "1-d"])
def test_channels_first_operands_give_the_same_bits(name, kind):
    case = CASES[name]
    assert np.array_equal(check(case, kind), check(case, kind, last=False))


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
@pytest.mark.parametrize("name", ["padded", "1x1", "depthwise"])
def test_narrow_floats_accumulate_in_float32(name, kind, dtype):
    check(CASES[name], kind, dtype=dtype)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["padded", "1x1", "depthwise", "groups", "1-d long", "3-d"])
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

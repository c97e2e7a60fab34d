"""Convolutions by their shapes: plain loops over taps in float64, and the compiled stages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pentad.codegen.llvm.conv import emit_stage
from pentad.codegen.llvm.ir import PTR, Module, zero
from pentad.graph import dtypes
from pentad.schedule.conv_choice import conv_plan
from pentad.schedule.conv_spec import ConvSpec
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
    plain_first: bool = False  # the first axis is not padded

    @property
    def pads(self):
        bare = self.plain_first * ((0, 0),)
        return (*bare, *(self.padding,) * (len(self.size) - len(bare)))

    @property
    def x_shape(self):
        return (self.batch, self.channels, *self.size)

    @property
    def w_shape(self):
        return (self.kernels, self.channels // self.groups, *self.kernel)

    @property
    def output(self):
        return tuple(
            (n + low + high - (k - 1) * self.dilation - 1) // self.stride + 1
            for n, k, (low, high) in zip(self.size, self.kernel, self.pads)
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
        return np.pad(x, ((0, 0), (0, 0), *self.pads))

    def group(self, x, axis=1):
        return np.stack(np.split(x, self.groups, axis=axis))


def forward(case, x, w):
    y = np.zeros(case.y_shape)
    image, out, kernels = case.group(case.pad(x)), case.group(y), case.group(w, 0)
    for at, part in case.taps():
        for g in range(case.groups):
            out[g] += np.einsum("ni...,oi->no...", image[g][part], kernels[g][(..., *at)])
    return np.concatenate(out, axis=1)


def input_grad(case, g, w):
    whole = [n + low + high for n, (low, high) in zip(case.size, case.pads)]
    padded = np.zeros((case.batch, case.channels, *whole))
    image, given, kernels = case.group(padded), case.group(g), case.group(w, 0)
    for at, part in case.taps():
        for i in range(case.groups):
            image[i][part] += np.einsum("no...,oi->ni...", given[i], kernels[i][(..., *at)])
    inside = (slice(low, low + n) for n, (low, _) in zip(case.size, case.pads))
    inner = (slice(None), slice(None), *inside)
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
        stride=(case.stride,) * rank, padding=case.pads,
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
